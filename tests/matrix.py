# SPDX-License-Identifier: MIT
"""The live tests against each server version that the distribution has, as a table.

    python3 tests/matrix.py [SERVER…]     (./run matrix does it, with what it needs installed)

fetches the servers (tools/fetch-servers) into build/servers, runs the live tests against each, and
writes the table into docs/servers.md, between its two marks. SERVER, as in redis-8.0.2, names those
to be tested only; then the document stays as it is.
"""

import json
import re
import subprocess
import sys
import time

import suite
from count import from_tap

DOCUMENT = suite.ROOT / "docs/servers.md"
MARKS = ("<!-- made by ./run matrix -->\n", "<!-- end -->\n")
PROGRAM = "live_generated"  # the one with a test for each generated function


def servers():
    """Product, version, suite and program of each server."""
    done = subprocess.run(
        [sys.executable, suite.ROOT / "tools/fetch-servers", suite.BUILD / "servers"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit("there is no server to test with")
    return [line.split("\t") for line in done.stdout.splitlines()]


def chosen(found, names):
    """The servers of these names, or all."""
    known = {f"{product}-{version}": row for row in found for product, version in [row[:2]]}
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"There is no server {', '.join(unknown)}. Servers: {', '.join(known)}")
    return [known[name] for name in names] if names else found


def plan(rows):
    yield suite.build("plain")
    for product, version, _, program in rows:
        env = {"REDISC_TEST_SERVER": program}
        yield suite.program_task(f"live {product} {version}", "plain", "live", env)


# What the tests are named after


def functions_of(kind):
    """The generated functions that have tests of a kind (wire, live), each with its group."""
    found = {}
    for path in (suite.ROOT / "generated/tests").glob(f"{kind}_*.c"):
        for line in path.read_text().splitlines():
            if line.startswith(f"Test({kind}_"):
                group, name = line.removeprefix(f"Test({kind}_").rstrip(")").split(", ")
                found[name] = group
    return found


def reasons():
    """Function → why none of its examples runs live, as the specification says it."""
    found = {}
    for path in (suite.ROOT / "spec").glob("*/*.json"):
        for example in json.loads(path.read_text()).get("examples", []):
            if "not_live" in example:
                found.setdefault(example["call"], example["not_live"])
    return found


# The table


def outcome(task):
    """What became of the generated functions on one server."""
    tap = suite.log_of(task).with_name(f"{suite.log_of(task).name}.{PROGRAM}.tap")
    said = tap.read_text(encoding="utf-8", errors="replace") if tap.exists() else ""
    return from_tap(said, PROGRAM, 0)


def names(list_of_tests):
    """The functions' names of skipped or failed tests."""
    return {name.split("::")[-1] for name in list_of_tests}


def table(rows, counts, live):
    lines = [
        "| server | suite | run | passed | failed | lacks | on a sentinel | on a cluster's node |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for (product, version, origin, _), count in zip(rows, counts):
        absent = names(name for name, _ in count.skipped)
        ran = {name: group for name, group in live.items() if name not in absent}
        there = [sum(group == kind for group in ran.values()) for kind in ("sentinel", "cluster")]
        cells = [f"{product.capitalize()} {version}", origin, count.passed + len(count.failed)]
        cells += [count.passed, len(count.failed), len(count.skipped), *there]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def by_hand():
    """The generated functions that tests in tests/live call, beside those made of examples."""
    texts = [path.read_text() for path in (suite.ROOT / "tests/live").glob("*.c")]
    return {name for text in texts for name in re.findall(r"\bredisc_(\w+)\(", text)}


def on_the_wire_alone(counts, live, every):
    """Which functions no server ran: for want of a server, or for a reason of their own."""
    why = reasons()
    every = set(every) - by_hand()
    nowhere = set(live).intersection(*(names(n for n, _ in c.skipped) for c in counts))
    by_reason = {"None of these servers has them": nowhere} if nowhere else {}
    for name in sorted(set(every) - set(live)):
        reason = why.get(name) or why.get(name.removesuffix("_with"), "another function runs for it")
        by_reason.setdefault(reason[0].upper() + reason[1:], set()).add(name)
    lines = []
    for reason, functions in sorted(by_reason.items(), key=lambda entry: -len(entry[1])):
        shown = ", ".join(f"`{name}`" for name in sorted(functions))
        lines.append(f"- {reason} ({len(functions)}): {shown}.")
    return "\n".join(lines)


def block(rows, counts):
    """The part of the document that this program makes."""
    live, every = functions_of("live"), functions_of("wire")
    alone = on_the_wire_alone(counts, live, every)
    others = len((by_hand() & set(every)) - set(live))
    return f"""\
Of {len(every)} generated functions {len(live)} have examples that run on a server; {others} more are run
by tests of their own in `tests/live`.

{table(rows, counts, live)}

Functions that are tested by their wire vectors alone:

{alone}
"""


def write(text):
    before, rest = DOCUMENT.read_text().split(MARKS[0])
    _, after = rest.split(MARKS[1])
    DOCUMENT.write_text(f"{before}{MARKS[0]}{text}{MARKS[1]}{after}")
    print(f"wrote {DOCUMENT.relative_to(suite.ROOT)}")


def main():
    if any(name.startswith("-") for name in sys.argv[1:]):
        sys.exit(__doc__)
    start = time.monotonic()
    suite.LOGS.mkdir(parents=True, exist_ok=True)
    print("Fetching servers …", flush=True)
    rows = chosen(servers(), sys.argv[1:])
    tasks = suite.perform(lambda: list(plan(rows)))
    status = suite.summarise(tasks, time.monotonic() - start)
    counts = [outcome(task) for task in tasks if task.name.startswith("live ")]
    print(f"\n{table(rows, counts, functions_of('live'))}")
    if not sys.argv[1:]:
        write(block(rows, counts))
    sys.exit(status)


if __name__ == "__main__":
    main()
