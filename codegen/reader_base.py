# SPDX-License-Identifier: MIT
"""What all generators of readers share: names, the kinds of values, and the pieces that functions are made of."""
from __future__ import annotations

from dataclasses import dataclass, field

from .ctext import CFunction, Line, when
from .model import Field, Record, Spec
from .replies import Reply
from .results import value_name, value_type

TAKES = {
    "integer": "integer", "integer?": "optional_integer", "unsigned": "unsigned", "double": "double",
    "double?": "optional_double", "boolean": "boolean", "boolean?": "optional_boolean", "string": "string",
    "string?": "optional_string", "[string]": "str_list", "[string?]": "optional_str_list", "[integer]": "integer_list",
    "[double]": "double_list", "[boolean]": "boolean_list", "[integer?]": "optional_integer_list",
    "[double?]": "optional_double_list", "{string}": "pair_list", "[[string]]": "str_list_list",
    "[scored]": "scored_list", "dynamic": "dynamic", "error": "error",
}
KINDS = ("text", "integer", "double", "boolean", "list", "nil", "error")

FAIL = [Line("return false;")]


def is_flat(record: Record) -> bool:
    """Whether a list of such records may come as one flat array."""
    first = record.fields[0].type
    return (record.form == "tuple" and not record.bare and not record.present
            and len(record.required) == len(record.fields) == len(record.members)
            and first.kind not in ("list", "pairs", "record", "dynamic") and not first.optional)


def kinds_of(reply: Reply, records: dict[str, Record]) -> set[str]:
    """What a value of the type may begin with."""
    scalar = {"string": {"text"}, "integer": {"integer"}, "unsigned": {"integer", "text"}, "error": {"error"},
              "double": {"double", "text"}, "boolean": {"boolean", "integer"}, "word": {"text"}, "skip": {"map"}}
    kinds = set(scalar.get(reply.kind, {"list"}))
    if reply.kind == "dynamic":
        kinds = {"text", "integer", "double", "boolean", "list", "nil"}
    if reply.kind == "record":
        record = records[reply.record]
        kinds = {"text"} if record.form in ("text-fields", "runtime") else {"list"}
        if record.form == "flags" or record.text:
            kinds = {"text", "list"}
        if record.form == "kinds":
            kinds = {"nil"}.union(*(kinds_of(f.type, records) for f in record.fields))
        if record.bare:
            kinds |= kinds_of(record.fields[0].type, records)
    return kinds | ({"nil"} if reply.optional else set())


def ambiguous(record: Record, records: dict[str, Record]) -> list[tuple[Field, Field]]:
    """Optional fields of a tuple, each with a later field that the next value could as well be."""
    found = []
    for i, one in enumerate(record.fields):
        if not one.optional:
            continue
        at_end = all(f.optional for f in record.fields[i:])
        for other in record.fields[i + 1:]:
            alike = at_end and one.type.kind == other.type.kind  # missing from the last on
            alike = alike or one.type.kind == other.type.kind == "skip"
            if kinds_of(one.type, records) & kinds_of(other.type, records) and not alike:
                found.append((one, other))
            if not other.optional:
                break
    return found


def conditions_of(reply: Reply, records: dict[str, Record]) -> list[str]:
    """The options of a call that decide on what fields its result has, in the order of their bits."""
    found: set[str] = set()
    for name in records_of(reply, records):
        found |= {f.when or f.unless for f in records[name].fields if f.is_conditional}
    return sorted(found)


def records_of(reply: Reply, records: dict[str, Record]) -> list[str]:
    """The records that a type is made of, directly or by others."""
    found: list[str] = []
    todo = [reply]
    while todo:
        one = todo.pop()
        if one.item is not None:
            todo.append(one.item)
        if one.record in records and one.record not in found:
            found.append(one.record)
            todo += [f.type for f in records[one.record].fields]
    return found


@dataclass
class ReaderFile:
    """The readers of one source file: those of a group, or (without `common`) those that several groups need."""

    spec: Spec
    shared: set[str]  # the records that several groups need
    common: ReaderFile | None = None
    functions: list[CFunction] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)  # name -> definition
    blocks: set[str] = field(default_factory=set)  # the results that are pointers
    forward: list[str] = field(default_factory=list)  # declarations of what is used before it is defined
    _made: set[str] = field(default_factory=set)

    # Where functions are, and what they are called.

    def home(self, record: Record) -> ReaderFile:
        """The file that has the record's functions."""
        return self.common if self.common is not None and record.name in self.shared else self

    def called(self, name: str, record: Record | None) -> str:
        """The function's name: those of shared records are known to other files."""
        return f"redisc_{name}" if record is not None and record.name in self.shared else name

    def is_new(self, name: str) -> bool:
        """Whether a function has yet to be made; it counts as made from now on."""
        if name in self._made:
            return False
        self._made.add(name)
        return True

    def add(self, name: str, record: Record | None, parameters: list[str], body: list, result: str = "bool") -> None:
        is_shared = record is not None and record.name in self.shared
        head = ["redisc_reader *in"] if result == "bool" else []
        self.functions.append(CFunction(result, self.called(name, record), head + parameters, body,
                                        storage="" if is_shared else "static"))

    def add_for(self, name: str, record: Record, body: list, parameters: list[str] | None = None) -> None:
        """A function that fills a record at `value`."""
        self.add(name, record, (parameters or []) + [f"redisc_{record.name} *value"], body)

    def record_in(self, reply: Reply) -> Record | None:
        """The record that a type is made of."""
        while reply.item is not None:
            reply = reply.item
        return self.spec.records.get(reply.record)

    # Taking values.

    def take(self, reply: Reply, place: str) -> str:
        """A call that takes a value into a place."""
        text = str(reply)
        if text in TAKES:
            return f"redisc_take_{TAKES[text]}(in, &{place})"
        record = self.record_in(reply)
        if reply.kind == "list" and record is not None and record.form == "runtime":
            return f"redisc_take_{value_name(reply)}(in, &{place})"
        self.make(reply)
        return f"{self.called(f'take_{value_name(reply)}', record)}(in, &{place})"

    def take_field(self, f: Field) -> str:
        """A call that takes a field, which is no list that may be nil."""
        if f.split:
            return f"redisc_take_words(in, '{f.split}', &value->{f.name})"
        return self.take(f.type, f"value->{f.name}")

    def statement(self, f: Field):
        """Takes a field; a list that came as nil stays empty."""
        if f.type.kind == "word":
            return Line(f"redisc_take_word(in, \"{f.type.words[0]}\");")
        if f.type.kind == "skip":
            return Line("redisc_reader_skip(in);")
        if f.type.optional and f.type.kind in ("list", "pairs"):
            return when("!redisc_take_nil(in)", [Line(f"{self.take(f.type.required(), f'value->{f.name}')};")])
        return Line(f"{self.take_field(f)};")

    def returned(self, f: Field):
        """The same as a function's last statement."""
        if f.type.optional and f.type.kind in ("list", "pairs"):
            return Line(f"return redisc_take_nil(in) || {self.take(f.type.required(), f'value->{f.name}')};")
        return Line(f"return {self.take_field(f)};")

    def room(self, record: Record) -> str:
        """Room for what hangs on a record. A list's items take no more than a string each for every node."""
        return "redisc_text_and_items(in)" if self._has_lists(record, frozenset()) else "in->reply->text"

    def _has_lists(self, record: Record, seen: frozenset[str]) -> bool:
        for f in record.members:
            inner = f.type.record if f.type.kind == "record" else ""
            if f.type.kind in ("list", "pairs", "dynamic") or (inner and f.type.optional):
                return True
            if inner and inner not in seen and self._has_lists(self.spec.records[inner], seen | {inner}):
                return True
        return False


def is_listed(spec: Spec, record: Record) -> bool:
    """Whether some type is a list of such records, each of which is there."""
    replies = [f.reply for f in spec.functions] + [f.type for r in spec.records.values() for f in r.fields]
    items = {r.item for r in replies if r.kind == "list"} | {r.item.item for r in replies
                                                           if r.kind == "list" and r.item.kind == "list"}
    return Reply("record", record=record.name) in items


def list_type(reply: Reply) -> str:
    return value_type(reply.required())
