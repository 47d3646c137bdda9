/* SPDX-License-Identifier: MIT */
/**
 * @file
 * From bytes to parsed replies. Does no I/O: ask for room, put bytes there, say how many, take
 * replies.
 *
 * Two parsers stand behind this face: the native one (all of RESP2 and RESP3), and hiredis's
 * reader. Both give the same nodes for the same bytes, as far as hiredis knows the type.
 *
 *     char *room = redisc_parser_room(parser, &size);
 *     n = recv(fd, room, size, 0);
 *     redisc_parser_filled(parser, n);
 *     while (redisc_parser_next(parser, &reply) == REDISC_PARSE_REPLY) {
 *         … read it …
 *         redisc_parser_consume(parser);
 *     }
 */
#ifndef REDISC_SRC_PARSER_H
#define REDISC_SRC_PARSER_H

#include "node.h"

#include <redisc/options.h>
#include <redisc/status.h>

typedef enum redisc_parse {
    REDISC_PARSE_MORE,  /* the reply isn't complete: more bytes, please */
    REDISC_PARSE_REPLY, /* a complete reply */
    REDISC_PARSE_FAILED /* this thread's last error tells why; the parser is of no more use (but can
                           be freed) */
} redisc_parse;

/* Limits of what is accepted from a server; all set (no zero). */
typedef struct redisc_limits {
    size_t depth;       /* of nested aggregates */
    size_t bulk_bytes;  /* of one string */
    size_t elements;    /* nodes of one reply */
    size_t reply_bytes; /* wire bytes of one reply */
} redisc_limits;

typedef struct redisc_parser redisc_parser;

typedef struct redisc_parser_class {
    const char *name; /* "native", "hiredis" */
    void (*free)(redisc_parser *parser);
    char *(*room)(redisc_parser *parser, size_t *size);
    void (*filled)(redisc_parser *parser, size_t len);
    redisc_parse (*next)(redisc_parser *parser, redisc_parsed *reply);
    size_t (*leaves)(redisc_parser *parser, redisc_node *nodes, size_t most,
                     redisc_parsed *reply); /* NULL: there is no short way */
    void (*consume)(redisc_parser *parser);
    size_t (*pending)(const redisc_parser *parser);
    void (*shrink)(redisc_parser *parser);
} redisc_parser_class;

struct redisc_parser {
    const redisc_parser_class *is;
};

/* NULL: out of memory; limits are copied. */
redisc_parser *redisc_native_parser_new(const redisc_limits *limits);
/* NULL with the last error UNSUPPORTED if built without hiredis, MEMORY if there is none. */
redisc_parser *redisc_hiredis_parser_new(const redisc_limits *limits);
/* Whether that hiredis knows RESP3 (1.0 and newer): without, connections speak RESP2. */
bool redisc_hiredis_knows_resp3(void);

static inline void redisc_parser_free(redisc_parser *parser)
{
    if (parser != NULL) {
        parser->is->free(parser);
    }
}

/* Where to put the next bytes, and how many fit (at least 1). NULL: out of memory or over a limit,
 * see the last error. */
static inline char *redisc_parser_room(redisc_parser *parser, size_t *size)
{
    return parser->is->room(parser, size);
}

/* `len` bytes were put there. */
static inline void redisc_parser_filled(redisc_parser *parser, size_t len)
{
    parser->is->filled(parser, len);
}

/* The next reply or push, if it is complete. Attributes are dropped. Call it again only after
 * redisc_parser_consume(). */
static inline redisc_parse redisc_parser_next(redisc_parser *parser, redisc_parsed *reply)
{
    return parser->is->next(parser, reply);
}

/*
 * The short way for many replies: takes those that come next, are complete, and have one usual
 * value each (no error, no large string), up to `most`, into nodes[]. Answers how many; 0 if
 * another one comes next, which redisc_parser_next() takes. *reply is filled, with the text of all
 * of them; redisc_parsed_leaf() makes it one of them. redisc_parser_consume() drops them all.
 */
static inline size_t redisc_parser_leaves(redisc_parser *parser, redisc_node *nodes, size_t most,
                                          redisc_parsed *reply)
{
    return parser->is->leaves == NULL ? 0 : parser->is->leaves(parser, nodes, most, reply);
}

/* The reply given last is done with: its nodes, bytes and untaken large blocks go. */
static inline void redisc_parser_consume(redisc_parser *parser)
{
    parser->is->consume(parser);
}

/* Bytes received but not yet consumed: 0 between replies, if the server keeps to the protocol. */
static inline size_t redisc_parser_pending(const redisc_parser *parser)
{
    return parser->is->pending(parser);
}

/* Gives memory back while idle. */
static inline void redisc_parser_shrink(redisc_parser *parser)
{
    parser->is->shrink(parser);
}

#endif
