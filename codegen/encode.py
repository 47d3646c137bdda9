# SPDX-License-Identifier: MIT
"""How each kind of argument is checked, measured and encoded."""
from __future__ import annotations

from dataclasses import dataclass, field

from .code import Code, Size, Word, bind, refuse
from .ctext import Block, Call, Case, CFunction, when
from .encode_lists import ListEncoder
from .model import STRING_TYPES, Argument
from .shapes import CEnum, Shapes

FEW = 2  # conditions that may stand in a row


@dataclass
class Encoder(ListEncoder):
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
        return [Call(f"redisc_operation_wait_{argument.wait}(", ["@c", cast + expression, f'"{label}{argument.name}"'])]

    def _block(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        inner = Code()
        for member in argument.of:
            if optional:
                inner.add(self.encode(member, f"{name}.", member.optional, f"{label}{argument.name}."))
            else:
                inner.add(self.encode(member, prefix, member.optional, label))
        head: list = [Word(argument.words)] if argument.words else []
        if argument.counted:
            head.append(self._put_words_of_block(argument, inner.size, name, optional))
        inner.size.add_words(argument.words)
        inner.size.argc += len(argument.words)
        inner.put = head + inner.put
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

    def _put_words_of_block(self, argument: Argument, size: Size, name: str, optional: bool) -> Call:
        """Puts how many words the members are."""
        if size.statements or size.argc_terms or (size.argc_conditional and not optional):
            self.shapes.problems.add(argument.where / "counted", "the words of such a block can't be counted")
        words = self._words_of_block(argument, name) if size.argc_conditional else str(size.argc)
        size.integers += 1
        size.argc += 1
        return Call("redisc_put_unsigned(", ["@c", words])

    def _words_of_block(self, argument: Argument, name: str) -> str:
        """A call that counts the words of a block with optional members."""
        size = Size()
        for member in argument.of:
            size.add(self.encode(member, "block->", member.optional).size)
        terms = [str(size.argc)] + [f"({condition} ? {count}U : 0U)" for condition, count in size.argc_conditional]
        function = f"words_of_{argument.struct_name}"
        self.helpers[function] = CFunction("size_t", function, [f"const redisc_{argument.struct_name} *block"],
                                           [Call("return ", terms, ";", " +")], storage="static")
        return f"{function}(&{name})"

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
        parameters = ["redisc_operation *c", f"{enum.ctype} value"]
        self.helpers[name] = CFunction("void", name, parameters, body, storage="static")
        return name
