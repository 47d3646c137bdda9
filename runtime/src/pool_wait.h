/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Waiting, first come first served: for a place in a full pool, and at the gate before a connect.
 * All of it needs the pool's lock.
 */
#ifndef REDISC_SRC_POOL_WAIT_H
#define REDISC_SRC_POOL_WAIT_H

#include "pool.h"

/* Lives on the stack of the thread that waits. Each has a condition of its own, so that a hand-over
 * wakes exactly one thread: the right one. */
typedef struct redisc_pool_waiter {
    struct redisc_pool_waiter *next;
    pthread_cond_t woken;
    bool granted;
    redisc_connection *connection;
} redisc_pool_waiter;

/* Joins the end of a queue. */
void redisc_pool_queue_up(redisc_pool_queue *queue, redisc_pool_waiter *waiter);
/* Sleeps up to `milliseconds`, for ever if negative, giving up the lock meanwhile; may wake early.
 */
void redisc_pool_sleep(redisc_pool *pool, redisc_pool_waiter *waiter, int64_t milliseconds);
/* Ends the waiting, in the queue still or not. */
void redisc_pool_step_out(redisc_pool_queue *queue, redisc_pool_waiter *waiter);
/* Wakes all, who stay in the queue. */
void redisc_pool_wake_all(const redisc_pool_queue *queue);

/*
 * Waits until somebody hands over a place, or the deadline or the pool's own limit passes; gives up
 * the lock meanwhile. *taken tells whether a place was had. Answers the connection that came with
 * the place, NULL if none did (or after failing).
 */
redisc_connection *redisc_pool_wait(redisc_pool *pool, redisc_pool_places *places,
                                    redisc_deadline deadline, bool *taken);

/* Hands a place with its connection (NULL: without one) to who has waited longest; false if nobody
 * waits. */
bool redisc_pool_hand_over(redisc_pool_places *places, redisc_connection *connection);

#endif
