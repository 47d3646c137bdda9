/* SPDX-License-Identifier: MIT */
/*
 * The native parser against hiredis's reader. Most inputs are taken as a recipe for valid replies,
 * of the types that this hiredis knows, which both must read alike. An input that starts with 0xff
 * is fed as it is: if the native parser takes all of it, hiredis must say the same or refuse it.
 */
#include "parsed_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_DEPTH = 6, MOST_BYTES = 100000 };

/* The recipe being read, and the bytes being made of it. */
typedef struct recipe {
    const uint8_t *at;
    const uint8_t *end;
    test_text wire;
} recipe;

static unsigned next(recipe *from)
{
    return from->at < from->end ? *from->at++ : 0;
}

static void add(recipe *from, const char *text)
{
    test_text_add(&from->wire, text, strlen(text));
}

static void add_line(recipe *from, char sign, const char *text)
{
    test_text_add(&from->wire, &sign, 1);
    add(from, text);
    add(from, "\r\n");
}

static void add_count(recipe *from, char sign, size_t count)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", count);
    add_line(from, sign, text);
}

/* Bytes of the recipe; some strings are long. */
static void add_bulk(recipe *from, char sign, const char *prefix)
{
    size_t len = next(from);
    size_t times = len > 250 ? 300 : 1;
    const uint8_t *bytes = from->at;
    size_t left = (size_t)(from->end - from->at);
    len = len < left ? len : left;
    from->at += len;
    add_count(from, sign, len * times + strlen(prefix));
    add(from, prefix);
    for (size_t i = 0; i < times; i++) {
        test_text_add(&from->wire, (const char *)bytes, len);
    }
    add(from, "\r\n");
}

/* A line without CR and LF. */
static void add_text(recipe *from, char sign)
{
    char text[256];
    size_t len = next(from) % 100;
    for (size_t i = 0; i < len; i++) {
        unsigned c = next(from);
        text[i] = c == '\r' || c == '\n' || c == 0 ? ' ' : (char)c;
    }
    text[len] = '\0';
    add_line(from, sign, text);
}

static uint64_t next_number(recipe *from)
{
    uint64_t number = 0;
    for (unsigned count = next(from) % 9; count > 0; count--) {
        number = number << 8 | next(from);
    }
    return number;
}

static void add_integer(recipe *from)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)next_number(from));
    add_line(from, ':', text);
}

static void add_double(recipe *from)
{
    static const char *const formats[] = {"%.17g", "%g", "%.3f", "%e"};
    char text[400];
    uint64_t bits = next_number(from);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (value != value) {
        value = 0.5;
    }
    snprintf(text, sizeof text, formats[next(from) % 4], value);
    add_line(from, ',', text);
}

static void add_value(recipe *from, unsigned depth);

static void add_aggregate(recipe *from, char sign, unsigned depth)
{
    size_t count = next(from) % 12;
    add_count(from, sign, count);
    for (size_t i = 0; i < (sign == '%' ? 2 * count : count); i++) {
        add_value(from, depth + 1);
    }
}

static bool knows_resp3(void)
{
    static int known = -1;
    if (known < 0) { /* 1.0 lacks some types: big numbers tell */
        redisc_parser *parser = redisc_hiredis_parser_new(&test_limits);
        test_text text = test_feed_cut(parser, "(1\r\n", 4, 4, 0);
        known = strcmp(text.data, "(\"1\"") == 0;
        test_text_free(&text);
        redisc_parser_free(parser);
    }
    return known == 1;
}

static void add_resp3(recipe *from, unsigned kind, unsigned depth)
{
    switch (kind) {
    case 0:
        add(from, "_\r\n");
        break;
    case 1:
        add(from, next(from) % 2 != 0 ? "#t\r\n" : "#f\r\n");
        break;
    case 2:
        add_bulk(from, '=', "txt:");
        break;
    case 3:
        add_line(from, '(', next(from) % 2 != 0 ? "-12345678901234567890123" : "1");
        break;
    case 4:
        add_aggregate(from, '%', depth);
        break;
    case 5:
        add_aggregate(from, '~', depth);
        break;
    default:
        add_double(from);
        break;
    }
}

static void add_value(recipe *from, unsigned depth)
{
    unsigned kind = next(from) % (knows_resp3() ? 16 : 8);
    if (from->wire.len > MOST_BYTES) {
        kind = 2;
    }
    bool is_aggregate = kind == 5 || kind == 6 || kind == 12 || kind == 13;
    if (is_aggregate && depth >= MOST_DEPTH) {
        kind = 2;
    }
    switch (kind) {
    case 0:
        add(from, next(from) % 2 != 0 ? "$-1\r\n" : "*-1\r\n");
        break;
    case 1:
        add_text(from, '+');
        break;
    case 2:
        add_integer(from);
        break;
    case 3:
    case 4:
        add_bulk(from, '$', "");
        break;
    case 5:
    case 6:
        add_aggregate(from, '*', depth);
        break;
    case 7:
        add_text(from, '-');
        break;
    default:
        add_resp3(from, kind - 8, depth);
        break;
    }
}

static test_text fed(redisc_parser *parser, const char *bytes, size_t len, size_t step)
{
    if (parser == NULL) {
        abort();
    }
    test_text text = test_feed_cut(parser, bytes, len, len, step);
    redisc_parser_free(parser);
    return text;
}

static void compare(const char *bytes, size_t len, size_t step, bool valid)
{
    test_text ours = fed(redisc_native_parser_new(&test_limits), bytes, len, step);
    test_text theirs = fed(redisc_hiredis_parser_new(&test_limits), bytes, len, step);
    bool refused = strchr(theirs.data, '!') != NULL;
    bool taken = strchr(ours.data, '!') == NULL && strstr(ours.data, "\xe2\x80\xa6") == NULL;
    bool must_agree = valid || (taken && !refused);
    if (must_agree && strcmp(ours.data, theirs.data) != 0) {
        fprintf(stderr, "native: %s\nhiredis: %s\n", ours.data, theirs.data);
        abort();
    }
    test_text_free(&ours);
    test_text_free(&theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (data[0] == 0xff) {
        compare((const char *)data + 1, size - 1, 0, false);
        return 0;
    }
    recipe from = {data + 1, data + size, {NULL, 0, 0}};
    while (from.at < from.end && from.wire.len < MOST_BYTES) {
        add_value(&from, 0);
    }
    if (from.wire.len > 0) {
        /* The last reply may be cut off. */
        size_t len = from.wire.len - (data[0] % 4 == 0 ? data[0] % from.wire.len : 0);
        compare(from.wire.data, len, data[0] / 4, true);
    }
    test_text_free(&from.wire);
    return 0;
}
