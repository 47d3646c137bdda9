# SPDX-License-Identifier: MIT
"""The suite counts what happened, not what a program would like to have happened."""

from count import from_junit, from_tap

CRITERION = """\
TAP version 13
1..4
# Criterion v2.4.1
not ok - s::slow timed out (0.20s)
ok - s::skip  # SKIP the server lacks it
ok - s::pass  (0.00s)
not ok - s::fail  (0.00s)
  ---
  ok - this is a message of s::fail
  ...
"""


def test_criterion():
    count = from_tap(CRITERION, "unit", 1)
    assert count.passed == 1
    assert count.failed == ["unit s::slow", "unit s::fail"]
    assert count.skipped == [("unit s::skip", "the server lacks it")]


def test_plain():
    count = from_tap("ok 1 - one\nok 2 - two # SKIP none here\n1..2\n", "threads", 0)
    assert (count.passed, count.failed) == (1, [])
    assert count.skipped == [("threads two", "none here")]


def test_a_program_that_dies_has_failed():
    assert from_tap("", "unit", -11).failed == ["unit (ran no test; ended with -11)"]
    assert from_tap("1..0\n", "unit", 0).failed == ["unit (ran no test; ended with 0)"]
    assert from_tap("1..3\nok - a::b\n", "unit", -9).failed == ["unit (stopped after 1 tests)"]
    assert from_tap("ok 1 - one\n", "threads", 0).failed == ["threads (stopped after 1 tests)"]
    assert from_tap("ok 1 - one\n1..1\n", "threads", 66).failed == ["threads (ended with 66)"]


def test_junit(tmp_path):
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase name="good"/>'
        '<testcase name="bad"><failure/></testcase>'
        '<testcase name="left"><skipped message="why"/></testcase>'
        "</testsuite></testsuites>"
    )
    count = from_junit(report, "codegen", 1)
    assert (count.passed, count.failed) == (1, ["codegen bad"])
    assert count.skipped == [("codegen left", "why")]


def test_junit_without_a_report(tmp_path):
    report = tmp_path / "report.xml"
    assert from_junit(report, "codegen", 2).failed == ["codegen (ran no test; ended with 2)"]
    report.write_text("<testsuites>")
    assert from_junit(report, "codegen", 2).failed == ["codegen (ran no test; ended with 2)"]
