# SPDX-License-Identifier: MIT
"""Readers of lists: fill_<list> once the number of items is known, take_<list> from its head on."""
from __future__ import annotations

from .ctext import Line, each, when
from .model import Record
from .reader_base import FAIL, ReaderFile, is_flat, list_type
from .replies import Reply
from .results import value_name, value_type


class ListReaders(ReaderFile):
    """The part that reads lists."""

    def make_list(self, reply: Reply) -> None:
        """take_<list>, with what it needs."""
        reply = reply.required()
        record = self.record_in(reply)
        if record is not None:
            self.make_record(record)  # which makes this very function, if it holds a list of itself
        if not self.is_new(f"take_{value_name(reply)}"):
            return
        parameters = [f"{list_type(reply)} *list"]
        if reply.item.kind in ("list", "pairs") or record is None:
            body = self._take_plain(reply)
        elif reply.keyed:
            body = self._take_entries(reply, record)
        elif record.form == "text-fields":
            fill = self.fill(reply, "text")
            body = [Line("redisc_str text;"), Line(f"return redisc_take_view(in, &text) && {fill};")]
        else:
            body = self._other_forms(reply, record) + self._take_records(reply, record)
        self.add(f"take_{value_name(reply)}", record, parameters, body)

    def fill(self, reply: Reply, *arguments: str, place: str = "list") -> str:
        """A call that fills a list, of which a function is made."""
        record = self.record_in(reply)
        home = self.home(record) if record is not None else self
        home.make_fill(reply.required())
        return f"{self.called(f'fill_{value_name(reply.required())}', record)}(in, {place}, {', '.join(arguments)})"

    def _other_forms(self, reply: Reply, record: Record) -> list:
        """What a list may be besides an array of its records."""
        body: list = []
        if record.text:
            self._make_texts(reply, record)
            fill = self.called(f"fill_{record.name}_texts", record)
            body.append(when("redisc_text_comes(in)", [
                Line("redisc_str text;"), Line(f"return redisc_take_view(in, &text) && {fill}(in, list, text);")]))
        if record.form == "tuple" and record.key:
            entries = Reply("list", item=reply.item.required(), keyed=True)
            self.make(entries)
            take = self.called(f"take_{value_name(entries)}", record)
            body.append(when("redisc_map_comes(in)", [Line(f"return {take}(in, list);")]))
        return body

    def _take_records(self, reply: Reply, record: Record) -> list:
        if is_flat(record) and not reply.item.optional:
            return [Line("size_t count = 0;"), Line("bool nested = false;"),
                    Line(f"return redisc_take_rows(in, {self.width(record)}, &count, &nested) && "
                         f"{self.fill(reply, 'count', 'nested')};")]
        return self._take_plain(reply)

    def _take_entries(self, reply: Reply, record: Record) -> list:
        return [Line("size_t count = 0;"), Line("bool nested = false;"),
                Line(f"return redisc_take_map(in, &count, &nested) && {self.fill(reply, 'count', 'nested')};")]

    def _take_plain(self, reply: Reply) -> list:
        fill = self.fill(reply, "count")
        return [Line("size_t count = 0;"), Line(f"return redisc_take_array(in, &count) && {fill};")]

    # Items, one after the other.

    def make_fill(self, reply: Reply) -> None:
        name = f"fill_{value_name(reply)}"
        if name in self._made:
            return
        record = self.record_in(reply)
        if record is not None:
            self.make_record(record)
        if not self.is_new(name):
            return
        parameters = [f"{list_type(reply)} *list"]
        if record is not None and reply.item.kind == "record":
            parameters += self._fill_parameters(reply, record)
            body = self._fill_lines(record) if record.form == "text-fields" else self._fill_records(reply, record)
        else:
            parameters.append("size_t count")
            body = self._filled(value_type(reply.item), list_type(reply), self._take_item(reply.item))
        self.add(name, record, parameters, body)

    def _fill_parameters(self, reply: Reply, record: Record) -> list[str]:
        if record.form == "text-fields":
            return ["redisc_str text"]
        nested = reply.keyed or (is_flat(record) and not reply.item.optional)
        return ["size_t count"] + (["bool nested"] if nested else [])

    def _take_item(self, item: Reply) -> list:
        if item.optional and item.kind in ("list", "pairs"):
            return [when(f"!redisc_take_nil(in) && !{self.take(item.required(), 'items[i]')}", FAIL)]
        return [when(f"!{self.take(item, 'items[i]')}", FAIL)]

    def _fill_records(self, reply: Reply, record: Record) -> list:
        take = f"{self.called(f'take_{record.name}', record)}(in, &items[i])"
        if reply.keyed:
            self.make_entry(record)
            entry = f"{self.called(f'take_{record.name}_entry', record)}(in, &items[i])"
            body: list = [when(["(nested && !redisc_take_pair_head(in))", f"!{entry}"], FAIL)]
        elif is_flat(record) and not reply.item.optional:
            fields = f"{self.called(f'take_{record.name}_fields', record)}(in, &items[i])"
            body = [when("nested", [when(f"!{take}", FAIL)], [when(f"!{fields}", FAIL)])]
        elif reply.item.optional:
            body = [when(f"!redisc_take_nil(in) && !{take}", FAIL)]
        else:
            body = [when(f"!{take}", FAIL)]
        return self._filled(f"redisc_{record.name}", list_type(reply), body)

    def _filled(self, item: str, list_ctype: str, take: list) -> list:
        return [Line(f"{item} *items = redisc_reader_room(in, count * sizeof *items);"), when("items == NULL", FAIL),
                Line("memset(items, 0, count * sizeof *items);"), each("count", take),
                Line(f"*list = ({list_ctype}){{items, count}};"), Line("return true;")]

    # Rows without a head of their own: what is left of an array.

    def take_rest(self, reply: Reply, place: str) -> list:
        """Statements that take all `extra` values that are left of an array into a list."""
        record = self.record_in(reply)
        if reply.item.kind == "record" and is_flat(record):
            return [Line("size_t rows = 0;"), Line("bool nested = false;"),
                    when(f"!redisc_rest_rows(in, extra, {self.width(record)}, &rows, &nested)", FAIL),
                    Line(f"return {self.fill(reply, 'rows', 'nested', place='&' + place)};")]
        return [Line(f"return {self.fill(reply, 'extra', place='&' + place)};")]
