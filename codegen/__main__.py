# SPDX-License-Identifier: MIT
"""python3 -m codegen: generates C from the specification."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .build import build
from .emit import Output, emit
from .functions import SourceFile
from .load import load
from .problems import Problems
from .shapes import Shapes

ROOT = Path(__file__).parent.parent


def main() -> int:
    problems = Problems()
    spec = build(load(ROOT / "spec", problems), problems)
    shapes = Shapes(problems)
    sources = {}
    for c in spec.commands:
        if c.functions:
            sources.setdefault(c.group, SourceFile(shapes)).add_command(c)
    out = emit(spec, shapes, sources)
    for p in problems: print(p)
    for line in out.write(ROOT / "generated"):
        print(line)
    return 0
sys.exit(main())
