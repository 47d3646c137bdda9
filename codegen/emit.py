# SPDX-License-Identifier: MIT
"""The generated files: templates filled in, written if they changed, stale ones removed."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import jinja2

from . import descriptions, headers
from .cheaders import Headers
from .companions import companions
from .examples import ExampleCode, before_function, live_row, wire_row
from .ctext import Call, comment
from .functions import SourceFile, info_flags, state_lines
from .model import Command, Function, Spec
from .readers import AllReaders, Readers
from .shapes import Shapes

MARK = "by codegen: edit the specification, not this file"  # every generated file has it


@dataclass
class Output:
    """All generated files, by their path below the output folder."""

    files: dict[str, str]

    def write(self, out: Path) -> list[str]:
        """Writes what differs and removes generated files that are no more; answers what it did."""
        done = []
        for path in sorted(self.stale(out)):
            (out / path).unlink()
            done.append(f"removed {path}")
        for path in self.changed(out):
            target = out / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(self.files[path], encoding="utf-8")
            done.append(f"wrote {path}")
        return done

    def changed(self, out: Path) -> list[str]:
        def differs(path: str) -> bool:
            target = out / path
            return not target.is_file() or target.read_text(encoding="utf-8") != self.files[path]
        return [path for path in sorted(self.files) if differs(path)]

    def stale(self, out: Path) -> set[str]:
        """Files that were generated once and are not any more."""
        found = set()
        for path in out.rglob("*") if out.is_dir() else []:
            name = path.relative_to(out).as_posix()
            if path.is_file() and name not in self.files:
                if MARK in path.read_text(encoding="utf-8", errors="replace")[:400]:
                    found.add(name)
        return found


def environment() -> jinja2.Environment:
    loader = jinja2.FileSystemLoader(Path(__file__).parent / "templates")
    env = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                             keep_trailing_newline=True, autoescape=False)
    env.globals["mark"] = MARK
    return env


def emit(spec: Spec, shapes: Shapes, sources: dict[str, SourceFile], runtime: Headers) -> Output:
    """Fills in all templates."""
    env = environment()
    files: dict[str, str] = {}

    def render(path: str, template: str, **values) -> None:
        files[path] = env.get_template(template).render(**values)

    render("include/redisc/types.h", "types.h.j2", texts=headers.type_texts(spec, shapes))
    for group, source in sources.items():
        values = {"group": group, "title": group.replace("_", " "), "declarations": declarations(source),
                  "macros": [m for m in map(headers.macro_text, source.functions) if m], "items": source.items}
        render(f"include/redisc/commands_{group}.h", "commands_group.h.j2", **values)
        render(f"src/commands_{group}.c", "commands_group.c.j2", **values)
    groups = sorted(sources)
    legacy = [f.name for s in sources.values() for f in s.functions if f.function.is_legacy]
    render("include/redisc/commands.h", "commands.h.j2", groups=groups)
    render("include/redisc/legacy.h", "legacy.h.j2", functions=sorted(legacy))
    readers = AllReaders(spec)
    readers.build()
    render("src/readers.h", "readers.h.j2", results=readers.result_declarations(), conditions=readers.conditions(),
           functions=readers.shared_declarations(),
           has_runtime_forms=any(r.form == "runtime" for r in spec.records.values()))
    render("src/readers.c", "readers.c.j2", **reader_texts(readers.common, "types that several groups have"))
    for group, own in readers.groups.items():
        what = f"the types of the {group.replace('_', ' ')} commands"
        render(f"src/readers_{group}.c", "readers.c.j2", **reader_texts(own, what))
    commands = sorted(spec.commands, key=lambda c: c.words)
    render("src/command_table.c", "command_table.c.j2", entries=[table_entry(c) for c in commands])
    render("tests/describe.h", "describe.h.j2", declarations=descriptions.declarations(spec))
    render("tests/describe.c", "describe.c.j2", lists=descriptions.all_lists(spec),
           functions=[f.text() for f in descriptions.functions(spec)])
    render("tests/results.h", "results.h.j2")
    render("tests/results.c", "results.c.j2", rows=[line for row in readers.named_results() for line in row])
    render("tests/live_support.h", "live_support.h.j2")
    render("tests/live_support.c", "live_support.c.j2")
    code = ExampleCode(spec, shapes)
    for group, source in sources.items():
        values = {"group": group, "title": group.replace("_", " ")}
        calls = [code.call(f, e, n) for f in source.functions for n, e in enumerate(f.function.examples, 1)]
        render(f"tests/examples_{group}.h", "examples.h.j2", calls=[c.name for c in calls], **values)
        render(f"tests/examples_{group}.c", "examples.c.j2", functions=[c.text() for c in calls], **values)
        tables = [example_tables(f.function, spec) for f in source.functions]
        render(f"tests/wire_{group}.c", "wire_group.c.j2", functions=tables, **values)
        render(f"tests/live_{group}.c", "live_group.c.j2", functions=tables, **values)
    symbols = sorted(f.name for s in sources.values() for f in s.functions)
    files["symbols.txt"] = f"# Generated {MARK}\n" + "".join(f"{name}\n" for name in symbols)
    files.update(companions(spec, shapes, sources, runtime, env))
    return Output(files)


def reader_texts(readers: Readers, what: str) -> dict:
    """What a file of readers has, as text."""
    head = comment(f"Readers of {what}. Each take_ function takes one value out of the reply. After one of them has "
                   "failed all later ones fail too, so a row of fields is checked once, at its end.")
    functions = [f.text() for f in readers.functions]
    uses_memset = any("memset(" in text for text in functions)
    return {"head": "\n".join(head), "functions": functions, "forward": readers.forward, "uses_memset": uses_memset,
            "results": [readers.results[n] for n in sorted(readers.results)]}


def declarations(source: SourceFile) -> list[str]:
    """The prototypes with their documentation; an options struct stands before its first use."""
    texts: list[str] = []
    seen: set[str] = set()
    for function in source.functions:
        if function.options and function.options.name not in seen:
            seen.add(function.options.name)
            texts.append(headers.struct_text(function.options))
        function.c.storage = "REDISC_API"
        texts.append(function.doc + "\n" + "\n".join(function.c.prototype()))
        function.c.storage = ""
    return texts


def example_tables(function: Function, spec: Spec) -> dict:
    """What the tests of a function are made of."""
    numbered = list(enumerate(function.examples, 1))
    live = [(n, e) for n, e in numbered if e.live is not None]
    before = [before_function(function, e, n) for n, e in live]
    table = f"{function.name}_examples"
    check = {"wire": Call("const char *fault = example_check_wire(", [table, str(len(numbered))]),
             "live": Call("live_check(", [f"\"{function.name}\"", table, str(len(live))])}
    return {"name": function.name, "wire_check": "\n".join(check["wire"].render(4)),
            "live_check": "\n".join(check["live"].render(4)),
            "wire": [wire_row(function, e, n, spec.records) for n, e in numbered],
            "live": [live_row(function, e, n, spec.records) for n, e in live],
            "before": [f.text() for f in before if f is not None]}


def table_entry(command: Command) -> list[str]:
    """The initialisers of a redisc_command_entry."""
    repeatable = bool(command.functions) and all(f.is_repeatable for f in command.functions)
    flags = info_flags(command, repeatable)
    lines = [f".info.name = \"{command.words}\",", ".info.words = \"\","]
    if flags:
        lines.append(f".info.flags = {' | '.join(flags)},")
    if command.connection_state:
        lines += state_lines(command.connection_state, ".info.state = ")
    for place, argument in enumerate(command.arguments):
        if argument.wait:
            lines.append(f".wait_unit = REDISC_WAIT_{argument.wait.upper()},")
            if argument.token:
                lines.append(f".wait_token = \"{argument.token}\",")
            else:
                lines.append(f".wait_word = {_word_of(command, place)},")
    return lines


def _word_of(command: Command, place: int) -> int:
    """Which word an argument is, if what stands before it has a fixed number of words; -1: the last one."""
    if place == len(command.arguments) - 1:
        return -1
    return len(command.words.split(" ")) + sum(len(a.words) + (a.type is not None) + bool(a.oneof)
                                               for a in command.arguments[:place])
