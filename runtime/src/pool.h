/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The pool's inner face: taking connections out and giving them back.
 *
 * A `place` is the right to one of max_connections. Who takes a connection takes a place first, and
 * frees it after the connection is idle or closed; so the limit holds while connects, which are
 * slow, go on outside the lock.
 *
 * Commands that may wait on the server have places of their own, max_blocking of them, so that they
 * never keep the others waiting: their connections come from the same idle ones, and return there
 * as long as no more than max_connections are idle or in other use.
 */
#ifndef REDISC_SRC_POOL_H
#define REDISC_SRC_POOL_H

#include "connection.h"

#include <redisc/pool.h>

#include <pthread.h>

struct redisc_pool_waiter;

/* Threads that wait, in their order. */
typedef struct redisc_pool_queue {
    struct redisc_pool_waiter *first;
    struct redisc_pool_waiter *last;
} redisc_pool_queue;

typedef struct redisc_pool_places {
    uint32_t in_use;
    uint32_t most;             /* never changes */
    redisc_pool_queue waiters; /* empty while a place is free */
} redisc_pool_places;

/* What connects have to pass: see pool_connect.c. */
typedef struct redisc_pool_gate {
    uint32_t failed;   /* connects in a row; 0: the gate is open */
    bool busy;         /* one connect is under way, for all who wait */
    int64_t opens_ms;  /* before that time none is begun */
    uint64_t failures; /* all so far */
    redisc_error *why; /* of the last one; NULL if there was no memory to keep it */
    redisc_pool_queue waiters;
} redisc_pool_gate;

struct redisc_pool {
    pthread_mutex_t lock;    /* guards all below, down to `counts`; never held during I/O */
    redisc_connection *idle; /* the one given back last comes first */
    uint32_t idle_count;
    redisc_pool_places places;   /* for all but … */
    redisc_pool_places blocking; /* … commands that may wait on the server */
    unsigned generation;         /* connections of an older one are closed when they come back */
    int64_t suspect_ms;          /* connections not used since are looked at before use */
    redisc_pool_gate gate;
    redisc_connection *inherited; /* idle ones of the parent process, still to be closed here */
    uint64_t to_replace;          /* lost connections, for the count of reconnects */
    int64_t look_ms;              /* when to ask the config's route next; never without one */
    redisc_pool_stats counts;     /* without in_use, idle, blocking and the limits */

    redisc_config *config; /* never changes */
    atomic_uint references;
    redisc_forkable forkable;
};

redisc_pool *redisc_pool_retain(redisc_pool *pool);

/* Makes a pool; takes the config over, in failure too. */
redisc_status redisc_pool_make(redisc_config *config, redisc_pool **pool);

/*
 * The server behind a connection is not, or no longer, the one that is wanted: connections that are
 * as old as this one are not used again. What is in use is closed when it comes back.
 */
void redisc_pool_distrust(redisc_pool *pool, const redisc_connection *connection);

/*
 * Takes a connection that is fit for use: an idle one, a new one, or, in a pool that blocks, one
 * that somebody else gives back in time. `now_ms` is the time, for the caller has just looked; the
 * time-out (negative: none) counts from then, and it becomes the connection's used_ms. NULL after
 * failing.
 */
redisc_connection *redisc_pool_take(redisc_pool *pool, int64_t now_ms, int64_t timeout_ms);
/* The same for a command that may wait on the server. */
redisc_connection *redisc_pool_take_blocking(redisc_pool *pool, int64_t now_ms, int64_t timeout_ms);

/* Gives a connection back; it is closed instead if it is broken, changed, or of an older
 * generation. */
void redisc_pool_give(redisc_pool *pool, redisc_connection *connection);

/*
 * Trades a connection that broke for another one, without queueing for a place again. Whatever has
 * been idle since before is looked at before it is used, for where one died others may have. NULL
 * after failing; the broken one is closed in any case.
 */
redisc_connection *redisc_pool_replace(redisc_pool *pool, redisc_connection *broken,
                                       redisc_deadline deadline);

/* Connects for a place that the caller has, when it's time: while connects fail they are spaced,
 * and made one at a time. NULL after failing, maybe as another's connect has just failed. */
redisc_connection *redisc_pool_connect(redisc_pool *pool, redisc_deadline deadline);

/* Takes the idle connections out that are outdated. Needs the lock. */
redisc_connection *redisc_pool_unlink_outdated(redisc_pool *pool);

/* Asks the route whether the server has moved, and closes the idle connections if it has. Called
 * with the lock, and has it again when it returns. */
void redisc_pool_follow(redisc_pool *pool, int64_t now_ms, redisc_deadline deadline);

/* How many connects have failed in a row. */
uint32_t redisc_pool_failed_connects(redisc_pool *pool);

/* Closes a whole list, linked by `next`. */
void redisc_pool_close_list(redisc_connection *connections);

/* Makes it safe to fork with a new pool; false if there is no memory for that. */
bool redisc_pool_survive_forks(redisc_pool *pool);

#endif
