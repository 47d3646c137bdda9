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
#include "swar.h"

#include <string.h>

enum {
    MOST_INTEGER_DIGITS = 18, /* always fit */
    MOST_LENGTH = 99999,      /* longer strings go the general way */
};

static inline unsigned digit_at(const char *at)
{
    return (unsigned)(unsigned char)*at - '0';
}

/* Reads digits; returns what follows them. More than 19 wrap around: the caller looks at how many
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

/* Reads up to five digits; returns what follows them, or NULL if there are none. Written out, so
 * that each count of digits has its own branch, and the usual one costs next to nothing. */
static inline const char *length_digits(const char *at, uint64_t *value)
{
    unsigned digit = digit_at(at);
    uint64_t sum = digit;
    if (digit > 9) {
        return NULL;
    }
    if ((digit = digit_at(++at)) <= 9) {
        sum = sum * 10 + digit;
        if ((digit = digit_at(++at)) <= 9) {
            sum = sum * 10 + digit;
            if ((digit = digit_at(++at)) <= 9) {
                sum = sum * 10 + digit;
                if ((digit = digit_at(++at)) <= 9) {
                    sum = sum * 10 + digit;
                    at++;
                }
            }
        }
    }
    *value = sum;
    return at;
}

/* A string in [at, end), at its '$'. Returns what follows it, or NULL. */
static inline const char *bulk(const char *at, const char *end, const char *base, redisc_node *node,
                               size_t *text)
{
    uint64_t length;
    const char *cr = length_digits(at + 1, &length);
    if (cr == NULL || (size_t)(end - cr) < length + 4) {
        return NULL;
    }
    const char *body = cr + 2;
    const char *after = body + length;
    if (!redisc_is_crlf(cr) || !redisc_is_crlf(after)) {
        return NULL;
    }
    node->head = redisc_node_head(REDISC_NODE_STRING, length);
    node->as.place = (uint64_t)(body - base);
    *text += length + 1;
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

/* The same for a reply of its own: nothing foretells how many digits it has, so they are read
 * without a branch for each. */
static inline const char *lone_integer(const char *at, const char *end, redisc_node *node)
{
#ifdef REDISC_HAVE_SWAR
    bool negative = at[1] == '-';
    const char *first = at + 1 + negative;
    uint64_t bytes = redisc_eight_bytes(first);
    unsigned count = redisc_leading_digits(bytes);
    const char *after = first + count;
    if (count - 1 < 7 && end - after >= 2 && redisc_is_crlf(after)) {
        int64_t size = (int64_t)redisc_few_digits(bytes, count);
        node->head = redisc_node_head(REDISC_NODE_INTEGER, 0);
        node->as.integer = negative ? -size : size;
        return after + 2;
    }
#endif
    return integer(at, end, node);
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

static inline const char *nil(const char *at, const char *end, redisc_node *node)
{
    if (end - at < 5 || memcmp(at, "$-1\r", 4) != 0 || at[4] != '\n') {
        return NULL;
    }
    node->head = redisc_node_head(REDISC_NODE_NIL, 0);
    node->as.integer = 0;
    return at + 5;
}

static inline const char *ok(const char *at, const char *end, const char *base, redisc_node *node,
                             size_t *text)
{
    if (end - at < 5 || memcmp(at, "+OK\r", 4) != 0 || at[4] != '\n') {
        return NULL;
    }
    node->head = redisc_node_head(REDISC_NODE_SIMPLE, 2);
    node->as.place = (uint64_t)(at + 1 - base);
    *text += 3;
    return at + 5;
}

/* What a transaction's commands are answered. */
static inline const char *queued(const char *at, const char *end, const char *base,
                                 redisc_node *node, size_t *text)
{
    if (end - at < 9 || memcmp(at, "+QUEUED\r", 8) != 0 || at[8] != '\n') {
        return NULL;
    }
    node->head = redisc_node_head(REDISC_NODE_SIMPLE, 6);
    node->as.place = (uint64_t)(at + 1 - base);
    *text += 7;
    return at + 9;
}

/* Of the values above those that are rare. */
static REDISC_NOINLINE const char *other(const char *at, const char *end, redisc_node *node)
{
    switch (*at) {
    case '$':
        return nil(at, end, node);
    case ',':
        return real(at, end, node);
    default:
        return NULL;
    }
}

/* Values up to `stop`, one after the other, as long as they are usual and complete. Returns what
 * follows the last one. */
static inline const char *row(const char *at, const char *end, const char *base,
                              redisc_node **place, const redisc_node *stop, size_t *text)
{
    redisc_node *node = *place;
    size_t sum = *text;
    while (node < stop) {
        const char *after = NULL;
        if (*at == '$') {
            after = bulk(at, end, base, node, &sum);
        } else if (*at == ':') {
            after = integer(at, end, node);
        } else if (*at == '+') {
            after = ok(at, end, base, node, &sum);
            after = after == NULL ? queued(at, end, base, node, &sum) : after;
        }
        if (!REDISC_LIKELY(after != NULL)) {
            after = other(at, end, node);
            if (after == NULL) {
                break;
            }
        }
        at = after;
        node++;
    }
    *place = node;
    *text = sum;
    return at;
}

/* Strings and numbers of the innermost aggregate. */
static void leaves(redisc_native_parser *parser, redisc_frame *frame)
{
    const char *base = redisc_buffer_content(&parser->in);
    const char *end = base + redisc_buffer_len(&parser->in);
    const char *at = base + parser->at;
    size_t room = parser->capacity - parser->count;
    redisc_node *first = parser->nodes + parser->count;
    redisc_node *node = first;
    redisc_node *stop = first + (frame->remaining < room ? (size_t)frame->remaining : room);
    at = row(at, end, base, &node, stop, &parser->text);
    parser->at = (size_t)(at - base);
    frame->remaining -= (uint64_t)(node - first);
    parser->count += (size_t)(node - first);
}

/* An array, map or set of 1 to 9 values or pairs: opened if all that takes is there. */
static bool open_short(redisc_native_parser *parser)
{
    const char *at = redisc_native_here(parser);
    unsigned children = digit_at(at + 1);
    redisc_node_type type = REDISC_NODE_ARRAY;
    if (*at != '*') {
        if (*at != '%' && *at != '~') {
            return false;
        }
        type = *at == '%' ? REDISC_NODE_MAP : REDISC_NODE_SET;
    }
    if (children - 1 > 8 || redisc_native_available(parser) < 4 || !redisc_is_crlf(at + 2)) {
        return false;
    }
    children <<= type == REDISC_NODE_MAP;
    if (parser->capacity - parser->count <= children || parser->depth == parser->frame_capacity ||
        parser->depth == parser->limits.depth) {
        return false;
    }
    redisc_node *node = &parser->nodes[parser->count];
    redisc_frame *frame = &parser->frames[parser->depth++];
    frame->remaining = children;
    frame->node = parser->count++;
    frame->kind = REDISC_FRAME_COUNTED;
    node->head = redisc_node_head(type, children);
    parser->at += 4;
    return true;
}

bool redisc_native_values(redisc_native_parser *parser)
{
    if (parser->limits.bulk_bytes < MOST_LENGTH) {
        return redisc_native_close(parser); /* with such limits each length has to be looked at */
    }
    parser->wanted = 0;
    parser->searched = 0;
    do {
        redisc_frame *frame = redisc_native_top(parser);
        if (frame->remaining > 0) {
            leaves(parser, frame);
        }
        if (frame->remaining == 0 && redisc_native_close(parser)) {
            return true;
        }
    } while (parser->depth > 0 && open_short(parser));
    return false;
}

bool redisc_native_lone(redisc_native_parser *parser)
{
    const char *at = redisc_buffer_content(&parser->in);
    const char *end = at + redisc_buffer_len(&parser->in);
    redisc_node *node = &parser->lone;
    const char *after;
    if (parser->limits.bulk_bytes < MOST_LENGTH) {
        return false;
    }
    if (*at == '+') {
        after = ok(at, end, at, node, &parser->text);
    } else if (*at == ':') {
        after = lone_integer(at, end, node);
    } else {
        after = *at == '$' ? bulk(at, end, at, node, &parser->text) : NULL;
        after = after == NULL ? other(at, end, node) : after;
    }
    if (after == NULL) {
        return false;
    }
    parser->at = (size_t)(after - at);
    return true;
}

size_t redisc_native_leaves(redisc_parser *face, redisc_node *nodes, size_t most,
                            redisc_parsed *reply)
{
    redisc_native_parser *parser = (redisc_native_parser *)face;
    size_t len = redisc_buffer_len(&parser->in);
    if (parser->inside || len == 0 || len > parser->limits.reply_bytes ||
        parser->limits.bulk_bytes < MOST_LENGTH) {
        return 0;
    }
    const char *base = redisc_buffer_content(&parser->in);
    redisc_node *node = nodes;
    size_t text = 0;
    const char *at = row(base, base + len, base, &node, nodes + most, &text);
    parser->at = (size_t)(at - base);
    *reply = (redisc_parsed){.count = 1, .padded = true, .base = base, .text = text};
    return (size_t)(node - nodes);
}
