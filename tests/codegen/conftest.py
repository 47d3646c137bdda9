# SPDX-License-Identifier: MIT
"""Tiny specifications for the generator's tests."""
import copy
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="write the golden files afresh")


COMMAND = {
    "group": "tiny",
    "since": {"redis": "1.0.0", "valkey": "1.0.0"},
    "flags": [],
    "summary": "Does something.",
    "complexity": "O(1)",
    "args": [],
}


def command(words, **keys):
    """A command file's content, with defaults for what a test does not care about."""
    return {"command": words, **copy.deepcopy(COMMAND), **keys}


def write_spec(folder, commands=(), types=(), lock=None):
    """Writes a specification to a folder and answers it."""
    for content in commands:
        name = content["command"].lower().replace(" ", "_").replace("-", "_")
        write_json(folder / content["group"] / f"{name}.json", content)
    for content in types:
        write_json(folder / "types" / f"{content['type']}.json", content)
    if lock is not None:
        write_json(folder / "lock.json", lock)
    return folder


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def spec_folder(tmp_path):
    """A folder named spec, for write_spec()."""
    return tmp_path / "spec"


@pytest.fixture
def problems_of(spec_folder):
    """A function that tells what the generator finds wrong with commands and types."""
    from codegen.pipeline import run

    def find(commands=(), types=(), lock=None):
        return list(run(write_spec(spec_folder, commands, types, lock)).problems)

    return find
