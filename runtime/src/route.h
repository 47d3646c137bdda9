/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A route: what finds a server whose address may change, where the options name none.
 *
 * A config with a route is no address yet; a connect with it asks the route, which connects with
 * copies of the config that have one (redisc_config_at()). When the server has moved, `moves` goes
 * up, and connections from before are outdated: see redisc_connection_outdated().
 *
 * It stands this low so that configs can hold it. What does the finding is far above.
 */
#ifndef REDISC_SRC_ROUTE_H
#define REDISC_SRC_ROUTE_H

#include "deadline.h"

#include <redisc/options.h>

#include <stdatomic.h>

struct redisc_config;
struct redisc_connection;

typedef struct redisc_route redisc_route;

typedef struct redisc_route_class {
    /* Connects to where the server is now. NULL after failing. */
    struct redisc_connection *(*open)(redisc_route *route, struct redisc_config *config,
                                      redisc_deadline deadline);
    /* Looks, right after the handshake, whether it is the server that was looked for. */
    redisc_status (*check)(redisc_route *route, struct redisc_connection *connection,
                           redisc_deadline deadline);
    /* A command was answered by the last error: may be the server's way to say that it is no longer
     * what was looked for. Makes that the last error, then. Answers its status. */
    redisc_status (*judge)(redisc_route *route, struct redisc_connection *connection);
    /* Whether the server has moved, as far as that was told: raises `moves` if so. Hardly ever
     * takes time. Answers when to look again. */
    int64_t (*look)(redisc_route *route, int64_t now_ms, redisc_deadline deadline);
    /* Like snprintf(): "master `mymaster` at 127.0.0.1:6379". */
    size_t (*describe)(redisc_route *route, char *text, size_t size);
    void (*close)(redisc_route *route);
} redisc_route_class;

struct redisc_route {
    const redisc_route_class *is;
    atomic_uint references;
    atomic_uint *moves; /* how often the server has moved */
};

/* The route for options that name sentinels; NULL after failing. */
redisc_route *redisc_route_new(const redisc_options *options,
                               const redisc_options *sentinel_options);

static inline redisc_route *redisc_route_retain(redisc_route *route)
{
    if (route != NULL) {
        atomic_fetch_add_explicit(&route->references, 1, memory_order_relaxed);
    }
    return route;
}

static inline void redisc_route_release(redisc_route *route)
{
    if (route != NULL &&
        atomic_fetch_sub_explicit(&route->references, 1, memory_order_acq_rel) == 1) {
        route->is->close(route);
    }
}

#endif
