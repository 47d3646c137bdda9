/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Two process-wide locks that a fork respects.
 *
 * The gate: OpenSSL takes locks of its own while it sets up a context or goes on with a handshake.
 * A fork in such a moment would leave them locked for ever in the child. So these moments lie
 * between enter and leave, and fork() waits until nobody is within; nobody waits for the network
 * there.
 *
 * The lock: for the few words that contexts keep of their sessions and figures. Held for a moment,
 * and nothing else is locked meanwhile.
 */
#ifndef REDISC_TLS_GATE_H
#define REDISC_TLS_GATE_H

#include <stdbool.h>

/* Watches forks, from the first call on. False: no memory. */
bool redisc_tls_gate_open(void);

void redisc_tls_enter(void);
void redisc_tls_leave(void);

void redisc_tls_lock(void);
void redisc_tls_unlock(void);

#endif
