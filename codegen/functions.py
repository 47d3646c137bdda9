# SPDX-License-Identifier: MIT
"""Functions of commands as C: prototype, documentation, body, and the helpers that they share."""
from __future__ import annotations

from dataclasses import dataclass, field

from .code import (MAX_LINES, Code, Size, Word, bind, checked, declare_checked, join_words, refuse, split_long,
                   sum_rows, wire_word)
from .ctext import WIDTH, Call, CFunction, Line, doc_comment, each, render, when, wrap
from .encode import Encoder
from .model import Argument, Command, Function, Record, Use
from .reader_base import conditions_of
from .results import reads_name, result_type
from .shapes import CField, CStruct, Shapes, since_text
from .syntax import syntax

INLINE_LINES = 6  # what is checked or measured for options stands in the function up to so many lines


@dataclass
class CommandInfo:
    """A redisc_operation_info."""

    name: str
    command: Command
    flags: list[str]

    def text(self) -> str:
        words = self.command.words.split(" ")
        lines = [f"static const redisc_operation_info {self.name} = {{",
                 f"    .name = \"{self.command.words}\",",
                 f"    .words = \"{''.join(wire_word(w) for w in words)}\",",
                 f"    .words_len = {sum(len(f'${len(w)}') + len(w) + 4 for w in words)},"]
        if self.flags:
            lines.append(f"    .flags = {' | '.join(self.flags)},")
        if self.command.connection_state:
            lines += state_lines(self.command.connection_state)
        return "\n".join(lines + ["};"])


def state_lines(sentence: str, head: str = "    .state = ") -> list[str]:
    """The initialiser of a long sentence, in adjacent literals."""
    pieces = wrap(sentence, width=70)
    literals = [f'"{piece} "' for piece in pieces[:-1]] + [f'"{pieces[-1]}",']
    return [(" " * len(head) if i else head) + literal for i, literal in enumerate(literals)]


def info_flags(command: Command, repeatable: bool) -> list[str]:
    """The REDISC_COMMAND_ flags."""
    flags = []
    if "readonly" in command.flags:
        flags.append("READONLY")
    if repeatable:
        flags.append("REPEATABLE")
    if "blocking" in command.flags:
        flags.append("BLOCKING")
    if command.connection_state:
        flags.append("CONNECTION")
    if command.runs_script:
        flags.append("SCRIPT")
    return [f"REDISC_COMMAND_{flag}" for flag in flags]


@dataclass
class LoweredFunction:
    """A function, ready for the templates."""

    function: Function
    c: CFunction
    parameters: list[CField]  # without handle, options and result
    options: CStruct | None
    doc: str

    @property
    def name(self) -> str:
        return self.c.name

    @property
    def macro_parameters(self) -> tuple[list[str], list[str]] | None:
        """Names and arguments for the convenience macro; None if no parameter is a string."""
        strings = [i for i, p in enumerate(self.parameters) if p.ctype == "redisc_str"]
        if not strings:
            return None
        names, arguments = ["r"], ["(r)"]
        for parameter in self.parameters[:strings[-1] + 1]:
            names.append(parameter.name)
            arguments.append(("REDISC_STR" if parameter.ctype == "redisc_str" else "") + f"({parameter.name})")
        if len(self.parameters) > strings[-1] + 1 or self.options or self.function.out:
            names.append("...")
            arguments.append("__VA_ARGS__")
        return names, arguments


def declared(ctype: str, name: str) -> str:
    return ctype + name if ctype.endswith("*") else f"{ctype} {name}"


@dataclass
class SourceFile:
    """The functions of a group with all that stands between them."""

    shapes: Shapes
    records: dict[str, Record]
    items: list[str] = field(default_factory=list)  # the text, in order
    functions: list[LoweredFunction] = field(default_factory=list)
    _helpers: dict[str, str] = field(default_factory=dict)
    _infos: dict[str, str] = field(default_factory=dict)
    _defaults: set[str] = field(default_factory=set)

    def add_command(self, command: Command) -> None:
        for function in command.functions:
            self.functions.append(_Lowering(self, function).lower())

    def info(self, function: Function) -> str:
        """The name of the function's command info, which is written before its first use."""
        command = function.command
        usual = command.repeatable or "readonly" in command.flags
        name = f"command_{command.name}"
        if function.is_repeatable != usual:
            name += "_repeatable" if function.is_repeatable else "_once"
        if name not in self._infos:
            self._infos[name] = CommandInfo(name, command, info_flags(command, function.is_repeatable)).text()
            self.items.append(self._infos[name])
        return name

    def helper(self, function: CFunction, owner: str) -> str:
        """Writes a helper unless it is there; answers its name, which is another one if the name is taken."""
        text = function.text()
        if self._helpers.get(function.name, text) != text:
            function.name += f"_for_{owner}"
            text = function.text()
        if function.name not in self._helpers:
            self._helpers[function.name] = text
            self.items.append(text)
        return function.name

    def default_options(self, struct: CStruct) -> str:
        name = f"no_{struct.name}"
        if name not in self._defaults:
            self._defaults.add(name)
            self.items.append(f"static const redisc_{struct.name} {name};")
        return name


class _Lowering:
    """One function on its way to C."""

    def __init__(self, source: SourceFile, function: Function) -> None:
        self.source = source
        self.function = function
        self.shapes = source.shapes
        self.encoder = Encoder(source.shapes)
        self.options = self.shapes.options(function) if function.options else None
        name = reads_name(function.reply, function.nil_if)
        self.conditions = conditions_of(function.reply, source.records)
        self.reads = f"&redisc_reads_{name}"
        self.out = function.out or "NULL"
        self.pieces: list[tuple[Use, Code]] = []

    def lower(self) -> LoweredFunction:
        function = self.function
        for use in function.uses:
            self.pieces.append((use, self._encode(use)))
        self.choosing = self._choose_reads() if self.conditions else []
        info = self.source.info(function)
        self.refusal = {"info": f"&{info}", "result": self.reads, "out": self.out}
        parameters = self._parameters()
        body = self._body(info, self._c_parameters(parameters))
        c = CFunction("redisc_status", f"redisc_{function.name}", self._c_parameters(parameters), body)
        self.source.items.append(c.text())
        return LoweredFunction(function, c, parameters, self.options, "\n".join(self._doc(parameters)))

    # What goes in and out.

    def _parameters(self) -> list[CField]:
        parameters = [p for use in self.function.uses for p in self.shapes.parameters(use)]
        if self.function.order:
            by_name = {p.name: p for p in parameters}
            if sorted(by_name) != sorted(self.function.order):
                self.shapes.problems.add(self.function.where / "order",
                                         f"it has to name the parameters: {' '.join(by_name)}")
                return parameters
            parameters = [by_name[name] for name in self.function.order]
        return parameters

    def _c_parameters(self, parameters: list[CField]) -> list[str]:
        result = ["redisc *r"] + [declared(p.ctype, p.name) for p in parameters]
        if self.options:
            result.append(f"const redisc_{self.options.name} *options")
        if self.function.out:
            ctype = result_type(self.function.gives)
            result.append(f"{ctype}*{self.function.out}" if ctype.endswith("*") else f"{ctype} *{self.function.out}")
        return result

    def _doc(self, parameters: list[CField]) -> list[str]:
        function, command = self.function, self.function.command
        text = function.summary + (f" {command.note}" if command.note else "")
        if function.reply.kind == "closed":
            text += (" Success is that the server closes the connection without a reply; on a handle that buffers, "
                     "it is told as REDISC_ERROR_CLOSED.")
        left_out = {(u.branch or u.argument).name: u.default for u in function.uses if u.default is not None}
        tags = [f"@param {p.name} {p.doc}" + (f"; {left_out[p.name]} where older clients may leave it out"
                                              if p.name in left_out else "") for p in parameters]
        if self.options:
            tags.append("@param options NULL for none")
        if function.out:
            tags.append(f"@param {function.out} {self._result_doc()}")
        facts = f"Since {since_text(function.since)}."
        if command.complexity:
            facts += f" Complexity: {command.complexity}."
        if command.deprecated:
            instead = f": use {command.use_instead}" if command.use_instead else ""
            facts += f" Deprecated since {since_text(command.deprecated)}{instead}."
        paragraphs: list = [syntax(function), text]
        if command.connection_state:
            paragraphs.append(f"For handles of one connection only. {command.connection_state}")
        return doc_comment(paragraphs + ([tags] if tags else []) + [facts])

    def _result_doc(self) -> str:
        function = self.function
        usual = "true if so" if function.reply.kind == "boolean" else f"the {function.out.replace('_', ' ')}"
        text = function.result or usual
        return f"{text}; free with redisc_free()" if function.gives.is_pointer else text

    # The body.

    def _encode(self, use: Use) -> Code:
        encoder, argument = self.encoder, use.argument
        if use.is_option:
            return encoder.encode(argument, "options->", True)
        if use.branch is not None:
            code = Code(put=[Word(argument.words)] if argument.words else [])
            code.size.argc = len(argument.words)
            code.size.add_words(argument.words)
            code.add(encoder.encode(use.branch, "", False, type_=use.type))
            return code
        if argument.kind == "choice" and argument.valued:
            code = encoder.encode(argument, f"{argument.name}->", False, f"{argument.name}.")
            missing = when(f"{argument.name} == NULL", [refuse("missing", argument.name)])
            code.check = [missing] + code.check + self._exclusive(
                argument.name, self._branches(use, f"{argument.name}->", f"{argument.name}."), exactly_one=True)
            return code
        return encoder.encode(argument, "", False, type_=use.type)

    def _branches(self, use: Use, prefix: str, label: str = "") -> list[tuple[str, str]]:
        branches = self.encoder.branches_present(use.argument, prefix)
        return [(" || ".join(conditions), label + name) for name, conditions in branches.items()]

    def _exclusive(self, name: str, given: list[tuple[str, str]], exactly_one: bool = False) -> list:
        """Refuses more than one of the options given, and none if exactly one has to be."""
        variable = f"{name}_given"
        lines: list = [Line(f"redisc_choice {variable} = {{NULL, NULL}};")]
        lines += [Call("redisc_choose(", [f"&{variable}", condition, f'"{label}"']) for condition, label in given]
        both = Call("return redisc_refuse_both(", ["@info", "@result", "@out", f"{variable}.one", f"{variable}.other"])
        lines.append(when(f"{variable}.other != NULL", [both]))
        if exactly_one:
            lines.append(when(f"{variable}.one == NULL", [refuse("missing", name)]))
        return lines

    def _option_checks(self) -> list:
        """What is checked of the options: values, and what excludes what."""
        checks: list = []
        for use, code in self.pieces:
            if not use.is_option:
                continue
            checks += code.check
            argument = use.argument
            if argument.kind == "choice" and not argument.is_enum:
                checks += self._exclusive(argument.name, self._branches(use, "options->"))
        for i, names in enumerate(self.function.command.excludes):
            given = self._given(names)
            if len(given) > 1 and any(condition != "true" for condition, _ in given):
                checks += self._exclusive(f"excluded{i + 1}" if i else "excluded", given)
        return checks

    def _given(self, names: list[str]) -> list[tuple[str, str]]:
        """Conditions for those of the named arguments and branches that this function has."""
        conditions: dict[str, str] = {}
        for use in self.function.uses:
            argument = use.argument
            prefix = "options->" if use.is_option else ""
            if use.branch is not None:
                conditions[use.branch.name] = "true"
            elif use.is_option:
                conditions[argument.name] = " || ".join(self.encoder.present(argument, prefix))
            else:
                conditions[argument.name] = "true"
            if use.branch is None and argument.kind == "choice":
                prefix = prefix or (f"{argument.name}->" if argument.valued else "")
                conditions.update({label: condition for condition, label in self._branches(use, prefix)})
            if argument.kind == "variants":
                conditions.update({b.name: self._has_kind(argument, b, prefix) for b in argument.oneof
                                   if b.name in names})
        return [(conditions[name], name) for name in names if name in conditions]

    def _has_kind(self, argument: Argument, branch: Argument, prefix: str) -> str:
        """A call that tells whether a list has an item of this kind."""
        kind = self.shapes.enum(argument).values[branch.name]
        body = [each("list.count", [when(f"list.items[i].kind == {kind}", [Line("return true;")])]),
                Line("return false;")]
        function = CFunction("bool", f"has_{argument.struct_name}_{branch.name}",
                             [f"redisc_{argument.struct_name}_list list"], body, storage="static")
        return f"{self.source.helper(function, self.function.name)}({prefix}{argument.name})"

    def _body(self, info: str, c_parameters: list[str]) -> list:
        always = [code for use, code in self.pieces if not use.is_option]
        head: list = []
        for helper in self.encoder.helpers.values():
            self._place_helper(helper)
        if self.options:
            head.append(when("options == NULL", [Line(f"options = &{self.source.default_options(self.options)};")]))
        head += self.choosing
        for code in always:
            head += bind(code.check, **self.refusal)
        head = declare_checked(head + self._placed_option_checks()) + self._begin(info, always)
        end = Call("return redisc_operation_end(", ["&c", self.reads, self.out])
        if self.function.reply.kind == "closed":
            end = Call("return redisc_operation_close(", ["&c"])
        puts = bind(join_words([s for _, code in self.pieces for s in code.put]), c="&c")
        length = CFunction("redisc_status", f"redisc_{self.function.name}", c_parameters, head + puts + [end]).length
        if length > MAX_LINES:
            puts = self._put_options_elsewhere()
        return head + puts + [end]

    def _choose_reads(self) -> list:
        """The reader for the options that decide on what the result has."""
        given = {label: condition for condition, label in self._given(self.conditions)}
        always = sum(1 << i for i, option in enumerate(self.conditions) if given.get(option) == "true")
        lines: list = [Line(f"given += {given[option]} ? {1 << i} : 0;") for i, option in enumerate(self.conditions)
                       if given.get(option, "true") != "true"]
        table = self.reads
        self.reads = "reads" if lines else f"{table}[{always}]"
        chosen = [Line(f"size_t given = {always};")] + lines + [Line(f"const redisc_result *reads = {table}[given];")]
        return chosen if lines else []

    def _placed_option_checks(self) -> list:
        checks = self._option_checks() if self.options else []
        if not checks:
            return []
        inline = bind(checks, **self.refusal)
        if len(render(inline)) <= INLINE_LINES:
            return inline
        body = declare_checked(bind(checks, info="info", result="result", out="out")) + [Line("return REDISC_OK;")]
        helper = CFunction("redisc_status", f"check_{self.options.name}", [
            f"const redisc_{self.options.name} *options", "const redisc_operation_info *info",
            "const redisc_result *result", "void *out"], body,
            "Refuses options that exclude each other or make no sense.", "static")
        return bind(checked(self.source.helper(helper, self.function.name), ["options"]), **self.refusal)

    def _place_helper(self, helper: CFunction) -> str:
        """Writes a helper, in parts if it is long; answers its name."""
        *more, first = split_long(helper, MAX_LINES)
        for part in more:
            self.source.helper(part, self.function.name)
        return self.source.helper(first, self.function.name)

    def _begin(self, info: str, always: list[Code]) -> list:
        size = Size(argc=len(self.function.command.words.split(" ")))
        for code in always:
            size.add(code.size)
        optional = Size()
        for use, code in self.pieces:
            if use.is_option:
                optional.add(code.size)
        measured: list = []
        if not optional.is_constant():
            measured = self._measured_options(optional)
        elif self.options:
            size.add(optional)
        return self._command_begin(info, size, measured)

    def _measured_options(self, optional: Size) -> list:
        inline = bind(optional.additions(), argc="argc", room="room")
        if len(render(inline)) <= INLINE_LINES:
            return inline
        body = bind(optional.additions(), argc="*argc", room="*room")
        helper = CFunction("void", f"measure_{self.options.name}", [
            f"const redisc_{self.options.name} *options", "size_t *argc", "size_t *room"], body,
            "Adds the options' words to the count, and the room that they take.", "static")
        return [Call(f"{self._place_helper(helper)}(", ["options", "&argc", "&room"])]

    def _command_begin(self, info: str, size: Size, measured: list) -> list:
        argc = " + ".join([str(size.argc)] + size.argc_terms)
        rows = sum_rows(size.rooms(), WIDTH - len("    size_t room = ;")) or ["0"]
        more = bind(size.conditional(), argc="argc", room="room") + measured
        failed = [Call("return redisc_refuse_begin(", ["&c", self.reads, self.out])]
        if not more and len(rows) == 1:
            begin = when(f"!redisc_operation_begin(&c, r, &{info}, {argc}, {rows[0]})", failed)
            if all(len(line) <= WIDTH for line in begin.render(4)):
                return [Line("redisc_operation c;"), begin]
        lines: list = []
        if size.argc_conditional or size.statements or measured or len(argc) > 32:
            lines.append(Line(f"size_t argc = {argc};"))
            argc = "argc"
        lines += [Line(f"size_t room = {rows[0]};")] + [Line(f"room += {row};") for row in rows[1:]]
        begin = when(f"!redisc_operation_begin(&c, r, &{info}, {argc}, room)", failed)
        return lines + more + [Line("redisc_operation c;"), begin]

    # Functions that would be too long.

    def _put_options_elsewhere(self) -> list:
        """Encodes the options in functions of their own: one for each run of them in the command."""
        runs: list[list[tuple[Use, Code]]] = []
        for use, code in self.pieces:
            if use.is_option and runs and runs[-1][-1][0].is_option:
                runs[-1].append((use, code))
            else:
                runs.append([(use, code)])
        puts: list = []
        single = sum(run[0][0].is_option for run in runs) == 1
        for run in runs:
            if run[0][0].is_option:
                puts += self._put_helpers(run, single)
            else:
                puts += bind(join_words([s for _, code in run for s in code.put]), c="&c")
        return puts

    def _put_helpers(self, run: list[tuple[Use, Code]], single: bool) -> list:
        statements = bind(join_words([s for _, code in run for s in code.put]), c="c")
        first = run[0][0].argument.name
        name = f"put_{self.options.name}" if single else f"put_{self.function.options}_{first}"
        helper = CFunction("void", name, ["redisc_operation *c", f"const redisc_{self.options.name} *options"],
                           statements, storage="static")
        if helper.length > MAX_LINES:
            half = len(run) // 2
            return self._put_helpers(run[:half], False) + self._put_helpers(run[half:], False)
        return [Call(f"{self.source.helper(helper, self.function.name)}(", ["&c", "options"])]
