# SPDX-License-Identifier: MIT
"""What the reference says of each command and function, whatever it is printed as: pages or manual."""
from __future__ import annotations

from dataclasses import dataclass, field

from .functions import LoweredFunction, SourceFile
from .headers import all_structs
from .model import PRODUCTS, SERVERS, Command, Spec
from .replies import Reply
from .shapes import CEnum, CField, CStruct, Shapes, since_text
from .snippets import SnippetCode
from .syntax import syntax


@dataclass
class FunctionEntry:
    """A function. Texts are plain, with names of the code in back quotes."""

    name: str
    lowered: LoweredFunction
    syntax: str
    summary: str
    parameters: list[CField]  # all of them, with handle, options and result
    reply: str  # what the server answers, and what becomes of it
    facts: list[tuple[str, str]]
    snippet: str  # C; empty for what has no example yet

    @property
    def prototype(self) -> list[str]:
        return self.lowered.c.prototype()


@dataclass
class CommandEntry:
    """A command with its functions, and the options that they take."""

    command: Command
    functions: list[FunctionEntry] = field(default_factory=list)
    options: list[CStruct] = field(default_factory=list)

    @property
    def page_name(self) -> str:
        """The manual page: named after the first function."""
        return self.functions[0].name


@dataclass
class GroupEntry:
    """The commands of a group that have functions, and their snippets as C functions."""

    name: str
    commands: list[CommandEntry]
    snippets: list[str]

    @property
    def title(self) -> str:
        text = self.name.replace("_", " ")
        return text[0].upper() + text[1:]

    @property
    def functions(self) -> list[FunctionEntry]:
        return [f for c in self.commands for f in c.functions]


@dataclass
class Reference:
    """Everything: groups, types, and the commands without a function of their own."""

    groups: list[GroupEntry]
    enums: list[CEnum]
    structs: list[CStruct]  # of arguments and results; options stand with their commands
    omitted: list[tuple[str, list[str]]]  # why, and the words of each


def reference(spec: Spec, shapes: Shapes, sources: dict[str, SourceFile]) -> Reference:
    """Collects the reference of a whole specification."""
    code = SnippetCode(spec, shapes)
    groups = [_group(name, source, code) for name, source in sorted(sources.items())]
    structs = all_structs(spec, shapes)
    omitted: dict[str, list[str]] = {}
    for words, why in sorted([*((c.words, c.omitted) for c in spec.commands if c.omitted), *spec.internal.items()]):
        omitted.setdefault(why, []).append(words)
    return Reference(groups, [shapes.enums[n] for n in sorted(shapes.enums)],
                     [structs[n] for n in sorted(structs)], list(omitted.items()))


def _group(name: str, source: SourceFile, code: SnippetCode) -> GroupEntry:
    commands: dict[str, CommandEntry] = {}
    seen: set[str] = set()
    snippets = []
    for lowered in source.functions:
        snippet = code.snippet(lowered) if lowered.function.examples else None
        if snippet is not None:
            snippets.append(snippet.function())
        entry = commands.setdefault(lowered.function.command.words, CommandEntry(lowered.function.command))
        entry.functions.append(_function(lowered, snippet.text() if snippet else ""))
        if lowered.options and lowered.options.name not in seen:
            seen.add(lowered.options.name)
            entry.options.append(lowered.options)
    return GroupEntry(name, [commands[words] for words in sorted(commands)], snippets)


def named_type(ctype: str) -> str:
    """The struct or enum that a C type is about: "const redisc_scored_list **" -> "redisc_scored"."""
    name = ctype.replace("const ", "").rstrip("* ")
    while name.endswith("_list"):
        name = name.removesuffix("_list")
    return name


def _function(lowered: LoweredFunction, snippet: str) -> FunctionEntry:
    function = lowered.function
    where = function.where
    parameters = [CField("r", "redisc *", "any handle", where), *lowered.parameters]
    if lowered.options:
        parameters.append(CField("options", f"const redisc_{lowered.options.name} *", "`NULL` for none", where))
    if function.out:
        out = lowered.c.parameters[-1].removesuffix(function.out).strip()
        usual = "true if so" if function.reply.kind == "boolean" else f"the {function.out.replace('_', ' ')}"
        parameters.append(CField(function.out, out, f"the result: {function.result or usual}", where))
    return FunctionEntry(lowered.name, lowered, syntax(function), function.summary, parameters,
                         _reply(lowered), _facts(lowered), snippet)


# Words for replies.

_PLURALS = {"integer": "integers", "double": "numbers", "boolean": "booleans", "string": "strings",
            "pairs": "names with their values"}
_SINGULARS = {"ok": "`OK`", "integer": "an integer", "unsigned": "an integer without sign", "double": "a number",
              "boolean": "a boolean", "string": "a string", "pairs": "names with their values",
              "dynamic": "whatever it may be", "closed": "none: the server closes the connection"}


def reply_text(reply: Reply) -> str:
    """What the server answers, in words."""
    if reply.kind == "list":
        text = ("a map of " if reply.keyed else "a list of ") + _plural(reply.item)
    elif reply.kind == "record":
        text = f"a `redisc_{reply.record}`"
    elif reply.kind in ("word", "either"):
        text = " or ".join(f"`{w.replace('*', '…')}`" for w in reply.words)
    else:
        text = _SINGULARS[reply.kind]
    return f"{text}, or nil" if reply.optional else text


def _plural(item: Reply) -> str:
    if item.kind == "list":
        text = f"lists of {_plural(item.item)}"
    else:
        text = _PLURALS.get(item.kind) or f"`redisc_{item.record}`"
    return f"{text}, some of which may be nil" if item.optional else text


def nil_kind(reply: Reply) -> str:
    """How a nil reply shows in the result: none, null, has_value or false."""
    if reply.kind == "ok" and reply.optional:
        return "false"
    if not reply.optional:
        return "null" if reply.kind == "dynamic" else "none"
    return "null" if reply.is_pointer else "has_value"


def nil_item_kind(reply: Reply) -> str:
    """The same for a list's items: none, data, has_value or zero."""
    if reply.kind != "list" or not reply.item.optional:
        return "none"
    return {"string": "data", "record": "zero", "list": "zero", "pairs": "zero"}.get(reply.item.kind, "has_value")


_NIL = {"none": "", "null": "`{out}` is `NULL` for nil.", "has_value": "`{out}.has_value` is false for nil.",
        "false": "`{out}` is false for nil."}
_NIL_ITEM = {"none": "", "data": "An item that is nil has `data` `NULL`.",
             "has_value": "An item that is nil has `has_value` false.", "zero": "An item that is nil is all zero."}


def _reply(lowered: LoweredFunction) -> str:
    function = lowered.function
    text = reply_text(function.reply)
    parts = [text[0].upper() + text[1:] + "."]
    if function.reply.kind == "either":
        parts.append(f"`{function.out}` is true for `{function.reply.words[0]}`.")
    if function.nil_if:
        parts.append(f"`{function.out}` has no value if it is {function.nil_if}.")
    elif function.reply.kind != "dynamic":
        parts.append(_NIL[nil_kind(function.gives)].format(out=function.out))
    parts.append(_NIL_ITEM[nil_item_kind(function.gives)])
    if function.gives.is_pointer:
        parts.append(f"`{function.out}` is one block: free it with `redisc_free()`.")
    return " ".join(p for p in parts if p)


def since_of(since: dict[str, str]) -> str:
    """The versions of all products, and the server that does not have it."""
    missing = [s for s in SERVERS if s not in since and any(other in since for other in SERVERS)]
    return since_text(since) + "".join(f"; not in {PRODUCTS[server]}" for server in missing)


def _facts(lowered: LoweredFunction) -> list[tuple[str, str]]:
    function, command = lowered.function, lowered.function.command
    facts = [("Since", since_of(function.since))]
    if command.complexity:
        facts.append(("Complexity", command.complexity))
    if command.deprecated:
        instead = f": use {command.use_instead}" if command.use_instead else ""
        facts.append(("Deprecated", f"since {since_text(command.deprecated)}{instead}"))
    if "readonly" in command.flags:
        facts.append(("Effect", "it only reads, so it is sent again when its reply was lost"))
    elif function.is_repeatable:
        facts.append(("Effect", "twice does the same as once, so it is sent again when its reply was lost"))
    if "blocking" in command.flags:
        facts.append(("Waiting", "it may wait on the server; the time that it is given comes on top of the deadline"))
    if command.connection_state:
        facts.append(("Handles", f"those of one connection only. {command.connection_state}"))
    return facts
