/* SPDX-License-Identifier: MIT */
/*
 * Both parsers on one table of wire bytes: each case whole, byte by byte, and cut in two at every
 * place.
 */
#include "error.h"
#include "parsed_text.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Who gives the answer of the table. */
typedef enum known_by {
    RESP2, /* every hiredis too */
    RESP3, /* hiredis 1.0 and newer too */
    LATER, /* hiredis 1.1 and newer too */
    NATIVE /* hiredis doesn't know it, or sees it otherwise: see parser_hiredis.c */
} known_by;

typedef struct wire_case {
    const char *name;
    const char *bytes;
    size_t len;
    const char *text; /* see parsed_text.h */
    known_by known;
} wire_case;

#define CASE(name, bytes, text, known)                                                             \
    {                                                                                              \
        name, bytes, sizeof(bytes) - 1, text, known                                                \
    }
#define MORE "\xe2\x80\xa6"

static const wire_case cases[] = {
    /* RESP2 */
    CASE("ok", "+OK\r\n", "+\"OK\"", RESP2),
    CASE("status", "+PONG\r\n", "+\"PONG\"", RESP2),
    CASE("empty status", "+\r\n", "+\"\"", RESP2),
    CASE("error", "-ERR no\r\n", "-\"ERR no\"", RESP2),
    CASE("zero", ":0\r\n", ":0", RESP2),
    CASE("negative", ":-17\r\n", ":-17", RESP2),
    CASE("largest", ":9223372036854775807\r\n", ":9223372036854775807", RESP2),
    CASE("smallest", ":-9223372036854775808\r\n", ":-9223372036854775808", RESP2),
    CASE("18 digits", ":999999999999999999\r\n", ":999999999999999999", RESP2),
    CASE("19 digits", ":1000000000000000000\r\n", ":1000000000000000000", RESP2),
    CASE("bulk", "$3\r\nfoo\r\n", "\"foo\"", RESP2),
    CASE("empty bulk", "$0\r\n\r\n", "\"\"", RESP2),
    CASE("binary bulk", "$7\r\n\r\n\0$1\r\xff\r\n", "\"\\x0d\\x0a\\x00$1\\x0d\\xff\"", RESP2),
    CASE("ten bytes", "$10\r\n0123456789\r\n", "\"0123456789\"", RESP2),
    CASE("null bulk", "$-1\r\n", "nil", RESP2),
    CASE("null array", "*-1\r\n", "nil", RESP2),
    CASE("empty array", "*0\r\n", "[]", RESP2),
    CASE("array", "*3\r\n$1\r\na\r\n:2\r\n+c\r\n", "[\"a\" :2 +\"c\"]", RESP2),
    CASE("array with nils", "*3\r\n$-1\r\n*-1\r\n$0\r\n\r\n", "[nil nil \"\"]", RESP2),
    CASE("array with error", "*2\r\n-ERR a\r\n:1\r\n", "[-\"ERR a\" :1]", RESP2),
    CASE("nested", "*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n*1\r\n$1\r\nx\r\n", "[[:1 []] [[\"x\"]]]", RESP2),
    CASE("array ends with empty arrays", "*2\r\n*0\r\n*1\r\n*0\r\n", "[[] [[]]]", RESP2),
    CASE("pipelined", "+OK\r\n:1\r\n$2\r\nab\r\n*1\r\n:2\r\n-E\r\n",
         "+\"OK\" :1 \"ab\" [:2] -\"E\"", RESP2),
    CASE("part of a pipeline", "+OK\r\n$5\r\nab", "+\"OK\" " MORE, RESP2),
    CASE("incomplete line", "+O", MORE, RESP2),
    CASE("incomplete array", "*3\r\n:1\r\n", MORE, RESP2),
    CASE("unknown type", "?1\r\n", "!PROTOCOL", RESP2),
    CASE("unknown type inside", "*2\r\n:1\r\nx\r\n", "!PROTOCOL", RESP2),
    CASE("a reply, then rubbish", ":1\r\n\r\n", ":1 !PROTOCOL", RESP2),
    CASE("zero byte", "\0", "!PROTOCOL", RESP2),
    CASE("integer with letters", ":12a\r\n", "!PROTOCOL", RESP2),
    CASE("integer without digits", ":\r\n", "!PROTOCOL", NATIVE),
    CASE("integer that is a sign", ":-\r\n", "!PROTOCOL", NATIVE),
    CASE("integer too large", ":9223372036854775808\r\n", "!PROTOCOL", RESP2),
    CASE("integer too small", ":-9223372036854775809\r\n", "!PROTOCOL", RESP2),
    CASE("integer far too large", ":99999999999999999999999\r\n", "!PROTOCOL", RESP2),
    CASE("integer with blank", ": 1\r\n", "!PROTOCOL", RESP2),
    CASE("length with sign", "$+3\r\nfoo\r\n", "!PROTOCOL", RESP2),
    CASE("length below -1", "$-2\r\n", "!PROTOCOL", RESP2),
    CASE("length -0", "$-0\r\n\r\n", "!PROTOCOL", NATIVE),
    CASE("length missing", "$\r\n\r\n", "!PROTOCOL", NATIVE),
    CASE("length far too large", "$99999999999999999999\r\n", "!PROTOCOL", RESP2),
    CASE("count missing", "*\r\n", "!PROTOCOL", NATIVE),
    CASE("count below -1", "*-2\r\n", "!PROTOCOL", RESP2),
    CASE("count with letters", "*1x\r\n", "!PROTOCOL", RESP2),
    CASE("bulk too long", "$3\r\nfooXY:1\r\n", "!PROTOCOL", NATIVE),
    CASE("bulk too short", "$4\r\nfoo\r\n:1\r\n", "!PROTOCOL", NATIVE),
    CASE("bulk with LF alone", "$3\r\nfoo\n\r", "!PROTOCOL", NATIVE),
    CASE("bulk in array without CR LF", "*2\r\n$1\r\naXX$1\r\nb\r\n", "!PROTOCOL", NATIVE),
    CASE("line with CR alone", "+a\rb\r\n", "!PROTOCOL", RESP2),
    CASE("line with LF alone", "+a\nb\r\n", "!PROTOCOL", RESP2),
    CASE("header with LF alone", "$3\nfoo\r\n", "!PROTOCOL", NATIVE),
    CASE("integer with CR CR LF", ":1\r\r\n", "!PROTOCOL", NATIVE),

    /* RESP3 */
    CASE("null", "_\r\n", "nil", RESP3),
    CASE("true", "#t\r\n", "#t", RESP3),
    CASE("false", "#f\r\n", "#f", RESP3),
    CASE("double", ",3.25\r\n", ",3.25", RESP3),
    CASE("whole double", ",10\r\n", ",10", RESP3),
    CASE("double with exponent", ",-1.5e-7\r\n", ",-1.5e-7", RESP3),
    CASE("double of 17 digits", ",0.30000000000000004\r\n", ",0.30000000000000004", RESP3),
    CASE("infinite", ",inf\r\n", ",inf", RESP3),
    CASE("minus infinite", ",-inf\r\n", ",-inf", RESP3),
    CASE("not a number", ",nan\r\n", ",nan", LATER),
    CASE("big number", "(-3492890328409238509324850943850943825024385\r\n",
         "(\"-3492890328409238509324850943850943825024385\"", LATER),
    CASE("verbatim", "=15\r\ntxt:Some string\r\n", "=\"Some string\"", RESP3),
    CASE("empty verbatim", "=4\r\nmkd:\r\n", "=\"\"", RESP3),
    CASE("map", "%2\r\n+a\r\n:1\r\n$1\r\nb\r\n_\r\n", "%[+\"a\" :1 \"b\" nil]", RESP3),
    CASE("empty map", "%0\r\n", "%[]", RESP3),
    CASE("set", "~2\r\n:1\r\n#t\r\n", "~[:1 #t]", RESP3),
    CASE("push between replies", ":1\r\n>2\r\n+message\r\n$2\r\nhi\r\n:2\r\n",
         ":1 >[+\"message\" \"hi\"] :2", RESP3),
    CASE("array of doubles", "*3\r\n,1.5\r\n,inf\r\n,-2\r\n", "[,1.5 ,inf ,-2]", RESP3),
    CASE("members with scores", "*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2.5\r\n",
         "[[\"a\" ,1] [\"b\" ,2.5]]", RESP3),
    CASE("map in map", "%1\r\n+a\r\n%1\r\n+b\r\n*1\r\n,0.5\r\n", "%[+\"a\" %[+\"b\" [,0.5]]]",
         RESP3),
    CASE("attribute before a reply", "|1\r\n+ttl\r\n:3600\r\n+OK\r\n", "+\"OK\"", LATER),
    CASE("attribute alone", "|1\r\n+ttl\r\n:3600\r\n", MORE, NATIVE),
    CASE("null with text", "_x\r\n", "!PROTOCOL", LATER),
    CASE("boolean of another kind", "#x\r\n", "!PROTOCOL", LATER),
    CASE("long boolean", "#true\r\n", "!PROTOCOL", LATER),
    CASE("double with letters", ",1.2x\r\n", "!PROTOCOL", LATER),
    CASE("empty double", ",\r\n", "!PROTOCOL", LATER),
    CASE("double out of range", ",1e999\r\n", "!PROTOCOL", NATIVE),
    CASE("big number with letters", "(12x\r\n", "!PROTOCOL", NATIVE),
    CASE("big number without digits", "(-\r\n", "!PROTOCOL", NATIVE),
    CASE("verbatim without format", "=3\r\ntxt\r\n", "!PROTOCOL", LATER),
    CASE("verbatim with a long format", "=9\r\ntext:four\r\n", "!PROTOCOL", LATER),

    /* What hiredis doesn't know */
    CASE("integer with plus", ":+5\r\n", ":5", NATIVE),
    CASE("integer with two signs", ":+-5\r\n", "!PROTOCOL", NATIVE),
    CASE("integer with leading zeros", ":007\r\n", ":7", NATIVE),
    CASE("minus zero", ":-0\r\n", ":0", NATIVE),
    CASE("big number with plus", "(+12\r\n", "(\"12\"", NATIVE),
    CASE("blob error", "!21\r\nSYNTAX invalid\r\nsyntax\r\n", "!PROTOCOL", NATIVE),
    CASE("blob error of two lines", "!22\r\nSYNTAX invalid\r\nsyntax\r\n",
         "-\"SYNTAX invalid\\x0d\\x0asyntax\"", NATIVE),
    CASE("null verbatim", "=-1\r\n", "!PROTOCOL", NATIVE),
    CASE("null map", "%-1\r\n", "!PROTOCOL", NATIVE),
    CASE("push inside", "*1\r\n>1\r\n:1\r\n", "!PROTOCOL", NATIVE),
    CASE("attributes inside",
         "*2\r\n|1\r\n+a\r\n:1\r\n:2\r\n|1\r\n+b\r\n*1\r\n$1\r\nx\r\n*1\r\n:3\r\n", "[:2 [:3]]",
         NATIVE),
    CASE("attribute of an attribute", "|1\r\n+a\r\n|1\r\n+b\r\n:1\r\n+c\r\n:2\r\n", ":2", NATIVE),
    CASE("attribute before a push", "|1\r\n+a\r\n:1\r\n>1\r\n+b\r\n", ">[+\"b\"]", NATIVE),
    CASE("empty attribute", "|0\r\n:1\r\n", ":1", NATIVE),
    CASE("attributes in a row", "*1\r\n|0\r\n|1\r\n+a\r\n*0\r\n$1\r\nv\r\n", "[\"v\"]", NATIVE),
    CASE("streamed string", "$?\r\n;4\r\nHell\r\n;5\r\no wor\r\n;2\r\nld\r\n;0\r\n",
         "\"Hello world\"", NATIVE),
    CASE("empty streamed string", "$?\r\n;0\r\n:1\r\n", "\"\" :1", NATIVE),
    CASE("streamed strings in an array",
         "*3\r\n$?\r\n;1\r\na\r\n;0\r\n$1\r\nb\r\n$?\r\n;2\r\ncd\r\n;0\r\n", "[\"a\" \"b\" \"cd\"]",
         NATIVE),
    CASE("streamed string ends without part", "$?\r\n:1\r\n", "!PROTOCOL", NATIVE),
    CASE("streamed string goes on as a string", "*1\r\n$?\r\n$1\r\na\r\n", "!PROTOCOL", NATIVE),
    CASE("part without CR LF", "$?\r\n;1\r\naXX;0\r\n", "!PROTOCOL", NATIVE),
    CASE("part outside", ";1\r\na\r\n", "!PROTOCOL", NATIVE),
    CASE("streamed array", "*?\r\n:1\r\n$1\r\na\r\n.\r\n", "[:1 \"a\"]", NATIVE),
    CASE("empty streamed array", "*?\r\n.\r\n", "[]", NATIVE),
    CASE("streamed set", "~?\r\n:1\r\n.\r\n", "~[:1]", NATIVE),
    CASE("streamed map", "%?\r\n+a\r\n*?\r\n:1\r\n.\r\n.\r\n", "%[+\"a\" [:1]]", NATIVE),
    CASE("streamed map in an array", "*2\r\n%?\r\n+a\r\n:1\r\n.\r\n:2\r\n", "[%[+\"a\" :1] :2]",
         NATIVE),
    CASE("streamed map without last value", "%?\r\n+a\r\n.\r\n", "!PROTOCOL", NATIVE),
    CASE("streamed push", ">?\r\n.\r\n", "!PROTOCOL", NATIVE),
    CASE("streamed attribute", "|?\r\n.\r\n", "!PROTOCOL", NATIVE),
    CASE("end outside", ".\r\n", "!PROTOCOL", NATIVE),
    CASE("end in a counted array", "*1\r\n.\r\n", "!PROTOCOL", NATIVE),
    CASE("end with text", "*?\r\n.x\r\n", "!PROTOCOL", NATIVE),
    CASE("attribute without its value", "*?\r\n|1\r\n+a\r\n:1\r\n.\r\n", "!PROTOCOL", NATIVE),
};

static const size_t case_count = sizeof cases / sizeof cases[0];

typedef redisc_parser *make_parser(const redisc_limits *limits);

static char *fed(make_parser *make, const wire_case *one, size_t cut, size_t step)
{
    redisc_parser *parser = make(&test_limits);
    cr_assert_not_null(parser);
    test_text text = test_feed_cut(parser, one->bytes, one->len, cut, step);
    redisc_parser_free(parser);
    return text.data;
}

static void must_give(make_parser *make, const wire_case *one, size_t cut, size_t step)
{
    char *text = fed(make, one, cut, step);
    cr_assert_str_eq(text, one->text, "%s (cut %zu, step %zu): %s instead of %s", one->name, cut,
                     step, text, one->text);
    free(text);
}

static void run_cases(make_parser *make, known_by most)
{
    for (size_t i = 0; i < case_count; i++) {
        if (cases[i].known > most) {
            continue;
        }
        for (size_t cut = 0; cut <= cases[i].len; cut++) {
            must_give(make, &cases[i], cut, 0);
        }
        for (size_t step = 1; step <= 3; step++) {
            must_give(make, &cases[i], 0, step);
        }
    }
}

Test(parser, native_gives_the_table)
{
    run_cases(redisc_native_parser_new, NATIVE);
}

/* Replies of one value, taken many at a time, are what they are one by one. */
Test(parser, rows_give_the_table)
{
    for (size_t i = 0; i < case_count; i++) {
        for (size_t cut = 0; cut <= cases[i].len; cut++) {
            char *expected = fed(redisc_native_parser_new, &cases[i], cut, 0);
            redisc_parser *parser = redisc_native_parser_new(&test_limits);
            test_text text = {NULL, 0, 0};
            test_text_add(&text, "", 0);
            bool fine = test_feed_rows(parser, cases[i].bytes, cut, &text) &&
                        test_feed_rows(parser, cases[i].bytes + cut, cases[i].len - cut, &text);
            if (fine && redisc_parser_pending(parser) > 0) {
                test_text_add(&text, " " MORE, text.len > 0 ? sizeof " " MORE - 1 : 0);
                test_text_add(&text, MORE, text.len > 0 ? 0 : sizeof MORE - 1);
            }
            cr_expect_str_eq(text.data, expected, "%s (cut %zu): %s instead of %s", cases[i].name,
                             cut, text.data, expected);
            free(expected);
            test_text_free(&text);
            redisc_parser_free(parser);
        }
    }
}

/* Versions tell themselves apart by what they accept. */
static known_by known_by_hiredis(void)
{
    static const wire_case big = CASE("big number", "(1\r\n", "(\"1\"", LATER);
    if (!redisc_hiredis_knows_resp3()) {
        return RESP2;
    }
    char *text = fed(redisc_hiredis_parser_new, &big, 0, 0);
    known_by known = strcmp(text, big.text) == 0 ? LATER : RESP3;
    free(text);
    return known;
}

Test(parser, hiredis_gives_the_table_as_far_as_it_knows)
{
    redisc_parser *parser = redisc_hiredis_parser_new(&test_limits);
    if (parser == NULL) {
        cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_UNSUPPORTED);
        cr_skip("built without hiredis");
    }
    redisc_parser_free(parser);
    run_cases(redisc_hiredis_parser_new, known_by_hiredis());
}

/* All replies of the table that are complete, one after the other, read in many sizes. */
Test(parser, all_of_the_table_in_one_stream)
{
    test_text bytes = {NULL, 0, 0};
    test_text expected = {NULL, 0, 0};
    for (size_t i = 0; i < case_count; i++) {
        if (strstr(cases[i].text, MORE) == NULL && strchr(cases[i].text, '!') == NULL) {
            test_text_add(&bytes, cases[i].bytes, cases[i].len);
            test_text_add(&expected, " ", expected.len > 0);
            test_text_add(&expected, cases[i].text, strlen(cases[i].text));
        }
    }
    for (size_t step = 1; step < 600; step++) {
        redisc_parser *parser = redisc_native_parser_new(&test_limits);
        test_text text = test_feed_cut(parser, bytes.data, bytes.len, 0, step);
        cr_assert_str_eq(text.data, expected.data, "in pieces of %zu bytes", step);
        cr_assert_eq(redisc_parser_pending(parser), 0);
        test_text_free(&text);
        redisc_parser_free(parser);
    }
    test_text_free(&bytes);
    test_text_free(&expected);
}

static void feed(redisc_parser *parser, const char *bytes, size_t len)
{
    while (len > 0) {
        size_t size;
        char *room = redisc_parser_room(parser, &size);
        cr_assert_not_null(room);
        size = size < len ? size : len;
        memcpy(room, bytes, size);
        redisc_parser_filled(parser, size);
        bytes += size;
        len -= size;
    }
}

static void feed_text(redisc_parser *parser, const char *text)
{
    feed(parser, text, strlen(text));
}

static void must_fail(redisc_parser *parser, redisc_status status, const char *text)
{
    redisc_parsed reply;
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_FAILED, "for: %s", text);
    cr_assert_eq(redisc_last_error()->status, status, "%s", redisc_last_error()->text);
    cr_assert_not_null(strstr(redisc_last_error()->text, text), "%s", redisc_last_error()->text);
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_FAILED, "it goes on");
    size_t size;
    cr_assert_null(redisc_parser_room(parser, &size));
    redisc_parser_free(parser);
}

static redisc_parser *fed_parser(redisc_limits limits, const char *text)
{
    redisc_parser *parser = redisc_native_parser_new(&limits);
    feed_text(parser, text);
    return parser;
}

Test(parser, errors_tell_what_and_where)
{
    must_fail(fed_parser(test_limits, "*2\r\n$3\r\nfooXY:1\r\n"), REDISC_ERROR_PROTOCOL,
              "protocol error: bulk string without CR LF at byte 11 of the reply");
    must_fail(fed_parser(test_limits, "*1\r\n?\r\n"), REDISC_ERROR_PROTOCOL,
              "protocol error: unknown type '?' at byte 4 of the reply");
    must_fail(fed_parser(test_limits, "\x01"), REDISC_ERROR_PROTOCOL, "unknown type 0x01");
    must_fail(fed_parser(test_limits, ":x\r\n"), REDISC_ERROR_PROTOCOL, "invalid integer");
    must_fail(fed_parser(test_limits, "$x\r\n"), REDISC_ERROR_PROTOCOL, "invalid length at byte 1");
}

Test(parser, limits)
{
    redisc_limits small = {.depth = 2, .bulk_bytes = 10, .elements = 5, .reply_bytes = 60};
    must_fail(fed_parser(small, "*1\r\n*1\r\n*1\r\n"), REDISC_ERROR_LIMIT, "nested more than 2");
    must_fail(fed_parser(small, "$11\r\n"), REDISC_ERROR_LIMIT, "string of 11 bytes");
    must_fail(fed_parser(small, "+12345678901\r\n"), REDISC_ERROR_LIMIT, "line of more than 10");
    must_fail(fed_parser(small, "=11\r\n"), REDISC_ERROR_LIMIT, "string of 11 bytes");
    must_fail(fed_parser(small, "$?\r\n;6\r\n123456\r\n;5\r\n"), REDISC_ERROR_LIMIT,
              "string of 5 bytes exceeds the limit of 10");
    must_fail(fed_parser(small, "*6\r\n"), REDISC_ERROR_LIMIT,
              "aggregate of 6 values makes more than 5 elements");
    must_fail(fed_parser(small, "%3\r\n"), REDISC_ERROR_LIMIT,
              "aggregate of 3 pairs makes more than 5 elements");
    must_fail(fed_parser(small, "*2\r\n*3\r\n:1\r\n:1\r\n:1\r\n*1\r\n:1\r\n"), REDISC_ERROR_LIMIT,
              "more than 5 elements");
    must_fail(fed_parser(small, "*?\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n"), REDISC_ERROR_LIMIT,
              "more than 5 elements");
    must_fail(fed_parser(small, "*5\r\n$10\r\n1234567890\r\n$10\r\n1234567890\r\n"
                                "$10\r\n1234567890\r\n$10\r\n"),
              REDISC_ERROR_LIMIT, "limit of 60");
    must_fail(fed_parser(small, "*?\r\n|1\r\n+a\r\n:1\r\n|1\r\n+a\r\n:1\r\n|1\r\n+a\r\n"
                                ":1\r\n|1\r\n+a\r\n:1\r\n|1\r\n+a\r\n:1\r\n"),
              REDISC_ERROR_LIMIT, "limit of 60");
    redisc_limits tight = {.depth = 1, .bulk_bytes = 10, .elements = 2, .reply_bytes = 26};
    redisc_parser *parser = redisc_native_parser_new(&tight);
    test_text text = {NULL, 0, 0};
    const char *bytes = "*2\r\n$10\r\n1234567890\r\n:10\r\n";
    cr_assert(test_feed(parser, bytes, strlen(bytes), &text), "exactly at all limits");
    cr_assert_str_eq(text.data, "[\"1234567890\" :10]");
    test_text_free(&text);
    redisc_parser_free(parser);
}

Test(parser, hiredis_keeps_the_limits_too)
{
    redisc_limits small = {.depth = 2, .bulk_bytes = 10, .elements = 5, .reply_bytes = 60};
    static const char *const texts[] = {
        "*1\r\n*1\r\n*1\r\n:1\r\n",
        "$11\r\n12345678901\r\n",
        "*6\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n:1\r\n",
        "*5\r\n$10\r\n1234567890\r\n$10\r\n1234567890\r\n$10\r\n1234567890\r\n$10\r\n12",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        redisc_parser *parser = redisc_hiredis_parser_new(&small);
        redisc_parsed reply;
        if (parser == NULL) {
            cr_skip("built without hiredis");
        }
        feed_text(parser, texts[i]);
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_FAILED, "%s", texts[i]);
        redisc_parser_free(parser);
    }
}

Test(parser, lines_are_bounded)
{
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    redisc_parsed reply;
    static char line[8192];
    memset(line, 'a', sizeof line);
    feed_text(parser, "+");
    for (int i = 0; i < 8; i++) {
        feed(parser, line, sizeof line);
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
    }
    feed_text(parser, "aa");
    must_fail(parser, REDISC_ERROR_LIMIT, "line of more than 65536 bytes");
}

/* A large string, with others before and behind it, in pieces of any size. */
static void large_string(size_t len, size_t step)
{
    char head[32];
    char *bytes = malloc(len + 64);
    size_t size = (size_t)snprintf(head, sizeof head, "*3\r\n:1\r\n$%zu\r\n", len);
    memcpy(bytes, head, size);
    for (size_t i = 0; i < len; i++) {
        bytes[size + i] = (char)('a' + i % 23);
    }
    memcpy(bytes + size + len, "\r\n$1\r\nz\r\n+OK\r\n", 14);
    size_t end = size + len + 14;
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    redisc_parsed reply;
    for (size_t at = 0; at < end - 5; at += step) {
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
        feed(parser, bytes + at, step < end - 5 - at ? step : end - 5 - at);
    }
    feed_text(parser, "+OK\r\n");
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
    cr_assert_eq(reply.count, 4);
    cr_assert_eq(redisc_node_length(&reply.nodes[2]), len);
    const char *string = redisc_node_bytes(&reply, &reply.nodes[2]);
    if (redisc_node_kind(&reply.nodes[2]) == REDISC_NODE_LARGE) {
        string = ((const redisc_str *)redisc_block_payload(reply.nodes[2].as.large))->data;
    }
    cr_assert_eq(memcmp(string, bytes + size, len), 0);
    cr_assert_eq(memcmp(redisc_node_bytes(&reply, &reply.nodes[3]), "z", 1), 0);
    redisc_parser_consume(parser);
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
    redisc_parser_consume(parser);
    cr_assert_eq(redisc_parser_pending(parser), 0);
    redisc_parser_free(parser);
    free(bytes);
}

Test(parser, rows_hold_what_is_usual_and_complete)
{
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    redisc_node leaves[8];
    redisc_parsed reply;
    feed_text(parser, "+OK\r\n:1\r\n$-1\r\n+QUEUED\r\n,1.5\r\n$3\r\nfoo\r\n-E\r\n:2\r\n:3");
    cr_assert_eq(redisc_parser_leaves(parser, leaves, 2, &reply), 2);
    redisc_parser_consume(parser);
    cr_assert_eq(redisc_parser_leaves(parser, leaves, 8, &reply), 4, "up to the error");
    redisc_parser_consume(parser);
    cr_assert_eq(redisc_parser_leaves(parser, leaves, 8, &reply), 0);
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
    cr_expect_eq(redisc_node_kind(reply.nodes), REDISC_NODE_ERROR);
    redisc_parser_consume(parser);
    cr_assert_eq(redisc_parser_leaves(parser, leaves, 8, &reply), 1, "what is complete");
    cr_expect_eq(leaves[0].as.integer, 2);
    redisc_parser_consume(parser);
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
    cr_assert_eq(redisc_parser_leaves(parser, leaves, 8, &reply), 0, "a reply has begun");
    feed_text(parser, "4\r\n");
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
    cr_expect_eq(reply.nodes->as.integer, 34);
    redisc_parser_free(parser);
}

Test(parser, large_strings)
{
    static const size_t lengths[] = {32767, 32768, 65536, 100000, 1048574, 1048575, 5000000};
    static const size_t steps[] = {977, 16384, 65536, 10000000};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        for (size_t k = 0; k < sizeof steps / sizeof steps[0]; k++) {
            large_string(lengths[i], steps[k]);
        }
    }
    for (size_t step = 32760; step < 32810; step++) {
        large_string(32768, step);
    }
}

Test(parser, a_lone_large_string_can_be_taken)
{
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    redisc_parsed reply;
    static char bytes[40000];
    memset(bytes, 'x', sizeof bytes);
    feed_text(parser, "$40000\r\nxx");
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
    feed(parser, bytes, 39998);
    cr_assert_eq(redisc_parser_pending(parser), 40008);
    feed_text(parser, "\r\n");
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
    cr_assert_eq(redisc_node_kind(reply.nodes), REDISC_NODE_LARGE);
    const redisc_str *string = redisc_block_payload(reply.large);
    reply.large = NULL; /* taken */
    redisc_parser_consume(parser);
    redisc_parser_free(parser);
    cr_assert_eq(string->len, 40000);
    cr_assert_eq(memcmp(string->data, bytes, 40000), 0);
    redisc_free(string);
}

Test(parser, a_large_string_without_cr_lf)
{
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    redisc_parsed reply;
    static char bytes[40002];
    memset(bytes, 'x', sizeof bytes);
    feed_text(parser, "$40000\r\n");
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
    feed(parser, bytes, sizeof bytes);
    must_fail(parser, REDISC_ERROR_PROTOCOL, "bulk string without CR LF at byte 40008");
}

/* What a parser has taken, by an allocator that counts. */
static size_t allocated;

static void *count_allocate(size_t size, void *context)
{
    (void)context;
    allocated += size;
    return malloc(size);
}

static void *count_reallocate(void *memory, size_t size, void *context)
{
    (void)context;
    allocated += size;
    return realloc(memory, size);
}

static void count_release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static const redisc_allocator counting = {count_allocate, count_reallocate, count_release, NULL};

/* Sizes that are only announced cost next to nothing. */
Test(parser, hostile_headers_cost_no_memory)
{
    static const char *const headers[] = {
        "*134217727\r\n", "%67108863\r\n",  "~134217727\r\n",
        ">134217727\r\n", "|67108863\r\n",  "$?\r\n;536870912\r\n",
        "=536870912\r\n", "!536870912\r\n", "*134217720\r\n*0\r\n*134217710\r\n"};
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        allocated = 0;
        redisc_set_allocator(&counting);
        redisc_parser *parser = redisc_native_parser_new(&test_limits);
        redisc_parsed reply;
        feed_text(parser, headers[i]);
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE, "%s", headers[i]);
        size_t size;
        cr_assert_not_null(redisc_parser_room(parser, &size));
        cr_assert_lt(allocated, 256 * 1024, "%s cost %zu bytes", headers[i], allocated);
        redisc_parser_free(parser);
        redisc_set_allocator(NULL);
    }
    allocated = 0;
    redisc_set_allocator(&counting);
    redisc_parser *parser = fed_parser(test_limits, "$536870912\r\n");
    redisc_parsed reply;
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
    cr_assert_lt(allocated, 1100 * 1024, "a large string begins with a block of 1 MiB");
    redisc_parser_free(parser);
    redisc_set_allocator(NULL);
    must_fail(fed_parser(test_limits, "*2147483647\r\n"), REDISC_ERROR_LIMIT, "elements");
    must_fail(fed_parser(test_limits, "%9223372036854775807\r\n"), REDISC_ERROR_LIMIT, "elements");
    must_fail(fed_parser(test_limits, "*18446744073709551616\r\n"), REDISC_ERROR_PROTOCOL,
              "length");
}

Test(parser, deep_nesting_ends_at_the_limit)
{
    redisc_limits deep = test_limits;
    deep.depth = 100000;
    redisc_parser *parser = redisc_native_parser_new(&deep);
    redisc_parsed reply;
    for (size_t i = 0; i < deep.depth; i++) {
        feed_text(parser, "*1\r\n");
        if (i % 1000 == 0) {
            cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
        }
    }
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
    feed_text(parser, "*1\r\n");
    must_fail(parser, REDISC_ERROR_LIMIT, "nested more than 100000 deep");
}

Test(parser, idle_parsers_are_small)
{
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    redisc_parsed reply;
    static char bytes[1 << 16];
    size_t size = 0;
    size += (size_t)snprintf(bytes, sizeof bytes, "*5000\r\n");
    for (int i = 0; i < 5000; i++) {
        size += (size_t)snprintf(bytes + size, sizeof bytes - size, "$1\r\nx\r\n");
    }
    for (int round = 0; round < 3; round++) {
        feed(parser, bytes, size - 1);
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_MORE);
        redisc_parser_shrink(parser); /* must not touch a reply on its way */
        feed(parser, bytes + size - 1, 1);
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
        cr_assert_eq(reply.count, 5001);
        redisc_parser_consume(parser);
        redisc_parser_shrink(parser);
    }
    allocated = 0;
    redisc_set_allocator(&counting);
    feed_text(parser, "+OK\r\n");
    cr_assert_leq(allocated, 1024);
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
    redisc_parser_consume(parser);
    redisc_parser_free(parser);
    redisc_set_allocator(NULL);
}

Test(parser, in_the_steady_state_nothing_is_allocated)
{
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    redisc_parsed reply;
    for (int round = 0; round < 100; round++) {
        feed_text(parser,
                  "*3\r\n*2\r\n$1\r\na\r\n,1.5\r\n:2\r\n|1\r\n+a\r\n:1\r\n+OK\r\n$3\r\nfoo\r\n");
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
        redisc_parser_consume(parser);
        cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY);
        redisc_parser_consume(parser);
        if (round == 0) {
            allocated = 0;
            redisc_set_allocator(&counting);
        }
    }
    cr_assert_eq(allocated, 0);
    redisc_parser_free(parser);
    redisc_set_allocator(NULL);
}

Test(parser, many_bytes_one_by_one_stay_linear)
{
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    test_text text = {NULL, 0, 0};
    static char bytes[400000];
    size_t size = (size_t)snprintf(bytes, sizeof bytes, "*20\r\n");
    for (int i = 0; i < 10; i++) { /* lines as long as they may be, and strings */
        size += (size_t)snprintf(bytes + size, sizeof bytes - size, "+%020000d\r\n", i);
        size += (size_t)snprintf(bytes + size, sizeof bytes - size, "$10000\r\n%010000d\r\n", i);
    }
    for (size_t i = 0; i < size; i++) {
        cr_assert(test_feed(parser, bytes + i, 1, &text));
    }
    cr_assert_not_null(text.data, "complete");
    test_text_free(&text);
    redisc_parser_free(parser);
}
