# SPDX-License-Identifier: MIT
"""The programs that the tests run. REDISC_BUILD and REDISC_TEST_SERVER say where they are."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READER = Path(os.environ["REDISC_BUILD"]) / "tools/import/bin/redisc-facts"
SERVER = os.environ["REDISC_TEST_SERVER"]


def run(*command, status=0, **environment):
    """A command's output, and its errors if it is to fail."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False,
                          cwd=ROOT, env={**os.environ, **environment})
    assert done.returncode == status, done.stdout[-2000:] + done.stderr
    assert status == 0 or done.stdout == "", done.stdout[-2000:]
    return done.stdout if status == 0 else done.stderr


def with_server(*command, status=0):
    """The same, while there is a server, which REDISC_URL names."""
    return run(ROOT / "tools/with-server", SERVER, *command, status=status)
