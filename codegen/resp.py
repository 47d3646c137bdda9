# SPDX-License-Identifier: MIT
"""Replies on the wire: whether an example's reply is one whole reply of its protocol."""
from __future__ import annotations


class Malformed(ValueError):
    """What is wrong, and at which byte."""


class _Parser:
    def __init__(self, data: bytes, protocol: int) -> None:
        self.data = data
        self.at = 0
        self.protocol = protocol

    def line(self) -> bytes:
        end = self.data.find(b"\r\n", self.at)
        if end < 0:
            raise Malformed(f"the line at byte {self.at} does not end")
        line = self.data[self.at:end]
        self.at = end + 2
        return line

    def length(self, digits: bytes) -> int:
        if not digits.isdigit():
            raise Malformed(f"\"{digits.decode('utf-8', 'replace')}\" is no length, before byte {self.at}")
        return int(digits)

    def value(self) -> None:
        if self.at >= len(self.data):
            raise Malformed(f"it ends at byte {self.at}, where another value has to come")
        line = self.line()
        kind, rest = line[:1], line[1:]
        if self.protocol == 2 and kind not in (b"+", b"-", b":", b"$", b"*"):
            raise Malformed(f"\"{kind.decode('utf-8', 'replace')}\" does not exist in RESP2")
        if kind in (b"$", b"*") and rest == b"-1" and self.protocol == 2:
            return
        if kind in (b"$", b"!", b"="):
            self.bulk(self.length(rest))
        elif kind in (b"*", b"~", b">"):
            for _ in range(self.length(rest)):
                self.value()
        elif kind in (b"%", b"|"):
            for _ in range(2 * self.length(rest) + (kind == b"|")):
                self.value()
        elif kind in (b":", b"("):
            self.integer(rest)
        elif kind == b",":
            self.number(rest)
        elif kind == b"#":
            if rest not in (b"t", b"f"):
                raise Malformed("a boolean is t or f")
        elif kind == b"_":
            if rest:
                raise Malformed("nil has no value")
        elif kind not in (b"+", b"-"):
            raise Malformed(f"no value begins with \"{kind.decode('utf-8', 'replace')}\"")

    def bulk(self, length: int) -> None:
        end = self.at + length
        if self.data[end:end + 2] != b"\r\n":
            raise Malformed(f"the string at byte {self.at} is not {length} bytes long")
        self.at = end + 2

    def integer(self, digits: bytes) -> None:
        if not digits.lstrip(b"-").isdigit():
            raise Malformed(f"\"{digits.decode('utf-8', 'replace')}\" is no integer")

    def number(self, digits: bytes) -> None:
        try:
            float(digits)
        except ValueError:
            raise Malformed(f"\"{digits.decode('utf-8', 'replace')}\" is no number") from None


def check_reply(text: str, protocol: int) -> None:
    """Raises Malformed unless the text is exactly one reply, or nothing: the server closes the connection."""
    if not text:
        return
    parser = _Parser(text.encode("utf-8"), protocol)
    parser.value()
    if parser.at != len(parser.data):
        raise Malformed(f"it goes on after the reply, at byte {parser.at}")


def protocols_of(text: str) -> list[int]:
    """The protocols in which the text is one reply. Raises Malformed if it is in none."""
    fitting = []
    fault: Malformed | None = None
    for protocol in (2, 3):
        try:
            check_reply(text, protocol)
            fitting.append(protocol)
        except Malformed as malformed:
            fault = malformed
    if not fitting:
        raise fault
    return fitting
