# SPDX-License-Identifier: MIT
"""How each kind of argument is checked, measured and encoded."""
from __future__ import annotations

from dataclasses import dataclass, field

from .code import Code, Size, Word, bind, checked, join_words, refuse, sum_rows
from .ctext import Block, Call, Case, CFunction, Line, each, when
from .model import STRING_TYPES, Argument
from .shapes import CEnum, Shapes

FEW = 2  # conditions that may stand in a row


@dataclass
class Encoder:
    """Makes the statements; helpers that several functions may share are collected in `helpers`."""

    shapes: Shapes
    helpers: dict[str, CFunction] = field(default_factory=dict)

    # What an argument is, told apart.

    def encode(self, argument: Argument, prefix: str, optional: bool, label: str = "",
               type_: str | None = None) -> Code:
        """`prefix` leads to the variable or field ("options->"); `label` likewise in messages ("limit.")."""
        kind = argument.kind
        if kind == "flag":
            return self._flag(argument, prefix, optional)
        if kind == "value":
            return self._value(argument, prefix, optional, label, type_ or argument.type)
        if kind == "list":
            return self._list(argument, prefix, optional, label)
        if kind == "rows":
            return self._rows(argument, prefix, optional, label)
        if kind == "variants":
            return self._variants(argument, prefix, optional, label)
        if kind == "block":
            return self._block(argument, prefix, optional, label)
        return self._choice(argument, prefix, optional, label)

    def present(self, argument: Argument, prefix: str) -> list[str]:
        """Conditions of which one holds if the optional argument is given."""
        name = prefix + argument.name
        kind = argument.kind
        if kind == "flag":
            return [name]
        if kind in ("list", "rows", "variants"):
            return [f"{name}.count != 0"]
        if kind == "block":
            return self._block_present(argument, name)
        if kind == "choice":
            return self._word_present(argument, prefix) + [c for b in argument.valued for c in self.present(b, prefix)]
        if argument.optional_type_has_flag:
            return [f"{name}.has_value"]
        return [f"{name}.data != NULL" if argument.type in STRING_TYPES else f"{name} != 0"]

    def _word_present(self, argument: Argument, prefix: str) -> list[str]:
        """Whether one of a choice's words is given."""
        if argument.is_enum or len(argument.flags) > 1:
            return [f"{prefix}{argument.name} != 0"]
        return [prefix + flag.name for flag in argument.flags]

    def branches_present(self, argument: Argument, prefix: str) -> dict[str, list[str]]:
        """For each branch of a choice: conditions of which one holds if it is given."""
        result: dict[str, list[str]] = {}
        flags = argument.flags
        if argument.is_enum or len(flags) > 1:
            enum = self.shapes.enum(argument)
            for flag in flags:
                result[flag.name] = [f"{prefix}{argument.name} == {enum.values[flag.name]}"]
        elif flags:
            result[flags[0].name] = [prefix + flags[0].name]
        for branch in argument.valued:
            result[branch.name] = self.present(branch, prefix)
        return result

    def _block_present(self, argument: Argument, name: str) -> list[str]:
        """A block is given if any of its members is; who has many asks a function."""
        conditions = [c for m in argument.of for c in self._member_present(m, f"{name}.")]
        if len(conditions) <= FEW:
            return conditions
        function = f"has_{argument.struct_name}"
        terms = [c for m in argument.of for c in self._member_present(m, "block->")]
        self.helpers[function] = CFunction("bool", function, [f"const redisc_{argument.struct_name} *block"],
                                           [Call("return ", terms, ";", " ||")], storage="static")
        return [f"{function}(&{name})"]

    def _member_present(self, member: Argument, prefix: str) -> list[str]:
        """A member of an optional block: what is required within it counts if it isn't zero."""
        name = prefix + member.name
        if member.optional or member.kind not in ("value", "block", "flag"):
            return self.present(member, prefix)
        if member.kind == "flag":
            return []
        if member.kind == "block":
            return [c for m in member.of for c in self._member_present(m, prefix)]
        if member.type == "score-bound":
            return [f"{name}.score != 0", f"{name}.exclusive"]
        return [f"{name}.data != NULL" if member.type in STRING_TYPES else f"{name} != 0"]

    # Each kind.

    def _flag(self, argument: Argument, prefix: str, optional: bool) -> Code:
        code = Code(put=[Word(argument.words)])
        code.size.add_words(argument.words)
        if not optional:
            code.size.argc = len(argument.words)
            return code
        condition = prefix + argument.name
        code.size.argc_conditional = [(condition, len(argument.words))]
        code.put = [when(condition, code.put)]
        return code

    def _value(self, argument: Argument, prefix: str, optional: bool, label: str, type_: str) -> Code:
        name = prefix + argument.name
        code = Code()
        expression = name
        if optional and argument.optional_type_has_flag:
            expression = f"{name}.value"
        if argument.default is not None:
            expression = f"{name} != 0 ? {name} : {argument.default}"
            optional = False
        code.put = [Word(argument.words)] if argument.words else []
        code.put += self._waiting(argument, expression, label)
        put_type = "key" if argument.access == "not_key" else type_
        code.put.append(self._put_value(put_type, expression, label + argument.name))
        code.size.add_words(argument.words)
        self._add_room(code.size, type_, name)
        count = len(argument.words) + 1
        if not optional:
            code.size.argc = count
            return code
        conditions = self.present(argument, prefix)
        code.size.argc_conditional = [(conditions[0], count)]
        code.put = [when(conditions, code.put)]
        return code

    def _put_value(self, type_: str, expression: str, label: str):
        if type_ == "key":
            return Call("redisc_put_key(", ["@c", expression, f'"{label}"'])
        if type_ in STRING_TYPES:
            return Call("redisc_put_str(", ["@c", expression, f'"{label}"'])
        if type_ == "double":
            return Call("redisc_put_double(", ["@c", expression, f'"{label}"'])
        if type_ == "score-bound":
            return Call("redisc_put_score_bound(", ["@c", expression, f'"{label}"'])
        return Call(f"redisc_put_{'unsigned' if type_ == 'unsigned' else 'integer'}(", ["@c", expression])

    def _add_room(self, size: Size, type_: str, expression: str) -> None:
        if type_ in STRING_TYPES:
            size.room_terms.append(f"redisc_room_str({expression})")
        elif type_ in ("double", "score-bound"):
            size.doubles += 1
        else:
            size.integers += 1

    def _waiting(self, argument: Argument, expression: str, label: str) -> list:
        if argument.wait is None:
            return []
        casts = {("seconds", False): "(double)", ("milliseconds", True): "(int64_t)"}
        cast = casts.get((argument.wait, argument.type == "double"), "")
        return [Call(f"redisc_command_wait_{argument.wait}(", ["@c", cast + expression, f'"{label}{argument.name}"'])]

    def _check_list(self, name: str, optional: bool, label: str) -> list:
        conditions = f"{name}.count != 0 && {name}.items == NULL" if optional else [
            f"{name}.count == 0", f"{name}.items == NULL"]
        return [when(conditions, [refuse("list", label, f"{name}.count")])]

    def _list(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        type_ = argument.type
        code = Code(self._check_list(name, optional or argument.optional, label + argument.name))
        if type_ in STRING_TYPES:
            code.size.room_terms.append(f"redisc_room_str_list({name})")
        else:
            room = "DOUBLE" if type_ == "double" else "INTEGER"
            code.size.room_terms.append(f"{name}.count * REDISC_ROOM_{room}")
        if type_ in STRING_TYPES and not argument.token_each:
            verb = "key" if type_ == "key" else "str"
            items: list = [Call(f"redisc_put_{verb}_list(", ["@c", name, f'"{label}{argument.name}"'])]
        else:
            words = [Word(argument.words)] if argument.token_each else []
            items = [each(f"{name}.count", words + [self._put_value(type_, f"{name}.items[i]", label + argument.name)])]
        self._finish_list(code, argument, name, optional, items, width=1)
        return code

    def _finish_list(self, code: Code, argument: Argument, name: str, optional: bool, items: list, width: int) -> None:
        """What stands before a list's items, and how many words all of it has; width 0: counted elsewhere."""
        heads = 0
        put: list = []
        if argument.token_each:
            width += len(argument.words) if width else 0
            code.size.room_terms.append(f"{name}.count * {len(argument.words)} * REDISC_ROOM_WORD".replace(" 1 *", ""))
        elif argument.words:
            put.append(Word(argument.words))
            heads += len(argument.words)
            code.size.add_words(argument.words)
        if argument.counted:
            put.append(Call("redisc_put_unsigned(", ["@c", f"{name}.count"]))
            heads += 1
            code.size.integers += 1
        put += items
        if width:
            code.size.argc_terms.append(f"{width} * {name}.count" if width > 1 else f"{name}.count")
        if heads and (optional or argument.optional and not argument.counted):
            code.size.argc_conditional.append((f"{name}.count != 0", heads))
            put = [when(f"{name}.count != 0", put)]
        else:
            code.size.argc += heads
        code.put += put

    def _rows(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        code = Code(self._check_list(name, optional or argument.optional, label + argument.name))
        struct = f"redisc_{argument.struct_name}"
        member_label = f"{label}{argument.name}[]."
        members = [self.encode(m, "item->", m.optional, member_label) for m in argument.of]
        row = Code()
        for member in members:
            row.add(member)
        item = Line(f"const {struct} *item = &{name}.items[i];")
        if row.check:
            code.check.append(each(f"{name}.count", [item] + row.check))
        width = row.size.argc if row.size.is_constant() else 0
        if width:
            self._room_of_rows(code.size, row.size, name)
        else:
            more = row.size.additions()
            if argument.token_each:
                more.append(Line(f"@argc += {len(argument.words)};"))
            code.size.statements.append(each(f"{name}.count", [item] + more))
        head = [Word(argument.words)] if argument.token_each else []
        if argument.columns:
            items: list = [each(f"{name}.count", [item] + m.put) for m in members]
        else:
            items = [each(f"{name}.count", [item] + join_words(head + row.put))]
        self._finish_list(code, argument, name, optional, items, width)
        return code

    def _room_of_rows(self, size: Size, row: Size, name: str) -> None:
        strings = [t.replace("item->", f"{name}.items[i].") for t in row.room_terms]
        if strings:
            size.statements.append(each(f"{name}.count", [Line(f"@room += {row};") for row in sum_rows(strings, 76)]))
        fixed = [(row.words, "WORD"), (row.integers, "INTEGER"), (row.doubles, "DOUBLE")]
        for count, room in fixed:
            if count:
                size.room_terms.append(f"{name}.count * {count} * REDISC_ROOM_{room}".replace(" 1 *", ""))

    def _block(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        inner = Code()
        for member in argument.of:
            if optional:
                inner.add(self.encode(member, f"{name}.", member.optional, f"{label}{argument.name}."))
            else:
                inner.add(self.encode(member, prefix, member.optional, label))
        inner.size.add_words(argument.words)
        inner.size.argc += len(argument.words)
        inner.put = ([Word(argument.words)] if argument.words else []) + inner.put
        if not optional:
            return inner
        conditions = self.present(argument, prefix)
        condition = " || ".join(conditions)
        inner.size.argc_conditional.insert(0, (condition, inner.size.argc))
        inner.size.argc = 0
        inner.put = [when(conditions, inner.put)]
        if inner.check:
            inner.check = [when(conditions, inner.check)]
        return inner

    def _choice(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        code = Code()
        flags = argument.flags
        conditions = self.present(argument, prefix)
        head = argument.words
        code.size.add_words(head)
        put: list = [Word(head)] if head else []
        if argument.is_enum or len(flags) > 1:
            enum = self.shapes.enum(argument)
            code.add(self._enum(argument, enum, name, optional or bool(argument.valued), label))
            put += code.put
            code.put = []
        elif flags:
            branch = self._flag(flags[0], prefix, True)
            code.size.add(branch.size)
            put += branch.put
        for valued in argument.valued:
            branch = self.encode(valued, prefix, True, label)
            code.check += branch.check
            code.size.add(branch.size)
            put += branch.put
        if head and optional:
            code.size.argc_conditional.insert(0, (" || ".join(conditions), len(head)))
            put = [when(conditions, put)]
        else:
            code.size.argc += len(head)
        code.put = put
        return code

    def _enum(self, argument: Argument, enum: CEnum, name: str, optional: bool, label: str) -> Code:
        code = Code()
        limits = [f"(unsigned){name} > {enum.last()}"] if optional else [
            f"{name} < {enum.first()}", f"{name} > {enum.last()}"]
        code.check.append(when(limits, [refuse("value", label + argument.name, name)]))
        counts = {len(f.words) for f in argument.flags}
        for flag in argument.flags:
            code.size.words = max(code.size.words, len(flag.words))
        if len(counts) == 1 and optional:
            code.size.argc_conditional.append((f"{name} != 0", counts.pop()))
        elif len(counts) == 1:
            code.size.argc = counts.pop()
        else:
            for flag in argument.flags:
                code.size.argc_conditional.append((f"{name} == {enum.values[flag.name]}", len(flag.words)))
        code.put = [Call(f"{self._enum_helper(argument, enum)}(", ["@c", name])]
        return code

    def _enum_helper(self, argument: Argument, enum: CEnum) -> str:
        name = f"put_{enum.name}"
        cases: list = [Case(f"case {enum.values[f.name]}", [Word(f.words)]) for f in argument.flags]
        body = bind([Block("switch (", ["value"], cases + [Case("default", [])])], c="c")
        parameters = ["redisc_command *c", f"{enum.ctype} value"]
        self.helpers[name] = CFunction("void", name, parameters, body, storage="static")
        return name

    def _variants(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        code = Code(self._check_list(name, optional or argument.optional, label + argument.name))
        enum = self.shapes.enum(argument)
        struct = f"redisc_{argument.struct_name}"
        checks: list = []
        sizes: list = []
        puts: list = []
        for branch in argument.oneof:
            inner = self.encode(branch, "item->", False, f"{label}{argument.name}[].")
            case = f"case {enum.values[branch.name]}"
            if inner.check:
                checks.append(Case(case, inner.check))
            sizes.append(Case(case, inner.size.additions()))
            puts.append(Case(case, join_words(inner.put)))
        item = Line(f"const {struct} *item = &list.items[i];")
        kind_check = when([f"item->kind < {enum.first()}", f"item->kind > {enum.last()}"],
                          [refuse("value", f"{label}{argument.name}[].kind", "item->kind")])
        code.check += self._list_helper("check", argument, [item, kind_check] + (
            [Block("switch (", ["item->kind"], checks + [Case("default", [])])] if checks else []), name)
        code.size.statements += self._list_helper("measure", argument, [
            item, Block("switch (", ["item->kind"], sizes + [Case("default", [])])], name)
        items = self._list_helper("put", argument, [
            item, Block("switch (", ["item->kind"], puts + [Case("default", [])])], name)
        self._finish_list(code, argument, name, optional, items, width=0)
        return code

    def _list_helper(self, step: str, argument: Argument, body: list, name: str) -> list:
        """A function that walks through a list of kinds; answers the statements that call it."""
        function = f"{step}_{argument.struct_name}s"
        parameters = [f"redisc_{argument.struct_name}_list list"]
        loop: list = [each("list.count", body)]
        if step == "check":
            parameters += ["const redisc_command_info *info", "const redisc_result *result", "void *out"]
            loop = bind(loop + [Line("return REDISC_OK;")], info="info", result="result", out="out")
            call: list = checked(function, [name])
        elif step == "measure":
            parameters += ["size_t *argc", "size_t *room"]
            loop = bind(loop, argc="*argc", room="*room")
            call = [Call(f"{function}(", [name, "@&argc", "@&room"])]
        else:
            parameters.insert(0, "redisc_command *c")
            loop = bind(loop, c="c")
            call = [Call(f"{function}(", ["@c", name])]
        result = "redisc_status" if step == "check" else "void"
        self.helpers[function] = CFunction(result, function, parameters, loop, storage="static")
        return call
