# SPDX-License-Identifier: MIT
"""Each construct of the specification as the C that it becomes.

golden/<case>.json is a tiny specification, golden/<case>.golden what is generated from it. After a meant change:

    python3 -m pytest tests/codegen/test_golden.py --update-golden
"""
import json
from pathlib import Path

import pytest
from conftest import ROOT, command, write_spec

from codegen import headers
from codegen.emit import declarations, example_tables
from codegen.examples import ExampleCode
from codegen.pipeline import analysed
from codegen.readers import AllReaders

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.stem for path in GOLDEN.glob("*.json"))


def generated(folder):
    """The interesting parts of the output, one after the other."""
    analysis = analysed(folder, runtime=ROOT / "runtime")
    assert list(analysis.problems) == []
    spec, shapes = analysis.spec, analysis.shapes
    parts = {"types.h": headers.type_texts(spec, shapes)}
    for group, source in analysis.sources.items():
        parts[f"commands_{group}.h"] = declarations(source)
        parts["macros"] = [m for m in map(headers.macro_text, source.functions) if m]
        parts[f"commands_{group}.c"] = source.items
        readers = AllReaders(spec)
        readers.build()
        own = readers.groups.get(group)
        if own is not None:
            parts["readers.c"] = own.forward + [f.text() for f in own.functions] + list(own.results.values())
        code = ExampleCode(spec, shapes)
        parts["examples.c"] = [code.call(f, e, n).text() for f in source.functions
                               for n, e in enumerate(f.function.examples, 1)]
        tables = [example_tables(f.function, spec) for f in source.functions]
        parts["wire.c"] = [row for table in tables for row in table["wire"]]
        parts["live.c"] = [row for table in tables for row in table["before"] + table["live"]]
    return "\n".join(f"/* ==== {name} ==== */\n\n" + "\n\n".join(texts) + "\n" for name, texts in parts.items() if texts)


@pytest.mark.parametrize("case", CASES)
def test_golden(case, spec_folder, pytestconfig):
    content = json.loads((GOLDEN / f"{case}.json").read_text(encoding="utf-8"))
    commands = [command(c.pop("command"), **c) for c in content["commands"]]
    text = generated(write_spec(spec_folder, commands, content.get("types", [])))
    expected = GOLDEN / f"{case}.golden"
    if pytestconfig.getoption("--update-golden"):
        expected.write_text(text, encoding="utf-8")
    assert text == expected.read_text(encoding="utf-8")


def test_there_is_a_case_for_each_golden_file():
    assert CASES
    assert sorted(path.stem for path in GOLDEN.glob("*.golden")) == CASES
