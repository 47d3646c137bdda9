# SPDX-License-Identifier: MIT
"""Which call of a generated function sends given words: the specification read backwards.

A match gives the call's values in the form of the specification's examples (`with`). Options that
stand side by side may come in any order.
"""

import re

from codegen.model import STRING_TYPES
from codegen.words import number_text
from draw import Count

INTEGER = re.compile(rb"0|-?[1-9]\d{0,18}")


class _Token(bytes):
    """A word of the command itself, which is no string but in a list that is counted."""


def calls(function, words):
    """The values with which the function sends these words (without the command's name)."""
    tokens = {token for argument in function.command.arguments for token in _tokens(argument)}
    words = [_Token(w) if w in tokens else w for w in words]
    for at, values in _sequence([_Use(use) for use in function.uses], words, 0):
        if at == len(words):
            yield values


class _Use:
    """An argument as a function uses it."""

    def __init__(self, use):
        self.use = use
        self.optional = use.is_option
        may_be_empty = use.always and use.argument.kind in ("list", "rows", "variants")
        self.moves = use.argument.optional and _is_named(use.branch or use.argument) and not may_be_empty

    def match(self, words, at):
        use, argument = self.use, self.use.argument
        if use.branch is not None:
            for start in _token(argument, words, at):
                yield from _argument(use.branch, words, start, False, use.type)
        elif use.is_option:
            yield from _argument(argument, words, at, True)
        elif argument.kind == "choice" and argument.valued:
            for end, inner in _argument(argument, words, at, False):
                yield end, {argument.name: inner}
        else:
            yield from _argument(argument, words, at, False, use.type, may_be_empty=use.always)


class _Member:
    """An argument within a block."""

    def __init__(self, argument):
        self.argument = argument
        self.optional = argument.optional
        self.moves = argument.optional

    def match(self, words, at):
        yield from _argument(self.argument, words, at, self.optional)


def _is_named(argument):
    return bool(argument.words) or bool(argument.oneof)


def ranks(function):
    """The place of each token among the function's arguments: the first argument that has it."""
    found = {}
    for place, use in enumerate(function.uses):
        for word in _tokens(use.argument):
            found.setdefault(word, place)
    return found


def _tokens(argument):
    yield from (w.encode() for w in argument.words[:1] if w)
    for inner in argument.of + argument.oneof:
        yield from _tokens(inner)


def _sequence(parts, words, at):
    """Matches the parts in turn; options that stand side by side in any order, or not at all."""
    run = 0
    while run < len(parts) and (parts[run].optional or parts[run].moves):
        run += 1
    if run:
        for i in range(run):
            for end, values in parts[i].match(words, at):
                if end > at:
                    for last, more in _sequence(parts[:i] + parts[i + 1:], words, end):
                        yield last, {**values, **more}
        if all(part.optional for part in parts[:run]):
            yield from _sequence(parts[run:], words, at)
    elif not parts:
        yield at, {}
    else:
        for end, values in parts[0].match(words, at):
            for last, more in _sequence(parts[1:], words, end):
                yield last, {**values, **more}


def _token(argument, words, at):
    """The place behind the argument's token, if it is there."""
    token = [w.encode() for w in argument.words]
    if words[at:at + len(token)] == token:
        yield at + len(token)


def _argument(argument, words, at, optional, type_=None, may_be_empty=False):
    kind = argument.kind
    if kind == "flag":
        for end in _token(argument, words, at):
            yield end, ({argument.name: True} if optional else {})
    elif kind == "value":
        yield from _value(argument, words, at, optional, type_ or argument.type)
    elif kind == "block":
        yield from _block(argument, words, at, optional)
    elif kind == "choice":
        yield from _choice(argument, words, at, optional)
    else:
        yield from _list(argument, words, at, may_be_empty or optional or argument.zero_is_value)


def _value(argument, words, at, optional, type_):
    for start in _token(argument, words, at):
        value = scalar(type_, words[start]) if start < len(words) else None
        if value is None:
            continue
        if optional and value == 0 and not argument.optional_type_has_flag and argument.default is None:
            continue  # nothing would be sent
        yield start + 1, {argument.name: value}


def _block(argument, words, at, optional):
    members = [_Member(m) for m in argument.of]
    for start in _token(argument, words, at):
        counted = _count(words, start) if argument.counted else None
        if argument.counted and counted is None:
            continue
        inner = start + (counted is not None)
        for end, values in _sequence(members, words, inner):
            if counted is not None and end - inner != counted:
                continue
            if not optional:
                yield end, values
            elif _is_present(argument, values):
                yield end, {argument.name: values}


def _is_present(block, values):
    """Whether an optional block with these members is sent: not if it is all zero."""
    return any(_counts(member, values) for member in block.of)


def _counts(member, values):
    if member.kind == "block" and not member.optional:
        return _is_present(member, values)
    names = [member.name] + [branch.name for branch in member.oneof]
    given = [values[name] for name in names if name in values]
    if member.kind == "value" and not (member.optional and member.optional_type_has_flag):
        return any(value != 0 and value != {"score": 0, "exclusive": False} for value in given)
    return any(value != [] for value in given)


def _choice(argument, words, at, optional):
    for start in _token(argument, words, at):
        one_flag = len(argument.flags) == 1 and not argument.is_enum
        for branch in argument.oneof:
            if branch.kind == "flag" and not one_flag:
                for end in _token(branch, words, start):
                    yield end, {argument.name: branch.name}
            else:
                yield from _argument(branch, words, start, True)


def _list(argument, words, at, may_be_empty):
    if not argument.counted and may_be_empty:
        yield at, {argument.name: []}
    for start in [at] if argument.token_each else _token(argument, words, at):
        if not argument.counted:
            yield from _items(argument, words, start, None)
            continue
        count = _count(words, start)
        if count is None or (count == 0 and not may_be_empty):
            continue
        if count == 0:
            yield start + 1, {argument.name: []}
        elif argument.counted == "words":
            for end, values in _items(argument, words, start + 1, None):
                if end == start + 1 + count:
                    yield end, values
        else:
            yield from _items(argument, words, start + 1, count)


def _items(argument, words, at, count):
    """`count` items; any number of them, most first, if it is None."""
    if argument.columns:
        yield from _columns(argument, words, at)
        return
    for end, items in _rows(argument, words, at, count):
        if items and (count is None or len(items) == count):
            yield end, {argument.name: items}


def _rows(argument, words, at, count):
    if count is None or count > 0:
        starts = _token(argument, words, at) if argument.token_each else [at]
        for start in starts:
            for end, item in _item(argument, words, start):
                if end == at:
                    continue
                for last, more in _rows(argument, words, end, None if count is None else count - 1):
                    yield last, [item] + more
    yield at, []


def _item(argument, words, at):
    if argument.kind == "list":
        value = scalar(argument.type, words[at], bool(argument.counted)) if at < len(words) else None
        if value is not None:
            yield at + 1, value
    elif argument.kind == "rows":
        yield from _sequence([_Member(m) for m in argument.of], words, at)
    else:
        for branch in argument.oneof:
            for end, values in _argument(branch, words, at, False):
                yield end, {"kind": branch.name, **values}


def _columns(argument, words, at):
    """All first members, then all second ones …; most rows first."""
    members = argument.of
    for rows in range((len(words) - at) // len(members), 0, -1):
        columns = [[scalar(m.type, w) for w in words[at + i * rows:at + (i + 1) * rows]] for i, m in enumerate(members)]
        if all(value is not None for column in columns for value in column):
            names = [m.name for m in members]
            yield at + rows * len(members), {argument.name: [dict(zip(names, row)) for row in zip(*columns)]}


def _count(words, at):
    if at < len(words) and INTEGER.fullmatch(words[at]):
        return int(words[at])
    return None


def scalar(type_, word, is_counted=False):
    """The value that is sent as this word; None if there is none."""
    if type_ in STRING_TYPES:
        if isinstance(word, (_Token, Count)) and not is_counted:
            return None
        try:
            return word.decode("utf-8")
        except UnicodeDecodeError:
            return {"hex": word.hex()}
    if type_ in ("integer", "unix-time", "unsigned"):
        low, high = (0, 2 ** 64 - 1) if type_ == "unsigned" else (-2 ** 63, 2 ** 63 - 1)
        return int(word) if INTEGER.fullmatch(word) and low <= int(word) <= high else None
    if type_ == "score-bound" and word.startswith(b"("):
        score = _double(word[1:])
        return None if score is None else {"score": score, "exclusive": True}
    return _double(word)


def _double(word):
    try:
        value = float(word)
    except ValueError:
        return None
    if value != value or number_text(value) != word:
        return None
    return value if abs(value) != float("inf") else word.decode()
