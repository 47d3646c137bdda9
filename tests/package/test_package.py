# SPDX-License-Identifier: MIT
"""A program outside the project finds redisc, links with it and runs: all the ways there are."""

import os
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


def build_project(folder, *settings):
    run("cmake", "-S", FOLDER, "-B", folder, "-GNinja", "-DCMAKE_BUILD_TYPE=Debug", *settings)
    run("cmake", "--build", folder)


def test_find_package(installed, tmp_path):
    build_project(tmp_path, f"-DCMAKE_PREFIX_PATH={installed}")
    for program in PROGRAMS:
        assert_works(tmp_path / program)


def test_add_subdirectory(tmp_path):
    build_project(tmp_path, f"-DREDISC_SOURCE={ROOT}")
    for program in PROGRAMS:
        assert_works(tmp_path / program)


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
