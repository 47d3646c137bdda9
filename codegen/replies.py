# SPDX-License-Identifier: MIT
"""Reply types: their notation, and the values that belong to them."""
from __future__ import annotations

import re
from dataclasses import dataclass

SCALARS = ("integer", "unsigned", "double", "boolean", "string")
_WORD = re.compile(r"[A-Z][A-Z0-9_ -]*")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Reply:
    """A reply type. `kind`: ok, word, either, dynamic, list, pairs, record, or one of SCALARS."""

    kind: str
    optional: bool = False
    item: Reply | None = None  # of a list
    record: str = ""  # the record's name
    words: tuple[str, ...] = ()  # of word and either

    @property
    def has_value(self) -> bool:
        return self.kind != "word" and (self.kind != "ok" or self.optional)

    @property
    def is_pointer(self) -> bool:
        """Whether the caller gets a block to free."""
        return self.kind in ("string", "list", "pairs", "record", "dynamic")

    def __str__(self) -> str:
        mark = "?" if self.optional else ""
        if self.kind in ("word", "either"):
            return f"word:{'|'.join(self.words)}{mark}"
        if self.kind == "list":
            return f"[{self.item}]{mark}"
        if self.kind == "pairs":
            return "{string}" + mark
        return (self.record or self.kind) + mark

    def required(self) -> Reply:
        return Reply(self.kind, False, self.item, self.record, self.words)


def parse_reply(text: str) -> Reply:
    """Raises ValueError with what is wrong."""
    optional = text.endswith("?")
    body = text[:-1] if optional else text
    if body.startswith("[") and body.endswith("]"):
        item = parse_reply(body[1:-1])
        _check_item(item, text)
        return Reply("list", optional, item)
    if body == "{string}":
        return Reply("pairs", optional)
    if body.startswith("word:"):
        words = tuple(body[5:].split("|"))
        if optional or len(words) > 2 or not all(_WORD.fullmatch(w) for w in words):
            raise ValueError(f"\"{text}\" is no reply type: word:A or word:A|B")
        return Reply("word" if len(words) == 1 else "either", words=words)
    if body == "dynamic" and optional:
        raise ValueError("a dynamic reply may be nil anyway: leave the ? out")
    if body in ("ok", "dynamic") or body in SCALARS:
        if body == "unsigned" and optional:
            raise ValueError("\"unsigned?\" does not exist: use integer?")
        return Reply(body, optional)
    if _NAME.fullmatch(body):
        return Reply("record", optional, record=body)
    raise ValueError(f"\"{text}\" is no reply type")


def _check_item(item: Reply, text: str) -> None:
    strings_only = item.kind == "list" and item.item == Reply("string") and not item.optional
    never = item.kind in ("ok", "word", "either", "dynamic", "pairs", "unsigned")
    if never or (item.kind == "list" and not strings_only):
        raise ValueError(f"\"{text}\" is no reply type: a list can't be made of {item}")
    if item.kind == "boolean" and item.optional:
        raise ValueError(f"\"{text}\" is no reply type: use [integer?]")
