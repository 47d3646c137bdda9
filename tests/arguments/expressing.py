# SPDX-License-Identifier: MIT
"""Sends what was drawn by the generated functions, and compares."""

import re
from dataclasses import dataclass

import grammar
from draw import agrees, arranged, flat

LAST = 1 << 30  # behind all arguments


@dataclass
class Sent:
    """How a drawn command was sent."""

    function: object = None
    values: dict | None = None
    fault: str | None = None  # why it can't be sent so; None if it can
    excluded: bool = False  # by the specification's own `excludes`


def shown(words):
    return " ".join(w.decode("utf-8", "backslashreplace") or '""' for w in words)


def names_of(text):
    """The names in a message: "`nx` and `limit.count` …" → ["nx", "count"]."""
    return [name.rpartition(".")[2] for name in re.findall(r"`([^`]*)`", text)]


class Expressing:
    """The functions of the specification, by command."""

    def __init__(self, spec, sender):
        self.sender = sender
        self.commands = {c.words: c for c in spec.commands if c.functions}
        self.ranks = {}

    def functions(self, command):
        return [f for f in self.commands[command].functions if not f.is_legacy]

    def calls(self, draw, function):
        """All values with which the function sends the drawn words, in this or another order."""
        if function.name not in self.ranks:
            self.ranks[function.name] = grammar.ranks(function)
        rank = self.ranks[function.name]
        orders = [draw.words]
        other = flat(arranged(draw.pieces, lambda word: rank.get(word, LAST)))
        if other != draw.words:
            orders.append(other)
        for words in orders:
            yield from grammar.calls(function, words)

    def send(self, command, draw):
        """Sends a draw by the first function that can."""
        best = Sent(fault="no function sends it")
        for function in self.functions(command):
            for values in self.calls(draw, function):
                sent = self.call(command, draw, function, values)
                if sent.fault is None:
                    return sent
                best = sent
        return best

    def call(self, command, draw, function, values):
        status, words, text = self.sender.call(function, values)
        if status == "REDISC_QUEUED" and agrees(draw.pieces, words[len(command.split(" ")):]):
            return Sent(function, values)
        if status == "REDISC_QUEUED":
            return Sent(function, values, f"{function.name} sends {shown(words)}")
        excludes = any(set(names_of(text)) <= set(names) for names in self.commands[command].excludes)
        return Sent(function, values, f"{function.name}: {text}", excludes and "exclude each other" in text)
