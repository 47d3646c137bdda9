/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Waiting for a place in a full pool, first come first served. All of it needs the pool's lock.
 */
#ifndef REDISC_SRC_POOL_WAIT_H
#define REDISC_SRC_POOL_WAIT_H

#include "pool.h"

/*
 * Waits until somebody hands over a place, or the deadline or the pool's own limit passes; gives up
 * the lock meanwhile. *taken tells whether a place was had. Answers the connection that came with
 * the place, NULL if none did (or after failing).
 */
redisc_connection *redisc_pool_wait(redisc_pool *pool, redisc_deadline deadline, bool *taken);

/* Hands a place with its connection (NULL: without one) to who has waited longest; false if nobody
 * waits. */
bool redisc_pool_hand_over(redisc_pool *pool, redisc_connection *connection);

#endif
