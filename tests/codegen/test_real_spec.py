# SPDX-License-Identifier: MIT
"""Faults put into the real specification are told."""
import json
import shutil

import pytest
from conftest import ROOT, write_json

from codegen.build import build
from codegen.check_types import check_types
from codegen.load import load
from codegen.model import Spec
from codegen.pipeline import run
from codegen.problems import Problems

SPEC = ROOT / "spec"
TYPES = sorted(path.stem for path in (SPEC / "types").glob("*.json"))
COMMANDS = sorted(path.relative_to(SPEC).as_posix() for path in SPEC.glob("*/*.json")
                  if path.parent.name not in ("types", "schema", "facts"))


@pytest.fixture
def spec(tmp_path):
    return shutil.copytree(SPEC, tmp_path / "spec")


@pytest.fixture(scope="module")
def built():
    problems = Problems()
    result = build(load(SPEC, problems), problems)
    assert list(problems) == []
    return result


@pytest.mark.parametrize("name", TYPES)
def test_a_type_that_is_not_there(name, built):
    problems = Problems()
    records = {other: record for other, record in built.records.items() if other != name}
    check_types(Spec(built.commands, records), True, {}, problems)
    assert any(f'there is no type "{name}"' in problem for problem in problems), list(problems)


@pytest.mark.parametrize("name", TYPES[::25])
def test_a_deleted_type(name, spec):
    (spec / "types" / f"{name}.json").unlink()
    problems = list(run(spec).problems)
    assert any(f'there is no type "{name}"' in problem for problem in problems), problems


@pytest.mark.parametrize("path", COMMANDS[::29])
def test_a_misspelt_key(path, spec):
    content = json.loads((spec / path).read_text(encoding="utf-8"))
    content["summry"] = content.pop("summary")
    write_json(spec / path, content)
    problems = list(run(spec).problems)
    assert f'spec/{path}: /summry: unknown key "summry"; did you mean "summary"?' in problems


@pytest.mark.parametrize("path", COMMANDS[4::29])
def test_a_wrong_example(path, spec):
    content = json.loads((spec / path).read_text(encoding="utf-8"))
    sending = [i for i, e in enumerate(content.get("examples", [])) if "sends" in e]
    if not sending:
        pytest.skip("it has no examples")
    content["examples"][sending[0]]["sends"].append("more")
    write_json(spec / path, content)
    problems = list(run(spec).problems)
    assert any(p.startswith(f"spec/{path}: /examples/{sending[0]}/sends: the function sends") for p in problems), problems
