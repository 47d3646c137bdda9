# SPDX-License-Identifier: MIT
"""All steps in turn: from a folder of specifications to the files to write."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from .build import build
from .check import check, undecided, version_key
from .check_names import check_names
from .cheaders import Headers, Unreadable, read_headers
from .emit import Output, emit
from .functions import SourceFile
from .load import load
from .lock import Lock, check_lock, current, empty_lock, read_lock, renewed
from .model import SERVERS, Spec
from .names import runtime_names, used_names
from .problems import Problems, Where
from .shapes import Shapes

ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Target:
    """A server to restrict the output to: "redis=7.0"."""

    product: str
    version: tuple[int, ...]

    @staticmethod
    def parse(text: str) -> Target:
        match = re.fullmatch(r"(redis|valkey)=(\d+)(?:\.(\d+))?(?:\.(\d+))?", text)
        if match is None:
            raise ValueError(f"\"{text}\" is no server: redis=7.0, valkey=8.0.1")
        numbers = [match[i] for i in (2, 3, 4)]
        # Without a patch number all patches of the version are meant.
        return Target(match[1], tuple(int(n) if n is not None else 9999 for n in numbers))

    def knows(self, since: dict[str, str]) -> bool:
        """Whether the server has it, or may load a module that has it."""
        if not any(product in since for product in SERVERS):
            return True
        return self.product in since and version_key(since[self.product]) <= self.version


@dataclass
class Analysis:
    """A specification, checked and lowered as far as its problems allow."""

    problems: Problems
    spec: Spec
    shapes: Shapes
    sources: dict[str, SourceFile]  # by group
    lock: Lock  # as it was


@dataclass
class Result:
    """What came of a specification: the output and the new lock, unless there are problems."""

    problems: Problems
    output: Output | None = None
    lock: Lock | None = None
    undecided: list[str] = field(default_factory=list)  # what is good enough to generate, but not final


def analysed(spec_folder: Path, target: Target | None = None, renew_lock: bool = False,
             runtime: Path = ROOT / "runtime") -> Analysis:
    """Reads, checks and lowers a specification. `renew_lock`: as if there were no lock yet."""
    problems = Problems()
    spec = build(load(spec_folder, problems), problems)
    lock_path = spec_folder / "lock.json"
    lock = empty_lock(lock_path) if renew_lock else read_lock(lock_path, problems)
    taken = runtime_names(runtime)
    check(spec, taken, problems)
    analysis = Analysis(problems, spec, Shapes(problems, lock), {}, lock)
    if problems:
        return analysis
    if target is not None:
        analysis.spec = restricted(spec, target, used_names(runtime))
    analysis.sources = lower(analysis.spec, analysis.shapes)
    if not problems:
        check_names(analysis.spec, analysis.shapes, analysis.sources, taken, problems)
    return analysis


def run(spec_folder: Path, target: Target | None = None, renew_lock: bool = False) -> Result:
    """From the specification to what has to be written."""
    analysis = analysed(spec_folder, target, renew_lock)
    problems, spec, shapes, sources = analysis.problems, analysis.spec, analysis.shapes, analysis.sources
    if problems:
        return Result(problems)
    now = current(analysis.lock.where, spec, shapes, sources)
    if target is None:
        check_lock(analysis.lock, now, problems)
    runtime = runtime_headers(problems)
    if problems:
        return Result(problems)
    return Result(problems, emit(spec, shapes, sources, runtime), renewed(analysis.lock, now) if target is None else None,
                  undecided(spec))


def runtime_headers(problems: Problems) -> Headers:
    """What the runtime's public headers declare, for the description of the API."""
    try:
        return read_headers(ROOT / "runtime")
    except Unreadable as error:
        problems.add(Where("runtime/include/redisc"), str(error))
        return Headers()


def lower(spec: Spec, shapes: Shapes) -> dict[str, SourceFile]:
    """The functions of each group."""
    sources: dict[str, SourceFile] = {}
    for command in spec.commands:
        if command.functions:
            sources.setdefault(command.group, SourceFile(shapes, spec.records)).add_command(command)
    return sources


def restricted(spec: Spec, target: Target, needed: set[str]) -> Spec:
    """The specification without the functions that the server doesn't know, but for those that the runtime needs.

    Options and enums stay as they are, so that their layout is that of the whole library.
    """
    for command in spec.commands:
        command.functions = [f for f in command.functions if f"redisc_{f.name}" in needed
                             or (target.knows(command.since) and target.knows(f.since))]
    result = Spec([c for c in spec.commands if c.functions or target.knows(c.since)], {})
    names = {r for f in result.functions for r in _records_of(f.reply)}
    while names:
        name = names.pop()
        if name not in result.records:
            result.records[name] = spec.records[name]
            names |= {r for f in spec.records[name].fields for r in _records_of(f.type)}
    result.records = dict(sorted(result.records.items()))
    return result


def _records_of(reply) -> set[str]:
    if reply.item is not None:
        return _records_of(reply.item)
    return {reply.record} if reply.record else set()
