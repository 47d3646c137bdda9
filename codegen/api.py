# SPDX-License-Identifier: MIT
"""generated/api.json: functions, types and statuses for makers of bindings; spec/schema/api.schema.json explains it."""
from __future__ import annotations

import json
import re

from .cheaders import Headers, Member, Prototype, Type
from .functions import LoweredFunction, SourceFile
from .headers import all_structs, lists_of_lists
from .model import Argument, Spec
from .reference import nil_item_kind, nil_kind
from .shapes import CEnum, CField, CStruct, Shapes
from .syntax import syntax

FORMAT = 1  # raised when something changes its meaning or goes away

SCALARS = ("bool", "char", "double", "int", "int32_t", "int64_t", "ptrdiff_t", "size_t", "uint16_t", "uint32_t", "uint64_t",
           "unsigned", "void")
COUNTS = ("count", "len", "size")  # names of parameters that tell how much the one before points to
_BORROWED = re.compile(r"\bborrowed\b", re.I)


class Api:
    """Collects the description."""

    def __init__(self, spec: Spec, shapes: Shapes, sources: dict[str, SourceFile], headers: Headers) -> None:
        self.spec = spec
        self.shapes = shapes
        self.sources = sources
        self.headers = headers
        self.arguments = {str(a.where): a for c in spec.commands for top in c.arguments for a in _with_inner(top)}
        self.enum_names = {e.ctype for e in shapes.enums.values()}
        self.enum_names |= {t.name for t in headers.types.values() if t.kind == "enum"}
        self.opaque = {t.name for t in headers.types.values() if t.kind == "opaque"}
        self.closers = self._closers()

    def text(self, mark: str) -> str:
        """The file: an entry's parts on lines of their own."""
        functions = [self._runtime_function(f) for f in self.headers.functions]
        functions += [self._command_function(f, group) for group, s in self.sources.items() for f in s.functions]
        types = self._runtime_types() + self._command_types()
        parts = {"generated": mark, "format": FORMAT, "version": self.headers.version,
                 "statuses": [{"name": n, "value": v, "parent": p, "doc": t} for n, v, p, t in self.headers.statuses],
                 "constants": [{"name": n, "value": v, "doc": d} for n, v, d in self.headers.constants],
                 "types": sorted(types, key=lambda t: t["name"]),
                 "functions": sorted(functions, key=lambda f: f["name"])}
        return laid_out(parts) + "\n"

    # Types.

    def _runtime_types(self) -> list[dict]:
        types = [{"name": name, "kind": "scalar"} for name in SCALARS]
        return types + [self._runtime_type(t) for t in self.headers.types.values()]

    def _runtime_type(self, type_: Type) -> dict:
        entry = {"name": type_.name, "kind": type_.kind, "header": _path(type_.header), "doc": type_.doc}
        if type_.kind == "enum":
            entry["values"] = [{"name": n, "value": v, "doc": d} for n, v, d in type_.values]
        elif type_.kind == "struct":
            entry["role"] = "options" if type_.name.endswith("options") else "plain"
            entry["fields"] = [_runtime_field(m) for m in type_.members]
        elif type_.kind == "list":
            entry.update(_list_fields(type_.item))
        elif type_.kind == "opaque":
            entry.update({"release": self.closers[type_.name]} if type_.name in self.closers else {})
        else:
            entry["function"] = _signature(type_.function)
        return entry

    def _command_types(self) -> list[dict]:
        structs = all_structs(self.spec, self.shapes)
        types = [self._struct(s) for name, s in self.shapes.structs.items() if name.endswith("_options")]
        for name, struct in structs.items():
            record = self.spec.records.get(name)
            types.append(self._record(struct, {f.name: f for f in record.members}) if record else self._struct(struct))
        lists = [{"name": f"redisc_{name}_list", "kind": "list", "header": _path("types.h"),
                  "doc": f"A list of redisc_{name}.", **_list_fields(f"redisc_{name}")}
                 for name in [*(n for n, s in structs.items() if s.has_list), *lists_of_lists(self.spec)]]
        return [_enum(e) for e in self.shapes.enums.values()] + types + lists

    def _struct(self, struct: CStruct) -> dict:
        is_options = struct.name.endswith("_options")
        header = f"commands_{self._group_of(struct)}.h" if is_options else "types.h"
        return {"name": f"redisc_{struct.name}", "kind": "struct", "header": _path(header), "doc": struct.doc,
                "role": "options" if is_options else "argument", "fields": [self._field(f) for f in struct.fields]}

    def _group_of(self, options: CStruct) -> str:
        return next(g for g, s in self.sources.items() for f in s.functions if f.options is options)

    def _record(self, struct: CStruct, fields: dict) -> dict:
        entries = []
        for f in struct.fields:
            entry = {"name": f.name, "ctype": f.ctype, "doc": f.doc}
            if f.name in fields:  # the others tell whether the record came at all
                entry["reply"] = str(fields[f.name].type)
            entries.append(entry)
        return {"name": f"redisc_{struct.name}", "kind": "struct", "header": _path("types.h"), "doc": struct.summary,
                "role": "record", "fields": entries}

    def _field(self, f: CField) -> dict:
        return {"name": f.name, "ctype": f.ctype, **self._about(f), "doc": f.doc}

    def _about(self, f: CField) -> dict:
        """What the specification says of the argument that a parameter or field carries."""
        argument = self.arguments.get(str(f.where))
        if argument is None:
            return {}
        about = {"kind": argument.type or {"flag": "flag", "choice": "choice"}.get(argument.kind, "struct")}
        if f.ctype in self.enum_names:
            about["kind"] = "enum"
        for key in ("token", "unit", "wait", "access"):
            if getattr(argument, key):
                about[key] = getattr(argument, key)
        if argument.since:
            about["since"] = argument.since
        return about

    # Functions.

    def _command_function(self, lowered: LoweredFunction, group: str) -> dict:
        function, command = lowered.function, lowered.function.command
        entry = {"name": lowered.name, "kind": "legacy" if function.is_legacy else "command",
                 "header": _path(f"commands_{group}.h"), "group": group, "command": command.words,
                 "syntax": syntax(function), "doc": function.summary, "since": function.since}
        if command.complexity:
            entry["complexity"] = command.complexity
        entry["flags"] = self._flags(lowered)
        if command.note:
            entry["note"] = command.note
        if command.deprecated:
            entry["deprecated"] = dict(command.deprecated)
            if command.use_instead:
                entry["deprecated"]["use"] = command.use_instead
        if command.connection_state:
            entry["connection_state"] = command.connection_state
        entry["returns"] = {"ctype": "redisc_status"}
        entry["params"] = self._params(lowered)
        if function.out:
            entry["result"] = {"param": function.out, "reply": str(function.gives), "nil": nil_kind(function.gives),
                               "nil_items": nil_item_kind(function.gives)}
        return entry

    def _flags(self, lowered: LoweredFunction) -> list[str]:
        function, command = lowered.function, lowered.function.command
        flags = {"blocking": "blocking" in command.flags, "connection": bool(command.connection_state),
                 "readonly": "readonly" in command.flags, "repeatable": function.is_repeatable}
        return [name for name, is_set in flags.items() if is_set]

    def _params(self, lowered: LoweredFunction) -> list[dict]:
        function = lowered.function
        params = [{"name": "r", "ctype": "redisc *", "direction": "in", "role": "handle"}]
        params += [{"name": p.name, "ctype": p.ctype, "direction": "in", "role": "argument", **self._about(p),
                    "doc": p.doc} for p in lowered.parameters]
        if lowered.options:
            params.append({"name": "options", "ctype": f"const redisc_{lowered.options.name} *", "direction": "in",
                           "role": "options", "nullable": True})
        if function.out:
            ctype = re.sub(r"(?<=[^ *])\*", " *", lowered.c.parameters[-1].removesuffix(function.out)).strip()
            params.append({"name": function.out, "ctype": ctype, "direction": "out", "role": "result",
                           "nullable": True, **({"release": "redisc_free"} if function.gives.is_pointer else {}),
                           "doc": function.result or f"the {function.out.replace('_', ' ')}"})
        return params

    def _runtime_function(self, prototype: Prototype) -> dict:
        signature = _signature(prototype)
        params = signature["params"]
        for param in params:
            self._add_direction(param, prototype)
        for param, following in zip(params, params[1:]):
            points = "*" in param["ctype"] and param["ctype"].rstrip("* ") not in self.opaque
            if points and following["ctype"].startswith("size_t") and following["name"] in COUNTS:
                param["size"] = following["name"]
        if prototype.returns.endswith("*"):
            signature["returns"].update(self._ownership(prototype.returns, prototype))
        return {"name": prototype.name, "kind": "runtime", "header": _path(prototype.header), "doc": prototype.doc, **signature}

    def _add_direction(self, param: dict, prototype: Prototype) -> None:
        """What points to something that is not constant is written to, unless it is an object of the library."""
        ctype = param["ctype"]
        base = ctype.replace("const ", "").rstrip("* ")
        stars = ctype.count("*")
        releases = prototype.returns == "void" and re.search(r"_(close|free)$", prototype.name)
        is_out = stars == 2 or (stars == 1 and not ctype.startswith("const ") and base not in self.opaque | {"void"}
                                and not releases)
        param["direction"] = "out" if is_out else "in"
        if ctype == "redisc *":
            param["role"] = "handle"
        if is_out and (stars == 2 or self._points(base)):
            param.update(self._ownership(ctype, prototype))

    def _points(self, name: str) -> bool:
        """Whether a type of the runtime has pointers within."""
        type_ = self.headers.types.get(name)
        members = type_.members if type_ is not None else []
        return (type_ is not None and type_.kind == "list") or any(
            m.ctype.endswith("*") or self._points(m.ctype) for m in members)

    def _ownership(self, ctype: str, prototype: Prototype) -> dict:
        """Who frees what a function gives as a pointer."""
        base = ctype.replace("const ", "").rstrip("* ")
        if _BORROWED.search(prototype.doc):
            return {"borrowed": True}
        if base in self.closers:
            return {"release": self.closers[base]}
        if ctype.endswith("**"):
            return {"release": "redisc_free"} if base != "void" else {}
        return {"borrowed": True}

    def _closers(self) -> dict[str, str]:
        """For each type the function that gives up one of them."""
        closers: dict[str, str] = {}
        for prototype in self.headers.functions:
            if re.search(r"_(close|free)$", prototype.name) and len(prototype.parameters) == 1:
                closers[prototype.parameters[0].ctype.rstrip("* ")] = prototype.name
        return {name: closers[name] for name in sorted(set(self.headers.types) & set(closers))}


def _path(header: str) -> str:
    return f"redisc/{header}"


def _with_inner(argument: Argument) -> list[Argument]:
    """An argument with all members and branches."""
    return [argument] + [a for inner in argument.of + argument.oneof for a in _with_inner(inner)]


def _enum(enum: CEnum) -> dict:
    values = [{"name": value, "value": number, "short": name, "word": enum.tokens[name], "doc": enum.docs[name]}
              for number, (name, value) in enumerate(enum.values.items(), 1)]
    return {"name": enum.ctype, "kind": "enum", "header": _path("types.h"), "doc": enum.doc, "optional": enum.optional,
            "values": values}


def _list_fields(item: str) -> dict:
    return {"item": item, "fields": [{"name": "items", "ctype": f"const {item} *"}, {"name": "count", "ctype": "size_t"}]}


def _runtime_field(member: Member) -> dict:
    entry: dict = {"name": member.name}
    if member.members:
        entry[member.ctype] = [_runtime_field(m) for m in member.members]
    elif member.function is not None:
        entry["function"] = _signature(member.function)
    else:
        entry["ctype"] = member.ctype
    return {**entry, "doc": member.doc}


def _signature(prototype: Prototype) -> dict:
    return {"returns": {"ctype": prototype.returns},
            "params": [{"name": p.name, "ctype": p.ctype} for p in prototype.parameters]}


def laid_out(value: object, depth: int = 0) -> str:
    """JSON in which each entry has lines of its own, and a part of an entry that is a record one line."""
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    flat = not any(isinstance(inner, (dict, list)) for inner in nested)
    if depth >= 4 or (flat and depth >= 2):
        return json.dumps(value, ensure_ascii=False)
    pad = " " * (depth + 1)
    if isinstance(value, dict):
        rows = [f"{json.dumps(k)}: {laid_out(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(pad + row for row in rows) + "\n" + " " * depth + "}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(pad + laid_out(v, depth + 1) for v in value) + "\n" + " " * depth + "]"
    return json.dumps(value, ensure_ascii=False)
