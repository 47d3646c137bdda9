# SPDX-License-Identifier: MIT
"""Which argument of the specification is which one of a server's tree.

The specification's arguments are arranged in its own way, so they are told by their words (tokens), and by
what they stand in; values without a word by their order.
"""
from __future__ import annotations

from dataclasses import dataclass

from .facts import Node, is_count


@dataclass
class Place:
    """An argument of the specification, and where it stands."""

    entry: dict
    siblings: list[dict]
    role: str  # args, of or oneof
    parent: Place | None

    @property
    def index(self) -> int:
        return next(i for i, entry in enumerate(self.siblings) if entry is self.entry)

    @property
    def token(self) -> str | None:
        return self.entry.get("token")

    def up(self, *roles: str) -> Place | None:
        """This place, or the next around it that has one of the roles."""
        place: Place | None = self
        while place is not None and place.role not in roles:
            place = place.parent
        return place

    def chain(self) -> list[Place]:
        """From the outermost argument to this one."""
        return (self.parent.chain() if self.parent else []) + [self]


@dataclass
class Spot:
    """Where a new argument goes: into a list of arguments, at an index."""

    siblings: list[dict]
    index: int
    role: str


def places(arguments: list[dict], role: str = "args", parent: Place | None = None):
    """All arguments, outer ones first."""
    for entry in arguments:
        place = Place(entry, arguments, role, parent)
        yield place
        for inner in ("of", "oneof"):
            yield from places(entry.get(inner, []), inner, place)


def _context(thing: Node | Place) -> tuple[str, ...]:
    """The words of what the argument is in."""
    around = thing.parent
    own = () if around is None or around.token is None else (around.token.upper(),)
    return (() if around is None else _context(around)) + own


def _words(place: Place):
    """The token, and each word of it if there are several, with the words that stand around."""
    if place.token is None:
        return
    token, around = place.token.upper(), _context(place)
    yield token, around
    words = token.split(" ")
    if len(words) > 1:
        for i, word in enumerate(words):
            yield word, around + tuple(words[:i])


class Alignment:
    """The arguments of a command, in both arrangements."""

    def __init__(self, nodes: list[Node], arguments: list[dict]) -> None:
        self.nodes = nodes
        self.arguments = arguments
        self.places = list(places(arguments))
        self._of: dict[int, Place] = {}
        self._match_words()
        self._match_values()

    def place(self, node: Node) -> Place | None:
        return self._of.get(id(node))

    def add(self, node: Node, spot: Spot, entry: dict) -> None:
        """Puts a new argument in its place."""
        spot.siblings.insert(spot.index, entry)
        around = next((p.parent for p in self.places if p.siblings is spot.siblings), None)
        place = Place(entry, spot.siblings, spot.role, around)
        self.places.append(place)
        self._of[id(node)] = place

    def all_nodes(self) -> list[Node]:
        return [n for node in self.nodes for n in node.walk()]

    def matched(self) -> list[tuple[Node, Place]]:
        return [(n, self._of[id(n)]) for n in self.all_nodes() if id(n) in self._of]

    def _match_words(self) -> None:
        units: dict[str, list[tuple[Place, tuple[str, ...]]]] = {}  # by word: the argument, and what is around the word
        for place in self.places:
            for word, around in _words(place):
                units.setdefault(word, []).append((place, around))
        nodes = [n for n in self.all_nodes() if n.token is not None]
        used: dict[tuple[int, str], Node] = {}
        rules = (lambda n, key, around: key not in used and _context(n) == around,
                 lambda n, key, around: key not in used,
                 lambda n, key, around: _context(used[key]) == _context(n))  # a tree may say a thing twice
        for rule in rules:
            for node in nodes:
                word = node.token.upper()
                if id(node) in self._of:
                    continue
                for place, around in units.get(word, []):
                    key = (id(place.entry), word)
                    if rule(node, key, around):
                        used.setdefault(key, node)
                        self._of[id(node)] = place
                        break

    def _match_values(self) -> None:
        """The values that every call has, by their order."""
        ours = [p for p in self.places if p.role == "args" and _is_plain(p.entry)]
        theirs = _plain_nodes(self.nodes)
        if len(ours) == len(theirs):
            self._of.update({id(node): place for node, place in zip(theirs, ours)})

    def unmatched_words(self) -> list[Node]:
        """The outermost arguments of which no word is known here."""
        return [n for node in self.nodes for n in self._unmatched(node)]

    def _unmatched(self, node: Node) -> list[Node]:
        words = [n for n in node.tokens() if not _is_a_value(n)]
        if words and not any(id(n) in self._of for n in words):
            return [node]
        return [n for inner in node.nodes for n in self._unmatched(inner)]

    def unmatched_places(self) -> list[Place]:
        """The arguments whose own word the server's tree does not have."""
        words = {word for n in self.all_nodes() if n.token is not None
                 for word in (n.token.upper(), *n.token.upper().split(" "))}
        return [p for p in self.places if p.token is not None and p.token.upper() not in words
                and not set(p.token.upper().split(" ")) <= words]

    def spot_for(self, node: Node) -> Spot | None:
        """Where a new argument belongs."""
        siblings = node.parent.nodes if node.parent else self.nodes
        own = siblings.index(node)
        if node.parent is not None and node.parent.type == "oneof":
            return self._branch_spot(node, siblings, own)
        roles = ("args", "of") if node.parent is not None else ("args",)
        for before in reversed(siblings[:own]):
            anchor = self._last_place(before, roles)
            if anchor is not None:
                return Spot(anchor.siblings, anchor.index + 1, anchor.role)
        for after in siblings[own + 1:]:
            anchor = self._first_place(after, roles)
            if anchor is not None:
                return Spot(anchor.siblings, anchor.index, anchor.role)
        any_place = all("optional" in entry for entry in self.arguments)
        if node.parent is None and (own == len(siblings) - 1 or any_place):
            return Spot(self.arguments, len(self.arguments), "args")
        return None

    def _branch_spot(self, node: Node, siblings: list[Node], own: int) -> Spot | None:
        """Behind the branch that it follows, if the others are branches of one choice.

        A choice that may be made several times can be a row of options here, and then it is one more of them.
        """
        before: list[Place] = []
        after: list[Place] = []
        for sibling in siblings:
            place = next((self.place(word) for word in sibling.tokens()), None) if sibling is not node else None
            if place is not None:
                (before if siblings.index(sibling) < own else after).append(place)
        for role in ("oneof", "args") if node.parent.multiple else ("oneof",):
            behind, ahead = ([p.up(role) for p in found] for found in (before, after))
            anchors = [p for p in behind + ahead if p is not None]
            options = role == "args" and not all("optional" in p.entry for p in anchors)
            if anchors and len(anchors) == len(behind + ahead) and not options and all(
                    p.siblings is anchors[0].siblings for p in anchors):
                return Spot(anchors[0].siblings, behind[-1].index + 1 if behind else anchors[0].index, role)
        return None

    def _last_place(self, node: Node, roles: tuple[str, ...]) -> Place | None:
        found = [p.up(*roles) for p in map(self.place, node.walk()) if p is not None]
        return max((p for p in found if p), key=lambda p: p.index, default=None)

    def _first_place(self, node: Node, roles: tuple[str, ...]) -> Place | None:
        found = [p.up(*roles) for p in map(self.place, node.walk()) if p is not None]
        return min((p for p in found if p), key=lambda p: p.index, default=None)


def _is_plain(entry: dict) -> bool:
    return "type" in entry and "token" not in entry and "optional" not in entry


def _is_a_value(node: Node) -> bool:
    """A word in the place of a value, like XADD's `*`: it can be sent as that value."""
    beside = node.parent.nodes if node.parent and node.parent.type == "oneof" else []
    return node.type == "pure-token" and any(n.type in ("string", "pattern") and n.token is None for n in beside)


def _plain_nodes(nodes: list[Node]) -> list[Node]:
    """The values that every call has; a count belongs to what it counts."""
    result: list[Node] = []
    for node, follower in zip(nodes, nodes[1:] + [None]):
        if node.optional or node.token is not None or (follower is not None and is_count(node, follower)):
            continue
        if node.type == "block" and not node.multiple:
            result += _plain_nodes(node.nodes)
        elif node.is_value:
            result.append(node)
    return result
