# SPDX-License-Identifier: MIT
"""Where trees, decisions and functions come from.

REDISC_SEED is what the random choices begin with, REDISC_DRAWS how many commands are drawn of each
tree; each run says which ones it took. REDISC_BUILD is the folder of the build, REDISC_SERVERS that of
facts of further servers (default: shared/servers beside the repository).
"""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests/bindings"), str(Path(__file__).parent)]
sys.dont_write_bytecode = True

from redisc_binding import Library  # noqa: E402
from spec_examples import SPEC  # noqa: E402

from decisions import read_decisions  # noqa: E402
from expressing import Expressing  # noqa: E402
from sending import Sender  # noqa: E402
from trees import read_trees  # noqa: E402

SEED = int(os.environ.get("REDISC_SEED", "1"))
DRAWS = int(os.environ.get("REDISC_DRAWS", "25"))
OWN_FACTS = sorted((ROOT / "spec/facts").glob("*.json"))
FURTHER = Path(os.environ.get("REDISC_SERVERS", ROOT.parent / "shared/servers"))
FURTHER_FACTS = sorted(FURTHER.glob("*.json"))
TREES = list(read_trees(OWN_FACTS + FURTHER_FACTS))
SOURCES = sorted({tree.source for tree in TREES}) + ([] if FURTHER_FACTS else ["further servers"])
DECISIONS = read_decisions(ROOT / "spec/inexpressible.json")


def pytest_report_header():
    return f"arguments: REDISC_SEED={SEED} REDISC_DRAWS={DRAWS}, {len(TREES)} argument trees"


def trees_of(source, functions):
    """The trees of a file of facts whose commands have functions."""
    if source == "further servers":
        pytest.skip("there are no facts of further servers beside the repository")
    return [tree for tree in TREES if tree.source == source and tree.command in functions.commands]


@pytest.fixture(scope="session")
def functions():
    library = Path(os.environ.get("REDISC_BUILD", ROOT / "build/plain")) / "libredisc.so"
    if not library.is_file():
        pytest.fail(f"there is no {library}; build it first")
    return Expressing(SPEC, Sender(Library(library, ROOT / "generated/api.json")))
