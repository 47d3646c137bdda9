# SPDX-License-Identifier: MIT
"""The reference as manual pages, one for each command, in section 3; a file holds those of a group.

cmake/PartManual.cmake parts the files when redisc is built. Before each page a comment names it, and the other
functions of the command, whose names lead to the same page.
"""
from __future__ import annotations

from collections.abc import Iterable

import jinja2

from .cheaders import Headers
from .pages import struct_declaration
from .reference import CommandEntry, Reference, named_type
from .shapes import CEnum, CField, CStruct

FOLDER = "man"


def roff(text: str) -> str:
    """Text as roff takes it, all ASCII: nothing of it is a request or an escape."""
    escaped = "".join(_ESCAPES.get(c) or (c if c.isascii() else f"\\[u{ord(c):04X}]") for c in text)
    return "\n".join("\\&" + line if line.startswith(".") else line for line in escaped.split("\n"))


_ESCAPES = {"…": "...", "\\": "\\e", "-": "\\-", "^": "\\(ha", "~": "\\(ti", "`": "\\(ga", "'": "\\(aq"}


def prose(text: str) -> str:
    """Plain text with names of the code, in back quotes, in bold."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return roff(text)
    marked = "".join(f"\\fB{roff(part)}\\fP" if i % 2 else roff(part).removeprefix("\\&") for i, part in enumerate(parts))
    return "\\&" + marked if marked.startswith(".") else marked


class Manual:
    """Fills in the pages' templates."""

    def __init__(self, reference: Reference, headers: Headers, environment: jinja2.Environment) -> None:
        self.reference = reference
        self.headers = headers
        self.environment = environment
        self.types = {f"redisc_{t.name}": t for t in [*reference.enums, *reference.structs]}
        environment.filters["roff"] = roff
        environment.filters["prose"] = prose

    def files(self) -> dict[str, str]:
        """The files, by their path below the output folder."""
        files = {f"{FOLDER}/{group.name}.3": self._file(map(self._page, group.commands)) for group in self.reference.groups}
        overview = self._render("manual_overview.3.j2", groups=self.reference.groups, statuses=self.headers.statuses)
        files[f"{FOLDER}/redisc.3"] = self._file([overview])
        return files

    def _file(self, pages: Iterable[str]) -> str:
        return f'.\\" Generated {self.environment.globals["mark"]}.\n' + "".join(pages)

    def _render(self, template: str, **values) -> str:
        return self.environment.get_template(template).render(version=self.headers.version, **values)

    def _page(self, entry: CommandEntry) -> str:
        facts = [fact for fact in entry.functions[0].facts if all(fact in f.facts for f in entry.functions)]
        options = [(s, struct_declaration(s)) for s in entry.options]
        fields = [f for function in entry.functions for f in function.parameters] + [
            f for s in entry.options for f in s.fields]
        enums, structs = self._types(fields)
        return self._render("manual.3.j2", entry=entry, facts=facts, options=options, enums=enums,
                            structs=structs)

    def _types(self, fields: list[CField]) -> tuple[list[CEnum], list[CStruct]]:
        """The enums and structs that the fields are made of, and those that these are made of."""
        found: dict[str, CEnum | CStruct] = {}
        waiting = list(fields)
        while waiting:
            type_ = self.types.get(named_type(waiting.pop().ctype))
            if type_ is not None and type_.name not in found:
                found[type_.name] = type_
                waiting += type_.fields if isinstance(type_, CStruct) else []
        types = [found[name] for name in sorted(found)]
        return [t for t in types if isinstance(t, CEnum)], [t for t in types if isinstance(t, CStruct)]
