/* SPDX-License-Identifier: MIT */
/* Following a server that moves: see route.h. */
#include "pool.h"

redisc_connection *redisc_pool_unlink_outdated(redisc_pool *pool)
{
    redisc_connection *outdated = NULL;
    redisc_connection **link = &pool->idle;
    while (*link != NULL) {
        redisc_connection *connection = *link;
        if (!redisc_connection_outdated(connection)) {
            link = &connection->next;
            continue;
        }
        *link = connection->next;
        connection->next = outdated;
        outdated = connection;
        pool->idle_count--;
        pool->counts.closed++;
    }
    return outdated;
}

void redisc_pool_follow(redisc_pool *pool, int64_t now_ms, redisc_deadline deadline)
{
    redisc_route *route = pool->config->route;
    pool->look_ms = INT64_MAX; /* one thread is enough */
    pthread_mutex_unlock(&pool->lock);
    int64_t next_ms = route->is->look(route, now_ms, deadline);
    pthread_mutex_lock(&pool->lock);
    pool->look_ms = next_ms;
    redisc_connection *outdated = redisc_pool_unlink_outdated(pool);
    if (outdated != NULL) {
        pthread_mutex_unlock(&pool->lock);
        redisc_pool_close_list(outdated);
        pthread_mutex_lock(&pool->lock);
    }
}
