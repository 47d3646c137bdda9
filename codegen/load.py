# SPDX-License-Identifier: MIT
"""Reading the specification's files and holding them against their schemas."""
from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema

from .model import c_name
from .problems import Problems, Where, did_you_mean


SCHEMAS = Path(__file__).parent.parent / "spec" / "schema"
NO_GROUPS = ("schema", "facts")  # folders that are no part of the specification itself


@dataclass
class Document:
    """A file of the specification, as it was read."""

    where: Where
    content: dict


@dataclass
class Documents:
    """All files of a specification."""

    commands: list[Document] = field(default_factory=list)
    types: list[Document] = field(default_factory=list)
    internal: list[Document] = field(default_factory=list)  # one, if it is there
    accepted: list[Document] = field(default_factory=list)  # likewise
    groups: list[str] = field(default_factory=list)


class _Duplicate(ValueError):
    pass


def _unique(pairs: list[tuple[str, object]]) -> dict:
    result: dict = {}
    for key, value in pairs:
        if key in result:
            raise _Duplicate(key)
        result[key] = value
    return result


def read_json(path: Path, where: Where, problems: Problems) -> object | None:
    """A JSON file's content; None after saying what is wrong with it."""
    try:
        return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)
    except _Duplicate as duplicate:
        problems.add(where, f"the key \"{duplicate}\" is there twice")
    except (ValueError, OSError) as error:
        problems.add(where, f"not readable as JSON: {error}")
    return None


def load(spec: Path, problems: Problems) -> Documents:
    """Reads and validates every file below `spec`."""
    schemas = spec / "schema"
    if not schemas.is_dir():
        schemas = SCHEMAS
    documents = Documents()
    if not spec.is_dir():
        problems.add(Where(str(spec)), "there is no such folder")
        return documents
    for name in ("internal", "accepted"):
        _load_list(name, spec, schemas, getattr(documents, name), problems)
    for directory in sorted(p for p in spec.iterdir() if p.is_dir() and p.name not in NO_GROUPS):
        is_types = directory.name == "types"
        schema = json.loads((schemas / f"{'type' if is_types else 'command'}.schema.json").read_text("utf-8"))
        found = documents.types if is_types else documents.commands
        if not is_types:
            documents.groups.append(directory.name)
        for path in sorted(directory.iterdir()):
            where = Where(f"{spec.name}/{directory.name}/{path.name}")
            if path.suffix != ".json":
                problems.add(where, "only .json files belong here")
                continue
            content = read_json(path, where, problems)
            if content is not None and not isinstance(content, dict):
                problems.add(where, "it has to be an object")
            elif content is not None and valid(content, schema, where, problems):
                found.append(Document(where, content))
                _check_place(found[-1], directory.name, path.stem, problems)
    if not documents.commands and not problems:
        problems.add(Where(spec.name), "there is no command here")
    return documents


def command_schema() -> dict:
    """What a command's file may hold."""
    return json.loads((SCHEMAS / "command.schema.json").read_text("utf-8"))


def known_flags() -> list[str]:
    """The flags that a command may have."""
    return command_schema()["properties"]["flags"]["items"]["enum"]


def _load_list(name: str, spec: Path, schemas: Path, found: list[Document], problems: Problems) -> None:
    """spec/internal.json: commands that need no files. spec/accepted.json: differences from servers that are meant."""
    path = spec / f"{name}.json"
    if not path.is_file():
        return
    where = Where(f"{spec.name}/{path.name}")
    content = read_json(path, where, problems)
    schema = json.loads((schemas / f"{name}.schema.json").read_text("utf-8"))
    if content is not None and valid(content, schema, where, problems):
        found.append(Document(where, content))


def _check_place(document: Document, directory: str, stem: str, problems: Problems) -> None:
    content, where = document.content, document.where
    if directory == "types":
        if content["type"] != stem:
            problems.add(where / "type", f"the file's name says \"{stem}\"")
        return
    if content["group"] != directory:
        problems.add(where / "group", f"\"{content['group']}\" lies in the folder \"{directory}\"")
    expected = c_name(content["command"])
    if expected != stem:
        problems.add(where / "command", f"the file has to be named {expected}.json")


def valid(content: object, schema: dict, where: Where, problems: Problems) -> bool:
    before = len(problems)
    validator = jsonschema.Draft202012Validator(schema)
    for error in sorted(validator.iter_errors(content), key=lambda e: [str(p) for p in e.absolute_path]):
        _report(error, where, problems)
    return len(problems) == before


def _report(error: jsonschema.ValidationError, where: Where, problems: Problems) -> None:
    for part in error.absolute_path:
        where = where / part
    kind, value = error.validator, error.validator_value
    if kind == "additionalProperties":
        known = error.schema["properties"]
        for key in error.instance:
            if key not in known:
                problems.add(where / key, f"unknown key \"{key}\"{did_you_mean(key, known)}")
    elif kind == "required":
        missing = [key for key in value if key not in error.instance]
        problems.add(where, f"the key \"{missing[0]}\" is missing")
    elif kind == "enum":
        word = error.instance if isinstance(error.instance, str) else json.dumps(error.instance)
        kind_of = "unknown flag" if list(error.absolute_path)[:1] == ["flags"] else "unknown value"
        problems.add(where, f"{kind_of} \"{word}\"{did_you_mean(word, [v for v in value if isinstance(v, str)])}")
    elif kind == "pattern":
        problems.add(where, f"\"{error.instance}\" is malformed: {_form(value)}")
    elif kind == "not" and error.absolute_path:
        problems.add(where, "a text can't hold the marks of a comment")
    elif kind == "oneOf" and not error.absolute_path:
        _report_functions_or_omitted(error.instance, where, problems)
    elif kind == "dependentRequired":
        problems.add(where, f"a key needs another one: {error.message}")
    else:
        problems.add(where, error.message)


def _report_functions_or_omitted(content: dict, where: Where, problems: Problems) -> None:
    if "omitted" in content:
        for key in ("functions", "legacy", "examples"):
            if key in content:
                problems.add(where / key, f"a command that is omitted has no {key}")
        return
    needed = ("args", "functions") if "undecided" in content else ("args", "functions", "examples", "complexity")
    missing = [key for key in needed if key not in content]
    for key in missing:
        problems.add(where, f"the key \"{key}\" is missing")


_FORMS = {
    "^[a-z][a-z0-9]*(_[a-z0-9]+)*$": "a name has small letters, digits and single underscores",
    "^[0-9]+\\.[0-9]+\\.[0-9]+$": "a version has three numbers, like 7.0.0",
    "^[A-Z0-9`].*\\.$": "a sentence begins with a capital and ends with a full stop",
    "^[A-Z`].*\\.$": "a sentence begins with a capital and ends with a full stop",
    "^\\S(.*[^.\\s])?$": "it is half a sentence: no blanks around it, no full stop",
    "^ERROR(_[A-Z]+)*$": "a status without REDISC_, like ERROR_WRONGTYPE",
    "^([0-9a-f]{2})*$": "two small hexadecimal digits for each byte",
}


def _form(pattern: str) -> str:
    return _FORMS.get(pattern, f"it has to match {pattern}")
