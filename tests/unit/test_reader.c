/* SPDX-License-Identifier: MIT */
/* From wire bytes to values, through the native parser and the built-in result types. */
#include "parser.h"
#include "reader.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const redisc_limits limits = {
    .depth = 32, .bulk_bytes = 1 << 26, .elements = 1 << 20, .reply_bytes = 1 << 27};

static redisc_status read_bytes(const char *bytes, size_t len, const redisc_result *result,
                                void *out)
{
    redisc_parser *parser = redisc_native_parser_new(&limits);
    redisc_parsed reply;
    redisc_parse state = REDISC_PARSE_MORE;
    while (len > 0 && state == REDISC_PARSE_MORE) {
        size_t size = 0;
        char *room = redisc_parser_room(parser, &size);
        cr_assert_not_null(room);
        size_t portion = len < size ? len : size;
        memcpy(room, bytes, portion);
        redisc_parser_filled(parser, portion);
        bytes += portion;
        len -= portion;
        state = redisc_parser_next(parser, &reply);
    }
    cr_assert_eq(state, REDISC_PARSE_REPLY);
    redisc_status status = redisc_read_reply(&reply, result, out);
    redisc_parser_consume(parser);
    redisc_parser_free(parser);
    return status;
}

static redisc_status read_wire(const char *wire, const redisc_result *result, void *out)
{
    return read_bytes(wire, strlen(wire), result, out);
}

Test(reader, integers)
{
    int64_t value = 7;
    cr_assert_eq(read_wire(":-42\r\n", &redisc_reads_integer, &value), REDISC_OK);
    cr_assert_eq(value, -42);
    cr_assert_eq(read_wire("$3\r\n123\r\n", &redisc_reads_integer, &value), REDISC_OK);
    cr_assert_eq(value, 123);
    cr_assert_eq(read_wire("$2\r\nx1\r\n", &redisc_reads_integer, &value), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(value, 0, "a failed call leaves zero");
    cr_assert_not_null(strstr(redisc_last_error()->text, "x1"));
    redisc_optional_integer maybe;
    cr_assert_eq(read_wire("$-1\r\n", &redisc_reads_optional_integer, &maybe), REDISC_OK);
    cr_assert_not(maybe.has_value);
    cr_assert_eq(read_wire("_\r\n", &redisc_reads_integer, &value), REDISC_ERROR_REPLY_TYPE);
    uint64_t cursor;
    cr_assert_eq(read_wire("$20\r\n18446744073709551615\r\n", &redisc_reads_unsigned, &cursor), 0);
    cr_assert_eq(cursor, UINT64_MAX);
    cr_assert_eq(read_wire(":-1\r\n", &redisc_reads_unsigned, &cursor), REDISC_ERROR_REPLY_TYPE);
}

Test(reader, doubles)
{
    double value;
    cr_assert_eq(read_wire(",1.5\r\n", &redisc_reads_double, &value), REDISC_OK);
    cr_assert_eq(value, 1.5);
    cr_assert_eq(read_wire("$4\r\n-inf\r\n", &redisc_reads_double, &value), REDISC_OK);
    cr_assert_eq(value, -INFINITY);
    cr_assert_eq(read_wire(":3\r\n", &redisc_reads_double, &value), REDISC_OK);
    cr_assert_eq(value, 3);
    redisc_optional_double maybe;
    cr_assert_eq(read_wire("_\r\n", &redisc_reads_optional_double, &maybe), REDISC_OK);
    cr_assert_not(maybe.has_value);
}

Test(reader, booleans_and_words)
{
    bool value;
    cr_assert_eq(read_wire("#t\r\n", &redisc_reads_boolean, &value), REDISC_OK);
    cr_assert(value);
    cr_assert_eq(read_wire(":0\r\n", &redisc_reads_boolean, &value), REDISC_OK);
    cr_assert_not(value);
    cr_assert_eq(read_wire(":2\r\n", &redisc_reads_boolean, &value), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire("+OK\r\n", &redisc_reads_ok, NULL), REDISC_OK);
    cr_assert_eq(read_wire("+KO\r\n", &redisc_reads_ok, NULL), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire("+OK\r\n", &redisc_reads_optional_ok, &value), REDISC_OK);
    cr_assert(value);
    cr_assert_eq(read_wire("$-1\r\n", &redisc_reads_optional_ok, &value), REDISC_OK);
    cr_assert_not(value);
}

Test(reader, strings)
{
    const redisc_str *value;
    cr_assert_eq(read_bytes("$3\r\na\0b\r\n", 9, &redisc_reads_string, &value), REDISC_OK);
    cr_assert_eq(value->len, 3);
    cr_assert_eq(memcmp(value->data, "a\0b", 4), 0, "with a NUL behind");
    redisc_free(value);
    cr_assert_eq(read_wire("=8\r\ntxt:text\r\n", &redisc_reads_string, &value), REDISC_OK);
    cr_assert_str_eq(value->data, "text");
    redisc_free(value);
    cr_assert_eq(read_wire("$-1\r\n", &redisc_reads_optional_string, &value), REDISC_OK);
    cr_assert_null(value);
    cr_assert_eq(read_wire("$-1\r\n", &redisc_reads_string, &value), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire("$0\r\n\r\n", &redisc_reads_string, &value), REDISC_OK);
    cr_assert_str_eq(value->data, "");
    redisc_free(value);
}

Test(reader, server_errors)
{
    const redisc_str *value;
    cr_assert_eq(read_wire("-WRONGTYPE no\r\n", &redisc_reads_string, &value),
                 REDISC_ERROR_WRONGTYPE);
    cr_assert_null(value);
    cr_assert_eq(read_wire("!9\r\nOOM alas!\r\n", &redisc_reads_ok, NULL), REDISC_ERROR_OOM);
    const redisc_str_list *list;
    cr_assert_eq(read_wire("*1\r\n-NOPERM x\r\n", &redisc_reads_str_list, &list),
                 REDISC_ERROR_NOPERM, "an error in place of an item is that error");
}

Test(reader, lists)
{
    const redisc_str_list *list;
    cr_assert_eq(read_wire("*3\r\n$1\r\na\r\n$0\r\n\r\n+st\r\n", &redisc_reads_str_list, &list), 0);
    cr_assert_eq(list->count, 3);
    cr_assert_str_eq(list->items[0].data, "a");
    cr_assert_str_eq(list->items[1].data, "");
    cr_assert_str_eq(list->items[2].data, "st");
    redisc_free(list);
    cr_assert_eq(read_wire("~0\r\n", &redisc_reads_str_list, &list), REDISC_OK);
    cr_assert_eq(list->count, 0);
    redisc_free(list);
    cr_assert_eq(read_wire("*2\r\n$-1\r\n$1\r\nb\r\n", &redisc_reads_str_list_with_nils, &list), 0);
    cr_assert_null(list->items[0].data);
    cr_assert_str_eq(list->items[1].data, "b");
    redisc_free(list);
    cr_assert_eq(read_wire("*1\r\n$-1\r\n", &redisc_reads_str_list, &list),
                 REDISC_ERROR_REPLY_TYPE);
    cr_assert_null(list);
    cr_assert_eq(read_wire("*-1\r\n", &redisc_reads_optional_str_list, &list), REDISC_OK);
    cr_assert_null(list);
    cr_assert_eq(read_wire("$5\r\nhello\r\n", &redisc_reads_str_list, &list),
                 REDISC_ERROR_REPLY_TYPE);
}

Test(reader, number_lists)
{
    const redisc_integer_list *integers;
    cr_assert_eq(read_wire("*2\r\n:1\r\n$2\r\n-2\r\n", &redisc_reads_integer_list, &integers), 0);
    cr_assert_eq(integers->items[0], 1);
    cr_assert_eq(integers->items[1], -2);
    redisc_free(integers);
    const redisc_optional_double_list *doubles;
    cr_assert_eq(
        read_wire("*3\r\n,0.5\r\n_\r\n$1\r\n2\r\n", &redisc_reads_optional_double_list, &doubles),
        0);
    cr_assert_eq(doubles->items[0].value, 0.5);
    cr_assert_not(doubles->items[1].has_value);
    cr_assert_eq(doubles->items[2].value, 2);
    redisc_free(doubles);
}

static void assert_pairs(const char *wire)
{
    const redisc_pair_list *pairs;
    cr_assert_eq(read_wire(wire, &redisc_reads_pair_list, &pairs), REDISC_OK, "%s", wire);
    cr_assert_eq(pairs->count, 2);
    cr_assert_str_eq(pairs->items[0].key.data, "a");
    cr_assert_str_eq(pairs->items[0].value.data, "1");
    cr_assert_str_eq(redisc_pair_value(pairs, redisc_text("b")).data, "22");
    cr_assert_null(redisc_pair_value(pairs, redisc_text("c")).data);
    redisc_free(pairs);
}

Test(reader, pairs_in_every_form)
{
    assert_pairs("%2\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$2\r\n22\r\n");
    assert_pairs("*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$2\r\n22\r\n");
    assert_pairs("*2\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$1\r\nb\r\n$2\r\n22\r\n");
    const redisc_pair_list *pairs;
    cr_assert_eq(read_wire("*1\r\n$1\r\na\r\n", &redisc_reads_pair_list, &pairs),
                 REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire("*1\r\n*1\r\n$1\r\na\r\n", &redisc_reads_pair_list, &pairs),
                 REDISC_ERROR_REPLY_TYPE);
}

static void assert_scored(const char *wire)
{
    const redisc_scored_list *list;
    cr_assert_eq(read_wire(wire, &redisc_reads_scored_list, &list), REDISC_OK, "%s", wire);
    cr_assert_eq(list->count, 2);
    cr_assert_str_eq(list->items[0].member.data, "one");
    cr_assert_eq(list->items[0].score, 1);
    cr_assert_str_eq(list->items[1].member.data, "two");
    cr_assert_eq(list->items[1].score, 2.25);
    redisc_free(list);
}

Test(reader, scores_in_both_protocols)
{
    assert_scored("*4\r\n$3\r\none\r\n$1\r\n1\r\n$3\r\ntwo\r\n$4\r\n2.25\r\n");
    assert_scored("*2\r\n*2\r\n$3\r\none\r\n,1\r\n*2\r\n$3\r\ntwo\r\n,2.25\r\n");
}

Test(reader, a_dropped_result_is_read_all_the_same)
{
    cr_assert_eq(read_wire("*1\r\n$1\r\na\r\n", &redisc_reads_str_list, NULL), REDISC_OK);
    cr_assert_eq(read_wire(":1\r\n", &redisc_reads_str_list, NULL), REDISC_ERROR_REPLY_TYPE);
}

Test(reader, dynamic)
{
    const redisc_reply *reply;
    const char *wire = "*4\r\n:1\r\n%1\r\n+k\r\n,2.5\r\n-ERR no\r\n*2\r\n#t\r\n_\r\n";
    cr_assert_eq(read_wire(wire, &redisc_reads_dynamic, &reply), REDISC_OK);
    cr_assert_eq(reply->type, REDISC_REPLY_ARRAY);
    const redisc_reply *items = reply->as.list.items;
    cr_assert_eq(items[0].as.integer, 1);
    cr_assert_eq(items[1].type, REDISC_REPLY_MAP);
    double real;
    cr_assert_eq(redisc_reply_double(redisc_reply_field(&items[1], redisc_text("k")), &real), 0);
    cr_assert_eq(real, 2.5);
    cr_assert_eq(items[2].type, REDISC_REPLY_ERROR);
    cr_assert_eq(items[2].kind, REDISC_ERROR_SERVER);
    cr_assert_eq(items[3].as.list.items[0].as.boolean, true);
    cr_assert_eq(items[3].as.list.items[1].type, REDISC_REPLY_NIL);
    int64_t number;
    cr_assert_eq(redisc_reply_integer(&items[1], &number), REDISC_ERROR_REPLY_TYPE);
    cr_assert_not_null(strstr(redisc_last_error()->text, "map"));
    redisc_free(reply);
}

/* Strings that are received straight into their own blocks, alone and among others. */
Test(reader, large_strings)
{
    enum { LEN = 3 * 1024 * 1024, WIRE = 2 * LEN + 200 };
    char *wire = malloc(WIRE);
    size_t len = (size_t)sprintf(wire, "$%d\r\n", LEN);
    memset(wire + len, 'x', LEN);
    memcpy(wire + len + LEN, "\r\n", 2);
    const redisc_str *value;
    cr_assert_eq(read_bytes(wire, len + LEN + 2, &redisc_reads_string, &value), REDISC_OK);
    cr_assert_eq(value->len, LEN);
    cr_assert_eq(strlen(value->data), LEN);
    redisc_free(value);

    size_t at = (size_t)sprintf(wire, "*3\r\n");
    for (int i = 0; i < 2; i++) {
        at += (size_t)sprintf(wire + at, "$%d\r\n", LEN);
        memset(wire + at, 'a' + i, LEN);
        at += LEN;
        at += (size_t)sprintf(wire + at, "\r\n");
    }
    at += (size_t)sprintf(wire + at, "$5\r\nshort\r\n");
    const redisc_str_list *list;
    cr_assert_eq(read_bytes(wire, at, &redisc_reads_str_list, &list), REDISC_OK);
    cr_assert_eq(list->items[0].data[LEN - 1], 'a');
    cr_assert_eq(list->items[1].data[0], 'b');
    cr_assert_eq(list->items[1].len, LEN);
    cr_assert_str_eq(list->items[2].data, "short");
    redisc_free(list);
    cr_assert_eq(read_bytes(wire, at, &redisc_reads_str_list, NULL), REDISC_OK);
    int64_t number;
    cr_assert_eq(read_bytes(wire, at, &redisc_reads_integer, &number), REDISC_ERROR_REPLY_TYPE);
    free(wire);
}

Test(reader, texts)
{
    redisc_str rest = redisc_text("id=1 name= addr=/x:0\nid=2\r\n\nlast");
    redisc_str line, name, value;
    cr_assert(redisc_text_line(&rest, &line));
    cr_assert(redisc_text_field(&line, &name, &value));
    cr_assert(redisc_str_equal(name, redisc_text("id")));
    cr_assert(redisc_str_equal(value, redisc_text("1")));
    cr_assert(redisc_text_field(&line, &name, &value));
    cr_assert_eq(value.len, 0);
    cr_assert(redisc_text_field(&line, &name, &value));
    cr_assert(redisc_str_equal(value, redisc_text("/x:0")));
    cr_assert_not(redisc_text_field(&line, &name, &value));
    cr_assert(redisc_text_line(&rest, &line));
    cr_assert(redisc_str_equal(line, redisc_text("id=2")));
    cr_assert(redisc_text_line(&rest, &line));
    cr_assert_eq(line.len, 0);
    cr_assert(redisc_text_line(&rest, &line));
    cr_assert(redisc_str_equal(line, redisc_text("last")));
    cr_assert_not(redisc_text_line(&rest, &line));
}
