/* SPDX-License-Identifier: MIT */
/* Taking dynamic replies apart. */
#include "failing.h"

#include <redisc/alloc.h>
#include <redisc/reply.h>

#include <criterion/criterion.h>

#include <string.h>

TestSuite(reply, .timeout = 30);

#define TEXT(its_type, its_text)                                                                   \
    {                                                                                              \
        .type = (its_type), .as.text = {(its_text), sizeof(its_text) - 1 }                         \
    }
#define STRING(text) TEXT(REDISC_REPLY_STRING, text)
#define INTEGER(its_value)                                                                         \
    {                                                                                              \
        .type = REDISC_REPLY_INTEGER, .as.integer = (its_value)                                    \
    }
#define NIL                                                                                        \
    {                                                                                              \
        .type = REDISC_REPLY_NIL                                                                   \
    }
#define LIST(its_type, its_items)                                                                  \
    {                                                                                              \
        .type = (its_type), .as.list = {(its_items), sizeof(its_items) / sizeof((its_items)[0]) }  \
    }

static const redisc_reply nil = NIL;
static const redisc_reply integer = INTEGER(-7);
static const redisc_reply string = STRING("text");
static const redisc_reply number = STRING("42");
static const redisc_reply fraction = {.type = REDISC_REPLY_DOUBLE, .as.real = 2.5};
static const redisc_reply yes = {.type = REDISC_REPLY_BOOLEAN, .as.boolean = true};
static const redisc_reply failure = {
    .type = REDISC_REPLY_ERROR, .kind = REDISC_ERROR_WRONGTYPE, .as.text = {"WRONGTYPE no", 12}};
static const redisc_reply mixed_items[] = {STRING("a"), NIL, INTEGER(3), STRING("4")};
static const redisc_reply mixed = LIST(REDISC_REPLY_ARRAY, mixed_items);
static const redisc_reply pair_items[] = {STRING("name"), STRING("x\0y"), STRING("none"), NIL};
static const redisc_reply map = LIST(REDISC_REPLY_MAP, pair_items);
static const redisc_reply flat = LIST(REDISC_REPLY_ARRAY, pair_items);
static const redisc_reply set = LIST(REDISC_REPLY_SET, pair_items);
static const redisc_reply empty = {.type = REDISC_REPLY_ARRAY};

static void expect_mismatch(redisc_status status, const char *text)
{
    cr_expect_eq(status, REDISC_ERROR_REPLY_TYPE);
    cr_expect_str_eq(redisc_last_error()->text, text);
}

Test(reply, integers)
{
    int64_t value;
    cr_expect_eq(redisc_reply_integer(&integer, &value), REDISC_OK);
    cr_expect_eq(value, -7);
    cr_expect_eq(redisc_reply_integer(&number, &value), REDISC_OK);
    cr_expect_eq(value, 42);
    expect_mismatch(redisc_reply_integer(&string, &value),
                    "expected an integer, the reply is a string");
    cr_expect_eq(value, 0);
    expect_mismatch(redisc_reply_integer(&nil, &value), "expected an integer, the reply is nil");
    expect_mismatch(redisc_reply_integer(&mixed, &value),
                    "expected an integer, the reply is an array");
    expect_mismatch(redisc_reply_integer(&fraction, &value),
                    "expected an integer, the reply is a double");
    cr_expect_eq(redisc_reply_integer(NULL, &value), REDISC_ERROR_ARGUMENT);
}

Test(reply, doubles)
{
    double value;
    cr_expect_eq(redisc_reply_double(&fraction, &value), REDISC_OK);
    cr_expect_eq(value, 2.5);
    cr_expect_eq(redisc_reply_double(&integer, &value), REDISC_OK);
    cr_expect_eq(value, -7);
    cr_expect_eq(redisc_reply_double(&number, &value), REDISC_OK);
    cr_expect_eq(value, 42);
    expect_mismatch(redisc_reply_double(&yes, &value), "expected a number, the reply is a boolean");
    cr_expect_eq(value, 0);
}

Test(reply, booleans)
{
    const redisc_reply one = INTEGER(1), zero = INTEGER(0);
    bool value;
    cr_expect_eq(redisc_reply_boolean(&yes, &value), REDISC_OK);
    cr_expect(value);
    cr_expect_eq(redisc_reply_boolean(&one, &value), REDISC_OK);
    cr_expect(value);
    cr_expect_eq(redisc_reply_boolean(&zero, &value), REDISC_OK);
    cr_expect_not(value);
    expect_mismatch(redisc_reply_boolean(&integer, &value),
                    "expected a boolean, the reply is an integer");
}

Test(reply, strings)
{
    const redisc_reply verbatim = TEXT(REDISC_REPLY_VERBATIM, "v");
    const redisc_reply status = TEXT(REDISC_REPLY_STATUS, "OK");
    redisc_str value;
    cr_expect_eq(redisc_reply_string(&verbatim, &value), REDISC_OK);
    cr_expect_str_eq(value.data, "v");
    cr_expect_eq(redisc_reply_string(&status, &value), REDISC_OK);
    cr_expect_str_eq(value.data, "OK");
    cr_expect_eq(redisc_reply_string(&nil, &value), REDISC_OK);
    cr_expect_null(value.data);
    expect_mismatch(redisc_reply_string(&integer, &value),
                    "expected a string, the reply is an integer");
}

/* An error within a reply is that error, whatever is asked for. */
Test(reply, errors)
{
    const redisc_reply *items;
    const redisc_str_list *list;
    size_t count;
    int64_t value;
    redisc_str text;
    cr_expect_eq(redisc_reply_integer(&failure, &value), REDISC_ERROR_WRONGTYPE);
    cr_expect_str_eq(redisc_last_error()->text, "WRONGTYPE no");
    cr_expect_eq(redisc_reply_string(&failure, &text), REDISC_ERROR_WRONGTYPE);
    cr_expect_eq(redisc_reply_list(&failure, &items, &count), REDISC_ERROR_WRONGTYPE);
    const redisc_reply inside[] = {STRING("a"), failure};
    const redisc_reply array = LIST(REDISC_REPLY_ARRAY, inside);
    cr_expect_eq(redisc_reply_str_list(&array, &list), REDISC_ERROR_WRONGTYPE);
    cr_expect_str_eq(redisc_last_error()->text, "item 1: WRONGTYPE no");
    cr_expect_null(list);
}

Test(reply, lists)
{
    const redisc_reply *items;
    size_t count;
    cr_expect_eq(redisc_reply_list(&mixed, &items, &count), REDISC_OK);
    cr_expect_eq(items, mixed_items);
    cr_expect_eq(count, 4);
    cr_expect_eq(redisc_reply_list(&set, &items, &count), REDISC_OK);
    cr_expect_eq(count, 4);
    cr_expect_eq(redisc_reply_list(&map, &items, &count), REDISC_OK, "as RESP2 has it");
    cr_expect_eq(count, 4);
    cr_expect_eq(redisc_reply_list(&empty, &items, &count), REDISC_OK);
    cr_expect_eq(count, 0);
    cr_expect_eq(redisc_reply_list(&nil, &items, &count), REDISC_OK);
    cr_expect_eq(count, 0);
    cr_expect_null(items);
    expect_mismatch(redisc_reply_list(&string, &items, &count),
                    "expected a list, the reply is a string");
    cr_expect_eq(redisc_reply_list(NULL, &items, &count), REDISC_ERROR_ARGUMENT);
}

Test(reply, maps)
{
    const redisc_reply *items;
    size_t pairs;
    const redisc_reply *const both[] = {&map, &flat};
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(redisc_reply_map(both[i], &items, &pairs), REDISC_OK);
        cr_expect_eq(pairs, 2);
        cr_expect_eq(items[2].as.text.len, 4);
        cr_expect_eq(redisc_reply_field(both[i], redisc_text("name")), &pair_items[1]);
        cr_expect_eq(redisc_reply_field(both[i], redisc_text("none")), &pair_items[3]);
        cr_expect_null(redisc_reply_field(both[i], redisc_text("other")));
    }
    cr_expect_null(redisc_reply_field(&string, redisc_text("name")));
    cr_expect_null(redisc_reply_field(NULL, redisc_text("name")));
    cr_expect_eq(redisc_reply_map(&nil, &items, &pairs), REDISC_OK);
    cr_expect_eq(pairs, 0);
    const redisc_reply odd = {.type = REDISC_REPLY_ARRAY, .as.list = {mixed_items, 3}};
    expect_mismatch(redisc_reply_map(&odd, &items, &pairs),
                    "expected a map, the reply is an array of 3 items, an odd number");
    cr_expect_null(items);
    expect_mismatch(redisc_reply_map(&set, &items, &pairs), "expected a map, the reply is a set");
}

Test(reply, lists_of_strings)
{
    const redisc_str_list *list;
    cr_expect_eq(redisc_reply_str_list(&flat, &list), REDISC_OK);
    cr_expect_eq(list->count, 4);
    cr_expect_eq(list->items[1].len, 3);
    cr_expect_arr_eq(list->items[1].data, "x\0y", 4);
    cr_expect_null(list->items[3].data);
    redisc_free(list);
    cr_expect_eq(redisc_reply_str_list(&empty, &list), REDISC_OK);
    cr_expect_eq(list->count, 0);
    redisc_free(list);
    cr_expect_eq(redisc_reply_str_list(&nil, &list), REDISC_OK);
    cr_expect_null(list);
    expect_mismatch(redisc_reply_str_list(&mixed, &list),
                    "item 2: expected a string, the reply is an integer");
    cr_expect_null(list);
    cr_expect_eq(redisc_reply_str_list(NULL, &list), REDISC_ERROR_ARGUMENT);
}

Test(reply, lists_of_numbers)
{
    const redisc_reply items[] = {INTEGER(1), STRING("2"), INTEGER(-3)};
    const redisc_reply array = LIST(REDISC_REPLY_ARRAY, items);
    const redisc_integer_list *integers;
    const redisc_double_list *doubles;
    cr_expect_eq(redisc_reply_integer_list(&array, &integers), REDISC_OK);
    cr_expect_eq(integers->count, 3);
    cr_expect_eq(integers->items[1], 2);
    cr_expect_eq(integers->items[2], -3);
    redisc_free(integers);
    cr_expect_eq(redisc_reply_double_list(&array, &doubles), REDISC_OK);
    cr_expect_eq(doubles->items[2], -3);
    redisc_free(doubles);
    expect_mismatch(redisc_reply_integer_list(&mixed, &integers),
                    "item 0: expected an integer, the reply is a string");
    cr_expect_null(integers);
    cr_expect_eq(redisc_reply_integer_list(&nil, &integers), REDISC_OK);
    cr_expect_null(integers);
}

Test(reply, lists_of_pairs)
{
    const redisc_pair_list *list;
    const redisc_reply *const both[] = {&map, &flat};
    for (size_t i = 0; i < 2; i++) {
        cr_expect_eq(redisc_reply_pair_list(both[i], &list), REDISC_OK);
        cr_expect_eq(list->count, 2);
        cr_expect_str_eq(list->items[0].key.data, "name");
        cr_expect_eq(list->items[0].value.len, 3);
        cr_expect_null(list->items[1].value.data);
        redisc_free(list);
    }
    expect_mismatch(redisc_reply_pair_list(&mixed, &list),
                    "item 2: expected a string, the reply is an integer");
    cr_expect_null(list);
    cr_expect_eq(redisc_reply_pair_list(&nil, &list), REDISC_OK);
    cr_expect_null(list);
}

static void convert(void)
{
    const redisc_str_list *strings;
    const redisc_pair_list *pairs;
    const redisc_double_list *doubles;
    const redisc_reply items[] = {INTEGER(1)};
    const redisc_reply array = LIST(REDISC_REPLY_ARRAY, items);
    cr_expect_eq(test_memory_told(redisc_reply_str_list(&flat, &strings)), strings != NULL);
    cr_expect_eq(test_memory_told(redisc_reply_pair_list(&flat, &pairs)), pairs != NULL);
    cr_expect_eq(test_memory_told(redisc_reply_double_list(&array, &doubles)), doubles != NULL);
    redisc_free(strings);
    redisc_free(pairs);
    redisc_free(doubles);
}

Test(reply, each_allocation_may_fail)
{
    cr_expect_eq(test_memory_fails(convert), 3);
}

Test(reply, names_of_types)
{
    cr_expect_str_eq(redisc_reply_type_name(REDISC_REPLY_NIL), "nil");
    cr_expect_str_eq(redisc_reply_type_name(REDISC_REPLY_PUSH), "push");
    cr_expect_str_eq(redisc_reply_type_name((redisc_reply_type)99), "unknown type");
}
