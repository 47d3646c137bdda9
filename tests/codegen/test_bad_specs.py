# SPDX-License-Identifier: MIT
"""Each rule of a specification: what breaks it, and what is said then, with file and JSON pointer."""
import copy

import pytest
from conftest import command, write_json

KEY = {"name": "key", "type": "key"}
RECORD = {"type": "thing", "summary": "A thing.", "form": "tuple",
          "fields": [{"name": "name", "type": "string"}, {"name": "size", "type": "integer"}]}


def example(call="take", **keys):
    return {"call": call, "with": {"key": "k"}, "sends": ["TAKE", "k"], "reply": "+OK\r\n", "live": {}, **keys}


def good(**keys):
    """A command that breaks no rule."""
    base = command("TAKE", args=[KEY], functions=[{"name": "take", "args": "key", "reply": "ok"}], examples=[example()])
    return copy.deepcopy({**base, **keys})


def with_args(*args, **keys):
    """The good command with more arguments, which its function takes as options where they are optional."""
    content = good(**keys)
    content["args"] += args
    return content


def thing(**keys):
    """A command that gives a thing."""
    return good(functions=[{"name": "take", "args": "key", "reply": "thing", "out": "it"}],
                examples=[example(reply="*2\r\n$1\r\na\r\n:1\r\n", gives={"name": "a", "size": 1})], **keys)


def record(**keys):
    return copy.deepcopy({**RECORD, **keys})


def test_the_good_ones_are_good(problems_of):
    assert problems_of([good()]) == []
    assert problems_of([thing()], [record()]) == []


FILE = "spec/tiny/take.json: "
TYPE = "spec/types/thing.json: "
FLAG = {"name": "any", "token": "ANY", "optional": True}
CHOICE = {"name": "when", "optional": True, "oneof": [{"name": "nx", "token": "NX"}, {"name": "ex", "token": "EX", "type": "integer"}]}

BAD = {
    # The schema.
    "unknown key": (good(sumary="x"), FILE + '/sumary: unknown key "sumary"; did you mean "summary"?'),
    "unknown key deep inside": (with_args({"name": "a", "typ": "key"}), FILE + '/args/1/typ: unknown key "typ"; did you mean "type"?'),
    "unknown flag": (good(flags=["readonli"]), FILE + '/flags/0: unknown flag "readonli"; did you mean "readonly"?'),
    "unknown type of a value": (with_args({"name": "a", "type": "interger"}),
                                FILE + '/args/1/type: unknown value "interger"; did you mean "integer"?'),
    "malformed since": (good(since={"redis": "7.0"}), FILE + '/since/redis: "7.0" is malformed: a version has three numbers'),
    "unknown product": (good(since={"keydb": "1.0.0"}), FILE + '/since/keydb: unknown key "keydb"'),
    "malformed name": (with_args({"name": "aName", "type": "key"}), FILE + '/args/1/name: "aName" is malformed: a name has small letters'),
    "summary without full stop": (good(summary="Takes"), FILE + '/summary: "Takes" is malformed: a sentence begins'),
    "text with the end of a comment": (good(note="Ends */ here."), FILE + "/note: a text can't hold the marks of a comment"),
    "neither functions nor omitted": ({k: v for k, v in good().items() if k != "functions"}, FILE + '/: the key "functions" is missing'),
    "omitted with functions": (good(omitted="container"), FILE + "/functions: a command that is omitted has no functions"),
    "counted without many": (with_args({"name": "a", "type": "key", "counted": True}), FILE + "/args/1/counted: only lists and blocks are counted"),
    # Places.
    "group of another folder": ([good(), {**good(command="GIVE"), "_folder": "other"}],
                                'spec/other/give.json: /group: "tiny" lies in the folder "other"'),
    # Names.
    "C keyword": (with_args({"name": "register", "type": "string"}), FILE + '/args/1/name: "register" is a keyword of C'),
    "C++ keyword": (with_args({"name": "operator", "type": "string"}), FILE + '/args/1/name: "operator" is a keyword of C++'),
    "macro": (with_args({"name": "errno", "type": "string"}), FILE + '/args/1/name: "errno" is a macro of system headers'),
    "variable of generated code": (with_args({"name": "argc", "type": "string"}),
                                   FILE + '/args/1/name: "argc" is a variable of the generated functions'),
    "result that is a keyword": (good(functions=[{"name": "take", "args": "key", "reply": "integer", "out": "new"}],
                                      examples=[example(reply=":1\r\n", gives=1)]),
                                 FILE + '/functions/0/out: "new" is a keyword of C++'),
    "two functions of one name": (good(functions=[{"name": "take", "args": "key", "reply": "ok"}] * 2),
                                  FILE + "/functions/1/name: redisc_take is in spec/tiny/take.json: /functions/0 too"),
    "function named like the runtime's": (good(functions=[{"name": "open", "args": "key", "reply": "ok"}], examples=[example("open")]),
                                          FILE + "/functions/0/name: clash: the function redisc_open has a name of the runtime (client.h)"),
    "type named like the runtime's": ([good(functions=[{"name": "take", "args": "key", "reply": "options", "out": "it"}],
                                            examples=[example(reply="*1\r\n:1\r\n", gives={"a": 1})])],
                                      "spec/types/options.json: /type: clash: the type redisc_options has a name of the runtime (options.h)",
                                      [{"type": "options", "summary": "X.", "form": "tuple", "fields": [{"name": "a", "type": "integer"}]}]),
    "type named like a function": ([good(functions=[{"name": "take", "args": "key", "reply": "take", "out": "it"}],
                                         examples=[example(reply="*1\r\n:1\r\n", gives={"a": 1})])],
                                   "spec/types/take.json: /type: clash: the type redisc_take is the function of spec/tiny/take.json",
                                   [{"type": "take", "summary": "X.", "form": "tuple", "fields": [{"name": "a", "type": "integer"}]}]),
    "two enums with one enumerator": (
        with_args({"name": "a", "optional": True, "enum": "one", "values_prefix": "x", "oneof": [{"name": "p", "token": "P"}, {"name": "q", "token": "Q"}]},
                  {"name": "b", "optional": True, "enum": "two", "values_prefix": "x", "oneof": [{"name": "p", "token": "P"}, {"name": "s", "token": "S"}]},
                  functions=[{"name": "take_with", "args": "key a b", "reply": "ok"}],
                  examples=[example("take_with", sends=["TAKE", "k", "P", "P"], **{"with": {"key": "k", "a": "p", "b": "p"}}),
                            example("take_with", sends=["TAKE", "k", "Q", "S"], **{"with": {"key": "k", "a": "q", "b": "s"}})]),
        FILE + "/args/2: clash: the enumerator REDISC_X_P is the enumerator of"),
    "enum with other words elsewhere": (
        with_args({"name": "a", "optional": True, "enum": "one", "oneof": [{"name": "p", "token": "P"}, {"name": "q", "token": "Q"}]},
                  {"name": "b", "optional": True, "enum": "one", "oneof": [{"name": "p", "token": "P"}, {"name": "s", "token": "S"}]},
                  functions=[{"name": "take_with", "args": "key a b", "reply": "ok"}],
                  examples=[example("take_with", sends=["TAKE", "k", "P", "P"], **{"with": {"key": "k", "a": "p", "b": "p"}}),
                            example("take_with", sends=["TAKE", "k", "Q", "S"], **{"with": {"key": "k", "a": "q", "b": "s"}})]),
        FILE + '/args/2/oneof: the enum "one" of spec/tiny/take.json: /args/1 has other words'),
    "struct with other fields than the built-in one": (
        good(args=[{"name": "rows", "many": True, "struct": "pair", "of": [{"name": "field", "type": "string"}]}],
             functions=[{"name": "take", "args": "rows", "reply": "ok"}],
             examples=[example(sends=["TAKE", "f"], **{"with": {"rows": [{"field": "f"}]}})]),
        FILE + '/args/0: the struct "pair" of the runtime has other fields'),
    "field and parameter of one name": (
        good(args=[KEY, {"name": "block", "token": "B", "of": [{"name": "key", "type": "string"}]}],
             functions=[{"name": "take", "args": "key block", "reply": "ok"}],
             examples=[example(sends=["TAKE", "k", "B", "k"])]),
        FILE + '/functions/0/args: the function has another parameter "key"'),
    "result named like a parameter": (good(functions=[{"name": "take", "args": "key", "reply": "integer", "out": "key"}],
                                           examples=[example(reply=":1\r\n", gives=1)]),
                                      FILE + '/functions/0/out: the function has a parameter "key"'),
    # Arguments.
    "argument without value or token": (with_args({"name": "a"}), FILE + "/args/1: an argument without a value needs a token"),
    "argument of two kinds": (with_args({"name": "a", "type": "key", "of": [KEY]}), FILE + "/args/1: an argument has only one of type, of and oneof"),
    "two arguments of one name": (with_args(KEY), FILE + '/args/1/name: there is another argument "key"'),
    "list of blocks without a name": (with_args({"name": "a", "many": True, "of": [KEY]}), FILE + "/args/1: the items of the list need a name: struct"),
    "list of a type without lists": (with_args({"name": "a", "many": True, "type": "unsigned"}), FILE + "/args/1/type: there are no lists of unsigned"),
    "zero that means nothing": (with_args({"name": "a", "type": "string", "optional": True, "zero": "value"}),
                                FILE + "/args/1/zero: zero means nothing for string"),
    "waiting without the flag": (with_args({"name": "a", "type": "double", "wait": "seconds"}),
                                 FILE + '/args/1/wait: the command has no flag "blocking"'),
    "the flag without waiting": (good(flags=["blocking"]), FILE + '/flags: a blocking command needs an argument with "wait"'),
    "waiting time without a fixed place": (
        with_args({"name": "keys", "type": "key", "many": True}, {"name": "timeout", "type": "double", "wait": "seconds"},
                  {"name": "value", "type": "string"}, flags=["blocking"],
                  functions=[{"name": "take", "args": "key keys timeout value", "reply": "ok"}]),
        FILE + "/args/2/wait: it has no fixed place"),
    "unsorted flags": (good(flags=["write", "fast"]), FILE + "/flags: they have to be sorted: fast, write"),
    "newer than nothing": (with_args({**FLAG, "since": {"redis": "0.5.0"}}), FILE + "/args/1/since/redis: 0.5.0 is older than the command (1.0.0)"),
    "excludes the unknown": (with_args(FLAG, excludes=[["any", "nme"]]), FILE + '/excludes/0/1: there is no argument or branch "nme"'),
    # Functions.
    "option without a function": (with_args(FLAG), FILE + '/args/1: no function takes the argument "any"'),
    "branch out of reach": (with_args(CHOICE, functions=[{"name": "take", "args": "key when=nx", "reply": "ok"}]),
                            FILE + '/args/1/oneof/1: no function can send the branch "ex"'),
    "required argument left out": (with_args({"name": "value", "type": "string"}),
                                   FILE + '/functions/0/args: the required argument "value" is not named'),
    "unknown argument": (good(functions=[{"name": "take", "args": "kye", "reply": "ok"}]),
                         FILE + '/functions/0/args: there is no argument "kye"; did you mean "key"?'),
    "arguments out of order": (with_args({"name": "value", "type": "string"}, functions=[{"name": "take", "args": "value key", "reply": "ok"}]),
                               FILE + '/functions/0/args: "key" is out of order'),
    "argument twice": (good(functions=[{"name": "take", "args": "key key", "reply": "ok"}]), FILE + '/functions/0/args: "key" is named twice'),
    "always sent anyway": (good(functions=[{"name": "take", "args": "key!", "reply": "ok"}]), FILE + '/functions/0/args: "key!": the argument is required'),
    "unknown branch": (with_args(CHOICE, functions=[{"name": "take", "args": "key when=xx", "reply": "ok"}]),
                       FILE + '/functions/0/args: "when" has no branch "xx"'),
    "unknown type in args": (good(functions=[{"name": "take", "args": "key:number", "reply": "ok"}]), FILE + '/functions/0/args: "key:number": there is no such type'),
    "options without _with": (with_args(FLAG, functions=[{"name": "take", "args": "key any", "reply": "ok"}]),
                              FILE + '/functions/0/name: the function takes options ("any"), so its name has to end in _with'),
    "_with without options": (good(functions=[{"name": "take_with", "args": "key", "reply": "ok"}]),
                              FILE + "/functions/0/name: the name ends in _with, but the function takes no options"),
    "options that differ": (
        with_args(FLAG, {"name": "count", "token": "COUNT", "type": "integer", "optional": True},
                  functions=[{"name": "take_with", "args": "key any count", "reply": "ok"},
                             {"name": "take_more_with", "options": "take", "args": "key any", "reply": "ok"}],
                  examples=[example("take_with", sends=["TAKE", "k", "ANY", "COUNT", "1"], **{"with": {"key": "k", "any": True, "count": 1}}),
                            example("take_more_with")]),
        FILE + '/functions/1/options: the options "take" of spec/tiny/take.json: /functions/0 have other fields'),
    "malformed reply type": (good(functions=[{"name": "take", "args": "key", "reply": "[dynamic]", "out": "it"}]),
                             FILE + '/functions/0/reply: "[dynamic]" is no reply type'),
    "no name for the result": (good(functions=[{"name": "take", "args": "key", "reply": "integer"}]),
                               FILE + '/functions/0: the reply integer has a value: "out" has to name its parameter'),
    "a name for no result": (good(functions=[{"name": "take", "args": "key", "reply": "ok", "out": "it"}]),
                             FILE + "/functions/0/out: the reply ok has no value to give"),
    "order of the legacy function": (
        good(legacy={"functions": [{"name": "take", "args": "key", "order": "key more", "reply": "ok"}]},
             examples=[example(), example("legacy_take")]),
        FILE + "/legacy/functions/0/order: it has to name the parameters: key"),
    "text naming a function that is not there": (good(note="See redisc_takes."), FILE + "/note: there is no function redisc_takes; did you mean"),
    # Examples.
    "no example": (good(functions=[{"name": "take", "args": "key", "reply": "ok"}, {"name": "take_two", "args": "key", "reply": "ok"}]),
                   FILE + "/functions/1: redisc_take_two has no example"),
    "nothing live": (good(examples=[{k: v for k, v in example().items() if k != "live"}]), FILE + "/functions/0: no example of redisc_take runs live"),
    "example of an unknown function": (good(examples=[example(), example("tak")]), FILE + '/examples/1/call: there is no function "tak" here; did you mean "take"?'),
    "wrong sends": (good(examples=[example(sends=["TAKE", "x"])]), FILE + "/examples/0/sends: the function sends TAKE k, not TAKE x"),
    "unknown parameter": (good(examples=[example(**{"with": {"key": "k", "ky": 1}})]), FILE + "/examples/0/with: there is no parameter or option `ky`"),
    "parameter left out": (good(examples=[example(**{"with": {}})]), FILE + "/examples/0/with: `key` is missing"),
    "value of the wrong type": (good(examples=[example(**{"with": {"key": 5}})]), FILE + "/examples/0/with: 5 is no string"),
    "option without an example": (with_args(FLAG, functions=[{"name": "take_with", "args": "key any", "reply": "ok"}], examples=[example("take_with")]),
                                  FILE + "/args/1: no example uses the option `any`"),
    "incomplete reply": (good(examples=[example(reply="$5\r\nabc\r\n")]), FILE + "/examples/0/reply: this is no whole reply: the string at byte 4 is not 5 bytes long"),
    "reply that goes on": (good(examples=[example(reply="+OK\r\n+OK\r\n")]), FILE + "/examples/0/reply: this is no whole reply: it goes on after the reply"),
    "RESP3 in resp2": (good(examples=[{**{k: v for k, v in example().items() if k != "reply"}, "resp2": "_\r\n", "resp3": "_\r\n"}]),
                       FILE + '/examples/0/resp2: this is no whole reply: "_" does not exist in RESP2'),
    "a reply that RESP3 does not give": (good(examples=[example(reply="$-1\r\n")]), FILE + "/examples/0/reply: RESP3 says it in another way"),
    "no reply": (good(examples=[{k: v for k, v in example().items() if k != "reply"}]), FILE + "/examples/0: what is sent has a reply"),
    "gives of no value": (good(examples=[example(gives=1)]), FILE + "/examples/0: the reply ok gives nothing"),
    "gives of another type": (good(functions=[{"name": "take", "args": "key", "reply": "integer", "out": "it"}], examples=[example(reply=":1\r\n", gives="1")]),
                              FILE + "/examples/0/gives: '1' is no integer"),
    "reply that gives something else": (
        good(functions=[{"name": "take", "args": "key", "reply": "integer", "out": "it"}], examples=[example(reply=":1\r\n", gives=2)]),
        FILE + "/examples/0/reply: the reply gives 1, not 2"),
    "reply of another type": (
        good(functions=[{"name": "take", "args": "key", "reply": "[string]", "out": "it"}], examples=[example(reply=":1\r\n", gives=["a"])]),
        FILE + "/examples/0/reply: the reply has integer 1 where an array is expected, for [string]"),
    "nil without a question mark": (
        good(functions=[{"name": "take", "args": "key", "reply": "string", "out": "it"}],
             examples=[{**{k: v for k, v in example(gives="a").items() if k != "reply"}, "resp2": "$1\r\na\r\n", "resp3": "_\r\n"}]),
        FILE + "/examples/0/resp3: the reply has nil where a string is expected, for string"),
    "error reply without fails": (good(examples=[example(reply="-ERR no\r\n")]), FILE + "/examples/0/reply: the reply is an error: ERR no"),
    "fails without an error reply": (good(examples=[example(), example(fails="ERROR_WRONGTYPE")]),
                                     FILE + "/examples/1/reply: the call fails, but the reply is no error"),
    "another error": (good(examples=[example(), example(reply="-ERR no\r\n", fails="ERROR_WRONGTYPE")]), FILE + "/examples/1/fails: the reply is an ERROR_SERVER"),
    "unknown status": (good(examples=[example(), example(reply="-X\r\n", fails="ERROR_WRONGTIPE")]),
                       FILE + "/examples/1/fails: there is no status REDISC_ERROR_WRONGTIPE; did you mean"),
    "state of a connection": (good(connection_state="It belongs to one connection."), FILE + "/examples/0/live: the command changes its connection's state"),
}

BAD_TYPES = {
    "unknown type": (thing(), [record(type="thong")], FILE + '/functions/0/reply: there is no type "thing"; did you mean "thong"?'),
    "unused type": (good(), [record()], TYPE + '/: no function and no other type uses the type "thing"'),
    "file of another name": (thing(), [record(_file="other")], 'spec/types/other.json: /type: the file\'s name says "other"'),
    "ambiguous tuple": (thing(), [record(fields=[{"name": "name", "type": "string"}, {"name": "size", "type": "double", "optional": True},
                                                 {"name": "label", "type": "string", "optional": True}])],
                        TYPE + '/fields/1: ambiguous: "size" may be missing, and "label" begins with the same kind of value'),
    "ambiguous fields of one type": (thing(), [record(fields=[{"name": "name", "type": "string"}, {"name": "size", "type": "integer", "optional": True},
                                                              {"name": "age", "type": "integer", "optional": True}, {"name": "last", "type": "double"}])],
                                     TYPE + '/fields/1: ambiguous: "size" may be missing, and "age" begins with the same kind of value'),
    "two fields of one name": (thing(), [record(fields=RECORD["fields"] + [{"name": "name", "type": "string"}])], TYPE + '/fields/2/name: there is another field "name"'),
    "field that is a keyword": (thing(), [record(fields=RECORD["fields"] + [{"name": "class", "type": "string"}])], TYPE + '/fields/2/name: "class" is a keyword of C++'),
    "unknown type of a field": (thing(), [record(fields=RECORD["fields"] + [{"name": "more", "type": "[part]"}])], TYPE + '/fields/2/type: there is no type "part"'),
    "field without a value": (thing(), [record(fields=RECORD["fields"] + [{"name": "more", "type": "ok"}])], TYPE + "/fields/2/type: a field can't be ok"),
    "list in a text": (thing(), [record(form="text-fields", fields=RECORD["fields"] + [{"name": "more", "type": "[string]"}])],
                       TYPE + "/fields/2/type: a text field can't be [string]"),
    "optional field of a map": (thing(), [record(form="map", fields=[{"name": "name", "type": "string", "optional": True}])],
                                TYPE + "/fields/0/optional: every field of a map may be missing"),
    "list that may hold nil": (good(functions=[{"name": "take", "args": "key", "reply": "[thing?]", "out": "it"}], examples=[example(reply="*0\r\n", gives=[])]),
                               [record(fields=[{"name": "size", "type": "integer"}])],
                               FILE + '/functions/0/reply: items of [thing?] may be nil, so the type thing needs "present", or a field that is a string'),
    "type that holds itself": (thing(), [record(fields=RECORD["fields"] + [{"name": "inner", "type": "thing"}])], TYPE + "/: a thing holds itself"),
    "field of an example missing": (good(functions=[{"name": "take", "args": "key", "reply": "thing", "out": "it"}],
                                         examples=[example(reply="*2\r\n$1\r\na\r\n:1\r\n", gives={"name": "a"})]),
                                    [record()], FILE + '/examples/0/gives: the field "size" of thing is missing'),
}


def fields(*more, **keys):
    """A record with further fields."""
    return record(fields=RECORD["fields"] + list(more), **keys)


def gives(reply, **keys):
    """A command that gives a reply of that type; what its example says does not matter."""
    return good(functions=[{"name": "take", "args": "key", "reply": reply, "out": "it"}], examples=[example(reply="*0\r\n", gives=[])], **keys)


BAD_FORMS = {
    "key that is no field": (thing(), [record(form="map", key="label")], TYPE + '/key: there is no field "label" that is a string or an integer'),
    "key of a text": (thing(), [record(form="text-fields", key="name")], TYPE + "/key: only a tuple or a map can have it"),
    "map of records without a key": (gives("{thing}"), [record(form="map")], FILE + '/functions/0/reply: {thing} needs a map with a "key", which thing is not'),
    "map of lists": (gives("{[string]}"), [], FILE + '/functions/0/reply: "{[string]}" is no reply type: the values of a map are strings or records'),
    "text that has a list": (thing(), [fields({"name": "more", "type": "[string]"}, text="-")], TYPE + "/text: what comes as a text has scalars only"),
    "text of a map": (thing(), [record(form="map", text="-")], TYPE + "/text: only a tuple can have it"),
    "separator of a tuple": (thing(), [record(separator="line")], TYPE + '/: only text-fields have "assign" and "separator"'),
    "flag that is no boolean": (thing(), [record(form="flags")], TYPE + "/fields/0/type: a flag can't be string: it is a boolean"),
    "flag in a tuple": (thing(), [fields({"name": "more", "type": "flag"})], TYPE + "/fields/2/type: only the form map can have a field flag"),
    "error in a map": (thing(), [fields({"name": "more", "type": "error"}, form="map")], TYPE + "/fields/2/type: only the form kinds can have a field error"),
    "word with a name": (thing(), [fields({"name": "more", "type": "word:TERM"})], TYPE + "/fields/2: a word or skip:map has no name"),
    "field without a name": (thing(), [fields({"type": "string"})], TYPE + '/fields/2: the key "name" is missing'),
    "one of two words": (thing(), [fields({"type": "word:A|B"})], TYPE + '/fields/2: the key "name" is missing'),
    "rest in the middle": (thing(), [record(fields=[{"name": "all", "type": "[string]", "rest": True}] + RECORD["fields"])],
                           TYPE + "/fields/0/rest: what takes the rest is the last field, and a list"),
    "rest of a map": (thing(), [fields({"name": "more", "type": "[string]", "rest": True}, form="map")], TYPE + "/fields/2/rest: only a tuple's field can have it"),
    "for a number": (thing(), [record(fields=[{"name": "size", "type": "integer"}, {"name": "more", "type": "string", "for": ["a"]}])],
                     TYPE + "/fields/1/for: the first field has to be a string that tells"),
    "option that the command has not": (thing(), [fields({"name": "more", "type": "string", "when": "withmore"})],
                                        FILE + '/functions/0/reply: thing has fields that depend on "withmore", which TAKE has not'),
    "split of a number": (thing(), [fields({"name": "more", "type": "integer", "split": " "}, form="map")],
                          TYPE + "/fields/2/split: only a [string] can come as a text"),
    "names that begin so of a tuple": (thing(), [fields({"name": "more", "type": "string", "wire": "db.*"})],
                                       TYPE + "/fields/2/wire: only a {T} of a map can have all names that begin so"),
    "list that the runtime can't read": (gives("[thing]"), [record(form="runtime")], FILE + "/functions/0/reply: the runtime has no function redisc_take_thing_list"),
    "record of the runtime alone": (gives("thing"), [record(form="runtime")], FILE + "/functions/0/reply: the type thing is read by the runtime, as a list only"),
    "type that holds itself by another": (thing(), [fields({"name": "inner", "type": "[other]"}), {**RECORD, "type": "other", "fields": [{"name": "back", "type": "[thing]"}]}],
                                          TYPE + "/: a thing holds itself"),
    "alone within a record": (thing(), [fields({"name": "more", "type": "alone:string"})], TYPE + '/fields/2/type: "alone:string" is the type of a whole reply only'),
    "record alone": (gives("alone:thing"), [record()], FILE + '/functions/0/reply: "alone:thing" is no reply type: a scalar or a list may come alone'),
    "JSON of strings": (gives("json:[string]"), [], FILE + '/functions/0/reply: "json:[string]" is no reply type: only json:[double?] is'),
    "list of nothing": (gives("[closed]"), [], FILE + '/functions/0/reply: "[closed]" is no reply type: a list can\'t be made of closed'),
    "no reply where one comes": (good(examples=[example(reply="")]), [], FILE + "/examples/0/reply: there is no reply, for ok"),
    "words of a flag": (with_args({"name": "any", "token": "ANY", "counted": "words"}), [], FILE + "/args/1/counted: only lists and blocks are counted; a block by its words"),
    "empty list that is not counted": (with_args({"name": "all", "type": "string", "many": True, "zero": "value"}), [],
                                       FILE + "/args/1/zero: only a list that is counted and required can be sent empty"),
    "key that is none": (with_args({"name": "a", "type": "integer", "access": "not_key"}), [], FILE + "/args/1/access: what is no key is a string"),
    "access of a number": (with_args({"name": "a", "type": "integer", "access": "RO"}), [], FILE + "/args/1/access: only keys have it"),
    "unknown need": (good(examples=[example(live={"needs": "luck"})]), [], FILE + "/examples/0/live/needs: "),
    "struct with other fields than the record": (
        good(args=[KEY, {"name": "all", "many": True, "struct": "thing", "of": [{"name": "name", "type": "string"}]}],
             functions=[{"name": "take", "args": "key all", "reply": "thing", "out": "it"}],
             examples=[{"call": "take", "with": {"key": "k", "all": [{"name": "a"}]}, "sends": ["TAKE", "k", "a"], "reply": "*2\r\n$1\r\na\r\n:1\r\n",
                        "gives": {"name": "a", "size": 1}, "live": {}}]),
        [record()], TYPE + '/fields: the struct "thing" of spec/tiny/take.json: /args/1 has other fields'),
}


@pytest.mark.parametrize("rule", BAD_FORMS)
def test_bad_form(rule, problems_of):
    content, types, expected = BAD_FORMS[rule]
    assert_told(problems_of([content], types), expected)


BAD_INTERNAL = {
    "unknown key": ({"internal": [], "more": 1}, '/more: unknown key "more"'),
    "no reason": ({"internal": [{"commands": ["SYNC"]}]}, '/internal/0: the key "reason" is missing'),
    "twice": ({"internal": [{"reason": "for servers", "commands": ["SYNC", "SYNC"]}]}, "/internal/0/commands/1: SYNC is there twice"),
    "with a file": ({"internal": [{"reason": "for servers", "commands": ["TAKE"]}]}, "/internal/0/commands/0: TAKE has a file: spec/tiny/take.json"),
}


@pytest.mark.parametrize("rule", BAD_INTERNAL)
def test_bad_list_of_internal_commands(rule, spec_folder, problems_of):
    content, expected = BAD_INTERNAL[rule]
    write_json(spec_folder / "internal.json", content)
    assert_told(problems_of([good()]), f"spec/internal.json: {expected}")


def assert_told(problems, expected):
    assert any(problem.startswith(expected) for problem in problems), "\n".join([expected, "is not among:"] + problems)


@pytest.mark.parametrize("rule", BAD)
def test_bad_command(rule, spec_folder, problems_of):
    content, expected, *types = BAD[rule]
    contents = content if isinstance(content, list) else [content]
    for entry in contents:
        folder = entry.pop("_folder", None)
        if folder:
            write_json(spec_folder / folder / f"{entry['command'].lower()}.json", entry)
            contents.remove(entry)
    assert_told(problems_of(contents, types[0] if types else ()), expected)


@pytest.mark.parametrize("rule", BAD_TYPES)
def test_bad_type(rule, spec_folder, problems_of):
    content, types, expected = BAD_TYPES[rule]
    for entry in list(types):
        name = entry.pop("_file", None)
        if name:
            write_json(spec_folder / "types" / f"{name}.json", entry)
            types.remove(entry)
    assert_told(problems_of([content], types), expected)


def test_all_faults_are_told_at_once(problems_of):
    problems = problems_of([good(sumary="x"), good(command="GIVE", flags=["wrte"])])
    assert len(problems) == 2


def test_one_fault_is_one_line(problems_of):
    """Neither what a message quotes nor what follows from a fault makes it more."""
    faults = {
        "a line's end in it": (good(examples=[example(reply="$1\na\r\n")]), FILE + '/examples/0/reply: this is no whole reply: "1\\na" is no length'),
        "a function without its argument": (good(functions=[{"name": "take", "args": "key more", "reply": "ok"}]),
                                            FILE + '/functions/0/args: there is no argument "more"'),
        "a function twice": (good(functions=2 * good()["functions"]), FILE + "/functions/1/name: redisc_take is in spec/tiny/take.json: /functions/0 too"),
    }
    for fault, (content, expected) in faults.items():
        problems = problems_of([content])
        assert len(problems) == 1 and problems[0].startswith(expected), (fault, problems)
        assert "\n" not in problems[0]


def test_a_file_that_is_no_json(spec_folder, problems_of):
    path = spec_folder / "tiny" / "broken.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"command": "BROKEN",}', encoding="utf-8")
    assert_told(problems_of([good()]), "spec/tiny/broken.json: /: not readable as JSON")


def test_a_key_that_is_there_twice(spec_folder, problems_of):
    path = spec_folder / "tiny" / "twice.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"command": "TWICE", "command": "TWICE"}', encoding="utf-8")
    assert_told(problems_of([good()]), 'spec/tiny/twice.json: /: the key "command" is there twice')


def test_a_file_of_another_kind(spec_folder, problems_of):
    path = spec_folder / "tiny" / "notes.txt"
    path.parent.mkdir(parents=True)
    path.write_text("x", encoding="utf-8")
    assert_told(problems_of([good()]), "spec/tiny/notes.txt: /: only .json files belong here")


def test_an_empty_specification(spec_folder, problems_of):
    spec_folder.mkdir()
    assert_told(problems_of(), "spec: /: there is no command here")
