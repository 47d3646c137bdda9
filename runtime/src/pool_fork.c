/* SPDX-License-Identifier: MIT */
/*
 * Pools and fork().
 *
 * A lock that another thread holds at the moment of a fork would stay locked in the child for ever.
 * So fork() first waits for the locks of all pools (they are only ever held for a few
 * instructions), and the child empties each pool before it unlocks it. Nothing of this costs
 * anything elsewhere: taking a connection needs no look at the process id.
 */
#include "pool.h"

/* The lock of the list comes before the locks of the pools on it. */
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static redisc_pool *all_pools;
static bool watching_forks;

static void before_fork(void)
{
    pthread_mutex_lock(&list_lock);
    for (redisc_pool *pool = all_pools; pool != NULL; pool = pool->next) {
        pthread_mutex_lock(&pool->lock);
    }
}

static void unlock_all(void)
{
    for (redisc_pool *pool = all_pools; pool != NULL; pool = pool->next) {
        pthread_mutex_unlock(&pool->lock);
    }
    pthread_mutex_unlock(&list_lock);
}

/* Only assignments: freeing and closing have to wait for the pool's next use, because this may run
 * while the memory allocator is not usable. */
static void forget_parent(redisc_pool *pool)
{
    redisc_connection **end = &pool->inherited;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = pool->idle;
    pool->idle = NULL;
    pool->idle_count = 0;
    pool->places.in_use = pool->blocking.in_use = 0;
    pool->places.waiters = pool->blocking.waiters = (redisc_pool_queue){NULL, NULL};
    pool->gate.waiters = (redisc_pool_queue){NULL, NULL};
    pool->gate.failed = 0;
    pool->gate.busy = false;
    pool->generation++;
    pool->to_replace = 0;
    pool->look_ms = pool->config->route == NULL ? INT64_MAX : INT64_MIN;
    pool->counts = (redisc_pool_stats){0};
}

static void after_fork_in_child(void)
{
    for (redisc_pool *pool = all_pools; pool != NULL; pool = pool->next) {
        forget_parent(pool);
    }
    unlock_all();
}

bool redisc_pool_register(redisc_pool *pool)
{
    pthread_mutex_lock(&list_lock);
    if (!watching_forks) {
        watching_forks = pthread_atfork(before_fork, unlock_all, after_fork_in_child) == 0;
    }
    bool registered = watching_forks;
    if (registered) {
        pool->previous = NULL;
        pool->next = all_pools;
        if (all_pools != NULL) {
            all_pools->previous = pool;
        }
        all_pools = pool;
    }
    pthread_mutex_unlock(&list_lock);
    return registered;
}

void redisc_pool_unregister(redisc_pool *pool)
{
    pthread_mutex_lock(&list_lock);
    if (pool->previous != NULL) {
        pool->previous->next = pool->next;
    } else {
        all_pools = pool->next;
    }
    if (pool->next != NULL) {
        pool->next->previous = pool->previous;
    }
    pthread_mutex_unlock(&list_lock);
}
