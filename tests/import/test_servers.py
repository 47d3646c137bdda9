# SPDX-License-Identifier: MIT
"""Real servers are read, and new commands of theirs can be called. Needs REDISC_BUILD and REDISC_TEST_SERVER.

The proof: a specification that only knows an older release, the facts of the server, the generator, and a
program that calls commands which that specification did not have.
"""
import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from programs import READER, ROOT, WITH_SERVER, run

sys.path[:0] = [str(ROOT), str(ROOT / "tests/codegen")]
sys.dont_write_bytecode = True

from restrict import restrict  # noqa: E402

# By product and release: what the specification knows, and calls of commands that it does not know.
NEW = {
    ("redis", "7.0"): ("redis=6.2", """
        check(redisc_sadd(r, "one", REDISC_STRS("a", "b", "c"), &count));
        check(redisc_sadd(r, "two", REDISC_STRS("b", "c", "d"), &count));
        check(redisc_sintercard(r, REDISC_STRS("one", "two"), &reply));
        is_integer(reply, 2);
        const redisc_sintercard_options limit = {.limit = 1};
        check(redisc_sintercard_with(r, REDISC_STRS("one", "two"), &limit, &reply));
        is_integer(reply, 1);
        check(redisc_expiretime(r, "one", &reply));
        is_integer(reply, -1);"""),
    ("redis", "8.0"): ("redis=7.0", """
        const redisc_hsetex_fields_item fields[] = {{{"name", 4}, {"Ann", 3}}};
        const redisc_hsetex_options how = {.ex = 100};
        check(redisc_hsetex_with(r, "user", (redisc_hsetex_fields_item_list){fields, 1}, &how, &reply));
        is_integer(reply, 1);
        check(redisc_httl(r, "user", REDISC_STRS("none"), &reply));
        is_integer_in_list(reply, -2);
        check(redisc_vadd(r, "points", REDISC_STRS("VALUES", "2", "1", "2", "here"), &reply));
        redisc_free(reply);
        check(redisc_vcard(r, "points", (redisc_str_list){NULL, 0}, &reply));
        is_integer(reply, 1);"""),
    ("valkey", "8.0"): ("redis=7.0", """
        const redisc_str *sha1;
        check(redisc_script_load(r, "return 1", &sha1));
        check(redisc_script_show(r, *sha1, &reply));
        is_text(reply, "return 1");
        redisc_free(sha1);
        check(redisc_waitaof(r, 0, 0, 1, &reply));
        is_integer_in_list(reply, 0);
        check(redisc_client_no_touch(r, REDISC_CLIENT_NO_TOUCH_ENABLED_OFF, &reply));
        is_text(reply, "OK");"""),
}
PROGRAM = """
#include <redisc/redisc.h>

#include <stdio.h>
#include <stdlib.h>

static void check(redisc_status status)
{
    if (status != REDISC_OK) {
        fprintf(stderr, "%s\\n", redisc_last_error()->text);
        exit(1);
    }
}

static void expect(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "not %s\\n", what);
        exit(1);
    }
}

static inline void is_integer(const redisc_reply *reply, int64_t expected)
{
    int64_t value = 0;
    check(redisc_reply_integer(reply, &value));
    expect(value == expected, "the integer");
    redisc_free(reply);
}

static inline void is_integer_in_list(const redisc_reply *reply, int64_t expected)
{
    int64_t value = 0;
    const redisc_reply *items = NULL;
    size_t count = 0;
    check(redisc_reply_list(reply, &items, &count));
    expect(count > 0, "a list");
    check(redisc_reply_integer(&items[0], &value));
    expect(value == expected, "the integer in the list");
    redisc_free(reply);
}

static inline void is_text(const redisc_reply *reply, const char *expected)
{
    redisc_str value = {NULL, 0};
    check(redisc_reply_string(reply, &value));
    expect(redisc_str_equal(value, redisc_text(expected)), "the text");
    redisc_free(reply);
}

int main(void)
{
    redisc *client = NULL, *r = NULL;
    const redisc_reply *reply = NULL;
    int64_t count = 0;
    check(redisc_open(getenv("REDISC_URL"), NULL, &client));
    check(redisc_pin(client, &r));
    {@CALLS@
    }
    (void)count;
    redisc_close(r);
    redisc_close(client);
    puts("called");
    return 0;
}
"""
# Parts of the runtime that are of no use here, and use commands that are younger than the old specification.
LEFT_OUT = {"iterator.c"}


def codegen(*words, status=0):
    return run(sys.executable, "-m", "codegen", *words, status=status)


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    if not READER.exists():
        pytest.skip("the importer is not built: cJSON is missing")
    path = tmp_path_factory.mktemp("facts") / "server.json"
    path.write_text(run(*WITH_SERVER, "sh", "-c", '"$0" "$REDISC_URL"', READER), encoding="utf-8")
    return path


def identity(facts):
    content = json.loads(facts.read_text(encoding="utf-8"))
    return content["product"], content["version"]


def test_facts_are_as_kept(facts):
    product, version = identity(facts)
    kept = ROOT / f"spec/facts/{product}-{version}.json"
    if not kept.exists():
        pytest.skip(f"facts of {product} {version} are not kept")
    assert facts.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")


def test_resp2_gives_the_same(facts, tmp_path):
    shown = run(*WITH_SERVER, "sh", "-c", '"$0" "$REDISC_URL?protocol=2"', READER)
    assert shown == facts.read_text(encoding="utf-8")


def test_the_specification_knows_the_server(facts):
    assert "Nothing new." in codegen("drift", facts)


# Valkey tells Redis's name to clients that know no other.
AS_REDIS = r"""
import os, socket, subprocess, sys
with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(os.environ["REDISC_URL"].removeprefix("unix://"))
    connection.sendall(b"CONFIG SET extended-redis-compatibility yes\r\n")
    assert connection.recv(100) == b"+OK\r\n"
sys.exit(subprocess.run([sys.argv[1], os.environ["REDISC_URL"]], check=False).returncode)
"""


def test_a_server_that_passes_for_another(facts):
    if identity(facts)[0] != "valkey":
        pytest.skip("only Valkey passes for Redis")
    assert run(*WITH_SERVER, sys.executable, "-c", AS_REDIS, READER) == facts.read_text(encoding="utf-8")


def compiled(generated, program, folder):
    """The program, with the runtime compiled for the generated headers."""
    (folder / "program.c").write_text(program, encoding="utf-8")
    sources = [path for directory in (ROOT / "runtime/src", generated / "src") for path in directory.glob("*.c")
               if path.name not in LEFT_OUT] + [folder / "program.c"]
    flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O0", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"]
    flags += [f"-I{part}" for part in (ROOT / "runtime/include", ROOT / "runtime/src",
                                      generated / "include", generated / "src")]
    objects = [folder / f"{path.stem}.o" for path in sources]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda pair: run("cc", *flags, "-c", pair[0], "-o", pair[1]), zip(sources, objects)))
    run("cc", *objects, "-o", folder / "program", "-lmd", "-lm", "-lpthread")
    return folder / "program"


def test_new_commands_are_callable(facts, tmp_path):
    product, version = identity(facts)
    release = ".".join(version.split(".")[:2])
    if (product, release) not in NEW:
        pytest.skip(f"no new commands are listed here for {product} {release}")
    target, calls = NEW[product, release]
    spec = restrict(ROOT / "spec", tmp_path / "spec", target)
    codegen("drift", facts, "--spec", spec, status=1)
    assert "New commands (" in codegen("import", facts, "--spec", spec)
    before = {path: path.read_bytes() for path in spec.rglob("*.json")}
    assert "Nothing new." in codegen("import", facts, "--spec", spec)
    assert {path: path.read_bytes() for path in spec.rglob("*.json")} == before
    codegen("generate", "--spec", spec, "--out", tmp_path / "generated")
    codegen("check", "--spec", spec, "--out", tmp_path / "generated")
    codegen("check", "--strict", "--spec", spec, "--out", tmp_path / "generated", status=1)
    program = compiled(tmp_path / "generated", PROGRAM.replace("@CALLS@", calls), tmp_path)
    assert run(*WITH_SERVER, program) == "called\n"
    shutil.rmtree(tmp_path / "generated")
