# SPDX-License-Identifier: MIT
"""How the specification's JSON is laid out: what fits on a line stays on it."""
from __future__ import annotations

import json

WIDTH = 110
LONG_LISTS = ("args", "functions", "examples", "fields")  # of a file: always an item a line


def laid_out(content: dict) -> str:
    """A file of the specification."""
    parts = []
    for key, value in content.items():
        head = f"  {_line(key)}: "
        parts.append(head + _value(value, 2, len(head), key in LONG_LISTS))
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _value(value: object, indent: int, used: int, force: bool = False) -> str:
    """`used`: what is taken of the value's first line; `force`: not on one line, even if it fits."""
    text = _line(value)
    if not isinstance(value, (dict, list)) or not value or (not force and used + len(text) + 1 <= WIDTH):
        return text
    inner = indent + 2
    if isinstance(value, list):
        parts = [_value(item, inner, inner) for item in value]
        if any(isinstance(item, (dict, list)) for item in value):
            body = ",\n".join(" " * inner + part for part in parts)
        else:
            body = _filled(parts, inner)
        return "[\n" + body + "\n" + " " * indent + "]"
    parts = []
    for key, item in value.items():
        head = f"{_line(key)}: "
        parts.append(head + _value(item, inner, inner + len(head)))
    return "{\n" + _filled(parts, inner) + "\n" + " " * indent + "}"


def _filled(parts: list[str], indent: int) -> str:
    """As many parts on a line as fit; one of several lines stands alone."""
    pad = " " * indent
    lines = [pad]
    for i, part in enumerate(parts):
        comma = "," if i < len(parts) - 1 else ""
        first = part.split("\n", 1)[0]
        fits = len(lines[-1]) + 1 + len(first) + len(comma) <= WIDTH
        if lines[-1] != pad and ("\n" in part or not fits):
            lines.append(pad)
        lines[-1] += ("" if lines[-1] == pad else " ") + part + comma
        if "\n" in part and comma:
            lines.append(pad)
    return "\n".join(lines)
