# SPDX-License-Identifier: MIT
"""Readers of maps: records whose fields are told by their names."""
from __future__ import annotations

import re

from .ctext import Block, CFunction, Line, each, when
from .model import Field, Record
from .reader_base import FAIL, ReaderFile

CHAIN = 17  # fields that one function tells apart by name


class MapReaders(ReaderFile):
    """The part that reads maps."""

    def make_map(self, record: Record) -> None:
        if any(f.type.kind == "flag" for f in record.fields):
            self.add_for(f"take_{record.name}", record, self._names_and_flags(record))
        else:
            self.add_for(f"take_{record.name}", record, self._all_names(record))

    def by_names(self, record: Record) -> Line:
        """Of a tuple that came as a map."""
        if self.is_new(f"take_{record.name}_names"):
            self.add_for(f"take_{record.name}_names", record, self._all_names(record))
        return Line(f"return {self.called(f'take_{record.name}_names', record)}(in, value);")

    def _all_names(self, record: Record) -> list:
        """The loop over names with values."""
        has_prefix = any(f.is_prefix for f in record.named)
        parameters = ["redisc_str name"] + (["size_t pairs"] if has_prefix else [])
        call = self.chain(record, parameters, self._take_named, "redisc_reader_skip(in)")
        body = [Line("size_t pairs = 0;"), Line("bool nested = false;"),
                when("!redisc_take_map(in, &pairs, &nested)", FAIL),
                each("pairs", [
                    Line("redisc_str name;"),
                    when("nested && !redisc_take_pair_head(in)", FAIL),
                    when(["!redisc_take_view(in, &name)", f"!{call}"], FAIL)])]
        if record.present:
            body.append(Line(f"value->{record.present} = true;"))
        return body + [Line("return true;")]

    def _take_named(self, f: Field) -> str:
        if f.type.optional and f.type.kind in ("list", "pairs"):
            return f"redisc_take_nil(in) || {self.take(f.type.required(), f'value->{f.name}')}"
        return self.take_field(f)

    def chain(self, record: Record, parameters: list[str], take, otherwise: str) -> str:
        """Functions that find a field by its name; answers the call of the first one."""
        arguments = ", ".join(["in"] + [p.split(" ")[-1] for p in parameters] + ["value"])
        following = otherwise
        prefixes = [f for f in record.named if f.is_prefix]
        if prefixes:
            following = self._prefix_chain(record, prefixes, parameters, otherwise, arguments)
        exact = [f for f in record.named if not f.is_prefix and f.type.kind != "flag"]
        chunks = [exact[i:i + CHAIN] for i in range(0, len(exact), CHAIN)]
        for number, chunk in reversed(list(enumerate(chunks, 1))):
            name = f"take_{record.name}_field" + (f"_{number}" if number > 1 else "")
            body: list = [when(f"redisc_name_is(name, \"{f.wire}\")", [Line(f"return {take(f)};")]) for f in chunk]
            body.append(Line(f"return {following};"))
            self.add_for(name, record, _unused(body, ["in"] + parameters) + body, parameters)
            following = f"{self.called(name, record)}({arguments})"
        return following

    def _prefix_chain(self, record: Record, prefixes: list[Field], parameters: list[str], otherwise: str,
                      arguments: str) -> str:
        """Finds the list that collects all entries whose names begin so."""
        body: list = []
        for f in prefixes:
            item = self.spec.records[f.type.item.record]
            add = self._make_adder(item)
            body.append(when(f"redisc_name_begins(&name, \"{f.wire[:-1]}\")", [
                Line(f"return {add}(in, name, pairs, &value->{f.name});")]))
        name = f"take_{record.name}_prefixed"
        self.add_for(name, record, body + [Line(f"return {otherwise};")], parameters)
        return f"{self.called(name, record)}({arguments})"

    def _make_adder(self, record: Record) -> str:
        """add_<T>: an entry more in a list that has room for as many as the map has."""
        name = f"add_{record.name}"
        home = self.home(record)
        if home.is_new(name):
            home.make_record(record)
            key, item = record.key_field, f"redisc_{record.name}"
            take = f"{self.called(f'take_{record.name}', record)}(in, value)"
            home.add(name, record, ["redisc_str name", "size_t most", f"{item}_list *list"], [
                Line(f"{item} *items = ({item} *)(uintptr_t)list->items;"),
                when("items == NULL", [Line("items = redisc_reader_room(in, most * sizeof *items);")]),
                when("items == NULL", FAIL),
                Line(f"{item} *value = &items[list->count];"), Line("memset(value, 0, sizeof *value);"),
                Line(f"*list = ({item}_list){{items, list->count + 1}};"),
                Line(f"return {home.take_text(key, 'name')} && {take};")])
        return self.called(name, record)

    def make_map_entry(self, record: Record) -> None:
        """take_<T>_entry: the name is a field, the value has the others."""
        take = self.called(f"take_{record.name}", record)
        body = [Line(f"return {self.take_field(record.key_field)} && {take}(in, value);")]
        self.add_for(f"take_{record.name}_entry", record, body)

    # Names without values.

    def _names_and_flags(self, record: Record) -> list:
        """In an array flags stand alone; in a map they are the words of an array named flags."""
        self._make_flag_setter(record)
        is_flag = f"set_{record.name}_flag(name, value)"
        call = self.chain(record, ["redisc_str name"], self._take_named, "redisc_reader_skip(in)")
        words = [Line("size_t words = 0;"), when("!redisc_take_array(in, &words)", FAIL),
                 each("words", [when("!redisc_take_view(in, &name)", FAIL), Line(f"{is_flag};")])]
        return [Line("size_t left = 0;"), when("!redisc_take_array(in, &left)", FAIL),
                _while("left-- > 0", [
                    Line("redisc_str name;"), when("!redisc_take_view(in, &name)", FAIL),
                    when(is_flag, [Line("continue;")]),
                    when("left-- == 0", [Line("return redisc_reader_mismatch(in, \"a value behind a name\");")]),
                    when("redisc_name_is(name, \"flags\")", words, [when(f"!{call}", FAIL)])]),
                Line("return true;")]

    def _make_flag_setter(self, record: Record) -> None:
        flags = [f for f in record.fields if f.type.kind == "flag"]
        body: list = [when(f"redisc_name_is(word, \"{f.wire}\")", [
            Line(f"value->{f.name} = true;"), Line("return true;")]) for f in flags]
        self.functions.append(_setter(f"set_{record.name}_flag", "bool", record, body + [Line("return false;")]))


def _unused(body: list, parameters: list[str]) -> list:
    """Marks those parameters that no statement names."""
    text = "\n".join(line for statement in body for line in statement.render(0))
    names = [p.split(" ")[-1].lstrip("*") for p in parameters]
    return [Line(f"(void){name};") for name in names if not _names(text, name)]


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _while(condition: str, body: list) -> Block:
    return Block("while (", [condition], body)


def _setter(name: str, result: str, record: Record, body: list) -> CFunction:
    return CFunction(result, name, ["redisc_str word", f"redisc_{record.name} *value"], body, storage="static")
