# SPDX-License-Identifier: MIT
"""The reference is whole: pages, manual and site have every function, and nothing in them is broken."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GENERATED = ROOT / "generated"
PAGES = sorted((GENERATED / "docs").glob("commands_*.md"))
MANUAL = sorted((GENERATED / "man").glob("*.3"))
FUNCTIONS = (GENERATED / "symbols.txt").read_text(encoding="utf-8").splitlines()[1:]


def read(path):
    return path.read_text(encoding="utf-8")


def run(*command, cwd=ROOT):
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, timeout=600, check=False)
    return done.returncode, done.stdout + done.stderr


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not there")


def sections(page):
    """The headings of the third level with what stands below them."""
    parts = re.split(r"^###? (\S+)$", read(page), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


# Pages.


def test_each_function_has_a_section():
    found = [name for page in PAGES for name in sections(page) if name.startswith("redisc_")]
    assert sorted(name for name in found if not name.endswith("_options")) == sorted(FUNCTIONS)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sections_say_everything(page):
    for name, text in sections(page).items():
        if name in FUNCTIONS:
            prototype, snippet = re.findall(r"^```c\n(.*?)^```", text, re.S | re.M)
            assert prototype.split()[0] == "redisc_status" and f"{name}(" in prototype
            assert f"{name}(" in snippet
            for what in ("| `r` | `redisc *` |", "\n    ", "**Reply:**", "**Since:**", "**Complexity:**"):
                assert what in text, (name, what)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_examples_are_those_that_are_compiled(page):
    compiled = read(GENERATED / f"tests/snippets_{page.stem.removeprefix('commands_')}.c")
    for name, text in sections(page).items():
        if name in FUNCTIONS:
            snippet = re.findall(r"^```c\n(.*?)^```", text, re.S | re.M)[1]
            body = "".join(f"    {line}\n" if line else "\n" for line in snippet.splitlines())
            function = f"void snippet_{name.removeprefix('redisc_')}(redisc *r)\n{{\n{body}}}\n"
            assert function in compiled, name


def anchors(page):
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.*)$", read(page), re.M)}


@pytest.mark.parametrize("page", sorted((GENERATED / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_links(page):
    links = re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", read(page))
    assert links
    for target, anchor in set(links):
        file = page.parent / target if target else page
        assert file.exists(), target
        assert not anchor or anchor in anchors(file), f"{target}#{anchor}"


def test_the_index_has_every_page_and_function():
    index = read(GENERATED / "docs/commands.md")
    for page in PAGES:
        assert f"]({page.name})" in index
        for name in sections(page):
            assert name not in FUNCTIONS or f"({page.name}#{name})" in index


# Manual.


@pytest.fixture(scope="module")
def manual(tmp_path_factory):
    """The manual's folder, as it is installed."""
    folder = tmp_path_factory.mktemp("man") / "man3"
    parted = run("cmake", "-D", f"TO={folder}", "-P", ROOT / "cmake/PartManual.cmake", *MANUAL)
    assert parted == (0, "")
    return folder


def included(page):
    """The page that this one only includes."""
    match = re.fullmatch(r"\.so man3/(\w+)\.3\n", read(page))
    return match and match[1]


def own_pages(manual):
    return [page for page in sorted(manual.iterdir()) if not included(page)]


def test_each_function_leads_to_a_page(manual):
    assert sorted(page.name for page in manual.iterdir()) == sorted(f"{name}.3" for name in ["redisc", *FUNCTIONS])
    for name in FUNCTIONS:
        page = read(manual / f"{included(manual / f'{name}.3') or name}.3")
        assert name in re.search(r"^\.SH NAME\n(.*) \\- ", page, re.M)[1].split(", ")


def test_nothing_is_lost_in_parting(manual):
    parts = [part for path in MANUAL for part in re.split(r"^\.\\\" Page .*\n", read(path), flags=re.M)[1:]]
    assert sorted(parts) == sorted(map(read, own_pages(manual)))


@needs("groff")
@pytest.mark.parametrize("device", ["utf8", "ascii"])
def test_groff_has_no_warnings(manual, device):
    assert run("groff", "-man", "-ww", "-z", f"-T{device}", *own_pages(manual)) == (0, "")


@needs("mandoc")
def test_mandoc_has_no_warnings(manual):
    """The pages have no date: they are the same whenever they are made."""
    _, said = run("mandoc", "-T", "lint", "-W", "warning", *own_pages(manual))
    assert [line for line in said.splitlines() if "missing date" not in line] == []


@needs("groff")
def test_a_page_reads_well(manual):
    status, text = run("groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", manual / "redisc_zadd.3")
    assert status == 0
    for what in ("redisc_zadd_with(redisc *r, redisc_str key", "ZADD key [NX | XX]", "REDISC_ZADD_GT", "redisc(3)"):
        assert what in text, what


# The site.


@needs("doxygen")
def test_doxygen_has_no_warnings(tmp_path):
    settings = tmp_path / "Doxyfile"
    settings.write_text(f"{read(ROOT / 'docs/Doxyfile')}\nOUTPUT_DIRECTORY = {tmp_path}\n", encoding="utf-8")
    assert run("doxygen", settings) == (0, "")
    site = tmp_path / "html"
    assert "redisc_set_with" in read(site / "commands__string_8h.html")
    assert "REDISC_ERROR_WRONGTYPE" in read(site / "status_8h.html")
    assert not [page.name for page in site.glob("*.html") if re.search(r'href="[^"/]*\.md', read(page))]
