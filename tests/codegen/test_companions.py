# SPDX-License-Identifier: MIT
"""What is generated besides the library: how headers are read, text escaped, examples chosen, JSON laid out."""
import json

import pytest
from conftest import ROOT, command, write_spec

from codegen.api import laid_out
from codegen.cheaders import Unreadable, read_headers
from codegen.manual import prose, roff
from codegen.pages import markdown
from codegen.pipeline import analysed
from codegen.snippets import SnippetCode, chosen

HEADER = """/** @file */
#ifndef X
#define X
/** A thing. */
typedef struct redisc_thing redisc_thing;
/** Says when. */
typedef void (*redisc_say)(redisc_thing *thing, const char *text);
/** Kinds. */
typedef enum redisc_kind {
    REDISC_A = 2, /**< the first */
    REDISC_B,     /**< the second */
    REDISC_KIND_MAX_ = 0x7fffffff
} redisc_kind;
/** Values, told
 * in two lines.
 *
 * @param none */
typedef struct redisc_values {
    redisc_kind kind; /**< which */
    union {
        int64_t number;
        struct {
            const struct redisc_values *items;
            size_t count;
        } list;
    } as;             /**< what */
    int (*function)(void *context);
#ifdef __cplusplus
    redisc_values();
#endif
} redisc_values;
/** Lists. */
REDISC_DECLARE_LIST(values, redisc_values);
static inline int redisc_inline(int x) { if (x) { return 1; } return 0; }
/** Makes one. */
REDISC_API redisc_thing *redisc_thing_open(const char *text,
                                           const redisc_values **values);
/** Nothing. */
REDISC_API void redisc_nothing(void);
#if REDISC_MACROS
#define redisc_nothing(...) \\
    redisc_nothing()
#endif
#endif
"""


@pytest.fixture
def read(tmp_path):
    def read_text(text):
        folder = tmp_path / "include/redisc"
        folder.mkdir(parents=True)
        (folder / "x.h").write_text(text, encoding="utf-8")
        return read_headers(tmp_path)

    return read_text


def test_headers_are_read(read):
    found = read(HEADER)
    assert {name: t.kind for name, t in found.types.items()} == {
        "redisc_thing": "opaque", "redisc_say": "callback", "redisc_kind": "enum", "redisc_values": "struct",
        "redisc_values_list": "list"}
    assert found.types["redisc_kind"].values == [("REDISC_A", 2, "the first"), ("REDISC_B", 3, "the second")]
    values = found.types["redisc_values"]
    assert values.doc == "Values, told in two lines.\n@param none"
    assert [(m.name, m.ctype) for m in values.members] == [("kind", "redisc_kind"), ("as", "union"), ("function", "")]
    assert [(m.name, m.ctype) for m in values.members[1].members[1].members] == [
        ("items", "const redisc_values *"), ("count", "size_t")]
    assert values.members[2].function.returns == "int"
    made, nothing = found.functions
    assert (made.name, made.returns, made.doc, made.header) == (
        "redisc_thing_open", "redisc_thing *", "Makes one.", "x.h")
    assert [(p.name, p.ctype) for p in made.parameters] == [("text", "const char *"), ("values", "const redisc_values **")]
    assert nothing.parameters == []


@pytest.mark.parametrize("text", ["int redisc_x;", "typedef int redisc_x;", "REDISC_API int redisc_x(int a) = 3;"])
def test_what_is_not_understood_is_told(read, text):
    with pytest.raises(Unreadable, match="x.h: "):
        read(text)


def test_all_public_headers_are_understood():
    found = read_headers(ROOT / "runtime")
    assert {"redisc_open", "redisc_free", "redisc_last_error"} <= {f.name for f in found.functions}
    assert all(f.doc for f in found.functions)
    assert found.version and len(found.statuses) > 40


@pytest.mark.parametrize("text, expected", [
    ("a*b_c [x] <y> | `a*b|c` #1 @all", r"a\*b\_c \[x\] \<y\> \| `a*b\|c` \#1 \@all"),
    ("a ` alone", r"a \` alone"),
])
def test_markdown(text, expected):
    assert markdown(text) == expected


def test_roff():
    assert roff(".x -1 \\n 'é' …\n'y") == "\\&.x \\-1 \\en \\(aq\\[u00E9]\\(aq ...\n\\(aqy"
    assert prose("see `redisc_get` - now") == "see \\fBredisc_get\\fP \\- now"


def test_json_lies_well():
    value = {"a": [], "list": [{"name": "x", "parts": [{"k": 1, "l": [1, 2]}]}, {"name": "y"}]}
    text = laid_out(value)
    assert json.loads(text) == value
    assert '   {"k": 1, "l": [1, 2]}' not in text.split("\n")[0] and '{"name": "y"}' in text


EXAMPLES = [
    {"call": "take", "with": {"key": "k", "what": {"hex": "00"}}, "sends": ["TAKE", "k", {"hex": "00"}],
     "reply": "$1\r\nx\r\n", "gives": "x", "not_live": "tiny"},
    {"call": "take", "with": {"key": "k", "what": "v"}, "sends": ["TAKE", "k", "v"],
     "resp2": "$-1\r\n", "resp3": "_\r\n", "gives": None, "not_live": "tiny"},
    {"call": "take", "with": {"key": "k", "what": "w"}, "sends": ["TAKE", "k", "w"],
     "reply": "$4\r\n*/ x\r\n", "gives": "*/ x", "not_live": "tiny"},
]


def test_the_snippet_shows_the_best_example(spec_folder):
    taking = command("TAKE", args=[{"name": "key", "type": "key"}, {"name": "what", "type": "string"}], examples=EXAMPLES,
                     functions=[{"name": "take", "args": "key what", "reply": "string?", "out": "taken"}])
    analysis = analysed(write_spec(spec_folder, [taking]), runtime=ROOT / "runtime")
    assert list(analysis.problems) == []
    lowered = analysis.sources["tiny"].functions[0]
    assert chosen(lowered).values["what"] == "w"
    assert SnippetCode(analysis.spec, analysis.shapes).snippet(lowered).text() == """/* TAKE k w */
const redisc_str *taken;
check(redisc_take(r, "k", "w", &taken));
/* taken: "* / x" */
redisc_free(taken);"""
