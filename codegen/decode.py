# SPDX-License-Identifier: MIT
"""What a reply gives, worked out from its bytes: the check of the examples' `gives`.

It follows docs/spec.md, not the C readers, so that either would show a fault of the other.
"""
from __future__ import annotations

from dataclasses import dataclass

from .describe import number, string, zero
from .model import Field, Record
from .replies import Reply
from .words import Misfit


@dataclass
class Value:
    """A value on the wire. kind: text, simple, error, integer, double, boolean, nil, list, map."""

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
    return _parsed(data, 0)[0]


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


class Decoder:
    """Describes replies as describe() describes the results that they give."""

    def __init__(self, records: dict[str, Record]) -> None:
        self.records = records

    def described(self, reply: Reply, value: Value) -> str:
        """Raises Misfit if the reply is not of the type."""
        if value.kind == "error":
            raise Misfit(f"the reply is an error: {value.data.decode('utf-8', 'replace')}")
        if reply.optional and self._is_nothing(reply, value):
            return "false" if reply.kind == "ok" else "null"
        if reply.kind in ("ok", "word", "either"):
            return self._word(reply, value)
        if reply.kind == "list":
            return "[" + ", ".join(self._items(reply.item, value)) + "]"
        if reply.kind == "pairs":
            return "{" + ", ".join(f"{self._text(k)}: {self._text(v)}" for k, v in self._pairs(value)) + "}"
        if reply.kind == "record":
            return self._record(self.records[reply.record], value)
        if reply.kind == "dynamic":
            return self._dynamic(value)
        return {"integer": self._integer, "unsigned": self._integer, "double": self._double,
                "boolean": self._boolean, "string": self._text}[reply.kind](value)

    def _is_nothing(self, reply: Reply, value: Value) -> bool:
        is_tuple = reply.kind == "record" and self.records[reply.record].form == "tuple"
        return value.kind == "nil" or (is_tuple and value.kind == "list" and not value.data)

    # Scalars.

    def _word(self, reply: Reply, value: Value) -> str:
        words = reply.words or ("OK",)
        word = value.data.decode("utf-8", "replace") if value.kind == "simple" else None
        if word not in words:
            raise Misfit(f"the reply has {value} where the word {' or '.join(words)} is expected")
        return "ok" if not reply.has_value else "true" if word == words[0] else "false"

    def _integer(self, value: Value) -> str:
        if value.kind in ("integer", "text", "simple"):
            try:
                return str(int(value.data))
            except ValueError:
                pass
        raise Misfit(f"the reply has {value} where an integer is expected")

    def _double(self, value: Value) -> str:
        if value.kind in ("double", "integer", "text", "simple"):
            try:
                return number(float(value.data))
            except ValueError:
                pass
        raise Misfit(f"the reply has {value} where a number is expected")

    def _boolean(self, value: Value) -> str:
        if value.kind == "boolean" or (value.kind == "integer" and value.data in (0, 1)):
            return "true" if value.data else "false"
        raise Misfit(f"the reply has {value} where a boolean is expected")

    def _text(self, value: Value) -> str:
        if value.kind not in ("text", "simple"):
            raise Misfit(f"the reply has {value} where a string is expected")
        return string(value.data)

    def _dynamic(self, value: Value) -> str:
        if value.kind == "list":
            return "[" + ", ".join(self._dynamic(item) for item in value.data) + "]"
        if value.kind == "map":
            return "{" + ", ".join(f"{self._dynamic(k)}: {self._dynamic(v)}" for k, v in value.data) + "}"
        if value.kind == "nil":
            return "null"
        if value.kind == "double":
            return number(value.data)
        if value.kind == "boolean":
            return "true" if value.data else "false"
        return str(value.data) if value.kind == "integer" else string(value.data)

    # Aggregates.

    def _pairs(self, value: Value) -> list[tuple[Value, Value]]:
        """Names with values: a map, an array of pairs, or a flat array."""
        if value.kind == "map":
            return value.data
        items = value.items
        if items and items[0].kind == "list":
            if any(len(item.items) != 2 for item in items):
                raise Misfit("the reply has an array that is no pair")
            return [tuple(item.items) for item in items]
        if len(items) % 2:
            raise Misfit("the reply has an odd number of names and values")
        return list(zip(items[::2], items[1::2]))

    def _items(self, item: Reply, value: Value) -> list[str]:
        record = self.records.get(item.record)
        if record is None:
            return [self.described(item, v) for v in value.items]
        if record.form == "text-fields":
            lines = [line for line in self._lines(value) if line]
            return [self._text_fields(record, line) for line in lines]
        values = value.items
        width = len(record.fields)
        flat = values and values[0].kind not in ("list", "map", "nil")
        if record.form == "tuple" and flat and not record.bare:
            if len(values) % width:
                raise Misfit(f"the reply has {len(values)} values, which are no whole records of {width}")
            values = [Value("list", values[i:i + width]) for i in range(0, len(values), width)]
        return [zero(item.required(), self.records) if item.optional and v.kind == "nil"
                else self._record(record, v) for v in values]

    def _lines(self, value: Value) -> list[bytes]:
        if value.kind not in ("text", "simple"):
            raise Misfit(f"the reply has {value} where a text is expected")
        return value.data.replace(b"\r\n", b"\n").split(b"\n")

    # Records.

    def _record(self, record: Record, value: Value) -> str:
        if record.form == "text-fields":
            return self._text_fields(record, self._lines(value)[0])
        found = self._tuple(record, value) if record.form == "tuple" else self._map(record, value)
        parts = [f"{f.name}: {found.get(f.name) or self._absent(f)}" for f in record.fields]
        if record.present:
            parts.append(f"{record.present}: true")
        return "{" + ", ".join(parts) + "}"

    def _absent(self, field: Field) -> str:
        return zero(field.type, self.records)

    def _field(self, reply: Reply, value: Value) -> str:
        if value.kind == "nil" and reply.optional and reply.kind in ("list", "pairs"):
            return "[]" if reply.kind == "list" else "{}"
        return self.described(reply, value)

    def _tuple(self, record: Record, value: Value) -> dict[str, str]:
        if record.bare and value.kind != "list":
            return {record.fields[0].name: self._field(record.fields[0].type, value)}
        values = list(value.items)
        missing = len(record.fields) - sum(f.optional for f in record.fields) - len(values)
        if missing > 0:
            raise Misfit(f"the reply has an array of {len(values)} values where a {record.name} is expected")
        found = {}
        spare = -missing  # how many of the optional fields, or unknown ones, are there
        for field in record.fields:
            if field.optional:
                if not spare or not self._begins(field.type, values[0]):
                    continue
                spare -= 1
            found[field.name] = self._field(field.type, values.pop(0))
        return found

    def _begins(self, reply: Reply, value: Value) -> bool:
        try:
            self._field(reply, value)
            return not (reply.kind == "double" and value.kind == "integer")
        except Misfit:
            return False

    def _map(self, record: Record, value: Value) -> dict[str, str]:
        fields = {f.wire: f for f in record.fields}
        found = {}
        for name, content in self._pairs(value):
            field = fields.get(name.data.decode("utf-8", "replace")) if name.kind in ("text", "simple") else None
            if field is not None:
                found[field.name] = self._field(field.type, content)
        return found

    def _text_fields(self, record: Record, line: bytes) -> str:
        given = dict(part.partition(b"=")[::2] for part in line.split(b" ") if part)
        parts = []
        for field in record.fields:
            text = given.get(field.wire.encode())
            if text is None:
                parts.append(f"{field.name}: {self._absent(field)}")
            elif field.type.kind == "boolean":
                parts.append(f"{field.name}: {'true' if int(text) else 'false'}")
            else:
                parts.append(f"{field.name}: {self.described(field.type, Value('text', text))}")
        return "{" + ", ".join(parts) + "}"
