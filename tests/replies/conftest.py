# SPDX-License-Identifier: MIT
"""Where schemas, records and functions come from.

REDISC_SERVERS is the folder of facts of servers (default: shared/servers beside the repository), which
has the schemas of replies; REDISC_TEST_RECORDS has a folder of records for each server that live tests
ran against; REDISC_BUILD is the folder of the build.
"""

import json
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/bindings"), str(Path(__file__).parent)]
sys.dont_write_bytecode = True

from schemas import Schemas  # noqa: E402

SERVERS = Path(os.environ.get("REDISC_SERVERS", ROOT.parent / "shared/servers"))
SCHEMAS = Schemas(SERVERS) if (SERVERS / "reply-schemas.json").is_file() else None
RECORDS = Path(os.environ.get("REDISC_TEST_RECORDS", ROOT / "build/records"))
EXCEPTIONS = json.loads(Path(__file__).with_name("exceptions.json").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def needs_schemas(request):
    if SCHEMAS is None and "schemas" in request.fixturenames:
        pytest.skip("there are no schemas of replies beside the repository")


@pytest.fixture(scope="session")
def schemas():
    return SCHEMAS
