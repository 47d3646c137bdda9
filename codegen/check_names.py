# SPDX-License-Identifier: MIT
"""No two things have the same C name: functions, types, enumerators, and what the runtime has."""
from __future__ import annotations

from .functions import SourceFile
from .headers import listed_records, record_struct
from .model import BUILT_IN_STRUCTS, Record, Spec
from .problems import Problems, Where
from .shapes import CStruct, Shapes


class _Names:
    def __init__(self, runtime: dict[str, str], problems: Problems) -> None:
        self.runtime = runtime
        self.problems = problems
        self.taken: dict[str, tuple[str, Where]] = {}

    def take(self, name: str, what: str, where: Where) -> None:
        """`what` it is, for the message: "the function", "the enum" …"""
        if name in self.runtime:
            self.problems.add(where, f"clash: {what} {name} has a name of the runtime ({self.runtime[name]})")
        other = self.taken.setdefault(name, (what, where))
        if other != (what, where):
            self.problems.add(where, f"clash: {what} {name} is {other[0]} of {other[1]} too")


def check_names(spec: Spec, shapes: Shapes, sources: dict[str, SourceFile], runtime: dict[str, str],
                problems: Problems) -> None:
    names = _Names(runtime, problems)
    for source in sources.values():
        for lowered in source.functions:
            names.take(lowered.name, "the function", lowered.function.where / "name")
            _check_fields("parameter", lowered, problems)
    for enum in shapes.enums.values():
        names.take(enum.ctype, "the enum", enum.where)
        for value in list(enum.values.values()) + [f"REDISC_{enum.name.upper()}_MAX_"]:
            names.take(value, "the enumerator", enum.where)
    for struct in shapes.structs.values():
        if not struct.built_in:
            names.take(f"redisc_{struct.name}", "the struct", struct.where)
        if struct.has_list and not struct.built_in:
            names.take(f"redisc_{struct.name}_list", "the list", struct.where)
        seen: set[str] = set()
        for field in struct.fields:
            if field.name in seen:
                problems.add(field.where, f"the struct redisc_{struct.name} has another field \"{field.name}\"")
            seen.add(field.name)
    for record in spec.records.values():
        if record.name in BUILT_IN_STRUCTS:
            continue
        if record.name in shapes.structs:
            _check_same_struct(record, shapes.structs[record.name], problems)
            continue
        names.take(f"redisc_{record.name}", "the type", record.where / "type")
        if record.name in listed_records(spec):
            names.take(f"redisc_{record.name}_list", "the list", record.where / "type")


def _check_same_struct(record: Record, struct: CStruct, problems: Problems) -> None:
    """A record and a struct of arguments may be one type, if they have the same fields."""
    fields = [(f.name, f.ctype) for f in record_struct(record).fields]
    if sorted(fields) != sorted((f.name, f.ctype) for f in struct.fields):
        problems.add(record.where / "fields", f"the struct \"{record.name}\" of {struct.where} has other fields")


def _check_fields(what: str, lowered, problems: Problems) -> None:
    seen: set[str] = set()
    function = lowered.function
    for parameter in lowered.parameters:
        if parameter.name in seen:
            problems.add(function.where / "args", f"the function has another {what} \"{parameter.name}\"")
        seen.add(parameter.name)
    if function.out in seen:
        problems.add(function.where / "out", f"the function has a parameter \"{function.out}\"")
    if function.options and "options" in seen:
        problems.add(function.where / "args", "\"options\" is the name of the options themselves")
