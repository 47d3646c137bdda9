# SPDX-License-Identifier: MIT
"""Faults put into the real specification are told."""
import json
import shutil

import pytest
from conftest import ROOT, write_json

from codegen.pipeline import run

SPEC = ROOT / "spec"
TYPES = sorted(path.stem for path in (SPEC / "types").glob("*.json"))
COMMANDS = sorted(path.relative_to(SPEC).as_posix() for path in SPEC.glob("*/*.json")
                  if path.parent.name not in ("types", "schema"))


@pytest.fixture
def spec(tmp_path):
    return shutil.copytree(SPEC, tmp_path / "spec")


@pytest.mark.parametrize("name", TYPES)
def test_a_deleted_type(name, spec):
    (spec / "types" / f"{name}.json").unlink()
    problems = list(run(spec).problems)
    assert any(f'there is no type "{name}"' in problem for problem in problems), problems


@pytest.mark.parametrize("path", COMMANDS[::9])
def test_a_misspelt_key(path, spec):
    content = json.loads((spec / path).read_text(encoding="utf-8"))
    content["summry"] = content.pop("summary")
    write_json(spec / path, content)
    problems = list(run(spec).problems)
    assert f'spec/{path}: /summry: unknown key "summry"; did you mean "summary"?' in problems


@pytest.mark.parametrize("path", COMMANDS[4::9])
def test_a_wrong_example(path, spec):
    content = json.loads((spec / path).read_text(encoding="utf-8"))
    sending = [i for i, e in enumerate(content.get("examples", [])) if "sends" in e]
    if not sending:
        pytest.skip("it has no examples")
    content["examples"][sending[0]]["sends"].append("more")
    write_json(spec / path, content)
    problems = list(run(spec).problems)
    assert any(p.startswith(f"spec/{path}: /examples/{sending[0]}/sends: the function sends") for p in problems), problems
