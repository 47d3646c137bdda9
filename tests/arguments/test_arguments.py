# SPDX-License-Identifier: MIT
"""Whatever the servers' argument trees allow can be sent, and what they exclude is refused.

Random commands are drawn from the trees and sent by the generated functions, for real: the words on
the wire have to be those drawn. What can't be sent so is a failure, unless spec/inexpressible.json
has a decision on it; a decision that nothing needs is a failure too.
"""

import itertools
import json
import random
from fnmatch import fnmatchcase

import jsonschema
import pytest
from conftest import DECISIONS, DRAWS, FURTHER_FACTS, ROOT, SEED, SOURCES, TREES, trees_of
from decisions import Decisions, came
from draw import Draw
from expressing import names_of, shown

TRIES = 60  # to draw a command that no decision is against
PAIRS = 12  # of branches that exclude each other, of each choice
TOLD = 20  # failures
NEEDED = 200  # draws to see that a decision is needed


def random_for(*what):
    return random.Random(":".join(map(str, (SEED, *what))))


def told(faults):
    more = [f"… and {len(faults) - TOLD} more"] if len(faults) > TOLD else []
    return "\n".join([f"REDISC_SEED={SEED} REDISC_DRAWS={DRAWS}"] + faults[:TOLD] + more)


def drawn(tree, decisions, *what, **how):
    """A command that no decision is against; None if there seems to be none."""
    rng = random_for(tree, *what)
    for _ in range(TRIES):
        draw = Draw(tree, decisions, rng, **how)
        if not decisions.broken(draw):
            return draw
    return None


def draws_of(tree, decisions):
    """Random commands of a tree, which together have each of its arguments."""
    missing = {node.path for node in tree.walk()}
    for number in range(DRAWS if missing else 1):
        draw = drawn(tree, decisions, number)
        if draw is not None:
            missing -= set(draw.seen)
            yield draw
    for path in sorted(missing):
        parts = path.split("/")
        if any(decisions.leaves_out("/".join(parts[:i + 1])) for i in range(len(parts))):
            continue
        draw = drawn(tree, decisions, path, wanted={path})
        if draw is None or path not in draw.seen:
            raise AssertionError(f"{tree}: the decisions let {path} never come")
        yield draw


@pytest.mark.parametrize("source", SOURCES)
def test_what_trees_allow_can_be_sent(source, functions):
    faults = []
    for tree in trees_of(source, functions):
        for draw in draws_of(tree, Decisions(tree.command, DECISIONS)):
            sent = functions.send(tree.command, draw)
            if sent.fault is not None and not sent.excluded:
                faults.append(f"{tree}: {shown(draw.words)}: {sent.fault}")
    assert not faults, told(faults)


# What trees exclude.


def choices(tree):
    return [node for node in tree.walk() if node.type == "oneof" and not node.multiple and len(node.arguments) > 1]


def merged(one, other):
    """The values of two calls; where both have one, that of the first."""
    result = dict(one)
    for name, value in other.items():
        if isinstance(value, dict) and isinstance(one.get(name), dict):
            result[name] = merged(one[name], value)
        else:
            result.setdefault(name, value)
    return result


def differing(one, other):
    """The names, and the enums' words, of what the first call has and the second has not."""
    names = set()
    for name, value in one.items():
        if isinstance(value, dict) and isinstance(other.get(name), dict):
            names |= differing(value, other[name])
        elif name not in other:
            names |= {name} | kinds(value) | ({value} if isinstance(value, str) else set())
    return names


def kinds(value):
    """The kinds of the items of a list that has several."""
    items = value if isinstance(value, list) else []
    return {item["kind"] for item in items if isinstance(item, dict) and "kind" in item}


def both(functions, one, other, tree):
    """The calls with what two draws have, by functions that can send either: (function, first's
    values, second's, both)."""
    for function in functions.functions(tree.command):
        first = next(functions.calls(one, function), None)
        second = next(functions.calls(other, function), None)
        if first is not None and second is not None and merged(first, second) != first:
            yield function, first, second, merged(first, second)


def fault_of_both(functions, function, first, second, values):
    """What is wrong with how a call with two options that exclude each other is answered."""
    status, words, text = functions.sender.call(function, values)
    call = f"{function.name} with {values}"
    if status != "REDISC_ERROR_ARGUMENT" or words:
        return f"{call}: {status}, sends {shown(words)}"
    names = set(names_of(text))
    if not names & differing(first, second) or not names & differing(second, first):
        return f"{call}: \"{text}\" does not name both"
    return None


def pairs_of(tree, decisions):
    """Two draws for each pair of branches that exclude each other, with nothing else that is optional."""
    for choice in choices(tree):
        branches = [b for b in choice.arguments if not decisions.leaves_out(b.path)]
        pairs = list(itertools.permutations(branches, 2))
        for one, other in random_for(tree, choice.path).sample(pairs, min(PAIRS, len(pairs))):
            draws = [drawn(tree, decisions, b.path, wanted={b.path}, often=0) for b in (one, other)]
            if None not in draws:
                yield draws


@pytest.mark.parametrize("source", SOURCES)
def test_what_trees_exclude_is_refused(source, functions):
    faults, refused = [], 0
    for tree in trees_of(source, functions):
        for one, other in pairs_of(tree, Decisions(tree.command, DECISIONS)):
            for call in both(functions, one, other, tree):
                fault = fault_of_both(functions, *call)
                refused += 1
                if fault is not None:
                    faults.append(f"{tree}: {fault}")
    assert not faults, told(faults)
    print(f"{refused} calls refused")


# Decisions.


def wanted_of(entry, tree, rng):
    """Paths for a draw that the entry is about; None if the tree has none."""
    patterns = entry.get("never_together", entry.get("not_all_zero", []))
    if "argument" in entry:
        patterns = [entry["argument"]] + ([entry["with"]] if "with" in entry else [])
    elif "never_together" in entry and len(patterns) > 2:
        patterns = rng.sample(patterns, 2)
    paths = [node.path for node in tree.walk()]
    chosen = [[path for path in paths if fnmatchcase(path, pattern)] for pattern in patterns]
    return {rng.choice(found) for found in chosen} if all(chosen) else None


def concerned(entry, command, decisions, functions):
    """Draws that only this entry is about, each with how it is sent without the entry."""
    rule = any(key in entry for key in ("never_together", "only_with", "at_most", "not_all_zero"))
    for tree in (t for t in TREES if t.command == command):
        rng = random_for(tree, entry)
        for _ in range(NEEDED):
            wanted = wanted_of(entry, tree, rng)
            if wanted is None:
                break
            zero = wanted if "never_zero" in entry or "not_all_zero" in entry else ()
            draw = Draw(tree, decisions, rng, wanted, rng.choice([0, 0.2]), zero)
            if decisions.broken(draw) or not wanted <= set(draw.seen) or not set(zero) <= draw.zeros:
                continue
            if came(entry.get("unless", ""), draw.seen):
                continue
            if not rule or Decisions(command, [entry]).broken(draw):
                yield draw, functions.send(command, draw)


def is_seen(entry, command):
    """Whether a tree that is here has what the entry is about; all have to, where all facts are."""
    return bool(FURTHER_FACTS) or any(wanted_of(entry, t, random.Random(0)) for t in TREES if t.command == command)


ONE_BY_ONE = [(e, command) for e in DECISIONS for command in e["commands"] if is_seen(e, command)]


@pytest.mark.parametrize("number", range(len(ONE_BY_ONE)),
                         ids=[f"{i}-{command}" for i, (_, command) in enumerate(ONE_BY_ONE)])
def test_a_decision_is_needed(number, functions):
    entry, command = ONE_BY_ONE[number]
    decisions = Decisions(command, DECISIONS).without(entry)
    found = list(itertools.islice(concerned(entry, command, decisions, functions), NEEDED))
    if not found and not FURTHER_FACTS:
        pytest.skip("there are no facts of further servers beside the repository")
    assert found, f"no tree of {command} has what {entry} is about"
    sent = [draw for draw, how in found if how.fault is None]
    values_only = "as" in entry or "values" in entry or "counts" in entry or "any_order" in entry
    if values_only:
        assert len(sent) < len(found), f"{command}: {entry} is not needed"
    else:
        assert not sent, f"{command}: {entry} is too broad: {shown(sent[0].words)} can be sent"


def test_decisions_are_well_formed(functions):
    schema = json.loads((ROOT / "spec/schema/inexpressible.schema.json").read_text(encoding="utf-8"))
    faults = jsonschema.Draft202012Validator(schema).iter_errors({"decisions": DECISIONS})
    assert [f"{fault.json_path}: {fault.message}" for fault in faults] == []
    assert [command for _, command in ONE_BY_ONE if command not in functions.commands] == []
