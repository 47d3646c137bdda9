# SPDX-License-Identifier: MIT
"""The rules for record types and for what refers to them."""
from __future__ import annotations

from .model import Record, Spec
from .names import fault_of_name
from .problems import Problems, Where, did_you_mean
from .readers import ambiguous
from .replies import SCALARS, Reply


def check_types(spec: Spec, complete: bool, problems: Problems) -> None:
    """Records are known, used (if the specification is `complete`), and can be told apart on the wire."""
    used: set[str] = set()
    before = len(problems)
    for function in spec.functions:
        _check_reply(function.reply, spec, function.where / "reply", used, problems)
    for record in spec.records.values():
        for field in record.fields:
            _check_field_type(field.type, record, field.where / "type", problems)
            _check_reply(field.type, spec, field.where / "type", used, problems)
        _check_fields(record, problems)
    for name, record in spec.records.items():
        if complete and name not in used:
            problems.add(record.where, f"no function and no other type uses the type \"{name}\"")
    if len(problems) > before:
        return
    for record in spec.records.values():
        _check_form(record, spec, problems)
        _check_cycles(record, spec, problems)


def _check_reply(reply: Reply, spec: Spec, where: Where, used: set[str], problems: Problems) -> None:
    if reply.item is not None:
        _check_reply(reply.item, spec, where, used, problems)
        record = spec.records.get(reply.item.record)
        if reply.item.optional and record and not _tells_nil(record):
            problems.add(where, f"items of {reply} may be nil, so the type {record.name} needs \"present\", "
                                "or a field that is a string")
    if reply.kind != "record":
        return
    if reply.record not in spec.records:
        problems.add(where, f"there is no type \"{reply.record}\"{did_you_mean(reply.record, spec.records)}")
    used.add(reply.record)


def _tells_nil(record: Record) -> bool:
    """Whether a record that is all zero can't be taken for one that came."""
    return record.present is not None or any(f.type == Reply("string") for f in record.fields)


def _check_field_type(reply: Reply, record: Record, where: Where, problems: Problems) -> None:
    if not reply.has_value or reply.kind in ("ok", "either"):
        problems.add(where, f"a field can't be {reply}")
    elif record.form == "text-fields" and (reply.kind not in SCALARS or reply.optional):
        problems.add(where, f"a text field can't be {reply}: string, integer, unsigned, double or boolean")


def _check_fields(record: Record, problems: Problems) -> None:
    names: set[str] = {record.present} if record.present else set()
    wires: set[str] = set()
    for field in record.fields:
        fault = fault_of_name(field.name)
        if fault:
            problems.add(field.where / "name", fault)
        if field.name in names:
            problems.add(field.where / "name", f"there is another field \"{field.name}\"")
        if field.wire in wires:
            problems.add(field.where, f"there is another field named \"{field.wire}\" on the wire")
        names.add(field.name)
        wires.add(field.wire)
        if record.form == "tuple" and field.wire != field.name:
            problems.add(field.where / "wire", "a tuple's fields have no names on the wire")
        if record.form != "tuple" and field.optional:
            problems.add(field.where / "optional", f"every field of a {record.form} may be missing")
    if record.bare and record.form != "tuple":
        problems.add(record.where / "bare", "only a tuple may come bare")
    if record.present and record.form == "text-fields":
        problems.add(record.where / "present", "a text can't tell whether it is there")


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
    """A record can't hold itself by value."""
    def holds(name: str, seen: tuple[str, ...]) -> bool:
        for field in spec.records[name].fields:
            inner = field.type
            if inner.kind == "list":
                inner = inner.item
            if inner.kind != "record" or inner.record in seen:
                if inner.kind == "record" and inner.record == record.name:
                    return True
                continue
            if inner.record == record.name or holds(inner.record, seen + (inner.record,)):
                return True
        return False

    if holds(record.name, ()):
        problems.add(record.where, f"a {record.name} holds itself")
