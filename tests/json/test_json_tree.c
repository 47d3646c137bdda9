/* SPDX-License-Identifier: MIT */
/* The commands with trees: what they send, and what they make of replies. */
#include "failing.h"
#include "scripted.h"

#include <redisc/json_tree.h>
#include <redisc/redisc.h>

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static test_script script;
static redisc *r;

static void answer_with(const char *const *acts, size_t count)
{
    script = (test_script){.acts = acts, .count = count};
    redisc_options options = test_script_options(&script);
    cr_assert_eq(redisc_open(NULL, &options, &r), REDISC_OK, "%s", redisc_last_error()->text);
}

/* The next test's only reply. */
#define ANSWER(text)                                                                               \
    static const char *const acts[] = {text};                                                      \
    answer_with(acts, 1)

static bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}

static void assert_said(const char *expected)
{
    cr_expect_str_eq(script.said, expected);
}

/* The tree as a text; it is deleted. */
static void assert_tree(cJSON *tree, const char *expected)
{
    char *text = NULL;
    cr_assert_eq(redisc_json_print(tree, &text), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_str_eq(text, expected);
    cJSON_free(text);
    cJSON_Delete(tree);
}

static void close_it(void)
{
    redisc_close(r);
}

TestSuite(json_tree, .fini = close_it, .timeout = 60);

Test(json_tree, a_document)
{
    ANSWER("$15\r\n{\"a\":1,\"b\":[2]}\r\n");
    cJSON *tree = NULL;
    cr_assert_eq(redisc_json_get_tree(r, "doc", &tree), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(cJSON_GetObjectItemCaseSensitive(tree, "a")->valuedouble, 1);
    assert_tree(tree, "{\"a\":1,\"b\":[2]}");
    assert_said("*2\r\n$8\r\nJSON.GET\r\n$3\r\ndoc\r\n");
}

Test(json_tree, no_document)
{
    ANSWER("$-1\r\n");
    cJSON *tree = (cJSON *)&tree;
    cr_assert_eq(redisc_json_get_tree(r, "none", &tree), REDISC_OK);
    cr_expect_null(tree);
}

Test(json_tree, parts_of_a_document)
{
    ANSWER("$24\r\n{\"$.a\":[1],\"$..b\":[2,3]}\r\n");
    cJSON *tree = NULL;
    redisc_json_get_options options = {.paths = REDISC_STRS("$.a", "$..b")};
    cr_assert_eq(redisc_json_get_tree_with(r, "doc", &options, &tree), REDISC_OK);
    assert_tree(tree, "{\"$.a\":[1],\"$..b\":[2,3]}");
    assert_said("*4\r\n$8\r\nJSON.GET\r\n$3\r\ndoc\r\n$3\r\n$.a\r\n$4\r\n$..b\r\n");
}

Test(json_tree, a_reply_that_is_no_json)
{
    ANSWER("$6\r\n{\"a\":}\r\n");
    cJSON *tree = (cJSON *)&tree;
    cr_assert_eq(redisc_json_get_tree(r, "doc", &tree), REDISC_ERROR_ENCODING);
    cr_expect_null(tree);
    cr_expect(error_says("JSON.GET: a value was expected at line 1, column 6"), "%s",
              redisc_last_error()->text);
    cr_expect_str_eq(redisc_last_error()->command, "JSON.GET");
    cr_expect_eq(redisc_last_error()->delivery, REDISC_ANSWERED);
}

Test(json_tree, an_error_of_the_server)
{
    ANSWER("-WRONGTYPE wrong kind of value\r\n");
    cJSON *tree = (cJSON *)&tree;
    cr_assert_eq(redisc_json_get_tree(r, "list", &tree), REDISC_ERROR_WRONGTYPE);
    cr_expect_null(tree);
}

Test(json_tree, several_documents)
{
    ANSWER("*3\r\n$3\r\n[1]\r\n$-1\r\n$12\r\n[{\"x\":null}]\r\n");
    cJSON *trees[3];
    cr_assert_eq(redisc_json_mget_tree(r, REDISC_STRS("a", "none", "c"), "$.v", trees), REDISC_OK,
                 "%s", redisc_last_error()->text);
    cr_expect_null(trees[1]);
    assert_tree(trees[0], "[1]");
    assert_tree(trees[2], "[{\"x\":null}]");
    assert_said("*5\r\n$9\r\nJSON.MGET\r\n$1\r\na\r\n$4\r\nnone\r\n$1\r\nc\r\n$3\r\n$.v\r\n");
}

Test(json_tree, one_bad_document_of_several)
{
    ANSWER("*2\r\n$3\r\n[1]\r\n$2\r\n[1\r\n");
    cJSON *trees[2] = {(cJSON *)&trees, (cJSON *)&trees};
    cr_assert_eq(redisc_json_mget_tree(r, REDISC_STRS("a", "b"), "$", trees),
                 REDISC_ERROR_ENCODING);
    cr_expect(trees[0] == NULL && trees[1] == NULL);
}

Test(json_tree, fewer_values_than_keys)
{
    ANSWER("*1\r\n$3\r\n[1]\r\n");
    cJSON *trees[2] = {(cJSON *)&trees, (cJSON *)&trees};
    cr_assert_eq(redisc_json_mget_tree(r, REDISC_STRS("a", "b"), "$", trees),
                 REDISC_ERROR_REPLY_TYPE);
    cr_expect(trees[0] == NULL && trees[1] == NULL);
}

Test(json_tree, the_last_element)
{
    ANSWER("$8\r\n{\"id\":7}\r\n");
    cJSON *tree = NULL;
    cr_assert_eq(redisc_json_arrpop_tree(r, "queue", &tree), REDISC_OK);
    assert_tree(tree, "{\"id\":7}");
    assert_said("*2\r\n$11\r\nJSON.ARRPOP\r\n$5\r\nqueue\r\n");
}

Test(json_tree, elements_of_several_arrays)
{
    ANSWER("*3\r\n$1\r\n7\r\n$-1\r\n$3\r\n\"x\"\r\n");
    cJSON *tree = NULL;
    cr_assert_eq(
        redisc_json_arrpop_tree_with(
            r, "doc", &(redisc_json_arrpop_options){.where = {.path = REDISC_STR("$..a")}}, &tree),
        REDISC_OK);
    assert_tree(tree, "[7,null,\"x\"]");
    assert_said("*3\r\n$11\r\nJSON.ARRPOP\r\n$3\r\ndoc\r\n$4\r\n$..a\r\n");
}

Test(json_tree, storing)
{
    ANSWER("+OK\r\n");
    cJSON *value = cJSON_CreateObject();
    cJSON_AddStringToObject(value, "name", "Ann");
    cJSON_AddNumberToObject(value, "age", 41.5);
    bool stored = false;
    cr_assert_eq(redisc_json_set_tree(r, "user", "$", value, &stored), REDISC_OK);
    cr_expect(stored);
    cJSON_Delete(value);
    assert_said("*4\r\n$8\r\nJSON.SET\r\n$4\r\nuser\r\n$1\r\n$\r\n$25\r\n{\"name\":\"Ann\",\"age\":"
                "41.5}\r\n");
}

Test(json_tree, storing_under_a_condition)
{
    ANSWER("$-1\r\n");
    cJSON *value = cJSON_CreateTrue();
    bool stored = true;
    cr_assert_eq(redisc_json_set_tree_with(r, "user", "$.on", value,
                                           &(redisc_json_set_options){.when = REDISC_JSON_SET_NX},
                                           &stored),
                 REDISC_OK);
    cr_expect_not(stored);
    cJSON_Delete(value);
    assert_said("*5\r\n$8\r\nJSON.SET\r\n$4\r\nuser\r\n$4\r\n$.on\r\n$4\r\ntrue\r\n$2\r\nNX\r\n");
}

Test(json_tree, storing_several)
{
    ANSWER("+OK\r\n");
    cJSON *one = cJSON_CreateNumber(1);
    cJSON *list = cJSON_CreateArray();
    bool stored = false;
    cr_assert_eq(redisc_json_mset_tree(r,
                                       REDISC_LIST(json_tree_setting,
                                                   {REDISC_STR("a"), REDISC_STR("$"), one},
                                                   {REDISC_STR("b"), REDISC_STR("$.x"), list}),
                                       &stored),
                 REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect(stored);
    cJSON_Delete(one);
    cJSON_Delete(list);
    assert_said("*7\r\n$9\r\nJSON.MSET\r\n$1\r\na\r\n$1\r\n$\r\n$1\r\n1\r\n$1\r\nb\r\n$3\r\n$."
                "x\r\n$2\r\n[]\r\n");
}

Test(json_tree, merging)
{
    ANSWER("+OK\r\n");
    cJSON *patch = cJSON_CreateObject();
    cJSON_AddNullToObject(patch, "old");
    bool merged = false;
    cr_assert_eq(redisc_json_merge_tree(r, "doc", "$", patch, &merged), REDISC_OK);
    cr_expect(merged);
    cJSON_Delete(patch);
    assert_said("*4\r\n$10\r\nJSON.MERGE\r\n$3\r\ndoc\r\n$1\r\n$\r\n$12\r\n{\"old\":null}\r\n");
}

Test(json_tree, appending_and_inserting)
{
    static const char *const acts[] = {"*1\r\n:3\r\n", "*1\r\n:5\r\n"};
    answer_with(acts, 2);
    cJSON *values = NULL;
    cr_assert_eq(redisc_json_parse("[1,{\"a\":2}]", &values), REDISC_OK);
    const redisc_optional_integer_list *lengths = NULL;
    cr_assert_eq(redisc_json_arrappend_tree(r, "doc", "$", values, &lengths), REDISC_OK);
    cr_expect_eq(lengths->items[0].value, 3);
    redisc_free(lengths);
    cr_assert_eq(redisc_json_arrinsert_tree(r, "doc", "$", -1, values, &lengths), REDISC_OK);
    cr_expect_eq(lengths->items[0].value, 5);
    redisc_free(lengths);
    cJSON_Delete(values);
    assert_said(
        "*5\r\n$14\r\nJSON.ARRAPPEND\r\n$3\r\ndoc\r\n$1\r\n$\r\n$1\r\n1\r\n$7\r\n{\"a\":2}\r\n"
        "*6\r\n$14\r\nJSON.ARRINSERT\r\n$3\r\ndoc\r\n$1\r\n$\r\n$2\r\n-1\r\n$1\r\n1\r\n$7\r\n{"
        "\"a\":2}\r\n");
}

Test(json_tree, finding)
{
    ANSWER("*1\r\n:2\r\n");
    cJSON *value = cJSON_CreateString("x");
    const redisc_optional_integer_list *indexes = NULL;
    cr_assert_eq(redisc_json_arrindex_tree(r, "doc", "$.a", value, &indexes), REDISC_OK);
    cr_expect_eq(indexes->items[0].value, 2);
    redisc_free(indexes);
    cJSON_Delete(value);
    assert_said("*4\r\n$13\r\nJSON.ARRINDEX\r\n$3\r\ndoc\r\n$3\r\n$.a\r\n$3\r\n\"x\"\r\n");
}

Test(json_tree, wrong_values_are_not_sent)
{
    ANSWER("+OK\r\n");
    cJSON *wrong = cJSON_CreateNumber(INFINITY);
    bool stored = true;
    const redisc_optional_integer_list *lengths = (const void *)&lengths;
    cr_expect_eq(redisc_json_set_tree(r, "a", "$", wrong, &stored), REDISC_ERROR_ARGUMENT);
    cr_expect_not(stored);
    cr_expect(error_says("JSON.SET: a number that is not finite at $"), "%s",
              redisc_last_error()->text);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_expect_eq(redisc_json_set_tree(r, "a", "$", NULL, NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_json_merge_tree(r, "a", "$", wrong, NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_json_arrindex_tree(r, "a", "$", wrong, &lengths), REDISC_ERROR_ARGUMENT);
    cr_expect_null(lengths);
    redisc_json_tree_setting_list none = {NULL, 0};
    cr_expect_eq(redisc_json_mset_tree(r, none, NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(
        redisc_json_mset_tree(
            r, REDISC_LIST(json_tree_setting, {REDISC_STR("a"), REDISC_STR("$"), wrong}), NULL),
        REDISC_ERROR_ARGUMENT);
    cJSON *empty = cJSON_CreateArray();
    cr_expect_eq(redisc_json_arrappend_tree(r, "a", "$", empty, &lengths), REDISC_ERROR_ARGUMENT);
    cr_expect(error_says("an array that is not empty"));
    cr_expect_eq(redisc_json_arrinsert_tree(r, "a", "$", 0, wrong, &lengths),
                 REDISC_ERROR_ARGUMENT);
    cJSON_AddItemToArray(empty, wrong);
    cr_expect_eq(redisc_json_arrappend_tree(r, "a", "$", empty, &lengths), REDISC_ERROR_ARGUMENT);
    cJSON_Delete(empty);
    cr_expect_eq(redisc_json_get_tree(r, "a", NULL), REDISC_ERROR_ARGUMENT);
    assert_said("");
}

Test(json_tree, a_pipeline_collects_writing_and_refuses_reading)
{
    ANSWER("+OK\r\n$3\r\n[1]\r\n");
    redisc *p = redisc_pipeline(r, &(redisc_pipeline_options){.plain = true});
    cr_expect(redisc_is_collecting(p));
    cr_expect_not(redisc_is_collecting(r));
    cr_expect_not(redisc_is_collecting(NULL));
    bool stored = false;
    const redisc_str *text = NULL;
    cJSON *tree = NULL;
    cJSON *value = cJSON_CreateArray();
    cr_expect_eq(redisc_json_set_tree(p, "a", "$", value, &stored), REDISC_QUEUED);
    cJSON_Delete(value);
    cr_expect_eq(redisc_json_get_tree(p, "a", &tree), REDISC_ERROR_UNSUPPORTED);
    cr_expect(error_says("JSON.GET: this handle collects calls"), "%s", redisc_last_error()->text);
    cJSON *trees[1];
    cr_expect_eq(redisc_json_mget_tree(p, REDISC_STRS("a"), "$", trees), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_json_arrpop_tree(p, "a", &tree), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_json_arrpop_tree_with(p, "a", NULL, &tree), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_pipeline_length(p), 1);
    cr_expect_eq(redisc_json_get(p, "a", &text), REDISC_QUEUED);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect(stored);
    cr_assert_eq(redisc_json_parse(text, &tree), REDISC_OK);
    assert_tree(tree, "[1]");
    redisc_free(text);
    redisc_close(p);
}

/* Memory */

/* Answers the next call with this, whatever became of those before. */
static void answer_next(const char *const *act)
{
    script.acts = act;
    script.count = 1;
    script.at = 0;
}

static void use_it(const cJSON *value)
{
    static const char *const acts[] = {
        "*1\r\n:3\r\n",
        "+OK\r\n",
        "$13\r\n{\"a\":[\"b\",2]}\r\n",
        "*2\r\n$3\r\n[1]\r\n$5\r\n[\"x\"]\r\n",
        "*2\r\n$1\r\n7\r\n$-1\r\n",
    };
    const redisc_optional_integer_list *lengths = NULL;
    bool stored = false;
    cJSON *tree = NULL;
    cJSON *trees[2];
    answer_next(&acts[0]);
    if (test_memory_told(redisc_json_arrappend_tree(r, "a", "$", value, &lengths))) {
        redisc_free(lengths);
    }
    answer_next(&acts[1]);
    test_memory_told(redisc_json_mset_tree(
        r, REDISC_LIST(json_tree_setting, {REDISC_STR("a"), REDISC_STR("$"), value}), &stored));
    answer_next(&acts[2]);
    if (test_memory_told(redisc_json_get_tree(r, "a", &tree))) {
        cJSON_Delete(tree);
    }
    answer_next(&acts[3]);
    if (test_memory_told(redisc_json_mget_tree(r, REDISC_STRS("a", "b"), "$", trees))) {
        cJSON_Delete(trees[0]);
        cJSON_Delete(trees[1]);
    }
    answer_next(&acts[4]);
    if (test_memory_told(redisc_json_arrpop_tree_with(r, "a", NULL, &tree))) {
        cJSON_Delete(tree);
    }
}

static void memory_scenario(void)
{
    cJSON *value = NULL;
    if (!test_memory_told(redisc_json_parse("[1,{\"a\":\"b\"},[null]]", &value))) {
        return;
    }
    script = (test_script){0};
    redisc_options options = test_script_options(&script);
    if (test_memory_told(redisc_open(NULL, &options, &r))) {
        use_it(value);
        redisc_close(r);
        r = NULL;
    }
    cJSON_Delete(value);
}

Test(json_tree, each_allocation_may_fail)
{
    cJSON_Hooks hooks = {test_memory_allocate, test_memory_release};
    cJSON_InitHooks(&hooks);
    cr_expect_gt(test_memory_fails(memory_scenario), 30);
    cJSON_InitHooks(NULL);
}
