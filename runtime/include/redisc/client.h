/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Clients: handles over a pool of connections, and handles pinned to one connection.
 *
 * Each call of a client takes a connection out of the pool, and gives it back when the reply is
 * there. One deadline (timeout_ms) spans all of the call: waiting for a connection, looking up
 * names, connecting, sending, receiving, pausing, trying again; a blocking command has its own
 * waiting time on top of it. Blocking commands keep no others from a connection: see max_blocking.
 *
 * A call is tried again, max_tries times in all, with pauses at random lengths that grow:
 * - when no connection could be had, or not a byte of it was sent, always;
 * - when it was sent but not answered, only if running it twice does no harm (the specification
 *   knows the command as read-only or repeatable), or if repeat_anything allows it, and three times
 *   at most;
 * - when the server refused to run it for now (LOADING, MASTERDOWN, BUSY, TRYAGAIN, CLUSTERDOWN)
 *   or turned out to be a replica (READONLY), unless the words may be a script's.
 *
 * Otherwise it fails, and redisc_last_error() tells whether it may have been executed (delivery)
 * and how often it was tried (tries). docs/reliability.md has the whole table.
 *
 * Commands that change the state of their connection (SELECT, MULTI, WATCH, CLIENT REPLY …) are
 * refused with REDISC_ERROR_UNSUPPORTED on a client, for the next call may have another
 * connection. Pin one for them.
 *
 * Thread safety: a client and what redisc_with() derives from it may be used by all threads at
 * once; no call changes it. It must be closed only once, when no call is under way. A pinned handle
 * belongs to one thread at a time. A thread must not be cancelled (pthread_cancel) within a call.
 */
#ifndef REDISC_CLIENT_H
#define REDISC_CLIENT_H

#include <redisc/handle.h>
#include <redisc/pool.h>

REDISC_BEGIN_DECLS

/**
 * Opens a client with a pool of its own. Connects to nothing yet: the first call does.
 * @param url where to connect; NULL: as the options say
 * @param options defaults for what the URL leaves open; NULL: none. Copied.
 * @param client close it with redisc_close(); NULL after a failure
 * @return REDISC_ERROR_URL, REDISC_ERROR_ARGUMENT, REDISC_ERROR_UNSUPPORTED or REDISC_ERROR_MEMORY
 */
REDISC_API redisc_status redisc_open(const char *url, const redisc_options *options,
                                     redisc **client);

/** Opens a client on a pool that others use too; it holds a reference on the pool. */
REDISC_API redisc_status redisc_open_pool(redisc_pool *pool, redisc **client);

/**
 * Takes one connection of the client's pool for a handle of its own, until that is closed. It runs
 * all commands, those too that change the connection's state; then the connection is closed at the
 * end, not reused. It never reconnects, for a state would be lost: after a lost connection every
 * call fails with REDISC_ERROR_CLOSED. May connect, within the client's timeout and tries.
 * @param client a client or another pinned handle
 * @param pinned close it with redisc_close(); it may outlive the client. NULL after a failure
 */
REDISC_API redisc_status redisc_pin(redisc *client, redisc **pinned);

/** The pool behind a client or a pinned handle, borrowed; NULL for other handles. */
REDISC_API redisc_pool *redisc_pool_of(redisc *client);

REDISC_END_DECLS

#endif
