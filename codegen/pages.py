# SPDX-License-Identifier: MIT
"""The reference as Markdown: a page for each group, one for the types, and an index."""
from __future__ import annotations

import re

import jinja2

from .functions import declared
from .reference import CommandEntry, GroupEntry, Reference, named_type, since_of
from .shapes import CField, CStruct

_SPECIAL = re.compile(r"([\\*_\[\]<>|@#])")


def markdown(text: str) -> str:
    """Plain text with code in back quotes, so that nothing else of it is taken for markup."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a single back quote: no code at all
        return _SPECIAL.sub(r"\\\1", text).replace("`", "\\`")
    return "`".join(part.replace("|", "\\|") if i % 2 else _SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))


class Pages:
    """Fills in the pages' templates."""

    def __init__(self, reference: Reference, environment: jinja2.Environment) -> None:
        self.reference = reference
        self.environment = environment
        environment.filters["markdown"] = markdown
        self.types = {f"redisc_{t.name}" for t in [*reference.structs, *reference.enums]}
        self.options = {f"redisc_{s.name}": g.name for g in reference.groups for c in g.commands for s in c.options}

    def files(self) -> dict[str, str]:
        """The pages, by their path below the output folder."""
        files = {f"docs/commands_{g.name}.md": self._group(g) for g in self.reference.groups}
        files["docs/commands.md"] = self._render("reference_index.md.j2", groups=self.reference.groups,
                                                 omitted=self.reference.omitted)
        files["docs/types.md"] = self._render("reference_types.md.j2", enums=self.reference.enums,
                                              structs=[(s, self._rows(s.fields, ""))
                                                       for s in self.reference.structs])
        return files

    def _render(self, template: str, **values) -> str:
        return self.environment.get_template(template).render(**values)

    def _group(self, group: GroupEntry) -> str:
        commands = [self._command(c, group.name) for c in group.commands]
        return self._render("reference_group.md.j2", group=group, commands=commands)

    def _command(self, entry: CommandEntry, group: str) -> dict:
        functions = [{"entry": f, "rows": self._rows(f.parameters, group)} for f in entry.functions]
        options = [{"struct": s, "rows": self._rows(s.fields, group)} for s in entry.options]
        return {"entry": entry, "functions": functions, "options": options, "since": since_of(entry.command.since)}

    def _rows(self, fields: list[CField], group: str) -> list[tuple[str, str, str]]:
        return [(f"`{f.name}`", self._type(f.ctype, group), markdown(f.doc)) for f in fields]

    def _type(self, ctype: str, group: str) -> str:
        """The type as code; a link if it is explained somewhere."""
        base = named_type(ctype)
        if base in self.options:
            page = "" if self.options[base] == group else f"commands_{self.options[base]}.md"
            return f"[`{ctype}`]({page}#{base})"
        if base in self.types:
            return f"[`{ctype}`]({'types.md' if group else ''}#{base})"
        return f"`{ctype}`"


def struct_declaration(struct: CStruct) -> list[str]:
    """A struct without its documentation."""
    return [f"typedef struct redisc_{struct.name} {{", *(f"    {declared(f.ctype, f.name)};" for f in struct.fields),
            f"}} redisc_{struct.name};"]
