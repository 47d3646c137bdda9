# SPDX-License-Identifier: MIT
"""The rules that a specification keeps beyond its schemas: commands, arguments, functions."""
from __future__ import annotations

import re

from .check_examples import check_examples
from .check_types import check_types
from .model import Argument, Command, Function, Since, Spec
from .names import LOCALS, fault_of_name
from .problems import Problems, Where, did_you_mean
from .shapes import LIST_C

_MENTION = re.compile(r"\bredisc_[a-z0-9_]+")


def check(spec: Spec, runtime: dict[str, str], problems: Problems) -> None:
    """All rules that need no C names. `runtime`: the runtime's names, empty if unknown."""
    complete = not problems  # else what is missing would be told as unused or unknown
    commands: dict[str, Command] = {}
    functions: dict[str, Function] = {}
    for command in spec.commands:
        other = commands.setdefault(command.words, command)
        if other is not command:
            problems.add(command.where / "command", f"{command.words} is in {other.where.file} too")
        _check_command(command, problems)
        for function in command.functions:
            first = functions.setdefault(function.name, function)
            if first is not function:
                problems.add(function.where / "name", f"redisc_{function.name} is in {first.where} too")
            else:
                _check_function(function, problems)
    if complete:
        _check_mentions(spec, {f"redisc_{name}" for name in functions} | set(runtime), problems)
    check_types(spec, complete, runtime, problems)
    check_examples(spec, {name for name in runtime if name.startswith("REDISC_ERROR")}, problems)


def _check_command(command: Command, problems: Problems) -> None:
    where = command.where
    if command.flags != sorted(command.flags):
        problems.add(where / "flags", f"they have to be sorted: {', '.join(sorted(command.flags))}")
    if command.repeatable and "readonly" in command.flags:
        problems.add(where / "repeatable", "a readonly command is repeatable anyway")
    names: set[str] = set()
    for argument in command.arguments:
        if argument.name in names:
            problems.add(argument.where / "name", f"there is another argument \"{argument.name}\"")
        names.add(argument.name)
        _check_argument(argument, command, problems, branch=False)
    waits = [a for a in _walk(command.arguments) if a.wait]
    if waits and "blocking" not in command.flags:
        problems.add(waits[0].where / "wait", "the command has no flag \"blocking\"")
    if "blocking" in command.flags and command.functions and not waits and not command.undecided:
        problems.add(where / "flags", "a blocking command needs an argument with \"wait\"")
    _check_waits(command, problems)
    _check_excludes(command, problems)
    _check_all_used(command, problems)


def _walk(arguments: list[Argument]):
    for argument in arguments:
        yield argument
        yield from _walk(argument.of)
        yield from _walk(argument.oneof)


def _check_argument(argument: Argument, command: Command, problems: Problems, branch: bool) -> None:
    where = argument.where
    if sum((argument.type is not None, bool(argument.of), bool(argument.oneof))) > 1:
        problems.add(where, "an argument has only one of type, of and oneof")
        return
    if not (branch and argument.kind == "flag"):  # a word of an enum is no C name of its own
        fault = fault_of_name(argument.name)
        if fault is None and argument.name in LOCALS:
            fault = f"\"{argument.name}\" is a variable of the generated functions"
        if fault:
            problems.add(where / "name", fault)
    if argument.kind == "flag" and argument.token is None:
        problems.add(where, "an argument without a value needs a token")
    if argument.kind == "flag" and argument.many:
        problems.add(where / "many", "a word alone can't be a list")
    if argument.token and ("" in argument.token.split(" ") or argument.token.strip() != argument.token):
        problems.add(where / "token", "words are separated by single blanks")
    if argument.optional and branch:
        problems.add(where / "optional", "a branch of a oneof can't be optional: the oneof is")
    if argument.kind == "list" and argument.type not in LIST_C:
        problems.add(where / "type", f"there are no lists of {argument.type}")
    if argument.kind in ("rows", "variants") and not argument.struct:
        problems.add(where, "the items of the list need a name: struct")
    if argument.kind == "choice" and argument.valued and not argument.optional and not branch and not argument.struct:
        if any(u.argument is argument and u.branch is None for f in command.functions for u in f.uses):
            problems.add(where, "a required oneof with values needs a name: struct")
    if argument.zero_is_value and argument.many:
        if not argument.counted or argument.optional:
            problems.add(where / "zero", "only a list that is counted and required can be sent empty")
    elif argument.zero_is_value and argument.type not in ("integer", "unix-time", "double"):
        problems.add(where / "zero", f"zero means nothing for {argument.type}")
    if argument.counted and not argument.many and not (argument.counted == "words" and argument.of):
        problems.add(where / "counted", "only lists and blocks are counted; a block by its words")
    if argument.type == "score-bound" and argument.optional:
        problems.add(where / "type", "a score-bound can't be optional")
    if argument.access == "not_key" and argument.type != "string":
        problems.add(where / "access", "what is no key is a string")
    elif argument.access and argument.access != "not_key" and argument.type != "key":
        problems.add(where / "access", "only keys have it")
    if argument.since:
        _check_since(argument.since, command.since, where / "since", problems)
    seen: set[str] = set()
    for inner in argument.of + argument.oneof:
        if inner.name in seen:
            problems.add(inner.where / "name", f"there is another \"{inner.name}\" beside it")
        seen.add(inner.name)
        _check_argument(inner, command, problems, branch=inner in argument.oneof)


def _check_since(since: Since, command: Since, where: Where, problems: Problems) -> None:
    for product, version in since.items():
        if product not in command:
            problems.add(where / product, f"the command is not in {product}")
        elif version_key(version) < version_key(command[product]):
            problems.add(where / product, f"{version} is older than the command ({command[product]})")


def version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _check_waits(command: Command, problems: Problems) -> None:
    """A waiting time without a token is found by its place in calls by words."""
    for place, argument in enumerate(command.arguments[:-1]):
        if argument.wait and not argument.token:
            for before in command.arguments[:place]:
                if before.optional or before.many or before.of or (before.oneof and not before.is_enum):
                    problems.add(argument.where / "wait",
                                 "it has no fixed place: give it a token, or put it first or last")
                    break


def _check_excludes(command: Command, problems: Problems) -> None:
    known = {a.name for a in command.arguments} | {b.name for a in command.arguments for b in a.oneof}
    for i, names in enumerate(command.excludes):
        for j, name in enumerate(names):
            if name not in known:
                problems.add(command.where / "excludes" / i / j,
                             f"there is no argument or branch \"{name}\"{did_you_mean(name, known)}")


def _check_all_used(command: Command, problems: Problems) -> None:
    """Each optional argument is in a function, each branch can be reached."""
    if command.omitted is not None or command.given_up:
        return
    for argument in command.arguments:
        uses = [u for f in command.functions for u in f.uses if u.argument is argument]
        if not uses:
            problems.add(argument.where, f"no function takes the argument \"{argument.name}\"")
        elif argument.kind == "choice" and all(u.branch is not None for u in uses):
            picked = {u.branch.name for u in uses}
            for branch in argument.oneof:
                if branch.name not in picked:
                    problems.add(branch.where, f"no function can send the branch \"{branch.name}\"")


def _check_function(function: Function, problems: Problems) -> None:
    where = function.where
    if function.since is not function.command.since:
        _check_since(function.since, function.command.since, where / "since", problems)
    if function.out:
        fault = fault_of_name(function.out)
        if fault is None and function.out in LOCALS:
            fault = f"\"{function.out}\" is a variable of the generated functions"
        if fault:
            problems.add(where / "out", fault)
    if not function.examples and not function.command.undecided and not _is_new(function):
        problems.add(where, f"redisc_{function.name} has no example")


def _is_new(function: Function) -> bool:
    """A function that is there for an undecided option or branch."""
    if any(u.branch is not None and u.branch.undecided for u in function.uses):
        return True
    return bool(function.option_uses) and all(u.argument.undecided for u in function.option_uses)


def undecided(spec: Spec) -> list[str]:
    """What a person still has to decide of what was taken from servers."""
    lines = []
    for command in spec.commands:
        if command.undecided:
            lines.append(f"{command.where}: {command.words}: reply types, summary, complexity, examples")
        else:
            lines += [f"{a.where}: {command.words}: what `{a.name}` means, whether it changes the reply, an example"
                      for a in _outermost_undecided(command.arguments)]
        if command.deprecated and not command.use_instead:
            lines.append(f"{command.where / 'deprecated'}: {command.words}: what to use instead")
    return lines


def _outermost_undecided(arguments: list[Argument]):
    for argument in arguments:
        if argument.undecided:
            yield argument
        else:
            yield from _outermost_undecided(argument.of + argument.oneof)


def _check_mentions(spec: Spec, known: set[str], problems: Problems) -> None:
    """What texts say of redisc's functions exists."""
    for command in spec.commands:
        for key, text in (("note", command.note), ("deprecated/use", command.use_instead)):
            where = command.where
            for part in key.split("/"):
                where = where / part
            for name in _MENTION.findall(text):
                if name not in known:
                    problems.add(where, f"there is no function {name}{did_you_mean(name, known)}")
