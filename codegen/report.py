# SPDX-License-Identifier: MIT
"""What an import found, in words."""
from __future__ import annotations

import textwrap

from .importer import Import

WIDTH = 100
MANY = 40  # more names than that are not all told


def report(result: Import) -> list[str]:
    """The lines to print."""
    found, facts = result.found, result.facts
    lines = [f"{facts}: {len(facts.commands)} commands"]
    if not result.is_news:
        lines += _filled(f"The specification knows {facts.product} up to {'.'.join(map(str, result.horizon))}, so this "
                         "server can only add to it.", "")
    names = [("New commands", found.commands)]
    if len(found.known) <= MANY:
        names.append((f"Commands that {facts.product} has too", found.known))
    for title, items in names:
        if items:
            lines += [f"{title} ({len(items)}):", *_filled(", ".join(items))]
    if len(found.known) > MANY:
        lines.append(f"Commands that {facts.product} has too: {len(found.known)}")
    for title, items in (("New arguments", found.arguments), ("Changed keys", found.keys),
                         ("Deprecated", found.deprecated), ("Changed flags", found.flags),
                         ("Changed since", found.since)):
        if items:
            lines += [f"{title} ({len(items)}):", *(line for item in items for line in _filled(item))]
    if not found.changes:
        lines.append("Nothing new.")
    return lines + _decisions(result)


def _decisions(result: Import) -> list[str]:
    found = result.found
    texts: dict[str, list[str]] = {}
    for command, text in found.decisions:
        texts.setdefault(text, []).append(command)
    items = [f"{_some(commands)}: {text}" for text, commands in texts.items()]
    if found.commands:
        items.insert(0, "New commands: reply types, summary, complexity, examples; \"undecided\" marks them.")
    if found.arguments:
        items.insert(0, "New arguments: whether they change the reply, what they mean, examples; "
                        "\"undecided\" marks them.")
    if not items:
        return []
    return [f"To decide ({len(items)}):", *(line for item in items for line in _filled(item))]


def _some(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= MANY else f"{', '.join(names[:MANY])} and {len(names) - MANY} more"


def _filled(text: str, indent: str = "  ") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  " if indent else "",
                         break_on_hyphens=False, break_long_words=False)
