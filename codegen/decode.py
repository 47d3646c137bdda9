# SPDX-License-Identifier: MIT
"""What a reply gives, worked out from its bytes: the check of the examples' `gives`.

It follows docs/spec.md, not the C readers, so that either would show a fault of the other.
"""
from __future__ import annotations

import json
from dataclasses import dataclass

from .decode_texts import TextDecoder
from .describe import number, string, zero
from .model import Field, Record
from .replies import Reply
from .wire import Value
from .words import Misfit


@dataclass
class Decoder(TextDecoder):
    """Describes replies as describe() describes the results that they give."""

    records: dict[str, Record]
    given: frozenset[str] = frozenset()  # the options of the call

    def described(self, reply: Reply, value: Value) -> str:
        """Raises Misfit if the reply is not of the type."""
        if reply.wrap:
            return self.described(reply.bare(), _unwrapped(reply, value))
        kinds = reply.kind == "record" and self.records[reply.record].form == "kinds"
        if value.kind == "error" and not kinds:
            raise Misfit(f"the reply is an error: {value.data.decode('utf-8', 'replace')}")
        if reply.optional and self._is_nothing(reply, value):
            return "false" if reply.kind == "ok" else "null"
        if reply.kind == "closed" or value.kind == "end":
            return self._end(reply, value)
        if reply.kind in ("ok", "word", "either"):
            return self._word(reply, value)
        if reply.kind == "list":
            items = self._entries(reply.item, value) if reply.keyed else self._items(reply.item, value)
            return "[" + ", ".join(items) + "]"
        if reply.kind == "pairs":
            return "{" + ", ".join(f"{self._text(k)}: {self._text_or_nil(v)}" for k, v in self._pairs(value)) + "}"
        if reply.kind == "record":
            return self._record(self.records[reply.record], value)
        if reply.kind == "dynamic":
            return self._dynamic(value)
        return {"integer": self._integer, "unsigned": self._unsigned, "double": self._double,
                "boolean": self._boolean, "string": self._text}[reply.kind](value)

    def _is_nothing(self, reply: Reply, value: Value) -> bool:
        is_tuple = reply.kind == "record" and self.records[reply.record].form == "tuple"
        return value.kind == "nil" or (is_tuple and value.kind == "list" and not value.data)

    # Scalars.

    def _end(self, reply: Reply, value: Value) -> str:
        if reply.kind == "closed" and value.kind == "end":
            return "ok"
        raise Misfit(f"the reply has {value}" if reply.kind == "closed" else "there is no reply")

    def _word(self, reply: Reply, value: Value) -> str:
        words = reply.words or ("OK",)
        text = value.data.decode("utf-8", "replace") if value.kind in ("text", "simple") else ""
        fitting = [word for word in words if _fits(text, word)]
        if not fitting:
            raise Misfit(f"the reply has {value} where the word {' or '.join(words)} is expected")
        return "ok" if not reply.has_value else "true" if fitting[0] == words[0] else "false"

    def _integer(self, value: Value) -> str:
        if value.kind in ("integer", "text", "simple"):
            try:
                return str(int(value.data))
            except ValueError:
                pass
        raise Misfit(f"the reply has {value} where an integer is expected")

    def _unsigned(self, value: Value) -> str:
        if value.kind == "double" and value.data == int(value.data) >= 0:
            return str(int(value.data))
        return self._integer(value)

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
        if value.data in (b"0", b"1"):
            return "true" if value.data == b"1" else "false"
        if value.kind == "integer" and value.data == -1:  # CF.INSERT: the filter is full
            return "false"
        raise Misfit(f"the reply has {value} where a boolean is expected")

    def _text(self, value: Value) -> str:
        if value.kind not in ("text", "simple"):
            raise Misfit(f"the reply has {value} where a string is expected")
        return string(value.data)

    def _text_or_nil(self, value: Value) -> str:
        return "null" if value.kind == "nil" else self._text(value)

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
            return [self._field(item, v) for v in value.items]
        if record.form in ("text-fields", "runtime") or (record.text and value.kind in ("text", "simple")):
            return self._text_items(record, value)
        if record.form == "tuple" and value.kind == "map" and record.key:
            return [self._entry(record, key, content) for key, content in value.data]
        values = value.items
        width = len([f for f in record.fields if self._applies(f)])
        flat = values and values[0].kind not in ("list", "map", "nil")
        if record.form == "tuple" and flat and not record.bare and len(record.required) == len(record.fields):
            if len(values) % width:
                raise Misfit(f"the reply has {len(values)} values, which are no whole records of {width}")
            values = [Value("list", values[i:i + width]) for i in range(0, len(values), width)]
        return [zero(item.required(), self.records) if item.optional and v.kind == "nil"
                else self._record(record, v) for v in values]

    def _entries(self, item: Reply, value: Value) -> list[str]:
        return [self._entry(self.records[item.record], key, content) for key, content in self._pairs(value)]

    # Records.

    def _record(self, record: Record, value: Value) -> str:
        if record.form == "text-fields":
            return self._text_fields(record, value)
        if record.form == "flags":
            return self._flags(record, value)
        if record.form == "kinds":
            return self._put(record, self._by_kind(record, value))
        if record.text and value.kind in ("text", "simple"):
            return self._text_tuple(record, value.data)
        if record.form == "map":
            return self._put(record, self._by_names(record, value))
        if value.kind == "map" and record.key and len(value.data) == 1:
            return self._entry(record, *value.data[0])
        if value.kind == "map" and record.has_names:
            return self._put(record, self._by_names(record, value))
        if record.bare and value.kind != "list":
            first = record.fields[0]
            return self._put(record, {first.name: self._field(first.type, value)})
        return self._put(record, self._by_place(record, record.fields, value))

    def _put(self, record: Record, found: dict[str, str]) -> str:
        parts = [f"{f.name}: {found.get(f.name) or zero(f.type, self.records)}" for f in record.members]
        if record.present:
            parts.append(f"{record.present}: true")
        return "{" + ", ".join(parts) + "}"

    def _entry(self, record: Record, name: Value, content: Value) -> str:
        """A record that is an entry of a map."""
        key = record.key_field
        if record.form == "map":
            found = self._by_names(record, content)
        else:
            others = [f for f in record.fields if f is not key and f.name and self._applies(f) or f.type.kind == "skip"]
            if len(others) == 1:
                found = {others[0].name: self._field(others[0].type, content)}
            elif content.kind == "map":
                found = self._by_names(record, content)
            else:
                found = self._by_place(record, others, content)
        return self._put(record, {**found, key.name: self.described(key.type, name)})

    def _field(self, reply: Reply, value: Value) -> str:
        if value.kind == "nil" and reply.optional and reply.kind in ("list", "pairs"):
            return "[]" if reply.kind == "list" else "{}"
        return self.described(reply, value)

    def _applies(self, field: Field) -> bool:
        """Whether a field comes at all, with the options of the call."""
        return (field.when is None or field.when in self.given) and field.unless not in self.given

    def _by_place(self, record: Record, fields: list[Field], value: Value) -> dict[str, str]:
        values = list(value.items)
        fields = [f for f in fields if self._applies(f)]
        spare = len(values) - len([f for f in fields if f in record.required])  # optional or unknown ones
        if spare < 0:
            raise Misfit(f"the reply has an array of {len(values)} values where a {record.name} is expected")
        first = values[0].data if values else None
        found = {}
        for field in fields:
            if field.rest:
                found[field.name] = self._field(field.type, Value("list", values))
                return found
            if field.optional or field.only_for:
                comes = first.decode() in field.only_for if field.only_for else self._begins(field.type, values)
                if not spare or not comes:
                    continue
                spare -= 1
            content = values.pop(0)
            if field.type.kind == "word":
                self._word(field.type, content)
            elif field.name:
                found[field.name] = self._field(field.type, content)
        return found

    def _begins(self, reply: Reply, values: list[Value]) -> bool:
        if not values:
            return False
        if reply.kind == "skip":
            return values[0].kind == "map"
        try:
            self._field(reply, values[0])
            return not (reply.kind == "double" and values[0].kind == "integer")
        except Misfit:
            return False

    def _by_names(self, record: Record, value: Value) -> dict[str, str]:
        flags = {f.wire: f for f in record.fields if f.type.kind == "flag"}
        found: dict[str, str] = {}
        for name, content in self._pairs_and_flags(value, flags) if flags else self._pairs(value):
            word = name.data.decode("utf-8", "replace") if name.kind in ("text", "simple") else ""
            if word in flags and content is None:
                found[flags[word].name] = "true"
                continue
            if flags and word == "flags":
                found.update({flags[w].name: "true" for w in (i.data.decode() for i in content.items) if w in flags})
                continue
            field = next((f for f in record.named if f.wire == word), None)
            if field is not None and self._applies(field):
                found[field.name] = self._field(field.type, self._split(field, content))
        for field in record.named:
            if field.is_prefix:
                found[field.name] = self._entries_with(field, record, value)
        return found

    def _pairs_and_flags(self, value: Value, flags: dict[str, Field]) -> list[tuple[Value, Value | None]]:
        """Names with values, but flags stand alone in an array."""
        if value.kind == "map":
            return value.data
        pairs: list[tuple[Value, Value | None]] = []
        items = list(value.items)
        while items:
            name = items.pop(0)
            alone = name.data.decode() in flags
            if not alone and not items:
                raise Misfit("the reply has a name without its value")
            pairs.append((name, None if alone else items.pop(0)))
        return pairs

    def _split(self, field: Field, value: Value) -> Value:
        if not field.split or value.kind not in ("text", "simple"):
            return value
        return Value("list", [Value("text", part) for part in value.data.split(field.split.encode()) if part])

    def _entries_with(self, field: Field, record: Record, value: Value) -> str:
        """The entries of a map whose names begin so and are no field's own."""
        begin = field.wire[:-1].encode()
        own = {f.wire.encode() for f in record.named}
        entries = [(Value("text", k.data[len(begin):]), v) for k, v in self._pairs(value)
                   if k.data.startswith(begin) and k.data not in own]
        return "[" + ", ".join(self._entry(self.records[field.type.item.record], k, v) for k, v in entries) + "]"

    def _by_kind(self, record: Record, value: Value) -> dict[str, str]:
        """The one field whose kind the value is."""
        wanted = {"string": ("text", "simple"), "error": ("error",), "integer": ("integer",), "double": ("double",),
                  "boolean": ("integer", "boolean"), "dynamic": ("list", "map", "integer", "double", "boolean"),
                  "list": ("list",), "pairs": ("map",)}
        for field in record.fields:
            if value.kind in wanted[field.type.kind]:
                text = string(value.data) if field.type.kind == "error" else self._field(field.type, value)
                return {field.name: text}
        if value.kind != "nil":
            raise Misfit(f"the reply has {value}, which fits no field of {record.name}")
        return {}


def _fits(text: str, word: str) -> bool:
    """A star at an end of a word stands for anything."""
    if word.endswith("*"):
        return text.startswith(word[:-1])
    return text.endswith(word[1:]) if word.startswith("*") else text == word


def _unwrapped(reply: Reply, value: Value) -> Value:
    """What is within an array or a map of one, or in a JSON text."""
    if reply.wrap == "json":
        if value.kind != "text":
            return value
        kinds = {int: "integer", float: "double", type(None): "nil"}
        return Value("list", [Value(kinds[type(item)], item) for item in json.loads(value.data)])
    if value.kind == "map" and len(value.data) == 1:
        return value.data[0][1]
    alone = value.kind == "list" and len(value.data) == 1
    if alone and (reply.kind != "list" or value.data[0].kind in ("list", "nil")):
        return value.data[0]
    return value
