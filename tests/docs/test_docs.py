# SPDX-License-Identifier: MIT
"""README and docs/ say what the code is: tables are compared with it, fragments are compiled."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "runtime/src"
PUBLIC = ROOT / "runtime/include/redisc"
INCLUDES = [
    ROOT / folder
    for folder in ("runtime/include", "generated/include", "runtime/tls/include", "json/include")
]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def read(path):
    return path.read_text(encoding="utf-8")


def rows(page, heading):
    """The cells of the table that begins with the given heading cell, without their back quotes."""
    lines = iter(read(page).splitlines())
    for line in lines:
        if line.startswith(f"| {heading} |"):
            break
    next(lines)
    for line in lines:
        if not line.startswith("|"):
            return
        yield [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]


def test_statuses():
    pairs = re.findall(r'\{"(\w+)", (REDISC_\w+)\}', read(RUNTIME / "error.c"))
    words = {kind: word for word, kind in pairs}
    entry = re.compile(r'X\((REDISC_\w+), (-?\d+), (REDISC_\w+), "([^"]*)"\)')
    expected = [
        [name, value, "–" if name == parent else parent, text, words.get(name, "")]
        for name, value, parent, text in entry.findall(read(PUBLIC / "status.h"))
    ]
    assert len(expected) > 40 and len(words) > 20
    assert list(rows(ROOT / "docs/errors.md", "status")) == expected


def test_retries():
    entry = re.compile(r"\{(REDISC_ERROR_\w+), (REDISC_\w+), ([A-Z]+)\}")
    rules = entry.findall(read(RUNTIME / "retry.c"))
    table = list(rows(ROOT / "docs/reliability.md", "what happened"))
    again = {
        "REDISC_NOT_SENT": "always",
        "REDISC_UNKNOWN": "if harmless, up to 3 times in all",
        "REDISC_ANSWERED": "unless a script may have said it",
    }
    assert len(rules) > 10
    assert [(row[1], row[2], row[4].upper()) for row in table] == rules
    assert all(row[3] == again[row[2]] for row in table)
    assert "MOST_UNANSWERED = 3\n" in read(RUNTIME / "retry.c")


def test_retry_defaults():
    page = read(ROOT / "docs/reliability.md")
    defaults = dict(re.findall(r"DEFAULT_(\w+) = (\d+)", read(RUNTIME / "config.c")))
    assert f"`max_tries`** ({defaults['TRIES']})" in page
    assert f"`retry_wait_ms` ({defaults['RETRY_WAIT_MS']} ms)" in page
    assert f"`retry_max_wait_ms` ({defaults['RETRY_MAX_WAIT_MS']} ms)" in page


def option_fields():
    struct = r"typedef struct redisc_options \{(.*?)\} redisc_options;"
    body = re.search(struct, read(PUBLIC / "options.h"), re.S)
    without_comments = re.sub(r"/\*.*?\*/", "", body[1], flags=re.S)
    return re.findall(r"(\w+)\s*;", without_comments)


def test_options():
    table = list(rows(ROOT / "docs/urls.md", "option"))
    assert [row[0] for row in table] == option_fields()
    in_urls = set(re.findall(r"FIELD\((\w+), [A-Z]", read(RUNTIME / "url_option.c")))
    assert {row[0] for row in table if row[3]} == in_urls


def test_layers():
    """The table of docs/architecture.md has every file, and none includes what stands below it."""
    layers = [row[0].split() for row in rows(ROOT / "docs/architecture.md", "files in runtime/src")]
    level = {name: number for number, layer in enumerate(layers) for name in layer}

    def level_of(stem):
        parts = stem.split("_")
        for length in range(len(parts), 0, -1):
            if "_".join(parts[:length]) in level:
                return level["_".join(parts[:length])]
        return pytest.fail(f"{stem} is not in the table")

    for path in sorted(RUNTIME.glob("*.[ch]")):
        for included in re.findall(r'#include "(\w+)\.h"', read(path)):
            assert level_of(included) <= level_of(path.stem), f"{path.name} includes {included}.h"
        level_of(path.stem)
    assert set(level) <= {path.stem for path in RUNTIME.iterdir()}
    allowed = {"command.h", "reader_pieces.h", "reader_texts.h", "command_table.h", "readers.h"}
    for path in sorted((ROOT / "generated/src").glob("*.[ch]")):
        assert set(re.findall(r'#include "(\w+\.h)"', read(path))) <= allowed, path.name


def known_names():
    """Every identifier of the public headers, and of what the documents tell of the inside."""
    texts = [read(path) for folder in INCLUDES for path in folder.rglob("*.h")]
    texts += [read(path) for path in RUNTIME.glob("*.h")]
    return set(re.findall(r"\bredisc_\w+|\bREDISC_\w+", "\n".join(texts)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_names_exist(page):
    cmake = "\n".join(read(path) for path in [ROOT / "CMakeLists.txt", *(ROOT / "cmake").glob("*")])
    known = known_names() | set(re.findall(r"REDISC_\w+|redisc_\w+", cmake))
    environment = {"REDISC_URL"}
    # The page on the specification makes up some, to explain how names come about.
    invented = {"redisc_T", "redisc_T_list", "REDISC_SET_WHEN_NX"}
    invented = invented if page.name == "spec.md" else set()
    named = set(re.findall(r"\bredisc_\w+|\bREDISC_\w+", read(page)))
    missing = {name for name in named - known - environment - invented if not name.endswith("_")}
    assert not missing


def fragments():
    for page in PAGES:
        for number, code in enumerate(re.findall(r"^```c\n(.*?)^```", read(page), re.S | re.M)):
            yield pytest.param(code, id=f"{page.name}-{number}")


def as_program(code):
    """A fragment is a program, or declarations, or statements with a client r."""
    if "#include" in code:
        return code
    code = code.replace("…", "")
    heads = "#include <redisc/redisc.h>\n#include <redisc/tls.h>\n#include <stdio.h>\n"
    if code.startswith("redisc_status redisc_"):
        return f"#define REDISC_NO_MACROS\n{heads}{code}"
    return f"{heads}void fragment(redisc *r);\nvoid fragment(redisc *r)\n{{\n(void)r;\n{code}\n}}\n"


@pytest.mark.parametrize("code", fragments())
def test_fragments_compile(tmp_path, code):
    source = tmp_path / "fragment.c"
    source.write_text(as_program(code), encoding="utf-8")
    command = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    command += ["-Wno-unused-variable", "-fsyntax-only", source]
    command += [f"-I{folder}" for folder in INCLUDES]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_first_program():
    licence, program = read(ROOT / "examples/first.c").split("\n", 1)
    assert "SPDX" in licence
    assert f"```c\n{program}```" in read(ROOT / "README.md")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", read(page)):
        assert (page.parent / target).exists(), target
