/* SPDX-License-Identifier: MIT */
/*
 * The native parser's short ways: replies of one value, and runs of strings and numbers inside an
 * aggregate, as long as they are complete in the buffer. Whatever is unusual, incomplete or wrong
 * is left to the general way, so one branch per value tells that all is well.
 *
 * Zeros stand behind the content, so reading a header needs no look at the content's end: the first
 * zero ends it, and one comparison afterwards tells whether all of the value is there.
 */
#include "parser_native.h"

#include "double_read.h"

#include <string.h>

enum { MOST_LENGTH_DIGITS = 10, MOST_INTEGER_DIGITS = 18 };

static inline unsigned digit_at(const char *at)
{
    return (unsigned)(unsigned char)*at - '0';
}

/* 0 for CR LF. */
static inline unsigned crlf_difference(const char *at)
{
    uint16_t pair;
    uint16_t crlf;
    memcpy(&pair, at, sizeof pair);
    memcpy(&crlf, "\r\n", sizeof crlf);
    return (unsigned)(pair ^ crlf);
}

/* Reads digits; returns what follows them. More than 18 wrap around: the caller looks at how many
 * there were. */
static inline const char *digits(const char *at, uint64_t *value)
{
    unsigned digit;
    uint64_t sum = 0;
    while ((digit = digit_at(at)) <= 9) {
        sum = sum * 10 + digit;
        at++;
    }
    *value = sum;
    return at;
}

/* A string of [at, end), at its '$'. Returns what follows it, or NULL. */
static inline const char *bulk(const char *at, const char *end, size_t most, redisc_node *node,
                               const char *base)
{
    uint64_t length;
    const char *body = digits(at + 1, &length) + 2; /* behind CR LF */
    size_t left = (size_t)(end + 2 - body);
    size_t header = (size_t)(body - at);
    if (!REDISC_LIKELY(header > 3 && header <= MOST_LENGTH_DIGITS + 3 && length <= most &&
                       left >= length + 4)) {
        return NULL;
    }
    const char *after = body + length;
    if (!REDISC_LIKELY((crlf_difference(body - 2) | crlf_difference(after)) == 0)) {
        return NULL;
    }
    node->head = redisc_node_head(REDISC_NODE_STRING, length);
    node->as.place = (uint64_t)(body - base);
    return after + 2;
}

/* An integer, at its ':'. */
static inline const char *integer(const char *at, const char *end, redisc_node *node)
{
    uint64_t size;
    bool negative = at[1] == '-';
    const char *first = at + 1 + negative;
    const char *after = digits(first, &size);
    size_t count = (size_t)(after - first);
    if (!REDISC_LIKELY(count - 1 < MOST_INTEGER_DIGITS && end - after >= 2 &&
                       redisc_is_crlf(after))) {
        return NULL;
    }
    node->head = redisc_node_head(REDISC_NODE_INTEGER, 0);
    node->as.integer = negative ? -(int64_t)size : (int64_t)size;
    return after + 2;
}

/* A double, at its ','. */
static inline const char *real(const char *at, const char *end, redisc_node *node)
{
    double value;
    const char *after = redisc_scan_double(at + 1, end, &value);
    if (after == NULL || end - after < 2 || !redisc_is_crlf(after)) {
        return NULL;
    }
    node->head = redisc_node_head(REDISC_NODE_DOUBLE, 0);
    node->as.real = value;
    return after + 2;
}

static inline bool is_nil_bulk(const char *at, const char *end)
{
    return end - at >= 5 && memcmp(at, "$-1\r", 4) == 0 && at[4] == '\n';
}

void redisc_native_leaves(redisc_native_parser *parser)
{
    redisc_frame *frame = redisc_native_top(parser);
    const char *base = redisc_buffer_content(&parser->in);
    const char *end = base + redisc_buffer_len(&parser->in);
    const char *at = base + parser->at;
    size_t most = parser->limits.bulk_bytes;
    size_t text = parser->text;
    size_t room = parser->capacity - parser->count;
    redisc_node *first = parser->nodes + parser->count;
    redisc_node *node = first;
    redisc_node *stop = first + (frame->remaining < room ? (size_t)frame->remaining : room);
    while (node < stop) {
        const char *after;
        if (*at == '$') {
            after = bulk(at, end, most, node, base);
            if (REDISC_LIKELY(after != NULL)) {
                text += redisc_node_length(node) + 1;
            } else if (is_nil_bulk(at, end)) {
                node->head = redisc_node_head(REDISC_NODE_NIL, 0);
                node->as.integer = 0;
                after = at + 5;
            }
        } else if (*at == ':') {
            after = integer(at, end, node);
        } else if (*at == ',') {
            after = real(at, end, node);
        } else {
            break;
        }
        if (after == NULL) {
            break;
        }
        at = after;
        node++;
    }
    if (node > first) {
        redisc_native_advance(parser, (size_t)(at - base) - parser->at);
        frame->remaining -= (uint64_t)(node - first);
        parser->count += (size_t)(node - first);
        parser->text = text;
    }
}

bool redisc_native_lone(redisc_native_parser *parser)
{
    const char *at = redisc_buffer_content(&parser->in);
    const char *end = at + redisc_buffer_len(&parser->in);
    redisc_node *node = &parser->lone;
    const char *after = NULL;
    if (*at == '$') {
        after = bulk(at, end, parser->limits.bulk_bytes, node, at);
        if (after != NULL) {
            parser->text = redisc_node_length(node) + 1;
        } else if (is_nil_bulk(at, end)) {
            node->head = redisc_node_head(REDISC_NODE_NIL, 0);
            node->as.integer = 0;
            after = at + 5;
        }
    } else if (*at == ':') {
        after = integer(at, end, node);
    } else if (end - at >= 5 && memcmp(at, "+OK\r", 4) == 0 && at[4] == '\n') {
        if (parser->limits.bulk_bytes >= 2) {
            node->head = redisc_node_head(REDISC_NODE_SIMPLE, 2);
            node->as.place = 1;
            parser->text = 3;
            after = at + 5;
        }
    } else if (*at == ',') {
        after = real(at, end, node);
    }
    if (after == NULL) {
        return false;
    }
    parser->at = (size_t)(after - at);
    return true;
}
