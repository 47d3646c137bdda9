# SPDX-License-Identifier: MIT
"""From validated JSON to the model."""
from __future__ import annotations

import re

from .load import Document, Documents
from .model import Argument, Command, Example, Field, Function, Live, Record, Spec, Use, c_name
from .problems import Problems, Where, did_you_mean
from .replies import Reply, parse_field, parse_reply
from .resp import Malformed, check_reply, protocols_of

VALUE_TYPES = ("key", "string", "pattern", "integer", "unsigned", "double", "unix-time", "score-bound")
_USE = re.compile(r"(?P<name>\w+)(?P<always>!)?(=(?P<branch>[a-z]\w*))?(:(?P<type>[a-z-]+))?(=(?P<default>-?\d+))?")


def build(documents: Documents, problems: Problems) -> Spec:
    """The model; what can't be built is left out and told."""
    records = [_record(d, problems) for d in documents.types]
    commands = [_command(d, problems) for d in documents.commands]
    return Spec([c for c in commands if c is not None], {r.name: r for r in records if r is not None},
                _internal(documents, problems))


def _internal(documents: Documents, problems: Problems) -> dict[str, str]:
    """The commands that servers have for themselves, each with its reason."""
    found: dict[str, str] = {}
    files = {d.content["command"]: d.where.file for d in documents.commands}
    for document in documents.internal:
        for i, entry in enumerate(document.content["internal"]):
            for j, words in enumerate(entry["commands"]):
                where = document.where / "internal" / i / "commands" / j
                if words in found:
                    problems.add(where, f"{words} is there twice")
                if words in files:
                    problems.add(where, f"{words} has a file: {files[words]}")
                found[words] = entry["reason"]
    return found


def reply_type(text: str, where: Where, problems: Problems, parse=parse_reply) -> Reply | None:
    try:
        return parse(text)
    except ValueError as error:
        problems.add(where, str(error))
        return None


def _record(document: Document, problems: Problems) -> Record | None:
    content, where = document.content, document.where
    fields = []
    for i, entry in enumerate(content["fields"]):
        at = where / "fields" / i
        reply = reply_type(entry["type"], at / "type", problems, parse_field)
        if reply is None:
            return None
        name = entry.get("name", "")
        fields.append(Field(at, name, entry.get("wire", name), reply, "optional" in entry, entry.get("doc", ""),
                            entry.get("split"), "rest" in entry, entry.get("for", []),
                            entry.get("when"), entry.get("unless")))
    return Record(where, content["type"], content["summary"], content["form"], fields,
                  "bare" in content, content.get("present"), content.get("key"), content.get("text"),
                  content.get("assign", "="), content.get("separator", "blank"))


def _argument(entry: dict, where: Where, command: str, undecided: bool = False) -> Argument:
    same = ("name", "type", "token", "struct", "enum", "values_prefix", "access", "unit", "wait", "default")
    flags = ("optional", "many", "token_each")
    argument = Argument(where, command=command, **{k: entry[k] for k in same if k in entry},
                        **{k: True for k in flags if k in entry})
    argument.counted = "items" if entry.get("counted") is True else entry.get("counted")
    argument.columns = entry.get("layout") == "columns"
    argument.zero_is_value = "zero" in entry
    argument.since = entry.get("since", {})
    argument.doc = entry.get("doc", "")
    argument.undecided = undecided or "undecided" in entry
    for key in ("of", "oneof"):
        setattr(argument, key, [_argument(e, where / key / i, command, argument.undecided)
                                for i, e in enumerate(entry.get(key, []))])
    _date_branches(argument)
    return argument


def _date_branches(argument: Argument) -> None:
    """Branches that are fields of their own are as new as the choice, unless they say otherwise; an enum tells it
    once."""
    flags = argument.flags
    for branch in argument.oneof if argument.kind == "choice" else ():
        if len(flags) == 1 or branch not in flags:
            branch.since = branch.since or argument.since


def _command(document: Document, problems: Problems) -> Command | None:
    content, where = document.content, document.where
    command = Command(
        where, content["command"], c_name(content["command"]), content["group"], content["since"],
        content["flags"], content["summary"],
        **{k: content[k] for k in ("complexity", "note", "repeatable", "undecided", "excludes", "omitted",
                                   "connection_state", "runs_script") if k in content})
    deprecated = content.get("deprecated", {})
    command.deprecated = {k: v for k, v in deprecated.items() if k != "use"}
    command.use_instead = deprecated.get("use", "")
    command.arguments = [_argument(e, where / "args" / i, command.words, command.undecided)
                         for i, e in enumerate(content.get("args", []))]
    for i, entry in enumerate(content.get("functions", [])):
        _add_function(command, entry, where / "functions" / i, problems)
    for i, entry in enumerate(content.get("legacy", {}).get("functions", [])):
        _add_function(command, entry, where / "legacy" / "functions" / i, problems, legacy=True)
    by_name: dict[str, Function] = {}
    for function in command.functions:
        by_name.setdefault(function.name, function)
    for i, entry in enumerate(content.get("examples", [])):
        example = _example(entry, where / "examples" / i, problems)
        command.examples.append(example)
        if example.call in command.given_up:
            continue  # what is wrong with the function is told
        if example.call not in by_name:
            problems.add(example.where / "call", f"there is no function \"{example.call}\" here"
                         + did_you_mean(example.call, by_name))
        else:
            by_name[example.call].examples.append(example)
    return command


def _add_function(command: Command, entry: dict, where: Where, problems: Problems, legacy: bool = False) -> None:
    before = len(problems)
    name = ("legacy_" if legacy else "") + entry["name"]
    reply = reply_type(entry["reply"], where / "reply", problems)
    uses = _uses(command, entry["args"], where / "args", problems)
    if reply is None or len(problems) > before:
        command.given_up.add(name)
        return
    function = Function(where, command, name, uses, reply)
    function.out = entry.get("out")
    function.nil_if = entry.get("nil_if")
    function.summary = entry.get("summary", command.summary)
    function.result = entry.get("result", "")
    function.repeatable = entry.get("repeatable")
    function.since = entry.get("since", command.since)
    function.order = entry["order"].split() if legacy else None
    if function.option_uses:
        function.options = entry.get("options", entry["name"].removesuffix("_with"))
    elif "options" in entry:
        problems.add(where / "options", "the function has no optional arguments, so no options")
    _check_shape(function, problems)
    command.functions.append(function)


def _check_shape(function: Function, problems: Problems) -> None:
    has_with = function.name.endswith("_with")
    if function.options and not has_with:
        option = function.option_uses[0].argument.name
        problems.add(function.where / "name",
                     f"the function takes options (\"{option}\"), so its name has to end in _with")
    if has_with and not function.options:
        problems.add(function.where / "name", "the name ends in _with, but the function takes no options")
    if function.reply.has_value and not function.out:
        problems.add(function.where, f"the reply {function.reply} has a value: \"out\" has to name its parameter")
    if not function.reply.has_value and function.out:
        problems.add(function.where / "out", f"the reply {function.reply} has no value to give")
    if function.nil_if and function.reply != Reply("integer"):
        problems.add(function.where / "nil_if", "only the reply integer can be nil by its value")


def _uses(command: Command, text: str, where: Where, problems: Problems) -> list[Use]:
    arguments = {a.name: i for i, a in enumerate(command.arguments)}
    uses: list[Use] = []
    last = -1
    for word in text.split():
        match = _USE.fullmatch(word)
        if match is None:
            problems.add(where, f"\"{word}\" is malformed: name, name!, name=branch or name:type")
            continue
        name = match["name"]
        if name not in arguments:
            problems.add(where, f"there is no argument \"{name}\"{did_you_mean(name, arguments)}")
            continue
        if arguments[name] == last or any(u.argument.name == name for u in uses):
            problems.add(where, f"\"{name}\" is named twice")
        elif arguments[name] < last:
            problems.add(where, f"\"{name}\" is out of order: the order is that of args")
        last = max(last, arguments[name])
        use = _use(command.arguments[arguments[name]], match, where, problems)
        if use is not None:
            uses.append(use)
    named = {u.argument.name for u in uses}
    for argument in command.arguments:
        if not argument.optional and argument.name not in named:
            problems.add(where, f"the required argument \"{argument.name}\" is not named")
    return uses


def _use(argument: Argument, match: re.Match, where: Where, problems: Problems) -> Use | None:
    use = Use(argument, bool(match["always"]), type=match["type"])
    name = argument.name
    if use.always and not argument.optional:
        problems.add(where, f"\"{name}!\": the argument is required, so it is always sent anyway")
    if match["branch"]:
        branches = {b.name: b for b in argument.oneof} if argument.kind == "choice" else {}
        use.branch = branches.get(match["branch"])
        if use.branch is None:
            near = did_you_mean(match["branch"], branches)
            problems.add(where, f"\"{name}\" has no branch \"{match['branch']}\"{near}")
            return None
    valued = use.branch or argument
    if use.type is not None and (use.type not in VALUE_TYPES or valued.kind != "value"):
        problems.add(where, f"\"{match[0]}\": there is no such type, or no value that could have it")
        return None
    use.default = int(match["default"]) if match["default"] else None
    return use


def word_bytes(word: str | dict) -> bytes:
    """A word of the specification as bytes."""
    return bytes.fromhex(word["hex"]) if isinstance(word, dict) else word.encode("utf-8")


def _replies(entry: dict, where: Where, problems: Problems) -> tuple[str | None, str | None]:
    """The reply in RESP2 and in RESP3; one that RESP2 doesn't know is an example for RESP3 only."""
    try:
        if "reply" in entry:
            protocols = protocols_of(entry["reply"])
            if 3 not in protocols:
                problems.add(where / "reply", "RESP3 says it in another way: give resp2 and resp3")
            return (entry["reply"] if 2 in protocols else None), entry["reply"]
        for key, protocol in (("resp2", 2), ("resp3", 3)):
            if key in entry:
                check_reply(entry[key], protocol)
    except Malformed as fault:
        problems.add(where / (key if "reply" not in entry else "reply"), f"this is no whole reply: {fault}")
    return entry.get("resp2"), entry.get("resp3")


def _example(entry: dict, where: Where, problems: Problems) -> Example:
    live = None
    if "live" in entry:
        given = entry["live"]
        gives = given.get("gives", entry.get("gives"))
        needs = given.get("needs", [])
        live = Live([[word_bytes(w) for w in words] for words in given.get("before", [])], gives,
                    gives == "varies" and "gives" in given, given.get("since", {}),
                    [needs] if isinstance(needs, str) else needs)
    sends = [word_bytes(w) for w in entry["sends"]] if "sends" in entry else None
    before = len(problems)
    resp2, resp3 = _replies(entry, where, problems)
    broken = len(problems) > before
    return Example(where, entry["call"], entry.get("with", {}), sends, resp2, resp3,
                   entry.get("gives"), "gives" in entry, entry.get("fails"), entry.get("text"),
                   live, entry.get("not_live"), broken)
