/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Pools of connections. Each client has one of its own unless it is given one to share.
 *
 * Connections are made when they are needed and reused last-released-first, so that a pool that was
 * busy once does not keep all of its connections warm. At most max_connections are open at once; a
 * pool that blocks (pool_blocks) lets callers wait for a free one, first come first served.
 * Commands that may wait on the server (BLPOP …) never keep others from a connection: theirs are
 * counted apart, up to max_blocking.
 *
 * While connects fail, one at a time is made, with pauses that double up to retry_max_wait_ms, at
 * random lengths; all who need a connection meanwhile wait for it and fail with it.
 *
 * Thread safety: everything here may be called from any thread at any time.
 *
 * fork: a child starts with an empty pool. It never reads from, writes to or shuts down a
 * connection of its parent; it closes its copies of the idle ones' descriptors at its first use of
 * the pool. Connections that other threads were using at the moment of the fork stay open in the
 * child, unused, until it exits or calls exec. Parent and child can both go on at once.
 */
#ifndef REDISC_POOL_H
#define REDISC_POOL_H

#include <redisc/options.h>

REDISC_BEGIN_DECLS

/** A pool; counted by reference: its handles keep it alive. */
typedef struct redisc_pool redisc_pool;

/** What a pool did so far, and where it stands. */
typedef struct redisc_pool_stats {
    uint32_t in_use; /**< connections with a caller now, those being opened included, but without
                        those of blocking commands */
    uint32_t idle;   /**< connections that wait for a caller now */
    uint32_t max_connections; /**< limit of both together */
    uint32_t waiting;         /**< callers that wait for a connection now */
    uint64_t opened;          /**< connections opened */
    uint64_t closed;          /**< connections closed, for whatever reason */
    uint64_t reconnects;      /**< of the opened ones, those that replaced a lost one */
    uint64_t errors;       /**< connects that failed, and connections lost or given up in doubt */
    uint64_t waits;        /**< how often a caller had to wait for a free connection */
    uint64_t wait_ms;      /**< how long they waited altogether, in milliseconds */
    uint64_t timeouts;     /**< waits that ended without a connection */
    uint32_t blocking;     /**< connections that blocking commands have now */
    uint32_t max_blocking; /**< limit of those */
} redisc_pool_stats;

/**
 * Makes a pool; connects to nothing yet.
 * @param url where to connect; NULL: as the options say
 * @param options defaults for what the URL leaves open; NULL: none. Copied.
 * @param pool give it up with redisc_pool_close(); NULL after a failure
 * @return REDISC_ERROR_URL, REDISC_ERROR_ARGUMENT, REDISC_ERROR_UNSUPPORTED or REDISC_ERROR_MEMORY
 */
REDISC_API redisc_status redisc_pool_open(const char *url, const redisc_options *options,
                                          redisc_pool **pool);

/**
 * Gives up the caller's reference. The pool closes with its last reference; each open client and
 * pinned handle on it holds one. NULL is allowed.
 */
REDISC_API void redisc_pool_close(redisc_pool *pool);

/** Closes all connections: the idle ones at once, those in use when they come back. The pool stays
 * usable and connects anew. */
REDISC_API void redisc_pool_disconnect(redisc_pool *pool);

/** A consistent snapshot of the pool's figures. In a forked child they start at zero. */
REDISC_API void redisc_pool_statistics(redisc_pool *pool, redisc_pool_stats *stats);

/**
 * One line for people: "pool of unix:/run/redis.sock db 0, 2 idle, 1 in use, at most 50". Never
 * holds a password.
 * @param text gets at most @p size bytes with the NUL; may be NULL if size is 0
 * @return the length of the whole line without its NUL, as snprintf() has it
 */
REDISC_API size_t redisc_pool_describe(redisc_pool *pool, char *text, size_t size);

REDISC_END_DECLS

#endif
