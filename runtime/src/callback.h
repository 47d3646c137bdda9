/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Sets of callbacks by command name.
 *
 * A set only ever grows, at its head, so readers need no lock: the newest entry of a name counts,
 * and the older ones stay until the set is freed. That also makes it safe to fork at any moment.
 */
#ifndef REDISC_SRC_CALLBACK_H
#define REDISC_SRC_CALLBACK_H

#include <redisc/callback.h>

typedef struct redisc_callbacks redisc_callbacks;

/* NULL: out of memory. */
redisc_callbacks *redisc_callbacks_new(void);
redisc_callbacks *redisc_callbacks_retain(redisc_callbacks *callbacks);
void redisc_callbacks_release(redisc_callbacks *callbacks);

#endif
