# SPDX-License-Identifier: MIT
"""The facts of a server, as tools/import writes them: what COMMAND and COMMAND DOCS say."""
from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from .load import SCHEMAS, read_json, valid
from .problems import Problems, Where

SCHEMA = SCHEMAS / "facts.schema.json"

# What a module's own version numbers are named in `since`. Vector sets are a part of Redis.
MODULES = {"rejson": "json", "search": "search", "timeseries": "timeseries", "bf": "bloom"}


_COUNT = re.compile(r"num[-_ ]?\w+|count|n?args|n\w+s")


def three(version: str) -> str:
    """"2.4" -> "2.4.0": versions of a specification have three numbers."""
    return ".".join((version.split(".") + ["0", "0"])[:3])


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in three(version).split("."))


@dataclass
class KeySpec:
    """Where keys stand, and how they are used."""

    begin: dict
    find: dict
    flags: list[str]

    @property
    def access(self) -> str | None:
        """RO, RW, OW or RM; not_key for what only looks like one."""
        return next((f for f in ("not_key", "RO", "RW", "OW", "RM") if f in self.flags), None)

    @property
    def place(self) -> tuple:
        """What two versions of a key spec have in common unless the keys have moved."""
        return tuple((s["type"], tuple(sorted(s.get("spec", {}).items()))) for s in (self.begin, self.find))


@dataclass
class Node:
    """An argument, a part of a block, or a branch of a oneof."""

    name: str
    type: str
    token: str | None
    optional: bool
    multiple: bool
    multiple_token: bool
    key_spec: int | None
    since: str | None  # the newest of its own and of all that it is in; None: that of the command
    parent: Node | None
    nodes: list[Node] = field(default_factory=list)

    @property
    def is_value(self) -> bool:
        return self.type not in ("pure-token", "oneof", "block")

    def walk(self):
        yield self
        for node in self.nodes:
            yield from node.walk()

    def tokens(self) -> list[Node]:
        """The nodes below, and this one, that have a word of their own."""
        return [n for n in self.walk() if n.token is not None]

    def __str__(self) -> str:
        if self.type == "pure-token":
            return self.token or '""'
        return f"{self.token} {self.name}" if self.token else self.name


def is_count(node: Node, follower: Node) -> bool:
    """Whether the node is a number that says how many of the follower there are: nothing in a tree marks it."""
    if node.type != "integer" or node.multiple or not follower.multiple or follower.token is not None:
        return False
    return _COUNT.fullmatch(node.name.lower()) is not None


@dataclass
class CommandFacts:
    """What a server says of a command."""

    name: str  # "CONFIG GET"
    arity: int | None
    flags: list[str]
    key_specs: list[KeySpec]
    nodes: list[Node]
    is_documented: bool  # whether it is known which arguments there are
    group: str
    since: str | None
    deprecated: str | None
    history: list[str]  # the versions that changed it, in order
    doc_flags: list[str]
    module: str | None

    def walk(self):
        for node in self.nodes:
            yield from node.walk()

    def access(self, key_spec: int) -> str | None:
        """How the keys of a key spec are used. Modules' key specs say RW of all: then the flags tell."""
        access = self.key_specs[key_spec].access
        return "RO" if self.module and access == "RW" and "readonly" in self.flags else access

    @property
    def words(self) -> int:
        return len(self.name.split(" "))


@dataclass
class Facts:
    """A server's facts."""

    where: Where
    product: str
    version: str
    is_sentinel: bool
    has_docs: bool
    commands: dict[str, CommandFacts]

    @property
    def release(self) -> tuple[int, ...]:
        """Without the patch number, which is no matter of commands."""
        return numbers(self.version)[:2]

    @property
    def first_version(self) -> str:
        """The first version of the release: since when what the server does not date is taken to be there."""
        return three(".".join(map(str, self.release)))

    @property
    def kind(self) -> str:
        """The product as it is in the file, and in its name."""
        return f"{self.product}-sentinel" if self.is_sentinel else self.product

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


def product_of(command: CommandFacts, facts: Facts) -> str:
    """Whose version numbers a command's are."""
    return MODULES.get((command.module or "").lower(), facts.product)


def read_facts(path: Path, problems: Problems) -> Facts | None:
    """The facts in a file; None after saying what is wrong with them."""
    where = Where(str(path))
    content = read_json(path, where, problems)
    if content is None:
        return None
    if not isinstance(content, dict):
        problems.add(where, "it has to be an object")
        return None
    if not valid(content, json.loads(SCHEMA.read_text("utf-8")), where, problems):
        return None
    has_docs = content.get("docs", True)
    commands = {name: _command(name, entry, has_docs) for name, entry in content["commands"].items()}
    product, _, sentinel = content["product"].partition("-")
    facts = Facts(where, product, content["version"], bool(sentinel), has_docs, commands)
    before = len(problems)
    for command in commands.values():
        _check_key_specs(command, where / "commands" / command.name, problems)
    return facts if len(problems) == before else None


def _check_key_specs(command: CommandFacts, where: Where, problems: Problems) -> None:
    for node in command.walk():
        if node.key_spec is not None and node.key_spec >= len(command.key_specs):
            problems.add(where / "arguments", f"\"{node.name}\" has the key spec {node.key_spec}, "
                                              f"of which there are {len(command.key_specs)}")


def _command(name: str, entry: dict, has_docs: bool) -> CommandFacts:
    specs = [KeySpec(s["begin_search"], s["find_keys"], s["flags"]) for s in entry.get("key_specs", [])]
    if not specs and entry.get("first_key", 0) > 0:
        first = entry["first_key"]
        last = entry.get("last_key", first)
        spec = {"lastkey": last - first if last >= 0 else last, "keystep": entry.get("step", 1), "limit": 0}
        specs = [KeySpec({"type": "index", "spec": {"index": first}}, {"type": "range", "spec": spec}, [])]
    arity = entry.get("arity")
    nodes = [_node(a, None) for a in entry.get("arguments", [])]
    documented = has_docs and (bool(nodes) or arity == len(name.split(" ")))
    deprecated = entry.get("deprecated_since")
    return CommandFacts(
        name, arity, sorted(entry["flags"]), specs, nodes, documented, entry.get("group", ""),
        three(entry["since"]) if "since" in entry else None, three(deprecated) if deprecated else None,
        sorted(map(three, entry.get("history", [])), key=numbers), entry.get("doc_flags", []), entry.get("module"))


def _node(entry: dict, parent: Node | None) -> Node:
    flags = entry.get("flags", [])
    token = entry.get("token")
    if token is None and entry["type"] == "pure-token":
        token = entry["name"].upper()
    since = [three(v) for v in (entry.get("since"), parent.since if parent else None) if v]
    node = Node(entry["name"], entry["type"], token, "optional" in flags, "multiple" in flags,
                "multiple_token" in flags, entry.get("key_spec_index"), max(since, key=numbers, default=None), parent)
    node.nodes = [_node(a, node) for a in entry.get("arguments", [])]
    return node
