/* SPDX-License-Identifier: MIT */
#include "pool_wait.h"

#include <errno.h>
#include <time.h>

/* Lives on the stack of the thread that waits. Each has a condition of its own, so that a hand-over
 * wakes exactly one thread: the right one. */
typedef struct redisc_pool_waiter {
    struct redisc_pool_waiter *next;
    pthread_cond_t woken;
    bool granted;
    redisc_connection *connection;
} redisc_pool_waiter;

static void init_condition(pthread_cond_t *condition)
{
#ifdef __APPLE__
    pthread_cond_init(condition, NULL);
#else
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
#endif
}

/* Sleeps up to `milliseconds`, for ever if negative; may wake early. */
static void sleep_on(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t milliseconds)
{
    if (milliseconds < 0) {
        pthread_cond_wait(condition, lock);
        return;
    }
    struct timespec time = {0};
#ifndef __APPLE__
    clock_gettime(CLOCK_MONOTONIC, &time);
#endif
    time.tv_sec += (time_t)(milliseconds / 1000);
    time.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
#ifdef __APPLE__
    pthread_cond_timedwait_relative_np(condition, lock, &time);
#else
    pthread_cond_timedwait(condition, lock, &time);
#endif
}

static void join_queue(redisc_pool *pool, redisc_pool_waiter *waiter)
{
    if (pool->last_waiter == NULL) {
        pool->first_waiter = waiter;
    } else {
        pool->last_waiter->next = waiter;
    }
    pool->last_waiter = waiter;
}

static void leave_queue(redisc_pool *pool, redisc_pool_waiter *waiter)
{
    redisc_pool_waiter *before = NULL;
    redisc_pool_waiter **link = &pool->first_waiter;
    while (*link != waiter) {
        before = *link;
        link = &before->next;
    }
    *link = waiter->next;
    if (pool->last_waiter == waiter) {
        pool->last_waiter = before;
    }
}

static redisc_deadline wait_limit(const redisc_pool *pool, int64_t now_ms, redisc_deadline deadline)
{
    int64_t wait_ms = pool->config->options.pool_wait_ms;
    return redisc_deadline_earlier(deadline, redisc_deadline_from(now_ms, wait_ms));
}

redisc_connection *redisc_pool_wait(redisc_pool *pool, redisc_deadline deadline, bool *taken)
{
    int64_t start_ms = redisc_now_ms();
    redisc_deadline limit = wait_limit(pool, start_ms, deadline);
    redisc_pool_waiter waiter = {0};
    init_condition(&waiter.woken);
    join_queue(pool, &waiter);
    pool->counts.waits++;
    pool->counts.waiting++;
    int64_t left = redisc_deadline_left(limit);
    while (!waiter.granted && left != 0) {
        sleep_on(&waiter.woken, &pool->lock, left);
        left = redisc_deadline_left(limit);
    }
    int64_t waited_ms = redisc_now_ms() - start_ms;
    pool->counts.waiting--;
    pool->counts.wait_ms += (uint64_t)waited_ms;
    pthread_cond_destroy(&waiter.woken);
    *taken = waiter.granted;
    if (!waiter.granted) {
        leave_queue(pool, &waiter);
        pool->counts.timeouts++;
        redisc_fail(REDISC_ERROR_POOL_TIMEOUT,
                    "no connection available: all %lu were in use for %lld ms",
                    (unsigned long)pool->max_connections, (long long)waited_ms);
    }
    return waiter.connection;
}

bool redisc_pool_hand_over(redisc_pool *pool, redisc_connection *connection)
{
    redisc_pool_waiter *waiter = pool->first_waiter;
    if (waiter == NULL) {
        return false;
    }
    pool->first_waiter = waiter->next;
    if (pool->first_waiter == NULL) {
        pool->last_waiter = NULL;
    }
    waiter->connection = connection;
    waiter->granted = true;
    pthread_cond_signal(&waiter->woken);
    return true;
}
