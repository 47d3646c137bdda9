# SPDX-License-Identifier: MIT
"""The runtime's public headers as declarations: what the generator tells makers of bindings about them."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

RUNTIME = Path(__file__).parent.parent / "runtime"

_TOKEN = re.compile(r"(?P<doc>/\*\*.*?\*/)|(?P<skip>/\*.*?\*/|//[^\n]*|\s+)|(?P<word>\w+)|(?P<mark>\.\.\.|.)", re.S)
_CONDITION = re.compile(r"#\s*(ifdef|ifndef|if|else|elif|endif)\b(.*)")
_ROW = re.compile(r"\bX\((\w+), (-?\d+), (\w+), \"([^\"]*)\"\)")
_QUALIFIERS = ("const", "struct", "enum", "union")


class Unreadable(Exception):
    """A declaration that this module does not understand."""


@dataclass
class Member:
    """A parameter or a field. `members`: of an anonymous struct or union; `function`: of a pointer to one."""

    name: str
    ctype: str
    doc: str = ""
    members: list[Member] = field(default_factory=list)
    function: Prototype | None = None


@dataclass
class Prototype:
    """A function, or the type of one."""

    name: str
    returns: str
    parameters: list[Member]
    doc: str = ""
    header: str = ""


@dataclass
class Type:
    """A type. `kind`: enum, struct, list, opaque or callback."""

    name: str
    kind: str
    doc: str = ""
    header: str = ""
    values: list[tuple[str, int, str]] = field(default_factory=list)  # of an enum: name, value, doc
    members: list[Member] = field(default_factory=list)
    item: str = ""  # of a list
    function: Prototype | None = None  # of a callback


@dataclass
class Headers:
    """Everything that they declare."""

    functions: list[Prototype] = field(default_factory=list)
    types: dict[str, Type] = field(default_factory=dict)
    constants: list[tuple[str, int, str]] = field(default_factory=list)
    statuses: list[tuple[str, int, str, str]] = field(default_factory=list)  # name, value, parent, text
    version: str = ""


def read_headers(runtime: Path = RUNTIME) -> Headers:
    """Raises Unreadable with the header and the place."""
    found = Headers()
    for path in sorted(runtime.glob("include/redisc/*.h")):
        text = path.read_text(encoding="utf-8")
        found.statuses += [(n, int(v), p, t) for n, v, p, t in _ROW.findall(text)]
        version = re.search(r"#define REDISC_VERSION \"(.*)\"", text)
        found.version = version[1] if version else found.version
        _Reader(path.name, _tokens(_for_c(text)), found).read()
    for type_ in found.types.values():
        if type_.name == "redisc_status":
            type_.values = [(name, value, text) for name, value, _, text in found.statuses]
    return found


def _for_c(text: str) -> str:
    """The text without preprocessor lines, and without what is for C++ only."""
    kept: list[str] = []
    dropped: list[bool] = []
    for line in text.replace("\\\n", " ").split("\n"):
        condition = _CONDITION.match(line.strip())
        if condition is None:
            if not line.lstrip().startswith("#") and not any(dropped):
                kept.append(line)
        elif condition[1] in ("ifdef", "ifndef", "if"):
            dropped.append("__cplusplus" in condition[2] and condition[1] == "ifdef")
        elif condition[1] == "endif":
            dropped.pop()
        elif "__cplusplus" in text:
            dropped[-1] = False
    return "\n".join(kept)


def _tokens(text: str) -> list[tuple[str, str]]:
    """Words, marks and documentation."""
    return [(m.lastgroup, m.group()) for m in _TOKEN.finditer(text) if m.lastgroup != "skip"]


def doc_text(comment: str) -> str:
    """A doc comment's text on one line; paragraphs and tags keep lines of their own."""
    body = re.sub(r"^/\*\*<?|\*/$", "", comment)
    lines = [re.sub(r"^\s*\* ?", "", line).rstrip() for line in body.strip().split("\n")]
    text = re.sub(r"\n(?=@)|\n\n+", "\0", "\n".join(lines))
    return re.sub(r"\s+", " ", text).replace("\0", "\n").replace("\n ", "\n").strip()


class _Reader:
    """Recursive descent over one header."""

    def __init__(self, header: str, tokens: list[tuple[str, str]], found: Headers) -> None:
        self.header = header
        self.tokens = tokens
        self.at = 0
        self.found = found
        self.doc = ""

    # Tokens.

    def _peek(self, ahead: int = 0) -> str:
        place = self.at
        while place < len(self.tokens):
            kind, text = self.tokens[place]
            if kind != "doc":
                if ahead == 0:
                    return text
                ahead -= 1
            place += 1
        return ""

    def _next(self) -> str:
        """The next word or mark; documentation on the way is remembered."""
        while self.at < len(self.tokens):
            kind, text = self.tokens[self.at]
            self.at += 1
            if kind != "doc":
                return text
            if not text.startswith("/**<") and "@file" not in text:
                self.doc = doc_text(text)
        return ""

    def _trailing_doc(self) -> str:
        """A comment that stands behind what it explains."""
        if self.at < len(self.tokens) and self.tokens[self.at][1].startswith("/**<"):
            self.at += 1
            return doc_text(self.tokens[self.at - 1][1])
        return ""

    def _expect(self, text: str) -> None:
        found = self._next()
        if found != text:
            raise Unreadable(f"{self.header}: \"{found}\" where \"{text}\" should be, before "
                             f"\"{' '.join(t for _, t in self.tokens[self.at:self.at + 8])}\"")

    def _taken_doc(self) -> str:
        doc, self.doc = self.doc, ""
        return doc

    def _skip_group(self, opening: str, closing: str) -> None:
        depth = 1
        while depth:
            text = self._next()
            depth += {opening: 1, closing: -1, "": -depth}.get(text, 0)

    # Declarations.

    def read(self) -> None:
        while (word := self._next()) != "":
            if word in ("REDISC_BEGIN_DECLS", "REDISC_END_DECLS"):
                self.doc = ""
            elif word == "REDISC_API":
                self.found.functions.append(self._function())
            elif word == "typedef":
                self._add(self._typedef())
            elif word == "REDISC_DECLARE_LIST":
                self._add(self._list())
            elif word == "enum":
                self.found.constants += self._values()
                self._expect(";")
                self.doc = ""
            elif word == "static":
                self._skip_inline()
            elif word == "struct" and self._peek(1) == ";":
                self._next()
                self._next()
            else:
                raise Unreadable(f"{self.header}: a declaration that begins with \"{word} {self._peek()}\"")

    def _add(self, type_: Type) -> None:
        type_.header = self.header
        self.found.types[type_.name] = type_

    def _skip_inline(self) -> None:
        while self._next() != "{":
            pass
        self._skip_group("{", "}")
        self.doc = ""

    def _function(self) -> Prototype:
        doc = ""
        words: list[str] = []
        while self._peek() != "(":
            words.append(self._next())
            doc = doc or self._taken_doc()
        function = Prototype(words[-1], ctype(words[:-1]), self._parameters(), doc or self._taken_doc(), self.header)
        self.doc = ""
        self._expect(";")
        return function

    def _parameters(self) -> list[Member]:
        self._expect("(")
        parameters: list[Member] = []
        while self._peek() not in (")", ""):
            parameters.append(self._declarator((",", ")")))
            if self._peek() == ",":
                self._next()
        self._expect(")")
        return [p for p in parameters if (p.ctype, p.name) != ("", "void")]

    def _declarator(self, ends: tuple[str, ...]) -> Member:
        """A type with its name; the end is left there."""
        words: list[str] = []
        while self._peek() not in ends:
            if self._peek() == "(":
                return self._function_pointer(words)
            words.append(self._next())
        if not words:
            raise Unreadable(f"{self.header}: no declaration before \"{self._peek()}\"")
        return Member(words[-1], ctype(words[:-1]))

    def _function_pointer(self, words: list[str]) -> Member:
        self._expect("(")
        self._expect("*")
        name = self._next()
        self._expect(")")
        return Member(name, "", function=Prototype(name, ctype(words), self._parameters()))

    def _typedef(self) -> Type:
        doc = self._taken_doc()
        kind = self._peek()
        if kind == "enum":
            self._next()
            name = self._next()
            values = self._values()
            type_ = Type(name, "enum", doc, values=values)
        elif kind == "struct" and self._peek(2) == "{":
            self._next()
            type_ = Type(self._next(), "struct", doc, members=self._members())
        elif kind == "struct":
            self._next()
            type_ = Type(self._next(), "opaque", doc)
        else:
            member = self._declarator((";",))
            if member.function is None:
                raise Unreadable(f"{self.header}: the typedef of \"{member.name}\"")
            member.function.doc = doc
            self._expect(";")
            return Type(member.name, "callback", doc, function=member.function)
        self._expect(type_.name)
        self._expect(";")
        self.doc = ""
        return type_

    def _list(self) -> Type:
        doc = self._taken_doc()
        self._expect("(")
        name = self._next()
        self._expect(",")
        item = self._next()
        self._expect(")")
        self._expect(";")
        return Type(f"redisc_{name}_list", "list", doc, item=item)

    def _values(self) -> list[tuple[str, int, str]]:
        self._expect("{")
        self.doc = ""
        values: list[tuple[str, int, str]] = []
        while self._peek() != "}":
            name = self._next()
            if self._peek() == "(":  # an X macro: what it lists is known by itself
                self._next()
                self._skip_group("(", ")")
                continue
            doc = self._taken_doc()
            value = values[-1][1] + 1 if values else 0
            if self._peek() == "=":
                self._next()
                sign = -1 if self._peek() == "-" else 1
                value = sign * int(self._next() if sign == 1 else self._next() and self._next(), 0)
            if self._peek() == ",":
                self._next()
            doc = self._trailing_doc() or doc
            if not name.endswith("_MAX_"):
                values.append((name, value, doc))
        self._expect("}")
        return values

    def _members(self) -> list[Member]:
        self._expect("{")
        self.doc = ""
        members: list[Member] = []
        while self._peek() != "}":
            if self._peek() in ("struct", "union") and self._peek(1) == "{":
                kind = self._next()
                inner = self._members()
                member = Member(self._next(), kind, members=inner)
            else:
                member = self._declarator((";",))
            doc = self._taken_doc()
            self._expect(";")
            member.doc = self._trailing_doc() or doc
            members.append(member)
        self._expect("}")
        return members


def ctype(words: list[str]) -> str:
    """"const redisc_str **" from its words."""
    stars = "".join(w for w in words if w == "*")
    names = [w for w in words if w != "*" and w not in _QUALIFIERS[1:]]
    return " ".join(names) + (f" {stars}" if stars else "")
