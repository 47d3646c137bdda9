# SPDX-License-Identifier: MIT
"""A Python binding of redisc, made of nothing but generated/api.json and the shared library.

    library = Library("libredisc.so", "generated/api.json")
    with library.open("redis://localhost:6379") as r:
        r.set_with("key", "value", options={"when": "nx", "px": 30000})
        r.zrange_withscores("board", 0, -1)     # [{"score": 12.0, "member": b"ann"}]

Strings are bytes (str is encoded as UTF-8), lists lists, structs dicts, enumerators their short names,
numbers that may be absent None or a number, nil None.
"""

import ctypes
import json
from pathlib import Path

SCALARS = {
    "bool": ctypes.c_bool,
    "char": ctypes.c_char,
    "double": ctypes.c_double,
    "int": ctypes.c_int,
    "int64_t": ctypes.c_int64,
    "ptrdiff_t": ctypes.c_ssize_t,
    "size_t": ctypes.c_size_t,
    "uint16_t": ctypes.c_uint16,
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "unsigned": ctypes.c_uint,
    "void": None,
}
TEXTS = ("STRING", "STATUS", "BIG", "VERBATIM", "ERROR")


class RedisError(Exception):
    """A call that failed."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


class Types:
    """The types of the API as ctypes, and values from and to Python."""

    def __init__(self, entries):
        self.entries = {entry["name"]: entry for entry in entries}
        self.classes = dict(SCALARS)
        for name, entry in self.entries.items():
            if entry["kind"] == "enum":
                self.classes[name] = ctypes.c_int
            elif entry["kind"] in ("struct", "list", "opaque"):
                self.classes[name] = type(name, (ctypes.Structure,), {})
        for name, entry in self.entries.items():
            if entry["kind"] == "callback":
                self.classes[name] = self.function_type(entry["function"])
        self.complete = set()
        for name in self.entries:
            self.lay_out(name)

    # Types.

    def parsed(self, ctype):
        """ "const redisc_str **" → ("redisc_str", 2)."""
        name, _, stars = ctype.removeprefix("const ").partition(" ")
        return name, len(stars)

    def is_object(self, ctype):
        return self.entries[self.parsed(ctype)[0]]["kind"] == "opaque"

    def of(self, ctype):
        name, stars = self.parsed(ctype)
        if name == "void" and stars:
            found, stars = ctypes.c_void_p, stars - 1
        else:
            found = self.classes[name]
        for _ in range(stars):
            found = ctypes.POINTER(found)
        return found

    def function_type(self, function):
        params = [self.of(param["ctype"]) for param in function["params"]]
        return ctypes.CFUNCTYPE(self.of(function["returns"]["ctype"]), *params)

    def lay_out(self, name):
        """Gives a struct its fields; structs that it has by value come first."""
        entry = self.entries[name]
        if name in self.complete or "fields" not in entry:
            return
        self.complete.add(name)
        self.classes[name]._fields_ = self.fields(entry["fields"], name)

    def fields(self, fields, path):
        return [(field["name"], self.field_type(field, f"{path}_{field['name']}")) for field in fields]

    def field_type(self, field, path):
        if "function" in field:
            return self.function_type(field["function"])
        for key, base in (("struct", ctypes.Structure), ("union", ctypes.Union)):
            if key in field:
                return type(path, (base,), {"_fields_": self.fields(field[key], path)})
        name, stars = self.parsed(field["ctype"])
        if not stars and name in self.entries:
            self.lay_out(name)
        return self.of(field["ctype"])

    # From Python.

    def to_c(self, ctype, value, keep):
        """A value as C takes it; what it points to is kept in the list."""
        name, stars = self.parsed(ctype)
        if stars == 1:
            return self.pointer_to(name, value, keep)
        entry = self.entries[name]
        if entry["kind"] == "enum":
            return self.enumerator(entry, value)
        if entry["kind"] == "callback":
            return self.callback(self.classes[name], value, keep)
        if entry["kind"] == "scalar":
            return self.classes[name](value)
        made = self.classes[name]()
        self.fill(made, entry, value, keep)
        return made

    def pointer_to(self, name, value, keep):
        if value is None or name == "void" or isinstance(value, ctypes._Pointer):
            return value
        if name == "char":
            return self.characters(value, keep)
        made = self.to_c(name, value, keep)
        keep.append(made)
        return ctypes.pointer(made)

    def characters(self, value, keep):
        data = value.encode() if isinstance(value, str) else bytes(value)
        buffer = ctypes.create_string_buffer(data, len(data) + 1)
        keep.append(buffer)
        return ctypes.cast(buffer, ctypes.POINTER(ctypes.c_char))

    def callback(self, type_, value, keep):
        """A Python function as C calls it: with C's values."""
        made = type_(value) if value is not None else type_()
        keep.append(made)
        return made

    def enumerator(self, entry, value):
        if value is None or isinstance(value, int):
            return value or 0
        for known in entry["values"]:
            if value in (known["name"], known.get("short"), known.get("word")):
                return known["value"]
        raise ValueError(f"{entry['name']} has no {value!r}")

    def fill(self, made, entry, value, keep):
        names = [field["name"] for field in entry["fields"]]
        if entry["kind"] == "list":
            items = [self.to_c(entry["item"], item, keep) for item in value or []]
            array = (self.of(entry["item"]) * len(items))(*items)
            keep.append(array)
            made.items = ctypes.cast(array, type(made.items))
            made.count = len(items)
        elif names == ["data", "len"]:
            if value is not None:
                made.data = self.characters(value, keep)
                made.len = len(value.encode() if isinstance(value, str) else value)
        elif names == ["has_value", "value"]:
            if value is not None:
                made.has_value, made.value = True, value
        else:
            value = value or {}
            unknown = set(value) - set(names)
            if unknown:
                raise ValueError(f"{entry['name']} has no {', '.join(sorted(unknown))}")
            for field in entry["fields"]:
                if value.get(field["name"]) is not None:
                    setattr(made, field["name"], self.field_to_c(field, made, value[field["name"]], keep))

    def field_to_c(self, field, made, value, keep):
        if "function" in field:
            return self.callback(type(getattr(made, field["name"])), value, keep)
        return self.to_c(field["ctype"], value, keep)

    # To Python.

    def to_python(self, ctype, value):
        """A value that came from C, copied."""
        name, stars = self.parsed(ctype)
        if name == "void":
            return getattr(value, "value", value)
        if self.entries[name]["kind"] in ("opaque", "callback"):
            return value
        if name == "char" and stars == 1:
            return ctypes.cast(value, ctypes.c_char_p).value
        if stars:
            return self.to_python(name, value[0]) if value else None
        entry = self.entries[name]
        if entry["kind"] == "scalar":
            return value.value if hasattr(value, "value") else value
        if entry["kind"] == "enum":
            return self.name_of(entry, value)
        if name == "redisc_reply":
            return self.dynamic(value)
        if entry["kind"] == "list":
            return [self.to_python(entry["item"], value.items[i]) for i in range(value.count)]
        names = [field["name"] for field in entry["fields"]]
        if names == ["data", "len"]:
            return ctypes.string_at(value.data, value.len) if value.data else None
        if names == ["has_value", "value"]:
            return value.value if value.has_value else None
        parts = [self.field_to_python(f, getattr(value, f["name"])) for f in entry["fields"]]
        return tuple(parts) if names == ["key", "value"] else dict(zip(names, parts))

    def field_to_python(self, field, value):
        return self.to_python(field["ctype"], value) if "ctype" in field else value

    def name_of(self, entry, value):
        value = value.value if hasattr(value, "value") else value
        for known in entry["values"]:
            if known["value"] == value:
                return known.get("short", known["name"])
        return value

    def dynamic(self, reply):
        """A redisc_reply: as the type says. A map is {"map": [[key, value], …]}."""
        kind = self.name_of(self.entries["redisc_reply_type"], reply.type).removeprefix("REDISC_REPLY_")
        if kind == "NIL":
            return None
        if kind in TEXTS:
            return ctypes.string_at(getattr(reply, "as").text.data, getattr(reply, "as").text.len)
        if kind in ("INTEGER", "BOOLEAN"):
            return getattr(getattr(reply, "as"), kind.lower())
        if kind == "DOUBLE":
            return getattr(reply, "as").real
        row = getattr(reply, "as").list
        items = [self.dynamic(row.items[i]) for i in range(row.count)]
        if kind == "MAP":
            return {"map": [list(pair) for pair in zip(items[::2], items[1::2])]}
        return items


class Library:
    """The shared library with the types of its functions."""

    def __init__(self, path, api):
        description = json.loads(Path(api).read_text(encoding="utf-8"))
        self.functions = {entry["name"]: entry for entry in description["functions"]}
        self.statuses = {entry["value"]: entry["name"] for entry in description["statuses"]}
        self.types = Types(description["types"])
        self.c = ctypes.CDLL(str(path))
        for name, entry in self.functions.items():
            function = getattr(self.c, name)
            function.restype = self.types.of(entry["returns"]["ctype"])
            function.argtypes = [self.types.of(param["ctype"]) for param in entry["params"]]

    def call(self, name, *values, options=None):
        """Calls a function: values for what goes in. What comes out, if it comes now."""
        call = Call(self, name, values, options)
        if call.failed:
            raise self.last_error()
        return call.result()

    def last_error(self):
        return self.error(self.c.redisc_last_error())

    def error(self, pointer):
        found = self.types.to_python("const redisc_error *", pointer)
        return RedisError(found["status"], found["text"].decode("utf-8", "replace"))

    def open(self, url, **options):
        return Handle(self, self.call("redisc_open", url, options))

    def codec(self):
        return Codec(self, self.call("redisc_codec_open", None))


class Call:
    """A call with the memory that it needs; the result is there when the status says so."""

    def __init__(self, library, name, values, options=None):
        self.library = library
        self.entry = library.functions[name]
        self.outs = []
        keep, arguments, values = [], [], list(values)
        for param in self.entry["params"]:
            if param["direction"] == "out":
                out = library.types.of(param["ctype"].removesuffix("*").rstrip())()
                self.outs.append((param, out))
                arguments.append(ctypes.byref(out))
            elif param.get("role") == "options":
                arguments.append(library.types.to_c(param["ctype"], options, keep))
            else:
                arguments.append(library.types.to_c(param["ctype"], values.pop(0), keep))
        if values:
            raise TypeError(f"{name} takes {len(self.entry['params'])} arguments")
        self.returned = getattr(library.c, name)(*arguments)
        self.failed = self.entry["returns"]["ctype"] == "redisc_status" and self.returned < 0

    def result(self):
        """What came out, in Python's terms; handles and other objects stay pointers."""
        results = [self.taken(param, out) for param, out in self.outs]
        return results[0] if len(results) == 1 else tuple(results) or self.returned

    def taken(self, param, out):
        ctype = param["ctype"].removesuffix("*").rstrip()
        if self.library.types.is_object(ctype):
            return out
        value = self.library.types.to_python(ctype, out)
        if "release" in param:
            getattr(self.library.c, param["release"])(out if "*" in ctype else ctypes.byref(out))
        return value


class Handle:
    """Whatever runs commands: each command's function is a method."""

    def __init__(self, library, pointer):
        self.library = library
        self.pointer = pointer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.library.c.redisc_close(self.pointer)

    def __getattr__(self, name):
        function = f"redisc_{name}"
        if function not in self.library.functions:
            raise AttributeError(name)
        return lambda *values, options=None: self.run(function, *values, options=options)

    def run(self, function, *values, options=None):
        return self.library.call(function, self.pointer, *values, options=options)

    def words(self, *words):
        """Any command by its words."""
        return self.run("redisc_call", list(words))

    def pin(self):
        return Handle(self.library, self.run("redisc_pin"))


class Codec(Handle):
    """A handle without a connection: a call is encoded, and its result comes of the bytes fed to it."""

    def queue(self, function, *values, options=None):
        return Call(self.library, function, (self.pointer, *values), options)

    def output(self):
        sent = self.run("redisc_codec_output")
        self.library.c.redisc_codec_sent(self.pointer, len(sent))
        return sent

    def feed(self, data):
        return self.library.c.redisc_codec_feed(self.pointer, data, len(data))

    def fault(self):
        """Why the first call failed."""
        return self.library.error(self.library.c.redisc_error_at(self.pointer, 0))
