# SPDX-License-Identifier: MIT
"""What is no command, through the binding: pipelines, transactions, iterators, scripts, messages, callbacks, memory."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest
from redisc_binding import Call, Handle, RedisError

FOLDER = Path(__file__).resolve().parent


@pytest.fixture
def pipeline(library, r):
    with Handle(library, r.run("redisc_pipeline", None)) as opened:
        yield opened


def queued(pipeline, name, *values, **options):
    call = Call(pipeline.library, f"redisc_{name}", (pipeline.pointer, *values), **options)
    assert pipeline.library.statuses[call.returned] == "REDISC_QUEUED"
    return call


def test_a_pipeline_fills_results_later(pipeline):
    calls = [queued(pipeline, "set_with", "key", "1", options={"when": "nx"}), queued(pipeline, "incr", "key"),
             queued(pipeline, "get", "key"), queued(pipeline, "get", "none")]
    assert pipeline.run("redisc_pipeline_length") == 4
    pipeline.execute()
    assert [call.result() for call in calls] == [True, 2, b"2", None]


def test_errors_of_a_pipeline(library, pipeline):
    queued(pipeline, "rpush", "list", ["x"])
    wrong = queued(pipeline, "get", "list")
    good = queued(pipeline, "llen", "list")
    with pytest.raises(RedisError) as failure:
        pipeline.execute()
    assert failure.value.status == "REDISC_ERROR_WRONGTYPE" and "Command # 2" in failure.value.text
    assert library.error(library.c.redisc_error_at(pipeline.pointer, 1)).status == "REDISC_ERROR_WRONGTYPE"
    assert not library.c.redisc_error_at(pipeline.pointer, 2)
    assert wrong.result() is None and good.result() == 1


def test_a_transaction_calls_back(library, r):
    contexts = []

    def body(pipeline, context):
        contexts.append(context)
        inside = Handle(library, pipeline)
        number = int(inside.get("n"))
        inside.multi()
        queued(inside, "set", "n", str(number + 1))
        return 0

    r.set("n", "41")
    r.run("redisc_transaction", ["n"], body, 7, {"max_tries": 3})
    assert r.get("n") == b"42" and contexts == [7]


def test_derived_handles_and_pools(library, r):
    with Handle(library, r.run("redisc_with", {"timeout_ms": 1000})) as derived:
        assert derived.echo("x") == b"x"
    pool = r.run("redisc_pool_of")
    assert library.call("redisc_pool_statistics", pool)["opened"] == 1
    with Handle(library, library.call("redisc_open_pool", pool)) as other:
        assert other.echo("y") == b"y"


def test_iterators(library, r):
    r.hset("hash", [{"key": "name", "value": "Ann"}])
    iterator = r.run("redisc_iterate_hash", "hash", {"page_size": 5})
    found = ctypes.pointer(library.types.classes["redisc_pair"]())
    assert library.c.redisc_next_pair(iterator, found)
    assert library.types.to_python("redisc_pair *", found) == (b"name", b"Ann")
    assert not library.c.redisc_next_pair(iterator, found)
    assert library.call("redisc_iterator_status", iterator) == 0
    library.call("redisc_iterator_close", iterator)


def test_scripts(library, r):
    script = library.call("redisc_lua_script_open", "return {KEYS[1], tonumber(ARGV[1]) * 2}")
    assert len(library.types.to_python("const char *", library.call("redisc_lua_script_sha1", script))) == 40
    assert r.run("redisc_lua_run", script, ["key"], ["21"]) == [b"key", 42]
    library.call("redisc_lua_script_close", script)


def test_messages(library, r):
    subscriber = r.run("redisc_subscriber_open", {"ignore_subscribe_messages": True})
    got = []

    def handler(_, message, context):
        got.append((library.types.to_python("const redisc_message *", message), context))
        library.call("redisc_subscriber_stop", subscriber)

    library.call("redisc_subscriber_subscribe", subscriber, ["news"], handler, 5)
    assert r.publish("news", b"\0hello") == 1
    library.call("redisc_subscriber_run", subscriber)
    (message, context), = got
    assert message["channel"] == b"news" and message["data"] == b"\0hello" and message["pattern"] is None
    assert message["type"] == "REDISC_MESSAGE_MESSAGE" and context == 5
    library.call("redisc_subscriber_close", subscriber)


def test_response_callbacks(library, r):
    def lengths(call, reply, result):
        words = library.types.to_python("redisc_str_list", call[0].words)
        result[0] = len(library.types.to_python("const redisc_reply *", reply)) + len(words)
        return 0

    callback = library.types.classes["redisc_callback"](lengths)
    r.set("key", "12345")
    r.run("redisc_set_callback", "get", callback, None)
    assert r.run("redisc_call_as", ["GET", "key"], None) == 7


def test_urls(library):
    url = library.call("redisc_url_parse", "redis://me:secret@example.org:6380/3?timeout_ms=250", None)
    options = url["options"]
    assert (options["host"], options["port"], options["db"]) == (b"example.org", 6380, 3)
    assert (options["user"], options["password"]) == (b"me", b"secret")


def test_nothing_is_left(server_url):
    """Everything that the binding takes is given back: the blocks are counted in a process of its own."""
    done = subprocess.run([sys.executable, "-B", FOLDER / "count_memory.py", server_url], capture_output=True, text=True,
                          env=os.environ, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    total, left = map(int, done.stdout.split())
    assert total > 100 and left == 0
