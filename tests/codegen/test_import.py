# SPDX-License-Identifier: MIT
"""A server's facts merged into a specification."""
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, command, write_json, write_spec
from restrict import restrict

from codegen.align import places
from codegen.facts import numbers
from codegen.layout import laid_out

EXCERPTS = Path(__file__).parent / "facts"
KEY = {"begin_search": {"type": "index", "spec": {"index": 1}},
       "find_keys": {"type": "range", "spec": {"lastkey": 0, "keystep": 1, "limit": 0}}}
REPLY = {"reply": "+OK\r\n", "not_live": "it is made up"}


def codegen(*words):
    run = subprocess.run([sys.executable, "-m", "codegen", *map(str, words)], cwd=ROOT, text=True,
                         capture_output=True, check=False)
    return run.returncode, run.stdout, run.stderr


def known():
    """The specification of one command as Redis 7.0 has it."""
    return command(
        "PUT", since={"redis": "1.0.0"}, flags=["write"],
        args=[{"name": "key", "type": "key", "access": "RW"}, {"name": "value", "type": "string"},
              {"name": "when", "optional": True, "since": {"redis": "7.0.0"},
               "oneof": [{"name": "nx", "token": "NX"}, {"name": "xx", "token": "XX"}]}],
        functions=[{"name": "put", "args": "key value", "reply": "ok"},
                   {"name": "put_with", "args": "key value when", "reply": "ok"}],
        examples=[{"call": "put", "with": {"key": "k", "value": "v"}, "sends": ["PUT", "k", "v"], **REPLY},
                  {"call": "put_with", "with": {"key": "k", "value": "v", "when": "nx"},
                   "sends": ["PUT", "k", "v", "NX"], **REPLY},
                  {"call": "put_with", "with": {"key": "k", "value": "v", "when": "xx"},
                   "sends": ["PUT", "k", "v", "XX"], **REPLY}])


def told(*more, when=("NX", "XX"), access="RW", **keys):
    """What a server says of it, with more arguments."""
    words = [{"name": word.lower(), "type": "pure-token", "token": word} for word in when]
    return {"arity": -3, "flags": ["write"], "group": "tiny", "since": "1.0.0", "key_specs": [{**KEY, "flags": [access]}],
            "arguments": [{"name": "key", "type": "key", "key_spec_index": 0}, {"name": "value", "type": "string"},
                          {"name": "condition", "type": "oneof", "flags": ["optional"], "since": "7.0.0",
                           "arguments": words}, *more], **keys}


@pytest.fixture
def server(tmp_path, spec_folder):
    """Merges facts of commands into the specification; answers the report."""
    write_spec(spec_folder, [known()])

    def run(commands, product="redis", version="8.0.2", action="import", **keys):
        facts = tmp_path / "server.json"
        facts.write_text(json.dumps({"product": product, "version": version, "commands": commands, **keys}),
                         encoding="utf-8")
        status, out, err = codegen(action, facts, "--spec", spec_folder)
        assert err == "" or status == 2, err
        return out if status != 2 else err

    return run


@pytest.fixture
def put(spec_folder):
    return lambda: json.loads((spec_folder / "tiny/put.json").read_text(encoding="utf-8"))


def snapshot(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def generates(spec, tmp_path):
    status, _, err = codegen("generate", "--spec", spec, "--out", tmp_path / "generated")
    assert status == 0, err
    return tmp_path / "generated"


# Commands that are there


def test_nothing_new(server, spec_folder):
    before = snapshot(spec_folder)
    assert "Nothing new." in server({"PUT": told()}, version="7.0.15")
    after = snapshot(spec_folder)
    assert set(after) - set(before) == {Path("facts/redis-7.0.15.json")}
    assert all(json.loads(after[path]) == json.loads(before[path]) for path in before)


def test_a_new_option(server, put, spec_folder, tmp_path):
    report = server({"PUT": told({"name": "px", "type": "integer", "token": "PX", "flags": ["optional"],
                                  "since": "8.0.0"})})
    assert "PUT PX px: redis 8.0.0" in report
    assert put()["args"][3] == {"name": "px", "token": "PX", "type": "integer", "optional": True,
                                "since": {"redis": "8.0.0"}, "unit": "milliseconds", "undecided": True}
    assert put()["functions"] == [known()["functions"][0], {**known()["functions"][1], "args": "key value when px"}]
    assert put()["examples"] == known()["examples"] and put()["summary"] == known()["summary"]
    header = (generates(spec_folder, tmp_path) / "include/redisc/commands_tiny.h").read_text()
    assert "int64_t px;" in header


def test_an_option_where_there_was_none(server, put, spec_folder, tmp_path):
    content = known()
    del content["args"][2], content["functions"][1], content["examples"][1:]
    write_spec(spec_folder, [content])
    server({"PUT": told(when=("NX", "XX"))})
    assert put()["functions"][1] == {"name": "put_with", "args": "key value condition", "reply": "ok",
                                     "since": {"redis": "7.0.0"}}
    assert "redisc_put_with(" in (generates(spec_folder, tmp_path) / "include/redisc/commands_tiny.h").read_text()


def test_a_new_branch_stands_behind_the_one_before(server, put):
    server({"PUT": told(when=("NX", "GT", "XX"))})
    assert [b["name"] for b in put()["args"][2]["oneof"]] == ["nx", "gt", "xx"]
    assert put()["args"][2]["oneof"][1]["undecided"] is True


def test_the_lock_keeps_what_is_there(server, spec_folder, tmp_path):
    first = (generates(spec_folder, tmp_path) / "include/redisc/types.h").read_text()
    server({"PUT": told(when=("NX", "GT", "XX"))})
    second = (generates(spec_folder, tmp_path) / "include/redisc/types.h").read_text()
    assert "REDISC_PUT_WHEN_NX = 1" in first and "REDISC_PUT_WHEN_XX = 2" in first
    for line in ("REDISC_PUT_WHEN_NX = 1", "REDISC_PUT_WHEN_XX = 2", "REDISC_PUT_WHEN_GT = 3"):
        assert line in second


def test_a_product_that_was_not_known(server, put):
    report = server({"PUT": told()}, product="valkey", version="8.0.1")
    assert "Commands that valkey has too (1):\n  PUT" in report
    assert put()["since"] == {"redis": "1.0.0", "valkey": "1.0.0"}
    assert put()["args"][2]["since"] == {"redis": "7.0.0", "valkey": "7.0.0"}


def test_a_product_without_an_option(server, put):
    facts = told()
    del facts["arguments"][2]
    report = server({"PUT": facts}, product="valkey", version="8.0.1")
    assert put()["args"][2]["since"] == {"redis": "7.0.0"}
    assert "NX" not in report


def test_keys_flags_deprecation(server, put):
    report = server({"PUT": told(access="OW", flags=["denyoom", "write"], deprecated_since="8.0.0")})
    assert put()["args"][0]["access"] == "OW" and put()["flags"] == ["denyoom", "write"]
    assert put()["deprecated"] == {"redis": "8.0.0"}
    assert "Changed keys (1):\n  PUT key: OW, not RW" in report
    assert "Changed flags (1):\n  PUT: +denyoom" in report
    assert "Deprecated (1):\n  PUT: redis 8.0.0" in report


def test_an_old_server_only_adds(server, put):
    report = server({"PUT": told(access="OW", flags=["denyoom", "write"])}, version="6.2.16")
    assert put()["flags"] == ["write"] and put()["args"][0]["access"] == "RW"
    assert "this server can only add to it" in report
    assert put()["args"][2]["since"] == {"redis": "6.2.16"}, "it has what was thought to be newer"


def test_what_cannot_be_merged_is_told(server, put):
    report = server({"PUT": told({"name": "mode", "type": "string", "token": "MODE", "since": "8.0.0"})})
    assert "PUT: new argument MODE mode (redis 8.0.0): to be written by hand, for every call has it" in report
    assert [a["name"] for a in put()["args"]] == ["key", "value", "when"]
    report = server({"PUT": told(flags=["blocking", "write"])})
    assert "PUT: flags: the server says blocking write; what the functions do depends on it" in report
    assert put()["flags"] == ["write"]


def test_a_change_that_would_break_the_abi_is_told(server, put, spec_folder, tmp_path):
    content = known()
    content["args"][2]["oneof"][1] = {"name": "seconds", "token": "EX", "type": "integer"}
    content["examples"][1]["with"] = {"key": "k", "value": "v", "nx": True}
    content["examples"][2].update({"with": {"key": "k", "value": "v", "seconds": 9},
                                   "sends": ["PUT", "k", "v", "EX", "9"]})
    write_spec(spec_folder, [content])
    generates(spec_folder, tmp_path)
    report = server({"PUT": told(when=("NX", "XX"), flags=["denyoom", "write"])})
    assert "PUT: arguments: to be compared by hand; with the new ones: there is no parameter or option `nx`" in report
    assert put()["args"] == content["args"] and put()["flags"] == ["denyoom", "write"]


def test_what_is_gone_is_told_once(server, spec_folder):
    server({"PUT": told(), "OLD": told()}, version="7.0.15")
    facts = {"PUT": told(when=("NX",))}
    report = server(facts)
    assert "OLD: redis 8.0.2 has it no more" in report and "PUT: XX: redis 8.0.2 has it no more" in report
    assert "no more" not in server(facts)


def test_an_accepted_decision_is_silent(server, spec_folder):
    facts = {"PUT": told({"name": "mode", "type": "string", "token": "MODE", "since": "8.0.0"})}
    assert "To decide (1)" in server(facts)
    write_json(spec_folder / "accepted.json", {"accepted": [{
        "command": "PUT", "reason": "it is not for clients",
        "decision": "new argument MODE mode (redis 8.0.0): to be written by hand, for every call has it"}]})
    assert "To decide" not in server(facts)


@pytest.mark.parametrize("content, message", [
    ([], "/: [] is not of type 'object'"),
    ({"accepted": ["PUT"]}, "/accepted/0: 'PUT' is not of type 'object'"),
    ({"accepted": [{"command": "PUT", "decision": "no"}]}, "/accepted/0: the key \"reason\" is missing"),
    ({"accept": []}, "/accept: unknown key \"accept\"; did you mean \"accepted\"?"),
])
def test_malformed_decisions(content, message, server, spec_folder):
    write_json(spec_folder / "accepted.json", content)
    before = snapshot(spec_folder)
    assert f"spec/accepted.json: {message}" in server({"PUT": told()})
    assert snapshot(spec_folder) == before


def test_enums_are_shared(server, put, spec_folder):
    one, two = known(), known()
    two["command"] = "ADD"
    for content in (one, two):
        content["args"][2]["enum"] = "put_when"
    for entry in two["functions"] + two["examples"]:
        for key in ("name", "call"):
            if key in entry:
                entry[key] = entry[key].replace("put", "add")
        if "sends" in entry:
            entry["sends"][0] = "ADD"
    write_spec(spec_folder, [one, two])
    server({"PUT": told(when=("NX", "XX", "GT")), "ADD": told()})
    add = json.loads((spec_folder / "tiny/add.json").read_text(encoding="utf-8"))
    assert add["args"][2]["oneof"] == put()["args"][2]["oneof"] and len(add["args"][2]["oneof"]) == 3


def test_nothing_is_removed_and_nothing_written_elsewhere(spec_folder, tmp_path):
    """The facts given may lie anywhere, several of a release too, or be those that are kept."""
    write_spec(spec_folder, [known()])
    given = []
    for name, version in (("a", "8.0.1"), ("b", "8.0.3"), ("c", "8.0.2"), ("d", "8.0.3")):
        given.append(tmp_path / f"{name}.json")
        write_json(given[-1], {"product": "redis", "version": version, "commands": {"PUT": told()}})
    outside = {path: path.read_bytes() for path in given}
    assert codegen("import", *given, "--spec", spec_folder)[0] == 0
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == outside
    kept = sorted((spec_folder / "facts").iterdir())
    assert [path.name for path in kept] == ["redis-8.0.1.json", "redis-8.0.2.json", "redis-8.0.3.json"]
    before = snapshot(spec_folder)
    assert codegen("import", *kept, "--spec", spec_folder)[0] == 0
    assert snapshot(spec_folder) == before


# New commands


def test_a_new_command(server, spec_folder, tmp_path):
    report = server({"PUT": told(), "PUT ALL": told(
        {"name": "fields", "type": "block", "token": "FIELDS", "arguments": [
            {"name": "numfields", "type": "integer"}, {"name": "field", "type": "string", "flags": ["multiple"]}]},
        since="8.0.0")})
    assert "New commands (1):\n  PUT ALL" in report
    content = json.loads((spec_folder / "tiny/put_all.json").read_text(encoding="utf-8"))
    assert content["since"] == {"redis": "8.0.0"} and content["undecided"] is True
    assert content["args"][3] == {"name": "fields", "token": "FIELDS", "type": "string", "many": True, "counted": True}
    assert content["functions"] == [
        {"name": "put_all", "args": "key value fields", "reply": "dynamic", "out": "reply"},
        {"name": "put_all_with", "args": "key value condition fields", "reply": "dynamic", "out": "reply"}]
    header = (generates(spec_folder, tmp_path) / "include/redisc/commands_tiny.h").read_text()
    assert "redisc_put_all(redisc *r" in header and "const redisc_reply **reply" in header


def test_check_tells_what_is_undecided(server, spec_folder, tmp_path):
    server({"PUT": told(when=("NX", "XX", "GT"), deprecated_since="8.0.0"), "GET": told()})
    out = generates(spec_folder, tmp_path)
    status, _, err = codegen("check", "--spec", spec_folder, "--out", out)
    assert status == 0
    assert err.splitlines() == [
        "undecided: spec/tiny/get.json: /: GET: reply types, summary, complexity, examples",
        "undecided: spec/tiny/put.json: /args/2/oneof/2: PUT: what `gt` means, whether it changes the reply, "
        "an example",
        "undecided: spec/tiny/put.json: /deprecated: PUT: what to use instead"]
    assert codegen("check", "--strict", "--spec", spec_folder, "--out", out)[0] == 1


def test_a_command_of_a_module_takes_words(server, spec_folder, tmp_path):
    report = server({"VPUT": {"arity": -1, "flags": ["write"], "group": "module", "module": "vectorset",
                              "key_specs": [{**KEY, "flags": ["RW"]}]}})
    content = json.loads((spec_folder / "vector_set/vput.json").read_text(encoding="utf-8"))
    assert content["since"] == {"redis": "8.0.0"}
    assert content["functions"] == [{"name": "vput", "args": "key words!", "reply": "dynamic", "out": "reply"}]
    assert "it takes words, for the server does not tell" in report and "since when" in report
    generates(spec_folder, tmp_path)


def test_containers_and_internal_commands(server, spec_folder):
    write_json(spec_folder / "internal.json", {"internal": [{"reason": "it is secret", "commands": ["SECRET"]}]})
    report = server({"BOX": {"arity": -2, "flags": [], "group": "tiny", "since": "8.0.0"}, "BOX PUT": told(),
                     "SECRET": told(), "SYSTEM": told(doc_flags=["syscmd"])})
    assert "omitted" in json.loads((spec_folder / "tiny/box.json").read_text(encoding="utf-8"))
    assert not (spec_folder / "tiny/secret.json").exists() and not (spec_folder / "tiny/system.json").exists()
    assert "SYSTEM: new, but the server keeps it for itself" in report and "SECRET" not in report


def test_a_group_whose_name_is_taken(server, spec_folder, tmp_path):
    server({"GET": told(group="types"), "FIND": {"arity": -1, "flags": [], "module": "Facts"}})
    assert (spec_folder / "types_commands/get.json").exists() and (spec_folder / "facts_commands/find.json").exists()
    generates(spec_folder, tmp_path)


def test_a_name_that_is_taken(server, spec_folder, tmp_path):
    content = known()
    for entry in content["functions"][:1] + content["examples"][:1]:
        entry["name" if "name" in entry else "call"] = "get"
    write_spec(spec_folder, [content])
    server({"GET": told()})
    names = [f["name"] for f in json.loads((spec_folder / "tiny/get.json").read_text("utf-8"))["functions"]]
    assert names == ["get_command", "get_command_with"]
    generates(spec_folder, tmp_path)


# Real servers: excerpts of their facts, and the specification as it would be for Redis 7.0


@pytest.mark.parametrize("name", [path.name for path in sorted(EXCERPTS.glob("*.json"))])
def test_excerpts_as_new_commands(name, spec_folder, tmp_path):
    """Trees of all kinds: lists in lists, choices of choices, counts, columns, clashing names."""
    write_spec(spec_folder, [known()])
    status, out, err = codegen("import", EXCERPTS / name, "--spec", spec_folder)
    assert (status, err) == (0, "") and "by rule" not in out
    commands = json.loads((EXCERPTS / name).read_text("utf-8"))["commands"]
    assert f"New commands ({len(commands)}):" in out
    generates(spec_folder, tmp_path)


def test_lists_in_columns_and_always_sent_counts(spec_folder):
    write_spec(spec_folder, [known()])
    codegen("import", EXCERPTS / "redis-8.0.2.json", "--spec", spec_folder)
    xread = json.loads((spec_folder / "stream/xread.json").read_text("utf-8"))
    assert xread["args"][2] == {
        "name": "streams", "token": "STREAMS", "many": True, "layout": "columns", "struct": "xread_streams_item",
        "of": [{"name": "key", "type": "key", "access": "RO"}, {"name": "id", "type": "string"}]}
    assert xread["args"][1]["wait"] == "milliseconds"
    fcall = json.loads((spec_folder / "scripting/fcall.json").read_text("utf-8"))
    assert fcall["functions"][0]["args"] == "function keys!"


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """The specification restricted to Redis 7.0."""
    return restrict(ROOT / "spec", tmp_path_factory.mktemp("old") / "spec", "redis=7.0", ["redis-7.0.15.json"])


def read(folder):
    files = [p for p in folder.glob("*/*.json") if p.parent.name not in ("types", "schema", "facts")]
    return {c["command"]: c for c in (json.loads(p.read_text("utf-8")) for p in files)}


def since_of(content, place, product):
    """Since when a product has an argument; None: it has not."""
    newest = content["since"].get(product)
    for around in place.chain():
        since = around.entry.get("since")
        if newest is None or (since is not None and product not in since):
            return None
        newest = max(newest, (since or {}).get(product, newest), key=numbers)
    return newest


def words(content, product, release):
    """The words of a command that a product of a release has."""
    return {p.token.upper() for p in places(content.get("args", [])) if p.token is not None
            and (since := since_of(content, p, product)) and numbers(since)[:2] <= release}


def test_the_old_specification_against_its_own_server(old):
    """But for flags, which are those of the newest servers."""
    status, out, err = codegen("drift", ROOT / "spec/facts/redis-7.0.15.json", "--spec", old)
    assert (status, err) == (1, "") and "New " not in out


@pytest.mark.parametrize("name, product, release", [("valkey-8.0.1.json", "valkey", (8, 0)),
                                                    ("redis-8.0.2.json", "redis", (8, 0))])
def test_what_an_import_finds_is_what_people_have_found(old, name, product, release, tmp_path):
    spec = shutil.copytree(old, tmp_path / "spec")
    facts = ROOT / "spec/facts" / name
    before = read(spec)
    assert codegen("drift", facts, "--spec", spec)[0] == 1
    status, _, err = codegen("import", facts, "--spec", spec)
    assert (status, err) == (0, "")
    ours, theirs = read(ROOT / "spec"), read(spec)
    has = json.loads(facts.read_text("utf-8"))["commands"]
    compared = 0
    for command_name, content in ours.items():
        since = content["since"].get(product)
        if since is None or numbers(since)[:2] > release or not {command_name} <= set(has) & set(theirs):
            continue
        assert theirs[command_name]["since"][product] == since, command_name
        if not any(a["name"] == "words" for a in theirs[command_name].get("args", [])):
            assert words(theirs[command_name], product, release) >= words(content, product, release), command_name
            compared += 1
    assert compared > 250 and len(theirs) > len(before)
    for command_name, content in before.items():
        for key in ("summary", "note", "complexity", "examples", "legacy", "excludes"):
            assert theirs[command_name].get(key) == content.get(key), command_name
    after = snapshot(spec)
    assert "Nothing new." in codegen("import", facts, "--spec", spec)[1]
    assert snapshot(spec) == after, "importing twice changes nothing"
    generates(spec, tmp_path)


def test_the_pages_show_a_true_report(old):
    report = codegen("drift", ROOT / "spec/facts/redis-8.0.2.json", "--spec", old)[1]
    shown = "".join(f"    {line}\n" for line in report.splitlines())
    assert f"    $ ./run import redis://localhost\n{shown}" in (ROOT / "docs/import.md").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    excerpt = readme[readme.index("    redis 8.0.2: 394 commands\n"):readme.index("[docs/import.md]")]
    assert shown.startswith(excerpt.rstrip("\n"))


@pytest.mark.parametrize("path", sorted((ROOT / "spec/facts").glob("*.json")), ids=lambda p: p.name)
def test_the_specification_has_all_of_these_servers(path):
    status, out, err = codegen("drift", path)
    assert (status, err) == (0, ""), out


def test_files_keep_their_layout():
    for path in sorted((ROOT / "spec/string").glob("*.json")):
        text = path.read_text(encoding="utf-8")
        assert laid_out(json.loads(text)) == text, path.name


# Malformed facts


@pytest.mark.parametrize("change, message", [
    ({"product": "keydb"}, "/product: unknown value \"keydb\""),
    ({"version": "eight"}, "/version: \"eight\" is malformed"),
    ({"commands": {}}, "/commands: "),
    ({"commands": []}, "/commands: [] is not of type 'object'"),
    ({"commands": {"PUT": {}}}, "/commands/PUT: the key \"flags\" is missing"),
    ({"commands": {"PUT": {"flags": "write"}}}, "/commands/PUT/flags: 'write' is not of type 'array'"),
    ({"commands": {"PUT": {"flags": [], "arity": "2"}}}, "/commands/PUT/arity: '2' is not of type 'integer'"),
    ({"commands": {"PUT": {"flags": [], "since": "new"}}}, "/commands/PUT/since: \"new\" is malformed"),
    ({"commands": {"PUT": told(group="../tiny")}}, "/commands/PUT/group: \"../tiny\" is malformed"),
    ({"commands": {"PUT": told(module="..")}}, "/commands/PUT/module: \"..\" is malformed"),
    ({"commands": {"PUT": told({"name": "x", "type": "number"})}},
     "/commands/PUT/arguments/3/type: unknown value \"number\""),
    ({"commands": {"PUT": told({"name": "x", "type": "key", "key_spec_index": 7})}},
     "/commands/PUT/arguments: \"x\" has the key spec 7, of which there are 1"),
])
def test_malformed_facts(change, message, server, spec_folder):
    before = snapshot(spec_folder)
    facts = {"product": change.get("product", "redis"), "version": change.get("version", "8.0.2")}
    assert message in server(change.get("commands", {"PUT": told()}), **facts)
    assert snapshot(spec_folder) == before


@pytest.mark.parametrize("text, message", [("{", "not readable as JSON"), ("[]", "it has to be an object"),
                                           ("{}", "the key \"product\" is missing"), ("", "not readable as JSON"),
                                           ('{"product": "redis", "product": "redis"}', "is there twice")])
def test_no_facts_at_all(text, message, tmp_path, spec_folder):
    write_spec(spec_folder, [known()])
    (tmp_path / "x.json").write_text(text)
    status, out, err = codegen("import", tmp_path / "x.json", "--spec", spec_folder)
    assert (status, out) == (2, "") and message in err


def test_files_that_cannot_be_read(tmp_path, spec_folder):
    write_spec(spec_folder, [known()])
    (tmp_path / "latin.json").write_bytes(b'{"product": "r\xe9dis"}')
    for name in ("none.json", "latin.json", "."):
        status, out, err = codegen("import", tmp_path / name, "--spec", spec_folder)
        assert (status, out) == (2, "") and f"{tmp_path / name}: /: not readable as JSON: " in err
    write_json(tmp_path / "server.json", {"product": "redis", "version": "8.0.2", "commands": {"PUT": told()}})
    status, out, err = codegen("import", tmp_path / "server.json", "--spec", tmp_path / "nowhere")
    assert (status, out) == (2, "") and "nowhere: /: there is no such folder" in err
    assert not (tmp_path / "nowhere").exists()
