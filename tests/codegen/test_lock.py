# SPDX-License-Identifier: MIT
"""The order lock: what it keeps, and what it refuses."""
import json

from conftest import command, write_json, write_spec

from codegen.pipeline import run
from test_bad_specs import assert_told

ONEOF = [{"name": "nx", "token": "NX"}, {"name": "xx", "token": "XX"}]


def content(branches=ONEOF, options="when count", count_type="integer"):
    words = {b["name"]: b["token"] for b in branches}
    examples = [{"call": "take_with", "with": {"when": name, "count": 1}, "sends": ["TAKE", word, "COUNT", "1"], "reply": "+OK\r\n", "live": {}}
                for name, word in words.items()]
    order = options.split(" ")
    args = {"when": {"name": "when", "optional": True, "oneof": branches},
            "count": {"name": "count", "token": "COUNT", "type": count_type, "optional": True}}
    for example in examples:
        if order[0] == "count":
            example["sends"] = ["TAKE", "COUNT", "1", example["sends"][1]]
    return command("TAKE", args=[args[name] for name in order],
                   functions=[{"name": "take_with", "args": options, "reply": "ok"}], examples=examples)


def lock_of(folder, spec):
    result = run(write_spec(folder, [spec]))
    assert list(result.problems) == []
    write_json(folder / "lock.json", json.loads(result.lock.text()))
    return result


def text_of(result, path):
    return result.output.files[path]


def test_new_things_come_behind_old_ones(spec_folder):
    lock_of(spec_folder, content())
    more = [{"name": "gt", "token": "GT"}] + ONEOF
    result = lock_of(spec_folder, content(branches=more, options="count when"))
    types = text_of(result, "include/redisc/types.h")
    assert "REDISC_TAKE_WHEN_NX = 1" in types and "REDISC_TAKE_WHEN_GT = 3" in types
    header = text_of(result, "include/redisc/commands_tiny.h")
    assert header.index("redisc_take_when when;") < header.index("int64_t count;")
    assert json.loads((spec_folder / "lock.json").read_text())["enums"]["take_when"] == ["nx", "xx", "gt"]


def test_without_a_lock_the_order_is_that_of_the_specification(spec_folder):
    result = lock_of(spec_folder, content(branches=ONEOF[::-1]))
    assert "REDISC_TAKE_WHEN_XX = 1" in text_of(result, "include/redisc/types.h")


def gone(spec_folder, problems_of, spec):
    lock_of(spec_folder, content())
    return problems_of([spec])


def test_a_value_that_is_gone(spec_folder, problems_of):
    spec = content(branches=[ONEOF[0], {"name": "gt", "token": "GT"}])
    assert_told(gone(spec_folder, problems_of, spec), 'spec/lock.json: /enums/take_when/1: the value "xx" is gone from the specification')


def test_a_field_with_another_type(spec_folder, problems_of):
    assert_told(gone(spec_folder, problems_of, content(count_type="double")),
                'spec/lock.json: /structs/take_options/count: the field has changed: it was "int64_t", it is "redisc_optional_double" now')


def test_a_function_that_is_gone(spec_folder, problems_of):
    spec = json.loads(json.dumps(content()).replace("take_with", "takes_with"))
    problems = gone(spec_folder, problems_of, spec)
    assert_told(problems, 'spec/lock.json: /functions/take_with: the function "take_with" is gone from the specification; did you mean "takes_with"?')
    assert_told(problems, 'spec/lock.json: /structs/take_options: the struct "take_options" is gone')


def test_a_renewed_lock_forgets(spec_folder):
    lock_of(spec_folder, content())
    write_spec(spec_folder, [content(branches=ONEOF[::-1])])
    result = run(spec_folder, renew_lock=True)
    assert "REDISC_TAKE_WHEN_XX = 1" in text_of(result, "include/redisc/types.h")


def test_a_lock_that_is_none(spec_folder, problems_of):
    assert_told(problems_of([content()], lock={"functions": {}}), "spec/lock.json: /: it has to have the keys functions, enums and structs")
