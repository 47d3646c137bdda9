/* SPDX-License-Identifier: MIT */
/* Pools and fork(): the child has a pool without connections. */
#include "pool.h"

static void forget_parent(void *owner)
{
    redisc_pool *pool = owner;
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

bool redisc_pool_survive_forks(redisc_pool *pool)
{
    pool->forkable =
        (redisc_forkable){.lock = &pool->lock, .forget_parent = forget_parent, .owner = pool};
    return redisc_forkable_add(&pool->forkable);
}
