#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares redisc with hiredis, and with what can't be saved, in one run. See README.md."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from measure import (HIREDIS, REDISC, BenchError, Figures, Server, count_allocations,
                     count_instructions, list_cases, time_case, weigh)
from report import print_tables

LIMITS = Path(__file__).with_name("limits.json")
UNITS = {"held": "bytes of memory while it waits"}
GROWTH = 0.1  # allocations: what buffers that still grow may make of one operation


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=lambda text: Path(text).resolve(),
                        help="where bench_times and bench_allocations are")
    parser.add_argument("--server", help="the server's program (default: REDISC_TEST_SERVER's, "
                                         "else redis-server)")
    parser.add_argument("--only", default="", metavar="TEXT",
                        help="the cases with this in their name, or in their kind: encode, "
                             "decode, sync, pipeline, message")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--milliseconds", type=int, default=20,
                        help="of each side in each round (default: 20)")
    parser.add_argument("--two-cores", action="store_true",
                        help="don't put server and client on the same core")
    parser.add_argument("--no-instructions", action="store_true", help="don't run callgrind")
    parser.add_argument("--check", action="store_true",
                        help="no times: fail if instructions, allocations or the memory of "
                             "waiting commands exceed limits.json")
    return parser.parse_args()


def find_server(given: str | None) -> str | None:
    return shutil.which(given or os.environ.get("REDISC_TEST_SERVER") or "redis-server")


def last_core() -> int | None:
    if not hasattr(os, "sched_getaffinity"):
        return None
    return max(os.sched_getaffinity(0))


def measure(options: argparse.Namespace) -> list[Figures]:
    cases = [case for case in list_cases(options.folder)
             if options.only.lower() in f"{case.kind} {case.name}".lower()]
    program = find_server(options.server)
    if program is None and any(case.needs_server for case in cases):
        print("no server found: the cases that need one are left out", file=sys.stderr)
        cases = [case for case in cases if not case.needs_server]
    with_instructions = not options.no_instructions and shutil.which("valgrind") is not None
    if not with_instructions:
        print("no valgrind, or not wanted: instructions are not counted", file=sys.stderr)
    core = None if options.two_cores else last_core()
    server = Server(program, core) if any(case.needs_server for case in cases) else None
    try:
        return [measure_case(options, Figures(case), server, core, with_instructions)
                for case in cases]
    finally:
        if server is not None:
            server.stop()


def measure_case(options: argparse.Namespace, figures: Figures, server: Server | None,
                 core: int | None, with_instructions: bool) -> Figures:
    needs_server = figures.case.needs_server
    addresses = server.addresses if needs_server else []
    show_progress(figures.case.name)
    if not options.check:
        time_case(options.folder, figures, addresses, options.rounds, options.milliseconds,
                  core if needs_server else None)
    sides = (REDISC,) if options.check else (HIREDIS, REDISC)
    count_allocations(options.folder, figures, sides, addresses)
    if figures.case.kind == "pipeline":
        weigh(options.folder, figures, sides, addresses)
    if with_instructions:
        count_instructions(options.folder, figures, sides, addresses)
    show_progress("")
    return figures


def show_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def exceeded(all_figures: list[Figures]) -> list[str]:
    """What is more than limits.json allows, and cases that it does not know."""
    limits = json.loads(LIMITS.read_text(encoding="utf-8"))
    complaints = []
    for figures in all_figures:
        limit = limits.get(figures.case.name)
        if limit is None:
            complaints.append(f"{figures.case.name}: no limits are set")
            continue
        complaints += complain(figures, "instructions", limit["instructions"], 0)
        complaints += complain(figures, "allocations", limit["allocations"], GROWTH)
        if "held" in limit:
            complaints += complain(figures, "held", limit["held"], 0)
    return complaints


def complain(figures: Figures, what: str, limit: int, slack: float) -> list[str]:
    count = getattr(figures, what).get(REDISC)
    if count is None or count <= limit + slack:
        return []
    return [f"{figures.case.name}: {count:,.1f} {UNITS.get(what, what)} for one operation; at "
            f"most {limit:,} are allowed"]


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the server has to be stopped
    try:
        all_figures = measure(options)
    except (BenchError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    if not options.check:
        print_tables(all_figures)
        return 0
    complaints = exceeded(all_figures)
    print("\n".join(complaints) or f"{len(all_figures)} cases, all within {LIMITS.name}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
