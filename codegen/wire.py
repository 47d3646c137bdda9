# SPDX-License-Identifier: MIT
"""Replies on the wire as values."""
from __future__ import annotations

from dataclasses import dataclass

from .words import Misfit


@dataclass
class Value:
    """A value on the wire. kind: text, simple, error, integer, double, boolean, nil, list, map; end: there is none."""

    kind: str
    data: object = None

    @property
    def items(self) -> list[Value]:
        if self.kind == "map":
            return [value for pair in self.data for value in pair]
        if self.kind != "list":
            raise Misfit(f"the reply has {self} where an array is expected")
        return self.data

    def __str__(self) -> str:
        return self.kind if self.data is None or self.kind in ("list", "map") else f"{self.kind} {self.data!r}"


def parse(data: bytes) -> Value:
    """The first reply of well-formed bytes."""
    return _parsed(data, 0)[0] if data else Value("end")


def _parsed(data: bytes, at: int) -> tuple[Value, int]:
    end = data.index(b"\r\n", at)
    kind, rest, at = data[at:at + 1], data[at + 1:end], end + 2
    if kind in (b"$", b"=", b"!") and rest != b"-1":
        text = data[at:at + int(rest)]
        value = Value("error" if kind == b"!" else "text", text[4:] if kind == b"=" else text)
        return value, at + int(rest) + 2
    if kind in (b"*", b"~", b">") and rest != b"-1":
        items = []
        for _ in range(int(rest)):
            item, at = _parsed(data, at)
            items.append(item)
        return Value("list", items), at
    if kind == b"%":
        pairs = []
        for _ in range(int(rest)):
            key, at = _parsed(data, at)
            value, at = _parsed(data, at)
            pairs.append((key, value))
        return Value("map", pairs), at
    if kind in (b":", b"("):
        return Value("integer", int(rest)), at
    if kind == b",":
        return Value("double", float(rest)), at
    if kind == b"#":
        return Value("boolean", rest == b"t"), at
    if kind in (b"+", b"-"):
        return Value("simple" if kind == b"+" else "error", rest), at
    return Value("nil"), at
