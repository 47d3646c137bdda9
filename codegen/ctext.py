# SPDX-License-Identifier: MIT
"""C as text: statements, comments and lists broken the way clang-format breaks them."""
from __future__ import annotations

import re
from dataclasses import dataclass, field

WIDTH = 100


def fill(head: str, items: list[str], tail: str, indent: int = 0, separator: str = ",", width: int = WIDTH,
         last_width: int = 0) -> list[str]:
    """`head` + items + `tail`, broken where clang-format would: of the ways that fit, the one it likes best.

    Ways: below the first item; the items on lines of their own; long terms taken apart; an assignment's value
    below its variable.
    """
    pad = " " * indent
    deeper = pad + "    "
    ways = [(0, _filled(pad + head, items, tail, separator, width, last_width))]
    if head.endswith("("):
        ways.append((BREAK_PAREN, [pad + head] + _filled(deeper, items, tail, separator, width, last_width)))
        if separator == "," and any(" || " in i and len(pad + head + i + separator) > width for i in items):
            ways.append((0, _terms_broken(pad + head, items, tail, separator)))
    if " = " in head:
        variable, call = head.split(" = ")
        ways.append((BREAK_ASSIGNMENT, [f"{pad}{variable} ="] + _filled(deeper + call, items, tail, separator, width)))
    def fits(lines: list[str]) -> bool:
        return all(len(line) <= width for line in lines[:-1]) and len(lines[-1]) <= (last_width or width)
    fitting = [way for way in ways if fits(way[1])] or ways[:1]
    return min(fitting, key=_cost)[1]


# What clang-format 14 takes for a line break in these places, with the LLVM style's penalties.
BREAK_PAREN = 74
BREAK_DECLARATION = 120  # behind the parenthesis of a declaration
BREAK_PARAMETER = 41
BREAK_RESULT = {False: 60, True: 110}  # behind the result's type; behind REDISC_API that looks like a name
BREAK_ASSIGNMENT = 37
_BREAK_FIRST_COMMA = 56
_BREAK_COMMA = 41


def _cost(way: tuple[int, list[str]]) -> int:
    base, lines = way
    breaks = len(lines) - (2 if base else 1)
    if base == BREAK_PAREN:
        return base + _BREAK_COMMA * breaks
    return base + (_BREAK_FIRST_COMMA + _BREAK_COMMA * (breaks - 1) if breaks else 0)


def _terms_broken(head: str, items: list[str], tail: str, separator: str) -> list[str]:
    """Items on lines of their own, and the terms of those that are joined by || on further ones."""
    lines = []
    for i, item in enumerate(items):
        first, *others = (item + (tail if i == len(items) - 1 else separator)).replace(" || ", " ||\n").split("\n")
        lines.append((" " * len(head) if lines else head) + first)
        lines += [" " * (len(head) + 4) + term for term in others]
    return lines


def _filled(head: str, items: list[str], tail: str, separator: str, width: int, last_width: int = 0) -> list[str]:
    column = len(head)
    lines = [head]
    for i, item in enumerate(items):
        is_last = i == len(items) - 1
        text = item + (tail if is_last else separator)
        limit = last_width if is_last and last_width else width
        glue = "" if len(lines[-1]) == column else " "
        if len(lines[-1]) > column and len(lines[-1]) + len(glue) + len(text) > limit:
            lines.append(" " * column)
            glue = ""
        lines[-1] += glue + text
    if not items:
        lines[-1] += tail
    return lines


_CALL = re.compile(r"(?P<head>[^()\"]*\w\()(?P<items>[^()\"]+)(?P<tail>\).*)")


@dataclass
class Line:
    """A statement on one line; one that is too long for that is broken behind && or within its call."""

    text: str

    def render(self, indent: int) -> list[str]:
        line = " " * indent + self.text if self.text else ""
        if len(line) <= WIDTH:
            return [line]
        if self.text.startswith("return ") and " && " in self.text:
            return fill("return ", self.text[len("return "):-1].split(" && "), ";", indent, " &&")
        return _broken_call(self.text, indent) or [line]


def _broken_call(text: str, indent: int, head: str = "", tail: str = "") -> list[str] | None:
    """A call on several lines, between `head` and `tail`; None for what is no simple call."""
    match = _CALL.fullmatch(text)
    return fill(head + match["head"], match["items"].split(", "), match["tail"] + tail, indent) if match else None


@dataclass
class Call:
    """A statement made of a call, or of terms: `head` ends with its parenthesis, or is "return "."""

    head: str
    items: list[str]
    tail: str = ");"
    separator: str = ","

    def render(self, indent: int) -> list[str]:
        return fill(self.head, self.items, self.tail, indent, self.separator)


@dataclass
class Block:
    """if, for, switch …: `conditions` are joined by ||, `otherwise` follows else."""

    head: str  # "if (", "for (…", "switch ("
    conditions: list[str]
    body: list
    otherwise: list | None = None

    def render(self, indent: int) -> list[str]:
        lines = fill(self.head, self.conditions, ") {", indent, " ||")
        if len(self.conditions) == 1 and any(len(line) > WIDTH for line in lines):
            lines = _broken_call(self.conditions[0], indent, self.head, ") {") or lines
        lines += render(self.body, indent + 4)
        other = self.otherwise
        while other is not None:
            if len(other) == 1 and isinstance(other[0], Block) and other[0].head == "if (":
                block = other[0]
                lines += fill("} else if (", block.conditions, ") {", indent, " ||")
                lines += render(block.body, indent + 4)
                other = block.otherwise
            else:
                lines += [" " * indent + "} else {"] + render(other, indent + 4)
                other = None
        return lines + [" " * indent + "}"]


@dataclass
class Case:
    """A switch's case; its body gets a break."""

    label: str  # "case X" or "default"
    body: list

    def render(self, indent: int) -> list[str]:
        out = indent - 4
        return [" " * out + self.label + ":"] + render(self.body, indent) + [" " * indent + "break;"]


def when(condition: str | list[str], body: list, otherwise: list | None = None) -> Block:
    """An if; several conditions are joined by ||."""
    return Block("if (", [condition] if isinstance(condition, str) else condition, body, otherwise)


def each(count: str, body: list, i: str = "i") -> Block:
    """A for over an index."""
    return Block("for (", [f"size_t {i} = 0; {i} < {count}; {i}++"], body)


def render(statements: list, indent: int = 0) -> list[str]:
    return [line for statement in statements for line in statement.render(indent)]


@dataclass
class CFunction:
    """A function's text. `comment` stands before it."""

    result: str
    name: str
    parameters: list[str]
    body: list
    comment: str = ""
    storage: str = ""
    after: list[str] = field(default_factory=list)

    def prototype(self, tail: str = ";") -> list[str]:
        space = "" if self.result.endswith("*") else " "
        before = f"{self.storage + ' ' if self.storage else ''}{self.result}"
        parameters = self.parameters or ["void"]
        lines = _filled(f"{before}{space}{self.name}(", parameters, ")" + tail, ",", WIDTH)
        if all(len(line) <= WIDTH for line in lines):
            return lines
        below = [f"{before}{space}{self.name}("] + _filled("    ", parameters, ")" + tail, ",", WIDTH)
        apart = [before] + _filled(f"{self.name}(", parameters, ")" + tail, ",", WIDTH)
        if any(len(line) > WIDTH for line in apart):
            return below
        cost_below = BREAK_DECLARATION + BREAK_PARAMETER * (len(below) - 2)
        cost_apart = BREAK_RESULT[before.startswith("REDISC_API")] + BREAK_PARAMETER * (len(apart) - 2)
        return below if cost_below <= cost_apart else apart

    def text(self) -> str:
        lines = comment(self.comment) if self.comment else []
        lines += self.prototype("") + ["{"] + render(self.body, 4) + ["}"]
        return "\n".join(lines + self.after)

    @property
    def length(self) -> int:
        return len(self.prototype("")) + 2 + len(render(self.body, 4))


def wrap(text: str, first: str = "", rest: str = "", width: int = WIDTH) -> list[str]:
    """Words on lines of at most `width`; what can't be broken stays whole."""
    lines = [first]
    empty = True
    for word in text.split():
        if not empty and len(lines[-1]) + 1 + len(word) > width:
            lines.append(rest)
            empty = True
        lines[-1] += ("" if empty else " ") + word
        empty = False
    return lines


def comment(text: str, indent: int = 0) -> list[str]:
    """A comment within a source file."""
    pad = " " * indent
    if len(pad) + len(text) + 6 <= WIDTH:
        return [f"{pad}/* {text} */"]
    lines = wrap(text, pad + "/* ", pad + " * ")
    return lines[:-1] + close_comment(lines[-1], pad)


def close_comment(last: str, pad: str) -> list[str]:
    if len(last) + 3 <= WIDTH:
        return [last + " */"]
    return [last, pad + " */"]


def doc_comment(paragraphs: list[str | list[str]], indent: int = 0) -> list[str]:
    """A doc comment: paragraphs are strings to wrap, or lists of "@tag …" items; a blank line between them."""
    pad = " " * indent
    if len(paragraphs) == 1 and isinstance(paragraphs[0], str) and len(pad) + len(paragraphs[0]) + 7 <= WIDTH:
        return [f"{pad}/** {paragraphs[0]} */"]
    lines = [pad + "/**"]
    for i, paragraph in enumerate(paragraphs):
        if i:
            lines.append(pad + " *")
        for item in [paragraph] if isinstance(paragraph, str) else paragraph:
            deeper = "    " if item.startswith("@") else ""
            lines += wrap(item, pad + " * ", f"{pad} * {deeper}")
    return lines + [pad + " */"]


_ESCAPES = {0x0D: "\\r", 0x0A: "\\n", 0x22: '\\"', 0x5C: "\\\\"}


def _escaped(data: bytes) -> list[str]:
    """What stands for each byte within a C literal; ?? would begin a trigraph."""
    parts: list[str] = []
    for byte in data:
        part = _ESCAPES.get(byte) or (chr(byte) if 0x20 <= byte < 0x7F else f"\\{byte:03o}")
        parts.append("\\?" if part == "?" and parts and parts[-1] in ("?", "\\?") else part)
    return parts


def c_string(data: bytes) -> str:
    """A C literal for any bytes."""
    return f'"{"".join(_escaped(data))}"'


def string_pieces(data: bytes, room: int) -> list[str]:
    """Adjacent C literals of at most `room` columns, broken behind line ends where they are."""
    pieces = [""]
    for line in data.splitlines(keepends=True):
        text = _escaped(line)
        length = sum(map(len, text))
        if pieces[-1] and len(pieces[-1]) + length + 2 > room:
            pieces.append("")
        for part in text:
            if len(pieces[-1]) + len(part) + 2 > room:
                pieces.append("")
            pieces[-1] += part
    return [f'"{piece}"' for piece in pieces]
