# SPDX-License-Identifier: MIT
"""The functions that describe records for the tests."""
from __future__ import annotations

from .ctext import Call, CFunction, Line, when
from .headers import listed_records, lists_of_lists
from .model import Field, Record, Spec
from .results import described_name

CHUNK = 24  # fields in one function

LISTS = [("str", "describe_string(to, &list->items[i])"), ("integer", "describe_integer(to, list->items[i])"),
         ("double", "describe_double(to, list->items[i])"), ("boolean", "describe_boolean(to, list->items[i])"),
         ("optional_integer", "describe_optional_integer(to, list->items[i])"),
         ("optional_double", "describe_optional_double(to, list->items[i])"),
         ("str_list", "describe_str_list(to, &list->items[i])")]


def all_lists(spec: Spec) -> list[tuple[str, str]]:
    """For every kind of list the heading of its function, with the statement for an item."""
    names = sorted(listed_records(spec)) + lists_of_lists(spec)
    lists = LISTS + [(name, f"describe_{name}(to, &list->items[i])") for name in names]
    return [("\n".join(_list_function(name).prototype("")), statement) for name, statement in lists]


def _list_function(name: str) -> CFunction:
    return CFunction("void", f"describe_{name}_list", ["FILE *to", f"const redisc_{name}_list *list"], [])


def declarations(spec: Spec) -> list[str]:
    lines = []
    for name in sorted(spec.records):
        lines.append(f"void describe_{name}(FILE *to, const redisc_{name} *value);")
        if name in listed_records(spec):
            lines += _list_function(name).prototype()
    for name in lists_of_lists(spec):
        lines += _list_function(name).prototype()
    return lines


def functions(spec: Spec) -> list[CFunction]:
    return [f for name in sorted(spec.records) for f in _record(spec.records[name])]


def _record(record: Record) -> list[CFunction]:
    parameters = ["FILE *to", f"const redisc_{record.name} *value"]
    statements = [s for i, f in enumerate(record.members) for s in _field(f, i == 0)]
    if record.present:
        statements += [Line(f"fputs(\", {record.present}: \", to);"),
                       Line(f"describe_boolean(to, value->{record.present});")]
    chunks = [statements[i:i + 2 * CHUNK] for i in range(0, len(statements), 2 * CHUNK)]
    made = []
    for number, chunk in enumerate(chunks[1:], 2):
        made.append(CFunction("void", f"describe_{record.name}_{number}", parameters, chunk, storage="static"))
    calls: list = [Line(f"{f.name}(to, value);") for f in made]
    body = [when("value == NULL", [Line("fputs(\"null\", to);"), Line("return;")])] + chunks[0] + calls
    return made + [CFunction("void", f"describe_{record.name}", parameters, body + [Line("fputc('}', to);")])]


def _field(f: Field, first: bool) -> list:
    by_value = f.type.kind in ("integer", "unsigned", "double", "boolean", "flag")
    is_pointer = f.type.kind == "record" and f.type.optional
    place = f"value->{f.name}" if by_value or is_pointer else f"&value->{f.name}"
    head = "{" if first else ", "
    return [Call("fputs(", [f"\"{head}{f.name}: \"", "to"]),
            Line(f"describe_{described_name(f.type)}(to, {place});")]
