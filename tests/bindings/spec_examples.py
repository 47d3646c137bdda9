# SPDX-License-Identifier: MIT
"""The specification's examples as calls of the binding: what they give in, and what has to come out."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True

from codegen.describe import describe  # noqa: E402
from codegen.pipeline import analysed  # noqa: E402
from codegen.words import string_bytes  # noqa: E402

SPEC = analysed(ROOT / "spec").spec


def plain(value):
    """An example's value as the binding takes it."""
    if isinstance(value, dict) and list(value) == ["hex"]:
        return string_bytes(value)
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


def fitted(library, ctype, value):
    """The same, with what the type asks for: infinities, bounds, numbers that are written as others."""
    name, stars = library.types.parsed(ctype)
    entry = library.types.entries[name]
    if value is None:
        return None
    if name == "double" or name == "redisc_optional_double":
        return float(value)
    if name == "redisc_score_bound" and not isinstance(value, dict):
        return {"score": float(value)}
    if entry["kind"] == "list":
        return [fitted(library, entry["item"], item) for item in value]
    if entry["kind"] == "struct" and isinstance(value, dict):
        types = {field["name"]: field["ctype"] for field in entry["fields"]}
        return {key: fitted(library, types[key], inner) if key in types else inner for key, inner in value.items()}
    return value


def arguments(library, function, example):
    """The values of an example's call, and its options."""
    given = plain(example.values)
    left_out = {(use.branch or use.argument).name: use.default for use in function.uses}
    values = []
    options = None
    for param in library.functions[f"redisc_{function.name}"]["params"]:
        if param["role"] == "argument":
            value = given.pop(param["name"], left_out.get(param["name"]))
            values.append(fitted(library, param["ctype"], value))
        elif param["role"] == "options":
            options = param["ctype"]
    return values, fitted(library, options, given) if options else None


def described(function, value, records):
    """A result as canonical text, the same as the examples' own."""
    return describe(function.gives, written(value), records)


def expected(function, gives, records):
    return describe(function.gives, gives, records)


def written(value):
    """A result as examples write it."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, tuple):
        return [written(inner) for inner in value]
    if isinstance(value, list):
        return [written(inner) for inner in value]
    if isinstance(value, dict):
        return {key: written(inner) for key, inner in value.items()}
    return value
