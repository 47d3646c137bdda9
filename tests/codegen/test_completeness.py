# SPDX-License-Identifier: MIT
"""No command of a server is forgotten: each is specified, or listed with the reason why it is not.

The facts come from spec/facts/, and from a folder of facts beside the repository where there is one.
"""
import json

import pytest
from conftest import ROOT

from codegen.build import build
from codegen.check import version_key
from codegen.load import load
from codegen.problems import Problems

FACTS = sorted((ROOT / "spec" / "facts").glob("*.json"))
INDEX = ROOT.parent / "shared" / "servers" / "command-index.json"

# What servers understand but do not list: subcommands of DEBUG.
UNLISTED = {"DEBUG HELP", "DEBUG OBJECT", "DEBUG SEGFAULT", "DEBUG SET-ACTIVE-EXPIRE", "DEBUG SLEEP"}


@pytest.fixture(scope="module")
def spec():
    problems = Problems()
    result = build(load(ROOT / "spec", problems), problems)
    assert list(problems) == []
    return result


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def forgotten(names, spec):
    """Those of the names that the specification does not know at all."""
    known = {command.words for command in spec.commands} | set(spec.internal)
    return sorted(set(names) - known)


def test_there_are_facts():
    assert {"redis", "redis-sentinel", "valkey", "valkey-sentinel"} <= {read(path)["product"] for path in FACTS}


@pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)
def test_every_command_of_a_server(path, spec):
    assert forgotten(read(path)["commands"], spec) == []


@pytest.mark.parametrize("path", FACTS, ids=lambda path: path.stem)
def test_a_server_has_nothing_that_is_newer_than_it(path, spec):
    facts = read(path)
    product = facts["product"].removesuffix("-sentinel")
    for command in spec.commands:
        if command.words in facts["commands"]:
            since = command.since.get(product)
            assert since is not None, f"{command.words} is not in {product}"
            assert version_key(since) <= version_key(facts["version"]), command.words


def test_every_command_of_all_known_servers(spec):
    if not INDEX.is_file():
        pytest.skip("there are no facts of further servers beside the repository")
    index = read(INDEX)
    assert forgotten(index, spec) == []
    unknown = {command.words for command in spec.commands} - set(index)
    assert unknown == UNLISTED


def test_what_is_left_out_has_a_reason_and_what_is_not_has_functions(spec):
    for command in spec.commands:
        assert bool(command.functions) != bool(command.omitted), command.words
    assert all(spec.internal.values())


def test_a_forgotten_command_is_told(spec):
    assert forgotten(["GET", "PSYNC", "GOT"], spec) == ["GOT"]
