/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The native parser's inside, shared by its files: input (bytes and where they go), leaves (many
 * short values in a row), elements (any one value), and the loop that ties them together.
 *
 * A value that has no children is taken whole or not at all, so what has to be remembered between
 * two calls is the stack of open aggregates, and nothing is looked at twice but the header of the
 * value at hand. Two kinds of string are taken in parts: large ones, which are received straight
 * into a block of their own, and streamed ones, whose parts are moved together in the buffer.
 */
#ifndef REDISC_SRC_PARSER_NATIVE_H
#define REDISC_SRC_PARSER_NATIVE_H

#include "buffer.h"
#include "hint.h"
#include "parser.h"

enum {
    /* Zero bytes behind what was received, so that headers are read without asking at each byte
     * whether it is the last one. */
    REDISC_INPUT_SLACK = 32,
    REDISC_INPUT_FIRST = 1024,      /* the buffer's first size */
    REDISC_INPUT_MOST = 64 * 1024,  /* how much is read at once, if it comes that fast */
    REDISC_LINE_MOST = 64 * 1024,   /* length of a simple string, error, big number, or header */
    REDISC_LARGE_LEAST = 32 * 1024, /* strings from here on get their own block, unless they have
                                       come already */
    REDISC_LARGE_FIRST =
        1024 * 1024 + 2,     /* of a large string's block, before its bytes have come */
    REDISC_LARGE_GROWTH = 16 /* how many times what has come a block may be */
};

typedef enum redisc_frame_kind {
    REDISC_FRAME_COUNTED,
    REDISC_FRAME_STREAMED, /* ends with '.'; remaining counts down from UINT64_MAX */
    REDISC_FRAME_ATTRIBUTE /* its nodes are dropped at its end */
} redisc_frame_kind;

/* An aggregate whose children are still coming. */
typedef struct redisc_frame {
    uint64_t remaining; /* children that have not come */
    size_t node;        /* the aggregate's own; an attribute has none: where its children begin */
    redisc_frame_kind kind;
    size_t text;         /* an attribute: what to go back to at its end */
    redisc_block *large; /* likewise */
} redisc_frame;

/* A large string on its way. */
typedef struct redisc_incoming {
    redisc_block *block; /* NULL: none */
    size_t length;       /* of the string; CR LF are received behind it */
    size_t got;
    size_t room; /* for its bytes, CR and LF: what the block has by now */
} redisc_incoming;

/* A streamed string on its way. */
typedef struct redisc_stream {
    bool open;
    size_t place; /* from the start of the reply */
    size_t length;
} redisc_stream;

typedef struct redisc_native_parser {
    redisc_parser face;
    redisc_buffer in; /* its content starts with the reply at hand */
    size_t at;        /* the next value, from the start of the reply */
    size_t wanted;    /* bytes behind `at` without which the value at hand isn't complete */
    size_t searched;  /* bytes behind `at` that were searched for the end of the line */
    size_t skipped;   /* wire bytes of the reply that are not in the buffer */
    bool inside;      /* a reply has begun and was not complete at first sight */
    bool failed;
    size_t offered; /* what redisc_parser_room gave last */
    size_t read_size;

    redisc_node lone; /* a reply of one node that was complete at first sight */
    redisc_node *nodes;
    size_t count;
    size_t capacity;
    size_t text;         /* so far */
    redisc_block *large; /* complete ones, the last one first */
    redisc_frame *frames;
    size_t depth;
    size_t frame_capacity;
    size_t attribute_end; /* wire position where the last attribute ended */
    redisc_incoming incoming;
    redisc_stream stream;

    redisc_parsed *given; /* where the reply with large strings was given to */
    redisc_limits limits;
} redisc_native_parser;

/* What became of an attempt to parse. */
typedef enum redisc_step {
    REDISC_STEP_VALUE,  /* a value is complete */
    REDISC_STEP_OPENED, /* an aggregate has begun, or something without value has ended */
    REDISC_STEP_MORE,   /* more bytes, please */
    REDISC_STEP_FAILED
} redisc_step;

/* Input. */
char *redisc_native_room(redisc_parser *parser, size_t *size);
void redisc_native_filled(redisc_parser *parser, size_t len);
/* Starts to receive a string of `length` bytes, of which `have` stand at the content's end. */
redisc_step redisc_native_large_begin(redisc_native_parser *parser, size_t length, size_t have);
redisc_step redisc_native_large_continue(redisc_native_parser *parser);

/* Nodes and frames. */
bool redisc_native_push(redisc_native_parser *parser, redisc_node node);
bool redisc_native_open(redisc_native_parser *parser, redisc_frame_kind kind, redisc_node_type type,
                        uint64_t children);
/* Ends the aggregates that have all children; true if that completes the reply. */
bool redisc_native_close(redisc_native_parser *parser);
redisc_step redisc_native_end_streamed(redisc_native_parser *parser);

/* Takes the usual values inside aggregates as long as they are complete; true if that completes the
 * reply. Leaves all else to redisc_native_element(). */
bool redisc_native_values(redisc_native_parser *parser);
/* The same for a whole reply without children; false: not one, or not complete. */
bool redisc_native_lone(redisc_native_parser *parser);
/* The same for many of them: redisc_parser_leaves(). */
size_t redisc_native_leaves(redisc_parser *parser, redisc_node *nodes, size_t most,
                            redisc_parsed *reply);

/* Any one value, or the head of an aggregate. */
redisc_step redisc_native_element(redisc_native_parser *parser);
redisc_step redisc_native_stream_continue(redisc_native_parser *parser);

/*
 * Fails the parser for good: "protocol error: <text> at byte 17 of the reply" (counted from 0);
 * `offset` from the value at hand.
 */
redisc_step redisc_native_fail(redisc_native_parser *parser, redisc_status status, size_t offset,
                               const char *format, ...) REDISC_PRINTF(4, 5);
redisc_step redisc_native_no_memory(redisc_native_parser *parser, size_t size);

static inline const char *redisc_native_here(const redisc_native_parser *parser)
{
    return redisc_buffer_content(&parser->in) + parser->at;
}

static inline size_t redisc_native_available(const redisc_native_parser *parser)
{
    return redisc_buffer_len(&parser->in) - parser->at;
}

static inline void redisc_native_advance(redisc_native_parser *parser, size_t len)
{
    parser->at += len;
    parser->wanted = 0;
    parser->searched = 0;
}

static inline redisc_frame *redisc_native_top(const redisc_native_parser *parser)
{
    return &parser->frames[parser->depth - 1];
}

static inline bool redisc_is_crlf(const char *at)
{
    return memcmp(at, "\r\n", 2) == 0;
}

#endif
