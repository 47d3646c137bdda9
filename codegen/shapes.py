# SPDX-License-Identifier: MIT
"""The C shapes of arguments: enums, structs and their fields, parameters."""
from __future__ import annotations

from dataclasses import dataclass, field

from .model import BUILT_IN_STRUCTS, PRODUCTS, SERVERS, Argument, Function, Since, Use, c_name
from .problems import Problems, Where

VALUE_C = {
    "key": "redisc_str", "string": "redisc_str", "pattern": "redisc_str", "integer": "int64_t",
    "unix-time": "int64_t", "unsigned": "uint64_t", "double": "double", "score-bound": "redisc_score_bound",
}
LIST_C = {
    "key": "redisc_str_list", "string": "redisc_str_list", "pattern": "redisc_str_list",
    "integer": "redisc_integer_list", "unix-time": "redisc_integer_list", "double": "redisc_double_list",
}


@dataclass
class CField:
    """A parameter, or a field of a struct."""

    name: str
    ctype: str
    doc: str
    where: Where


@dataclass
class Users:
    """Who uses an enum or a struct: for its documentation."""

    found: list[tuple[str, str, str]] = field(default_factory=list)  # command, argument's name, its doc

    def add(self, argument: Argument) -> None:
        user = (argument.command, argument.name, argument.doc)
        if user not in self.found:
            self.found.append(user)

    def text(self) -> str:
        """"`limit` of SORT and ZRANGE: which part of the result to give"."""
        commands = sorted({command for command, _, _ in self.found})
        names = sorted({f"`{name}`" for _, name, _ in self.found})
        docs = {doc for _, _, doc in self.found if doc}
        text = f"{joined(names)} of {joined(commands)}"
        return f"{text}: {docs.pop()}" if len(docs) == 1 else text


def joined(words: list[str]) -> str:
    """"A, B and C"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


@dataclass
class CStruct:
    """A struct: of options, of arguments, or a record of replies."""

    name: str  # without prefix
    fields: list[CField]
    where: Where
    summary: str = ""  # empty: told from the users
    has_list: bool = False
    is_block: bool = False
    built_in: bool = False
    users: Users = field(default_factory=Users)

    @property
    def doc(self) -> str:
        if self.summary:
            return self.summary
        text = f"{'An item of ' if self.has_list else ''}{self.users.text()}."
        return text + (" All zero: not sent." if self.is_block else "")


@dataclass
class CEnum:
    """An enum; `values` maps branch names to enumerators, in the order of their numbers from 1."""

    name: str  # without prefix
    prefix: str
    values: dict[str, str]
    docs: dict[str, str]
    tokens: dict[str, str]
    where: Where
    kinds: bool = False  # of a list's items
    optional: bool = False  # 0 is a value too: not sent
    users: Users = field(default_factory=Users)

    @property
    def ctype(self) -> str:
        return f"redisc_{self.name}"

    @property
    def doc(self) -> str:
        text = f"{'The kinds of items of ' if self.kinds else ''}{self.users.text()}."
        return text + (" Zero: not sent." if self.optional else "")

    def first(self) -> str:
        return next(iter(self.values.values()))

    def last(self) -> str:
        return list(self.values.values())[-1]


def since_text(since: Since) -> str:
    """"Redis 8.4.0, Valkey 8.1.0"."""
    if len(set(since.values())) == 1 and set(since) == set(SERVERS):
        return f"Redis and Valkey {since['redis']}"
    return ", ".join(f"{PRODUCTS[product]} {version}" for product, version in sorted(since.items()))


def argument_doc(argument: Argument, with_token: bool = True, with_since: bool = True) -> str:
    """"EX: time to live, in seconds (since Redis 6.2.0)"."""
    text = argument.doc
    if argument.unit and argument.unit not in text:
        text += f", in {argument.unit}" if text else f"in {argument.unit}"
    if with_token and argument.token:
        text = f"{argument.token}: {text}" if text else argument.token
    if with_since and argument.since:
        text += f" (since {since_text(argument.since)})"
    return text or "the " + argument.name.replace("_", " ")


@dataclass
class Shapes:
    """All enums and structs, collected while functions are lowered."""

    problems: Problems
    lock: object  # lock.Lock: the order of values and fields
    enums: dict[str, CEnum] = field(default_factory=dict)
    structs: dict[str, CStruct] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, fields in BUILT_IN_STRUCTS.items():
            built = [CField(n, VALUE_C[t], "", Where("")) for n, t in fields]
            self.structs[name] = CStruct(name, built, Where(""), has_list=True, built_in=True)

    def parameters(self, use: Use) -> list[CField]:
        """The parameters of an argument that a function always sends; none for options."""
        argument = use.branch or use.argument
        if use.is_option:
            return []
        if argument.kind == "choice" and argument.valued:
            struct = self.add_struct(argument, self.choice_fields(argument))
            ctype = f"const redisc_{struct.name} *"
            return [CField(argument.name, ctype, argument_doc(argument, False), argument.where)]
        fields = self.fields(argument, optional=False)
        if use.type and fields:
            fields[0].ctype = VALUE_C[use.type]
        return fields

    def fields(self, argument: Argument, optional: bool) -> list[CField]:
        """The fields that carry an argument."""
        kind = argument.kind
        if kind == "flag":
            return [self._field(argument, "bool")] if optional else []
        if kind == "value":
            return [self._field(argument, self._value_type(argument, optional), optional)]
        if kind == "list":
            if argument.type not in LIST_C:
                self.problems.add(argument.where / "type", f"there are no lists of {argument.type}")
                return []
            return [self._field(argument, LIST_C[argument.type], optional)]
        if kind in ("rows", "variants"):
            struct = self._item_struct(argument)
            return [self._field(argument, f"redisc_{struct.name}_list", optional)]
        if kind == "block":
            if not optional:
                return [f for m in argument.of for f in self.fields(m, m.optional)]
            struct = self.add_struct(argument, [f for m in argument.of for f in self.fields(m, m.optional)])
            return [self._field(argument, f"redisc_{struct.name}")]
        return self.choice_fields(argument)

    def choice_fields(self, argument: Argument) -> list[CField]:
        """A choice taken apart: one enum or bool for its words, and a field for each branch with a value."""
        result = []
        if argument.is_enum or len(argument.flags) > 1:
            result.append(self._field(argument, self.enum(argument).ctype))
        elif argument.flags:
            result.append(self._field(argument.flags[0], "bool"))
        for branch in argument.valued:
            result += self.fields(branch, optional=True)
        return result

    def enum(self, argument: Argument) -> CEnum:
        """The enum of a choice's words, or of the kinds of a list's items."""
        kinds = argument.kind == "variants"
        branches = argument.oneof if kinds else argument.flags
        prefix = argument.enum_prefix.upper()
        order = self.lock.enum_order(argument.enum_name, [b.name for b in branches])
        values = {name: f"REDISC_{prefix}_{name.upper()}" for name in order}
        docs = {b.name: argument_doc(b) for b in branches}
        tokens = {b.name: b.token or "" for b in branches}
        new = CEnum(argument.enum_name, prefix, values, docs, tokens, argument.where, kinds)
        enum = self.enums.setdefault(new.name, new)
        if (enum.tokens, enum.prefix) != (new.tokens, new.prefix):
            self.problems.add(argument.where / "oneof",
                              f"the enum \"{new.name}\" of {enum.where} has other words or another prefix")
            return new
        if new.name.startswith(f"{c_name(argument.command)}_"):
            enum.docs = new.docs  # the command that the enum is named after explains it best
        enum.users.add(argument)
        enum.optional = enum.optional or (argument.optional and not kinds)
        return enum

    def add_struct(self, argument: Argument, fields: list[CField], has_list: bool = False) -> CStruct:
        """Registers a struct, or finds that it is the one of that name."""
        is_block = argument.kind == "block"
        new = CStruct(argument.struct_name, fields, argument.where, has_list=has_list, is_block=is_block)
        self.order(new)
        struct = self.structs.setdefault(new.name, new)
        if _types(struct) != _types(new):
            other = "the runtime" if struct.built_in else str(struct.where)
            self.problems.add(argument.where, f"the struct \"{new.name}\" of {other} has other fields")
        struct.has_list = struct.has_list or has_list
        struct.users.add(argument)
        return struct

    def order(self, struct: CStruct) -> None:
        """Puts the fields in the lock's order."""
        order = self.lock.field_order(struct.name, [f.name for f in struct.fields])
        struct.fields.sort(key=lambda f: order.index(f.name))

    def options(self, function: Function) -> CStruct:
        """The options struct of a function."""
        name = f"{function.options}_options"
        fields = [f for u in function.option_uses for f in self.fields(u.argument, optional=True)]
        summary = f"What {function.command.words} may be given besides; all zero sends nothing of it."
        new = CStruct(name, fields, function.where, summary)
        self.order(new)
        struct = self.structs.setdefault(name, new)
        if _types(struct) != _types(new):
            self.problems.add(function.where / "options",
                              f"the options \"{function.options}\" of {struct.where} have other fields")
        return struct

    def _item_struct(self, argument: Argument) -> CStruct:
        if argument.kind == "rows":
            fields = [f for m in argument.of for f in self.fields(m, m.optional)]
            return self.add_struct(argument, fields, has_list=True)
        fields = [CField("kind", self.enum(argument).ctype, "which one it is", argument.where)]
        users: dict[str, list[str]] = {}
        for branch in argument.oneof:
            for member in self._variant_fields(branch):
                users.setdefault(member.name, []).append(branch.token or branch.name)
                same = next((f for f in fields if f.name == member.name), None)
                if same is None:
                    fields.append(member)
                elif same.ctype != member.ctype:
                    self.problems.add(branch.where, f"the field \"{member.name}\" has another type in another branch")
        for member in fields[1:]:
            if len(users[member.name]) < len(argument.oneof):
                member.doc = f"{', '.join(users[member.name])}: {member.doc}"
        return self.add_struct(argument, fields, has_list=True)

    def _variant_fields(self, branch: Argument) -> list[CField]:
        """The fields of one kind of item. The branch's own word is told by the kind."""
        fields = self.fields(branch, optional=False)
        if branch.kind != "block":
            for member in fields:
                member.doc = argument_doc(branch, with_token=False)
        return fields

    def _value_type(self, argument: Argument, optional: bool) -> str:
        if not optional:
            return VALUE_C[argument.type]
        if argument.type == "double":
            return "redisc_optional_double"
        if argument.zero_is_value and argument.type in ("integer", "unix-time"):
            return "redisc_optional_integer"
        if argument.type == "score-bound":
            self.problems.add(argument.where / "type", "a score-bound can't be optional")
        elif argument.zero_is_value:
            self.problems.add(argument.where / "zero", f"zero means nothing for {argument.type}")
        return VALUE_C[argument.type]

    def _field(self, argument: Argument, ctype: str, optional: bool = True) -> CField:
        return CField(argument.name, ctype, argument_doc(argument, with_token=optional), argument.where)


def _types(struct: CStruct) -> list[tuple[str, str]]:
    return sorted((f.name, f.ctype) for f in struct.fields)
