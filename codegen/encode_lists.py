# SPDX-License-Identifier: MIT
"""How lists are checked, measured and encoded: of values, of blocks, of items of several kinds."""
from __future__ import annotations

from .code import Code, Size, Word, bind, checked, declare_checked, join_words, refuse, renamed, sum_rows
from .ctext import Block, Call, Case, CFunction, Line, each, render, when
from .model import STRING_TYPES, Argument

ITEM_LINES = 12  # what is done for an item stands in the loop up to so many lines
LOOPS = [("item", "i"), ("inner", "j"), ("innermost", "h")]  # names of an item and its index: a list, a list in it …


def loop_names(prefix: str) -> tuple[str, str]:
    """The names for the loop over a list that belongs to `prefix`, which may be an item of another list."""
    outer = [one for one, _ in LOOPS]
    owner = prefix.partition("->")[0]
    return LOOPS[outer.index(owner) + 1] if owner in outer else LOOPS[0]


class ListEncoder:
    """The part of the encoder that is for lists."""

    def _check_list(self, name: str, optional: bool, label: str) -> list:
        conditions = f"{name}.count != 0 && {name}.items == NULL" if optional else [
            f"{name}.count == 0", f"{name}.items == NULL"]
        return [when(conditions, [refuse("list", label, f"{name}.count")])]

    def _may_be_empty(self, argument: Argument, optional: bool) -> bool:
        return optional or argument.optional or argument.zero_is_value

    def _list(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        type_ = argument.type
        code = Code(self._check_list(name, self._may_be_empty(argument, optional), label + argument.name))
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
            i = loop_names(prefix)[1]
            put = self._put_value(type_, f"{name}.items[{i}]", label + argument.name)
            items = [each(f"{name}.count", words + [put], i)]
        self._finish_list(code, argument, name, optional, items, 1, f"{name}.count")
        return code

    def _finish_list(self, code: Code, argument: Argument, name: str, optional: bool, items: list, width: int,
                     words: str) -> None:
        """What stands before a list's items, and how many words all of it has; width 0: counted elsewhere.

        `words`: how many words the items are, if that is what is sent before them.
        """
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
            put.append(Call("redisc_put_unsigned(", ["@c", words if argument.counted == "words" else f"{name}.count"]))
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

    # Lists of blocks.

    def _rows(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        code = Code(self._check_list(name, self._may_be_empty(argument, optional), label + argument.name))
        one, i = loop_names(prefix)
        members = [self.encode(m, f"{one}->", m.optional, f"{label}{argument.name}[].") for m in argument.of]
        row = Code()
        for member in members:
            row.add(member)
        item = Line(f"const redisc_{argument.struct_name} *{one} = &{name}.items[{i}];")
        if row.check:
            check = self._item_step("check", argument, row.check, one)
            code.check.append(each(f"{name}.count", [item] + check, i))
        width = row.size.argc if row.size.is_constant() else 0
        words = f"{width} * {name}.count"
        if width:
            self._room_of_rows(code.size, row.size, name, one, i)
        else:
            more = row.size.additions()
            if argument.token_each:
                more.append(Line(f"@argc += {len(argument.words)};"))
            if argument.counted == "words":
                words = self._words_of(argument, name)
            measure = self._item_step("measure", argument, more, one)
            code.size.statements.append(each(f"{name}.count", [item] + measure, i))
        head = [Word(argument.words)] if argument.token_each else []
        if argument.columns:
            items: list = [each(f"{name}.count", [item] + m.put, i) for m in members]
        else:
            put = self._item_step("put", argument, join_words(head + row.put), one)
            items = [each(f"{name}.count", [item] + put, i)]
        self._finish_list(code, argument, name, optional, items, width, words)
        return code

    def _item_step(self, step: str, argument: Argument, body: list, one: str, branch: str = "") -> list:
        """What is done for an item: as it stands, or a call of a function if that is long."""
        if len(render(body)) <= ITEM_LINES:
            return body
        name = f"{step}_{argument.struct_name}" + (f"_{branch}" if branch else "")
        item = f"const redisc_{argument.struct_name} *item"
        return self._helper(step, name, item, one, renamed(body, one, "item"))

    def _helper(self, step: str, name: str, parameter: str, argument: str, body: list) -> list:
        """Makes a function that checks, measures or puts something; answers the statements that call it."""
        parameters = [parameter]
        if step == "check":
            parameters += ["const redisc_operation_info *info", "const redisc_result *result", "void *out"]
            body = bind(declare_checked(body) + [Line("return REDISC_OK;")], info="info", result="result", out="out")
            call: list = checked(name, [argument])
        elif step == "measure":
            parameters += ["size_t *argc", "size_t *room"]
            body = bind(body, argc="*argc", room="*room")
            call = [Call(f"{name}(", [argument, "@&argc", "@&room"])]
        else:
            parameters.insert(0, "redisc_operation *c")
            body = bind(body, c="c")
            call = [Call(f"{name}(", ["@c", argument])]
        result = "redisc_status" if step == "check" else "void"
        self.helpers[name] = CFunction(result, name, parameters, body, storage="static")
        return call

    def _room_of_rows(self, size: Size, row: Size, name: str, one: str, i: str) -> None:
        strings = [t.replace(f"{one}->", f"{name}.items[{i}].") for t in row.room_terms]
        if strings:
            lines: list = [Line(f"@room += {row};") for row in sum_rows(strings, 76)]
            size.statements.append(each(f"{name}.count", lines, i))
        fixed = [(row.words, "WORD"), (row.integers, "INTEGER"), (row.doubles, "DOUBLE")]
        for count, room in fixed:
            if count:
                size.room_terms.append(f"{name}.count * {count} * REDISC_ROOM_{room}".replace(" 1 *", ""))

    def _words_of(self, argument: Argument, name: str) -> str:
        """A call that counts the words of items that have different numbers of them."""
        function = f"words_of_{argument.struct_name}s"
        size = Size()
        for member in argument.of:
            size.add(self.encode(member, "item->", member.optional).size)
        if size.statements:
            self.shapes.problems.add(argument.where / "counted", "the words of items with lists can't be counted")
        size = Size(size.argc, size.argc_terms, size.argc_conditional)
        item = Line(f"const redisc_{argument.struct_name} *item = &list.items[i];")
        body = bind(size.additions(), argc="count", room="room")
        self.helpers[function] = CFunction("size_t", function, [f"redisc_{argument.struct_name}_list list"], [
            Line("size_t count = 0;"), each("list.count", [item] + body), Line("return count;")], storage="static")
        return f"{function}({name})"

    # Lists of items of several kinds.

    def _variants(self, argument: Argument, prefix: str, optional: bool, label: str) -> Code:
        name = prefix + argument.name
        code = Code(self._check_list(name, self._may_be_empty(argument, optional), label + argument.name))
        enum = self.shapes.enum(argument)
        checks: list = []
        sizes: list = []
        puts: list = []
        for branch in argument.oneof:
            inner = self.encode(branch, "item->", False, f"{label}{argument.name}[].")
            case = f"case {enum.values[branch.name]}"
            steps = {"check": inner.check, "measure": inner.size.additions(), "put": join_words(inner.put)}
            for step, cases in (("check", checks), ("measure", sizes), ("put", puts)):
                if steps[step] or step != "check":
                    cases.append(Case(case, self._item_step(step, argument, steps[step], "item", branch.name)))
        item = Line(f"const redisc_{argument.struct_name} *item = &list.items[i];")
        kind_check = when([f"item->kind < {enum.first()}", f"item->kind > {enum.last()}"],
                          [refuse("value", f"{label}{argument.name}[].kind", "item->kind")])
        code.check += self._list_helper("check", argument, [item, kind_check] + (
            [Block("switch (", ["item->kind"], checks + [Case("default", [])])] if checks else []), name)
        code.size.statements += self._list_helper("measure", argument, [
            item, Block("switch (", ["item->kind"], sizes + [Case("default", [])])], name)
        items = self._list_helper("put", argument, [
            item, Block("switch (", ["item->kind"], puts + [Case("default", [])])], name)
        self._finish_list(code, argument, name, optional, items, 0, "")
        return code

    def _list_helper(self, step: str, argument: Argument, body: list, name: str) -> list:
        """A function that walks through a list of kinds; answers the statements that call it."""
        parameter = f"redisc_{argument.struct_name}_list list"
        return self._helper(step, f"{step}_{argument.struct_name}s", parameter, name, [each("list.count", body)])
