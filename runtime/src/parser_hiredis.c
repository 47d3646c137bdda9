/* SPDX-License-Identifier: MIT */
/*
 * hiredis's reader (0.14 and newer) behind the parser's face: its reply trees are turned into the
 * same nodes that the native parser gives. The strings stay where hiredis put them, so the nodes'
 * places are addresses and the base is NULL.
 *
 * What hiredis knows comes out the same. Where its reader differs:
 * - 0.14 knows RESP2 only; 1.0 and newer also RESP3, but not '!' and not the streamed types; big
 *   numbers, attributes and the double nan since 1.1.
 * - Attributes before a reply are dropped here as in the native parser; inside an aggregate (or an
 *   attribute) hiredis counts them as elements, so there they are an error.
 * - The CR LF behind a bulk string isn't checked by hiredis: `$3\r\nfooXY` is taken for "foo".
 *   Lines with a lone CR or LF are refused here as in the native parser.
 * - A null is accepted for any kind of string; numbers in other than the plainest form ('+',
 * leading zeros) may be refused.
 * - The limits of nesting and of a string's length are checked once hiredis has the reply; that of
 *   the reply's bytes as they come. 0.14 has its own limit of 7 nested aggregates.
 * - hiredis takes its memory from malloc, not from redisc_set_allocator().
 * - Every string is copied one more time, and large ones are buffered whole.
 */
#include "parser.h"

#include "error.h"

#ifdef REDISC_HAVE_HIREDIS

#include "number.h"

#include <hiredis/hiredis.h>

enum { ROOM = 16 * 1024, FIRST_NODES = 8 };

typedef struct hiredis_parser {
    redisc_parser face;
    redisc_limits limits;
    redisReader *reader;
    char *room;        /* where bytes are received, before hiredis copies them */
    size_t open;       /* bytes received and not consumed */
    size_t size;       /* wire bytes of the reply given */
    bool failed;       /* for good */
    redisReply *reply; /* the one given */
    redisc_node *nodes;
    size_t count;
    size_t capacity;
    size_t text;
} hiredis_parser;

static bool fail(hiredis_parser *parser)
{
    parser->failed = true;
    return false;
}

static bool no_memory(hiredis_parser *parser)
{
    redisc_fail(REDISC_ERROR_MEMORY, "no memory for a reply");
    return fail(parser);
}

static bool too_large(hiredis_parser *parser, const char *what, size_t limit)
{
    redisc_fail(REDISC_ERROR_LIMIT, "reply too large: %s exceeds the limit of %zu", what, limit);
    return fail(parser);
}

static bool push(hiredis_parser *parser, redisc_node node)
{
    if (parser->count > parser->limits.elements) { /* the reply itself doesn't count */
        return too_large(parser, "number of elements", parser->limits.elements);
    }
    if (parser->count == parser->capacity) {
        size_t capacity = parser->capacity == 0 ? FIRST_NODES : parser->capacity * 2;
        redisc_node *nodes = redisc_reallocate(parser->nodes, capacity * sizeof *nodes);
        if (nodes == NULL) {
            return no_memory(parser);
        }
        parser->nodes = nodes;
        parser->capacity = capacity;
    }
    parser->nodes[parser->count++] = node;
    return true;
}

static bool push_text(hiredis_parser *parser, redisc_node_type type, const redisReply *reply)
{
    size_t len = (size_t)reply->len;
    bool is_line = type == REDISC_NODE_SIMPLE || type == REDISC_NODE_ERROR;
    if (len > parser->limits.bulk_bytes) {
        return too_large(parser, "string", parser->limits.bulk_bytes);
    }
    if (is_line &&
        (memchr(reply->str, '\r', len) != NULL || memchr(reply->str, '\n', len) != NULL)) {
        redisc_fail(REDISC_ERROR_PROTOCOL, "protocol error: CR and LF apart");
        return fail(parser);
    }
    size_t plus = type == REDISC_NODE_BIG && len > 0 && *reply->str == '+'; /* not part of it */
    len -= plus;
    redisc_node node = {.head = redisc_node_head(type, len),
                        .as.place = (uintptr_t)reply->str + plus};
    parser->text += len + 1;
    return push(parser, node);
}

static bool push_integer(hiredis_parser *parser, redisc_node_type type, int64_t value)
{
    redisc_node node = {.head = redisc_node_head(type, 0), .as.integer = value};
    return push(parser, node);
}

static bool convert(hiredis_parser *parser, const redisReply *reply, size_t depth);

static bool convert_aggregate(hiredis_parser *parser, redisc_node_type type,
                              const redisReply *reply, size_t depth)
{
    size_t place = parser->count;
    redisc_node node = {.head = redisc_node_head(type, reply->elements)};
    if (depth == parser->limits.depth && reply->elements > 0) {
        return too_large(parser, "nesting of aggregates", parser->limits.depth);
    }
    if (!push(parser, node)) {
        return false;
    }
    for (size_t i = 0; i < reply->elements; i++) {
        if (!convert(parser, reply->element[i], depth + 1)) {
            return false;
        }
    }
    parser->nodes[place].as.next = parser->count;
    return true;
}

#ifdef REDIS_REPLY_MAP
/* Some versions read the number with the locale's strtod; its text is kept beside. Some don't set
 * its length. */
static bool push_double(hiredis_parser *parser, const redisReply *reply)
{
    redisc_node node = {.head = redisc_node_head(REDISC_NODE_DOUBLE, 0)};
    if (!redisc_read_double(reply->str, strlen(reply->str), &node.as.real)) {
        redisc_fail(REDISC_ERROR_PROTOCOL, "protocol error: invalid double");
        return fail(parser);
    }
    return push(parser, node);
}

static bool convert_resp3(hiredis_parser *parser, const redisReply *reply, size_t depth)
{
    switch (reply->type) {
    case REDIS_REPLY_DOUBLE:
        return push_double(parser, reply);
    case REDIS_REPLY_BOOL:
        return push_integer(parser, REDISC_NODE_BOOLEAN, reply->integer != 0);
    case REDIS_REPLY_VERB:
        return push_text(parser, REDISC_NODE_VERBATIM, reply);
    case REDIS_REPLY_BIGNUM:
        return push_text(parser, REDISC_NODE_BIG, reply);
    case REDIS_REPLY_MAP:
        return convert_aggregate(parser, REDISC_NODE_MAP, reply, depth);
    case REDIS_REPLY_SET:
        return convert_aggregate(parser, REDISC_NODE_SET, reply, depth);
    case REDIS_REPLY_PUSH:
        return convert_aggregate(parser, REDISC_NODE_PUSH, reply, depth);
    default:
        redisc_fail(REDISC_ERROR_UNSUPPORTED,
                    "hiredis's reader can't read this reply (type %d inside it); use the native "
                    "parser",
                    reply->type);
        return fail(parser);
    }
}
#else
static bool convert_resp3(hiredis_parser *parser, const redisReply *reply, size_t depth)
{
    (void)depth;
    redisc_fail(REDISC_ERROR_UNSUPPORTED, "this hiredis gives a reply of unknown type %d",
                reply->type);
    return fail(parser);
}
#endif

static bool convert(hiredis_parser *parser, const redisReply *reply, size_t depth)
{
    switch (reply->type) {
    case REDIS_REPLY_STRING:
        return push_text(parser, REDISC_NODE_STRING, reply);
    case REDIS_REPLY_STATUS:
        return push_text(parser, REDISC_NODE_SIMPLE, reply);
    case REDIS_REPLY_ERROR:
        return push_text(parser, REDISC_NODE_ERROR, reply);
    case REDIS_REPLY_INTEGER:
        return push_integer(parser, REDISC_NODE_INTEGER, reply->integer);
    case REDIS_REPLY_NIL:
        return push_integer(parser, REDISC_NODE_NIL, 0);
    case REDIS_REPLY_ARRAY:
        return convert_aggregate(parser, REDISC_NODE_ARRAY, reply, depth);
    default:
        return convert_resp3(parser, reply, depth);
    }
}

static size_t unread(const hiredis_parser *parser)
{
    return parser->reader->len - parser->reader->pos;
}

/* What hiredis says, as one of our kinds. */
static redisc_parse hiredis_failed(hiredis_parser *parser)
{
    const redisReader *reader = parser->reader;
    if (reader->err == REDIS_ERR_OOM) {
        no_memory(parser);
    } else if (strstr(reader->errstr, "nested") != NULL) {
        redisc_fail(REDISC_ERROR_LIMIT, "reply too large: hiredis says: %s", reader->errstr);
    } else {
        redisc_fail(REDISC_ERROR_PROTOCOL, "protocol error: hiredis says: %s", reader->errstr);
    }
    parser->failed = true;
    return REDISC_PARSE_FAILED;
}

/* The reply is still coming: is it too large already? */
static redisc_parse want_more(hiredis_parser *parser)
{
    int depth = parser->reader->ridx; /* -1 between replies */
    if (depth > 0 && (size_t)depth > parser->limits.depth) {
        too_large(parser, "nesting of aggregates", parser->limits.depth);
        return REDISC_PARSE_FAILED;
    }
    if (parser->open > parser->limits.reply_bytes) {
        too_large(parser, "number of bytes", parser->limits.reply_bytes);
        return REDISC_PARSE_FAILED;
    }
    return REDISC_PARSE_MORE;
}

/* hiredis's next reply that isn't an attribute; NULL with *parse set if there is none. */
static redisReply *next_reply(hiredis_parser *parser, redisc_parse *parse)
{
    for (;;) {
        void *reply = NULL;
        if (redisReaderGetReply(parser->reader, &reply) != REDIS_OK) {
            *parse = hiredis_failed(parser);
            return NULL;
        }
        if (reply == NULL) {
            *parse = want_more(parser);
            return NULL;
        }
#ifdef REDIS_REPLY_ATTR
        if (((redisReply *)reply)->type == REDIS_REPLY_ATTR) {
            /* Converted for the checks alone: attributes inside it would have confused hiredis. */
            bool fine = convert_aggregate(parser, REDISC_NODE_MAP, reply, 0);
            freeReplyObject(reply);
            if (!fine) {
                *parse = REDISC_PARSE_FAILED;
                return NULL;
            }
            parser->count = 0;
            parser->text = 0;
            continue;
        }
#endif
        return reply;
    }
}

static redisc_parse hiredis_next(redisc_parser *face, redisc_parsed *reply)
{
    hiredis_parser *parser = (hiredis_parser *)face;
    redisc_parse parse;
    if (parser->failed) {
        redisc_fail(REDISC_ERROR_PROTOCOL, "the parser has failed before and can't go on");
        return REDISC_PARSE_FAILED;
    }
    parser->reply = next_reply(parser, &parse);
    if (parser->reply == NULL) {
        return parse;
    }
    parser->size = parser->open - unread(parser);
    if (parser->size > parser->limits.reply_bytes) {
        too_large(parser, "number of bytes", parser->limits.reply_bytes);
        return REDISC_PARSE_FAILED;
    }
    if (!convert(parser, parser->reply, 0)) {
        return REDISC_PARSE_FAILED;
    }
    *reply = (redisc_parsed){.nodes = parser->nodes, .count = parser->count, .text = parser->text};
    return REDISC_PARSE_REPLY;
}

static void hiredis_consume(redisc_parser *face)
{
    hiredis_parser *parser = (hiredis_parser *)face;
    if (parser->reply != NULL) {
        freeReplyObject(parser->reply);
        parser->reply = NULL;
    }
    parser->open -= parser->size;
    parser->size = 0;
    parser->count = 0;
    parser->text = 0;
}

static char *hiredis_room(redisc_parser *face, size_t *size)
{
    hiredis_parser *parser = (hiredis_parser *)face;
    if (parser->room == NULL) {
        parser->room = redisc_allocate(ROOM);
        if (parser->room == NULL) {
            no_memory(parser);
            return NULL;
        }
    }
    *size = ROOM;
    return parser->room;
}

/* If hiredis has no memory for them, its next reply says so. */
static void hiredis_filled(redisc_parser *face, size_t len)
{
    hiredis_parser *parser = (hiredis_parser *)face;
    if (len > 0 && !parser->failed) {
        redisReaderFeed(parser->reader, parser->room, len);
        parser->open += len;
    }
}

static size_t hiredis_pending(const redisc_parser *face)
{
    return ((const hiredis_parser *)face)->open;
}

static redisReader *new_reader(const redisc_limits *limits)
{
    redisReader *reader = redisReaderCreate();
#ifdef REDIS_REPLY_MAP
    if (reader != NULL) {
        reader->maxelements =
            limits->elements < INT32_MAX ? (long long)limits->elements : INT32_MAX;
    }
#else
    (void)limits;
#endif
    return reader;
}

/* A fresh reader takes the place of one whose buffer may have grown. */
static void hiredis_shrink(redisc_parser *face)
{
    hiredis_parser *parser = (hiredis_parser *)face;
    if (parser->open > 0 || parser->failed) {
        return;
    }
    redisReader *reader = new_reader(&parser->limits);
    if (reader != NULL) {
        redisReaderFree(parser->reader);
        parser->reader = reader;
    }
    redisc_release(parser->room);
    redisc_release(parser->nodes);
    parser->room = NULL;
    parser->nodes = NULL;
    parser->capacity = 0;
}

static void hiredis_free(redisc_parser *face)
{
    hiredis_parser *parser = (hiredis_parser *)face;
    if (parser->reply != NULL) {
        freeReplyObject(parser->reply);
    }
    redisReaderFree(parser->reader);
    redisc_release(parser->room);
    redisc_release(parser->nodes);
    redisc_release(parser);
}

redisc_parser *redisc_hiredis_parser_new(const redisc_limits *limits)
{
    static const redisc_parser_class class = {
        .name = "hiredis",
        .free = hiredis_free,
        .room = hiredis_room,
        .filled = hiredis_filled,
        .next = hiredis_next,
        .consume = hiredis_consume,
        .pending = hiredis_pending,
        .shrink = hiredis_shrink,
    };
    hiredis_parser *parser = redisc_allocate_zeroed(sizeof *parser);
    redisReader *reader = new_reader(limits);
    if (parser == NULL || reader == NULL) {
        redisc_release(parser);
        if (reader != NULL) {
            redisReaderFree(reader);
        }
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a parser");
        return NULL;
    }
    parser->face.is = &class;
    parser->limits = *limits;
    parser->reader = reader;
    return &parser->face;
}

bool redisc_hiredis_knows_resp3(void)
{
#ifdef REDIS_REPLY_MAP
    return true;
#else
    return false;
#endif
}

#else

redisc_parser *redisc_hiredis_parser_new(const redisc_limits *limits)
{
    (void)limits;
    redisc_fail(REDISC_ERROR_UNSUPPORTED, "this redisc was built without hiredis's parser");
    return NULL;
}

bool redisc_hiredis_knows_resp3(void)
{
    return false;
}

#endif
