# SPDX-License-Identifier: MIT
"""What is wrong with a specification: collected, so that all of it can be told at once."""
from __future__ import annotations

import difflib
from dataclasses import dataclass


@dataclass(frozen=True)
class Where:
    """A place in a file: its path and a JSON pointer."""

    file: str
    pointer: str = ""

    def __truediv__(self, part: str | int) -> Where:
        escaped = str(part).replace("~", "~0").replace("/", "~1")
        return Where(self.file, f"{self.pointer}/{escaped}")

    def __str__(self) -> str:
        return f"{self.file}: {self.pointer or '/'}"


class Problems:
    """The problems found so far."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def add(self, where: Where, text: str) -> None:
        line = _on_one_line(f"{where}: {text}")
        if line not in self._lines:
            self._lines.append(line)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def __iter__(self):
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _on_one_line(text: str) -> str:
    """What a message quotes may hold any characters."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def did_you_mean(word: str, known) -> str:
    """A suggestion to append to a message about an unknown word."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f"; did you mean \"{near[0]}\"?" if near else ""
