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
BENCHMARK = "redis-benchmark"  # beside them, for pipelines
NEED_SERVER = ("sync", "pipeline", "message")
CANNOT = 3  # the worker's exit status: this side can't do the case

# Callgrind counts `rep movsb` byte by byte, so glibc is told not to copy with it.
COUNTABLE_COPIES = "glibc.cpu.x86_rep_movsb_threshold=1073741824"


class BenchError(Exception):
    """Something that makes the figures worthless; the text is for people."""


@dataclass(frozen=True)
class Case:
    kind: str  # "encode", "decode", or one of NEED_SERVER
    name: str

    @property
    def needs_server(self) -> bool:
        return self.kind in NEED_SERVER


@dataclass
class Figures:
    """What came out of one case; per operation, by side. A side that is missing can't do it."""

    case: Case
    nanoseconds: dict[str, float] = field(default_factory=dict)
    cpu_nanoseconds: dict[str, float] = field(default_factory=dict)
    speed_up: float | None = None  # hiredis's time : redisc's, median over the rounds
    cpu_ratio: float | None = None  # redisc's CPU time : hiredis's, likewise
    of_floor: float | None = None  # redisc's rate : the floor's, likewise
    of_benchmark: float | None = None  # redisc's rate : redis-benchmark's, likewise
    instructions: dict[str, float] = field(default_factory=dict)
    allocations: dict[str, float] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)  # bytes of a command that waits


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


class Benchmark:
    """redis-benchmark, doing a pipeline's commands: started anew for each of its turns."""

    COMMANDS = 200_000  # of a turn; fewer where they are slow
    EVERY = 5  # rounds there is a turn

    def __init__(self, case: Case, addresses: list[str], core: int | None) -> None:
        self.core = core
        self.command: list[str] = []
        self.rounds: list[int] = []
        self.took: list[float] = []
        self.cpu: list[float] = []
        program = shutil.which(BENCHMARK)
        form = re.fullmatch(r"(GET|SET) (\d+) (B|KiB) x (\d+), (unix|TCP)", case.name)
        if program is None or form is None:
            return
        path, port = addresses
        where = ["-s", path] if form[5] == "unix" else ["-h", "127.0.0.1", "-p", port]
        size = int(form[2]) * (1024 if form[3] == "KiB" else 1)
        self.depth = int(form[4])
        slow = self.depth < 100 or size >= 1024
        self.count = self.COMMANDS // 5 if slow else self.COMMANDS
        self.command = [program, *where, "-d", str(size), "-c", "1", "-P", str(self.depth),
                        "--csv", "-t"]
        self.test = form[1].lower()
        self.run("set", self.depth)  # so that GET finds something

    def run(self, test: str, count: int) -> tuple[str, float]:
        """What it said, and the CPU nanoseconds that it used."""
        command = [*self.command, test, "-n", str(count)]
        process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                                   stderr=subprocess.DEVNULL)
        pin(process.pid, self.core)
        said = process.stdout.read()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise BenchError(f"{' '.join(command)} ended with {process.returncode}")
        return said, (usage.ru_utime + usage.ru_stime) * 1e9

    def turn(self, number: int) -> None:
        """What starting and ending the program takes is not counted."""
        if not self.command or number % self.EVERY != 0:
            return
        _, around = self.run(self.test, self.depth)
        said, cpu = self.run(self.test, self.count)
        rate = re.search(r'^"[GS]ET","([0-9.]+)"', said, re.MULTILINE)
        if rate is None:
            raise BenchError(f"{BENCHMARK} said no rate: {said.strip()}")
        self.rounds.append(number)
        self.took.append(1e9 / float(rate[1]))
        self.cpu.append(max(cpu - around, 0.0) / (self.count - self.depth))


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
        benchmark = Benchmark(figures.case, addresses, core)
        took: dict[str, list[float]] = {side: [] for side in able}
        cpu: dict[str, list[float]] = {side: [] for side in able}
        means: dict[str, list[float]] = {side: [] for side in able}
        for number in range(rounds):
            for side in able:
                answer = workers[side].ask(f"round {milliseconds}")
                for figures_of, figure in zip((took, means, cpu), answer):
                    figures_of[side].append(float(figure))
            benchmark.turn(number)
    finally:
        for worker in workers.values():
            worker.end()
    figures.nanoseconds = {side: median(took[side]) for side in able}
    figures.cpu_nanoseconds = {side: median(cpu[side]) for side in able}
    figures.of_floor = median_ratio(took[FLOOR], took[REDISC])
    if HIREDIS in able:
        figures.speed_up = median_ratio(took[HIREDIS], took[REDISC])
        figures.cpu_ratio = median_ratio(cpu[REDISC], cpu[HIREDIS])
    if benchmark.took:
        # It tells a mean, so it is compared with one.
        beside_it = [means[REDISC][number] for number in benchmark.rounds]
        figures.of_benchmark = median_ratio(benchmark.took, beside_it)
        figures.cpu_nanoseconds[BENCHMARK] = median(benchmark.cpu)


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


def weigh(folder: Path, figures: Figures, sides: tuple[str, ...], addresses: list[str]) -> None:
    """What a command keeps in memory until it is sent."""
    def held(side: str) -> float | None:
        worker = Worker([str(folder / "bench_times")], figures.case, side, addresses)
        answer = worker.ask("held")
        worker.end()
        return None if answer is None or float(answer[0]) < 0 else float(answer[0])

    figures.held = beside(sides, held)


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
