# SPDX-License-Identifier: MIT
"""The order lock: what is once in the ABI stays, and stays where it is.

spec/lock.json lists functions with their parameters, enums with their values, and structs with their fields,
in the order in which they came. New ones are appended; what is gone or has changed is an error. Enumerators
are numbered, and fields laid out, in the lock's order, whatever the order in the specification.
"""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from .functions import SourceFile
from .headers import record_struct
from .load import read_json
from .model import BUILT_IN_STRUCTS, Spec
from .problems import Problems, Where, did_you_mean
from .shapes import Shapes


@dataclass
class Lock:
    """The lock's content: functions and struct fields with their types, enums with their values."""

    where: Where
    functions: dict[str, str] = field(default_factory=dict)
    enums: dict[str, list[str]] = field(default_factory=dict)
    structs: dict[str, dict[str, str]] = field(default_factory=dict)

    def enum_order(self, name: str, values: list[str]) -> list[str]:
        return _ordered(self.enums.get(name, []), values)

    def field_order(self, name: str, fields: list[str]) -> list[str]:
        return _ordered(list(self.structs.get(name, {})), fields)

    def text(self) -> str:
        return json.dumps({"functions": self.functions, "enums": self.enums, "structs": self.structs},
                          indent=1, ensure_ascii=False) + "\n"


def _ordered(locked: list[str], names: list[str]) -> list[str]:
    return [n for n in locked if n in names] + [n for n in names if n not in locked]


def empty_lock(path: Path) -> Lock:
    return Lock(Where(f"{path.parent.name}/{path.name}"))


def read_lock(path: Path, problems: Problems) -> Lock:
    """The lock as it stands; an empty one if there is none yet."""
    where = empty_lock(path).where
    if not path.is_file():
        return Lock(where)
    content = read_json(path, where, problems)
    if not isinstance(content, dict) or set(content) != {"functions", "enums", "structs"}:
        problems.add(where, "it has to have the keys functions, enums and structs")
        return Lock(where)
    return Lock(where, **content)


def current(where: Where, spec: Spec, shapes: Shapes, sources: dict[str, SourceFile]) -> Lock:
    """The lock that the specification would have now, in its own order."""
    lock = Lock(where)
    for source in sources.values():
        for lowered in source.functions:
            lock.functions[lowered.function.name] = ", ".join(lowered.c.parameters[1:])
    for name in sorted(shapes.enums):
        lock.enums[name] = list(shapes.enums[name].values)
    for name, struct in sorted(shapes.structs.items()):
        if not struct.built_in:
            lock.structs[name] = {f.name: f.ctype for f in struct.fields}
    for name, record in sorted(spec.records.items()):
        if name not in BUILT_IN_STRUCTS:
            lock.structs[name] = {f.name: f.ctype for f in record_struct(record).fields}
    return lock


def check_lock(lock: Lock, now: Lock, problems: Problems) -> None:
    """Tells what is gone or has changed."""
    _compare(lock.functions, now.functions, lock.where / "functions", "function", problems)
    for name, values in lock.enums.items():
        _gone(name, now.enums, lock.where / "enums", "enum", problems)
        for i, value in enumerate(values):
            if name in now.enums and value not in now.enums[name]:
                problems.add(lock.where / "enums" / name / i, _gone_text(f"value \"{value}\"", value, now.enums[name]))
    for name, fields in lock.structs.items():
        _gone(name, now.structs, lock.where / "structs", "struct", problems)
        if name in now.structs:
            _compare(fields, now.structs[name], lock.where / "structs" / name, "field", problems)


def _compare(locked: dict[str, str], now: dict[str, str], where: Where, what: str, problems: Problems) -> None:
    for name, text in locked.items():
        _gone(name, now, where, what, problems)
        if name in now and now[name] != text:
            problems.add(where / name, f"the {what} has changed: it was \"{text}\", it is \"{now[name]}\" now")


def _gone(name: str, now: dict, where: Where, what: str, problems: Problems) -> None:
    if name not in now:
        problems.add(where / name, _gone_text(f"{what} \"{name}\"", name, now))


def _gone_text(what: str, name: str, now) -> str:
    return f"the {what} is gone from the specification{did_you_mean(name, now)}"


def renewed(lock: Lock, now: Lock) -> Lock:
    """The lock with what is new at the end."""
    result = Lock(lock.where, {**lock.functions, **now.functions}, dict(lock.enums), dict(lock.structs))
    for name, values in now.enums.items():
        result.enums[name] = _ordered(lock.enums.get(name, []), values)
    for name, fields in now.structs.items():
        order = _ordered(list(lock.structs.get(name, {})), list(fields))
        result.structs[name] = {f: fields[f] for f in order}
    return result
