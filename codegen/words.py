# SPDX-License-Identifier: MIT
"""What a call sends, worked out from an example's values: the check of the examples' `sends`."""
from __future__ import annotations

import math

from .model import STRING_TYPES, Argument, Example, Function, Use
from .problems import Problems, Where, did_you_mean


class Misfit(Exception):
    """A value that does not fit its argument."""


def number_text(value: float | int | str) -> bytes:
    """A double as the runtime writes it: the shortest text that reads back as the same number."""
    number = float(value)
    if math.isinf(number):
        return b"-inf" if number < 0 else b"inf"
    if number == int(number) and abs(number) < 2 ** 53:
        return b"-0" if number == 0 and math.copysign(1, number) < 0 else str(int(number)).encode()
    return repr(number).encode()


def string_bytes(value: object) -> bytes:
    if isinstance(value, dict) and list(value) == ["hex"]:
        return bytes.fromhex(value["hex"])
    if not isinstance(value, str):
        raise Misfit(f"{value!r} is no string")
    return value.encode("utf-8")


def _integer(value: object, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise Misfit(f"{value!r} is no integer that fits")
    return value


def scalar_bytes(type_: str, value: object) -> bytes:
    """One value as it goes out."""
    if type_ in STRING_TYPES:
        return string_bytes(value)
    if type_ in ("integer", "unix-time"):
        return str(_integer(value, -2 ** 63, 2 ** 63 - 1)).encode()
    if type_ == "unsigned":
        return str(_integer(value, 0, 2 ** 64 - 1)).encode()
    if type_ == "score-bound" and isinstance(value, dict):
        return (b"(" if value.get("exclusive") else b"") + _number(value.get("score"))
    return _number(value)


def _number(value: object) -> bytes:
    if isinstance(value, bool) or not (isinstance(value, (int, float)) or value in ("inf", "-inf")):
        raise Misfit(f"{value!r} is no number")
    return number_text(value)


class Values:
    """The values of a call or of a struct; remembers which ones were asked for."""

    def __init__(self, values: object, path: str) -> None:
        if not isinstance(values, dict):
            raise Misfit(f"`{path}` has to be an object")
        self.values = values
        self.path = path
        self.known: set[str] = set()

    def get(self, name: str) -> object:
        self.known.add(name)
        return self.values.get(name)

    def need(self, name: str) -> object:
        value = self.get(name)
        if value is None:
            raise Misfit(f"`{self.path}{name}` is missing")
        return value

    def finish(self) -> None:
        for name in self.values:
            if name not in self.known:
                raise Misfit(f"there is no parameter or option `{self.path}{name}`{did_you_mean(name, self.known)}")


def expected_words(function: Function, example: Example) -> list[bytes]:
    """The words of the example's call. Raises Misfit."""
    values = Values(example.values, "")
    words = [w.encode() for w in function.command.words.split(" ")]
    for use in function.uses:
        words += _use(use, values)
    values.finish()
    return words


def _use(use: Use, values: Values) -> list[bytes]:
    argument = use.argument
    if use.branch is not None:
        return _token(argument) + _argument(use.branch, values, False, use.type)
    if use.is_option:
        return _argument(argument, values, True)
    if use.default is not None and argument.name not in values.values:
        values.known.add(argument.name)
        return _token(argument) + [str(use.default).encode()]
    if argument.kind == "choice" and argument.valued:
        inner = Values(values.need(argument.name), f"{argument.name}.")
        words = _argument(argument, inner, False)
        inner.finish()
        return words
    return _argument(argument, values, False, use.type)


def _token(argument: Argument) -> list[bytes]:
    return [w.encode() for w in argument.words]


def _argument(argument: Argument, values: Values, optional: bool, type_: str | None = None) -> list[bytes]:
    kind, token, name = argument.kind, _token(argument), argument.name
    if kind == "flag":
        return token if not optional or values.get(name) is True else []
    if kind == "value":
        return _value(argument, values, optional, type_ or argument.type)
    if kind == "block":
        return _block(argument, values, optional)
    if kind == "choice":
        return _choice(argument, values, optional)
    items = values.get(name) if optional or argument.optional else values.need(name)
    if not isinstance(items or [], list):
        raise Misfit(f"`{values.path}{name}` has to be an array")
    if not items:
        return token + [b"0"] if argument.counted and not optional else []
    rows = [_item(argument, item, f"{values.path}{name}[].") for item in items]
    head = [] if argument.token_each else token
    count = sum(map(len, rows)) if argument.counted == "words" else len(items)
    head += [str(count).encode()] if argument.counted else []
    if argument.columns:
        return head + [word for column in zip(*rows) for word in column]
    return head + [word for row in rows for word in (token if argument.token_each else []) + row]


def _item(argument: Argument, item: object, path: str) -> list[bytes]:
    if argument.kind == "list":
        return [scalar_bytes(argument.type, item)]
    values = Values(item, path)
    if argument.kind == "rows":
        words = [w for member in argument.of for w in _argument(member, values, member.optional)]
    else:
        words = _argument(branch_named(argument, values.need("kind"), path + "kind"), values, False)
    values.finish()
    return words


def branch_named(argument: Argument, name: object, path: str) -> Argument:
    for branch in argument.oneof:
        if branch.name == name:
            return branch
    raise Misfit(f"`{path}` can't be {name!r}{did_you_mean(str(name), [b.name for b in argument.oneof])}")


def _value(argument: Argument, values: Values, optional: bool, type_: str) -> list[bytes]:
    name = argument.name
    value = values.get(name) if optional else values.need(name)
    if optional and argument.default is not None:
        value = value or argument.default
    elif optional and (value is None or (value == 0 and not argument.optional_type_has_flag and value is not False
                                         and not isinstance(value, str))):
        return []
    return _token(argument) + [scalar_bytes(type_, value)]


def _block(argument: Argument, values: Values, optional: bool) -> list[bytes]:
    if not optional:
        return _headed(argument, [w for m in argument.of for w in _argument(m, values, m.optional)])
    given = values.get(argument.name)
    if given is None:
        return []
    inner = Values(given, f"{values.path}{argument.name}.")
    words = []
    for member in argument.of:
        if not member.optional and member.kind == "value" and member.name not in inner.values:
            inner.known.add(member.name)
            zero = scalar_bytes(member.type, "" if member.type in STRING_TYPES else 0)
            words += _token(member) + [zero]
        else:
            words += _argument(member, inner, member.optional)
    inner.finish()
    return _headed(argument, words)


def _headed(argument: Argument, words: list[bytes]) -> list[bytes]:
    """A block's words behind its token and their number."""
    return _token(argument) + ([str(len(words)).encode()] if argument.counted else []) + words


def _choice(argument: Argument, values: Values, optional: bool) -> list[bytes]:
    words: list[bytes] = []
    flags = argument.flags
    if argument.is_enum or len(flags) > 1:
        value = values.need(argument.name) if argument.is_enum and not optional else values.get(argument.name)
        if value is not None:
            branch = branch_named(argument, value, values.path + argument.name)
            if branch.kind != "flag":
                raise Misfit(f"`{values.path}{argument.name}` is for words only; \"{value}\" is an option of its own")
            words += _token(branch)
    elif flags:
        words += _argument(flags[0], values, True)
    for branch in argument.valued:
        words += _argument(branch, values, True)
    return _token(argument) + words if words else []


def check_sends(function: Function, example: Example, problems: Problems) -> None:
    """Holds `with` and `sends` against the function."""
    where: Where = example.where
    try:
        words = expected_words(function, example)
    except Misfit as misfit:
        if not (example.fails == "ERROR_ARGUMENT" and example.sends is None and "is missing" in str(misfit)):
            problems.add(where / "with", str(misfit))
        return
    if example.sends is not None and words != example.sends:
        problems.add(where / "sends", f"the function sends {_shown(words)}, not {_shown(example.sends)}")


def _shown(words: list[bytes]) -> str:
    return " ".join(w.decode("utf-8", "backslashreplace") or '""' for w in words)
