/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A parsed reply: a flat row of nodes in wire order, which readers turn into results.
 *
 * A node takes 16 bytes. An aggregate's children follow it directly, depth first, and its `next`
 * says where its sibling is, so readers can skip what they don't know. Strings stay where they were
 * received until a reader copies them once, into the result.
 */
#ifndef REDISC_SRC_NODE_H
#define REDISC_SRC_NODE_H

#include "arena.h"

#include <stdint.h>

typedef enum redisc_node_type {
    REDISC_NODE_NIL,      /* _  $-1  *-1 */
    REDISC_NODE_STRING,   /* $ and streamed strings: as.place, length */
    REDISC_NODE_SIMPLE,   /* +: as.place, length */
    REDISC_NODE_VERBATIM, /* =: as.place (of the text, behind "txt:"), length */
    REDISC_NODE_LARGE,    /* $ that was received straight into a block of its own: as.large */
    REDISC_NODE_BIG,      /* (: digits, as.place, length */
    REDISC_NODE_ERROR,    /* - and !: as.place, length */
    REDISC_NODE_INTEGER,  /* : as.integer */
    REDISC_NODE_DOUBLE,   /* , as.real; its text is not kept */
    REDISC_NODE_BOOLEAN,  /* # as.integer 0 or 1 */
    REDISC_NODE_ARRAY,    /* * length = number of children, as.next */
    REDISC_NODE_SET,      /* ~ likewise */
    REDISC_NODE_MAP,      /* % length = number of children: keys and values, so twice the pairs */
    REDISC_NODE_PUSH,     /* > likewise; only at the top */
} redisc_node_type;

typedef struct redisc_node {
    uint64_t head; /* length << 8 | type */
    union {
        uint64_t place;      /* strings: address minus the reply's base, modulo 2^64 */
        redisc_block *large; /* payload: a redisc_str, then its bytes and a NUL */
        int64_t integer;
        double real;
        uint64_t
            next; /* aggregates: index, in the reply's nodes, of what follows its last descendant */
    } as;
} redisc_node;

static inline redisc_node_type redisc_node_kind(const redisc_node *node)
{
    return (redisc_node_type)(node->head & 0xff);
}

static inline size_t redisc_node_length(const redisc_node *node)
{
    return (size_t)(node->head >> 8);
}

static inline uint64_t redisc_node_head(redisc_node_type kind, size_t length)
{
    return (uint64_t)length << 8 | (uint64_t)kind;
}

/* The place of what follows the value at `place`, all its children included. */
static inline size_t redisc_node_after(const redisc_node *nodes, size_t place)
{
    const redisc_node *node = &nodes[place];
    return redisc_node_kind(node) >= REDISC_NODE_ARRAY ? (size_t)node->as.next : place + 1;
}

enum {
    REDISC_PADDING = 32 /* bytes behind a string's end that may be read, in a padded reply */
};

/*
 * A complete reply, owned by its parser until the parser moves on. The struct itself must stay
 * where it is until then: the parser looks at its `large` to see what was taken.
 */
typedef struct redisc_parsed {
    const redisc_node *nodes; /* nodes[0] is the reply itself */
    size_t count;
    bool padded;      /* short strings may be copied by moves that read beyond their end */
    const char *base; /* a string's bytes are at base + place */
    size_t text; /* the length of all strings, plus one each: what copying them takes (LARGE ones
                    not counted) */
    redisc_block *large; /* the blocks of LARGE nodes, chained; a reader that succeeds takes them
                            all and leaves NULL */
    redisc_arena *arena; /* where its result is made; NULL: in memory of its own */
} redisc_parsed;

/* Makes one of many replies of one value the reply at hand. */
static inline void redisc_parsed_leaf(redisc_parsed *reply, const redisc_node *leaf)
{
    bool has_text =
        redisc_node_kind(leaf) >= REDISC_NODE_STRING && redisc_node_kind(leaf) <= REDISC_NODE_ERROR;
    reply->nodes = leaf;
    reply->text = has_text ? redisc_node_length(leaf) + 1 : 0;
}

static inline const char *redisc_node_bytes(const redisc_parsed *reply, const redisc_node *node)
{
    return (const char *)((uintptr_t)reply->base + (uintptr_t)node->as.place);
}

#endif
