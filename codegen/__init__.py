# SPDX-License-Identifier: MIT
"""From the specification in spec/ to the C in generated/.

load (read and validate) -> build (model) -> check (rules) -> lower, encode, readers, examples (C) -> emit (templates)
"""
