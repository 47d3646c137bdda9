# SPDX-License-Identifier: MIT
"""Calls many functions with an allocator of its own: prints how many blocks there were, and how many are left."""

import ctypes
import os
import sys
from pathlib import Path

from redisc_binding import Handle, Library

ROOT = Path(__file__).resolve().parents[2]

library = Library(Path(os.environ["REDISC_BUILD"]) / "libredisc.so", ROOT / "generated/api.json")
c = ctypes.CDLL(None)
c.malloc.restype = c.realloc.restype = ctypes.c_void_p
c.malloc.argtypes = [ctypes.c_size_t]
c.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
c.free.argtypes = [ctypes.c_void_p]
blocks = set()
total = 0


def reallocate(memory, size, _):
    global total
    made = c.realloc(memory, size)
    if made:
        total += memory is None
        blocks.discard(memory)
        blocks.add(made)
    return made


def release(memory, _):
    blocks.discard(memory)
    c.free(memory)


def work(r):
    for number in range(20):
        r.rpush("list", [f"element {number}"])
        r.zadd("board", [{"score": number, "member": f"m{number}"}])
        r.hset("hash", [{"key": f"f{number}", "value": "x" * number}])
        r.xadd("stream", "*", [{"key": "event", "value": "login"}])
        assert len(r.lrange("list", 0, -1)) == number + 1
        assert len(r.zrange_withscores("board", 0, -1)) == number + 1
        assert len(r.hgetall("hash")) == number + 1
        assert len(r.xrange("stream", "-", "+")) == number + 1
        assert r.xinfo_stream("stream")["length"] == number + 1
        assert r.get("none") is None
        assert r.words("CONFIG", "GET", "maxmemory")


allocator = {"allocate": lambda size, context: reallocate(None, size, context), "reallocate": reallocate, "release": release}
keep = []
library.c.redisc_set_allocator(library.types.to_c("const redisc_allocator *", allocator, keep))
with library.open(sys.argv[1]) as r:
    r.flushall()
    work(r)
    with Handle(library, r.run("redisc_pipeline", {"plain": True})) as pipeline:
        pipeline.execute()
print(total, len(blocks))
