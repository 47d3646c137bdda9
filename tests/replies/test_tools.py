# SPDX-License-Identifier: MIT
"""The tools of these tests see what there is to see."""

import random

from making import Made, wire
from recorded import Answer, Reader, ServerError, answers
from schemas import fault, fits, parts, taken


def record(folder, name, *pieces):
    (folder / name).write_bytes(b"".join(b"%c%d\n%s" % (d, len(data), data) for d, data in pieces))


def test_reading():
    data = (b"%2\r\n+a\r\n:1\r\n+b\r\n~2\r\n,1.5\r\n#t\r\n=7\r\ntxt:abc\r\n>1\r\n+x\r\n_\r\n*-1\r\n(12\r\n-ERR no\r\n"
            b"$3\r\na")
    assert list(Reader(data).replies()) == [{"a": 1, "b": [1.5, True]}, "abc", None, None, 12, "ERR no"]


def test_answers(tmp_path):
    words = (b"*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n*1\r\n$5\r\nMULTI\r\n*1\r\n$4\r\nPING\r\n"
             b"*1\r\n$4\r\nEXEC\r\n*1\r\n$7\r\nUNKNOWN\r\n")
    record(tmp_path, "1", (ord(">"), words[:30]), (ord("<"), b"%0\r\n+OK\r\n+QUE"), (ord(">"), words[30:]),
           (ord("<"), b"UED\r\n*1\r\n+PONG\r\n-ERR what\r\n"))
    record(tmp_path, "2", (ord(">"), b"*1\r\n$4\r\nPING\r\n"), (ord("<"), b"+PONG\r\n"))
    found = list(answers(tmp_path))
    assert found == [Answer((b"HELLO", b"3"), {}), Answer((b"MULTI",), "OK"), Answer((b"EXEC",), ["PONG"]),
                     Answer((b"UNKNOWN",), "ERR what")]
    assert isinstance(found[-1].reply, ServerError)


SCHEMA = {"oneOf": [{"type": "null"}, {"type": "array", "items": {"oneOf": [{"type": "integer"}, {"type": "string"}]}}]}


def test_branches():
    assert [at for at, _ in parts(SCHEMA)] == ["/oneOf/0", "/oneOf/1", "/oneOf/1/items/oneOf/0",
                                               "/oneOf/1/items/oneOf/1"]
    assert set(taken(SCHEMA, [1])) == {"/oneOf/1", "/oneOf/1/items/oneOf/0"}
    assert set(taken(SCHEMA, None)) == {"/oneOf/0"}


def test_faults():
    assert fits(SCHEMA, [1, "x"]) and not fits(SCHEMA, {}) and not fits(SCHEMA, [None])
    assert fault(SCHEMA, None) is None and fault(SCHEMA, 1.5) is not None


def test_made_replies_take_their_branch():
    for branch, _ in parts(SCHEMA):
        made = Made(SCHEMA, branch, random.Random(1))
        assert branch in set(taken(SCHEMA, made.reply))
        assert list(Reader(wire(made.reply)).replies()) == [made.reply]
