/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Observers: every command that a server executes, as it comes (MONITOR). For looking into a
 * server's work; it takes much of the server's time.
 *
 *     redisc_observer *o;
 *     const redisc_observed *command;
 *     redisc_observer_open(r, &o);
 *     while (redisc_observer_next(o, -1, &command) == REDISC_OK) {
 *         printf("%s runs %s\n", command->address.data, command->words.items[0].data);
 *         redisc_free(command);
 *     }
 *     redisc_observer_close(o);
 *
 * An observer has a connection of its own, made as the client's are, but outside of the pool. It
 * doesn't connect again by itself: after a loss nobody could tell what was missed.
 *
 * Thread safety: an observer belongs to one thread at a time. fork: it stays the parent's; in a
 * child its calls fail, and closing it there leaves the parent's connection alone.
 */
#ifndef REDISC_OBSERVER_H
#define REDISC_OBSERVER_H

#include <redisc/handle.h>

REDISC_BEGIN_DECLS

/** A connection that is told all commands. */
typedef struct redisc_observer redisc_observer;

/** A command that was executed; one block, which redisc_free() frees. */
typedef struct redisc_observed {
    double time;        /**< when, by the server's clock, in seconds since the epoch */
    int64_t time_us;    /**< the same in microseconds, exactly */
    int64_t db;         /**< the database that was selected */
    redisc_str address; /**< who: "127.0.0.1:51234", "unix:/run/redis.sock", "lua" for a script */
    redisc_str_list words; /**< the command and its arguments; binary-safe. Secrets are left out by
                              the server. */
} redisc_observed;

/**
 * Connects and says MONITOR, within the client's timeout.
 * @param client a client or a pinned handle
 * @param observer close it with redisc_observer_close(); NULL after a failure
 * @return a connection error, or the server's (NOPERM)
 */
REDISC_API redisc_status redisc_observer_open(redisc *client, redisc_observer **observer);

/**
 * Gives the next command.
 * @param timeout_ms 0: only what is there already; negative: as long as it takes
 * @param command free it with redisc_free(). NULL: none came in time.
 * @return REDISC_ERROR_CLOSED: the connection was lost, or belongs to the parent process: open
 * another one. REDISC_ERROR_PROTOCOL: the server said something that isn't understood; the next
 * call goes on behind it. REDISC_ERROR_LIMIT: a line longer than max_reply_bytes; nothing can be
 * read any more then.
 */
REDISC_API redisc_status redisc_observer_next(redisc_observer *observer, int64_t timeout_ms,
                                              const redisc_observed **command);

/** Closes the connection and frees the observer. NULL is allowed. */
REDISC_API void redisc_observer_close(redisc_observer *observer);

REDISC_END_DECLS

#endif
