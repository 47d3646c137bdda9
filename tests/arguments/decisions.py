# SPDX-License-Identifier: MIT
"""What trees allow and functions do not: the decisions of spec/inexpressible.json.

An entry names its commands, the reason, and one of:

    "never_together": ["a", "b"]                at most one of these comes in a command
    "argument": "a", "only_with": ["b", "c"]    a comes only if one of the others does
    "argument": "a", "at_most": 1               how often each of a comes
    "argument": "a", "left_out": true           it never comes
    "argument": "a", "never_zero": true         it is not 0
    "not_all_zero": ["a", "b"]                  not all of these are 0
    "argument": "a", "as": "integer"            its values are of this type, not of the tree's
    "argument": "a", "values": […]              its values are these; one of several words is a list
    "argument": "a", "counts": "rest"           it is the number of all words behind it, or with "words"
                                                of those of the list behind it
    "argument": "a", "any_order": true          the items of this list may come in any order

"as", "values", "at_most" and "never_zero" may have "with" or "unless": an argument with which, or
without which, it is so.
Arguments are paths of names in the tree, "expiration/seconds", and may have stars; the second of two
siblings with one name has its token too: "key#STORE".
"""

import json
from collections import Counter
from fnmatch import fnmatchcase


def read_decisions(path):
    return json.loads(path.read_text(encoding="utf-8"))["decisions"]


def came(pattern, seen):
    """How often arguments of a pattern came."""
    return sum(times for path, times in seen.items() if fnmatchcase(path, pattern))


def _holds(entry, seen):
    """Whether an entry is about a command with these arguments."""
    if "with" in entry:
        return came(entry["with"], seen) > 0
    return "unless" not in entry or not came(entry["unless"], seen)


class Decisions:
    """The decisions on one command."""

    def __init__(self, command, entries):
        self.command = command
        self.entries = [e for e in entries if command in e["commands"]]

    def without(self, entry):
        return Decisions(self.command, [e for e in self.entries if e is not entry])

    def _on(self, path, key):
        return [e for e in self.entries if key in e and fnmatchcase(path, e["argument"])]

    def leaves_out(self, path):
        return bool(self._on(path, "left_out"))

    def counts(self, path):
        found = self._on(path, "counts")
        return found[0]["counts"] if found else None

    def has_any_order(self, path):
        return bool(self._on(path, "any_order"))

    def value(self, path, seen):
        """The decision on a value of a command that has these arguments; None if there is none."""
        return next((e for e in self._on(path, "as") + self._on(path, "values") if _holds(e, seen)), None)

    def forbids_zero(self, path, seen):
        return any(_holds(entry, seen) for entry in self._on(path, "never_zero"))

    def broken(self, draw):
        """The rules that a drawn command breaks."""
        return [e for e in self.entries if self._breaks(e, draw.seen, draw.zeros)]

    @staticmethod
    def _breaks(entry, seen: Counter, zeros: set):
        if "not_all_zero" in entry:
            return all(any(fnmatchcase(path, pattern) for path in zeros) for pattern in entry["not_all_zero"])
        if "never_together" in entry:
            return sum(came(pattern, seen) > 0 for pattern in entry["never_together"]) > 1
        if "only_with" in entry:
            return came(entry["argument"], seen) > 0 and not any(came(p, seen) for p in entry["only_with"])
        return ("at_most" in entry and _holds(entry, seen)
                and any(times > entry["at_most"] for path, times in seen.items()
                        if fnmatchcase(path, entry["argument"])))
