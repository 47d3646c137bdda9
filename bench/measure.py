# SPDX-License-Identifier: MIT
"""Runs the workers: one process for each side of a case, which takes orders line by line."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Callable

REDISC, HIREDIS, FLOOR = SIDES = ("redisc", "hiredis", "floor")
CANNOT = 3  # the worker's exit status: this side can't do the case

# Callgrind counts `rep movsb` byte by byte, so glibc is told not to copy with it.
COUNTABLE_COPIES = "glibc.cpu.x86_rep_movsb_threshold=1073741824"


class BenchError(Exception):
    """Something that makes the figures worthless; the text is for people."""


@dataclass(frozen=True)
class Case:
    kind: str  # "encode", "decode" or "sync"
    name: str


@dataclass
class Figures:
    """What came out of one case; per operation, by side. A side that is missing can't do it."""

    case: Case
    nanoseconds: dict[str, float] = field(default_factory=dict)
    cpu_nanoseconds: dict[str, float] = field(default_factory=dict)
    speed_up: float | None = None  # hiredis's time : redisc's, median over the rounds
    cpu_ratio: float | None = None  # redisc's CPU time : hiredis's, likewise
    of_floor: float | None = None  # redisc's rate : the floor's, likewise
    instructions: dict[str, float] = field(default_factory=dict)
    allocations: dict[str, float] = field(default_factory=dict)


class Server:
    """A private server: Unix socket and loopback port, nothing kept; one core if there are cores."""

    def __init__(self, program: str, core: int | None) -> None:
        self.folder = tempfile.mkdtemp(prefix="redisc-bench-")
        self.path = os.path.join(self.folder, "socket")
        self.port = free_port()
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", self.path,
             "--save", "", "--appendonly", "no", "--dir", self.folder],
            stdout=subprocess.DEVNULL)
        pin(self.process.pid, core)
        for _ in range(500):
            if os.path.exists(self.path):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        self.stop()
        raise BenchError(f"{program} did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def addresses(self) -> list[str]:
        return [self.path, str(self.port)]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pin(process: int, core: int | None) -> None:
    if core is not None and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(process, {core})


class Worker:
    """One side of a case, in a process that waits for orders."""

    def __init__(self, program: list[str], case: Case, side: str, addresses: list[str],
                 core: int | None = None) -> None:
        self.command = [*program, case.name, side, *addresses]
        self.process = subprocess.Popen(self.command, text=True, errors="replace",
                                        stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        pin(self.process.pid, core)

    def ask(self, order: str) -> list[str] | None:
        """The answer's words; None if this side can't do the case."""
        try:
            self.process.stdin.write(order + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self.process.stdout.readline()
        if answer:
            return answer.split()
        errors = self.process.stderr.read()
        if self.process.wait() == CANNOT:
            return None
        raise BenchError(f"{' '.join(self.command)}: {errors.strip() or 'ended without an answer'}")

    def end(self) -> str:
        """Lets it finish; what it said to standard error."""
        _, errors = self.process.communicate()
        return errors


def list_cases(folder: Path) -> list[Case]:
    done = subprocess.run([folder / "bench_times", "--list"], text=True, check=True,
                          stdout=subprocess.PIPE)
    return [Case(*line.split("\t")) for line in done.stdout.splitlines()]


def time_case(folder: Path, figures: Figures, addresses: list[str], rounds: int,
              milliseconds: int, core: int | None) -> None:
    """Every side in turn, round after round: a ratio is the median over the rounds of the two
    figures of the same round."""
    workers = {side: Worker([str(folder / "bench_times")], figures.case, side, addresses, core)
               for side in SIDES}
    try:
        digests = {side: worker.ask("digest") for side, worker in workers.items()}
        able = [side for side in SIDES if digests[side] is not None]
        if HIREDIS in able and digests[HIREDIS] != digests[REDISC]:
            raise BenchError(f"{figures.case.name}: the two clients give different values")
        took: dict[str, list[float]] = {side: [] for side in able}
        cpu: dict[str, list[float]] = {side: [] for side in able}
        for _ in range(rounds):
            for side in able:
                wall, used = workers[side].ask(f"round {milliseconds}")
                took[side].append(float(wall))
                cpu[side].append(float(used))
    finally:
        for worker in workers.values():
            worker.end()
    figures.nanoseconds = {side: median(took[side]) for side in able}
    figures.cpu_nanoseconds = {side: median(cpu[side]) for side in able}
    figures.of_floor = median_ratio(took[FLOOR], took[REDISC])
    if HIREDIS in able:
        figures.speed_up = median_ratio(took[HIREDIS], took[REDISC])
        figures.cpu_ratio = median_ratio(cpu[REDISC], cpu[HIREDIS])


def median_ratio(above: list[float], below: list[float]) -> float:
    return median(a / b for a, b in zip(above, below))


def beside(sides: tuple[str, ...], count: Callable[[str], float | None]) -> dict[str, float]:
    """Counts that don't mind each other."""
    with ThreadPoolExecutor(len(sides)) as pool:
        counts = pool.map(count, sides)
    return {side: value for side, value in zip(sides, counts) if value is not None}


def count_allocations(folder: Path, figures: Figures, sides: tuple[str, ...],
                      addresses: list[str]) -> None:
    def count(side: str) -> float | None:
        worker = Worker([str(folder / "bench_allocations")], figures.case, side, addresses)
        answer = worker.ask("count 4")
        worker.end()
        if answer is None or int(answer[1]) < 0:
            return None
        return int(answer[1]) / int(answer[0])

    figures.allocations = beside(sides, count)


def count_instructions(folder: Path, figures: Figures, sides: tuple[str, ...],
                       addresses: list[str]) -> None:
    callgrind = ["env", f"GLIBC_TUNABLES={COUNTABLE_COPIES}", "valgrind", "--tool=callgrind",
                 "--callgrind-out-file=/dev/null", "--toggle-collect=bench_measured",
                 str(folder / "bench_times")]

    def count(side: str) -> float | None:
        worker = Worker(callgrind, figures.case, side, addresses)
        answer = worker.ask("count 4")
        told = worker.end()
        if answer is None:
            return None
        collected = re.search(r"Collected : (\d+)", told)
        if collected is None:
            raise BenchError(f"callgrind did not count: {told.strip()}")
        return int(collected[1]) / int(answer[0])

    figures.instructions = beside(sides, count)
