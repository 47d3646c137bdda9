/* SPDX-License-Identifier: MIT */
/* JSON texts to trees of cJSON and back, and what is refused. */
#include <redisc/json_tree.h>

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}

/* From text to text through a tree. */
static void assert_round_trip(const char *text, const char *expected)
{
    cJSON *tree = NULL;
    char *again = NULL;
    cr_assert_eq(redisc_json_parse(text, &tree), REDISC_OK, "%s: %s", text,
                 redisc_last_error()->text);
    cr_assert_eq(redisc_json_print(tree, &again), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_str_eq(again, expected);
    cJSON_free(again);
    cJSON_Delete(tree);
}

Test(json_text, round_trips)
{
    static const char *const texts[] = {
        "0",
        "-0.5",
        "1e+50",
        "true",
        "false",
        "null",
        "\"\"",
        "[]",
        "{}",
        "[[],{}]",
        "{\"a\":[1,2,{\"b\":null}],\"c\":\"d\"}",
        "\"\\\"\\\\\\b\\f\\n\\r\\t\"",
        "\"\xc3\xa9\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_round_trip(texts[i], texts[i]);
    }
    assert_round_trip(" { \"a\" :\t[ 1 ,\r\n2 ] } ", "{\"a\":[1,2]}");
    assert_round_trip("\"\\u0041\\uD83D\\uDE00\\/\"", "\"A\xf0\x9f\x98\x80/\"");
    /* An escaped backslash, not a NUL. */
    assert_round_trip("\"\\\\u0000\"", "\"\\\\u0000\"");
    assert_round_trip("12345678901234567", "12345678901234568");
}

typedef struct wrong_text {
    const char *text;
    redisc_status status;
    const char *says;
} wrong_text;

static const wrong_text wrong_texts[] = {
    {"", REDISC_ERROR_ENCODING, "ends too early at line 1, column 1 (byte 0)"},
    {" ", REDISC_ERROR_ENCODING, "ends too early"},
    {"[1,", REDISC_ERROR_ENCODING, "ends too early at line 1, column 4 (byte 3)"},
    {"[1,\n 2,\n x]", REDISC_ERROR_ENCODING,
     "a value was expected at line 3, column 2 (byte 9): \"x]\""},
    {"[1 2]", REDISC_ERROR_ENCODING, "a comma or ] was expected at line 1, column 4"},
    {"[1,]", REDISC_ERROR_ENCODING, "a value was expected"},
    {"[1}", REDISC_ERROR_ENCODING, "a comma or ] was expected"},
    {"{\"a\":1]", REDISC_ERROR_ENCODING, "a comma or } was expected"},
    {"{a:1}", REDISC_ERROR_ENCODING, "a name in quotes was expected"},
    {"{\"a\" 1}", REDISC_ERROR_ENCODING, "a colon was expected"},
    {"{\"a\":1,}", REDISC_ERROR_ENCODING, "a name in quotes was expected"},
    {"{\"a\":}", REDISC_ERROR_ENCODING, "a value was expected"},
    {"1 1", REDISC_ERROR_ENCODING, "the text goes on"},
    {"nul", REDISC_ERROR_ENCODING, "a value was expected"},
    {"nulls", REDISC_ERROR_ENCODING, "the text goes on"},
    {"01", REDISC_ERROR_ENCODING, "a number begins with 0"},
    {"-", REDISC_ERROR_ENCODING, "ends too early"},
    {"-x", REDISC_ERROR_ENCODING, "a digit was expected"},
    {"1.", REDISC_ERROR_ENCODING, "ends too early"},
    {"1.e5", REDISC_ERROR_ENCODING, "a digit was expected"},
    {"1e+", REDISC_ERROR_ENCODING, "ends too early"},
    {"+1", REDISC_ERROR_ENCODING, "a value was expected"},
    {"NaN", REDISC_ERROR_ENCODING, "a value was expected"},
    {"\"a", REDISC_ERROR_ENCODING, "ends too early"},
    {"\"a\\", REDISC_ERROR_ENCODING, "ends too early"},
    {"\"\\x\"", REDISC_ERROR_ENCODING, "an unknown escape"},
    {"\"\\u12G4\"", REDISC_ERROR_ENCODING, "four hexadecimal digits"},
    {"\"\\u0000\"", REDISC_ERROR_ENCODING, "NUL"},
    {"\"\\uD83D\"", REDISC_ERROR_ENCODING, "half a surrogate pair"},
    {"\"\\uD83D\\u0041\"", REDISC_ERROR_ENCODING, "half a surrogate pair"},
    {"\"\\uDE00\"", REDISC_ERROR_ENCODING, "half a surrogate pair"},
    {"\"a\nb\"", REDISC_ERROR_ENCODING, "control character"},
    {"\xef\xbb\xbf"
     "1",
     REDISC_ERROR_ENCODING, "a value was expected"},
    {"1234567890123456789012345678901234567890123456789012345678901234", REDISC_ERROR_LIMIT,
     "more than 63 characters"},
};

Test(json_text, wrong_texts_are_refused_with_their_place)
{
    for (size_t i = 0; i < sizeof wrong_texts / sizeof *wrong_texts; i++) {
        const wrong_text *wrong = &wrong_texts[i];
        /* Without a NUL behind it, and where reading on would be seen. */
        size_t len = strlen(wrong->text);
        char *exact = malloc(len > 0 ? len : 1);
        cr_assert_not_null(exact);
        memcpy(exact, wrong->text, len);
        cJSON *tree = (cJSON *)&tree;
        cr_expect_eq(redisc_json_parse(redisc_bytes(exact, len), &tree), wrong->status, "%s: %s",
                     wrong->text, redisc_last_error()->text);
        cr_expect_null(tree);
        cr_expect(error_says(wrong->says), "%s: %s", wrong->text, redisc_last_error()->text);
        free(exact);
    }
    cJSON *tree = NULL;
    cr_expect_eq(redisc_json_parse(redisc_bytes("[1\0]", 4), &tree), REDISC_ERROR_ENCODING);
}

/* Whatever the beginning of a text is, it is refused without reading on. */
Test(json_text, every_beginning_of_a_text)
{
    static const char text[] =
        " {\"a\":[1,-2.5e+3,{\"b\":null,\"c\":[true,false]}],\"d\":\"x\\u00e9\\uD83D\\uDE00\\n\"}";
    for (size_t len = 0; len < sizeof text - 1; len++) {
        char *exact = malloc(len + 1);
        cr_assert_not_null(exact);
        memcpy(exact + 1, text, len);
        cJSON *tree = NULL;
        cr_expect_eq(redisc_json_parse(redisc_bytes(exact + 1, len), &tree), REDISC_ERROR_ENCODING,
                     "%zu bytes", len);
        free(exact);
    }
}

static char *nested(size_t depth)
{
    char *text = malloc(2 * depth + 1);
    cr_assert_not_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    text[2 * depth] = '\0';
    return text;
}

Test(json_text, nesting_has_a_limit_in_both_directions)
{
    char *deepest = nested(CJSON_NESTING_LIMIT);
    assert_round_trip(deepest, deepest);
    free(deepest);
    char *deeper = nested(CJSON_NESTING_LIMIT + 1);
    cJSON *tree = NULL;
    cr_expect_eq(redisc_json_parse(deeper, &tree), REDISC_ERROR_LIMIT);
    cr_expect(error_says("nested too deeply at line 1, column 1001"), "%s",
              redisc_last_error()->text);
    free(deeper);

    cJSON *root = cJSON_CreateArray();
    for (int i = 0; i < CJSON_NESTING_LIMIT; i++) {
        cJSON *outer = cJSON_CreateArray();
        cJSON_AddItemToArray(outer, root);
        root = outer;
    }
    char *text = NULL;
    cr_expect_eq(redisc_json_print(root, &text), REDISC_OK, "%s", redisc_last_error()->text);
    cJSON_free(text);
    cJSON *outer = cJSON_CreateArray();
    cJSON_AddItemToArray(outer, cJSON_CreateNumber(1));
    cJSON_AddItemToArray(outer, root);
    cr_expect_eq(redisc_json_print(outer, &text), REDISC_ERROR_LIMIT);
    cr_expect(error_says("nested deeper than 1000"), "%s", redisc_last_error()->text);
    cr_expect_null(text);
    cJSON_Delete(outer);
}

Test(json_text, what_has_no_text_is_refused_with_its_place)
{
    cJSON *root = cJSON_CreateObject();
    cJSON *list = cJSON_AddArrayToObject(root, "list");
    cJSON_AddItemToArray(list, cJSON_CreateTrue());
    cJSON *last = cJSON_CreateNumber(NAN);
    cJSON_AddItemToArray(list, last);
    char *text = NULL;
    cr_expect_eq(redisc_json_print(root, &text), REDISC_ERROR_ARGUMENT);
    cr_expect(error_says("a number that is not finite at $.list[1]"), "%s",
              redisc_last_error()->text);
    last->type = cJSON_Invalid;
    cr_expect_eq(redisc_json_print(root, &text), REDISC_ERROR_ARGUMENT);
    cr_expect(error_says("an item without a type at $.list[1]"));
    last->type = cJSON_String;
    cr_expect_eq(redisc_json_print(root, &text), REDISC_ERROR_ARGUMENT);
    cr_expect(error_says("a string without a text"));
    last->type = cJSON_NULL;
    cJSON_AddItemToArray(root, cJSON_CreateNull()); /* into an object, without a name */
    cr_expect_eq(redisc_json_print(root, &text), REDISC_ERROR_ARGUMENT);
    cr_expect(error_says("a member without a name"));
    cr_expect_null(text);
    cJSON_Delete(root);
    cr_expect_eq(redisc_json_print(NULL, &text), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_json_print(NULL, NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_json_parse("1", NULL), REDISC_ERROR_ARGUMENT);
}

Test(json_text, nil_and_a_part_of_a_tree)
{
    cJSON *tree = (cJSON *)&tree;
    cr_expect_eq(redisc_json_parse(((redisc_str){NULL, 0}), &tree), REDISC_OK);
    cr_expect_null(tree);
    /* An element has neighbours, which are not part of it. */
    cr_assert_eq(redisc_json_parse("[{\"a\":1},2,3]", &tree), REDISC_OK);
    char *text = NULL;
    cr_assert_eq(redisc_json_print(tree->child, &text), REDISC_OK);
    cr_expect_str_eq(text, "{\"a\":1}");
    cJSON_free(text);
    cJSON_Delete(tree);
}
