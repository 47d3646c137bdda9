/* SPDX-License-Identifier: MIT */
/**
 * @file
 * From a host and port to addresses, within a deadline.
 *
 * The system's resolver knows no deadline. So a name is looked up by a thread that the caller can
 * leave behind; it ends with the look-up. Who wants a name that is being looked up joins in, so
 * however long the resolver is stuck there is one thread for each name, and no more than some
 * dozens altogether. Addresses, and names without a deadline, need no thread.
 */
#ifndef REDISC_SRC_RESOLVER_H
#define REDISC_SRC_RESOLVER_H

#include "deadline.h"

#include <redisc/status.h>

#include <netdb.h>
#include <stdint.h>

typedef struct redisc_lookup redisc_lookup;

/* Looks a host up. The error's text doesn't name the host. */
redisc_status redisc_resolve(const char *host, uint16_t port, redisc_deadline deadline,
                             redisc_lookup **found);

/* The addresses: one at least. Valid until the look-up is released. */
const struct addrinfo *redisc_lookup_addresses(const redisc_lookup *found);

/* Gives a look-up up, which others may share. NULL is allowed. */
void redisc_lookup_release(redisc_lookup *found);

#endif
