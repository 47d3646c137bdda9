/* SPDX-License-Identifier: MIT */
#include "parsed_text.h"

#include "number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const redisc_limits test_limits = {128, (size_t)512 << 20, (size_t)1 << 27, (size_t)4 << 30};

void test_text_add(test_text *text, const char *bytes, size_t len)
{
    size_t needed = text->len + len + 1;
    if (needed > text->capacity) {
        size_t capacity = text->capacity * 2 > needed ? text->capacity * 2 : needed;
        char *data = realloc(text->data, capacity);
        if (data == NULL) {
            abort();
        }
        text->data = data;
        text->capacity = capacity;
    }
    if (len > 0) {
        memcpy(text->data + text->len, bytes, len);
    }
    text->len += len;
    text->data[text->len] = '\0';
}

static void add(test_text *text, const char *words)
{
    test_text_add(text, words, strlen(words));
}

void test_text_free(test_text *text)
{
    free(text->data);
    *text = (test_text){NULL, 0, 0};
}

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "a parsed reply is not sound: %s\n", what);
        abort();
    }
}

static void add_bytes(test_text *text, const char *sign, const char *bytes, size_t len)
{
    add(text, sign);
    add(text, "\"");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        char escaped[8];
        if (c < ' ' || c > '~' || c == '"' || c == '\\') {
            snprintf(escaped, sizeof escaped, "\\x%02x", c);
            add(text, escaped);
        } else {
            test_text_add(text, bytes + i, 1);
        }
    }
    add(text, "\"");
}

static const char *sign_of(redisc_node_type type)
{
    switch (type) {
    case REDISC_NODE_SIMPLE:
        return "+";
    case REDISC_NODE_VERBATIM:
        return "=";
    case REDISC_NODE_BIG:
        return "(";
    case REDISC_NODE_ERROR:
        return "-";
    case REDISC_NODE_SET:
        return "~";
    case REDISC_NODE_MAP:
        return "%";
    case REDISC_NODE_PUSH:
        return ">";
    default:
        return "";
    }
}

/* What was added up while walking. */
typedef struct sums {
    size_t text;
    size_t large;
} sums;

static void add_scalar(test_text *text, const redisc_parsed *reply, const redisc_node *node,
                       sums *sum)
{
    char number[REDISC_DOUBLE_SIZE + 1];
    size_t len = redisc_node_length(node);
    redisc_node_type type = redisc_node_kind(node);
    switch (type) {
    case REDISC_NODE_NIL:
        add(text, "nil");
        break;
    case REDISC_NODE_INTEGER:
        add(text, ":");
        test_text_add(text, number, redisc_write_integer(number, node->as.integer));
        break;
    case REDISC_NODE_DOUBLE:
        add(text, ",");
        test_text_add(text, number, redisc_write_double(number, node->as.real));
        break;
    case REDISC_NODE_BOOLEAN:
        add(text, node->as.integer != 0 ? "#t" : "#f");
        break;
    case REDISC_NODE_LARGE: {
        redisc_str string = *(redisc_str *)redisc_block_payload(node->as.large);
        must(string.len == len && string.data[len] == '\0', "a large string's end");
        add_bytes(text, "", string.data, len);
        sum->large++;
        break;
    }
    default:
        add_bytes(text, sign_of(type), redisc_node_bytes(reply, node), len);
        sum->text += len + 1;
    }
}

/* Appends the value at `index`; returns the index of what follows it. */
static size_t add_value(test_text *text, const redisc_parsed *reply, size_t index, sums *sum)
{
    must(index < reply->count, "children beyond the last node");
    const redisc_node *node = &reply->nodes[index];
    redisc_node_type type = redisc_node_kind(node);
    if (type < REDISC_NODE_ARRAY) {
        add_scalar(text, reply, node, sum);
        return index + 1;
    }
    size_t next = index + 1;
    add(text, sign_of(type));
    add(text, "[");
    for (size_t i = 0; i < redisc_node_length(node); i++) {
        if (i > 0) {
            add(text, " ");
        }
        next = add_value(text, reply, next, sum);
    }
    add(text, "]");
    must(next == node->as.next, "an aggregate's end");
    return next;
}

void test_text_reply(test_text *text, const redisc_parsed *reply)
{
    sums sum = {0, 0};
    size_t chained = 0;
    must(reply->count > 0, "no nodes");
    must(add_value(text, reply, 0, &sum) == reply->count, "nodes left over");
    must(sum.text == reply->text, "the sum of text");
    for (const redisc_block *block = reply->large; block != NULL; block = block->next) {
        chained++;
    }
    must(sum.large == chained, "the chain of large strings");
}

static void separate(test_text *text)
{
    if (text->len > 0) {
        add(text, " ");
    }
}

static bool add_failure(test_text *text)
{
    separate(text);
    add(text, "!");
    add(text, redisc_status_name(redisc_last_error()->status) + strlen("REDISC_ERROR_"));
    return false;
}

static void take_row(redisc_parser *parser, test_text *text)
{
    enum { MOST = 3 };
    redisc_node leaves[MOST];
    redisc_parsed reply;
    size_t count;
    while ((count = redisc_parser_leaves(parser, leaves, MOST, &reply)) > 0) {
        must(count <= MOST, "so many were not wanted");
        for (size_t i = 0; i < count; i++) {
            redisc_parsed_leaf(&reply, &leaves[i]);
            separate(text);
            test_text_reply(text, &reply);
        }
        redisc_parser_consume(parser);
    }
}

/* Appends all replies that are complete. */
static bool take_replies(redisc_parser *parser, test_text *text, bool rows)
{
    redisc_parsed reply;
    redisc_parse parse = REDISC_PARSE_REPLY;
    while (parse == REDISC_PARSE_REPLY) {
        if (rows) {
            take_row(parser, text);
        }
        parse = redisc_parser_next(parser, &reply);
        if (parse == REDISC_PARSE_REPLY) {
            separate(text);
            test_text_reply(text, &reply);
            redisc_parser_consume(parser);
        }
    }
    return parse == REDISC_PARSE_MORE || add_failure(text);
}

static bool feed(redisc_parser *parser, const char *bytes, size_t len, test_text *text, bool rows)
{
    while (len > 0) {
        size_t size;
        char *room = redisc_parser_room(parser, &size);
        if (room == NULL) {
            return add_failure(text);
        }
        must(size > 0, "no room");
        size = size < len ? size : len;
        memcpy(room, bytes, size);
        redisc_parser_filled(parser, size);
        bytes += size;
        len -= size;
        if (!take_replies(parser, text, rows)) {
            return false;
        }
    }
    return true;
}

bool test_feed(redisc_parser *parser, const char *bytes, size_t len, test_text *text)
{
    return feed(parser, bytes, len, text, false);
}

bool test_feed_rows(redisc_parser *parser, const char *bytes, size_t len, test_text *text)
{
    return feed(parser, bytes, len, text, true);
}

test_text test_feed_cut(redisc_parser *parser, const char *bytes, size_t len, size_t cut,
                        size_t step)
{
    test_text text = {NULL, 0, 0};
    bool fine = true;
    test_text_add(&text, "", 0);
    if (step > 0) {
        for (size_t at = 0; at < len && fine; at += step) {
            fine = test_feed(parser, bytes + at, step < len - at ? step : len - at, &text);
        }
    } else {
        fine = test_feed(parser, bytes, cut, &text) &&
               test_feed(parser, bytes + cut, len - cut, &text);
    }
    if (fine && redisc_parser_pending(parser) > 0) {
        separate(&text);
        add(&text, "\xe2\x80\xa6");
    }
    return text;
}
