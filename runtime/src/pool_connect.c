/* SPDX-License-Identifier: MIT */
/* Connecting: where to, and what is known of the servers that were connected to. */
#include "pool.h"

redisc_connection *redisc_pool_connect_apart(redisc_pool *pool, redisc_deadline deadline)
{
    const redisc_pool_source *source = &pool->source;
    if (source->locate == NULL) {
        return redisc_connection_open(pool->config, deadline);
    }
    redisc_config *config = source->locate(source->context, deadline);
    if (config == NULL) {
        return NULL;
    }
    redisc_connection *connection = redisc_connection_open(config, deadline);
    if (connection == NULL && source->distrust != NULL) {
        redisc_error_copy why;
        redisc_error_save(&why);
        source->distrust(source->context, config, why.error.status);
        redisc_error_restore(&why);
    }
    redisc_config_release(config);
    return connection;
}

void redisc_pool_distrust(redisc_pool *pool, const redisc_connection *connection, redisc_status why)
{
    pthread_mutex_lock(&pool->lock);
    redisc_connection *idle = NULL;
    if (connection->generation == pool->generation) { /* nobody has noticed before */
        idle = pool->idle;
        pool->counts.closed += pool->idle_count;
        pool->idle = NULL;
        pool->idle_count = 0;
        pool->generation++;
    }
    pthread_mutex_unlock(&pool->lock);
    redisc_pool_close_list(idle);
    const redisc_pool_source *source = &pool->source;
    if (source->distrust != NULL) {
        redisc_error_copy last;
        redisc_error_save(&last);
        source->distrust(source->context, connection->config, why);
        redisc_error_restore(&last);
    }
}
