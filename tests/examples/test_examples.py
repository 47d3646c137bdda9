# SPDX-License-Identifier: MIT
"""The examples run, and show what they say. Needs REDISC_BUILD and REDISC_TEST_SERVER."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ["REDISC_BUILD"]) / "examples/bin"
SERVER = os.environ["REDISC_TEST_SERVER"]
IN_PLAIN = {**os.environ, "NO_COLOR": ""}


def run(*command, check=True, **environment):
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**IN_PLAIN, **environment},
    )
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done


def with_server(*command, options=(), **environment):
    return run(ROOT / "tools/with-server", *options, SERVER, *command, **environment)


def test_every_example_is_tested():
    tested = set(re.findall(r'PROGRAMS / "(\w+)"', Path(__file__).read_text(encoding="utf-8")))
    assert tested == {path.stem for path in (ROOT / "examples").glob("*.c")}


def test_first_prints_what_the_readme_says():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"It prints\n\n((?:    .*\n)+)", readme)[1]
    assert with_server(PROGRAMS / "first").stdout == re.sub(r"^    ", "", shown, flags=re.M)


def test_tour():
    output = with_server(PROGRAMS / "tour", options=["--sentinel"]).stdout
    assert "redisc_master_for" in output
    assert "not as expected" not in output
    assert "\033" not in output
    assert re.search(r"\d+ steps in ", output)
    widest = max(output.splitlines(), key=len)
    assert len(widest) <= 120, widest


def test_tour_over_tls():
    if not (Path(os.environ["REDISC_BUILD"]) / "libredisc_tls.so").exists():
        pytest.skip("built without OpenSSL")
    output = with_server(PROGRAMS / "tour").stdout
    assert "-> \"not for all ears\"" in output
    assert "`localhost`, `127.0.0.1`, not for `db.example`" in output


def test_tour_leaves_nothing_behind(tmp_path):
    script = f'"{PROGRAMS / "tour"}" > "$0" && "{PROGRAMS / "scan"}"'
    assert with_server("sh", "-c", script, tmp_path / "shown").stdout == ""


def test_tour_without_a_server(tmp_path):
    done = run(PROGRAMS / "tour", check=False, REDISC_URL=f"unix://{tmp_path}/nobody")
    assert done.returncode == 1
    assert f"{tmp_path}/nobody" in done.stderr


def test_tour_in_colour():
    """On a terminal there is colour, and none with NO_COLOR."""
    show = "import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)"
    command = [sys.executable, "-c", show, PROGRAMS / "tour"]
    assert "\033[" in with_server(*command, TERM="xterm").stdout
    assert "\033[" not in with_server(*command, TERM="xterm", NO_COLOR="1").stdout
    assert "\033[" not in with_server(*command, TERM="dumb").stdout


def test_pool():
    output = with_server(PROGRAMS / "pool").stdout
    assert re.search(r"^pool of unix:.*, 2 idle, 0 in use, at most 2\n2 opened; ", output)


FILL = """
import os, socket
server = socket.socket(socket.AF_UNIX)
server.connect(os.environ["REDISC_URL"].removeprefix("unix://"))
server.sendall(b"MSET a:1 x a:2 x b x\\r\\nRPUSH a:list x\\r\\nSADD b:set x\\r\\n")
expected = b"+OK\\r\\n:1\\r\\n:1\\r\\n"
got = b""
while len(got) < len(expected):
    got += server.recv(100)
assert got == expected, got
"""


def test_scan():
    script = f'"{sys.executable}" -c "$0" && "{PROGRAMS / "scan"}" "a:*"'
    lines = with_server("sh", "-c", script, FILL).stdout.splitlines()
    assert sorted(line.split() for line in lines) == [["1", "list"], ["2", "string"]]


def test_codec():
    output = run(PROGRAMS / "codec").stdout
    assert output.startswith("*2 $3 GET $4 name *2 ")
    assert output.endswith("name is Ann, visits are 42\nthe third call failed: WRONGTYPE no list\n")
