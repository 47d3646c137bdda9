# SPDX-License-Identifier: MIT
"""Enums, structs, lists and macros as the text of headers."""
from __future__ import annotations

from .ctext import WIDTH, doc_comment, fill
from .functions import LoweredFunction, declared
from .model import BUILT_IN_STRUCTS, Field, Record, Spec
from .replies import Reply
from .results import item_name, value_type
from .shapes import CEnum, CField, CStruct, Shapes


def enum_text(enum: CEnum) -> str:
    lines = doc_comment([_sentence(enum.doc)]) + [f"typedef enum redisc_{enum.name} {{"]
    values = enumerate(enum.values.items(), 1)
    lines += commented([(f"    {value} = {number},", enum.docs[name]) for number, (name, value) in values])
    return "\n".join(lines + [f"    REDISC_{enum.name.upper()}_MAX_ = 0x7fffffff", f"}} redisc_{enum.name};"])


def struct_text(struct: CStruct) -> str:
    lines = doc_comment([_sentence(struct.doc)]) + [f"typedef struct redisc_{struct.name} {{"]
    lines += commented([(f"    {declared(f.ctype, f.name)};", f.doc) for f in struct.fields])
    return "\n".join(lines + [f"}} redisc_{struct.name};"])


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def commented(entries: list[tuple[str, str]]) -> list[str]:
    """Lines with their comments: behind them if all fit there, else above."""
    behind: list[str] = []
    for i, (line, doc) in enumerate(entries):
        column = len(line)
        for step in (-1, 1):  # the neighbours with comments stand in the same column
            j = i
            while doc and 0 <= j < len(entries) and entries[j][1]:
                column = max(column, len(entries[j][0]))
                j += step
        behind.append(f"{line.ljust(column)} /**< {doc} */" if doc else line)
    if all(len(line) <= WIDTH for line in behind):
        return behind
    lines: list[str] = []
    for line, doc in entries:
        lines += (doc_comment([doc], 4) if doc else []) + [line]
    return lines


def list_text(name: str) -> str:
    return f"/** A list of redisc_{name}. */\nREDISC_DECLARE_LIST({name}, redisc_{name});"


def self_holding_text(struct: CStruct) -> str:
    """A struct that has a list of its own kind: the list stands before it."""
    name = f"redisc_{struct.name}"
    body = struct_text(struct).replace(f"typedef struct {name} {{", f"struct {name} {{")
    return (f"/** Defined below. */\ntypedef struct {name} {name};\n\n{list_text(struct.name)}\n\n"
            + body.removesuffix(f"}} {name};") + "};")


def record_struct(record: Record) -> CStruct:
    """A record as a struct."""
    fields = [CField(f.name, _field_type(f), f.doc or f"the {f.name.replace('_', ' ')}", f.where)
              for f in record.members]
    if record.present:
        fields.append(CField(record.present, "bool", "false if it came as nil; all else is zero then", record.where))
    return CStruct(record.name, fields, record.where, record.summary)


def _field_type(f: Field) -> str:
    pointer = f.type.kind == "record" and f.type.optional
    return f"const {value_type(f.type)} *" if pointer else value_type(f.type)


def listed_records(spec: Spec) -> set[str]:
    """The records of which there are lists."""
    replies = [f.reply for f in spec.functions] + [f.type for r in spec.records.values() for f in r.fields]
    return {record for r in replies for record in _listed(r)}


def _listed(reply: Reply) -> list[str]:
    if reply.kind != "list":
        return []
    return [reply.item.record] if reply.item.kind == "record" else _listed(reply.item)


def lists_of_lists(spec: Spec) -> list[str]:
    """The names of lists whose items are lists, but for the one that the runtime has; the inner ones first."""
    replies = [f.reply for f in spec.functions] + [f.type for r in spec.records.values() for f in r.fields]
    found = set()
    for reply in replies:
        while reply.kind == "list":
            if reply.item.kind in ("list", "pairs"):
                found.add(item_name(reply.item))
            reply = reply.item
    return sorted(found - {"str_list"}, key=lambda name: (name.count("_list"), name))


def all_structs(spec: Spec, shapes: Shapes) -> dict[str, CStruct]:
    """The structs of arguments and results that are generated, by name. Options are not among them."""
    structs = {n: s for n, s in shapes.structs.items() if not n.endswith("_options") and not s.built_in}
    listed = listed_records(spec) | {n for n, s in structs.items() if s.has_list}
    for record in spec.records.values():
        if record.name not in BUILT_IN_STRUCTS:
            structs[record.name] = record_struct(record)
            shapes.order(structs[record.name])
            structs[record.name].has_list = record.name in listed
    return structs


def type_texts(spec: Spec, shapes: Shapes) -> list[str]:
    """Enums, then structs and lists, each behind what it is made of. Options are not among them."""
    texts = [enum_text(shapes.enums[name]) for name in sorted(shapes.enums)]
    structs = all_structs(spec, shapes)
    done: set[str] = set()
    lists = lists_of_lists(spec)

    def place(name: str) -> None:
        if name in done or name not in structs and name not in lists:
            return
        done.add(name)
        if name in lists:
            place(name.removesuffix("_list"))
            texts.append(list_text(name))
            return
        struct = structs[name]
        for f in struct.fields:
            base = f.ctype.removeprefix("const ").removesuffix(" *").removeprefix("redisc_")
            place(base)
            place(base.removesuffix("_list"))
        if any(f.ctype == f"redisc_{name}_list" for f in struct.fields):
            texts.append(self_holding_text(struct))
            return
        texts.append(struct_text(struct))
        if struct.has_list:
            texts.append(list_text(name))

    for name in sorted(structs) + lists:
        place(name)
    return texts


def macro_text(function: LoweredFunction) -> str | None:
    """The macro that lets C strings stand for redisc_str; None if it needs none."""
    parts = function.macro_parameters
    if parts is None:
        return None
    names, arguments = parts
    head = f"#define {function.name}({', '.join(names)})"
    body = f"{function.name}({', '.join(arguments)})"
    if len(head) + 1 + len(body) <= WIDTH:
        return f"{head} {body}"
    width = WIDTH - 2  # each line ends with a blank and the backslash
    lines = fill(f"#define {function.name}(", names, ")", width=width)
    lines += fill(f"{function.name}(", arguments, ")", 4, width=width, last_width=WIDTH)
    return "\n".join([line.ljust(WIDTH - 1) + "\\" for line in lines[:-1]] + [lines[-1]])
