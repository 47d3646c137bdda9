# SPDX-License-Identifier: MIT
"""Pieces of generated functions: what is checked, measured and encoded, before it has its place.

The statements are written for a function or for a helper of it, which is open until they are placed. So
they name what differs by place: @c the command, @argc and @room the counters, @info @result @out what a
refusal needs. bind() puts the names in.
"""
from __future__ import annotations

import re
from dataclasses import dataclass, field

from .ctext import Block, Call, Case, CFunction, Line, render, when

MAX_LINES = 60  # of a function
SPLIT_MARGIN = 10  # for its heading, and for the calls of its other parts
WORD_ROOM = 24  # the longest word that REDISC_ROOM_WORD is for


def wire_word(word: str) -> str:
    """A word as it goes out, within a C literal."""
    return f"${len(word.encode())}\\r\\n{word}\\r\\n"


@dataclass
class Size:
    """How many words arguments have, and how much room they take."""

    argc: int = 0
    argc_terms: list[str] = field(default_factory=list)
    argc_conditional: list[tuple[str, int]] = field(default_factory=list)  # condition, how many
    words: int = 0
    integers: int = 0
    doubles: int = 0
    room_terms: list[str] = field(default_factory=list)
    statements: list = field(default_factory=list)

    def add(self, other: Size) -> None:
        self.argc += other.argc
        self.words += other.words
        self.integers += other.integers
        self.doubles += other.doubles
        self.argc_terms += other.argc_terms
        self.argc_conditional += other.argc_conditional
        self.room_terms += other.room_terms
        self.statements += other.statements

    def add_words(self, words: list[str]) -> None:
        self.words += sum(max(1, -(-len(w.encode()) // WORD_ROOM)) for w in words)

    def rooms(self) -> list[str]:
        """The terms of the room."""
        fixed = [(self.words, "WORD"), (self.integers, "INTEGER"), (self.doubles, "DOUBLE")]
        return self.room_terms + [("" if n == 1 else f"{n} * ") + f"REDISC_ROOM_{name}" for n, name in fixed if n]

    def conditional(self) -> list:
        """Statements for what depends on the arguments."""
        return self._conditional_argc() + self.statements

    def is_constant(self) -> bool:
        return not (self.argc_terms or self.argc_conditional or self.statements)

    def additions(self) -> list:
        """Statements that add all of it to @argc and @room."""
        lines: list = []
        terms = self.argc_terms + ([str(self.argc)] if self.argc else [])
        for row in sum_rows(terms, 76):
            lines.append(Line(f"@argc += {row};"))
        lines += self._conditional_argc()
        for row in sum_rows(self.rooms(), 76):
            lines.append(Line(f"@room += {row};"))
        return lines + self.statements

    def _conditional_argc(self) -> list:
        counts: dict[str, int] = {}
        for condition, count in self.argc_conditional:
            counts[condition] = counts.get(condition, 0) + count
        return [self._counted(condition, count) for condition, count in counts.items() if count]

    def _counted(self, condition: str, count: int):
        line = f"@argc += {condition} ? {count} : 0;"
        if len(line) <= 84:
            return Line(line)
        return when(condition.split(" || "), [Line(f"@argc += {count};")])


def sum_rows(terms: list[str], width: int) -> list[str]:
    """Sums of as many terms as fit in `width` columns each."""
    rows: list[str] = []
    for term in terms:
        if rows and len(rows[-1]) + 3 + len(term) <= width:
            rows[-1] += f" + {term}"
        else:
            rows.append(term)
    return rows


@dataclass
class Code:
    """What is done for arguments, in the three steps of a call."""

    check: list = field(default_factory=list)
    size: Size = field(default_factory=Size)
    put: list = field(default_factory=list)

    def add(self, other: Code) -> None:
        self.check += other.check
        self.size.add(other.size)
        self.put += other.put


@dataclass
class Word:
    """A constant word that is sent; neighbours are joined before they become C."""

    words: list[str]

    def render(self, indent: int) -> list[str]:
        literal = "".join(wire_word(w) for w in self.words)
        return [f"{' ' * indent}redisc_put_word(@c, \"{literal}\");"]


def refuse(kind: str, label: str, more: str = "") -> Call:
    """Returns from a check."""
    items = ["@info", "@result", "@out", f'"{label}"'] + ([more] if more else [])
    return Call(f"return redisc_refuse_{kind}(", items)


def checked(function: str, arguments: list[str]) -> list:
    """Calls a check and returns what it answers, if that is a failure."""
    return [Call(f"checked = {function}(", arguments + ["@info", "@result", "@out"]),
            when("checked != REDISC_OK", [Line("return checked;")])]


def declare_checked(body: list) -> list:
    """Declares the variable of the first statement that sets `checked`, in each block before it too."""
    result: list = []
    for i, statement in enumerate(body):
        if _sets_checked(statement):
            declared = Call("redisc_status " + statement.head, statement.items, statement.tail)
            return result + [declared] + body[i + 1:]
        if isinstance(statement, Block) and statement.head == "switch (" and _cases_check(statement):
            return result + [Line("redisc_status checked;")] + body[i:]  # no declaration may follow a label
        if isinstance(statement, Block):
            otherwise = None if statement.otherwise is None else declare_checked(statement.otherwise)
            statement = Block(statement.head, statement.conditions, declare_checked(statement.body), otherwise)
        result.append(statement)
    return result


def _sets_checked(statement) -> bool:
    return isinstance(statement, Call) and statement.head.startswith("checked = ")


def _cases_check(switch: Block) -> bool:
    return any(_sets_checked(s) for case in switch.body for s in case.body)


def split_long(function: CFunction, most: int) -> list[CFunction]:
    """A helper that only does one thing after the other, in several functions if it is too long for one."""
    if function.length <= most or function.result != "void":
        return [function]
    parts: list[list] = [[]]
    for statement in function.body:
        if parts[-1] and len(render(parts[-1] + [statement])) > most - SPLIT_MARGIN:
            parts.append([])
        parts[-1].append(statement)
    arguments = [re.search(r"(\w+)$", p)[1] for p in function.parameters]
    more = []
    for number, body in enumerate(parts[1:], 2):
        name = f"{function.name}_{number}"
        more.append(CFunction("void", name, function.parameters, body, storage=function.storage))
    calls: list = [Call(f"{part.name}(", arguments) for part in more]
    return more + [CFunction("void", function.name, function.parameters, parts[0] + calls, function.comment,
                             function.storage)]


def join_words(statements: list) -> list:
    """Joins neighbouring constant words into one literal, as far as a line goes."""
    result: list = []
    for statement in statements:
        last = result[-1] if result else None
        if isinstance(statement, Word) and isinstance(last, Word):
            joined = Word(last.words + statement.words)
            if len(joined.render(8)[0]) <= 96:
                result[-1] = joined
                continue
        if isinstance(statement, Block):
            statement.body = join_words(statement.body)
        result.append(statement)
    return result


def bind(statements: list, **places: str) -> list:
    """The statements with @c, @argc … replaced; counters that are pointers also serve as @&argc."""
    table = {f"@{name}": text for name, text in places.items()}
    for name in ("argc", "room"):
        if name in places:
            table[f"@&{name}"] = places[name][1:] if places[name].startswith("*") else f"&{places[name]}"
    return [_bound(s, table) for s in statements]


def renamed(statements: list, name: str, other: str) -> list:
    """The statements with another name for the variable that they lead through."""
    return [_bound(s, {f"{name}->": f"{other}->"}) for s in statements]


def _replace(text: str, table: dict[str, str]) -> str:
    for name in sorted(table, key=len, reverse=True):
        text = text.replace(name, table[name])
    return text


def _bound(statement, table: dict[str, str]):
    if isinstance(statement, Line):
        return Line(_replace(statement.text, table))
    if isinstance(statement, Word):
        return Line(_replace(statement.render(0)[0], table))
    if isinstance(statement, Call):
        items = [_replace(i, table) for i in statement.items]
        return Call(_replace(statement.head, table), items, statement.tail, statement.separator)
    if isinstance(statement, Case):
        return Case(statement.label, [_bound(s, table) for s in statement.body])
    otherwise = None if statement.otherwise is None else [_bound(s, table) for s in statement.otherwise]
    return Block(statement.head, [_replace(c, table) for c in statement.conditions],
                 [_bound(s, table) for s in statement.body], otherwise)
