# SPDX-License-Identifier: MIT
"""The C side of reply types: types of results, and the names of what reads and describes them."""
from __future__ import annotations

from .replies import Reply

SCALAR_C = {"integer": "int64_t", "unsigned": "uint64_t", "double": "double", "boolean": "bool", "ok": "bool",
            "either": "bool", "string": "redisc_str", "dynamic": "redisc_reply", "error": "redisc_str", "flag": "bool"}

# What the runtime's reader.h has; all else is generated.
BUILT_IN_READS = set(
    "ok pong optional_ok closed integer optional_integer unsigned double optional_double boolean optional_boolean "
    "string optional_string str_list optional_str_list str_list_with_nils integer_list double_list boolean_list "
    "optional_integer_list optional_double_list pair_list optional_pair_list str_list_list scored_list dynamic "
    "json_optional_double_list".split())

BUILT_IN_BLOCKS = {name for name in BUILT_IN_READS if "list" in name or "string" in name or name == "dynamic"}

NIL_READS = {"<=0": "positive_integer", "<0": "non_negative_integer"}


def item_name(item: Reply) -> str:
    """The name of a list's items: redisc_<name>_list."""
    if item.kind == "string":
        return "str"
    if item.kind == "list":
        return f"{item_name(item.item)}_list"
    if item.kind == "pairs":
        return "pair_list"
    if item.kind == "record":
        return item.record
    return ("optional_" if item.optional else "") + item.kind


def value_type(reply: Reply) -> str:
    """The type of the value itself, as it stands in a record or in a list."""
    if reply.kind == "record":
        return f"redisc_{reply.record}"
    if reply.kind == "list":
        return f"redisc_{item_name(reply.item)}_list"
    if reply.kind == "pairs":
        return "redisc_pair_list"
    if reply.optional and reply.kind in ("integer", "double", "boolean"):
        return f"redisc_optional_{reply.kind}"
    return SCALAR_C[reply.kind]


def result_type(reply: Reply) -> str:
    """The type of the caller's variable."""
    return f"const {value_type(reply)} *" if reply.is_pointer else value_type(reply)


def value_name(reply: Reply) -> str:
    """A name for what a type is: redisc_reads_<name>, take_<name>."""
    if reply.wrap:
        return ("lone_" if reply.wrap == "alone" else "json_") + value_name(reply.bare())
    if reply.kind == "word":
        return "pong" if reply.words == ("PONG",) else "word_" + _words(reply)
    if reply.kind == "either":
        return "word_" + _words(reply)
    if reply.kind == "pairs":
        name = "pair_list"
    elif reply.kind == "list":
        name = f"{item_name(reply.item)}_{'entries' if reply.keyed else 'list'}"
        if reply.item.optional and reply.item.kind in ("string", "record", "list", "pairs"):
            name += "_with_nils"
        elif reply.optional and reply.item.kind in ("integer", "double"):
            return name + "_or_nil"  # optional_integer_list is a list of optional integers
    else:
        name = reply.record or reply.kind
    return f"optional_{name}" if reply.optional else name


def described_name(reply: Reply) -> str:
    """The function that describes a value, without describe_."""
    if reply.kind in ("ok", "either", "flag"):
        return "boolean"
    if reply.kind == "error":
        return "string"
    if reply.kind == "list":
        return f"{item_name(reply.item)}_list"
    return value_name((reply.required() if reply.is_pointer else reply).bare())


def _words(reply: Reply) -> str:
    words = (w.lower().replace("*", "").strip() for w in reply.words)
    return "_or_".join(w.replace(" ", "_").replace("-", "_") for w in words)


def reads_name(reply: Reply, nil_if: str | None = None) -> str:
    """The name of the redisc_result behind redisc_reads_."""
    return NIL_READS[nil_if] if nil_if else value_name(reply)
