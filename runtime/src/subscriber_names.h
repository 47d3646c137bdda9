/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The names that a subscriber has to do with: what is wanted of each, and what the server was asked
 * for.
 *
 * All names stand in one list; those with a wish that is still to be sent are its end, in the order
 * of the wishes. Not thread-safe: the subscriber's lock guards them.
 */
#ifndef REDISC_SRC_SUBSCRIBER_NAMES_H
#define REDISC_SRC_SUBSCRIBER_NAMES_H

#include <redisc/subscriber.h>

typedef enum redisc_name_kind {
    REDISC_NAME_CHANNEL,
    REDISC_NAME_PATTERN,
    REDISC_NAME_SHARD /* a sharded channel */
} redisc_name_kind;

typedef struct redisc_name {
    struct redisc_name *in_bucket; /* the next one with the same place in the table */
    struct redisc_name *before;
    struct redisc_name *after;
    redisc_message_handler handler;
    void *context;
    uint64_t hash;
    uint32_t outstanding; /* requests for it that aren't answered */
    redisc_name_kind kind;
    bool wanted; /* to be subscribed */
    bool asked;  /* subscribed once all requests are answered as they should be */
    bool again;  /* to be asked for even though it is already */
    bool wishes; /* among those with a wish */
    bool alone;  /* to be asked for in a command of its own, for it may be refused */
    size_t len;
    char text[];
} redisc_name;

typedef struct redisc_names {
    redisc_name **buckets; /* a power of two of them; NULL while empty */
    size_t bucket_count;
    size_t count;
    redisc_name *first;
    redisc_name *last;
    redisc_name *first_wish; /* NULL: none */
} redisc_names;

void redisc_names_free(redisc_names *names);

redisc_name *redisc_names_find(const redisc_names *names, redisc_name_kind kind, redisc_str text);

/* Adds a name that isn't there; nothing is wanted of it yet. NULL: no memory. */
redisc_name *redisc_names_add(redisc_names *names, redisc_name_kind kind, redisc_str text);

void redisc_names_remove(redisc_names *names, redisc_name *name);

/* Puts it among those with a wish, unless it is there; it keeps its turn then. */
void redisc_names_wish(redisc_names *names, redisc_name *name);

/* Takes it out of those with a wish. It has to be the first of them. */
void redisc_names_granted(redisc_names *names);

/* Nobody wants it, and no answer is to come: it can be removed. */
static inline bool redisc_name_is_idle(const redisc_name *name)
{
    return !name->wanted && !name->asked && name->outstanding == 0;
}

/* The connection is gone: what was asked for is forgotten, and all that is wanted is wished for
 * again. Names that aren't wanted are removed. */
void redisc_names_reset(redisc_names *names);

#endif
