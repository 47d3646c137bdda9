# SPDX-License-Identifier: MIT
"""The shared libraries export what tests/abi/*.txt list, and nothing else.

After a change that is meant: python3 tests/abi/test_symbols.py LIBRARY > tests/abi/symbols.txt
(tests/abi/symbols_tls.txt for libredisc_tls.so)
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


LIBRARIES = {
    "libredisc.so": ("symbols.txt", ("runtime/include", "generated/include")),
    "libredisc_tls.so": ("symbols_tls.txt", ("runtime/tls/include",)),
    "json/libredisc_json.so": ("symbols_json.txt", ("json/include",)),
}


def pytest_generate_tests(metafunc):
    metafunc.parametrize("library", LIBRARIES)


def built(library):
    """The symbols of the library in the folder that the suite built."""
    path = Path(os.environ["REDISC_BUILD"]) / library
    if library != "libredisc.so" and not path.exists():
        import pytest  # which who only writes the list need not have

        pytest.skip(f"{library} was not built, for want of what it needs")
    return exported(path)


def test_exports_are_the_committed_list(library):
    committed = (FOLDER / LIBRARIES[library][0]).read_text().split()
    now = built(library)
    assert [name for name in committed if name not in now] == [], "no longer exported"
    assert [name for name in now if name not in committed] == [], "newly exported"
    assert committed == now, "the list is sorted and names nothing twice"


def test_one_prefix(library):
    assert [name for name in built(library) if not name.startswith("redisc_")] == []


def test_what_the_headers_declare_is_there(library):
    declared = set()
    for folder in LIBRARIES[library][1]:
        for path in (ROOT / folder).rglob("*.h"):
            text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)
            for declaration in re.findall(r"^REDISC_API\b(.*?);", text, flags=re.S | re.M):
                declared.add(re.search(r"(redisc_\w+)\s*(\(|\[|$)", declaration)[1])
    assert declared == set(built(library))


if __name__ == "__main__":
    print("\n".join(exported(sys.argv[1])))
