# SPDX-License-Identifier: MIT
"""Random commands that an argument tree allows.

A drawn command is made of pieces: words, sequences of pieces (tuples), and `AnyOrder`: options that
stand side by side in the tree and begin with a word of their own, which servers take in any order.
"""

from collections import Counter
from dataclasses import dataclass

# What says how many items follow; nothing in the trees marks it but the name.
COUNTS = {"numkeys", "numKeys", "numfields", "num_fields", "numids", "numranges", "num-vertices",
          "count", "nargs", "nproperties"}
COUNTS_OF_WORDS = {"nargs"}
MANY = 3  # items of a list, at most
OFTEN = 0.35  # how likely an option is
SELDOM = 0.1  # how likely a number is 0
NUMBERS = ("integer", "unix-time", "double", "duration")


@dataclass(frozen=True)
class AnyOrder:
    """Pieces whose order does not matter."""

    pieces: tuple


class Count(bytes):
    """A word that says how many follow."""


@dataclass(frozen=True)
class Slot:
    """A place for a value, which may depend on what else the command has."""

    path: str
    type: str


class Draw:
    """One command. `wanted`: paths that are taken wherever there is a choice; `often`: how likely
    options are that nothing wants; `zero`: paths of numbers that are 0 whatever the decisions say."""

    def __init__(self, tree, decisions, rng, wanted=(), often=OFTEN, zero=()):
        self.decisions = decisions
        self.rng = rng
        self.wanted = wanted
        self.often = often
        self.zero = zero
        self.zeros = set()  # the paths of numbers that are 0
        self.seen = Counter()  # how often each path came
        self.number = 0  # of values
        pieces = self.siblings(tree.nodes)
        self.pieces = self.filled(pieces)
        self.words = flat(self.pieces)

    # The structure.

    def siblings(self, nodes):
        """Arguments side by side."""
        nodes = [n for n in nodes if not self.decisions.leaves_out(n.path)]
        pieces, options = [], []
        rows = None  # how many items the list before this one has, if they have to be as many
        place = 0
        while place < len(nodes):
            one = nodes[place]
            following = nodes[place + 1] if place + 1 < len(nodes) else None
            counted = self.decisions.counts(one.path)
            if counted == "rest":
                return tuple(pieces + self.any_order(options)) + self.counted_rest(one, nodes[place + 1:])
            if self.is_count(one, following):
                new, taken = self.counted(one, following, counted), 2
            else:
                equal = following is not None and one.multiple and following.multiple and not following.optional
                rows = rows or (self.how_many() if equal else None)
                new, taken = self.node(one, rows), 1
                rows = rows if equal else None
            if taken == 1 and one.optional and one.is_named:
                options += [new] if new else []
            else:
                pieces += self.any_order(options) + list(new)
                options = []
            place += taken
        return tuple(pieces + self.any_order(options))

    @staticmethod
    def any_order(options):
        return [AnyOrder(tuple(options))] if len(options) > 1 else [w for option in options for w in option]

    def wants(self, one):
        return any(path == one.path or path.startswith(one.path + "/") for path in self.wanted)

    def how_many(self):
        return self.rng.randint(1, MANY)

    @staticmethod
    def is_count(one, following):
        return (one.type in ("integer", "string") and one.name in COUNTS and not one.optional
                and following is not None and following.multiple)

    def counted(self, one, following, how):
        """A list behind the number of its items, or of its words."""
        self.seen[one.path] += 1
        items = self.items(following)
        of_words = how == "words" or one.name in COUNTS_OF_WORDS
        count = size(items) if of_words else len(items)
        return one.words + (Count(b"%d" % count),) + tuple(w for item in items for w in item)

    def counted_rest(self, one, others):
        """The number of all words that follow."""
        self.seen[one.path] += 1
        rest = self.siblings(others)
        return one.words + (Count(b"%d" % size(rest)),) + rest

    def node(self, one, rows=None):
        """The pieces of an argument."""
        items = self.items(one, rows)
        if self.decisions.has_any_order(one.path):
            items = ((AnyOrder(items),),)
        if one.multiple and one.words and not one.multiple_token:
            return one.words + tuple(w for item in items for w in item) if items else ()
        return tuple(w for item in items for w in item)

    def items(self, one, rows=None):
        """The pieces of each of an argument's values; none if it is left out."""
        if one.optional and not self.wants(one) and self.rng.random() > self.often:
            return ()
        rows = (rows or self.how_many()) if one.multiple else 1
        self.seen[one.path] += 1
        head = one.words if one.multiple_token or not one.multiple else ()
        return tuple(head + self.value(one) for _ in range(rows))

    def value(self, one):
        """What stands behind the token."""
        if one.type == "pure-token":
            return ()
        if one.type == "block" and one.arguments:
            return self.siblings(one.arguments)
        if one.type == "oneof":
            return self.branch(one)
        return (Slot(one.path, one.type),)

    def branch(self, one):
        branches = [b for b in one.arguments if not self.decisions.leaves_out(b.path)]
        wanted = [b for b in branches if self.wants(b)]
        branch = self.rng.choice(wanted or branches)
        optional, branch.optional = branch.optional, False  # one of them has to be there
        pieces = self.node(branch)
        branch.optional = optional
        return pieces

    # The values.

    def filled(self, pieces):
        result = []
        for piece in pieces:
            if isinstance(piece, Slot):
                result += self.slot(piece)
            elif isinstance(piece, AnyOrder):
                result.append(AnyOrder(self.filled(piece.pieces)))
            else:
                result.append(self.filled(piece) if isinstance(piece, tuple) else piece)
        return tuple(result)

    def slot(self, slot):
        """The words of a value: one, but where the facts are mistaken."""
        decision = self.decisions.value(slot.path, self.seen) or {}
        if "values" in decision:
            chosen = self.rng.choice(decision["values"])
            return [w.encode() for w in ([chosen] if isinstance(chosen, str) else chosen)]
        type_ = decision.get("as", slot.type)
        if type_ in NUMBERS and self.is_zero(slot.path):
            self.zeros.add(slot.path)
            return [b"0"]
        return [self.scalar(type_)]

    def is_zero(self, path):
        return path in self.zero or (self.rng.random() < SELDOM and not self.decisions.forbids_zero(path, self.seen))

    def scalar(self, type_):
        """A value that no other argument of the command has."""
        rng = self.rng
        self.number += 1
        if type_ in ("integer", "unix-time"):
            return b"%d" % rng.choice([self.number, 1000 + self.number, 2 ** 40 + self.number])
        if type_ == "duration":
            return f"{self.number}{rng.choice(['', '.5'])}".encode()
        if type_ == "double":
            head, tail = rng.choice(["", "-", "1", "-12345"]), rng.choice(["", ".5", ".125"])
            return f"{head}{self.number}{tail}".encode()
        if type_ == "score-bound":
            return rng.choice([b"-inf", b"(%d" % self.number, b"%d.5" % self.number])
        tail = rng.choice([b"", b" \r\n", b"\0\xff", b"\xc3\xa9", b"x" * 70])
        return b"%s-%d%s" % (type_[:1].encode(), self.number, tail)


def flat(pieces):
    """The words of pieces, in the order in which they were drawn."""
    words = []
    for piece in pieces:
        if isinstance(piece, (bytes, Slot)):
            words.append(piece)
        else:
            words += flat(piece.pieces if isinstance(piece, AnyOrder) else piece)
    return words


def size(pieces):
    """How many words the pieces are."""
    return len(flat(pieces))


def arranged(pieces, rank):
    """The same pieces with those of any order sorted by the rank of their first words."""
    result = []
    for piece in pieces:
        if isinstance(piece, AnyOrder):
            inner = sorted((arranged((p,), rank) for p in piece.pieces), key=lambda p: rank(flat(p)[0]))
            result += inner
        else:
            result.append(arranged(piece, rank) if isinstance(piece, tuple) else piece)
    return tuple(result)


def agrees(pieces, words):
    """Whether the words are those of the pieces, in an order that these allow."""
    return any(end == len(words) for end in _ends(tuple(pieces), words, 0))


def _ends(pieces, words, at):
    """The places where the pieces can end."""
    if not pieces:
        yield at
        return
    first, rest = pieces[0], pieces[1:]
    if isinstance(first, bytes):
        if at < len(words) and words[at] == first:
            yield from _ends(rest, words, at + 1)
    elif isinstance(first, AnyOrder):
        if not first.pieces:
            yield from _ends(rest, words, at)
        for i, piece in enumerate(first.pieces):
            others = AnyOrder(first.pieces[:i] + first.pieces[i + 1:])
            yield from _ends((piece, others) + rest, words, at)
    else:
        yield from _ends(tuple(first) + rest, words, at)
