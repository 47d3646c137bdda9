# SPDX-License-Identifier: MIT
"""The binding with a server: calls as a Python program makes them, and the examples on data."""

import pytest
from redisc_binding import RedisError
from spec_examples import SPEC, arguments, described, expected

from codegen.examples import version_number

DATA = "bitmap generic geo hash hyperloglog list set sorted_set stream string".split()
OLDEST = version_number("7.0.0")
# Those that every server of the tests knows; the live tests in C run the others too.
FUNCTIONS = [f for f in SPEC.functions if f.command.group in DATA and any(e.live for e in f.examples)
             and version_number(f.since.get("redis", "99.0.0")) <= OLDEST]


def test_strings(r):
    r.set("key", b"\0\xff")
    assert r.get("key") == b"\0\xff"
    assert r.get("none") is None
    assert r.append("key", "more") == 6
    assert r.strlen("key") == 6
    assert r.set_get("key", "new") == b"\0\xffmore"
    assert r.incrby("n", 41) == 41 and r.incr("n") == 42
    assert r.incrbyfloat("x", 0.5) == 0.5
    assert r.mget(["key", "none", "n"]) == [b"new", None, b"42"]
    r.mset([{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    assert r.exists(["a", "b", "c"]) == 2
    assert r.run("redisc_del", ["a", "b", "c"]) == 2


def test_options(r):
    assert r.set_with("lock", "me", options={"when": "nx", "px": 30000}) is True
    assert r.set_with("lock", "you", options={"when": "NX"}) is False
    assert r.set_with("lock", "you", options={"when": "REDISC_SET_XX", "keepttl": True}) is True
    assert 0 < r.pttl("lock") <= 30000
    assert r.set_with("lock", "you") is True
    assert r.ttl("lock") == -1
    with pytest.raises(RedisError) as failure:
        r.set_with("k", "v", options={"ex": 1, "px": 1000})
    assert failure.value.status == "REDISC_ERROR_ARGUMENT" and "`px`" in failure.value.text
    with pytest.raises(ValueError):
        r.set_with("k", "v", options={"when": "never"})
    with pytest.raises(ValueError):
        r.set_with("k", "v", options={"exx": 1})


def test_lists_and_hashes(r):
    assert r.rpush("list", ["a", "b", "c"]) == 3
    assert r.lrange("list", 0, -1) == [b"a", b"b", b"c"]
    assert r.lpop("list") == b"a" and r.lpop_count("list", 5) == [b"b", b"c"]
    assert r.lpop_count("list", 5) is None
    assert r.hset("hash", [{"key": "name", "value": "Ann"}, {"key": "age", "value": "41"}]) == 2
    assert sorted(r.hgetall("hash")) == [(b"age", b"41"), (b"name", b"Ann")]
    assert r.hmget("hash", ["age", "none"]) == [b"41", None]
    assert r.sadd("set", ["a", "b"]) == 2 and sorted(r.smembers("set")) == [b"a", b"b"]
    assert r.smismember("set", ["a", "x"]) == [True, False]


def test_scored(r):
    assert r.zadd("board", [{"score": 12, "member": "ann"}, {"score": 30.5, "member": "bob"}]) == 2
    assert r.zrange_withscores("board", 0, -1) == [{"score": 12.0, "member": b"ann"}, {"score": 30.5, "member": b"bob"}]
    assert r.zscore("board", "bob") == 30.5 and r.zscore("board", "none") is None
    assert r.zmscore("board", ["ann", "none"]) == [12.0, None]
    assert r.zrank("board", "bob") == 1 and r.zrank("board", "none") is None
    assert r.zcount("board", {"score": 12, "exclusive": True}, {"score": float("inf")}) == 1
    assert r.zadd_with("board", [{"score": 1, "member": "ann"}], options={"comparison": "gt", "ch": True}) == 0


def test_records(r):
    added = r.xadd("stream", "*", [{"key": "event", "value": "login"}])
    assert r.xrange("stream", "-", "+") == [{"id": added, "fields": [(b"event", b"login")]}]
    details = r.xinfo_stream("stream")
    assert details["length"] == 1 and details["last_generated_id"] == added
    r.geoadd("towns", [{"longitude": 5.33, "latitude": 60.39, "member": "Bergen"}])
    place, nowhere = r.geopos("towns", ["Bergen", "Atlantis"])
    assert place["present"] and abs(place["longitude"] - 5.33) < 1e-4 and not nowhere["present"]
    page = r.scan_with(0, options={"match": "*", "count": 100})
    assert page["cursor"] == 0 and sorted(page["keys"]) == [b"stream", b"towns"]


def test_dynamic_replies(r):
    assert r.words("EVAL", "return {1, 'two', {3}, false}", "0") == [1, b"two", [3], None]
    with pytest.raises(RedisError) as failure:
        r.words("GET", "too", "many")
    assert failure.value.status == "REDISC_ERROR_SERVER"


def test_errors(r, library):
    r.rpush("list", ["x"])
    with pytest.raises(RedisError) as failure:
        r.get("list")
    assert failure.value.status == "REDISC_ERROR_WRONGTYPE"
    with pytest.raises(RedisError) as failure:
        library.open("http://localhost")
    assert failure.value.status == "REDISC_ERROR_URL"


@pytest.fixture(scope="module", params=[2, 3], ids=["resp2", "resp3"])
def handle(request, library, server_url):
    with library.open(server_url, protocol=request.param) as opened:
        yield opened


@pytest.fixture(scope="module")
def product_and_version(handle):
    info = dict(line.split(":", 1) for line in handle.words("INFO", "server").decode().split("\r\n") if ":" in line)
    product = "valkey" if "valkey_version" in info else "redis"
    return product, version_number(info[f"{product}_version"])


def needed(function, example):
    """What each product has to be for the example."""
    since = dict(function.since)
    return {p: max(version_number(v), version_number(example.live.since.get(p, v)))
            for p, v in since.items() if not example.live.since or p in example.live.since}


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_examples(library, handle, product_and_version, function):
    product, version = product_and_version
    ran = 0
    for example in function.examples:
        if example.live is None or set(example.live.needs) - {"connection"}:
            continue
        if needed(function, example).get(product, version + 1) > version:
            continue
        run_example(library, handle, function, example)
        ran += 1
    if not ran:
        pytest.skip("the server is too old")


def run_example(library, handle, function, example):
    handle.words("FLUSHALL")
    runner = handle.pin() if example.live.needs_connection else handle
    try:
        for words in example.live.before:
            runner.words(*words)
        values, options = arguments(library, function, example)
        try:
            given = runner.run(f"redisc_{function.name}", *values, options=options)
        except RedisError as error:
            assert example.fails and error.status == f"REDISC_{example.fails}", error
            return
        assert not example.fails
        if not example.live.varies:
            text = described(function, given if function.out else None, SPEC.records)
            assert text == expected(function, example.live.gives, SPEC.records)
    finally:
        if runner is not handle:
            runner.close()
