# SPDX-License-Identifier: MIT
"""Replies made from schemas, with values that can be found again, and RESP3 as servers would send them."""

import re

FIRST = 1000  # of the numbers, each of which comes once
ITEMS = 2  # of a list that may have any number


class Constant(str):
    """A text that the schema fixes."""


class Made:
    """A reply of a schema that takes a branch, if it can: `wanted` is its pointer. Texts may be numbers,
    and numbers integers, as the random choices have it: schemas do not tell."""

    def __init__(self, schema, wanted, rng):
        self.wanted = wanted
        self.rng = rng
        self.digits = rng.choice([0, 0.5, 1])  # how likely a text is a number
        self.number = FIRST
        self.values = []  # those that the schema does not fix
        self.reply = self.value(schema, "")

    def value(self, schema, at):
        for key in ("oneOf", "anyOf"):
            if key in schema:
                branches = range(len(schema[key]))
                chosen = next((i for i in branches if self.leads(f"{at}/{key}/{i}")), 0)
                return self.value(schema[key][chosen], f"{at}/{key}/{chosen}")
        if "$ref" in schema:
            return {}  # a whole reply within a reply
        if "const" in schema:
            return Constant(schema["const"]) if isinstance(schema["const"], str) else schema["const"]
        kind = schema.get("type", "string")
        return getattr(self, f"a_{kind}")(schema, at)

    def leads(self, at):
        return self.wanted == at or self.wanted.startswith(at + "/")

    def fresh(self):
        self.number += 1
        return self.number

    def kept(self, value):
        self.values.append(value)
        return value

    def text(self, letter, number):
        return f"{number}" if self.rng.random() < self.digits else f"{letter}{number}"

    def a_string(self, schema, _):
        number = self.fresh()
        pattern = schema.get("pattern")
        candidates = [self.text("t", number), f"{number}-1", f"{number}-1 {number}-2", f"{number}",
                      f"{number:040d}", "OK", f"BUMPED {number}", f"STILL {number}"]
        return self.kept(next(c for c in candidates if pattern is None or re.search(pattern, c)))

    def a_integer(self, schema, _):
        number = self.fresh()
        return self.kept(min(number, schema.get("maximum", number)))

    def a_number(self, _schema, _):
        return self.kept(self.fresh() + self.rng.choice([0.5, 0]))

    def a_boolean(self, _schema, _):
        return True

    def a_null(self, _schema, _):
        return None

    def a_array(self, schema, at):
        items = schema.get("items", [])
        low, high = schema.get("minItems", 0), schema.get("maxItems", ITEMS)
        if "items" not in schema:
            return []
        if isinstance(items, dict):
            rest, fixed = (items, "/items"), []
        else:
            rest, fixed = (schema.get("additionalItems", {}), "/additionalItems"), items
            high = schema.get("maxItems", len(fixed) + bool(rest[0]))
        count = 0 if high == 0 else max(low, min(high, max(ITEMS, len(fixed) + bool(fixed and rest[0]))))
        result = [self.value(item, f"{at}/items/{i}") for i, item in enumerate(fixed[:count])]
        result += [self.value(rest[0], at + rest[1]) for _ in range(count - len(result))]
        return set_of(result) if schema.get("uniqueItems") else result

    def a_object(self, schema, at):
        result = {name: self.value(inner, f"{at}/properties/{name}")
                  for name, inner in schema.get("properties", {}).items()}
        if isinstance(schema.get("additionalProperties"), dict):
            name = self.text("n", self.fresh())
            result[name] = self.value(schema["additionalProperties"], at + "/additionalProperties")
        for pattern, inner in schema.get("patternProperties", {}).items():
            name = self.text("n", self.fresh()) if pattern == "^.*$" else f"db.{self.fresh()}"
            result[name] = self.value(inner, f"{at}/patternProperties/{pattern}")
        return result


class set_of(list):
    """An array whose items are unique: a set on the wire."""


def wire(value):
    """RESP3."""
    if value is None:
        return b"_\r\n"
    if isinstance(value, bool):
        return b"#t\r\n" if value else b"#f\r\n"
    if isinstance(value, int):
        return b":%d\r\n" % value
    if isinstance(value, float):
        return b",%s\r\n" % f"{value:.17g}".encode()
    if isinstance(value, Constant):
        return b"+%s\r\n" % value.encode()
    if isinstance(value, str):
        return b"$%d\r\n%s\r\n" % (len(value.encode()), value.encode())
    if isinstance(value, dict):
        return b"%%%d\r\n" % len(value) + b"".join(wire(Constant(k)) + wire(v) for k, v in value.items())
    kind = b"~" if isinstance(value, set_of) else b"*"
    return b"%s%d\r\n" % (kind, len(value)) + b"".join(wire(v) for v in value)
