# SPDX-License-Identifier: MIT
"""Readers of tuples: records whose fields are told by their place in an array."""
from __future__ import annotations

from .ctext import Block, Call, Line, when
from .model import Field, Record
from .reader_base import FAIL, ReaderFile, is_flat, is_listed, kinds_of


def given(option: str) -> str:
    """The bit that says whether the call gave an option."""
    return f"REDISC_GIVEN_{option.upper()}"


class TupleReaders(ReaderFile):
    """The part that reads tuples, and values that are told by their kind."""

    def make_tuple(self, record: Record) -> None:
        body = self._tuple_forms(record)
        if is_flat(record) and is_listed(self.spec, record):
            self.add_for(f"take_{record.name}_fields", record, self._all_fields(record.fields))
            take = self.called(f"take_{record.name}_fields", record)
            body += self._row(self.width(record), [Line(f"return {take}(in, value) && redisc_skip_values(in, extra);")])
        else:
            body += self._by_place(record, record.fields)
        self.add_for(f"take_{record.name}", record, body)

    def _tuple_forms(self, record: Record) -> list:
        """What a tuple may be besides an array of its fields."""
        body: list = []
        if record.text:
            self.make_text_tuple(record)
            take = self.called(f"take_{record.name}_text", record)
            body.append(when("redisc_text_comes(in)", [
                Line("redisc_str text;"), Line(f"return redisc_take_view(in, &text) && {take}(in, text, value);")]))
        if record.bare:
            body.append(when("!redisc_list_comes(in)", [self.returned(record.fields[0])]))
        if record.key:
            self.make_entry(record)
            take = self.called(f"take_{record.name}_entry", record)
            body.append(when("redisc_map_comes(in)", [Line(f"return redisc_take_pair_head(in) && {take}(in, value);")]))
        elif record.has_names:
            body.append(when("redisc_map_comes(in)", [self.by_names(record)]))
        return body

    def width(self, record: Record) -> str:
        """How many values the array has at least."""
        conditional = [f for f in record.fields if f.is_conditional]
        if not conditional:
            return str(len(record.required))
        name, home = f"width_of_{record.name}", self.home(record)
        if home.is_new(name):
            terms = [str(len(record.required) - len(conditional))]
            terms += [f"({self._applies(f)} ? 1U : 0U)" for f in conditional]
            home.add(name, record, ["const redisc_reader *in"], [Call("return ", terms, ";", " +")], "size_t")
        return f"{self.called(name, record)}(in)"

    def _applies(self, f: Field) -> str:
        """Whether a field that an option of the call decides on comes."""
        return f"redisc_given(in, {given(f.when)})" if f.when else f"!redisc_given(in, {given(f.unless)})"

    def _row(self, width: str, body: list) -> list:
        return [Line("size_t extra = 0;"), when(f"!redisc_take_row(in, {width}, &extra)", FAIL)] + body

    def _all_fields(self, fields: list[Field]) -> list:
        """Takes all fields, one after the other; what fails makes the later ones fail."""
        if fields[-1].is_conditional:
            return [self._always(f) for f in fields] + [Line("return in->status == REDISC_OK;")]
        return [self._always(f) for f in fields[:-1]] + [self.returned(fields[-1])]

    def _always(self, f: Field):
        return when(self._applies(f), [self.statement(f)]) if f.is_conditional else self.statement(f)

    def _by_place(self, record: Record, fields: list[Field]) -> list:
        """From the array's head on."""
        if is_flat(record) and fields is record.fields:
            return self._row(self.width(record), [self._always(f) for f in fields] +
                             [Line("return redisc_skip_values(in, extra);")])
        body: list = [Line(f"value->{record.present} = true;")] if record.present else []
        required = [f for f in fields if f in record.required]
        conditional = any(f.is_conditional for f in required)
        for f in fields:
            if f.rest:
                return self._row(str(len(required)), body + self.take_rest(f.type, f"value->{f.name}"))
            body.append(self._always(f) if f in required else self._if_it_comes(record, f))
        width = self.width(record) if conditional else str(len(required))
        return self._row(width, body + [Line("return redisc_skip_values(in, extra);")])

    def _if_it_comes(self, record: Record, f: Field) -> Block:
        """A field that may be missing."""
        if f.only_for:
            first = f"value->{record.fields[0].name}"
            conditions = [f"redisc_name_is({first}, \"{word}\")" for word in f.only_for]
        else:
            kinds = ["map"] if f.type.kind == "skip" else sorted(kinds_of(f.type, self.spec.records))
            conditions = [f"redisc_{kind}_comes(in)" for kind in kinds]
        comes = conditions[0] if len(conditions) == 1 else f"({' || '.join(conditions)})"
        return when(f"extra > 0 && {comes}", [Line("extra--;"), self.statement(f)])

    # A tuple as an entry of a map: one field is the name, the others are the value.

    def make_tuple_entry(self, record: Record) -> None:
        key = record.key_field
        others = [f for f in record.fields if f is not key and f.type.kind != "word"]
        take_key = self.take_field(key)
        if len(others) == 1:
            self.add_for(f"take_{record.name}_entry", record, [Line(f"{take_key};"), self.returned(others[0])])
            return
        body: list = []
        if record.has_names:
            body.append(when("redisc_map_comes(in)", [self.by_names(record)]))
        self.add_for(f"take_{record.name}_value", record, body + self._by_place(record, others))
        value = self.called(f"take_{record.name}_value", record)
        self.add_for(f"take_{record.name}_entry", record, [Line(f"return {take_key} && {value}(in, value);")])

    # A value told by its kind.

    def make_kinds(self, record: Record) -> None:
        body: list = [when("redisc_take_nil(in)", [Line("return true;")])]
        seen = {"nil"}
        for f in record.fields:
            kinds = sorted(kinds_of(f.type, self.spec.records) - seen)
            seen |= set(kinds)
            body.append(when([f"redisc_{kind}_comes(in)" for kind in kinds], [self.returned(f)]))
        what = " or ".join(_kind_shown(f) for f in record.fields)
        self.add_for(f"take_{record.name}", record, body + [Line(f"return redisc_reader_mismatch(in, \"{what}\");")])


def _kind_shown(f: Field) -> str:
    shown = {"integer": "an integer", "error": "an error", "double": "a number", "boolean": "a boolean",
             "string": "a string", "dynamic": "another value", "list": "an array", "pairs": "a map"}
    return shown[f.type.kind]
