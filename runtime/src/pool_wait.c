/* SPDX-License-Identifier: MIT */
#include "pool_wait.h"

#include "condition.h"

void redisc_pool_sleep(redisc_pool *pool, redisc_pool_waiter *waiter, int64_t milliseconds)
{
    redisc_condition_wait(&waiter->woken, &pool->lock, milliseconds);
}

void redisc_pool_queue_up(redisc_pool_queue *queue, redisc_pool_waiter *waiter)
{
    waiter->next = NULL;
    waiter->granted = false;
    waiter->connection = NULL;
    redisc_condition_init(&waiter->woken);
    if (queue->last == NULL) {
        queue->first = waiter;
    } else {
        queue->last->next = waiter;
    }
    queue->last = waiter;
}

void redisc_pool_step_out(redisc_pool_queue *queue, redisc_pool_waiter *waiter)
{
    redisc_pool_waiter *before = NULL;
    redisc_pool_waiter **link = &queue->first;
    while (*link != NULL && *link != waiter) {
        before = *link;
        link = &before->next;
    }
    if (*link == waiter) {
        *link = waiter->next;
        if (queue->last == waiter) {
            queue->last = before;
        }
    }
    pthread_cond_destroy(&waiter->woken);
}

void redisc_pool_wake_all(const redisc_pool_queue *queue)
{
    for (redisc_pool_waiter *waiter = queue->first; waiter != NULL; waiter = waiter->next) {
        pthread_cond_signal(&waiter->woken);
    }
}

static redisc_deadline wait_limit(const redisc_pool *pool, int64_t now_ms, redisc_deadline deadline)
{
    int64_t wait_ms = pool->config->options.pool_wait_ms;
    return redisc_deadline_earlier(deadline, redisc_deadline_from(now_ms, wait_ms));
}

redisc_connection *redisc_pool_wait(redisc_pool *pool, redisc_pool_places *places,
                                    redisc_deadline deadline, bool *taken)
{
    int64_t start_ms = redisc_now_ms();
    redisc_deadline limit = wait_limit(pool, start_ms, deadline);
    redisc_pool_waiter waiter;
    redisc_pool_queue_up(&places->waiters, &waiter);
    pool->counts.waits++;
    pool->counts.waiting++;
    int64_t left = redisc_deadline_left(limit);
    while (!waiter.granted && left != 0) {
        redisc_pool_sleep(pool, &waiter, left);
        left = redisc_deadline_left(limit);
    }
    int64_t waited_ms = redisc_now_ms() - start_ms;
    redisc_pool_step_out(&places->waiters, &waiter);
    pool->counts.waiting--;
    pool->counts.wait_ms += (uint64_t)waited_ms;
    *taken = waiter.granted;
    if (!waiter.granted) {
        pool->counts.timeouts++;
        redisc_fail(
            REDISC_ERROR_POOL_TIMEOUT, "no connection available: all %lu%s were in use for %lld ms",
            (unsigned long)places->most, places == &pool->blocking ? " for blocking commands" : "",
            (long long)waited_ms);
    }
    return waiter.connection;
}

bool redisc_pool_hand_over(redisc_pool_places *places, redisc_connection *connection)
{
    redisc_pool_waiter *waiter = places->waiters.first;
    if (waiter == NULL) {
        return false;
    }
    places->waiters.first = waiter->next;
    if (waiter->next == NULL) {
        places->waiters.last = NULL;
    }
    waiter->connection = connection;
    waiter->granted = true;
    pthread_cond_signal(&waiter->woken);
    return true;
}
