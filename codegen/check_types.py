# SPDX-License-Identifier: MIT
"""The rules for record types and for what refers to them."""
from __future__ import annotations

from .check_fields import check_fields
from .model import Command, Record, Spec
from .problems import Problems, Where, did_you_mean
from .reader_base import ambiguous, conditions_of, records_of
from .replies import SCALARS, Reply


def check_types(spec: Spec, complete: bool, runtime: dict[str, str], problems: Problems) -> None:
    """Records are known, used (if the specification is `complete`), and can be told apart on the wire."""
    used: set[str] = set()
    before = len(problems)
    for function in spec.functions:
        _check_reply(function.reply, spec, function.where / "reply", used, runtime, problems)
        if spec.knows(function.reply):
            _check_options(function.reply, function.command, spec, function.where / "reply", problems)
    for record in spec.records.values():
        for field in record.fields:
            known = {} if record.form == "runtime" else runtime
            _check_reply(field.type, spec, field.where / "type", used, known, problems)
        check_fields(record, problems)
    for name, record in spec.records.items():
        if complete and name not in used:
            problems.add(record.where, f"no function and no other type uses the type \"{name}\"")
    if len(problems) > before:
        return
    for record in spec.records.values():
        _check_form(record, spec, problems)
        _check_cycles(record, spec, problems)


def _check_reply(reply: Reply, spec: Spec, where: Where, used: set[str], runtime: dict[str, str],
                 problems: Problems) -> None:
    if reply.item is not None:
        _check_reply(reply.item, spec, where, used, {}, problems)
        record = spec.records.get(reply.item.record)
        if record is not None:
            _check_list(reply, record, where, runtime, problems)
    if reply.kind != "record":
        return
    if reply.record not in spec.records:
        problems.add(where, f"there is no type \"{reply.record}\"{did_you_mean(reply.record, spec.records)}")
    elif runtime and spec.records[reply.record].form == "runtime":
        problems.add(where, f"the type {reply.record} is read by the runtime, as a list only")
    used.add(reply.record)


def _check_list(reply: Reply, record: Record, where: Where, runtime: dict[str, str], problems: Problems) -> None:
    if reply.item.optional and not _tells_nil(record):
        problems.add(where, f"items of {reply} may be nil, so the type {record.name} needs \"present\", "
                            "or a field that is a string")
    if reply.keyed and (record.form != "map" or not record.key):
        problems.add(where, f"{reply} needs a map with a \"key\", which {record.name} is not")
    take = f"redisc_take_{record.name}_list"
    if record.form == "runtime" and runtime and take not in runtime:
        problems.add(where, f"the runtime has no function {take}")


def _tells_nil(record: Record) -> bool:
    """Whether a record that is all zero can't be taken for one that came."""
    return record.present is not None or any(f.type == Reply("string") for f in record.fields)


def _check_options(reply: Reply, command: Command, spec: Spec, where: Where, problems: Problems) -> None:
    """The options that decide on fields are options of the command."""
    known = {a.name for a in command.arguments} | {b.name for a in command.arguments for b in a.oneof}
    for option in conditions_of(reply, spec.records):
        if option not in known:
            problems.add(where, f"{reply} has fields that depend on \"{option}\", which {command.words} has not")


def _check_form(record: Record, spec: Spec, problems: Problems) -> None:
    if record.form != "tuple":
        return
    for one, other in ambiguous(record, spec.records):
        problems.add(one.where, f"ambiguous: \"{one.name}\" may be missing, and \"{other.name}\" "
                                "begins with the same kind of value")
    if all(f.optional for f in record.fields):
        problems.add(record.where / "fields", "a tuple needs a field that is always there")
    if record.bare and any(not f.optional for f in record.fields[1:]):
        problems.add(record.where / "bare", "the fields behind the first one have to be optional")
    first = record.fields[0].type
    if record.bare and (first.kind not in SCALARS or first.optional):
        problems.add(record.where / "bare", "the first field has to be a scalar")


def _check_cycles(record: Record, spec: Spec, problems: Problems) -> None:
    """A record can't hold itself by value; it may hold a list of itself, but not by way of another record."""
    direct = [f for f in record.fields if f.type.item is not None and f.type.item.record == record.name]
    others = [f for f in record.fields if f not in direct]
    if any(record.name in records_of(f.type, spec.records) for f in others):
        problems.add(record.where, f"a {record.name} holds itself")
