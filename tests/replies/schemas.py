# SPDX-License-Identifier: MIT
"""The schemas of replies: which one a command has, and which of its branches a reply takes."""

import json
import re
from functools import lru_cache

import jsonschema


class Schemas:
    """The schemas of a folder of facts."""

    def __init__(self, folder):
        self.usual = read(folder / "reply-schemas.json")
        self.variants = read(folder / "reply-schemas-variants.json")

    def name_of(self, words):
        """The command's name as schemas have it: with its subcommand; None if there is no schema."""
        texts = [word.decode("latin-1").upper() for word in words[:2]]
        return next((name for name in (" ".join(texts), texts[0]) if name in self.usual), None)

    def all(self, name):
        """All schemas that the command has or had."""
        others = [v["schema"] for v in self.variants.get(name, [])]
        return [self.usual[name]] + [schema for schema in others if schema != self.usual[name]]

    def of(self, name, server):
        """The schemas that a server's reply may have: its own if there is one, else any."""
        if name not in self.variants:
            return [self.usual[name]]
        own = [v["schema"] for v in self.variants[name] if server in v["servers"]]
        return own or [v["schema"] for v in self.variants[name]]


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=None)
def _validator(text):
    return jsonschema.Draft201909Validator(json.loads(text))


def validator(schema):
    return _validator(json.dumps(schema, sort_keys=True))


def fits(schema, reply):
    return validator(schema).is_valid(reply)


def fault(schema, reply):
    """What is wrong with a reply, on one line; None if it fits."""
    error = jsonschema.exceptions.best_match(validator(schema).iter_errors(reply))
    return None if error is None else f"{error.json_path}: {error.message[:200]}"


def parts(schema, at=""):
    """The branches of a schema, each with its JSON pointer, those within branches as well."""
    for key in ("oneOf", "anyOf"):
        for i, branch in enumerate(schema.get(key, [])):
            yield f"{at}/{key}/{i}", branch
    for pointer, inner in inside(schema):
        yield from parts(inner, at + pointer)


def inside(schema):
    """The schemas right below one."""
    for key in ("oneOf", "anyOf"):
        yield from ((f"/{key}/{i}", branch) for i, branch in enumerate(schema.get(key, [])))
    items = schema.get("items")
    if isinstance(items, list):
        yield from ((f"/items/{i}", item) for i, item in enumerate(items))
    for key in ("items", "additionalItems", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield f"/{key}", schema[key]
    for key in ("properties", "patternProperties"):
        yield from ((f"/{key}/{name}", inner) for name, inner in schema.get(key, {}).items())


def taken(schema, reply, at=""):
    """The pointers of the branches that a reply takes."""
    for key in ("oneOf", "anyOf"):
        for i, branch in enumerate(schema.get(key, [])):
            if fits(branch, reply):
                yield f"{at}/{key}/{i}"
                yield from taken(branch, reply, f"{at}/{key}/{i}")
    if isinstance(reply, list):
        yield from taken_of_list(schema, reply, at)
    elif isinstance(reply, dict):
        for name, value in reply.items():
            if name in schema.get("properties", {}):
                yield from taken(schema["properties"][name], value, f"{at}/properties/{name}")
            elif isinstance(schema.get("additionalProperties"), dict):
                yield from taken(schema["additionalProperties"], value, f"{at}/additionalProperties")
            for pattern, inner in schema.get("patternProperties", {}).items():
                if re.search(pattern, name):
                    yield from taken(inner, value, f"{at}/patternProperties/{pattern}")


def taken_of_list(schema, reply, at):
    items = schema.get("items", {})
    for i, value in enumerate(reply):
        if isinstance(items, dict):
            yield from taken(items, value, f"{at}/items")
        elif i < len(items):
            yield from taken(items[i], value, f"{at}/items/{i}")
        elif isinstance(schema.get("additionalItems"), dict):
            yield from taken(schema["additionalItems"], value, f"{at}/additionalItems")
