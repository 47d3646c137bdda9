# SPDX-License-Identifier: MIT
"""The specification of a command that only a server's facts are known of: callable, but undecided."""
from __future__ import annotations

from .convert import Converted, Unclear, as_words, converted
from .facts import CommandFacts, Facts, product_of
from .load import NO_GROUPS, known_flags
from .model import c_name

# How much of a command is merged. Less: one that is there gets no arguments; a new one takes words.
ALL, LESS, NOTHING = 0, 1, 2
CONTAINER = "container: its subcommands are commands of their own"
GROUPS = {"vectorset": "vector_set", "rejson": "json", "timeseries": "time_series"}


class Unspecifiable(Exception):
    """Why a command gets no file."""


def group_of(command: CommandFacts) -> str:
    """The folder: the server's group, or the module."""
    if command.module:
        module = command.module.lower()
        group = GROUPS.get(module, c_name(module))
    else:
        group = c_name(command.group or "generic")
    return f"{group}_commands" if group in (*NO_GROUPS, "types") else group


def new_command(command: CommandFacts, facts: Facts, products: set[str], taken: set[str],
                level: int = ALL, reason: str = "") -> tuple[dict, list[str]]:
    """A command's file, and what a person has to decide besides what is undecided in each new command.

    `taken`: the names of functions that there are. `reason`: the fault that a higher level had.
    """
    notes: list[str] = []
    content: dict = {"command": command.name, "group": group_of(command),
                     "since": _since(command, facts, products, notes)}
    if command.deprecated:
        content["deprecated"] = {next(iter(content["since"])): command.deprecated}
    content["flags"] = [f for f in command.flags if f in known_flags()]
    unknown = [f for f in command.flags if f not in known_flags()]
    if unknown:
        notes.append(f"flags: {' '.join(unknown)} can't be specified; add what matters to the schema")
    if _is_container(command, facts):
        content.update(summary=f"Holds the subcommands of {command.name}.", omitted=CONTAINER)
        return content, notes
    content["undecided"] = True
    content["summary"] = f"Not described yet: taken from {facts.product.capitalize()} {facts.version}."
    arguments = _arguments(command, content, level, reason, notes)
    content["args"] = arguments.arguments
    content["functions"] = _functions(command, arguments, taken)
    return content, notes


def _since(command: CommandFacts, facts: Facts, products: set[str], notes: list[str]) -> dict[str, str]:
    product = product_of(command, facts)
    if product not in products:
        product = facts.product
    if command.since:
        return {product: command.since}
    notes.append(f"since when: the server does not say it; {facts.first_version} is its own version")
    return {facts.product: facts.first_version}


def _is_container(command: CommandFacts, facts: Facts) -> bool:
    return not command.nodes and any(name.startswith(f"{command.name} ") for name in facts.commands)


def _arguments(command: CommandFacts, content: dict, level: int, reason: str, notes: list[str]) -> Converted:
    product = next(iter(content["since"]))
    if level == LESS:
        notes.append(f"arguments: until they are written by hand it takes words; by rule: {reason}")
        return as_words(command)
    try:
        return converted(command, product)
    except Unclear as unclear:
        notes.append(f"arguments: until they are written by hand it takes words, for {unclear}")
        return as_words(command)


def _functions(command: CommandFacts, arguments: Converted, taken: set[str]) -> list[dict]:
    name = c_name(command.name)
    if name in taken or f"{name}_with" in taken:
        name += "_command"
    always = [f"{a['name']}!" for a in arguments.arguments if a["name"] in arguments.always]
    plain = [f"{a['name']}!" if a["name"] in arguments.always else a["name"]
             for a in arguments.arguments if "optional" not in a or a["name"] in arguments.always]
    every = [f"{a['name']}!" if f"{a['name']}!" in always else a["name"] for a in arguments.arguments]
    functions = [{"name": name, "args": " ".join(plain), "reply": "dynamic", "out": "reply"}]
    if len(every) > len(plain):
        functions.append({"name": f"{name}_with", "args": " ".join(every), "reply": "dynamic", "out": "reply"})
    return functions
