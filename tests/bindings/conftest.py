# SPDX-License-Identifier: MIT
"""The library that was built, and a server of the tests' own."""

import os
import subprocess
import time
from pathlib import Path

import pytest
from redisc_binding import Library, RedisError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def library():
    return Library(Path(os.environ["REDISC_BUILD"]) / "libredisc.so", ROOT / "generated/api.json")


@pytest.fixture(scope="session")
def server_url(library, tmp_path_factory):
    program = os.environ.get("REDISC_TEST_SERVER")
    if not program:
        pytest.skip("there is no server")
    folder = tmp_path_factory.mktemp("s")
    command = [program, "--port", "0", "--unixsocket", folder / "socket", "--dir", folder]
    command += ["--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", folder / "log"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL)
    try:
        wait_for(library, f"unix://{folder}/socket", process)
        yield f"unix://{folder}/socket"
    finally:
        process.terminate()
        process.wait()


def wait_for(library, url, process):
    for _ in range(200):
        assert process.poll() is None, "the server did not start"
        with library.open(url) as r:
            try:
                return r.ping()
            except RedisError:
                time.sleep(0.05)
    raise AssertionError("the server does not answer")


@pytest.fixture
def r(library, server_url):
    with library.open(server_url) as handle:
        handle.flushall()
        yield handle
