# SPDX-License-Identifier: MIT
"""python3 -m codegen import and drift: a server's facts held against the specification.

What can be merged by rule is; the result has to pass the generator's own checks, else a command gets less:
its facts without its arguments, or, if it is new, words instead of arguments.
"""
from __future__ import annotations

import copy
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from .align import places
from .facts import CommandFacts, Facts, numbers, read_facts
from .layout import laid_out
from .load import command_schema, load
from .merge import Findings, Merge
from .model import c_name
from .names import runtime_names
from .newcommand import ALL, LESS, NOTHING, Unspecifiable, group_of, new_command
from .pipeline import ROOT, run
from .problems import Problems, Where


@dataclass(frozen=True)
class Level:
    """How much of a command is left out, and the fault that it has with more."""

    value: int = ALL
    reason: str = ""


@dataclass
class Import:
    """What importing a server comes to: the findings, and the files that it changes."""

    facts: Facts
    horizon: tuple[int, ...]  # the newest release of the product that the specification knows
    found: Findings = field(default_factory=Findings)
    files: dict[Path, str] = field(default_factory=dict)

    @property
    def is_news(self) -> bool:
        return self.facts.release >= self.horizon


class Importer:
    """A specification that servers' facts are merged into."""

    def __init__(self, spec: Path, problems: Problems) -> None:
        self.spec = spec
        self.problems = problems
        loaded = load(spec, problems)
        self.contents = {d.content["command"]: d.content for d in loaded.commands}
        self.paths = {d.content["command"]: Path(d.where.file).relative_to(spec.name) for d in loaded.commands}
        self.kept = [f for p in sorted(spec.glob("facts/*.json")) if (f := read_facts(p, problems)) is not None]
        self.internal = {name for d in loaded.internal for e in d.content["internal"] for name in e["commands"]}
        self.accepted = {(e["command"], e["decision"]) for d in loaded.accepted for e in d.content["accepted"]}
        schema = command_schema()
        self.products = set(schema["$defs"]["since"]["properties"])
        self.name_pattern = schema["properties"]["command"]["pattern"]
        self.runtime = {name.removeprefix("redisc_") for name in runtime_names(ROOT / "runtime")}

    def horizon(self, product: str) -> tuple[int, ...]:
        """The newest release of a product that anything is said to be since."""
        newest: tuple[int, ...] = (0, 0)
        for content in self.contents.values():
            for since in [content["since"], *(p.entry.get("since", {}) for p in places(content.get("args", [])))]:
                if product in since:
                    newest = max(newest, numbers(since[product])[:2])
        return newest

    def merge(self, facts: Facts) -> Import | None:
        """Merges facts into the specification in memory; None if that would break it (see the problems)."""
        levels: dict[str, Level] = {}
        while True:
            result, contents = self._attempt(facts, levels)
            if not result.files:
                return self._finished(result)
            faults = self._faults(result)
            if not faults:
                self.contents, self.paths = contents
                return self._finished(result)
            if not self._lower(faults, levels, contents[0]):
                for fault in faults:
                    self.problems.add(Where(fault), "after the import")
                return None

    def _finished(self, result: Import) -> Import:
        found = result.found
        found.decisions = [d for d in dict.fromkeys(found.decisions) if d not in self.accepted]
        return result

    def _attempt(self, facts: Facts, levels: dict[str, Level]) -> tuple[Import, tuple[dict, dict]]:
        result = Import(facts, self.horizon(facts.product))
        contents, paths = copy.deepcopy(self.contents), dict(self.paths)
        before = self._before(facts)
        elsewhere = self._elsewhere(facts)
        for name, command in sorted(facts.commands.items()):
            if name in self.internal or (facts.is_sentinel and name in contents and not name.startswith("SENTINEL")):
                continue
            level = levels.get(name, Level())
            if name not in contents:
                self._add(command, facts, level, result, contents, paths)
            elif level.value < NOTHING:
                flags = frozenset(elsewhere.commands[name].flags) if elsewhere and name in elsewhere.commands else None
                merge = Merge(contents[name], command, facts, result.is_news,
                              before.commands.get(name) if before else None, flags or frozenset())
                merge.merge_facts()
                if level.value == LESS:
                    merge.decide(f"arguments: to be compared by hand; with the new ones: {level.reason}")
                else:
                    merge.merge_arguments()
                result.found.add(merge.found)
        share_words(contents)
        self._gone(facts, before, result, contents)
        for name, content in contents.items():
            if content != self.contents.get(name):
                result.files[paths[name]] = laid_out(content)
        return result, (contents, paths)

    def _add(self, command: CommandFacts, facts: Facts, level: Level, result: Import, contents: dict,
             paths: dict) -> None:
        decide = result.found.decisions.append
        try:
            if not re.search(self.name_pattern, command.name):
                raise Unspecifiable("such a name can't be specified; list it in internal.json")
            if "syscmd" in command.doc_flags:
                raise Unspecifiable("new, but the server keeps it for itself; list it in internal.json, or specify it")
            if level.value >= NOTHING:
                raise Unspecifiable(f"new, but it has to be specified by hand: {level.reason}")
            taken = {f["name"] for c in contents.values() for f in c.get("functions", [])} | self.runtime
            content, notes = new_command(command, facts, self.products, taken, level.value, level.reason)
        except Unspecifiable as reason:
            decide((command.name, str(reason)))
            return
        contents[command.name] = content
        paths[command.name] = Path(group_of(command)) / f"{c_name(command.name)}.json"
        result.found.commands.append(command.name)
        result.found.decisions += [(command.name, note) for note in notes]

    def _before(self, facts: Facts) -> Facts | None:
        """The newest older release of the product; what has changed since is told once, at the first import."""
        same = [f for f in self.kept if f.kind == facts.kind]
        if any(f.release == facts.release for f in same):
            return None
        return max((f for f in same if f.release < facts.release), key=lambda f: numbers(f.version), default=None)

    def _elsewhere(self, facts: Facts) -> Facts | None:
        others = [f for f in self.kept if f.product != facts.product and f.is_sentinel == facts.is_sentinel]
        return max(others, key=lambda f: numbers(f.version), default=None)

    def _gone(self, facts: Facts, before: Facts | None, result: Import, contents: dict) -> None:
        if before is None or not result.is_news:
            return
        for name in sorted(set(before.commands) - set(facts.commands)):
            if name in contents and before.commands[name].module is None:  # a module need not be loaded
                result.found.decisions.append((name, f"{facts} has it no more"))

    # Holding the result against the generator's rules.

    def _faults(self, result: Import) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            trial = Path(folder) / self.spec.name
            shutil.copytree(self.spec, trial, ignore=shutil.ignore_patterns("facts"))
            write_files(trial, result.files)
            return list(run(trial).problems)

    def _lower(self, faults: list[str], levels: dict[str, Level], contents: dict) -> bool:
        """Gives less to the commands that the faults are about; false if none of them can have less."""
        changed = {n for n, content in contents.items() if content != self.contents.get(n)}
        by_file = {f"{self.spec.name}/{c['group']}/{c_name(n)}.json": n for n, c in contents.items() if n in changed}
        blamed = {name for file, name in by_file.items() if any(file in fault for fault in faults)}
        if not blamed:  # the lock's faults name what they are about
            words = {w for fault in faults for w in re.findall(r"\w+", fault.split(": ")[1])}
            blamed = {n for n in changed if any(w == c_name(n) or w.startswith(f"{c_name(n)}_") for w in words)}
        lowered = False
        for name in blamed:
            level = levels.get(name, Level())
            if level.value < NOTHING:
                own = [f for f in faults if by_file.get(f.split(": ")[0]) == name] or faults
                levels[name] = Level(level.value + 1, own[0].split(": ", 2)[-1])
                lowered = True
        return lowered

    def write(self, result: Import) -> None:
        """Writes the files, and keeps the facts. Nothing is ever removed, and nothing written beside them."""
        write_files(self.spec, result.files)
        facts = result.facts
        kept = Path("facts") / f"{facts.kind}-{facts.version}.json"
        write_files(self.spec, {kept: Path(facts.where.file).read_text("utf-8")})
        self.kept = [f for f in self.kept if (f.kind, f.version) != (facts.kind, facts.version)] + [facts]


def share_words(contents: dict[str, dict]) -> None:
    """Enums that several arguments share get each other's new words."""
    users: dict[str, list[tuple[dict, dict]]] = {}
    for content in contents.values():
        for place in places(content.get("args", [])):
            if "enum" in place.entry:
                users.setdefault(place.entry["enum"], []).append((content, place.entry))
    for entries in users.values():
        new = {b["name"]: b for _, entry in entries for b in entry["oneof"]
               if {"undecided", "token", "since"} <= set(b)}
        for content, entry in entries:
            has = {b["name"] for b in entry["oneof"]}
            for name, branch in new.items():
                since = {p: version for p, version in branch["since"].items() if p in content["since"]}
                if name not in has and since:
                    entry["oneof"].append({**branch, "since": since})


def write_files(folder: Path, files: dict[Path, str]) -> None:
    """Writes the files that differ."""
    for path, text in files.items():
        target = folder / path
        if not target.is_file() or target.read_text("utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
