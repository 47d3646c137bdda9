/* SPDX-License-Identifier: MIT */
/* What a pool tells about itself. */
#include "pool.h"

#include <stdio.h>

void redisc_pool_statistics(redisc_pool *pool, redisc_pool_stats *stats)
{
    pthread_mutex_lock(&pool->lock);
    *stats = pool->counts;
    stats->in_use = pool->in_use;
    stats->idle = pool->idle_count;
    pthread_mutex_unlock(&pool->lock);
    stats->max_connections = pool->max_connections;
}

enum { ENDPOINT_SIZE = 512 };

static void write_endpoint(const redisc_options *options, char *text)
{
    if (options->transport != NULL) {
        snprintf(text, ENDPOINT_SIZE, "transport %s", options->transport->name);
    } else if (options->path != NULL) {
        snprintf(text, ENDPOINT_SIZE, "unix:%s", options->path);
    } else {
        bool ipv6 = strchr(options->host, ':') != NULL;
        snprintf(text, ENDPOINT_SIZE, ipv6 ? "[%s]:%u" : "%s:%u", options->host,
                 (unsigned)options->port);
    }
}

size_t redisc_pool_describe(redisc_pool *pool, char *text, size_t size)
{
    char endpoint[ENDPOINT_SIZE];
    char limit[32];
    redisc_pool_stats stats;
    write_endpoint(&pool->config->options, endpoint);
    redisc_pool_statistics(pool, &stats);
    if (stats.max_connections < INT32_MAX) {
        snprintf(limit, sizeof limit, "at most %lu", (unsigned long)stats.max_connections);
    } else {
        snprintf(limit, sizeof limit, "no limit");
    }
    int len = snprintf(text, size, "pool of %s db %lu, %lu idle, %lu in use, %s", endpoint,
                       (unsigned long)pool->config->options.db, (unsigned long)stats.idle,
                       (unsigned long)stats.in_use, limit);
    return len < 0 ? 0 : (size_t)len;
}
