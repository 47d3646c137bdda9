# SPDX-License-Identifier: MIT
"""Readers of records and of the reply types that the runtime has not built in."""
from __future__ import annotations

from dataclasses import dataclass, field

from .ctext import Block, Call, CFunction, Line, each, when
from .model import Field, Record, Spec
from .replies import Reply
from .results import BUILT_IN_READS, NIL_READS, item_name, reads_name, result_type, value_name

CHAIN = 17  # fields that one function tells apart by name

TAKES = {
    "integer": "integer", "integer?": "optional_integer", "unsigned": "unsigned", "double": "double",
    "double?": "optional_double", "boolean": "boolean", "boolean?": "optional_boolean", "string": "string",
    "string?": "optional_string", "[string]": "str_list", "[string?]": "optional_str_list", "[integer]": "integer_list",
    "[double]": "double_list", "[boolean]": "boolean_list", "[integer?]": "optional_integer_list",
    "[double?]": "optional_double_list", "{string}": "pair_list", "[[string]]": "str_list_list",
    "[scored]": "scored_list", "dynamic": "dynamic",
}
TEXT_TAKES = ("integer", "unsigned", "double", "boolean")  # by take_text_… of the template

FAIL = [Line("return false;")]


def is_flat(record: Record) -> bool:
    """Whether a list of such records may come as one flat array."""
    first = record.fields[0].type
    return (record.form == "tuple" and not record.bare and not record.present
            and not any(f.optional for f in record.fields)
            and first.kind not in ("list", "pairs", "record", "dynamic") and not first.optional)


def kinds_of(reply: Reply, records: dict[str, Record]) -> set[str]:
    """What a value of the type may begin with: text, integer, double, boolean, list, nil."""
    scalar = {"string": {"text"}, "integer": {"integer"}, "unsigned": {"integer", "text"},
              "double": {"double", "text"}, "boolean": {"boolean", "integer"}}
    kinds = set(scalar.get(reply.kind, {"list"}))
    if reply.kind == "dynamic":
        kinds = {"text", "integer", "double", "boolean", "list", "nil"}
    if reply.kind == "record":
        record = records[reply.record]
        kinds = {"text"} if record.form == "text-fields" else {"list"}
        if record.bare:
            kinds |= kinds_of(record.fields[0].type, records)
    return kinds | ({"nil"} if reply.optional else set())


def ambiguous(record: Record, records: dict[str, Record]) -> list[tuple[Field, Field]]:
    """Optional fields of a tuple, each with a later field that the next value could as well be."""
    found = []
    for i, one in enumerate(record.fields):
        if not one.optional:
            continue
        for other in record.fields[i + 1:]:
            alike = one.type == other.type and all(f.optional for f in record.fields[i:])  # missing from the last on
            if kinds_of(one.type, records) & kinds_of(other.type, records) and not alike:
                found.append((one, other))
            if not other.optional:
                break
    return found


@dataclass
class Readers:
    """The generated readers that a specification needs."""

    spec: Spec
    functions: list[CFunction] = field(default_factory=list)
    results: dict[str, str] = field(default_factory=dict)  # name -> definition
    predicates: set[str] = field(default_factory=set)  # kinds that some tuple asks for
    text_types: set[str] = field(default_factory=set)
    _made: set[str] = field(default_factory=set)

    def build(self) -> None:
        for function in sorted(self.spec.functions, key=lambda f: reads_name(f.reply, f.nil_if)):
            if function.nil_if:
                self._nil_reader(function.nil_if)
            else:
                self._result(function.reply)

    # Whole results.

    def _result(self, reply: Reply) -> None:
        name = value_name(reply)
        if name in BUILT_IN_READS or name in self.results:
            return
        if reply.kind in ("word", "either"):
            self._word_reader(reply, name)
        elif reply.optional:
            self._result(reply.required())
            inner = value_name(reply.required())
            read = f"read_{inner}" if inner not in BUILT_IN_READS else f"redisc_reads_{inner}.read"
            self._reader(name, [Line(f"return {self._nothing(reply)}(in) || {read}(in, out);")], reply)
        elif reply.kind == "list":
            self._list_reader(reply, name)
        else:
            self._record_reader(self.spec.records[reply.record], name, reply)

    def _nothing(self, reply: Reply) -> str:
        """What takes the sign that there is no value: nil, for tuples an empty array as well."""
        is_tuple = reply.kind == "record" and self.spec.records[reply.record].form == "tuple"
        return "take_nothing" if is_tuple else "redisc_take_nil"

    def _reader(self, name: str, body: list, reply: Reply) -> None:
        self._function(f"read_{name}", ["void *out"], body)
        size = "0" if not reply.has_value else f"sizeof({result_type(reply)})"
        self._define(name, size, str(reply).replace("word:", ""))

    def _define(self, name: str, size: str, what: str) -> None:
        lines = [f"const redisc_result redisc_reads_{name} = {{", f"    .size = {size},", f"    .read = read_{name},",
                 f"    .what = \"{what}\",", "};"]
        self.results[name] = "\n".join(lines)

    def _word_reader(self, reply: Reply, name: str) -> None:
        if reply.kind == "either":
            body: list = [Line(f"return redisc_take_either(in, \"{reply.words[0]}\", \"{reply.words[1]}\", out);")]
        else:
            body = [Line("(void)out;"), Line(f"return redisc_take_word(in, \"{reply.words[0]}\");")]
        self._reader(name, body, reply)

    def _nil_reader(self, nil_if: str) -> None:
        name = NIL_READS[nil_if]
        if name in self.results:
            return
        body = [Line("redisc_optional_integer *value = out;"),
                when("!redisc_take_integer(in, &value->value)", FAIL),
                Line(f"value->has_value = value->value {'>' if nil_if == '<=0' else '>='} 0;"),
                when("!value->has_value", [Line("value->value = 0;")]),
                Line("return true;")]
        self._function(f"read_{name}", ["void *out"], body)
        self._define(name, "sizeof(redisc_optional_integer)", "integer")

    def _record_reader(self, record: Record, name: str, reply: Reply) -> None:
        self._record(record)
        pointer = f"redisc_{record.name}"
        body = [Call(f"{pointer} *value = redisc_reader_begin(", ["in", "sizeof *value", self._room(record)]),
                when(["value == NULL", f"!take_{record.name}(in, value)"], FAIL),
                Line(f"*(const {pointer} **)out = value;"), Line("return true;")]
        self._reader(name, body, reply)

    def _list_reader(self, reply: Reply, name: str) -> None:
        record = self.spec.records[reply.item.record]
        self._list_filler(reply)
        list_type = f"redisc_{record.name}_list"
        filler = f"fill_{name}"
        if record.form == "text-fields":
            opening: list = [Line("redisc_str text;"), when("!redisc_take_view(in, &text)", FAIL)]
            count, arguments = "count_lines(text)", ["in", "list", "text"]
        elif is_flat(record) and not reply.item.optional:
            opening = [Line("size_t count = 0;"), Line("bool nested = false;"),
                       when(f"!redisc_take_rows(in, {len(record.fields)}, &count, &nested)", FAIL)]
            count, arguments = "count", ["in", "list", "count", "nested"]
        else:
            opening = [Line("size_t count = 0;"), when("!redisc_take_array(in, &count)", FAIL)]
            count, arguments = "count", ["in", "list", "count"]
        room = f"{count} * sizeof(redisc_{record.name}) + {self._room(record)}"
        body = opening + [
            Line(f"size_t more = {room};"),
            Line(f"{list_type} *list = redisc_reader_begin(in, sizeof *list, more);"),
            when(["list == NULL", f"!{filler}({', '.join(arguments)})"], FAIL),
            Line(f"*(const {list_type} **)out = list;"), Line("return true;")]
        self._reader(name, body, reply)

    def _room(self, record: Record) -> str:
        """Room for what hangs on a record. A list's items take no more than a string each for every node."""
        return "text_and_items(in)" if self._has_lists(record) else "in->reply->text"

    def _has_lists(self, record: Record) -> bool:
        for f in record.fields:
            if f.type.kind in ("list", "pairs", "dynamic") or (f.type.kind == "record" and (
                    f.type.optional or self._has_lists(self.spec.records[f.type.record]))):
                return True
        return False

    # Records.

    def _record(self, record: Record) -> None:
        if record.name in self._made:
            return
        self._made.add(record.name)
        for f in record.fields:
            self._needed(f.type)
        {"tuple": self._tuple, "map": self._map, "text-fields": self._text}[record.form](record)

    def _needed(self, reply: Reply) -> None:
        """What a field of the type is read with."""
        if reply.kind == "record":
            self._record(self.spec.records[reply.record])
            if reply.optional:
                self._optional_record(self.spec.records[reply.record])
        if reply.kind == "list" and reply.item.kind == "record" and str(reply.required()) not in TAKES:
            self._list_taker(reply.required())

    def _take(self, reply: Reply, place: str) -> str:
        """A call that takes a value into a place."""
        text = str(reply)
        if text in TAKES:
            return f"redisc_take_{TAKES[text]}(in, &{place})"
        if reply.kind == "record":
            return f"take_{value_name(reply)}(in, &{place})"
        if reply.optional:
            return f"(redisc_take_nil(in) || {self._take(reply.required(), place)})"
        return f"take_{value_name(reply)}(in, &{place})"

    def _function(self, name: str, parameters: list[str], body: list) -> None:
        self.functions.append(CFunction("bool", name, ["redisc_reader *in"] + parameters, body, storage="static"))

    def _record_function(self, name: str, record: Record, body: list, parameters: list[str] | None = None) -> None:
        """One that fills a record at `value`."""
        self._function(name, (parameters or []) + [f"redisc_{record.name} *value"], body)

    def _tuple(self, record: Record) -> None:
        name = record.name
        width = sum(not f.optional for f in record.fields)
        body: list = []
        if record.bare:
            self.predicates.add("list")
            first = self._take(record.fields[0].type, f"value->{record.fields[0].name}")
            body.append(when("!list_comes(in)", [Line(f"return {first};")]))
        body += [Line("size_t extra = 0;"), when(f"!redisc_take_row(in, {width}, &extra)", FAIL)]
        if is_flat(record) and self._is_listed(record):
            self._record_function(f"take_{name}_fields", record, self._takes(record))
            body.append(Line(f"return take_{name}_fields(in, value) && skip_values(in, extra);"))
        else:
            if record.present:
                body.append(Line(f"value->{record.present} = true;"))
            for f in record.fields:
                if not f.optional:
                    body.append(self._statement(f))
                    continue
                kinds = sorted(kinds_of(f.type, self.spec.records))
                self.predicates |= set(kinds)
                comes = " || ".join(f"{kind}_comes(in)" for kind in kinds)
                condition = f"extra > 0 && ({comes})" if len(kinds) > 1 else f"extra > 0 && {comes}"
                body.append(when(condition, [Line("extra--;"), self._statement(f)]))
            body.append(Line("return skip_values(in, extra);"))
        self._record_function(f"take_{name}", record, body)

    def _takes(self, record: Record) -> list:
        """Takes all fields, one after the other; what fails makes the later ones fail."""
        *first, last = record.fields
        return [self._statement(f) for f in first] + [Line(f"return {self._take(last.type, f'value->{last.name}')};")]

    def _statement(self, f: Field):
        """Takes a field; a list that came as nil stays empty."""
        place = f"value->{f.name}"
        if f.type.optional and f.type.kind in ("list", "pairs"):
            return when("!redisc_take_nil(in)", [Line(f"{self._take(f.type.required(), place)};")])
        return Line(f"{self._take(f.type, place)};")

    def _is_listed(self, record: Record) -> bool:
        replies = [f.reply for f in self.spec.functions]
        replies += [f.type for r in self.spec.records.values() for f in r.fields]
        return any(r.kind == "list" and r.item == Reply("record", record=record.name) for r in replies)

    def _chain(self, record: Record, parameters: list[str], take, otherwise: str) -> str:
        """Functions that find a field by its name; answers the first one's name."""
        chunks = [record.fields[i:i + CHAIN] for i in range(0, len(record.fields), CHAIN)]
        following = otherwise
        for number, chunk in reversed(list(enumerate(chunks, 1))):
            name = f"take_{record.name}_field" + (f"_{number}" if number > 1 else "")
            body: list = [when(f"is(name, \"{f.wire}\")", [Line(f"return {take(f)};")]) for f in chunk]
            body += [Line("(void)in;")] if not any("in" in line.text for b in body for line in b.body) else []
            self._record_function(name, record, body + [Line(f"return {following};")], parameters)
            arguments = ["in"] + [p.split("redisc_str ")[-1] for p in parameters] + ["value"]
            following = f"{name}({', '.join(arguments)})"
        return following

    def _map(self, record: Record) -> None:
        call = self._chain(record, ["redisc_str name"], lambda f: self._take(f.type, f"value->{f.name}"),
                           "redisc_reader_skip(in)")
        body = [Line("size_t pairs = 0;"), Line("bool nested = false;"),
                when("!redisc_take_map(in, &pairs, &nested)", FAIL),
                each("pairs", [
                    Line("redisc_str name;"),
                    when("nested && !redisc_take_pair_head(in)", FAIL),
                    when(["!redisc_take_view(in, &name)", f"!{call}"], FAIL)])]
        if record.present:
            body.append(Line(f"value->{record.present} = true;"))
        self._record_function(f"take_{record.name}", record, body + [Line("return true;")])

    def _text(self, record: Record) -> None:
        def take(f: Field) -> str:
            if f.type.kind == "string":
                return f"redisc_reader_copy(in, text, &value->{f.name})"
            self.text_types.add(f.type.kind)
            return f"take_text_{f.type.kind}(in, text, &value->{f.name})"

        call = self._chain(record, ["redisc_str name", "redisc_str text"], take, "true")
        loop = Block("while (", ["redisc_text_field(&line, &name, &text)"], [when(f"!{call}", FAIL)])
        body = [Line("redisc_str name;"), Line("redisc_str text;"), loop, Line("return true;")]
        self._record_function(f"take_{record.name}_line", record, body, ["redisc_str line"])
        self._record_function(f"take_{record.name}", record, [
            Line("redisc_str text;"), Line("redisc_str line = {NULL, 0};"),
            when("!redisc_take_view(in, &text)", FAIL), Line("redisc_text_line(&text, &line);"),
            Line(f"return take_{record.name}_line(in, line, value);")])

    def _optional_record(self, record: Record) -> None:
        name = f"take_optional_{record.name}"
        if name in self._made:
            return
        self._made.add(name)
        nothing = self._nothing(Reply("record", True, record=record.name))
        body = [when(f"{nothing}(in)", [Line("return true;")]),
                Line(f"redisc_{record.name} *record = redisc_reader_room(in, sizeof *record);"),
                when("record == NULL", FAIL), Line("memset(record, 0, sizeof *record);"), Line("*value = record;"),
                Line(f"return take_{record.name}(in, record);")]
        self._function(name, [f"const redisc_{record.name} **value"], body)

    # Lists of records.

    def _list_filler(self, reply: Reply) -> None:
        """fill_<T>_list: the items, once their number is known."""
        record = self.spec.records[reply.item.record]
        name = f"fill_{value_name(reply)}"
        if name in self._made:
            return
        self._record(record)
        self._made.add(name)
        item = f"redisc_{record.name}"
        parameters = [f"{item}_list *list"]
        if record.form == "text-fields":
            self._function(name, parameters + ["redisc_str text"], self._fill_lines(record))
            return
        parameters.append("size_t count")
        take: list = [when(f"!take_{record.name}(in, &items[i])", FAIL)]
        if is_flat(record) and not reply.item.optional:
            parameters.append("bool nested")
            take = [when("nested", [
                        when(f"!take_{record.name}(in, &items[i])", FAIL)
                    ], [when(f"!take_{record.name}_fields(in, &items[i])", FAIL)])]
        elif reply.item.optional:
            take = [when(f"!redisc_take_nil(in) && !take_{record.name}(in, &items[i])", FAIL)]
        body = [Line(f"{item} *items = redisc_reader_room(in, count * sizeof *items);"), when("items == NULL", FAIL),
                Line("memset(items, 0, count * sizeof *items);"), each("count", take),
                Line(f"*list = ({item}_list){{items, count}};"), Line("return true;")]
        self._function(name, parameters, body)

    def _fill_lines(self, record: Record) -> list:
        item = f"redisc_{record.name}"
        return [Line("size_t count = count_lines(text);"),
                Line(f"{item} *items = redisc_reader_room(in, count * sizeof *items);"), when("items == NULL", FAIL),
                Line("memset(items, 0, count * sizeof *items);"), Line("redisc_str line;"), Line("size_t i = 0;"),
                Block("while (", ["redisc_text_line(&text, &line)"], [
                    when(f"line.len > 0 && !take_{record.name}_line(in, line, &items[i++])", FAIL)]),
                Line(f"*list = ({item}_list){{items, count}};"), Line("return true;")]

    def _list_taker(self, reply: Reply) -> None:
        """take_<T>_list: a list within a record."""
        record = self.spec.records[reply.item.record]
        name = f"take_{value_name(reply)}"
        if name in self._made:
            return
        self._list_filler(reply)
        self._made.add(name)
        filler = f"fill_{value_name(reply)}"
        if record.form == "text-fields":
            body: list = [Line("redisc_str text;"),
                          Line(f"return redisc_take_view(in, &text) && {filler}(in, list, text);")]
        elif is_flat(record) and not reply.item.optional:
            body = [Line("size_t count = 0;"), Line("bool nested = false;"),
                    Line(f"return redisc_take_rows(in, {len(record.fields)}, &count, &nested) &&"),
                    Line(f"       {filler}(in, list, count, nested);")]
        else:
            body = [Line("size_t count = 0;"),
                    Line(f"return redisc_take_array(in, &count) && {filler}(in, list, count);")]
        self._function(name, [f"redisc_{item_name(reply.item)}_list *list"], body)
