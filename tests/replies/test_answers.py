# SPDX-License-Identifier: MIT
"""What servers answered the live tests fits the schemas of replies."""

import functools

import pytest
from conftest import EXCEPTIONS, RECORDS, SCHEMAS
from recorded import ServerError, answers
from schemas import fault, fits, parts, taken

RECORDED = sorted(path.name for path in RECORDS.iterdir() if any(path.iterdir())) if RECORDS.is_dir() else []
TOLD = 20
SHOWN = 200  # characters of a reply


@functools.lru_cache(maxsize=None)
def checked(server):
    """The answers of a server that have schemas: (command, words, reply, schemas, whether it fits)."""
    found = []
    for answer in answers(RECORDS / server):
        name = SCHEMAS.name_of(answer.words)
        if name is not None and not isinstance(answer.reply, ServerError):
            candidates = SCHEMAS.of(name, server)
            good = [schema for schema in candidates if fits(schema, answer.reply)]
            found.append((name, answer.words, answer.reply, good or candidates, bool(good)))
    return found


def listed(name):
    return any(name in entry["commands"] for entry in EXCEPTIONS["answers"])


@pytest.mark.parametrize("server", RECORDED or ["none"])
def test_every_reply_fits_its_schema(server, schemas):
    if server not in RECORDED:
        pytest.skip("no live tests were recorded")
    replies = checked(server)
    assert len({name for name, *_ in replies}) > 100, "hardly anything was recorded"
    faults = [f"{b' '.join(words)[:SHOWN]} gives {str(reply)[:SHOWN]}: {fault(candidates[0], reply)}"
              for name, words, reply, candidates, good in replies if not good and not listed(name)]
    assert not faults, "\n".join(faults[:TOLD])


def test_mistakes_of_schemas_are_met(schemas):
    if not RECORDED:
        pytest.skip("no live tests were recorded")
    met = {name for server in RECORDED for name, *_, good in checked(server) if not good}
    commands = {name for entry in EXCEPTIONS["answers"] for name in entry["commands"]}
    if len(RECORDED) > 1:
        assert commands - met == set(), "these answers fit their schemas"


def test_branches_that_came(schemas):
    """Writes down which branches of the schemas no live test has seen."""
    if not RECORDED:
        pytest.skip("no live tests were recorded")
    called, seen = set(), set()
    for server in RECORDED:
        for name, _, reply, candidates, _ in checked(server):
            called.add(name)
            if schemas.usual[name] in candidates:
                seen |= {(name, branch) for branch in taken(schemas.usual[name], reply)}
    known = [(name, at) for name in sorted(called) for at, _ in parts(schemas.usual[name])]
    missing = [f"{name} {at}" for name, at in known if (name, at) not in seen]
    silent = sorted(set(schemas.usual) - called)
    text = [f"{len(known) - len(missing)} of {len(known)} branches of {len(called)} commands came.", "", "Not seen:",
            *missing, "", f"{len(silent)} commands with a schema gave no reply:", *silent]
    (RECORDS.parent / "branches-not-seen.txt").write_text("\n".join(text) + "\n", encoding="utf-8")
    print(text[0])
    assert len(seen) > 200, text[0]
