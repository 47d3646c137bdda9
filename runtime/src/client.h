/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What clients and pinned handles are made of.
 */
#ifndef REDISC_SRC_CLIENT_H
#define REDISC_SRC_CLIENT_H

#include "callback.h"
#include "pool.h"
#include "retry.h"

#include <redisc/client.h>

/* A handle on a pool. It never changes after it is made, so threads may share it. */
typedef struct redisc_pooled {
    redisc handle;               /* first: a redisc * is a redisc_pooled * */
    redisc_pool *pool;           /* counted reference */
    redisc_callbacks *callbacks; /* counted reference, shared with derived and pinned handles */
    int64_t timeout_ms;          /* negative: none */
    int32_t max_tries;           /* negative: no limit */
    bool repeat_anything;
    redisc_arena *arena;           /* where results are made; NULL: in memory of their own */
    redisc_connection *connection; /* of a pinned handle; NULL in a client */
    bool derived;                  /* pinned: the connection belongs to another handle */
} redisc_pooled;

/* The handle as a client or pinned handle; NULL if it is another kind. */
redisc_pooled *redisc_pooled_of(redisc *r);

/* A further handle like `model`; NULL if there is no memory. */
redisc_pooled *redisc_pooled_copy(const redisc_pooled *model);

/* Frees the handle with its references. */
void redisc_pooled_free(redisc_pooled *pooled);

/* Makes a derived handle of the same kind: what redisc_with() does. */
redisc_status redisc_pooled_with(redisc *r, const redisc_call_options *options, redisc **derived);

/* Until when a command may take that began at `begun_ms`. */
redisc_deadline redisc_pooled_deadline(const redisc_pooled *pooled, const redisc_operation *c,
                                       int64_t begun_ms);

/*
 * Takes a connection out of the pool, trying again as the policy allows until the time-out, which
 * counts from now_ms. `blocking`: for what may wait on the server. *tries: how many it took. NULL
 * after failing.
 */
redisc_connection *redisc_pooled_take(const redisc_pooled *self, bool blocking, int64_t now_ms,
                                      unsigned *tries);
/* Further tries, after the first one has failed. */
redisc_connection *redisc_pooled_take_again(const redisc_pooled *self, redisc_retry *retry,
                                            bool blocking);

/* Trades a connection, NULL for none, for another one after the pause, during which nobody's is
 * held: what another try begins with. NULL after failing. */
redisc_connection *redisc_pooled_change(const redisc_pooled *self, redisc_connection *last,
                                        bool blocking, int64_t pause_ms, redisc_deadline deadline);

/* Whether a command may wait on the server. */
static inline bool redisc_blocks(const redisc_operation *c)
{
    return (c->info->flags & REDISC_COMMAND_BLOCKING) != 0;
}

/* The end of a client's command whose first try has ended so: tries again as the policy allows, and
 * gives the connection back. */
redisc_status redisc_client_recover(redisc_operation *c, const redisc_result *result, void *out,
                                    redisc_deadline deadline, redisc_retry_end end);

extern const redisc_handle_class redisc_pinned_class;

/* Whether a pinned connection may be used on. */
redisc_status redisc_pinned_check(const redisc_connection *connection);

#endif
