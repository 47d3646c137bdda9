/* SPDX-License-Identifier: MIT */
/* The forms of replies that few commands have: texts with a grammar of their own, values alone,
 * words. */
#include "parser.h"
#include "readers.h"

#include <redisc/alloc.h>
#include <redisc/info.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const redisc_limits limits = {
    .depth = 32, .bulk_bytes = 1 << 26, .elements = 1 << 20, .reply_bytes = 1 << 27};

static redisc_status read_wire(const char *wire, const redisc_result *result, void *out)
{
    redisc_parser *parser = redisc_native_parser_new(&limits);
    redisc_parsed reply;
    size_t size = 0;
    char *room = redisc_parser_room(parser, &size);
    cr_assert(room != NULL && strlen(wire) <= size);
    memcpy(room, wire, strlen(wire));
    redisc_parser_filled(parser, strlen(wire));
    cr_assert_eq(redisc_parser_next(parser, &reply), REDISC_PARSE_REPLY, "%s", wire);
    redisc_status status = redisc_read_reply(&reply, result, out);
    redisc_parser_consume(parser);
    redisc_parser_free(parser);
    return status;
}

/* A text as a bulk string. */
static const char *bulk(const char *text)
{
    static char wire[1024];
    snprintf(wire, sizeof wire, "$%zu\r\n%s\r\n", strlen(text), text);
    return wire;
}

static bool equals(redisc_str text, const char *expected)
{
    return text.data != NULL && strcmp(text.data, expected) == 0;
}

/* Reads what has to be refused, and sees why. */
static void refused(const char *wire, const redisc_result *result, const char *why)
{
    const void *out = &limits;
    cr_assert_eq(read_wire(wire, result, &out), REDISC_ERROR_REPLY_TYPE, "%s", wire);
    cr_assert_null(out);
    const char *text = redisc_last_error()->text;
    cr_assert_not_null(strstr(text, why), "%s: %s", wire, text);
}

Test(reader_forms, info)
{
    const redisc_info_entry_list *info;
    const char *text =
        "before:1\r\n\r\n# Memory\r\nused_memory:1024\r\nratio:1.5\r\nempty:\r\nno sign\r\n"
        "#Keyspace\r\ndb0:keys=5,expires=0,avg\r\nmemory:not=a number\r\nused_memory:7";
    cr_assert_eq(read_wire(bulk(text), &redisc_reads_info_entry_list, &info), REDISC_OK);
    cr_assert_eq(info->count, 7);
    cr_assert_null(info->items[0].section.data);
    cr_assert(equals(info->items[1].section, "Memory") && equals(info->items[1].value, "1024"));
    int64_t number = 1;
    double real = 1;
    cr_assert(redisc_find_info_integer(info, "used_memory", &number) && number == 1024);
    cr_assert_not(redisc_find_info_integer(info, "ratio", &number) || number != 0);
    cr_assert_not(redisc_find_info_integer(info, "none", &number));
    cr_assert(redisc_find_info_double(info, "ratio", &real) && real == 1.5);
    cr_assert_not(redisc_find_info_double(info, "empty", &real) || real != 0);
    const redisc_info_entry *entry = redisc_find_info_in(info, "Keyspace", "used_memory");
    cr_assert(entry != NULL && equals(entry->value, "7"));
    cr_assert_null(redisc_find_info_in(info, "Memory", "db0"));
    entry = redisc_find_info(info, "db0");
    cr_assert_eq(entry->parts.count, 3);
    cr_assert(equals(*redisc_find_info_part(entry, "expires"), "0"));
    cr_assert_null(redisc_find_info_part(entry, "none"));
    cr_assert_null(redisc_find_info_part(NULL, "keys"));
    cr_assert_eq(redisc_find_info(info, "empty")->parts.count, 0);
    cr_assert_null(redisc_find_info(NULL, "db0"));
    redisc_free(info);
    cr_assert_eq(read_wire(bulk(""), &redisc_reads_info_entry_list, &info), REDISC_OK);
    cr_assert_eq(info->count, 0);
    redisc_free(info);
    refused(":1\r\n", &redisc_reads_info_entry_list, "expected a string");
}

Test(reader_forms, nodes)
{
    const redisc_cluster_node_list *nodes;
    const char *text = "aa 127.0.0.1:7000@17000,host,shard=x myself,master - 1 2 3 connected 0-5 7 "
                       "[9->-bb] [8-<-cc]\n"
                       "bb ::1:7001@17001 slave,fail?,noaddr,new aa 0 0 3 disconnected\n\n";
    cr_assert_eq(read_wire(bulk(text), &redisc_reads_cluster_node_list, &nodes), REDISC_OK);
    cr_assert_eq(nodes->count, 2);
    const redisc_cluster_node *node = &nodes->items[0];
    cr_assert(equals(node->host, "127.0.0.1") && node->port == 7000 && node->bus_port == 17000);
    cr_assert(equals(node->hostname, "host") && node->is_myself && node->is_master &&
              node->is_connected);
    cr_assert(node->master_id.data == NULL && node->ping_sent == 1 && node->config_epoch == 3);
    cr_assert(node->slots.count == 2 && node->slots.items[1].start_slot == 7 &&
              node->slots.items[1].end_slot == 7);
    cr_assert(node->moving.count == 2 && !node->moving.items[0].is_import &&
              node->moving.items[1].is_import);
    cr_assert(equals(node->moving.items[1].node_id, "cc") && node->moving.items[0].slot == 9);
    node = &nodes->items[1];
    cr_assert(equals(node->host, "::1") && node->hostname.data == NULL &&
              equals(node->master_id, "aa"));
    cr_assert(node->is_replica && node->may_have_failed && node->has_no_address &&
              !node->has_failed);
    redisc_free(nodes);
}

Test(reader_forms, nodes_that_are_none)
{
    static const char *const lines[] = {"aa",
                                        "aa :0 - - 0 0 0",
                                        "aa host - - 0 0 0 connected",
                                        "aa h:x - - 0 0 0 connected",
                                        "aa h:1@y - - 0 0 0 connected",
                                        "aa h:1 - - x 0 0 connected",
                                        "aa h:1 - - 0 0 0 connected 1-x",
                                        "aa h:1 - - 0 0 0 connected [",
                                        "aa h:1 - - 0 0 0 connected []",
                                        "aa h:1 - - 0 0 0 connected [1-]",
                                        "aa h:1 - - 0 0 0 connected [1->",
                                        " "};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        refused(bulk(lines[i]), &redisc_reads_cluster_node_list, "describes no node");
    }
    refused("*1\r\n:1\r\n", &redisc_reads_cluster_node_list, "expected a string");
}

Test(reader_forms, words)
{
    static const redisc_str begins = {"+OK Already\r\n", 13};
    bool value = false;
    cr_assert_eq(read_wire(begins.data, &redisc_reads_word_ok, NULL), REDISC_OK);
    cr_assert_eq(read_wire("+OK\r\n", &redisc_reads_word_ok, NULL), REDISC_OK);
    cr_assert_eq(read_wire("+O\r\n", &redisc_reads_word_ok, NULL), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire("+Saving started\r\n", &redisc_reads_word_started_or_scheduled, &value),
                 REDISC_OK);
    cr_assert(value);
    cr_assert_eq(read_wire("+scheduled\r\n", &redisc_reads_word_started_or_scheduled, &value),
                 REDISC_OK);
    cr_assert_not(value);
    cr_assert_eq(read_wire("+no\r\n", &redisc_reads_word_started_or_scheduled, &value),
                 REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire("+OK\r\n", &redisc_reads_closed, NULL), REDISC_ERROR_REPLY_TYPE);
}

Test(reader_forms, numbers_in_json)
{
    const redisc_optional_double_list *list;
    const redisc_result *reads = &redisc_reads_json_optional_double_list;
    cr_assert_eq(read_wire(bulk("[3.5, null ,-1e2]"), reads, &list), REDISC_OK);
    cr_assert(list->count == 3 && list->items[0].value == 3.5 && !list->items[1].has_value &&
              list->items[2].value == -100);
    redisc_free(list);
    cr_assert_eq(read_wire(bulk("[]"), reads, &list), REDISC_OK);
    cr_assert_eq(list->count, 0);
    redisc_free(list);
    cr_assert_eq(read_wire("*2\r\n,1.5\r\n_\r\n", reads, &list), REDISC_OK);
    cr_assert(list->count == 2 && !list->items[1].has_value);
    redisc_free(list);
    static const char *const texts[] = {"", "[", "3.5", "[x]", "[1,,2]", "[[1]]", "[\"1\"]", "{}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        refused(bulk(texts[i]), reads, "expected an array of numbers");
    }
    refused(":1\r\n", reads, "expected a string");
}

Test(reader_forms, alone)
{
    int64_t value;
    const redisc_result *reads = &redisc_reads_lone_integer;
    cr_assert_eq(read_wire(":5\r\n", reads, &value), REDISC_OK);
    cr_assert_eq(read_wire("*1\r\n:6\r\n", reads, &value), REDISC_OK);
    cr_assert_eq(read_wire("%1\r\n+name\r\n:7\r\n", reads, &value), REDISC_OK);
    cr_assert_eq(value, 7);
    cr_assert_eq(read_wire("*2\r\n:6\r\n:7\r\n", reads, &value), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire("*0\r\n", reads, &value), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire("%1\r\n*1\r\n:1\r\n:7\r\n", reads, &value), REDISC_ERROR_REPLY_TYPE);
    const redisc_str_list *list;
    reads = &redisc_reads_lone_optional_str_list;
    cr_assert_eq(read_wire("*1\r\n*2\r\n+a\r\n+b\r\n", reads, &list), REDISC_OK);
    cr_assert_eq(list->count, 2);
    redisc_free(list);
    cr_assert_eq(read_wire("*1\r\n+a\r\n", reads, &list), REDISC_OK);
    cr_assert_eq(list->count, 1);
    redisc_free(list);
    cr_assert_eq(read_wire("*1\r\n_\r\n", reads, &list), REDISC_OK);
    cr_assert_null(list);
}

Test(reader_forms, counts)
{
    uint64_t count;
    cr_assert_eq(read_wire(",12\r\n", &redisc_reads_unsigned, &count), REDISC_OK);
    cr_assert_eq(count, 12);
    cr_assert_eq(read_wire(",1.5\r\n", &redisc_reads_unsigned, &count), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire(",-1\r\n", &redisc_reads_unsigned, &count), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire(",1e300\r\n", &redisc_reads_unsigned, &count), REDISC_ERROR_REPLY_TYPE);
    cr_assert_eq(read_wire(",nan\r\n", &redisc_reads_unsigned, &count), REDISC_ERROR_REPLY_TYPE);
}
