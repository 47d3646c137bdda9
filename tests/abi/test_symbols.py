# SPDX-License-Identifier: MIT
"""The shared library exports what tests/abi/symbols.txt lists, and nothing else.

After a change that is meant: python3 tests/abi/test_symbols.py LIBRARY > tests/abi/symbols.txt
"""

import os
import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]


def exported(library):
    output = subprocess.run(
        ["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True
    ).stdout
    return sorted(line.split()[-1] for line in output.splitlines())


def built():
    """The symbols of the library in the folder that the suite built."""
    return exported(Path(os.environ["REDISC_BUILD"]) / "libredisc.so")


def test_exports_are_the_committed_list():
    committed = (FOLDER / "symbols.txt").read_text().split()
    now = built()
    assert [name for name in committed if name not in now] == [], "no longer exported"
    assert [name for name in now if name not in committed] == [], "newly exported"
    assert committed == now, "the list is sorted and names nothing twice"


def test_one_prefix():
    assert [name for name in built() if not name.startswith("redisc_")] == []


def test_what_the_headers_declare_is_there():
    declared = set()
    for folder in ("runtime/include", "generated/include"):
        for path in (ROOT / folder).rglob("*.h"):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            for declaration in re.findall(r"^REDISC_API\b(.*?);", text, flags=re.S | re.M):
                declared.add(re.search(r"(redisc_\w+)\s*(\(|\[|$)", declaration)[1])
    assert declared == set(built())


if __name__ == "__main__":
    print("\n".join(exported(sys.argv[1])))
