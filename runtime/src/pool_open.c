/* SPDX-License-Identifier: MIT */
/* A pool's life: from options or a URL to the last reference. */
#include "pool.h"

redisc_pool *redisc_pool_retain(redisc_pool *pool)
{
    atomic_fetch_add_explicit(&pool->references, 1, memory_order_relaxed);
    return pool;
}

void redisc_pool_close(redisc_pool *pool)
{
    if (pool == NULL ||
        atomic_fetch_sub_explicit(&pool->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    redisc_forkable_remove(&pool->forkable);
    redisc_pool_close_list(pool->idle);
    redisc_pool_close_list(pool->inherited);
    pthread_mutex_destroy(&pool->lock);
    redisc_release(pool->gate.why);
    redisc_config_release(pool->config);
    redisc_release(pool);
}

/* With its route, if the options name sentinels. */
static redisc_config *make_config(const redisc_options *options)
{
    redisc_config *config = redisc_config_new(options);
    if (config == NULL || config->options.sentinels == NULL) {
        return config;
    }
    config->route = redisc_route_new(&config->options, options->sentinel_options);
    if (config->route == NULL) {
        redisc_config_release(config);
        return NULL;
    }
    return config;
}

static redisc_config *read_config(const char *url, const redisc_options *options)
{
    if (url == NULL) {
        return make_config(options);
    }
    redisc_url parsed;
    if (redisc_url_parse(url, options, &parsed) != REDISC_OK) {
        return NULL;
    }
    redisc_config *config = make_config(&parsed.options);
    redisc_url_free(&parsed);
    return config;
}

static redisc_pool *new_pool(redisc_config *config)
{
    redisc_pool *pool = redisc_allocate_zeroed(sizeof *pool);
    if (pool == NULL) {
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    atomic_init(&pool->references, 1);
    pool->suspect_ms = INT64_MIN;
    pool->look_ms = config->route == NULL ? INT64_MAX : INT64_MIN;
    pool->config = config;
    pool->places.most = config->options.max_connections;
    pool->blocking.most = config->options.max_blocking;
    if (!redisc_pool_survive_forks(pool)) {
        pthread_mutex_destroy(&pool->lock);
        redisc_release(pool);
        return NULL;
    }
    return pool;
}

redisc_status redisc_pool_make(redisc_config *config, redisc_pool **pool)
{
    *pool = new_pool(config);
    if (*pool == NULL) {
        redisc_config_release(config);
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a pool");
    }
    return REDISC_OK;
}

redisc_status redisc_pool_open(const char *url, const redisc_options *options, redisc_pool **pool)
{
    if (pool == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_pool_open: `pool` is NULL");
    }
    *pool = NULL;
    redisc_config *config = read_config(url, options);
    if (config == NULL) {
        return redisc_last_error()->status;
    }
    return redisc_pool_make(config, pool);
}
