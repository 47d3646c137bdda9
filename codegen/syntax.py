# SPDX-License-Identifier: MIT
"""The syntax line of a function: the command as it may go out, in the servers' notation."""
from __future__ import annotations

from .model import Argument, Function, Use


def syntax(function: Function) -> str:
    """"SET key value [NX | XX] [EX seconds | PX milliseconds]"."""
    parts = [function.command.words] + [_use(u) for u in function.uses]
    return " ".join(p for p in parts if p)


def _use(use: Use) -> str:
    if use.branch is not None:
        return _joined(use.argument.words + [_inner(use.branch, use.branch.kind == "choice")])
    return f"[{_inner(use.argument, False)}]" if use.is_option else _inner(use.argument, True)


def _inner(argument: Argument, grouped: bool) -> str:
    """Without the brackets of an option; choices are put in parentheses if `grouped`."""
    kind = argument.kind
    words = ["\"\""] if argument.token == "" else argument.words
    if kind == "flag":
        return _joined(words)
    if kind == "value":
        return _joined(words + [_placeholder(argument)])
    if kind == "block":
        return _joined(words + [_member(m) for m in argument.of])
    if kind == "choice":
        branches = " | ".join(_inner(b, True) for b in argument.oneof)
        return _joined(words + [f"({branches})" if grouped or words else branches])
    if kind == "list":
        items = _placeholder(argument)
    elif kind == "rows":
        items = "(" + " ".join(_member(m) for m in argument.of) + ")"
    else:
        items = "(" + " | ".join(_inner(b, True) for b in argument.oneof) + ")"
    if argument.token_each:
        return f"({_joined(words + [items.strip('()')])})…"
    return _joined(words + (["n"] if argument.counted else []) + [items + "…"])


def _member(member: Argument) -> str:
    return f"[{_inner(member, False)}]" if member.optional else _inner(member, True)


def _placeholder(argument: Argument) -> str:
    name = argument.name
    if argument.token and argument.unit:
        return argument.unit
    if argument.token and name.replace("_", "-") == argument.token.lower():
        return {"unix-time": "time", "double": "number"}.get(argument.type, argument.type)
    return name


def _joined(parts: list[str]) -> str:
    return " ".join(p for p in parts if p)
