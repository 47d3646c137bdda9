/* SPDX-License-Identifier: MIT */
/* Results against what they have to be: both are put into words, and the words compared. */
#include "tour.h"
#include "words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void gives_ok(tour *t)
{
    gives_words(t, "OK", "OK");
}

void gives_boolean(tour *t, bool value, bool expected)
{
    gives_words(t, value ? "true" : "false", expected ? "true" : "false");
}

void gives_integer(tour *t, int64_t value, int64_t expected)
{
    gives_optional_integer(t, redisc_integer(value), redisc_integer(expected));
}

void gives_double(tour *t, double value, double expected)
{
    gives_optional_double(t, redisc_double(value), redisc_double(expected));
}

void gives_optional_integer(tour *t, redisc_optional_integer value,
                            redisc_optional_integer expected)
{
    char texts[2][32] = {"nil", "nil"};
    if (value.has_value) {
        snprintf(texts[0], sizeof texts[0], "%" PRId64, value.value);
    }
    if (expected.has_value) {
        snprintf(texts[1], sizeof texts[1], "%" PRId64, expected.value);
    }
    gives_words(t, texts[0], texts[1]);
}

void gives_optional_double(tour *t, redisc_optional_double value, redisc_optional_double expected)
{
    char texts[2][32] = {"nil", "nil"};
    if (value.has_value) {
        snprintf(texts[0], sizeof texts[0], "%.15g", value.value);
    }
    if (expected.has_value) {
        snprintf(texts[1], sizeof texts[1], "%.15g", expected.value);
    }
    gives_words(t, texts[0], texts[1]);
}

void gives_string(tour *t, const redisc_str *value, const char *expected)
{
    words result = {0}, wanted = {0};
    add_string(&result, redisc_str_at(value));
    add_string(&wanted, redisc_text(expected));
    redisc_free(value);
    gives_words(t, result.text, wanted.text);
}

void gives_strings(tour *t, const redisc_str_list *values, redisc_str_list expected)
{
    words result = {0}, wanted = {0};
    if (values == NULL) {
        add(&result, "nil");
    } else {
        add_strings(&result, *values);
    }
    add_strings(&wanted, expected);
    redisc_free(values);
    gives_words(t, result.text, wanted.text);
}

static int compare(const void *a, const void *b)
{
    const redisc_str *one = a, *other = b;
    size_t len = one->len < other->len ? one->len : other->len;
    int order = memcmp(one->data, other->data, len);
    return order != 0 ? order : (one->len > other->len) - (one->len < other->len);
}

void gives_set(tour *t, const redisc_str_list *members, redisc_str_list expected)
{
    enum { MOST = 16 };
    redisc_str sorted[MOST];
    redisc_str_list list = {sorted, 0};
    for (; members != NULL && list.count < members->count && list.count < MOST; list.count++) {
        sorted[list.count] = members->items[list.count];
    }
    qsort(sorted, list.count, sizeof sorted[0], compare);
    words result = {0}, wanted = {0};
    add_strings(&result, list);
    add_strings(&wanted, expected);
    redisc_free(members);
    gives_words(t, result.text, wanted.text);
}

void gives_integers(tour *t, const redisc_integer_list *values, redisc_integer_list expected)
{
    words result = {0}, wanted = {0};
    if (values != NULL) {
        add_integers(&result, *values);
    }
    add_integers(&wanted, expected);
    redisc_free(values);
    gives_words(t, result.text, wanted.text);
}

void gives_booleans(tour *t, const redisc_boolean_list *values, const char *expected)
{
    words result = {0};
    if (values != NULL) {
        add_booleans(&result, *values);
    }
    redisc_free(values);
    gives_words(t, result.text, expected);
}

void gives_pairs(tour *t, const redisc_pair_list *values, redisc_pair_list expected)
{
    words result = {0}, wanted = {0};
    if (values != NULL) {
        add_pairs(&result, *values);
    }
    add_pairs(&wanted, expected);
    redisc_free(values);
    gives_words(t, result.text, wanted.text);
}

void gives_scored(tour *t, const redisc_scored_list *values, redisc_scored_list expected)
{
    words result = {0}, wanted = {0};
    if (values != NULL) {
        add_scored(&result, *values);
    }
    add_scored(&wanted, expected);
    redisc_free(values);
    gives_words(t, result.text, wanted.text);
}

void gives_reply(tour *t, const redisc_reply *reply, const char *expected)
{
    words result = {0};
    if (reply != NULL) {
        add_reply(&result, reply);
    }
    redisc_free(reply);
    gives_words(t, result.text, expected);
}
