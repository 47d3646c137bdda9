# SPDX-License-Identifier: MIT
"""Readers of records and of the reply types that the runtime has not built in, file by file."""
from __future__ import annotations

from dataclasses import dataclass, field

from .ctext import Call, Line, fill, when
from .model import Record, Spec
from .reader_base import FAIL, conditions_of, is_flat, records_of
from .reader_lists import ListReaders
from .reader_maps import MapReaders
from .reader_texts import TextReaders
from .reader_tuples import TupleReaders, given
from .replies import Reply
from .results import BUILT_IN_BLOCKS, BUILT_IN_READS, NIL_READS, reads_name, result_type, value_name


class Readers(ListReaders, MapReaders, TextReaders, TupleReaders):
    """All readers of one file."""

    # Values within results.

    def make(self, reply: Reply) -> None:
        """take_<type>, wherever it belongs."""
        record = self.record_in(reply)
        home = self.home(record) if record is not None else self
        if reply.kind == "list":
            home.make_list(reply)
        else:
            home.make_record(record)
            if reply.optional:
                home.make_optional(record)

    def make_record(self, record: Record) -> None:
        if not self.is_new(f"take_{record.name}") or record.form == "runtime":
            return
        if any(record.name in records_of(f.type, self.spec.records) for f in record.fields):
            self.forward.append(f"static bool take_{record.name}(redisc_reader *in, redisc_{record.name} *value);")
        {"tuple": self.make_tuple, "map": self.make_map, "text-fields": self.make_text_fields,
         "flags": self.make_flags, "kinds": self.make_kinds}[record.form](record)

    def make_entry(self, record: Record) -> None:
        """take_<T>_entry: the record as an entry of a map."""
        self.make_record(record)
        if self.is_new(f"take_{record.name}_entry"):
            {"map": self.make_map_entry, "tuple": self.make_tuple_entry}[record.form](record)

    def make_optional(self, record: Record) -> None:
        name = f"take_optional_{record.name}"
        if not self.is_new(name):
            return
        nothing = self._nothing(Reply("record", True, record=record.name))
        take = self.called(f"take_{record.name}", record)
        body = [when(f"{nothing}(in)", [Line("return true;")]),
                Line(f"redisc_{record.name} *record = redisc_reader_room(in, sizeof *record);"),
                when("record == NULL", FAIL), Line("memset(record, 0, sizeof *record);"), Line("*value = record;"),
                Line(f"return {take}(in, record);")]
        self.add(name, record, [f"const redisc_{record.name} **value"], body)

    def _nothing(self, reply: Reply) -> str:
        """What takes the sign that there is no value: nil, for tuples an empty array as well."""
        is_tuple = reply.kind == "record" and self.spec.records[reply.record].form == "tuple"
        return "redisc_take_nothing" if is_tuple else "redisc_take_nil"

    # Whole results.

    def make_result(self, reply: Reply) -> None:
        """redisc_reads_<type>."""
        name = value_name(reply)
        if name in BUILT_IN_READS or name in self.results:
            return
        if reply.kind in ("word", "either"):
            self._word_reader(reply, name)
        elif reply.wrap:
            inner = self._inner_read(reply.bare())
            is_list = "true" if reply.kind == "list" else "false"
            self._reader(name, [Line(f"redisc_enter_lone(in, {is_list});"), Line(f"return {inner}(in, out);")], reply)
        elif reply.optional:
            inner = self._inner_read(reply.required())
            self._reader(name, [Line(f"return {self._nothing(reply)}(in) || {inner}(in, out);")], reply)
        elif reply.kind == "list":
            self._list_reader(reply, name)
        else:
            self._record_reader(self.spec.records[reply.record], name, reply)

    def _inner_read(self, reply: Reply) -> str:
        self.make_result(reply)
        name = value_name(reply)
        return f"read_{name}" if name in self.results else f"redisc_reads_{name}.read"

    def _reader(self, name: str, body: list, reply: Reply) -> None:
        self.add(f"read_{name}", None, ["void *out"], body)
        if reply.is_pointer:
            self.blocks.add(name)
        size = "0" if not reply.has_value else f"sizeof({result_type(reply)})"
        self._define(name, size, str(reply).replace("word:", ""), conditions_of(reply, self.spec.records))

    def _define(self, name: str, size: str, what: str, conditions: list[str]) -> None:
        lines = [f".size = {size},", f".read = read_{name},", f".what = \"{what}\","]
        if not conditions:
            text = [f"const redisc_result redisc_reads_{name} = {{"] + ["    " + line for line in lines] + ["};"]
        else:
            text = [f"const redisc_result redisc_reads_{name}[] = {{"]
            for bits in range(2 ** len(conditions)):
                options = [given(option) for i, option in enumerate(conditions) if bits >> i & 1]
                bits_line = fill(".given = ", options, ",", 8, " |") if options else []
                text += ["    {"] + ["        " + line for line in lines] + bits_line + ["    },"]
            text.append("};")
        self.results[name] = "\n".join(text)

    def _word_reader(self, reply: Reply, name: str) -> None:
        if reply.kind == "either":
            body: list = [Line(f"return redisc_take_either(in, \"{reply.words[0]}\", \"{reply.words[1]}\", out);")]
        else:
            body = [Line("(void)out;"), Line(f"return redisc_take_word(in, \"{reply.words[0]}\");")]
        self._reader(name, body, reply)

    def make_nil_result(self, nil_if: str) -> None:
        """Of an integer that stands for nil."""
        name = NIL_READS[nil_if]
        if name in self.results:
            return
        body = [Line("redisc_optional_integer *value = out;"),
                when("!redisc_take_integer(in, &value->value)", FAIL),
                Line(f"value->has_value = value->value {'>' if nil_if == '<=0' else '>='} 0;"),
                when("!value->has_value", [Line("value->value = 0;")]),
                Line("return true;")]
        self.add(f"read_{name}", None, ["void *out"], body)
        self._define(name, "sizeof(redisc_optional_integer)", "integer", [])

    def _record_reader(self, record: Record, name: str, reply: Reply) -> None:
        self.make(reply)
        ctype, take = f"redisc_{record.name}", self.called(f"take_{record.name}", record)
        body = [Call(f"{ctype} *value = redisc_reader_begin(", ["in", "sizeof *value", self.room(record)]),
                when(["value == NULL", f"!{take}(in, value)"], FAIL),
                Line(f"*(const {ctype} **)out = value;"), Line("return true;")]
        self._reader(name, body, reply)

    def _list_reader(self, reply: Reply, name: str) -> None:
        record = self.record_in(reply)
        opening, room, read = self._list_opening(reply, record)
        ctype = result_type(reply).removeprefix("const ")
        body = opening + [
            Line(f"size_t more = {room};"), Call(f"{ctype}list = redisc_reader_begin(", ["in", "sizeof *list", "more"]),
            when(["list == NULL", f"!{read}"], FAIL),
            Line(f"*(const {ctype}*)out = list;"), Line("return true;")]
        self._reader(name, body, reply)

    def _list_opening(self, reply: Reply, record: Record | None) -> tuple[list, str, str]:
        """Statements that find out how many items come, the room for them, and the call that reads them."""
        has_forms = record is not None and (record.key or record.text or record.form == "runtime")
        if record is None or reply.item.kind != "record" or has_forms and not reply.keyed:
            return [], "redisc_text_and_items(in)", self.take(reply, "x").replace("&x", "list")
        rest = f" * sizeof(redisc_{record.name}) + {self.room(record)}"
        if record.form == "text-fields":
            opening = [Line("redisc_str text;"), when("!redisc_take_view(in, &text)", FAIL)]
            return opening, f"redisc_count_lines(text){rest}", self.fill(reply, "text")
        opening = [Line("size_t count = 0;")]
        if reply.keyed:
            opening += [Line("bool nested = false;"), when("!redisc_take_map(in, &count, &nested)", FAIL)]
            return opening, f"count{rest}", self.fill(reply, "count", "nested")
        if is_flat(record) and not reply.item.optional:
            take = f"!redisc_take_rows(in, {self.width(record)}, &count, &nested)"
            return opening + [Line("bool nested = false;"), when(take, FAIL)], f"count{rest}", self.fill(
                reply, "count", "nested")
        return opening + [when("!redisc_take_array(in, &count)", FAIL)], f"count{rest}", self.fill(reply, "count")


@dataclass
class AllReaders:
    """The readers of a specification: those of each group, and the ones that several groups need."""

    spec: Spec
    common: Readers = None
    groups: dict[str, Readers] = field(default_factory=dict)

    def build(self) -> None:
        shared = self._shared_records()
        self.common = Readers(self.spec, shared)
        users: dict[str, set[str]] = {}
        for function in self.spec.functions:
            users.setdefault(reads_name(function.reply, function.nil_if), set()).add(function.command.group)
        for function in sorted(self.spec.functions, key=lambda f: (f.command.group, reads_name(f.reply, f.nil_if))):
            name = reads_name(function.reply, function.nil_if)
            group = function.command.group
            home = self.common
            if len(users[name]) == 1:
                home = self.groups.setdefault(group, Readers(self.spec, shared, self.common))
            if function.nil_if:
                home.make_nil_result(function.nil_if)
            else:
                home.make_result(function.reply)
        self.groups = {name: readers for name, readers in self.groups.items() if readers.results}

    def _shared_records(self) -> set[str]:
        """The records that several groups need."""
        users: dict[str, set[str]] = {}
        for function in self.spec.functions:
            for name in records_of(function.reply, self.spec.records):
                users.setdefault(name, set()).add(function.command.group)
        return {name for name, groups in users.items() if len(groups) > 1}

    def result_declarations(self) -> list[str]:
        """Of all results, by their names."""
        results = {name: text for readers in self.all() for name, text in readers.results.items()}
        return [f"extern const redisc_result redisc_reads_{name}{'[]' if '[] = {' in text.splitlines()[0] else ''};"
                for name, text in sorted(results.items())]

    def named_results(self) -> list[list[str]]:
        """The initialisers of a table of all results; those that options decide on have a number too."""
        rows = [(name, f"&redisc_reads_{name}", name in BUILT_IN_BLOCKS) for name in BUILT_IN_READS]
        for readers in self.all():
            for name, text in readers.results.items():
                is_block = name in readers.blocks
                count = text.count("\n    {\n")
                numbered = [(f"{name}_{i}", f"&redisc_reads_{name}[{i}]", is_block) for i in range(count)]
                rows += numbered or [(name, f"&redisc_reads_{name}", is_block)]
        return [fill("{", [f"\"{name}\"", result, "true" if is_block else "false"], "},", 4)
                for name, result, is_block in sorted(rows)]

    def shared_declarations(self) -> list[str]:
        """Of the functions that several files use."""
        return ["\n".join(f.prototype()) for f in self.common.functions if not f.storage]

    def conditions(self) -> list[str]:
        """The options of calls that decide on fields of results."""
        return sorted({c for f in self.spec.functions for c in conditions_of(f.reply, self.spec.records)})

    def all(self) -> list[Readers]:
        return [self.common] + [self.groups[name] for name in sorted(self.groups)]
