# SPDX-License-Identifier: MIT
"""Results as canonical text: one line, the same as tests/support/describe.h and generated/tests/describe.c write."""
from __future__ import annotations

import math

from .model import Record
from .replies import Reply
from .words import Misfit, string_bytes


def describe(reply: Reply, value: object, records: dict[str, Record]) -> str:
    """An example's `gives` as text. Raises Misfit if it is not of the reply's type."""
    if not reply.has_value:
        if value is not None:
            raise Misfit(f"the reply {reply} gives nothing")
        return "ok"
    if value is None and (reply.optional or reply.kind == "dynamic") and reply.kind != "ok":
        return "null"
    if reply.kind in ("boolean", "ok", "either"):
        if not isinstance(value, bool):
            raise Misfit(f"{value!r} is not true or false")
        return "true" if value else "false"
    if reply.kind in ("integer", "unsigned"):
        if isinstance(value, bool) or not isinstance(value, int):
            raise Misfit(f"{value!r} is no integer")
        return str(value)
    if reply.kind == "double":
        return number(value)
    if reply.kind == "string":
        return string(string_bytes(value))
    if reply.kind == "list":
        return "[" + ", ".join(_item(reply.item, item, records) for item in _items(value)) + "]"
    if reply.kind == "pairs":
        return "{" + ", ".join(_pair(pair) for pair in _items(value)) + "}"
    if reply.kind == "record":
        return _record(records[reply.record], value, records)
    return dynamic(value)


def number(value: object) -> str:
    if isinstance(value, bool) or not (isinstance(value, (int, float)) or value in ("inf", "-inf", "nan")):
        raise Misfit(f"{value!r} is no number")
    real = float(value)
    return "nan" if math.isnan(real) else "%.17g" % real


def string(data: bytes) -> str:
    """In quotes, with escapes for what is not printable ASCII."""
    text = "".join(chr(b) if 0x20 <= b < 0x7F and b not in b'"\\' else f"\\x{b:02x}" for b in data)
    return f'"{text}"'


def _item(reply: Reply, value: object, records: dict[str, Record]) -> str:
    """An item of a list: a list in it that is nil is empty."""
    if value is None and reply.optional and reply.kind in ("list", "pairs"):
        return "[]" if reply.kind == "list" else "{}"
    return describe(reply, value, records)


def _items(value: object) -> list:
    if not isinstance(value, list):
        raise Misfit(f"{value!r} is no array")
    return value


def _pair(pair: object) -> str:
    if not isinstance(pair, list) or len(pair) != 2:
        raise Misfit(f"{pair!r} is no name with its value")
    value = "null" if pair[1] is None else string(string_bytes(pair[1]))
    return f"{string(string_bytes(pair[0]))}: {value}"


def _record(record: Record, value: object, records: dict[str, Record]) -> str:
    """All fields; a string that is not there is null, a list empty."""
    if not isinstance(value, dict):
        raise Misfit(f"{value!r} is no {record.name}")
    names = [f.name for f in record.members] + ([record.present] if record.present else [])
    for name in value:
        if name not in names:
            raise Misfit(f"a {record.name} has no field \"{name}\"")
    parts = []
    for f in record.members:
        if f.name not in value:
            raise Misfit(f"the field \"{f.name}\" of {record.name} is missing")
        parts.append(f"{f.name}: {_field(f.type, value[f.name], records)}")
    if record.present:
        parts.append(f"{record.present}: {describe(Reply('boolean'), value.get(record.present), records)}")
    return "{" + ", ".join(parts) + "}"


def _field(reply: Reply, value: object, records: dict[str, Record]) -> str:
    if reply.kind in ("string", "error"):
        return "null" if value is None else string(string_bytes(value))
    if reply.kind == "flag":
        return describe(Reply("boolean"), value, records)
    if value is None and reply.kind in ("list", "pairs"):
        return "[]" if reply.kind == "list" else "{}"
    if value is None and reply.kind == "record" and not reply.optional:
        return zero(reply, records)
    return describe(reply, value, records)


def zero(reply: Reply, records: dict[str, Record]) -> str:
    """A value that did not come, as C has it."""
    if reply.kind == "record" and not reply.optional:
        record = records[reply.record]
        parts = [f"{f.name}: {zero(f.type, records)}" for f in record.members]
        return "{" + ", ".join(parts + ([f"{record.present}: false"] if record.present else [])) + "}"
    if reply.kind in ("list", "pairs"):
        return "[]" if reply.kind == "list" else "{}"
    if reply.kind in ("string", "error", "record") or reply.optional:
        return "null"
    return {"boolean": "false", "flag": "false", "dynamic": "null"}.get(reply.kind, "0")


def dynamic(value: object) -> str:
    """A dynamic reply: maps are arrays of pairs marked by an object {"map": [...]}; the rest as JSON has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return "[" + ", ".join(dynamic(item) for item in value) + "]"
    if isinstance(value, dict) and list(value) == ["map"]:
        return "{" + ", ".join(f"{dynamic(k)}: {dynamic(v)}" for k, v in value["map"]) + "}"
    return string(string_bytes(value))
