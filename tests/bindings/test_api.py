# SPDX-License-Identifier: MIT
"""generated/api.json is as its schema says, and complete."""

import ctypes
import json
import os
import subprocess
import tempfile
from pathlib import Path

import jsonschema
from redisc_binding import Types
from spec_examples import ROOT

API = json.loads((ROOT / "generated/api.json").read_text(encoding="utf-8"))
SCHEMA = json.loads((ROOT / "spec/schema/api.schema.json").read_text(encoding="utf-8"))
KINDS = {entry["name"]: entry["kind"] for entry in API["types"]}


def test_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(API)] == []


def test_the_schema_is_closed():
    for change in ({"more": 1}, {"functions": [{"name": "redisc_x"}]}, {"types": [{"name": "x", "kind": "thing"}]}):
        assert not jsonschema.Draft202012Validator(SCHEMA).is_valid({**API, **change})


def test_every_exported_function_is_described():
    library = f"{os.environ['REDISC_BUILD']}/libredisc.so"
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    exported = {line.split()[2] for line in listed.splitlines()}
    assert exported == {entry["name"] for entry in API["functions"]}


def ctypes_used(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from [inner] if key in ("ctype", "item") else ctypes_used(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from ctypes_used(inner)


def test_every_type_is_described():
    names = [ctype.removeprefix("const ").split(" ")[0] for ctype in ctypes_used(API)]
    assert set(names) <= set(KINDS)
    assert len(KINDS) == len(API["types"]) and len({f["name"] for f in API["functions"]}) == len(API["functions"])


def test_every_pointer_has_an_owner():
    for function in API["functions"]:
        for param in function["params"]:
            ctype = param["ctype"]
            if param["direction"] == "out" and ctype != "void **" and (ctype.count("*") == 2 or ctype == "redisc_str *"):
                assert ("release" in param) != ("borrowed" in param), (function["name"], param["name"])
        if "*" in function["returns"]["ctype"]:
            assert ("release" in function["returns"]) != ("borrowed" in function["returns"]), function["name"]


def places(fields, path=""):
    """The fields with their paths: "as.list.count"; a struct or union within comes before its members."""
    for field in fields:
        place = f"{path}{field['name']}"
        yield place, field
        for key in ("struct", "union"):
            yield from places(field.get(key, []), f"{place}.")


def pointer_to_function(name, signature):
    """The declaration of one: redisc_status (*name)(redisc *, redisc_str)."""
    params = ", ".join(param["ctype"] for param in signature["params"]) or "void"
    return f"{signature['returns']['ctype']} (*{name})({params})"


def compiled(program, *flags):
    """What a C program says; the warnings that matter are errors."""
    headers = ["stddef.h", "stdio.h", *sorted({entry["header"] for entry in API["types"] + API["functions"] if "header" in entry})]
    text = "\n".join(["#define REDISC_NO_MACROS", *(f"#include <{header}>" for header in headers), program, ""])
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "program.c"
        source.write_text(text, encoding="utf-8")
        includes = [f"-I{ROOT / 'runtime/include'}", f"-I{ROOT / 'generated/include'}"]
        warnings = ["-Wall", "-Wextra", "-Werror", "-std=c11"]
        subprocess.run(["gcc", *warnings, *includes, *flags, source, "-o", source.with_suffix("")], check=True)
        if "-c" not in flags:
            return subprocess.run([source.with_suffix("")], capture_output=True, text=True, check=True).stdout
    return ""


def layout_program():
    """Tells the size of each struct, the place and size of each field, each enumerator."""
    lines = ["int main(void) {"]
    for entry in API["types"]:
        name = entry["name"]
        if entry["kind"] not in ("opaque", "callback") and name != "void":
            lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        for place, _ in places(entry.get("fields", [])):
            size = f"sizeof((({name} *)0)->{place})"
            lines.append(f'printf("{name}.{place} %zu %zu\\n", offsetof({name}, {place}), {size});')
        lines += [f'printf("{v["name"]} %d\\n", (int){v["name"]});' for v in entry.get("values", [])]
    lines += [f'printf("{v["name"]} %d\\n", (int){v["name"]});' for v in API["constants"] + API["statuses"]]
    return "\n".join([*lines, "return 0; }"])


def found(made, place):
    """Offset and size of a field as ctypes lays it out."""
    offset = 0
    for name in place.split("."):
        part = getattr(made, name)
        offset += part.offset
        made = dict(made._fields_)[name]
    return f"{offset} {part.size}"


def test_structs_and_enums_are_what_c_has():
    types = Types(API["types"])
    expected = []
    for entry in API["types"]:
        name, kind = entry["name"], entry["kind"]
        if kind not in ("opaque", "callback") and name != "void":
            expected.append(f"{name} {ctypes.sizeof(types.classes[name])}")
        expected += [f"{name}.{place} {found(types.classes[name], place)}" for place, _ in places(entry.get("fields", []))]
        expected += [f"{v['name']} {v['value']}" for v in entry.get("values", [])]
    expected += [f"{v['name']} {v['value']}" for v in API["constants"] + API["statuses"]]
    assert compiled(layout_program()).splitlines() == expected


def test_types_are_what_c_has():
    """Each function, callback and field can be given to a variable of the type that is told, without a warning."""
    lines = []
    for entry in API["functions"]:
        lines.append(f"{pointer_to_function('a_' + entry['name'], entry)} = {entry['name']};")
    for entry in API["types"]:
        name = entry["name"]
        if entry["kind"] == "callback":
            lines += [f"extern {name} b_{name};", f"extern {pointer_to_function(f'b_{name}', entry['function'])};"]
        for place, field in places(entry.get("fields", [])):
            variable = f"c_{name}_{place.replace('.', '_')}"
            if "ctype" in field:
                lines.append(f"_Static_assert(_Generic(&(({name} *)0)->{place}, {field['ctype']} *: 1), \"\");")
            elif "function" in field:
                lines += [f"extern __typeof__((({name} *)0)->{place}) {variable};",
                          f"extern {pointer_to_function(variable, field['function'])};"]
    compiled("\n".join(lines), "-c")
