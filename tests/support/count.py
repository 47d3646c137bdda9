# SPDX-License-Identifier: MIT
"""What test programs say of their tests: TAP (Criterion and support/plain.h) and pytest's JUnit."""

import re
import xml.etree.ElementTree
from dataclasses import dataclass, field


@dataclass
class Count:
    passed: int = 0
    failed: list = field(default_factory=list)  # names
    skipped: list = field(default_factory=list)  # (name, reason)

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


def from_tap(text, program, status):
    """Counts a TAP text; `status` is how the program ended."""
    count = Count()
    for line in text.splitlines():
        found = re.match(r"(not )?ok\b(?: \d+)? - (\S+)(?:.*# SKIP ?(.*))?", line)
        if not found:
            continue
        name = f"{program} {found[2]}"
        if found[1]:
            count.failed.append(name)
        elif found[3] is not None:
            count.skipped.append((name, found[3].strip()))
        else:
            count.passed += 1
    plan = re.search(r"(?m)^1\.\.(\d+)", text)
    seen = count.passed + len(count.failed) + len(count.skipped)
    if seen == 0:
        count.failed.append(f"{program} (ran no test; ended with {status})")
    elif not count.failed and (plan is None or int(plan[1]) != seen):
        count.failed.append(f"{program} (stopped after {seen} tests)")
    elif not count.failed and status != 0:
        count.failed.append(f"{program} (ended with {status})")
    return count


def from_junit(path, program, status):
    """Counts pytest's report."""
    count = Count()
    try:
        cases = list(xml.etree.ElementTree.parse(path).iter("testcase"))
    except (OSError, xml.etree.ElementTree.ParseError):
        cases = []
    for case in cases:
        name = f"{program} {case.get('name')}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed.append(name)
        elif skipped is not None:
            count.skipped.append((name, skipped.get("message", "")))
        else:
            count.passed += 1
    if not cases:
        count.failed.append(f"{program} (ran no test; ended with {status})")
    elif not count.failed and status != 0:
        count.failed.append(f"{program} (ended with {status})")
    return count
