/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Parsed replies as text, and feeding parsers in pieces: what the parser's tests and fuzzers share.
 *
 *     nil "string" +simple =verbatim -error (big :integer ,double #t [array] ~[set] %[map] >[push]
 *
 * Strings are quoted with \xNN for what isn't printable. Large strings look like any other.
 */
#ifndef REDISC_TESTS_PARSED_TEXT_H
#define REDISC_TESTS_PARSED_TEXT_H

#include "parser.h"

#include <stddef.h>

/* A text that grows; free() its data. */
typedef struct test_text {
    char *data; /* NUL-terminated; NULL while empty */
    size_t len;
    size_t capacity;
} test_text;

void test_text_add(test_text *text, const char *bytes, size_t len);
void test_text_free(test_text *text);

/*
 * Appends a reply, checking what all replies must keep to: aggregates end where they say, no node
 * is left over, the sum of text is right, large blocks are chained. A breach aborts.
 */
void test_text_reply(test_text *text, const redisc_parsed *reply);

/*
 * Feeds bytes and appends each reply, separated by blanks; at the end "…" if one is incomplete, or
 * "!" and the name of the error's status. Returns false after an error.
 */
bool test_feed(redisc_parser *parser, const char *bytes, size_t len, test_text *text);
/* The same, with replies of one value taken many at a time where that is possible. */
bool test_feed_rows(redisc_parser *parser, const char *bytes, size_t len, test_text *text);

/* What feeding the pieces gives: [0, cut) and [cut, len); or, with step > 0, pieces of that size.
 */
test_text test_feed_cut(redisc_parser *parser, const char *bytes, size_t len, size_t cut,
                        size_t step);

extern const redisc_limits test_limits; /* the defaults of redisc_options */

#endif
