/* SPDX-License-Identifier: MIT */
/* What a pool tells about itself. */
#include "pool.h"

#include <stdio.h>

void redisc_pool_statistics(redisc_pool *pool, redisc_pool_stats *stats)
{
    if (stats == NULL) {
        return;
    }
    if (pool == NULL) {
        *stats = (redisc_pool_stats){0};
        return;
    }
    pthread_mutex_lock(&pool->lock);
    *stats = pool->counts;
    stats->in_use = pool->places.in_use;
    stats->blocking = pool->blocking.in_use;
    stats->idle = pool->idle_count;
    pthread_mutex_unlock(&pool->lock);
    stats->max_connections = pool->places.most;
    stats->max_blocking = pool->blocking.most;
}

size_t redisc_pool_describe(redisc_pool *pool, char *text, size_t size)
{
    if (pool == NULL) {
        return (size_t)snprintf(text, size, "no pool");
    }
    const redisc_options *options = &pool->config->options;
    bool unix_socket = options->transport == NULL && options->path != NULL;
    char address[REDISC_ADDRESS_SIZE];
    char limit[32];
    redisc_pool_stats stats;
    redisc_pool_statistics(pool, &stats);
    if (stats.max_connections < INT32_MAX) {
        snprintf(limit, sizeof limit, "at most %lu", (unsigned long)stats.max_connections);
    } else {
        snprintf(limit, sizeof limit, "no limit");
    }
    int len =
        snprintf(text, size, "pool of %s%s%s db %lu, %lu idle, %lu in use, %s",
                 unix_socket ? "unix:" : "", redisc_config_address(pool->config, address),
                 pool->config->tls != NULL ? " over TLS" : "", (unsigned long)options->db,
                 (unsigned long)stats.idle, (unsigned long)stats.in_use + stats.blocking, limit);
    return len < 0 ? 0 : (size_t)len;
}
