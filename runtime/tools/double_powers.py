#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes src/double_powers.c: the powers of ten that double_read.c and double_write.c multiply by.

Usage: python3 runtime/tools/double_powers.py > runtime/src/double_powers.c

Each entry is the integer part of 10^q * 2^(127 - floor(log2(10^q))): the first 128 bits of 10^q,
rounded down. The table never changes; this script says where it comes from.
"""

SMALLEST, LARGEST = -342, 324

HEAD = """/* SPDX-License-Identifier: MIT */
/* Written by runtime/tools/double_powers.py: the first 128 bits of the powers of ten. */
#include "double_powers.h"

const redisc_power redisc_powers[REDISC_POWER_COUNT] = {
"""


def first_128_bits(q: int) -> int:
    """The first 128 bits of 10^q, rounded down; exact integers only."""
    if q >= 0:
        power = 10**q
        shift = power.bit_length() - 128
        return power >> shift if shift >= 0 else power << -shift
    divisor = 10**-q
    bits = (1 << (divisor.bit_length() + 127)) // divisor
    return bits if bits < 1 << 128 else bits >> 1


def main() -> None:
    entries = [first_128_bits(q) for q in range(SMALLEST, LARGEST + 1)]
    assert all(1 << 127 <= entry < 1 << 128 for entry in entries)
    texts = [f"{{0x{entry >> 64:016x}, 0x{entry & (1 << 64) - 1:016x}}}," for entry in entries]
    lines = ["    " + " ".join(texts[i : i + 2]) for i in range(0, len(texts), 2)]
    print(HEAD + "\n".join(lines) + "\n};")


if __name__ == "__main__":
    main()
