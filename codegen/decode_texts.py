# SPDX-License-Identifier: MIT
"""What the text forms of replies give."""
from __future__ import annotations

import re

from .describe import string, zero
from .model import Record
from .wire import Value
from .words import Misfit


class TextDecoder:
    """The part of the decoder that takes texts apart."""

    def _text_of(self, value: Value) -> bytes:
        if value.kind not in ("text", "simple"):
            raise Misfit(f"the reply has {value} where a text is expected")
        return value.data

    def _lines(self, value: Value) -> list[bytes]:
        return self._text_of(value).replace(b"\r\n", b"\n").split(b"\n")

    def _text_items(self, record: Record, value: Value) -> list[str]:
        """A list that is a text."""
        if record.name == "info_entry":
            return info_entries(self._lines(value))
        if record.text:
            return [self._text_tuple(record, part) for part in value.data.split(b" ") if part]
        lines = [item.data for item in value.data] if value.kind == "list" else self._lines(value)
        if record.name == "cluster_node":
            return [cluster_node(line) for line in lines if line]
        return [self._fields_of(record, line) for line in lines if line]

    def _text_tuple(self, record: Record, text: bytes) -> str:
        """The last field takes all that is left; a missing one is like the one before it."""
        parts = text.split(record.text.encode(), len(record.fields) - 1)
        parts += [parts[-1]] * (len(record.fields) - len(parts))
        shown = (f"{f.name}: {self.described(f.type, Value('text', p))}" for f, p in zip(record.fields, parts))
        return "{" + ", ".join(shown) + "}"

    def _text_fields(self, record: Record, value: Value) -> str:
        return self._fields_of(record, self._text_of(value) if record.separator == "line" else self._lines(value)[0])

    def _fields_of(self, record: Record, text: bytes) -> str:
        assign = record.assign.encode()
        parts = text.replace(b"\r", b"").split(b" " if record.separator == "blank" else b"\n")
        given = dict(part.partition(assign)[::2] for part in parts if assign in part)
        shown = []
        for field in record.fields:
            part = given.get(field.wire.encode())
            if part is None:
                described = zero(field.type, self.records)
            elif field.type.kind == "boolean":
                described = "true" if int(part) else "false"
            else:
                described = self.described(field.type, Value("text", part))
            shown.append(f"{field.name}: {described}")
        return "{" + ", ".join(shown) + "}"

    def _flags(self, record: Record, value: Value) -> str:
        """Words of a text, parted by commas, or of an array."""
        is_list = value.kind == "list"
        words = [item.data for item in value.data] if is_list else self._text_of(value).split(b",")
        shown = (f"{f.name}: {'true' if f.wire.encode() in words else 'false'}" for f in record.fields)
        return "{" + ", ".join(shown) + "}"


def info_entries(lines: list[bytes]) -> list[str]:
    """The lines of INFO as info_entry records."""
    section, found = "null", []
    for line in lines:
        if line.startswith(b"#"):
            section = string(line[1:].strip())
        elif b":" in line:
            name, _, value = line.partition(b":")
            has_parts = re.match(rb"[A-Za-z0-9_.-]+=", value)
            parts = [part.partition(b"=")[::2] for part in value.split(b",")] if has_parts else []
            shown = "{" + ", ".join(f"{string(k)}: {string(v)}" for k, v in parts) + "}"
            found.append(f"{{section: {section}, name: {string(name)}, value: {string(value)}, parts: {shown}}}")
    return found


_NODE_FLAGS = {"is_myself": "myself", "is_master": "master", "is_replica": "slave", "may_have_failed": "fail?",
               "has_failed": "fail", "in_handshake": "handshake", "has_no_address": "noaddr",
               "never_promoted": "nofailover"}


def cluster_node(line: bytes) -> str:
    """A line of CLUSTER NODES as a cluster_node record."""
    word = line.decode().split(" ")
    address = re.fullmatch(r"(.*):(\d+)(?:@(\d+))?(?:,([^,]*))?(?:,.*)?", word[1])
    flags = word[2].split(",")
    slots = [m for m in (re.fullmatch(r"(\d+)(?:-(\d+))?", w) for w in word[8:]) if m]
    moving = [m for m in (re.fullmatch(r"\[(\d+)-([<>])-(.*)\]", w) for w in word[8:]) if m]
    fields = {"id": _quoted(word[0]), "host": _quoted(address[1]), "port": address[2], "bus_port": address[3] or "0",
              "hostname": _quoted(address[4]) if address[4] else "null"}
    fields |= {name: _boolean(flag in flags) for name, flag in _NODE_FLAGS.items()}
    fields |= {"master_id": "null" if word[3] == "-" else _quoted(word[3]), "ping_sent": word[4],
               "pong_received": word[5], "config_epoch": word[6], "is_connected": _boolean(word[7] == "connected")}
    fields["slots"] = "[" + ", ".join(f"{{start_slot: {m[1]}, end_slot: {m[2] or m[1]}}}" for m in slots) + "]"
    fields["moving"] = "[" + ", ".join(f"{{slot: {m[1]}, is_import: {_boolean(m[2] == '<')}, node_id: {_quoted(m[3])}}}"
                                       for m in moving) + "]"
    return "{" + ", ".join(f"{name}: {value}" for name, value in fields.items()) + "}"


def _quoted(text: str) -> str:
    return string(text.encode())


def _boolean(value: bool) -> str:
    return "true" if value else "false"
