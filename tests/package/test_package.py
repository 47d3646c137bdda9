# SPDX-License-Identifier: MIT
"""A program outside the project finds redisc, links with it and runs: all the ways there are."""

import os
import re
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
PROGRAMS = ["c_redisc", "c_redisc_static", "cpp_redisc", "cpp_redisc_static"]
WARNINGS = "-Wall -Wextra -Wpedantic -Werror".split()


def run(*command, **environment):
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **environment},
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}"
    return done.stdout


def assert_works(program, **environment):
    """Runs the program with a server of its own."""
    server = os.environ["REDISC_TEST_SERVER"]
    assert run(ROOT / "tools/with-server", server, program, **environment) == "hello 2\n"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    prefix = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", os.environ["REDISC_BUILD"], "--prefix", prefix)
    return prefix


@pytest.fixture(scope="module")
def library_folder(installed):
    return next(installed.rglob("libredisc.a")).parent


TLS_SAYS = "REDISC_ERROR_UNSUPPORTED REDISC_OK REDISC_OK\n"


def has_tls():
    return (Path(os.environ["REDISC_BUILD"]) / "libredisc_tls.so").exists()


def assert_tls_works(folder):
    if not has_tls():
        pytest.skip("built without OpenSSL")
    for program in ("c_tls", "c_tls_static"):
        assert run(folder / program) == TLS_SAYS


def build_project(folder, *settings):
    run("cmake", "-S", FOLDER, "-B", folder, "-GNinja", "-DCMAKE_BUILD_TYPE=Debug", *settings)
    run("cmake", "--build", folder)


def test_find_package(installed, tmp_path):
    build_project(tmp_path, f"-DCMAKE_PREFIX_PATH={installed}")
    for program in PROGRAMS:
        assert_works(tmp_path / program)
    assert_tls_works(tmp_path)


def test_find_package_with_json(installed, tmp_path):
    build_project(tmp_path, f"-DCMAKE_PREFIX_PATH={installed}", "-DCOMPONENTS=json")
    for program in ("c_json", "c_json_static"):
        assert run(tmp_path / program) == '{"a":[1]}\n'
    assert "cjson" not in run("ldd", tmp_path / "c_redisc")


def test_pkg_config_with_json(installed, library_folder, tmp_path):
    search = {"PKG_CONFIG_PATH": str(library_folder / "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "redisc-json", **search).split()
    run("gcc", *WARNINGS, FOLDER / "json.c", *flags, "-o", tmp_path / "program")
    assert run(tmp_path / "program", LD_LIBRARY_PATH=str(library_folder)) == '{"a":[1]}\n'


def test_add_subdirectory(tmp_path):
    build_project(tmp_path, f"-DREDISC_SOURCE={ROOT}")
    for program in PROGRAMS:
        assert_works(tmp_path / program)
    assert_tls_works(tmp_path)


def test_without_openssl(tmp_path):
    """The core needs none, and says what to do for TLS."""
    build_project(tmp_path, f"-DREDISC_SOURCE={ROOT}", "-DREDISC_WITH_TLS=OFF")
    assert not (tmp_path / "c_tls").exists()
    assert_works(tmp_path / "c_redisc_static")
    assert "libssl" not in run("ldd", tmp_path / "c_redisc")


@pytest.mark.parametrize("compiler, source", [("gcc", "program.c"), ("clang++", "program.cpp")])
def test_pkg_config(installed, library_folder, tmp_path, compiler, source):
    search = {"PKG_CONFIG_PATH": str(library_folder / "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "redisc", **search).split()
    run(compiler, *WARNINGS, FOLDER / source, *flags, "-o", tmp_path / "program")
    assert_works(tmp_path / "program", LD_LIBRARY_PATH=str(library_folder))


def test_pkg_config_static(installed, library_folder, tmp_path):
    search = {"PKG_CONFIG_PATH": str(library_folder / "pkgconfig")}
    flags = run("pkg-config", "--static", "--cflags", "--libs", "redisc", **search)
    # A library of that name links as it stands: the archive instead of the shared one.
    flags = flags.replace("-lredisc", "-l:libredisc.a").split()
    run("gcc", *WARNINGS, FOLDER / "program.c", *flags, "-o", tmp_path / "program")
    assert_works(tmp_path / "program")


def test_manual_and_description_are_installed(installed):
    manual = installed / "share/man/man3"
    names = (ROOT / "generated/symbols.txt").read_text().splitlines()[1:]
    assert {f"{name}.3" for name in [*names, "redisc"]} == {page.name for page in manual.iterdir()}
    assert (manual / "redisc_set_with.3").read_text() == ".so man3/redisc_set.3\n"
    api = installed / "share/redisc/api.json"
    assert api.read_bytes() == (ROOT / "generated/api.json").read_bytes()


GET_PROGRAM = """#include <redisc/redisc.h>
int main(void)
{
    redisc *r;
    const redisc_str *value;
    redisc_status status = redisc_open(NULL, NULL, &r);
    if (status == REDISC_OK) {
        status = redisc_get(r, "key", &value);
        redisc_free(value);
        redisc_close(r);
    }
    return status < 0;
}
"""


@pytest.mark.parametrize("sections, most", [([], 60), (["-Wl,--gc-sections"], 1)], ids=["plain", "gc-sections"])
def test_static_linking_takes_what_is_used(installed, library_folder, tmp_path, sections, most):
    """Without sections the linker takes whole files: a group of commands, and those that the runtime calls."""
    search = {"PKG_CONFIG_PATH": str(library_folder / "pkgconfig")}
    flags = run("pkg-config", "--static", "--cflags", "--libs", "redisc", **search)
    flags = flags.replace("-lredisc", "-l:libredisc.a").split()
    source, program = tmp_path / "get.c", tmp_path / "get"
    source.write_text(GET_PROGRAM)
    run("gcc", "-O2", source, *flags, *sections, "-o", program)
    symbols = set(re.findall(r" [Tt] (redisc_\w+)", run("nm", program)))
    commands = set((ROOT / "generated/symbols.txt").read_text().split()) & symbols
    assert "redisc_get" in commands and len(commands) <= most, commands
    run("strip", program)
    assert program.stat().st_size < (256 if sections else 512) * 1024


def test_the_shared_library_is_small(library_folder, tmp_path):
    run("strip", "-o", tmp_path / "stripped", library_folder / "libredisc.so")
    assert (tmp_path / "stripped").stat().st_size < 2_000_000


def test_pkg_config_with_tls(installed, library_folder, tmp_path):
    if not has_tls():
        pytest.skip("built without OpenSSL")
    search = {"PKG_CONFIG_PATH": str(library_folder / "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "redisc-tls", **search).split()
    run("gcc", *WARNINGS, FOLDER / "tls.c", *flags, "-o", tmp_path / "shared")
    assert run(tmp_path / "shared", LD_LIBRARY_PATH=str(library_folder)) == TLS_SAYS
    flags = run("pkg-config", "--static", "--cflags", "--libs", "redisc-tls", **search)
    flags = flags.replace("-lredisc_tls", "-l:libredisc_tls.a").replace("-lredisc ", "-l:libredisc.a ")
    run("gcc", *WARNINGS, FOLDER / "tls.c", *flags.split(), "-o", tmp_path / "static")
    assert "redisc" not in run("ldd", tmp_path / "static")
    assert run(tmp_path / "static") == TLS_SAYS


def test_the_version_is_the_headers(installed, library_folder):
    search = {"PKG_CONFIG_PATH": str(library_folder / "pkgconfig")}
    version = run("pkg-config", "--modversion", "redisc", **search).strip()
    text = next(installed.rglob("version.h")).read_text()
    assert f'"{version}"' in text
    numbers = [
        next(line for line in text.splitlines() if f"REDISC_VERSION_{part} " in line).split()[-1]
        for part in ("MAJOR", "MINOR", "PATCH")
    ]
    assert version == ".".join(numbers)
