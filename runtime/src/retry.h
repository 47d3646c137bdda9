/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What is tried again: a table of what can go wrong, and the bookkeeping of one call's tries.
 *
 *     redisc_retry retry = {.pool = …, .deadline = …, .tries = 1};
 *     while (redisc_retry_again(&retry, status, how, &pause_ms)) {
 *         … pause, take a connection, try, and set status and how …
 *     }
 *
 * docs/reliability.md has the table in words.
 */
#ifndef REDISC_SRC_RETRY_H
#define REDISC_SRC_RETRY_H

#include "command.h"
#include "pool.h"

/* The tries at one call. */
typedef struct redisc_retry {
    redisc_pool *pool;
    redisc_deadline deadline; /* of all tries together */
    int32_t most;             /* tries; negative: as many as the deadline allows */
    bool harmless;            /* running it twice does no harm */
    bool allowed;             /* the caller allows it to be run twice */
    bool scripted;            /* its error may be a script's, whatever its word is */
    unsigned tries;           /* so far, the first one included */
    unsigned unanswered;      /* of them, those that may have been executed without a reply */
    unsigned losses;          /* of them, those that ended with a connection that was there */
    unsigned pauses;
    unsigned moves; /* servers that turned out to be the wrong one */
} redisc_retry;

/* How a try ended. */
typedef struct redisc_retry_end {
    redisc_status status;
    redisc_delivery delivery;
    bool connected; /* false: it failed before it had a connection */
} redisc_retry_end;

/* The tries at a command: the first one, which is over or under way. */
redisc_retry redisc_retry_begin(redisc_pool *pool, const redisc_operation_info *info, int32_t most,
                                bool allowed, redisc_deadline deadline);

/*
 * Whether there is to be another try after one that ended so; counts it then. *pause_ms: how long
 * to wait before, without a connection. If connecting failed the pool sees to that itself.
 */
bool redisc_retry_again(redisc_retry *retry, redisc_retry_end end, int64_t *pause_ms);

/* What is known of the whole call when the last of its tries ended so. */
redisc_delivery redisc_retry_delivery(const redisc_retry *retry, redisc_delivery last);

/* Whether a server that answers so refuses to run a command that it would run at another time. */
bool redisc_retry_refused(redisc_status status);

/* Whether a server that answers so isn't the one that is wanted: see redisc_pool_distrust(). */
bool redisc_retry_distrusts(redisc_status status);

/* Whether running the command twice does no harm. */
static inline bool redisc_is_harmless(const redisc_operation_info *info)
{
    const uint32_t harmless = REDISC_COMMAND_READONLY | REDISC_COMMAND_REPEATABLE;
    return (info->flags & harmless) != 0;
}

#endif
