# SPDX-License-Identifier: MIT
"""Every example of the specification through the binding, without a server: what it sends and gives."""

import pytest
from spec_examples import SPEC, arguments, described, expected

from codegen.examples import wire_bytes

FUNCTIONS = SPEC.functions


def replies(example):
    return {reply for reply in (example.resp2, example.resp3) if reply is not None}


def run(library, function, example, reply):
    """The bytes sent, and the described result or the failure's status."""
    values, options = arguments(library, function, example)
    with library.codec() as codec:
        call = codec.queue(f"redisc_{function.name}", *values, options=options)
        if call.failed:
            error = library.last_error()
            return b"", error.status, error.text
        sent = codec.output()
        if codec.feed(reply.encode()) < 0:
            error = codec.fault()
            return sent, error.status, error.text
        value = call.result() if function.out else None
        return sent, described(function, value, SPEC.records), ""


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_examples(library, function):
    for example in function.examples:
        sends = wire_bytes(example.sends) if example.sends is not None else b""
        for reply in replies(example) or {""}:
            sent, given, text = run(library, function, example, reply)
            assert sent == sends
            if example.fails:
                assert given == f"REDISC_{example.fails}" and (example.text or "") in text
            else:
                assert given == expected(function, example.gives, SPEC.records)
