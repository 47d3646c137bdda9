# SPDX-License-Identifier: MIT
"""The servers' argument trees, as facts tell them."""

import json
from dataclasses import dataclass, field


@dataclass
class Node:
    """An argument of a tree."""

    path: str  # without the command: "expiration/seconds"
    name: str
    type: str
    token: str | None
    optional: bool
    multiple: bool
    multiple_token: bool
    arguments: list = field(default_factory=list)

    @property
    def words(self):
        """The words of its token."""
        if self.token is None:
            return ()
        return tuple(w.encode() for w in self.token.split(" ")) if self.token else (b"",)

    @property
    def is_named(self):
        """Whether all that it sends begins with a word of its own."""
        if self.token:
            return True
        if self.type == "oneof":
            return all(branch.is_named for branch in self.arguments)
        first = self.arguments[0] if self.type == "block" and self.arguments else None
        return first is not None and not first.optional and first.is_named

    def walk(self):
        yield self
        for inner in self.arguments:
            yield from inner.walk()


@dataclass
class Tree:
    """A command's arguments, as one server or more tell them."""

    command: str
    nodes: list
    source: str  # where it was found first

    def walk(self):
        for one in self.nodes:
            yield from one.walk()

    def __str__(self):
        return f"{self.command} of {self.source}"


def nodes_of(given, above=""):
    """The nodes of siblings. One with the name of another before it has its token in its path."""
    names = [one["name"] for one in given]
    return [_node(one, above + one["name"] + (f"#{one.get('token', i)}" if one["name"] in names[:i] else ""))
            for i, one in enumerate(given)]


def _node(given, path):
    flags = given.get("flags", [])
    token = given.get("token")
    if given["type"] == "pure-token" and token is None:
        token = given["name"]  # SENTINEL SIMULATE-FAILURE
    return Node(path, given["name"], given["type"], token, "optional" in flags, "multiple" in flags,
                "multiple_token" in flags, nodes_of(given.get("arguments", []), path + "/"))


def read_trees(paths):
    """The trees of files of facts: each once, though several servers have it. Commands whose arguments
    a server does not tell are passed over, and so are texts written by hand."""
    seen = set()
    for path in paths:
        facts = json.loads(path.read_text(encoding="utf-8"))
        if "commands" not in facts or not facts.get("docs", True) or "hand-written" in facts.get("source", ""):
            continue
        for words, known in sorted(facts["commands"].items()):
            given = known.get("arguments", [])
            identity = (words, json.dumps(given, sort_keys=True))
            told = given or known.get("arity") == len(words.split(" "))
            if told and identity not in seen:
                seen.add(identity)
                yield Tree(words, nodes_of(given), path.stem)
