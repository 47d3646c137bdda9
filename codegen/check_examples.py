# SPDX-License-Identifier: MIT
"""The rules for examples: they are right, and together they show all of a function."""
from __future__ import annotations

from .decode import Decoder
from .describe import describe
from .model import Argument, Example, Function, Spec
from .problems import Problems, did_you_mean
from .wire import parse
from .words import Misfit, check_sends


def check_examples(spec: Spec, statuses: set[str], problems: Problems) -> None:
    for command in spec.commands:
        for function in command.functions:
            for example in function.examples:
                _check_example(function, example, spec, statuses, problems)
            if function.examples and not any(e.live or e.not_live for e in function.examples):
                problems.add(function.where, f"no example of redisc_{function.name} runs live: give one \"live\", "
                                             "or \"not_live\" with the reason")
    _check_options_shown(spec, problems)


def _check_example(function: Function, example: Example, spec: Spec, statuses: set[str], problems: Problems) -> None:
    where = example.where
    check_sends(function, example, problems)
    has_reply = example.resp2 is not None or example.resp3 is not None
    if example.broken:
        return
    if example.sends is not None and not has_reply:
        problems.add(where, "what is sent has a reply: give \"reply\", or \"resp2\" and \"resp3\"")
    if example.sends is None and example.fails is None:
        problems.add(where, "the key \"sends\" is missing")
    if example.sends is None and example.live is not None:
        problems.add(where / "live", "a call that is refused sends nothing")
    if example.fails is not None:
        _check_fails(example, statuses, problems)
    elif function.gives.has_value != example.has_gives:
        problems.add(where, "the key \"gives\" is missing" if function.gives.has_value
                     else f"the reply {function.reply} gives nothing")
    else:
        _check_gives(function, example, spec, problems)
    if example.live and example.not_live:
        problems.add(where / "not_live", "the example runs live")
    if example.live and function.command.connection_state and not example.live.needs_connection:
        problems.add(where / "live", "the command changes its connection's state: it needs \"connection\"")


def _check_fails(example: Example, statuses: set[str], problems: Problems) -> None:
    status = f"REDISC_{example.fails}"
    if statuses and status not in statuses:
        problems.add(example.where / "fails", f"there is no status {status}{did_you_mean(status, statuses)}")
    if example.has_gives:
        problems.add(example.where / "gives", "a call that fails gives nothing")
    reply = example.resp3 or example.resp2
    if reply is not None and statuses and example.fails not in ("ERROR_REPLY_TYPE", "ERROR_PROTOCOL"):
        value = parse(reply.encode("utf-8"))
        word = value.data.split(b" ")[0].decode("utf-8", "replace") if value.kind == "error" else ""
        kind = f"ERROR_{word}" if f"REDISC_ERROR_{word}" in statuses else "ERROR_SERVER"
        if value.kind != "error":
            problems.add(example.where / "reply", "the call fails, but the reply is no error")
        elif example.fails != kind:
            problems.add(example.where / "fails", f"the reply is an {kind}")
    if example.sends is None and example.fails != "ERROR_ARGUMENT":
        problems.add(example.where / "fails", "a call that sends nothing fails with ERROR_ARGUMENT")


def _check_gives(function: Function, example: Example, spec: Spec, problems: Problems) -> None:
    if not spec.knows(function.gives):
        return  # the missing type is told already
    try:
        expected = describe(function.gives, example.gives, spec.records)
        _check_replies(function, example, expected, spec, problems)
    except Misfit as misfit:
        problems.add(example.where / "gives", str(misfit))
    if example.live and not example.live.varies and example.live.gives is not example.gives:
        try:
            describe(function.gives, example.live.gives, spec.records)
        except Misfit as misfit:
            problems.add(example.where / "live" / "gives", str(misfit))


def _check_replies(function: Function, example: Example, expected: str, spec: Spec, problems: Problems) -> None:
    """The replies give what the example says."""
    decoder = Decoder(spec.records, frozenset(given_options(function, example)))
    same = example.resp2 == example.resp3 or None in (example.resp2, example.resp3)
    for key, reply in (("resp2", example.resp2), ("resp3", example.resp3)):
        where = example.where / ("reply" if same else key)
        if reply is None:
            continue
        try:
            given = decoder.described(function.reply, parse(reply.encode("utf-8")))
        except Misfit as misfit:
            problems.add(where, f"{misfit}, for {function.reply}")
            continue
        if function.nil_if and int(given) <= (0 if function.nil_if == "<=0" else -1):
            given = "null"
        if given != expected:
            problems.add(where, f"the reply gives {given}, not {expected}")


def given_options(function: Function, example: Example) -> set[str]:
    """The options that the call sends."""
    given = {(u.branch or u.argument).name for u in function.uses if not u.is_option}
    return given | {u.argument.name for u in function.uses if u.is_option and u.argument.name in example.values}


def _check_options_shown(spec: Spec, problems: Problems) -> None:
    """Some example of a command uses each of its options, and some example each word of an enum."""
    words: set[tuple[str, str]] = set()  # of enums, wherever they are used
    missing: list[tuple[Argument, tuple[str, ...], tuple[str, str] | None]] = []
    for command in spec.commands:
        shown: set[tuple[str, ...]] = set()
        for example in command.examples:
            if example.sends is not None:
                _collect(example.values, (), shown)
        options = {id(u.argument): u.argument for f in command.functions for u in f.option_uses}
        for argument in options.values():
            for path, leaf, word in _leaves(argument, ()):
                if path not in shown:
                    missing.append((leaf, path, word))
                elif word:
                    words.add(word)
    for leaf, path, word in missing:
        if not leaf.undecided and (word is None or word not in words):
            problems.add(leaf.where, f"no example uses {_named(path)}")


def _collect(values: object, path: tuple[str, ...], shown: set[tuple[str, ...]]) -> None:
    """The paths of all values; a word of an enum ends its path with itself."""
    if isinstance(values, dict):
        for name, value in values.items():
            shown.add(path + (name,))
            _collect(value, path + (name,), shown)
    elif isinstance(values, list):
        for value in values:
            _collect(value, path, shown)
    elif isinstance(values, str):
        shown.add(path + (f"={values}",))


def _leaves(argument: Argument, path: tuple[str, ...]):
    """The parts of an option: their paths, as examples have them, and for an enum's words the enum and the word."""
    own = path + (argument.name,)
    if argument.kind in ("block", "rows"):
        for member in argument.of:
            yield from _leaves(member, own)
    elif argument.kind == "choice":
        if argument.is_enum or len(argument.flags) > 1:
            for flag in argument.flags:
                yield own + (f"={flag.name}",), flag, (argument.enum_name, flag.name)
        elif argument.flags:
            yield path + (argument.flags[0].name,), argument.flags[0], None
        for branch in argument.valued:
            yield from _leaves(branch, path)
    elif argument.kind == "variants":
        for branch in argument.oneof:
            yield own + ("kind", f"={branch.name}"), branch, (argument.enum_name, branch.name)
    else:
        yield own, argument, None


def _named(path: tuple[str, ...]) -> str:
    name = ".".join(part for part in path if not part.startswith("="))
    word = next((part[1:] for part in path if part.startswith("=")), None)
    return f"\"{word}\" for `{name}`" if word else f"the option `{name}`"
