# SPDX-License-Identifier: MIT
"""The tools of these tests would see a difference."""

import random

import grammar
import pytest
from decisions import Decisions
from draw import AnyOrder, Draw, agrees, arranged, flat
from trees import nodes_of, Tree


@pytest.mark.parametrize("words, fits", [
    ([b"k", b"NX", b"EX", b"1"], True),
    ([b"k", b"EX", b"1", b"NX"], True),
    ([b"k", b"EX", b"NX", b"1"], False),
    ([b"NX", b"k", b"EX", b"1"], False),
    ([b"k", b"NX", b"EX", b"2"], False),
    ([b"k", b"NX", b"EX"], False),
    ([b"k", b"NX", b"EX", b"1", b"NX"], False),
])
def test_orders(words, fits):
    assert agrees((b"k", AnyOrder(((b"NX",), (b"EX", b"1")))), words) == fits


def test_arranged_by_rank():
    pieces = (b"k", AnyOrder(((b"B", b"1"), (b"A",))))
    assert flat(arranged(pieces, [b"A", b"B"].index)) == [b"k", b"A", b"B", b"1"]


@pytest.mark.parametrize("type_, word, value", [
    ("integer", b"12", 12),
    ("integer", b"012", None),
    ("integer", b"9223372036854775808", None),
    ("unsigned", b"9223372036854775808", 2 ** 63),
    ("unsigned", b"-1", None),
    ("double", b"2.5", 2.5),
    ("double", b"2.50", None),
    ("double", b"inf", "inf"),
    ("score-bound", b"(2", {"score": 2.0, "exclusive": True}),
    ("string", b"\xff", {"hex": "ff"}),
])
def test_values_of_words(type_, word, value):
    assert grammar.scalar(type_, word) == value


def calls(functions, command, *words):
    return [(f.name, values) for f in functions.functions(command) for values in grammar.calls(f, list(words))]


def test_what_no_function_sends(functions):
    assert calls(functions, "SET", b"k", b"v", b"NX", b"XX") == []
    assert calls(functions, "SET", b"k", b"v", b"EX", b"1", b"EX", b"1") == []
    assert calls(functions, "SET", b"k") == []
    assert calls(functions, "LMPOP", b"2", b"k", b"LEFT") == []


def test_what_functions_send(functions):
    assert calls(functions, "SET", b"k", b"v") == [("set", {"key": "k", "value": "v"}),
                                                   ("set_with", {"key": "k", "value": "v"})]
    assert calls(functions, "LMPOP", b"1", b"k", b"LEFT", b"COUNT", b"2") == [
        ("lmpop_with", {"keys": ["k"], "where": "left", "count": 2})]


def test_a_call_that_is_refused(functions):
    function = next(f for f in functions.functions("SET") if f.name == "set_with")
    status, words, text = functions.sender.call(function, {"key": "k", "value": "v", "ex": 1, "px": 2})
    assert (status, words) == ("REDISC_ERROR_ARGUMENT", [])
    assert "`ex` and `px` exclude each other" in text


def test_draws_follow_decisions():
    tree = Tree("TAKE", nodes_of([
        {"name": "numkeys", "type": "integer"},
        {"name": "key", "type": "key", "flags": ["multiple"]},
        {"name": "how", "type": "string", "token": "HOW", "flags": ["optional"]},
        {"name": "other", "type": "pure-token", "token": "OTHER", "flags": ["optional"]},
    ]), "here")
    entries = [{"commands": ["TAKE"], "argument": "how", "values": ["A"], "reason": "x"},
               {"commands": ["TAKE"], "never_together": ["how", "other"], "reason": "x"}]
    decisions = Decisions("TAKE", entries)
    broken = 0
    for seed in range(50):
        draw = Draw(tree, decisions, random.Random(seed))
        keys = int(draw.words[0])
        assert draw.words[1 + keys:] in ([], [b"HOW", b"A"], [b"OTHER"], [b"HOW", b"A", b"OTHER"])
        assert bool(decisions.broken(draw)) == (b"HOW" in draw.words and b"OTHER" in draw.words)
        broken += bool(decisions.broken(draw))
    assert 0 < broken < 50
