/* SPDX-License-Identifier: MIT */
/*
 * Parsers when memory runs out: each allocation of a long script fails once. The failure must be
 * told as such, and nothing may leak.
 */
#include "error.h"
#include "parsed_text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NEVER = -1, MOST_ALLOCATIONS = 1000 };

static int until_failure; /* allocations that still succeed */
static long in_use;

static bool fails(void)
{
    if (until_failure == NEVER) {
        return false;
    }
    return until_failure == 0 || until_failure-- == 0;
}

static void *allocate(size_t size, void *context)
{
    (void)context;
    if (fails()) {
        return NULL;
    }
    in_use++;
    return malloc(size);
}

static void *reallocate(void *memory, size_t size, void *context)
{
    (void)context;
    if (fails()) {
        return NULL;
    }
    in_use += memory == NULL;
    return realloc(memory, size);
}

static void release(void *memory, void *context)
{
    (void)context;
    in_use--;
    free(memory);
}

static const redisc_allocator failing = {allocate, reallocate, release, NULL};

static void add_array(test_text *wire, int count)
{
    char text[64];
    test_text_add(wire, text, (size_t)snprintf(text, sizeof text, "*%d\r\n", count));
    for (int i = 0; i < count; i++) {
        test_text_add(wire, text, (size_t)snprintf(text, sizeof text, "$4\r\n%04d\r\n", i));
    }
}

static void add_large(test_text *wire, size_t len)
{
    char head[32];
    test_text_add(wire, head, (size_t)snprintf(head, sizeof head, "$%zu\r\n", len));
    char *bytes = calloc(1, len);
    cr_assert_not_null(bytes);
    test_text_add(wire, bytes, len);
    free(bytes);
    test_text_add(wire, "\r\n", 2);
}

static void add(test_text *wire, const char *text)
{
    test_text_add(wire, text, strlen(text));
}

/* Grows all that a parser has: input, nodes, frames, blocks. */
static test_text script(bool resp3)
{
    test_text wire = {NULL, 0, 0};
    add(&wire, "+OK\r\n:1\r\n*2\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n$1\r\na\r\n");
    add_array(&wire, 3000);
    add(&wire, "*3\r\n:1\r\n");
    add_large(&wire, 50000);
    add_large(&wire, 3000000);
    if (resp3) {
        add(&wire, "*2\r\n|1\r\n+a\r\n");
        add_large(&wire, 40000);
        add(&wire, ":1\r\n$?\r\n;1\r\na\r\n;0\r\n*?\r\n:1\r\n.\r\n");
    }
    add_large(&wire, 100000);
    return wire;
}

typedef redisc_parser *make_parser(const redisc_limits *limits);

/* Whether the script ran to its end; else the last error must be MEMORY. */
static bool run(make_parser *make, const test_text *wire, bool take)
{
    redisc_parser *parser = make(&test_limits);
    size_t at = 0;
    bool fine = parser != NULL;
    while (fine && at < wire->len) {
        size_t size;
        char *room = redisc_parser_room(parser, &size);
        fine = room != NULL;
        if (!fine) {
            break;
        }
        size = size < wire->len - at ? size : wire->len - at;
        memcpy(room, wire->data + at, size);
        redisc_parser_filled(parser, size);
        at += size;
        redisc_parsed reply;
        redisc_parse parse;
        while ((parse = redisc_parser_next(parser, &reply)) == REDISC_PARSE_REPLY) {
            if (take) {
                redisc_block_free(reply.large);
                reply.large = NULL;
            }
            redisc_parser_consume(parser);
        }
        fine = parse == REDISC_PARSE_MORE;
    }
    if (!fine) {
        cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_MEMORY, "%s",
                     redisc_last_error()->text);
    }
    redisc_parser_free(parser);
    return fine;
}

static int fail_each_allocation(make_parser *make, bool resp3, bool take)
{
    test_text wire = script(resp3);
    int count = 0;
    redisc_set_allocator(&failing);
    for (bool fine = false; !fine; count++) {
        cr_assert_lt(count, MOST_ALLOCATIONS);
        until_failure = count;
        fine = run(make, &wire, take);
        cr_assert_eq(in_use, 0, "%ld allocations leaked when number %d failed", in_use, count);
    }
    redisc_set_allocator(NULL);
    test_text_free(&wire);
    return count;
}

Test(parser_memory, native_survives_every_failure)
{
    cr_assert_gt(fail_each_allocation(redisc_native_parser_new, true, false), 15);
    cr_assert_gt(fail_each_allocation(redisc_native_parser_new, true, true), 15);
}

Test(parser_memory, hiredis_survives_every_failure)
{
    redisc_parser *parser = redisc_hiredis_parser_new(&test_limits);
    if (parser == NULL) {
        cr_skip("built without hiredis");
    }
    redisc_parser_free(parser);
    cr_assert_gt(fail_each_allocation(redisc_hiredis_parser_new, false, false), 3);
}

Test(parser_memory, a_parser_freed_in_the_middle_leaks_nothing)
{
    test_text wire = script(true);
    redisc_set_allocator(&failing);
    until_failure = NEVER;
    for (size_t len = 1; len < wire.len; len += len < 200 ? 1 : 100003) {
        redisc_parser *parser = redisc_native_parser_new(&test_limits);
        test_text text = {NULL, 0, 0};
        cr_assert(test_feed(parser, wire.data, len, &text));
        test_text_free(&text);
        redisc_parser_free(parser);
        cr_assert_eq(in_use, 0);
    }
    redisc_set_allocator(NULL);
    test_text_free(&wire);
}

/* A reply that was given but not consumed, with its large strings. */
Test(parser_memory, a_parser_freed_with_a_reply_given_leaks_nothing)
{
    test_text wire = {NULL, 0, 0};
    add(&wire, "*2\r\n");
    add_large(&wire, 200000);
    add_large(&wire, 40000);
    redisc_set_allocator(&failing);
    until_failure = NEVER;
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    redisc_parsed reply;
    for (size_t at = 0; at < wire.len;) {
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
        size_t size;
        char *room = redisc_parser_room(parser, &size);
        cr_assert_not_null(room);
        size = size < wire.len - at ? size : wire.len - at;
        memcpy(room, wire.data + at, size);
        redisc_parser_filled(parser, size);
        at += size;
    }
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
    cr_assert_not_null(reply.large);
    redisc_parser_free(parser);
    cr_assert_eq(in_use, 0);
    redisc_set_allocator(NULL);
    test_text_free(&wire);
}
