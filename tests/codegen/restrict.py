# SPDX-License-Identifier: MIT
"""A specification as it would be if only an old version of one product were known."""
import json
import re
import shutil

from codegen.layout import laid_out
from codegen.pipeline import Target, run


def restrict(source, folder, server, facts=()):
    """Copies a specification without what `server` ("redis=7.0") does not have; keeps the named facts only."""
    shutil.copytree(source, folder)
    target = Target.parse(server)
    for path in sorted(folder.glob("*/*.json")):
        if path.parent.name in ("types", "schema", "facts"):
            continue
        content = json.loads(path.read_text(encoding="utf-8"))
        if _knows(target, content["since"]) and _restrict_command(content, target):
            path.write_text(laid_out(content), encoding="utf-8")
        else:
            path.unlink()
    for path in folder.glob("facts/*.json"):
        if path.name not in facts:
            path.unlink()
    (folder / "lock.json").unlink()
    for path in folder.iterdir():
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()
    _drop_what_is_unused(folder)
    return folder


def _knows(target, since):
    """Modules are left out."""
    return target.product in since and target.knows(since)


def _only(since, target):
    return {target.product: since[target.product]}


def _restrict_command(content, target):
    """False if nothing is left of the command."""
    content["since"] = _only(content["since"], target)
    deprecated = content.get("deprecated", {})
    if _knows(target, deprecated):
        content["deprecated"] = {**_only(deprecated, target), "use": deprecated["use"]}
    else:
        content.pop("deprecated", None)
    if "omitted" in content:
        return True
    gone, hoisted = set(), {}
    content["args"] = _arguments(content["args"], target, gone, hoisted)
    options = {a["name"] for a in content["args"] if a.get("optional")}
    functions = [f for f in content["functions"] if _restrict_function(f, content, hoisted, options, target)]
    used = {re.match(r"\w+", word)[0] for f in functions for word in f["args"].split()}
    content["args"] = [a for a in content["args"] if a["name"] in used]
    content["functions"] = functions
    if "excludes" in content:
        content["excludes"] = [[n for n in names if n not in gone] for names in content["excludes"]]
        content["excludes"] = [names for names in content["excludes"] if len(names) > 1]
        if not content["excludes"]:
            del content["excludes"]
    legacy = content.get("legacy", {}).get("functions", [])
    calls = {f["name"] for f in functions} | {f"legacy_{f['name']}" for f in legacy}
    content["examples"] = [e for e in content["examples"] if e["call"] in calls and not _speaks_of(e, gone)]
    return bool(functions)


def _arguments(arguments, target, gone, hoisted):
    """What is left of arguments; a choice of which one branch is left is that branch."""
    result = []
    for argument in arguments:
        if "since" in argument:
            if not _knows(target, argument["since"]):
                gone.add(argument["name"])
                continue
            argument["since"] = _only(argument["since"], target)
        for key in ("of", "oneof"):
            if key in argument:
                argument[key] = _arguments(argument[key], target, gone, hoisted)
        if any(key in argument and not argument[key] for key in ("of", "oneof")):
            gone.add(argument["name"])
            continue
        if len(argument.get("oneof", "two")) == 1 and "many" not in argument:
            only = argument["oneof"][0]
            assert "token" not in argument
            gone.add(argument["name"])
            hoisted[argument["name"]] = only["name"]
            argument = {**only, **({"optional": True} if "optional" in argument else {})}
        result.append(argument)
    return result


def _restrict_function(function, content, hoisted, options, target):
    if "since" in function:
        if not _knows(target, function["since"]):
            return False
        function["since"] = _only(function["since"], target)
    known = {a["name"]: a for a in content["args"]}
    words = []
    for word in function["args"].split():
        name, _, branch = re.match(r"(\w+)(!?)(?:=(\w+))?", word).groups()
        if name in hoisted and branch in (None, hoisted[name]):
            name = hoisted[name]
            word = f"{name}!" if branch and name in options else name
            branch = None
        if name in known and not (branch and branch not in {b["name"] for b in known[name].get("oneof", [])}):
            words.append(word)
        elif word != name:
            return False
    function["args"] = " ".join(words)
    return not function["name"].endswith("_with") or any(word in options for word in words)


def _speaks_of(example, gone):
    text = json.dumps(example.get("with", {}))
    return any(f'"{name}"' in text for name in gone)


def _drop_what_is_unused(folder):
    """Types without users, notes on functions that are gone, examples that do not fit any more."""
    for _ in range(20):
        problems = list(run(folder).problems)
        if not problems:
            return
        drop = {}
        for problem in problems:
            name, pointer, text = problem.split(": ", 2)
            path = folder / name.split("/", 1)[1]
            if path.parent.name == "types":
                path.unlink(missing_ok=True)
            elif pointer.startswith(("/examples", "/note", "/args", "/functions", "/deprecated")):
                drop.setdefault(path, []).append((pointer, text))
            else:
                raise AssertionError(problem)
        for path, places in drop.items():
            _drop(path, places)
    raise AssertionError(problems)


def _drop(path, places):
    content = json.loads(path.read_text(encoding="utf-8"))
    if "examples" in content:
        dead = {int(p.split("/")[2]) for p, _ in places if p.startswith("/examples/")}
        content["examples"] = [e for i, e in enumerate(content["examples"]) if i not in dead]
    if any(p.startswith("/note") for p, _ in places):
        content.pop("note")
    if any(p.startswith("/deprecated") for p, _ in places):
        content["deprecated"]["use"] = "its successor"
    dead = {int(p.split("/")[2]) for p, t in places if p.startswith("/functions/") and "no example" in t}
    if dead:
        content["functions"] = [f for i, f in enumerate(content["functions"]) if i not in dead]
    unused = {int(p.split("/")[2]) for p, t in places if p.startswith("/args/") and "no function takes" in t}
    if unused:
        content["args"] = [a for i, a in enumerate(content["args"]) if i not in unused]
        places = []
    for pointer, text in places:  # what only an example with newer things has shown
        if pointer.startswith("/args/"):
            assert "no example" in text, (path, pointer, text)
            entry = content
            for part in pointer.split("/")[1:]:
                entry = entry[int(part) if part.isdigit() else part]
            entry["undecided"] = True
    path.write_text(laid_out(content), encoding="utf-8")
