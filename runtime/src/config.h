/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The library's own copy of redisc_options, with the defaults filled in. Shared by reference count;
 * never changes.
 */
#ifndef REDISC_SRC_CONFIG_H
#define REDISC_SRC_CONFIG_H

#include "parser.h"
#include "route.h"

#include <redisc/options.h>

#include <stdatomic.h>
#include <stdint.h>

enum { REDISC_ADDRESS_SIZE = 160 }; /* of an address's text; longer ones are cut */

/* Beyond it, sums of sizes could overflow. */
#define REDISC_LARGEST_SIZE ((uint64_t)PTRDIFF_MAX / 16)

typedef struct redisc_config {
    atomic_uint references;
    redisc_options options; /* strings owned by this copy; all defaults filled in */
    redisc_limits limits;
    const redisc_transport_class *transport; /* what the options come to */
    void *transport_context;
    const redisc_tls_provider *tls; /* whose context it is; NULL: nobody's */
    redisc_route *route; /* says where the server is; NULL: the options do. Counted reference */
    bool located;        /* the route has put the address into the options */
    unsigned moves;      /* the route's when it did */
    redisc_server_role found;   /* what it says the server is */
    struct redisc_config *base; /* a located one's: has its transport. Counted reference */
} redisc_config;

/* NULL after failing: an option out of range (ARGUMENT, naming it), TLS or a parser that isn't
 * there (UNSUPPORTED), files that TLS can't use (TLS), no memory. NULL options: the defaults. */
redisc_config *redisc_config_new(const redisc_options *options);
/* A copy of a config with a route, with the address that it found; NULL: no memory. */
redisc_config *redisc_config_at(redisc_config *config, const char *host, uint16_t port);
redisc_config *redisc_config_retain(redisc_config *config);
/* Frees the last one, wiping passwords. NULL is allowed. */
void redisc_config_release(redisc_config *config);

/* Whether these options can be used as they are; the error names the one that can't. */
redisc_status redisc_options_check(const redisc_options *options);

/* Where it connects to, for messages: "localhost:6379", "[::1]:6379", "/run/redis.sock", or
 * "transport <name>" for one's own. Returns `to`. */
const char *redisc_options_address(const redisc_options *options, char to[REDISC_ADDRESS_SIZE]);
/* The same for what may be a config with a route. */
const char *redisc_config_address(const redisc_config *config, char to[REDISC_ADDRESS_SIZE]);
/* The same as if there were no transport of one's own. */
const char *redisc_options_endpoint(const redisc_options *options, char to[REDISC_ADDRESS_SIZE]);

/* Overwrites a secret in a way that no compiler leaves out. */
void redisc_wipe(void *secret, size_t size);

#endif
