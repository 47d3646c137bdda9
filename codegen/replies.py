# SPDX-License-Identifier: MIT
"""Reply types: their notation, and the values that belong to them."""
from __future__ import annotations

import re
from dataclasses import dataclass, replace

SCALARS = ("integer", "unsigned", "double", "boolean", "string")
FIELD_ONLY = ("error", "flag", "skip")  # types that only a record's field can have
_WORD = re.compile(r"\*?[A-Za-z][A-Za-z0-9_ -]*|[A-Za-z][A-Za-z0-9_ -]*\*")
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Reply:
    """A reply type. `kind`: ok, closed, word, either, dynamic, list, pairs, record, or one of SCALARS or FIELD_ONLY."""

    kind: str
    optional: bool = False
    item: Reply | None = None  # of a list
    record: str = ""  # the record's name
    words: tuple[str, ...] = ()  # of word and either
    keyed: bool = False  # a list that comes as a map: each name is its record's key
    wrap: str = ""  # "alone": maybe within an array or a map of one; "json": maybe a JSON text

    @property
    def has_value(self) -> bool:
        return self.kind not in ("word", "closed", "skip") and (self.kind != "ok" or self.optional)

    @property
    def is_pointer(self) -> bool:
        """Whether the caller gets a block to free."""
        return self.kind in ("string", "list", "pairs", "record", "dynamic")

    def __str__(self) -> str:
        mark = "?" if self.optional else ""
        wrap = f"{self.wrap}:" if self.wrap else ""
        if self.kind in ("word", "either"):
            return f"word:{'|'.join(self.words)}{mark}"
        if self.kind == "list":
            return f"{wrap}{{{self.item}}}{mark}" if self.keyed else f"{wrap}[{self.item}]{mark}"
        if self.kind == "pairs":
            return "{string}" + mark
        return wrap + (self.record or ("skip:map" if self.kind == "skip" else self.kind)) + mark

    def required(self) -> Reply:
        return replace(self, optional=False)

    def bare(self) -> Reply:
        """Without what may be around it."""
        return replace(self, wrap="")


def parse_reply(text: str) -> Reply:
    """Raises ValueError with what is wrong."""
    wrap, _, inner = text.partition(":")
    if wrap in ("alone", "json"):
        return _wrapped(wrap, parse_reply(inner), text)
    optional = text.endswith("?")
    body = text[:-1] if optional else text
    if body.startswith("[") and body.endswith("]"):
        item = parse_reply(body[1:-1])
        _check_item(item, text)
        return Reply("list", optional, item)
    if body == "{string}":
        return Reply("pairs", optional)
    if body.startswith("{") and body.endswith("}"):
        item = parse_reply(body[1:-1])
        if item.kind != "record" or item.optional:
            raise ValueError(f"\"{text}\" is no reply type: the values of a map are strings or records")
        return Reply("list", optional, item, keyed=True)
    if body.startswith("word:"):
        words = tuple(body[5:].split("|"))
        if optional or len(words) > 2 or not all(_WORD.fullmatch(w) for w in words):
            raise ValueError(f"\"{text}\" is no reply type: word:A or word:A|B")
        return Reply("word" if len(words) == 1 else "either", words=words)
    if body in ("dynamic", "closed") and optional:
        raise ValueError(f"\"{text}\" is no reply type: leave the ? out")
    if body in ("ok", "closed", "dynamic") or body in SCALARS:
        if body == "unsigned" and optional:
            raise ValueError("\"unsigned?\" does not exist: use integer?")
        return Reply(body, optional)
    if _NAME.fullmatch(body):
        return Reply("record", optional, record=body)
    raise ValueError(f"\"{text}\" is no reply type")


def parse_field(text: str) -> Reply:
    """The type of a record's field. Raises ValueError with what is wrong."""
    if text in ("error", "flag"):
        return Reply(text)
    if text == "skip:map":
        return Reply("skip")
    reply = parse_reply(text)
    if reply.wrap:
        raise ValueError(f"\"{text}\" is the type of a whole reply only")
    return reply


def _wrapped(wrap: str, reply: Reply, text: str) -> Reply:
    if wrap == "json" and reply != Reply("list", item=Reply("double", True)):
        raise ValueError(f"\"{text}\" is no reply type: only json:[double?] is")
    if reply.wrap or not (reply.kind in SCALARS or reply.kind == "list"):
        raise ValueError(f"\"{text}\" is no reply type: a scalar or a list may come alone")
    return replace(reply, wrap=wrap)


def _check_item(item: Reply, text: str) -> None:
    if item.kind in ("ok", "closed", "word", "either", "dynamic", "unsigned") or item.wrap or item.keyed:
        raise ValueError(f"\"{text}\" is no reply type: a list can't be made of {item}")
    if item.kind == "boolean" and item.optional:
        raise ValueError(f"\"{text}\" is no reply type: use [integer?]")
