# SPDX-License-Identifier: MIT
"""Each public header compiles alone, in C and C++, with gcc and clang, without a warning."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
INCLUDES = [
    ROOT / folder
    for folder in ("runtime/include", "generated/include", "runtime/tls/include", "json/include")
]
HEADERS = sorted(
    str(path.relative_to(folder)) for folder in INCLUDES for path in folder.rglob("*.h")
)
# What no user includes: it is part of another header, which checks it.
PARTS = {"redisc/each.h"}
# A header that gives names another meaning, or belongs to another library, is not for everyone.
ON_REQUEST = {"redisc/legacy.h", "redisc/tls.h", "redisc/json_tree.h"}
WARNINGS = "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror".split()
LANGUAGES = [
    (compiler, standard)
    for standard, compilers in {
        "c11": ("gcc", "clang"),
        "c17": ("gcc", "clang"),
        "c++11": ("g++", "clang++"),
        "c++20": ("g++", "clang++"),
    }.items()
    for compiler in compilers
]
each_language = pytest.mark.parametrize(
    "compiler, standard", LANGUAGES, ids=[f"{c}-{s}" for c, s in LANGUAGES]
)


def compile_text(tmp_path, compiler, standard, text, *flags):
    """What the compiler says of the text; empty if it is content."""
    if shutil.which(compiler) is None:
        pytest.skip(f"there is no {compiler} here")
    source = tmp_path / ("alone.cpp" if "++" in standard else "alone.c")
    source.write_text(text)
    includes = [f"-I{folder}" for folder in INCLUDES]
    command = [compiler, f"-std={standard}", *WARNINGS, *includes, *flags, "-fsyntax-only"]
    return subprocess.run(
        [*command, source], capture_output=True, text=True, check=False, timeout=120
    ).stderr


@each_language
def test_each_header_alone(tmp_path, compiler, standard):
    for header in HEADERS:
        if header not in PARTS:
            # Twice: its guard holds.
            text = f"#include <{header}>\n#include <{header}>\nint redisc_alone;\n"
            assert compile_text(tmp_path, compiler, standard, text) == "", header


@each_language
def test_without_the_convenience_macros(tmp_path, compiler, standard):
    text = "#include <redisc/redisc.h>\nint redisc_alone;\n"
    assert compile_text(tmp_path, compiler, standard, text, "-DREDISC_NO_MACROS") == ""


@pytest.mark.parametrize("order", ["before", "after"])
@each_language
def test_beside_hiredis(tmp_path, compiler, standard, order):
    if not Path("/usr/include/hiredis/hiredis.h").exists():
        pytest.skip("hiredis is not installed")
    both = ["#include <redisc/redisc.h>", "#include <hiredis/hiredis.h>"]
    if order == "after":
        both.reverse()
    text = "\n".join(both) + "\nint redisc_alone;\n"
    assert compile_text(tmp_path, compiler, standard, text) == ""


def test_the_umbrella_has_all():
    command = ["cc", "-M", *(f"-I{folder}" for folder in INCLUDES), "-x", "c", "-"]
    umbrella = subprocess.run(
        command, input="#include <redisc/redisc.h>\n", capture_output=True, text=True, check=True
    ).stdout
    missing = [header for header in HEADERS if f"/{header}" not in umbrella]
    assert set(missing) <= ON_REQUEST


def test_macros_take_only_our_prefix():
    """No macro of ours is called otherwise than redisc_… or REDISC_…."""
    command = ["cc", "-std=c11", "-dM", "-E", *(f"-I{folder}" for folder in INCLUDES), "-x", "c", "-"]

    def macros(text):
        output = subprocess.run(
            command, input=text, capture_output=True, text=True, check=True
        ).stdout
        return {line.split()[1].split("(")[0] for line in output.splitlines()}

    system = "".join(
        f"#include <{name}.h>\n" for name in ("stdbool", "stddef", "stdint", "string")
    )
    ours = macros(system + "#include <redisc/redisc.h>\n") - macros(system)
    assert [name for name in ours if not name.lower().startswith("redisc")] == []
