# SPDX-License-Identifier: MIT
"""One call of each function as a program would write it: for the reference, and compiled by the tests."""
from __future__ import annotations

import re
from dataclasses import dataclass

from .ctext import WIDTH, Call, Line, c_string, comment, render
from .describe import describe
from .examples import ExampleCode, Locals, constant_value, double_value, initialised, string_constant, string_value
from .functions import LoweredFunction, declared
from .model import Argument, Example
from .replies import Reply
from .results import result_type

INDENT = 4  # of a snippet within its function
SHOWN = 240  # characters of a result that are shown
MUCH = 300  # characters of an example's values: one with fewer is shown rather
LONG = 72  # columns of a list that gets a variable of its own; less within a struct
LONG_WITHIN = 40
_NUMBER = re.compile(r'"[^"]*"|-?\d+\.\d{12,}')


@dataclass
class Snippet:
    """The statements of a call, as they stand in a function."""

    name: str  # the function's, without prefix
    lines: list[str]

    def text(self) -> str:
        """The statements alone, for pages."""
        return "\n".join(line[INDENT:] for line in self.lines)

    def function(self) -> str:
        """A function that can be compiled."""
        return "\n".join([f"void snippet_{self.name}(redisc *r)", "{", *self.lines, "}"])


def chosen(lowered: LoweredFunction) -> Example:
    """The example that shows a function best: it succeeds, is readable, gives something, and is not long."""
    examples = lowered.function.examples

    def faults(numbered: tuple[int, Example]) -> tuple:
        number, example = numbered
        options = {u.argument.name for u in lowered.function.option_uses}
        names = {b for u in lowered.function.option_uses for b in [u.argument.name, *_branches(u.argument)]}
        return (bool(example.fails), _is_binary(example.values), not _gives_something(example),
                bool(options) and not names & set(example.values), len(repr(example.values)) // MUCH, number)

    return min(enumerate(examples), key=faults)[1]


def _branches(argument: Argument) -> list[str]:
    return [b.name for b in argument.oneof]


def _is_binary(value: object) -> bool:
    """Whether a string in it is hard to read, or empty."""
    if isinstance(value, dict):
        return "hex" in value or any(map(_is_binary, value.values()))
    if isinstance(value, list):
        return any(map(_is_binary, value))
    return isinstance(value, str) and (value == "" or not value.isprintable() or not value.isascii())


def _gives_something(example: Example) -> bool:
    return not example.has_gives or example.gives not in (None, [], "", {})


class SnippetCode(ExampleCode):
    """Calls with the convenience macros; short arguments stand within the call."""

    within = 0  # how many structs stand around

    def _string(self, value: str | dict, name: str, place: Locals, bare: bool) -> str:
        if bare:
            return super()._string(value, name, place, bare)
        lines = string_constant(name, value)
        if lines is None:
            text = string_value(value)
            return text if text.startswith("redisc_bytes") else f"REDISC_STR({text})"
        place.lines += lines
        text = constant_value(name, value)
        return text if text != name else f"REDISC_STR({name})"

    def _list(self, argument: Argument, value: list, name: str, place: Locals) -> str:
        inner = Locals()
        text = self._short_list(argument, value, name, inner)
        if text is None or inner.lines or len(text) > (LONG_WITHIN if self.within else LONG):
            return super()._list(argument, value, name, place)
        return text

    def _short_list(self, argument: Argument, value: list, name: str, place: Locals) -> str | None:
        """A list as one expression."""
        if not value:
            return None
        if argument.kind == "list":
            macro = {"integer": "REDISC_INTEGERS", "unix-time": "REDISC_INTEGERS",
                     "double": "REDISC_DOUBLES"}.get(argument.type, "REDISC_STRS")
            items = [string_value(v) if macro == "REDISC_STRS" else self._item(argument, v, name, place) for v in value]
            return f"{macro}({', '.join(items)})"
        if argument.struct_name == "scored":
            return "REDISC_SCORED(" + ", ".join(f"{double_value(v['score'])}, {string_value(v['member'])}" for v in value) + ")"
        if argument.struct_name == "pair":
            return f"REDISC_PAIRS({', '.join(string_value(v[key]) for v in value for key in ('key', 'value'))})"
        items = [self._struct_item(argument, v, f"{name}_{i}", place) for i, v in enumerate(value)]
        return f"REDISC_LIST({', '.join([argument.struct_name, *items])})"

    def _struct_item(self, argument: Argument, value: dict, name: str, place: Locals) -> str:
        self.within += 1
        text = super()._struct_item(argument, value, name, place)
        self.within -= 1
        return text

    # The snippet.

    def snippet(self, lowered: LoweredFunction) -> Snippet:
        example = chosen(lowered)
        place, items, options = self.arguments(lowered, example)
        function = lowered.function
        lines: list[str] = []
        if example.sends:
            lines += comment(_in_comment(" ".join(map(_readable, example.sends))), INDENT)
        if function.out:
            lines += render([Line(f"{declared(result_type(function.gives), function.out)};")], INDENT)
        lines += self._call(lowered, place, ["r", *items], options)
        return Snippet(function.name, lines + self._after(lowered, example))

    def _call(self, lowered: LoweredFunction, place: Locals, items: list[str], options: dict[str, str]) -> list[str]:
        """The call on one line, with its options within; or on several lines behind what it needs."""
        out = [f"&{lowered.function.out}"] if lowered.function.out else []
        struct = f"redisc_{lowered.options.name}" if lowered.options else ""
        given = [f"&({struct}){{{', '.join(f'.{k} = {v}' for k, v in options.items())}}}"] if options else ["NULL"]
        inside = given if lowered.options else []
        line = " " * INDENT + f"check({lowered.name}({', '.join(items + inside + out)}));"
        if len(line) <= WIDTH:
            return render(place.lines, INDENT) + [line]
        lines = list(place.lines)
        if options:
            lines += initialised(struct, "options", options)
            inside = ["&options"]
        lines.append(Call(f"redisc_status status = {lowered.name}(", items + inside + out))
        return render(lines + [Line("check(status);")], INDENT)

    def _after(self, lowered: LoweredFunction, example: Example) -> list[str]:
        function = lowered.function
        if not function.out:
            return []
        text = _in_comment(result_text(function.gives, example, self.spec.records))
        lines = comment(f"{function.out}: {text}", INDENT) if text else []
        return lines + (render([Line(f"redisc_free({function.out});")], INDENT) if function.gives.is_pointer else [])


def result_text(reply: Reply, example: Example, records: dict) -> str:
    """What an example gives, for people; nothing if it does not succeed."""
    if example.fails:
        return ""
    if example.gives is None:
        return "NULL, which is nil" if reply.is_pointer else "has no value, which is nil"
    text = _NUMBER.sub(_shortest, describe(reply, example.gives, records))
    return text if len(text) <= SHOWN else text[:SHOWN].rsplit(" ", 1)[0] + " …"


def _readable(word: bytes) -> str:
    """A word as one would type it."""
    if not word or any(not 0x20 < b < 0x7F or b in b"\"'" for b in word):
        return c_string(word) if len(word) < SHOWN else c_string(word[:SHOWN]) + "…"
    return word.decode("ascii")


def _shortest(match: re.Match) -> str:
    """A number by the fewest digits; strings stay."""
    return match[0] if match[0].startswith('"') else repr(float(match[0]))


def _in_comment(text: str) -> str:
    return text.replace("*/", "* /").replace("/*", "/ *")
