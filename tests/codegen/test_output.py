# SPDX-License-Identifier: MIT
"""The whole output of the real specification: up to date, the same each time, laid out well, restricted as asked."""
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT

from codegen.pipeline import Target, run

SPEC = ROOT / "spec"
GENERATED = ROOT / "generated"


@pytest.fixture(scope="module")
def output():
    result = run(SPEC)
    assert list(result.problems) == []
    return result.output


def codegen(*arguments):
    return subprocess.run([sys.executable, "-m", "codegen", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_is_committed_is_up_to_date():
    checked = codegen("check")
    assert checked.returncode == 0, checked.stderr


def test_it_is_the_same_each_time(output, tmp_path):
    assert run(SPEC).output.files == output.files
    for _ in range(2):
        assert codegen("generate", "--spec", copied_spec(tmp_path), "--out", tmp_path / "out").returncode == 0
        for path, text in output.files.items():
            assert (tmp_path / "out" / path).read_text(encoding="utf-8") == text


def copied_spec(tmp_path):
    target = tmp_path / "spec"
    if not target.exists():
        shutil.copytree(SPEC, target)
    return target


def test_unchanged_files_are_left_alone(tmp_path):
    spec, out = copied_spec(tmp_path), tmp_path / "out"
    codegen("generate", "--spec", spec, "--out", out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    again = codegen("generate", "--spec", spec, "--out", out)
    assert again.stdout == ""
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == before


def test_stale_files_are_removed_and_others_kept(tmp_path):
    spec, out = copied_spec(tmp_path), tmp_path / "out"
    codegen("generate", "--spec", spec, "--out", out)
    stale = out / "src" / "commands_gone.c"
    shutil.copy(out / "src" / "commands_string.c", stale)
    mine = out / "src" / "mine.c"
    mine.write_text("int mine;\n", encoding="utf-8")
    checked = codegen("check", "--spec", spec, "--out", out)
    assert checked.returncode == 1 and "src/commands_gone.c: not generated any more" in checked.stderr
    codegen("generate", "--spec", spec, "--out", out)
    assert not stale.exists() and mine.exists()


def test_outputs_are_listed(output):
    listed = codegen("list-outputs", "--out", "somewhere").stdout.split()
    assert listed == sorted(f"somewhere/{path}" for path in output.files)


def test_a_wrong_specification_writes_nothing(tmp_path):
    spec = copied_spec(tmp_path)
    shutil.rmtree(spec / "types")
    failed = codegen("generate", "--spec", spec, "--out", tmp_path / "out")
    assert failed.returncode == 1 and "faults in the specification" in failed.stderr
    assert not (tmp_path / "out").exists()


def test_fields_of_a_choice_tell_since_when_it_is_there(output):
    header = re.sub(r"\s+\*?\s*", " ", output.files["include/redisc/commands_stream.h"])
    for option in ("IDMPAUTO", "IDMP"):
        assert re.search(rf"/\*\* {option}: [^*]* \(since Redis 8\.6\.0\)", header), option


def test_no_header_shadows_a_system_header(output):
    names = [path.rsplit("/", 1)[1] for path in output.files if path.startswith("include/")]
    assert all(name.startswith("commands") or name in ("types.h", "legacy.h") for name in names)


def sources(output):
    return {path: text for path, text in output.files.items() if path.endswith((".c", ".h"))}


def test_lines_and_functions_are_short(output):
    for path, text in sources(output).items():
        length = 0
        for number, line in enumerate(text.split("\n"), 1):
            assert len(line) <= 100, f"{path}:{number}"
            length = 0 if line == "{" else length + 1
            assert not (line == "}" and length > 60), f"{path}:{number}: a function of {length} lines"


def test_nothing_of_the_machine_or_the_date_is_in_it(output):
    for path, text in output.files.items():
        assert not re.search(r"/home/|/root/|20[0-9][0-9]-[01][0-9]-[0-3][0-9]", text), path


@pytest.mark.skipif(shutil.which("clang-format") is None, reason="clang-format is not there")
def test_clang_format_changes_nothing(output, tmp_path):
    version = subprocess.run(["clang-format", "--version"], capture_output=True, text=True, check=True).stdout
    if " 14." not in version:
        pytest.skip(f"another clang-format than 14: {version.strip()}")
    shutil.copy(ROOT / ".clang-format", tmp_path)
    output.write(tmp_path)
    paths = sorted(tmp_path / path for path in sources(output))
    formatted = subprocess.run(["clang-format", "--dry-run", "-Werror", *map(str, paths)], capture_output=True, text=True, check=False)
    assert formatted.returncode == 0, formatted.stderr[:4000]


@pytest.mark.parametrize("server, has, lacks", [
    ("redis=7.0", "redisc_getex", "redisc_hexpire"),
    ("redis=8.0", "redisc_hgetex", "redisc_delifeq"),
    ("valkey=9.0", "redisc_delifeq", "redisc_delex"),
])
def test_restricted_to_a_server(server, has, lacks):
    result = run(SPEC, Target.parse(server))
    assert list(result.problems) == []
    symbols = result.output.files["symbols.txt"].split()
    assert has in symbols and lacks not in symbols
    assert result.lock is None


def test_what_the_runtime_calls_is_always_there(tmp_path):
    """So the runtime can be compiled with what the oldest server knows."""
    run(SPEC, Target.parse("redis=6.0")).output.write(tmp_path)
    assert "redisc_hscan_novalues_with" in (tmp_path / "symbols.txt").read_text(encoding="utf-8").split()
    folders = (ROOT / "runtime/include", ROOT / "runtime/src", tmp_path / "include", tmp_path / "src")
    flags = ["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    compiled = subprocess.run(["cc", *flags, *(f"-I{folder}" for folder in folders),
                               *map(str, sorted(ROOT.glob("runtime/src/*.c")))], capture_output=True, text=True, check=False)
    assert compiled.returncode == 0, compiled.stderr


@pytest.mark.parametrize("text", ["redis", "redis=7", "keydb=1.0", "redis=7.0.x"])
def test_servers_are_named_by_product_and_version(text):
    if text == "redis=7":
        assert Target.parse(text).knows({"redis": "7.4.0"})
    else:
        with pytest.raises(ValueError):
            Target.parse(text)
