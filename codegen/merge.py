# SPDX-License-Identifier: MIT
"""A server's facts put into a command's specification; what a person wrote stays as it is."""
from __future__ import annotations

import re
from dataclasses import dataclass, field

from .align import Alignment, Place
from .convert import Unclear, converted_node, ordered
from .facts import CommandFacts, Facts, Node, numbers, product_of
from .model import c_name

FORK = (7, 2)  # the release of Redis that Valkey began with
EFFECTS = ("blocking", "readonly", "write")  # flags on which functions depend


@dataclass
class Findings:
    """What differs between a server and the specification."""

    commands: list[str] = field(default_factory=list)  # new ones
    arguments: list[str] = field(default_factory=list)  # new ones
    keys: list[str] = field(default_factory=list)
    deprecated: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    since: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)  # commands that the product was not known to have
    decisions: list[tuple[str, str]] = field(default_factory=list)  # command and what a person has to decide

    def add(self, other: Findings) -> None:
        for name, found in vars(other).items():
            getattr(self, name).extend(found)

    @property
    def changes(self) -> bool:
        return any(found for name, found in vars(self).items() if name != "decisions")


class Merge:
    """One command's specification and a server's facts of it.

    `is_news`: the server is not older than what the specification knows of the product; else it can only add.
    `before`: the facts of the newest older server of the product, if they are kept. `elsewhere`: the flags
    that the command has in the other product, as far as facts of it are kept.
    """

    def __init__(self, content: dict, command: CommandFacts, facts: Facts, is_news: bool,
                 before: CommandFacts | None = None, elsewhere: frozenset[str] = frozenset()) -> None:
        self.content = content
        self.command = command
        self.facts = facts
        self.product = product_of(command, facts)
        if command.since is None and self.product not in content["since"]:
            self.product = facts.product
        self.has_own_numbers = self.product != facts.product  # a module's versions say nothing of the server's
        self.is_news = is_news and not self.has_own_numbers
        self.before = before
        self.elsewhere = elsewhere
        self.name = command.name
        self.found = Findings()
        self.is_known = self.product in content["since"]

    def merge_facts(self) -> None:
        """What is said of the command as a whole."""
        self._since()
        self._deprecated()
        self._flags()

    def merge_arguments(self) -> None:
        if "omitted" in self.content or not self.command.is_documented:
            return
        if "undecided" in self.content and any(a["name"] == "words" for a in self.content["args"]):
            return  # they are to be written by hand
        alignment = Alignment(self.command.nodes, self.content.get("args", []))
        self._arguments_since(alignment)
        for node in alignment.unmatched_words():
            self._new_argument(node, alignment)
        self._keys(alignment)
        self._missing(alignment)
        self._moved_keys()

    def decide(self, text: str) -> None:
        self.found.decisions.append((self.name, text))

    # The command.

    def _since(self) -> None:
        since = self.content["since"]
        told = self.command.since
        if not self.is_known:
            since[self.product] = told or self.facts.first_version
            self.found.known.append(self.name)
            if not told:
                self.decide(f"since when: the server does not say it; {since[self.product]} is its own version")
            self.content["since"] = dict(sorted(since.items()))
            return
        own = since[self.product]
        if self._is_later(own):
            since[self.product] = min(told or self.facts.version, self.facts.version, key=numbers)
            self.found.since.append(f"{self.name}: {since[self.product]}, not {own}")
        elif self.is_news and told and told != own:
            if numbers(told) < numbers(own):
                since[self.product] = told
                self.found.since.append(f"{self.name}: {told}, not {own}")
            else:
                self.decide(f"since when: the server says {told}, the specification {own}")

    def _deprecated(self) -> None:
        told = self.command.deprecated
        deprecated = self.content.get("deprecated", {})
        own = deprecated.get(self.product)
        if not self.is_news or told == own or not self.facts.has_docs:
            return
        if told is not None:
            marked = {**{k: v for k, v in deprecated.items() if k != "use"}, self.product: told}
            marked = dict(sorted(marked.items()))
            if "use" in deprecated:
                marked["use"] = deprecated["use"]
            _put_behind(self.content, "deprecated", marked, "since")
            self.found.deprecated.append(f"{self.name}: {self.product} {told}")
        elif set(deprecated) - {self.product, "use"}:
            del deprecated[self.product]
            self.found.deprecated.append(f"{self.name}: no longer in {self.product}")
        else:
            self.decide(f"deprecated: {self.product} gave it up in {own}, but does not say so any more")

    def _flags(self) -> None:
        if not self.is_news:
            return
        own, told = set(self.content["flags"]), set(self.command.flags)
        dropped = (own & set(self.before.flags) - told - self.elsewhere) if self.before else set()
        if {"readonly", "write"} <= (own | told) - dropped or (told - own | dropped) & set(EFFECTS):
            self.decide(f"flags: the server says {' '.join(sorted(told))}; what the functions do depends on it")
            return
        lost = (own - told - dropped) & set(EFFECTS)
        if lost:
            self.decide(f"flags: the server does not say {' '.join(sorted(lost))}")
        if told - own or dropped:
            self.content["flags"] = sorted(own - dropped | told)
            signs = [f"+{f}" for f in sorted(told - own)] + [f"-{f}" for f in sorted(dropped)]
            self.found.flags.append(f"{self.name}: {' '.join(signs)}")

    # Its arguments.

    def _told_since(self, node: Node) -> str:
        """Since when the product has an argument."""
        versions = [v for v in (node.since, self.content["since"][self.product]) if v]
        newest = max(versions, key=numbers)
        return min(newest, self.facts.version, key=numbers) if self._is_later(newest) else newest

    def _is_later(self, version: str) -> bool:
        """Whether the server is older than that, which can't be, since it has the thing."""
        return not self.has_own_numbers and numbers(version)[:2] > self.facts.release

    def _known_since(self, place: Place) -> str | None:
        """Since when the specification says so; None: the product does not have it."""
        newest = self.content["since"][self.product]
        for around in place.chain():
            since = around.entry.get("since")
            if since is not None and self.product not in since:
                return None
            newest = max(newest, (since or {}).get(self.product, newest), key=numbers)
        return newest

    def _arguments_since(self, alignment: Alignment) -> None:
        """Arguments that only the other product was known to have, or an older one than thought."""
        for node, place in alignment.matched():
            missing = [p for p in place.chain() if self.product not in p.entry.get("since", {self.product: ""})]
            told = self._taken_over(node, missing) if missing else self._told_since(node)
            for around in missing:
                around.entry["since"] = dict(sorted({**around.entry["since"], self.product: told}.items()))
            if missing and self.is_known:
                self.found.arguments.append(f"{self.name} {node}: {self.product} {told}")
            own = self._known_since(place)
            if not missing and own and self._is_later(own):
                self._correct_since(place, node, told, own)

    def _taken_over(self, node: Node, missing: list[Place]) -> str:
        """Since when, where the other product is known to have it: Valkey took over what Redis 7.2 had."""
        others = [v for around in missing for v in around.entry["since"].values()]
        newest = max(others, key=numbers)
        return newest if node.since is None and numbers(newest)[:2] <= FORK else self._new_since(node)

    def _correct_since(self, place: Place, node: Node, told: str, own: str) -> None:
        for around in place.chain():
            since = around.entry.get("since", {})
            if self.product in since and numbers(since[self.product]) > numbers(told):
                since[self.product] = told
        self.found.since.append(f"{self.name} {node}: {told}, not {own}")

    def _new_argument(self, node: Node, alignment: Alignment) -> None:
        spot = alignment.spot_for(node)
        told = self._new_since(node)
        try:
            if not node.optional and (node.parent is None or node.parent.type != "oneof"):
                raise Unclear("every call has it")
            if spot is None:
                raise Unclear("it has no neighbour here")
            taken = {p.entry["name"] for p in alignment.places}
            argument = converted_node(self.command, node, self.product, taken)
        except Unclear as reason:
            self.decide(f"new argument {node} ({self.product} {told}): to be written by hand, for {reason}")
            return
        if spot.role == "oneof":
            argument.pop("optional", None)
        else:
            argument["optional"] = True
        argument.update(since={self.product: told}, undecided=True)
        struct = f"{c_name(self.name)}_{argument['name']}"
        if "of" in argument and any(f["name"] == struct for f in self.content["functions"]):
            argument.setdefault("struct", f"{struct}_part")
        argument = ordered(argument)
        alignment.add(node, spot, argument)
        if spot.siblings is self.content["args"]:
            self._offer(argument)
        elif spot.role == "oneof":
            self._offer_branch(argument, spot.siblings)
        self.found.arguments.append(f"{self.name} {node}: {self.product} {told}")

    def _new_since(self, node: Node) -> str:
        """Since when, of what the product was not known to have; trees are silent on some arguments."""
        told = self._told_since(node)
        if node.since is not None:
            return told
        changed = [v for v in self.command.history if numbers(v) > numbers(told) and not self._is_later(v)]
        if not changed and not self.has_own_numbers:
            changed = [self.facts.first_version]
            self.decide(f"{node}: since when: the server does not say it; {changed[0]} is its own version")
        return changed[-1] if changed else told

    def _offer(self, argument: dict) -> None:
        """Lets functions take a new option: those with options, else a new one."""
        order = [a["name"] for a in self.content["args"]]
        functions = self.content["functions"]
        takers = [f for f in functions if f["name"].endswith("_with")]
        if not takers:
            base = functions[0]
            taker = {**_unsaid(base), "name": f"{base['name']}_with", "since": dict(argument["since"])}
            functions.append(taker)
            takers = [taker]
        for taker in takers:
            words = taker["args"].split() + [argument["name"]]
            words.sort(key=lambda word: order.index(_name_of(word)))
            taker["args"] = " ".join(words)

    def _offer_branch(self, branch: dict, siblings: list[dict]) -> None:
        """A choice that functions make by themselves: a function for the new branch."""
        name = next((a["name"] for a in self.content["args"] if a.get("oneof") is siblings), None)
        functions = [f for f in self.content["functions"] if name in map(_name_of, f["args"].split())]
        picks = rf"\b{name}=\w+(:[a-z-]+)?"
        if name is None or not functions or not all(re.search(picks, f["args"]) for f in functions):
            return
        base = functions[0]
        args = re.sub(picks, f"{name}={branch['name']}", base["args"])
        new = {**_unsaid(base), "name": f"{c_name(self.name)}_{branch['name']}", "args": args,
               "since": dict(branch["since"])}
        if not any(f["args"] == args for f in self.content["functions"]):
            self.content["functions"].append(new)

    def _keys(self, alignment: Alignment) -> None:
        """How keys are used; only where both have the same number of them."""
        ours = [p.entry for p in alignment.places if p.entry.get("type") == "key"]
        theirs = [n for n in alignment.all_nodes() if n.type == "key" and n.key_spec is not None]
        if not self.is_news or len(ours) != len(theirs):
            return
        for entry, node in zip(ours, theirs):
            access = self.command.access(node.key_spec)
            if access and access != entry.get("access"):
                self.found.keys.append(f"{self.name} {entry['name']}: {access}, not {entry.get('access', 'unknown')}")
                _put_behind(entry, "access", access, "since" if "since" in entry else "type")

    def _missing(self, alignment: Alignment) -> None:
        """What the product had in an older version, or what only the other product has."""
        for place in alignment.unmatched_places():
            if self._known_since(place) is None:
                continue
            if not self.is_known:
                self.decide(f"{place.token}: {self.facts} does not tell of it; if so, give it a \"since\"")
            elif self.is_news and self.before and _has_word(self.before, place.token):
                self.decide(f"{place.token}: {self.facts} has it no more")

    def _moved_keys(self) -> None:
        if not self.before or not self.is_news:
            return
        was, now = ([spec.place for spec in c.key_specs] for c in (self.before, self.command))
        if was != now:
            self.decide("keys: they are found in another way than in the version before")
        arity = (self.before.arity, self.command.arity)
        if arity[0] is not None and arity[0] > 0 and arity[1] is not None and arity[1] > 0 and arity[0] != arity[1]:
            self.decide(f"words: every call has {arity[1]} now, not {arity[0]}")


def _has_word(command: CommandFacts, word: str) -> bool:
    return any(n.token is not None and n.token.upper() == word.upper() for n in command.walk())


def _unsaid(function: dict) -> dict:
    """A function without what a person said of it."""
    return {key: value for key, value in function.items() if key not in ("summary", "result", "since", "options")}


def _name_of(use: str) -> str:
    """"get!" -> "get": the argument's name in a function's list."""
    for i, sign in enumerate(use):
        if sign in "!=:":
            return use[:i]
    return use


def _put_behind(content: dict, key: str, value: object, before: str) -> None:
    """Sets a key; a new one comes behind another."""
    if key in content:
        content[key] = value
        return
    entries = list(content.items())
    content.clear()
    for name, entry in entries:
        content[name] = entry
        if name == before:
            content[key] = value
    content.setdefault(key, value)
