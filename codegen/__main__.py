# SPDX-License-Identifier: MIT
"""python3 -m codegen: see --help."""
from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .facts import read_facts
from .importer import Importer
from .pipeline import ROOT, Result, Target, run
from .problems import Problems
from .report import report


def main() -> int:
    arguments = parse_arguments()
    if arguments.action in ("import", "drift"):
        return {"import": import_, "drift": drift}[arguments.action](arguments)
    result = run(arguments.spec, arguments.server, getattr(arguments, "renew_lock", False))
    for line in result.problems:
        print(line, file=sys.stderr)
    if result.output is None:
        count = len(result.problems)
        print(f"{count} {'fault' if count == 1 else 'faults'} in the specification", file=sys.stderr)
        return 1
    return {"generate": generate, "check": check, "list-outputs": list_outputs}[arguments.action](result, arguments)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m codegen", description="Makes redisc's C from its specification.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    helps = {"generate": "write the generated files that differ, and the order lock",
             "check": "tell what is wrong with the specification, and which files are not up to date",
             "list-outputs": "print the paths of the generated files"}
    for name, text in helps.items():
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("--spec", type=Path, default=ROOT / "spec", metavar="DIR",
                            help="the specification (default: spec)")
        action.add_argument("--out", type=Path, default=ROOT / "generated", metavar="DIR",
                            help="the generated files (default: generated)")
        action.add_argument("--server", type=server, metavar="VERSION",
                            help="only what this server knows: redis=7.0, valkey=8.0")
        if name == "check":
            action.add_argument("--strict", action="store_true", help="also fail for what is undecided")
        if name == "generate":
            action.add_argument("--renew-lock", action="store_true",
                                help="write the order lock afresh; it breaks the ABI")
    helps = {"import": "merge servers' facts, as tools/import writes them, into the specification",
             "drift": "tell what importing these facts would change, without writing"}
    for name, text in helps.items():
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("facts", type=Path, nargs="+", metavar="FACTS")
        action.add_argument("--spec", type=Path, default=ROOT / "spec", metavar="DIR",
                            help="the specification (default: spec)")
    return parser.parse_args()


def server(text: str) -> Target:
    try:
        return Target.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def generate(result: Result, arguments: argparse.Namespace) -> int:
    for line in result.output.write(arguments.out):
        print(line)
    lock = arguments.spec / "lock.json"
    if result.lock is not None and (not lock.is_file() or lock.read_text(encoding="utf-8") != result.lock.text()):
        lock.write_text(result.lock.text(), encoding="utf-8")
        print(f"wrote {lock.name}")
    if arguments.server is not None and arguments.out == ROOT / "generated":
        print("generated/ is restricted until the next build; cmake -DREDISC_SERVER=… builds a restricted library")
    return 0


def check(result: Result, arguments: argparse.Namespace) -> int:
    late = [f"{path}: not up to date" for path in result.output.changed(arguments.out)]
    late += [f"{path}: not generated any more" for path in sorted(result.output.stale(arguments.out))]
    lock = arguments.spec / "lock.json"
    if result.lock is not None and (not lock.is_file() or lock.read_text(encoding="utf-8") != result.lock.text()):
        late.append("lock.json: not up to date")
    for line in late:
        print(line, file=sys.stderr)
    if late:
        print("run: python3 -m codegen generate", file=sys.stderr)
    for line in result.undecided:
        print(f"undecided: {line}", file=sys.stderr)
    return 1 if late or (arguments.strict and result.undecided) else 0


def list_outputs(result: Result, arguments: argparse.Namespace) -> int:
    for path in sorted(result.output.files):
        print(arguments.out / path)
    return 0


def import_(arguments: argparse.Namespace) -> int:
    return merged(arguments, write=True)


def drift(arguments: argparse.Namespace) -> int:
    return merged(arguments, write=False)


def merged(arguments: argparse.Namespace, write: bool) -> int:
    """Reports each server. Status 2: an error; without writing 1: there was something to report."""
    problems = Problems()
    facts = [read_facts(path, problems) for path in arguments.facts]
    importer = Importer(arguments.spec, problems)
    drifted = False
    for server_facts in facts if not problems else ():
        result = importer.merge(server_facts)
        if result is None:
            break
        if write:
            importer.write(result)
        for line in report(result):
            print(line)
        drifted = drifted or result.found.changes or bool(result.found.decisions)
    for line in problems:
        print(line, file=sys.stderr)
    if problems:
        return 2
    return 1 if drifted and not write else 0


if __name__ == "__main__":
    sys.exit(main())
