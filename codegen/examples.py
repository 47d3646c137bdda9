# SPDX-License-Identifier: MIT
"""Examples as C: functions that make the calls, and tables of what they send, get and give."""
from __future__ import annotations

import re
from dataclasses import dataclass, field

from .ctext import WIDTH, Call, CFunction, Line, c_string, string_pieces, when
from .describe import describe
from .functions import LoweredFunction, declared
from .model import SERVERS, STRING_TYPES, Argument, Example, Record, Spec
from .results import described_name, result_type
from .shapes import Shapes
from .words import branch_named, string_bytes

LONG_STRING = 64  # columns of a literal that gets a variable of its own


@dataclass
class Locals:
    """Variables that a call needs, declared before it."""

    lines: list = field(default_factory=list)


def string_value(value: str | dict) -> str:
    """A string as a macro's argument or an initialiser takes it: redisc_bytes() where a literal won't do."""
    data = string_bytes(value)
    return f"redisc_bytes({c_string(data)}, {len(data)})" if b"\0" in data else c_string(data)


def string_struct(value: str | dict) -> str:
    text = string_value(value)
    return text if text.startswith("redisc_bytes") else f"redisc_text({text})"


def string_constant(name: str, value: str | dict) -> list | None:
    """The declaration of a string that is too long to stand in a call; None if it isn't."""
    data = string_bytes(value)
    if len(c_string(data)) <= LONG_STRING:
        return None
    head = f"static const char {name}[] = "
    pieces = string_pieces(data, WIDTH - len("    ") - len(head) - len(";"))
    lines = [head + pieces[0]] + [" " * len(head) + piece for piece in pieces[1:]]
    lines[-1] += ";"
    return [Line(line) for line in lines]


def constant_value(name: str, value: str | dict) -> str:
    """What stands for a declared string in a call."""
    return f"redisc_bytes({name}, sizeof {name} - 1)" if b"\0" in string_bytes(value) else name


def without_call(item: str) -> str:
    """"redisc_text(x)" -> "x"."""
    return item[len("redisc_text("):-1] if item.startswith("redisc_text(") else item


def integer_value(value: int, unsigned: bool = False) -> str:
    if unsigned:
        return f"UINT64_C({value})" if value >= 2 ** 31 else str(value)
    if value == -2 ** 63:
        return "INT64_MIN"
    return str(value) if abs(value) < 2 ** 31 else f"INT64_C({value})"


def double_value(value: float | int | str) -> str:
    if isinstance(value, str):
        return {"inf": "INFINITY", "-inf": "-INFINITY"}[value]
    return repr(float(value)) if value != int(value) or abs(value) >= 2 ** 53 else f"{int(value)}.0"


class ExampleCode:
    """The calls of one group's examples."""

    def __init__(self, spec: Spec, shapes: Shapes) -> None:
        self.spec = spec
        self.shapes = shapes

    # Values of arguments.

    def _string(self, value: str | dict, name: str, place: Locals, bare: bool) -> str:
        """A string; a long one is declared as a variable of the name."""
        declared_lines = string_constant(name, value)
        if declared_lines is None:
            return string_value(value) if bare else string_struct(value)
        place.lines += declared_lines
        text = constant_value(name, value)
        return text if bare or text != name else f"redisc_text({name})"

    def _scalar(self, argument: Argument, type_: str, value: object, optional: bool) -> str:
        if type_ == "unsigned":
            return integer_value(value, unsigned=True)
        if type_ == "score-bound":
            exclusive = isinstance(value, dict) and value.get("exclusive")
            score = value["score"] if isinstance(value, dict) else value
            return f"redisc_score{'_exclusive' if exclusive else ''}({double_value(score)})"
        text = double_value(value) if type_ == "double" else integer_value(value)
        if optional and argument.optional_type_has_flag:
            return f"redisc_{'double' if type_ == 'double' else 'integer'}({text})"
        return text

    def _list(self, argument: Argument, value: list, name: str, place: Locals) -> str:
        """Declares a list as a variable; answers its name."""
        kind = argument.kind
        if kind == "list":
            items = [self._item(argument, v, f"{name}_{i}", place) for i, v in enumerate(value)]
            list_type = {"integer": "integer", "unix-time": "integer", "double": "double"}.get(argument.type, "str")
            item_type = {"integer": "int64_t", "double": "double"}.get(list_type, "redisc_str")
            macro = {"integer": "REDISC_INTEGERS", "double": "REDISC_DOUBLES"}.get(list_type, "REDISC_STRS")
            short = [without_call(item) for item in items]
        else:
            list_type, macro, short = argument.struct_name, "", []
            item_type = f"redisc_{list_type}"
            items = [self._struct_item(argument, v, f"{name}_{i}", place) for i, v in enumerate(value)]
            if list_type == "pair" and value:
                macro = "REDISC_PAIRS"
                short = [string_value(v[key]) for v in value for key in ("key", "value")]
        head = f"const redisc_{list_type}_list {name} ="
        if not value:
            place.lines.append(Line(f"{head} {{NULL, 0}};"))
            return name
        line = f"    {head} {macro}({', '.join(short)});"
        if macro and len(line) <= WIDTH:
            place.lines.append(Line(line.strip()))
            return name
        place.lines.append(Line(f"const {item_type} {name}_items[] = {{"))
        place.lines += [Line("    " + line) for item in items for line in item_lines(item)]
        place.lines += [Line("};"), Line(f"{head} {{{name}_items, {len(items)}}};")]
        return name

    def _item(self, argument: Argument, value: object, name: str, place: Locals) -> str:
        if argument.type in STRING_TYPES:
            return self._string(value, name, place, bare=False)
        return self._scalar(argument, argument.type, value, False)

    def _struct_item(self, argument: Argument, value: dict, name: str, place: Locals) -> str:
        fields: dict[str, str] = {}
        if argument.kind == "rows":
            for member in argument.of:
                self._fields(member, value, member.optional, fields, name, place)
        else:
            branch = branch_named(argument, value["kind"], name)
            fields["kind"] = self.shapes.enum(argument).values[branch.name]
            self._fields(branch, value, False, fields, name, place)
        return "{" + ", ".join(f".{key} = {text}" for key, text in fields.items()) + "}"

    def _fields(self, argument: Argument, values: dict, optional: bool, fields: dict[str, str], path: str,
                place: Locals, type_: str | None = None, bare: bool = False) -> None:
        """The values of the fields or parameters that carry an argument."""
        name, kind = argument.name, argument.kind
        variable = f"{path}_{name}" if path else name
        if kind == "flag":
            if optional and values.get(name):
                fields[name] = "true"
        elif kind == "value" and values.get(name) is not None:
            if (type_ or argument.type) in STRING_TYPES:
                fields[name] = self._string(values[name], f"{variable}_text", place, bare)
            else:
                fields[name] = self._scalar(argument, type_ or argument.type, values[name], optional)
        elif kind in ("list", "rows", "variants"):
            if values.get(name) is not None or not optional:
                fields[name] = self._list(argument, values.get(name) or [], variable, place)
        elif kind == "block" and not optional:
            for member in argument.of:
                self._fields(member, values, member.optional, fields, path, place, bare=bare)
        elif kind == "block":
            if values.get(name) is not None:
                inner: dict[str, str] = {}
                for member in argument.of:
                    self._fields(member, values[name], member.optional, inner, variable, place)
                fields[name] = "{" + ", ".join(f".{key} = {text}" for key, text in inner.items()) + "}"
        else:
            self._choice_fields(argument, values, fields, path, place)

    def _choice_fields(self, argument: Argument, values: dict, fields: dict[str, str], path: str,
                       place: Locals) -> None:
        if argument.is_enum or len(argument.flags) > 1:
            if values.get(argument.name) is not None:
                branch = branch_named(argument, values[argument.name], argument.name)
                fields[argument.name] = self.shapes.enum(argument).values[branch.name]
        elif argument.flags:
            self._fields(argument.flags[0], values, True, fields, path, place)
        for branch in argument.valued:
            self._fields(branch, values, True, fields, path, place)

    # Calls.

    def arguments(self, lowered: LoweredFunction, example: Example) -> tuple[Locals, list[str], dict[str, str]]:
        """What is declared before a call, its arguments up to the options, and the options' fields."""
        function = lowered.function
        place = Locals()
        fields: dict[str, str] = {}
        options: dict[str, str] = {}
        for use in function.uses:
            argument = use.branch or use.argument
            if use.is_option:
                self._fields(argument, example.values, True, options, "", place)
            elif argument.kind == "choice" and argument.valued:
                inner: dict[str, str] = {}
                self._choice_fields(argument, example.values.get(argument.name, {}), inner, argument.name, place)
                place.lines += initialised(f"redisc_{argument.struct_name}", argument.name, inner)
                fields[argument.name] = f"&{argument.name}"
            else:
                self._fields(argument, example.values, False, fields, "", place, use.type, bare=True)
                if use.default is not None:
                    fields.setdefault(argument.name, integer_value(use.default))
        return place, [fields.get(p.name, _nothing(p.ctype)) for p in lowered.parameters], options

    def call(self, lowered: LoweredFunction, example: Example, number: int) -> CFunction:
        """A function that makes the example's call and describes its result."""
        function = lowered.function
        place, arguments, options = self.arguments(lowered, example)
        items = ["run->r"] + arguments
        if function.options:
            if options:
                place.lines += initialised(f"redisc_{lowered.options.name}", "options", options)
            items.append("&options" if options else "NULL")
        return CFunction("void", example_name(function.name, number), ["example_run *run"],
                         self._call_body(lowered, place, items), " ".join(_shown(example)))

    def _call_body(self, lowered: LoweredFunction, place: Locals, items: list[str]) -> list:
        function = lowered.function
        head = f"run->status = {lowered.name}("
        if not function.out:
            return place.lines + [Call(head, items), Line("example_answered(run);")]
        ctype = result_type(function.gives)
        after: list = [Line(f"describe_{described_name(function.gives)}(run->text, {function.out});")]
        if function.gives.is_pointer:
            after.append(Line(f"redisc_free({function.out});"))
        return [Line(f"{declared(ctype, function.out)};")] + place.lines + [
            Line(f"example_out(run, &{function.out}, sizeof {function.out});"),
            Call(head, items + [f"&{function.out}"]), when("example_answered(run)", after)]


def _nothing(ctype: str) -> str:
    """An argument that an example leaves out, to see it refused."""
    return {"redisc_str": "redisc_bytes(NULL, 0)", "int64_t": "0", "uint64_t": "0", "double": "0"}.get(ctype, "0")


def item_lines(item: str) -> list[str]:
    """An item of a list on one line, or with a line for each of its fields."""
    return braced_lines("", item + ",", WIDTH - 8)


def braced_lines(head: str, item: str, width: int) -> list[str]:
    """`head` and an initialiser; one that is too long gets a line for each of its fields."""
    if len(head) + len(item) <= width or not item.startswith("{."):
        return [head + item]
    lines: list[str] = []
    column = len(head) + 1
    for part in _fields_of(item):
        field_head, _, value = part.partition(" = ")
        lines += braced_lines((" " * column if lines else head) + f"{field_head} = ", value, width)
    return lines


def _fields_of(item: str) -> list[str]:
    """The fields of "{.a = 1, .b = {.c = 2}}", each with what stands behind it."""
    parts, depth = [""], 0
    for token in re.findall(r'"(?:\\.|[^"\\])*"|, \.|.', item):
        depth += {"{": 1, "}": -1}.get(token, 0)
        if token == ", ." and depth == 1:
            parts[-1] += ","
            parts.append(".")
        else:
            parts[-1] += token
    return parts


def example_name(function: str, number: int) -> str:
    return f"example_{function}_{number}"


def initialised(ctype: str, name: str, fields: dict[str, str]) -> list:
    """A constant struct, a field to a line."""
    lines: list = [Line(f"const {ctype} {name} = {{")]
    lines += [Line("    " + line) for key, text in fields.items()
              for line in braced_lines(f".{key} = ", text + ",", WIDTH - 8)]
    return lines + [Line("};")]


def _shown(example: Example) -> list[str]:
    if example.sends is None:
        return ["Refused:", example.call] + [k for k in example.values]
    return [w.decode("ascii", "replace").replace("*/", "* /").replace("/*", "/ *").replace("\ufffd", "?") or '""'
            if w.isascii() and all(0x20 <= b < 0x7F for b in w) else "(bytes)" for w in example.sends]


def wire_bytes(words: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def wire_row(function, example: Example, number: int, records: dict[str, Record]) -> str:
    """A row of a table of wire examples."""
    lines = ["    {", f"        .call = {example_name(function.name, number)},"]
    if example.sends is not None:
        lines += _bytes_field("sends", wire_bytes(example.sends))
        replies = {"resp2": example.resp2, "resp3": example.resp3}
        if example.resp2 == example.resp3:
            replies = {"reply": example.resp2}
        for key, reply in replies.items():
            if reply is not None:
                lines += _bytes_field(key, reply.encode("utf-8"))
    lines += _gives_fields(function, example, example.gives, records)
    return "\n".join(lines + ["    },"])


def _bytes_field(name: str, data: bytes) -> list[str]:
    head = f"        .{name} = BYTES("
    if not data:
        return [head + '""),']
    pieces = string_pieces(data, WIDTH - len(head) - 2)
    return [(head if i == 0 else " " * len(head)) + piece + (")," if i == len(pieces) - 1 else "")
            for i, piece in enumerate(pieces)]


def _text_field(name: str, text: str) -> list[str]:
    head = f"        .{name} = "
    pieces = string_pieces(text.encode("utf-8"), WIDTH - len(head) - 1)
    return [(head if i == 0 else " " * len(head)) + piece + ("," if i == len(pieces) - 1 else "")
            for i, piece in enumerate(pieces)]


def _gives_fields(function, example: Example, gives: object, records: dict[str, Record]) -> list[str]:
    if example.fails:
        lines = _text_field("fails", f"REDISC_{example.fails}")
        return lines + (_text_field("message", example.text) if example.text else [])
    return _text_field("gives", describe(function.gives, gives, records))


def before_function(function, example: Example, number: int) -> CFunction | None:
    """What has to be done on the server before a live example."""
    if not example.live.before:
        return None
    texts: list = []
    calls: list = []
    for words in example.live.before:
        items = ["run"]
        for word in words:
            name = f"text_{len(texts) + 1}"
            lines = string_constant(name, {"hex": word.hex()})
            items.append(constant_value(name, {"hex": word.hex()}) if lines else string_value({"hex": word.hex()}))
            texts += [lines] if lines else []
        calls.append(Call("EXAMPLE_DO(", items))
    body = [line for lines in texts for line in lines] + calls
    return CFunction("void", f"before_{function.name}_{number}", ["example_run *run"], body, storage="static")


def live_row(function, example: Example, number: int, records: dict[str, Record]) -> str:
    live = example.live
    lines = ["    {", f"        .call = {example_name(function.name, number)},"]
    if live.before:
        lines.append(f"        .before = before_{function.name}_{number},")
    if not live.varies:
        lines += _gives_fields(function, example, live.gives, records)
    since = dict(function.since)
    for product, version in live.since.items():
        if product in since:
            since[product] = max(since[product], version, key=version_number)
    if live.since:
        since = {product: v for product, v in since.items() if product in live.since}
    for product in SERVERS:
        if product in since:
            lines.append(f"        .{product} = {version_number(since[product])},")
    if live.needs_connection:
        lines.append("        .pinned = true,")
    for kind in ("sentinel", "cluster"):
        if kind in live.needs:
            lines.append(f"        .on = EXAMPLE_ON_{kind.upper()},")
    return "\n".join(lines + ["    },"])


def version_number(version: str) -> int:
    """"7.0.15" -> 70015."""
    major, minor, patch = (int(part) for part in version.split("."))
    return major * 10000 + minor * 100 + patch
