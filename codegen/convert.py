# SPDX-License-Identifier: MIT
"""From a server's argument tree to arguments as the specification has them."""
from __future__ import annotations

import re
from dataclasses import dataclass, field

from .align import places
from .facts import CommandFacts, Node, is_count, numbers
from .model import c_name
from .names import LOCALS, fault_of_name

KEYS = ("name token type optional many counted token_each layout struct enum since access unit wait zero undecided "
        "of oneof").split()
RESERVED = LOCALS | {"reply", "kind"}
_WORD = re.compile(r"[A-Za-z][\w-]*")


class Unclear(Exception):
    """Why a tree can't be told in the specification's terms."""


@dataclass
class Converted:
    """A command's arguments, and those of them that are optional lists but always sent."""

    arguments: list[dict]
    always: list[str] = field(default_factory=list)


def converted(facts: CommandFacts, product: str) -> Converted:
    """All arguments of a command. Raises Unclear."""
    if not facts.is_documented:
        raise Unclear("the server does not tell its arguments")
    converter = _Converter(facts, product)
    arguments = converter.sequence(facts.nodes)
    converter.find_wait(arguments)
    _Names(c_name(facts.name)).give(arguments, set())
    always = [a["name"] for a in arguments if a.pop("always", False)]
    _allow_empty(arguments)
    return Converted([ordered(a) for a in arguments], always)


def converted_node(facts: CommandFacts, node: Node, product: str, taken: set[str]) -> dict:
    """One argument, to be put among others whose names are `taken`. Raises Unclear."""
    found = _Converter(facts, product).expanded(node)
    if len(found) != 1 or "always" in found[0]:
        raise Unclear("it is no single argument")
    _allow_empty(found)
    _Names(c_name(facts.name)).give(found, set(taken))
    return ordered(found[0])


def _allow_empty(arguments: list[dict]) -> None:
    """Lists within arguments that are counted even if they are empty."""
    for place in places(arguments):
        if place.entry.pop("always", False):
            del place.entry["optional"]
            place.entry["zero"] = "value"


def as_words(facts: CommandFacts) -> Converted:
    """The arguments of a command of which only the beginning is known: a key perhaps, then words."""
    arguments: list[dict] = []
    spec = facts.key_specs[0] if facts.key_specs else None
    if spec and spec.begin["type"] == "index" and spec.find["type"] == "range":
        if spec.begin.get("spec", {}).get("index") == facts.words and spec.find.get("spec", {}).get("lastkey") == 0:
            arguments.append(_with_access({"name": "key", "type": "key"}, facts.access(0)))
    if facts.arity is None or facts.arity < 0 or facts.arity > facts.words + len(arguments):
        arguments.append({"name": "words", "type": "string", "optional": True, "many": True})
    return Converted(arguments, ["words"] if arguments and arguments[-1]["name"] == "words" else [])


def ordered(argument: dict) -> dict:
    """The keys in their usual order."""
    result = {key: argument[key] for key in KEYS if key in argument}
    result.update({key: value for key, value in argument.items() if key not in result})
    for key in ("of", "oneof"):
        if key in result:
            result[key] = [ordered(inner) for inner in result[key]]
    return result


def _with_access(argument: dict, access: str | None) -> dict:
    return {**argument, "access": access} if access else argument


class _Converter:
    def __init__(self, facts: CommandFacts, product: str) -> None:
        self.facts = facts
        self.product = product

    def sequence(self, nodes: list[Node]) -> list[dict]:
        """Arguments that follow each other; a count and the list that it counts are one."""
        result: list[dict] = []
        place = 0
        while place < len(nodes):
            if place + 1 < len(nodes) and is_count(nodes[place], nodes[place + 1]):
                result.append(self._counted(nodes[place], nodes[place + 1]))
                place += 2
            else:
                result += self.expanded(nodes[place])
                place += 1
        return result

    def expanded(self, node: Node) -> list[dict]:
        """A node as an argument; a block that is only there for its parts is left out."""
        if node.type == "block" and not (node.optional or node.multiple or node.token is not None):
            return self.sequence(node.nodes)
        return [self._argument(node)]

    def _argument(self, node: Node) -> dict:
        if node.type == "block":
            argument = self._block(node)
        elif node.type == "oneof":
            argument = self._choice(node)
        else:
            argument = self._value(node)
        if node.optional:
            argument["optional"] = True
        return self._since(argument, node)

    def _since(self, argument: dict, node: Node) -> dict:
        known = node.parent.since if node.parent and node.parent.since else self.facts.since
        if node.since and (known is None or numbers(node.since) > numbers(known)):
            argument["since"] = {self.product: node.since}
        return argument

    def _counted(self, count: Node, listed: Node) -> dict:
        argument = self._argument(listed)
        if count.token is not None:
            if "token" in argument:
                raise Unclear(f"the count {count} and its list both have a word")
            argument["token"] = count.token
        argument["counted"] = True
        if count.optional:
            argument["optional"] = True
        elif listed.optional:
            argument["always"] = True  # its count is sent, even if it is 0
        return self._named(argument, count if count.token else listed)

    def _named(self, argument: dict, node: Node, branch: bool = False) -> dict:
        """What has a word is named as it, where the word is all that tells it from others."""
        by_word = node.token is not None and _WORD.match(node.token)
        is_word = node.type == "pure-token" or node.optional or branch or argument.get("counted")
        name = node.token if by_word and is_word else node.name
        is_list = "many" in argument and "type" in argument
        argument["name"] = _plural(_small(name)) if is_list and name != node.token else _small(name)
        return argument

    def _value(self, node: Node, branch: bool = False) -> dict:
        if node.type == "pure-token":
            return self._named({"token": node.token}, node, branch)
        argument: dict = {"type": node.type}
        if node.token is not None:
            argument["token"] = node.token
        if node.type == "integer" and node.name == "cursor":
            argument["type"] = "unsigned"
        if node.type in ("integer", "unix-time"):
            unit = _unit(node)
            if unit:
                argument["unit"] = unit
        if node.multiple:
            argument["many"] = True
            if node.multiple_token and node.token is not None:
                argument["token_each"] = True
        if node.key_spec is not None:
            access = self.facts.access(node.key_spec)
            if node.type == "key" or access == "not_key":
                argument = _with_access(argument, access)
        return self._named(argument, node, branch)

    def _block(self, node: Node, branch: bool = False) -> dict:
        multiples = [n for n in node.nodes if n.multiple]
        members = self.sequence(node.nodes)
        word = node.token
        if word is None and len(members) > 1 and set(members[0]) == {"name", "token"}:
            word = members.pop(0)["token"]  # the block's word is its first part
        if not members:
            raise Unclear(f"{node} has no parts")
        if node.multiple:
            return self._rows(node, members, word)
        if node.token is not None and len(multiples) == 2 and multiples == node.nodes:
            for member, part in zip(members, node.nodes):
                del member["many"]
                member["name"] = _small(part.name)
            columns = {"token": node.token, "many": True, "layout": "columns", "struct": "", "of": members}
            return self._named(columns, node)
        if len(members) == 1:
            return self._hoisted(node, members[0], word, branch)
        argument: dict = {"of": members}
        if word is not None:
            argument["token"] = word
        return self._named(argument, node, branch)

    def _hoisted(self, node: Node, member: dict, word: str | None, branch: bool = False) -> dict:
        """A block or a choice of one part is that part, with the word of the whole in front."""
        if word is None:
            return member
        if "token" in member:
            if member.get("token_each") or not (word and member["token"]):
                raise Unclear(f"\"{word}\" and \"{member['token']}\" follow each other")
            member["token"] = f"{word} {member['token']}"
        else:
            member["token"] = word
        return self._named(member, node, branch)

    def _rows(self, node: Node, members: list[dict], word: str | None) -> dict:
        if len(members) == 1 and "type" in members[0] and "many" not in members[0]:
            argument = {**self._hoisted(node, members[0], word), "many": True}
        else:
            argument = {"many": True, "struct": "", "of": members}
            if word is not None:
                argument["token"] = word
        if word is not None and (node.multiple_token or word is not node.token):
            argument["token_each"] = True  # also where the word is a part of what is repeated
        return self._named(argument, node)

    def _choice(self, node: Node, branch: bool = False) -> dict:
        branches = [b for n in node.nodes for b in self._branches(n)]
        if len(branches) == 1 and not node.multiple:
            return self._hoisted(node, branches[0], node.token, branch)
        if len(branches) < 2:
            raise Unclear(f"{node} is a list of one kind of items")
        argument: dict = {"oneof": branches}
        if node.token is not None:
            argument["token"] = node.token
        if node.multiple:
            argument.update(many=True, struct="")
            if node.multiple_token and node.token is not None:
                argument["token_each"] = True
        elif not node.optional and not branch and any("type" in b or "of" in b or "oneof" in b for b in branches):
            argument["struct"] = ""
        return self._named(argument, node, branch)

    def _branches(self, node: Node) -> list[dict]:
        if node.type == "oneof" and node.token is None and not node.multiple:
            return [b for n in node.nodes for b in self._branches(n)]
        if node.type == "block":
            branch = self._block(node, branch=True)
        elif node.type == "oneof":
            branch = self._choice(node, branch=True)
        else:
            branch = self._value(node, branch=True)
        branch.pop("optional", None)  # the choice itself is
        return [self._since(branch, node)]

    def find_wait(self, arguments: list[dict]) -> None:
        """Marks how long a blocking command waits."""
        if "blocking" not in self.facts.flags:
            return
        for place, argument in enumerate(arguments):
            if argument.get("type") not in ("integer", "double") or "many" in argument:
                continue
            if argument["name"] == "timeout" and (place in (0, len(arguments) - 1) or "token" in argument):
                argument["wait"] = "seconds" if argument["type"] == "double" else "milliseconds"
            elif argument.get("token") == "BLOCK":
                argument["wait"] = "milliseconds"


def _unit(node: Node) -> str | None:
    name = node.name.lower()
    if "milli" in name or (node.token or "").upper() in ("PX", "PXAT", "BLOCK"):
        return "milliseconds"
    return "seconds" if "second" in name or node.type == "unix-time" else None


def _small(name: str) -> str:
    text = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return f"n{text}" if not text or text[0].isdigit() else text


def _plural(name: str) -> str:
    if name.endswith("s"):
        return name
    return f"{name[:-1]}ies" if re.search(r"[^aeiou]y$", name) else f"{name}s"


class _Names:
    """Makes names different from each other, and from words that C or generated code takes."""

    def __init__(self, command: str) -> None:
        self.command = command
        self.shapes: set[str] = set()  # what becomes a type is different in all of the command

    def give(self, arguments: list[dict], scope: set[str], is_branch: bool = False) -> None:
        """`is_branch`: the parts of a block among them are fields of a struct of their own."""
        for argument in arguments:
            is_shape = "of" in argument or "oneof" in argument
            argument["name"] = self._fresh(argument["name"], scope | (self.shapes if is_shape else set()))
            scope.add(argument["name"])
            if is_shape:
                self.shapes.add(argument["name"])
            if "struct" in argument:
                suffix = "_item" if "many" in argument else "_choice"
                argument["struct"] = f"{self.command}_{argument['name']}{suffix}"
            if "of" in argument:
                own = "many" in argument or "optional" in argument or is_branch
                self.give(argument["of"], set() if own else scope)
            if "oneof" in argument:
                self._give_branches(argument["oneof"], scope if "many" not in argument else set())

    def _give_branches(self, branches: list[dict], scope: set[str]) -> None:
        words = [b for b in branches if not {"type", "of", "oneof"} & set(b)]
        seen = set(scope) if len(words) == 1 else set()
        for branch in words:
            branch["name"] = self._fresh(branch["name"], seen)
            seen.add(branch["name"])
        scope |= seen
        for branch in branches:
            if branch not in words:
                self.give([branch], scope, is_branch=True)

    def _fresh(self, name: str, taken: set[str]) -> str:
        found, number = name, 1
        while found in taken or found in RESERVED or fault_of_name(found):
            number += 1
            found = f"{name}_value" if number == 2 else f"{name}_{number}"
        return found
