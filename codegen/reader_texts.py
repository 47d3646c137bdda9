# SPDX-License-Identifier: MIT
"""Readers of texts: fields with names, parts between separators, words."""
from __future__ import annotations

from .ctext import Block, CFunction, Line, each, when
from .model import Field, Record
from .reader_base import FAIL, ReaderFile
from .replies import Reply


class TextReaders(ReaderFile):
    """The part that takes texts apart."""

    def take_text(self, f: Field, text: str) -> str:
        """A call that takes a field out of a text."""
        if f.type.kind == "string":
            return f"redisc_reader_copy(in, {text}, &value->{f.name})"
        return f"redisc_take_text_{f.type.kind}(in, {text}, &value->{f.name})"

    def make_text_fields(self, record: Record) -> None:
        call = self.chain(record, ["redisc_str name", "redisc_str text"], lambda f: self.take_text(f, "text"), "true")
        loop = Block("while (", [_next_field(record)], [when(f"!{call}", FAIL)])
        body = [Line("redisc_str name;"), Line("redisc_str text;"), loop, Line("return true;")]
        self.add_for(f"take_{record.name}_line", record, body, ["redisc_str line"])
        take = self.called(f"take_{record.name}_line", record)
        if record.separator == "line":
            self.add_for(f"take_{record.name}", record, [
                Line("redisc_str text;"), Line(f"return redisc_take_view(in, &text) && {take}(in, text, value);")])
            return
        self.add_for(f"take_{record.name}", record, [
            Line("redisc_str text;"), Line("redisc_str line = {NULL, 0};"),
            when("!redisc_take_view(in, &text)", FAIL), Line("redisc_text_line(&text, &line);"),
            Line(f"return {take}(in, line, value);")])

    def _fill_lines(self, record: Record) -> list:
        """A list of text-fields: a text of lines."""
        item = f"redisc_{record.name}"
        take = self.called(f"take_{record.name}_line", record)
        return [Line("size_t count = redisc_count_lines(text);"),
                Line(f"{item} *items = redisc_reader_room(in, count * sizeof *items);"), when("items == NULL", FAIL),
                Line("memset(items, 0, count * sizeof *items);"), Line("redisc_str line;"), Line("size_t i = 0;"),
                Block("while (", ["redisc_text_line(&text, &line)"], [
                    when(f"line.len > 0 && !{take}(in, line, &items[i++])", FAIL)]),
                Line(f"*list = ({item}_list){{items, count}};"), Line("return true;")]

    # Tuples.

    def make_text_tuple(self, record: Record) -> None:
        """A field that is missing is like the one before it; the last one takes all that is left."""
        body: list = [Line("redisc_str part = text;")]
        *first, last = record.fields
        for f in first:
            body += [Line(f"redisc_text_part(&text, '{record.text}', &part);"),
                     when(f"!{self.take_text(f, 'part')}", FAIL)]
        body += [when("text.len > 0", [Line("part = text;")]), Line(f"return {self.take_text(last, 'part')};")]
        self.add_for(f"take_{record.name}_text", record, body, ["redisc_str text"])

    def _make_texts(self, reply: Reply, record: Record) -> None:
        """fill_<T>_texts: tuples in a text, parted by blanks."""
        self.make_record(record)
        if not self.is_new(f"fill_{record.name}_texts"):
            return
        item = f"redisc_{record.name}"
        take = self.called(f"take_{record.name}_text", record)
        self.add(f"fill_{record.name}_texts", record, [f"{item}_list *list", "redisc_str text"], [
            Line("size_t count = redisc_count_parts(text, ' ');"),
            Line(f"{item} *items = redisc_reader_room(in, count * sizeof *items);"), when("items == NULL", FAIL),
            Line("memset(items, 0, count * sizeof *items);"),
            each("count", [Line("redisc_str part;"), Line("redisc_text_part(&text, ' ', &part);"),
                           when(f"!{take}(in, part, &items[i])", FAIL)]),
            Line(f"*list = ({item}_list){{items, count}};"), Line("return true;")])

    # Words.

    def make_flags(self, record: Record) -> None:
        """Words in a text, parted by commas, or in an array; each is a field."""
        setter = f"set_{record.name}"
        body: list = [when(f"redisc_name_is(word, \"{f.wire}\")", [Line(f"value->{f.name} = true;")])
                      for f in record.fields]
        self.functions.append(CFunction("void", setter, ["redisc_str word", f"redisc_{record.name} *value"], body,
                                        storage="static"))
        from_array = [Line("size_t count = 0;"), when("!redisc_take_array(in, &count)", FAIL),
                      each("count", [when("!redisc_take_view(in, &word)", FAIL), Line(f"{setter}(word, value);")]),
                      Line("return true;")]
        self.add_for(f"take_{record.name}", record, [
            Line("redisc_str word;"), when("redisc_list_comes(in)", from_array),
            Line("redisc_str text;"), when("!redisc_take_view(in, &text)", FAIL),
            Block("while (", ["redisc_text_part(&text, ',', &word)"], [Line(f"{setter}(word, value);")]),
            Line("return true;")])


def _next_field(record: Record) -> str:
    """What splits off the next name with its text."""
    if record.separator == "line":
        return f"redisc_text_line_pair(&line, '{record.assign}', &name, &text)"
    if record.assign != "=":
        return f"redisc_text_pair(&line, '{record.assign}', &name, &text)"
    return "redisc_text_field(&line, &name, &text)"
