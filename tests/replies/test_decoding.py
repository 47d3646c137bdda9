# SPDX-License-Identifier: MIT
"""Every branch of the schemas can be read: a reply made of it has a function of its command that reads
it, and whatever the schema leaves open is found in the result."""

import functools
import os
import random
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from conftest import EXCEPTIONS, ROOT, SCHEMAS
from making import Made, wire
from redisc_binding import Library
from schemas import fits, parts
from spec_examples import SPEC, arguments

TRIES = 40
COMMANDS = {c.words: [f for f in c.functions if not f.is_legacy] for c in SPEC.commands if c.functions}
NAMES = sorted(set(SCHEMAS.usual) & set(COMMANDS)) if SCHEMAS else ["no command"]


@functools.lru_cache(maxsize=None)
def library():
    path = Path(os.environ.get("REDISC_BUILD", ROOT / "build/plain")) / "libredisc.so"
    assert path.is_file(), f"there is no {path}; build it first"
    return Library(path, ROOT / "generated/api.json")


def read(function, example, reply):
    """What the example's call makes of a reply: (the fault or None, the result)."""
    values, options = arguments(library(), function, example)
    with library().codec() as codec:
        call = codec.queue(f"redisc_{function.name}", *values, options=options)
        assert not call.failed, library().last_error().text
        codec.output()
        if codec.feed(reply) < 0:
            return f"{function.name}: {codec.fault().text}", None
        return None, call.result() if function.out else None


def scalars(value):
    """All texts and numbers of a result, as texts."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return {text for inner in value for text in scalars(inner)}
    if isinstance(value, bytes):
        return {value.decode("latin-1")}
    return {f"{value:.17g}" if isinstance(value, float) else str(value)}


def lost(made, result):
    """The values of a reply that its result has not."""
    found = scalars(result)
    return [v for v in made.values if (f"{v:.17g}" if isinstance(v, float) else str(v)) not in found]


def fault_of(name, schema, branch):
    """Why a branch can't be read; None if it can."""
    faults = []
    for seed in range(TRIES):
        made = Made(schema, branch, random.Random(seed))
        if not fits(schema, made.reply):
            faults.append(f"{made.reply} does not fit")
            continue
        for function in COMMANDS[name]:
            for example in function.examples:
                if example.sends is None:
                    continue
                fault, result = read(function, example, wire(made.reply))
                missing = [] if fault else lost(made, result)
                if not fault and not missing:
                    return None
                faults.append(fault or f"{function.name} loses {missing} of {made.reply}")
    return min(faults, key=lambda fault: " loses " not in fault)


def branches_of(schema):
    """The branches of a schema; the whole, if there are none."""
    return [at for at, _ in parts(schema)] or [""]


def exceptions(name, branch):
    return [entry for entry in EXCEPTIONS["branches"]
            if name in entry["commands"] and fnmatchcase(branch, entry["branch"])]


@pytest.mark.parametrize("name", NAMES)
def test_every_branch_can_be_read(name, schemas):
    faults = []
    for schema in schemas.all(name):
        for branch in branches_of(schema):
            fault = fault_of(name, schema, branch)
            listed = exceptions(name, branch)
            if fault and not listed:
                faults.append(f"{branch or 'the reply'}: {fault}")
            elif listed and not fault:
                faults.append(f"{branch or 'the reply'} can be read: it needs no exception")
    assert not faults, "\n".join(faults)


def test_exceptions_are_of_commands(schemas):
    named = {name for entry in EXCEPTIONS["branches"] for name in entry["commands"]}
    assert named <= set(NAMES)
    for entry in EXCEPTIONS["branches"]:
        for name in entry["commands"]:
            branches = branches_of(schemas.usual[name])
            assert any(fnmatchcase(at, entry["branch"]) for at in branches), (name, entry)
