# SPDX-License-Identifier: MIT
"""The programs that the tests run. REDISC_BUILD and REDISC_TEST_SERVER say where they are."""
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READER = Path(os.environ["REDISC_BUILD"]) / "tools/import/bin/redisc-facts"
SERVER = os.environ["REDISC_TEST_SERVER"]


WITH_SERVER = (ROOT / "tools/with-server", SERVER)  # REDISC_URL names it


def execute(command, status, environment):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False,
                          cwd=ROOT, env={**os.environ, **environment})
    assert done.returncode == status, done.stdout[-2000:] + done.stderr
    return done


def run(*command, status=0, **environment):
    """A command's output."""
    return execute(command, status, environment).stdout


def errors_of(*command, status=1, **environment):
    """What a command says that fails, and puts nothing out."""
    done = execute(command, status, environment)
    assert done.stdout == "", done.stdout[-2000:]
    return done.stderr
