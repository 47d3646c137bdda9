# SPDX-License-Identifier: MIT
"""The rules for the fields of one record type."""
from __future__ import annotations

from .model import Field, Record
from .names import fault_of_name
from .problems import Problems
from .replies import SCALARS, Reply


def check_fields(record: Record, problems: Problems) -> None:
    """Names, types and keys of the fields fit the record's form."""
    names: set[str] = {record.present} if record.present else set()
    wires: set[str] = set()
    for field in record.fields:
        _check_type(field, record, problems)
        _check_keys(field, record, problems)
        if not field.name:
            continue
        fault = fault_of_name(field.name)
        if fault:
            problems.add(field.where / "name", fault)
        if field.name in names:
            problems.add(field.where / "name", f"there is another field \"{field.name}\"")
        if field.wire in wires:
            problems.add(field.where, f"there is another field named \"{field.wire}\" on the wire")
        names.add(field.name)
        wires.add(field.wire)
    _check_record(record, problems)


def _check_record(record: Record, problems: Problems) -> None:
    where = record.where
    only = {"bare": ("tuple",), "text": ("tuple",), "key": ("tuple", "map"), "present": ("tuple", "map")}
    for key, forms in only.items():
        if getattr(record, key) and record.form not in forms:
            problems.add(where / key, f"only a {' or a '.join(forms)} can have it")
    if record.form != "text-fields" and (record.assign != "=" or record.separator != "blank"):
        problems.add(where, "only text-fields have \"assign\" and \"separator\"")
    if record.key and (record.key_field is None or record.key_field.type not in (Reply("string"), Reply("integer"))):
        problems.add(where / "key", f"there is no field \"{record.key}\" that is a string or an integer")
    if record.text and any(f.type.kind not in SCALARS or f.type.optional for f in record.fields):
        problems.add(where / "text", "what comes as a text has scalars only")


def _check_type(field: Field, record: Record, problems: Problems) -> None:
    where, kind = field.where / "type", field.type.kind
    nameless = kind in ("word", "skip")
    if nameless != (not field.name):
        problems.add(field.where, "a word or skip:map has no name" if nameless else "the key \"name\" is missing")
    only = {"error": "kinds", "flag": "map", "word": "tuple", "skip": "tuple"}
    if kind in only and record.form != only[kind]:
        problems.add(where, f"only the form {only[kind]} can have a field {field.type}")
    elif kind in ("ok", "closed", "either") or (kind == "word" and len(field.type.words) != 1):
        problems.add(where, f"a field can't be {field.type}")
    elif record.form == "text-fields" and (kind not in SCALARS or field.type.optional):
        problems.add(where, f"a text field can't be {field.type}: string, integer, unsigned, double or boolean")
    elif record.form == "flags" and field.type != Reply("boolean"):
        problems.add(where, f"a flag can't be {field.type}: it is a boolean")
    elif record.form == "kinds" and (field.type.optional or kind == "record"):
        problems.add(where, f"one of several kinds can't be {field.type}")


def _check_keys(field: Field, record: Record, problems: Problems) -> None:
    """The keys that only some fields can have."""
    is_tuple = record.form == "tuple"
    if field.optional and not is_tuple:
        problems.add(field.where / "optional", f"every field of a {record.form} may be missing")
    for key, given in (("rest", field.rest), ("for", field.only_for), ("when", field.when), ("unless", field.unless)):
        if given and not is_tuple:
            problems.add(field.where / key, "only a tuple's field can have it")
    if field.rest and (field is not record.fields[-1] or field.type.kind != "list" or field.type.optional
                       or field.type.keyed):
        problems.add(field.where / "rest", "what takes the rest is the last field, and a list")
    if field.only_for and (record.fields[0].type != Reply("string") or field is record.fields[0]):
        problems.add(field.where / "for", "the first field has to be a string that tells")
    if field.split and field.type != Reply("list", item=Reply("string")):
        problems.add(field.where / "split", "only a [string] can come as a text")
    if field.is_prefix and (record.form != "map" or not field.type.keyed):
        problems.add(field.where / "wire", "only a {T} of a map can have all names that begin so")
