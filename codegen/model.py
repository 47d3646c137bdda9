# SPDX-License-Identifier: MIT
"""The model: what the specification says, as objects. Nothing of C here but names."""
from __future__ import annotations

import re
from dataclasses import dataclass, field

from .problems import Where
from .replies import Reply

STRING_TYPES = ("key", "string", "pattern")
BUILT_IN_STRUCTS = {
    "pair": [("key", "string"), ("value", "string")],
    "scored": [("score", "double"), ("member", "string")],
}

SERVERS = ("redis", "valkey")
PRODUCTS = {"redis": "Redis", "valkey": "Valkey", "json": "JSON", "search": "Search", "timeseries": "TimeSeries",
            "bloom": "Bloom"}  # servers, and modules that any of them may load

Since = dict[str, str]


def c_name(command: str) -> str:
    """"CLIENT NO-EVICT" -> "client_no_evict"."""
    return re.sub(r"[ .-]", "_", command.lower())


@dataclass
class Argument:
    """An argument, a member of a block, or a branch of a oneof."""

    where: Where
    name: str
    command: str  # the command's words, for default names
    type: str | None = None
    token: str | None = None
    optional: bool = False
    many: bool = False
    counted: str | None = None  # "items" or "words": the number of which is sent before them
    token_each: bool = False
    columns: bool = False
    struct: str | None = None
    enum: str | None = None
    values_prefix: str | None = None
    since: Since = field(default_factory=dict)
    access: str | None = None
    unit: str | None = None
    wait: str | None = None
    zero_is_value: bool = False
    default: int | None = None
    doc: str = ""
    undecided: bool = False
    of: list[Argument] = field(default_factory=list)
    oneof: list[Argument] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """flag, value, list, block, rows, choice or variants."""
        if self.oneof:
            return "variants" if self.many else "choice"
        if self.of:
            return "rows" if self.many else "block"
        if self.type is None:
            return "flag"
        return "list" if self.many else "value"

    @property
    def flags(self) -> list[Argument]:
        """A choice's branches that are words only."""
        return [b for b in self.oneof if b.kind == "flag"]

    @property
    def valued(self) -> list[Argument]:
        return [b for b in self.oneof if b.kind != "flag"]

    @property
    def is_enum(self) -> bool:
        """A choice between words."""
        return self.kind == "choice" and not self.valued

    @property
    def enum_name(self) -> str:
        if self.enum:
            return self.enum
        if self.kind == "variants":
            return f"{self.struct_name}_kind"
        return f"{c_name(self.command)}_{self.name}"

    @property
    def enum_prefix(self) -> str:
        if self.values_prefix:
            return self.values_prefix
        return self.struct_name if self.kind == "variants" and not self.enum else self.enum_name

    @property
    def struct_name(self) -> str:
        return self.struct or f"{c_name(self.command)}_{self.name}"

    @property
    def optional_type_has_flag(self) -> bool:
        """Whether an option of this value says by itself if it is present."""
        return self.type == "double" or self.zero_is_value

    @property
    def words(self) -> list[str]:
        """The token's words."""
        if self.token is None:
            return []
        return self.token.split(" ") if self.token else [""]


@dataclass
class Use:
    """How a function uses an argument of its command."""

    argument: Argument
    always: bool = False
    branch: Argument | None = None
    type: str | None = None
    default: int | None = None  # legacy: what the parameter was when left out

    @property
    def is_option(self) -> bool:
        return self.argument.optional and not self.always and self.branch is None


@dataclass
class Function:
    """A function to generate."""

    where: Where
    command: Command
    name: str  # without prefix: "set_with", "legacy_lrem"
    uses: list[Use]
    reply: Reply
    out: str | None = None
    options: str | None = None  # the options struct's name without prefix and _options
    order: list[str] | None = None  # legacy: the parameters' order
    nil_if: str | None = None
    summary: str = ""
    result: str = ""
    repeatable: bool | None = None
    since: Since = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    @property
    def is_legacy(self) -> bool:
        return self.name.startswith("legacy_")

    @property
    def is_repeatable(self) -> bool:
        if self.repeatable is not None:
            return self.repeatable
        return self.command.repeatable or "readonly" in self.command.flags

    @property
    def option_uses(self) -> list[Use]:
        return [u for u in self.uses if u.is_option]

    @property
    def gives(self) -> Reply:
        """The reply type of the C result."""
        return Reply(self.reply.kind, True) if self.nil_if else self.reply


@dataclass
class Live:
    """How an example runs against a server."""

    before: list[list[bytes]]
    gives: object
    varies: bool
    since: Since
    needs: list[str]  # of: connection, sentinel, cluster

    @property
    def needs_connection(self) -> bool:
        return "connection" in self.needs


@dataclass
class Example:
    """A wire vector."""

    where: Where
    call: str
    values: dict
    sends: list[bytes] | None
    resp2: str | None
    resp3: str | None
    gives: object
    has_gives: bool
    fails: str | None
    text: str | None
    live: Live | None
    not_live: str | None
    broken: bool = False  # its reply is malformed, which is told already


@dataclass
class Command:
    """A command of the servers."""

    where: Where
    words: str  # "CLIENT LIST"
    name: str  # "client_list"
    group: str
    since: Since
    flags: list[str]
    summary: str
    complexity: str = ""
    note: str = ""
    deprecated: Since = field(default_factory=dict)
    use_instead: str = ""
    repeatable: bool = False
    undecided: bool = False
    arguments: list[Argument] = field(default_factory=list)
    excludes: list[list[str]] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    omitted: str | None = None
    connection_state: str | None = None
    runs_script: bool = False
    examples: list[Example] = field(default_factory=list)
    given_up: set[str] = field(default_factory=set)  # functions that are not here, for their faults


@dataclass
class Field:
    """A field of a record. Without a name: something on the wire that is passed over."""

    where: Where
    name: str
    wire: str
    type: Reply
    optional: bool
    doc: str
    split: str | None = None  # a list that may come as a text, its items parted by this
    rest: bool = False  # all values that are left
    only_for: list[str] = field(default_factory=list)  # words of the first field
    when: str | None = None  # the option of the call with which it comes
    unless: str | None = None  # the option of the call with which it does not

    @property
    def is_conditional(self) -> bool:
        return self.when is not None or self.unless is not None

    @property
    def is_prefix(self) -> bool:
        """Whether it collects all entries of a map that begin alike."""
        return self.wire.endswith("*")


@dataclass
class Record:
    """A record type."""

    where: Where
    name: str
    summary: str
    form: str
    fields: list[Field]
    bare: bool = False
    present: str | None = None
    key: str | None = None  # the field that is the name of the record's entry in a map
    text: str | None = None  # a tuple may come as a text, its fields parted by this
    assign: str = "="  # of text-fields: between name and value
    separator: str = "blank"  # of text-fields: blank or line

    @property
    def members(self) -> list[Field]:
        """What is a field in C."""
        return [f for f in self.fields if f.name]

    @property
    def named(self) -> list[Field]:
        """What has a name of its own where names come with values."""
        return [f for f in self.members if f.name != self.key]

    @property
    def has_names(self) -> bool:
        """Whether a tuple may come as a map of names and values as well."""
        return self.form == "tuple" and any(f.wire != f.name for f in self.members)

    @property
    def key_field(self) -> Field | None:
        return next((f for f in self.fields if f.name == self.key), None)

    @property
    def required(self) -> list[Field]:
        """A tuple's fields that always come."""
        return [f for f in self.fields if not (f.optional or f.rest or f.only_for)]


@dataclass
class Spec:
    """The whole specification."""

    commands: list[Command]
    records: dict[str, Record]
    internal: dict[str, str] = field(default_factory=dict)  # commands without functions -> the reason

    @property
    def functions(self) -> list[Function]:
        return [f for c in self.commands for f in c.functions]

    def knows(self, reply: Reply, seen: frozenset[str] = frozenset()) -> bool:
        """Whether all records that the type is made of are there."""
        if reply.item is not None:
            return self.knows(reply.item, seen)
        if not reply.record or reply.record in seen:
            return True
        record = self.records.get(reply.record)
        return record is not None and all(self.knows(f.type, seen | {reply.record}) for f in record.fields)
