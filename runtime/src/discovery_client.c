/* SPDX-License-Identifier: MIT */
/* Clients of a discovery's masters and replicas. */
#include "discovery.h"

/* A pool whose connections a discovery finds. */
static redisc_status open_pool(redisc_discovery *d, const char *name, redisc_server_role role,
                               const redisc_options *options, redisc_pool **pool)
{
    redisc_options own = options == NULL ? (redisc_options){0} : *options;
    const char *excess = own.host != NULL        ? "host"
                         : own.path != NULL      ? "path"
                         : own.sentinels != NULL ? "sentinels"
                                                 : NULL;
    if (excess != NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT,
                           "option `%s` must not be set: the discovery says where the server is",
                           excess);
    }
    own.role = REDISC_ROLE_MASTER;
    own.master_name = NULL;
    own.min_other_sentinels = 0;
    own.sentinel_options = NULL;
    redisc_config *config = redisc_config_new(&own);
    if (config == NULL) {
        return redisc_last_error()->status;
    }
    config->route = redisc_discovery_route(d, name, role, own.replica_choice);
    if (config->route == NULL) {
        redisc_config_release(config);
        return REDISC_ERROR_MEMORY;
    }
    return redisc_pool_make(config, pool);
}

static redisc_status open_client(const char *function, redisc_discovery *d, const char *name,
                                 redisc_server_role role, const redisc_options *options,
                                 redisc **client)
{
    if (d == NULL || name == NULL || client == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "%s: `%s` is NULL", function,
                           d == NULL      ? "discovery"
                           : name == NULL ? "name"
                                          : "client");
    }
    *client = NULL;
    redisc_pool *pool;
    redisc_status status = open_pool(d, name, role, options, &pool);
    if (status == REDISC_OK) {
        status = redisc_open_pool(pool, client);
        redisc_pool_close(pool);
    }
    return status;
}

redisc_status redisc_master_for(redisc_discovery *d, const char *name,
                                const redisc_options *options, redisc **client)
{
    return open_client("redisc_master_for", d, name, REDISC_ROLE_MASTER, options, client);
}

redisc_status redisc_replica_for(redisc_discovery *d, const char *name,
                                 const redisc_options *options, redisc **client)
{
    return open_client("redisc_replica_for", d, name, REDISC_ROLE_REPLICA, options, client);
}

redisc_discovery *redisc_discovery_of(redisc *client)
{
    redisc_pool *pool = redisc_pool_of(client);
    return pool == NULL ? NULL : redisc_route_discovery(pool->config->route);
}
