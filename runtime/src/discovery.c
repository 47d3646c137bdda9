/* SPDX-License-Identifier: MIT */
/* Discoveries: their sentinels, and what is known of the masters. */
#include "discovery.h"

#include "condition.h"

#include <stdio.h>

/* A new watcher for one server of the list, connected to as `options` say. */
static bool open_watcher(redisc_watcher *watcher, const redisc_server *server,
                         const redisc_options *options)
{
    char host[REDISC_HOST_SIZE];
    snprintf(host, sizeof host, "%.*s", (int)server->host_len, server->host);
    redisc_options own = *options;
    own.host = host;
    own.port = server->port;
    own.path = NULL;
    redisc_options_endpoint(&own, watcher->address);
    return redisc_open(NULL, &own, &watcher->client) == REDISC_OK;
}

static redisc_status open_watchers(redisc_discovery *d, const char *sentinels,
                                   const redisc_options *options)
{
    redisc_server_list list = {.text = sentinels, .len = strlen(sentinels)};
    redisc_server server;
    redisc_server_fault fault;
    while (redisc_server_next(&list, &server, &fault)) {
        if (!open_watcher(&d->watchers[d->count], &server, options)) {
            redisc_error_prefix("sentinels");
            return redisc_last_error()->status;
        }
        d->order[d->count] = (unsigned char)d->count;
        d->count++;
    }
    return REDISC_OK;
}

static void free_discovery(redisc_discovery *d)
{
    for (size_t i = 0; i < d->count; i++) {
        redisc_close(d->watchers[i].client);
    }
    for (redisc_service *service = d->services; service != NULL;) {
        redisc_service *next = service->next;
        pthread_cond_destroy(&service->answered);
        redisc_release(service);
        service = next;
    }
    redisc_connection_close(d->listener.connection);
    pthread_mutex_destroy(&d->lock);
    redisc_release(d->watchers);
    redisc_release(d);
}

static redisc_discovery *new_discovery(size_t count)
{
    redisc_discovery *d = redisc_allocate_zeroed(sizeof *d);
    redisc_watcher *watchers = redisc_allocate_zeroed(count * sizeof *watchers);
    if (d == NULL || watchers == NULL) {
        redisc_release(d);
        redisc_release(watchers);
        return NULL;
    }
    d->watchers = watchers;
    atomic_init(&d->references, 1);
    pthread_mutex_init(&d->lock, NULL);
    d->listener.opened_ms = INT64_MIN;
    return d;
}

redisc_status redisc_discovery_open(const char *sentinels, const redisc_discovery_options *options,
                                    redisc_discovery **discovery)
{
    if (sentinels == NULL || discovery == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_discovery_open: `%s` is NULL",
                           sentinels == NULL ? "sentinels" : "discovery");
    }
    *discovery = NULL;
    redisc_server_fault fault;
    size_t count = redisc_server_count(sentinels, &fault);
    if (count == 0) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "sentinels: %s, at character %zu", fault.problem,
                           fault.at + 1);
    }
    const redisc_options none = {0};
    bool given = options != NULL && options->sentinel_options != NULL;
    redisc_discovery *d = new_discovery(count);
    if (d == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a discovery");
    }
    d->min_others = options == NULL ? 0 : options->min_other_sentinels;
    redisc_status status = open_watchers(d, sentinels, given ? options->sentinel_options : &none);
    if (status == REDISC_OK && !redisc_discovery_survive_forks(d)) {
        status = redisc_fail(REDISC_ERROR_MEMORY, "no memory for a discovery");
    }
    if (status != REDISC_OK) {
        free_discovery(d);
        return status;
    }
    *discovery = d;
    return REDISC_OK;
}

/* As to the servers, but for what is a matter of each kind of server. */
static redisc_options sentinel_options_like(const redisc_options *options)
{
    redisc_options own = *options;
    own.user = options->sentinel_user;
    own.password = options->sentinel_password;
    own.tls = options->tls && !options->sentinel_tls_off;
    own.db = 0;
    own.client_name = NULL;
    own.encoding = REDISC_ENCODING_BYTES;
    own.on_connect = NULL;
    own.on_connect_context = NULL;
    own.max_connections = own.max_blocking = 0;
    own.pool_blocks = false;
    own.sentinels = own.master_name = own.sentinel_user = own.sentinel_password = NULL;
    own.role = REDISC_ROLE_MASTER;
    own.replica_choice = REDISC_REPLICA_ROUND_ROBIN;
    own.min_other_sentinels = 0;
    own.sentinel_tls_off = false;
    return own;
}

redisc_status redisc_discovery_from_options(const redisc_options *options,
                                            const redisc_options *sentinel_options,
                                            redisc_discovery **discovery)
{
    redisc_options own =
        sentinel_options == NULL ? sentinel_options_like(options) : *sentinel_options;
    redisc_discovery_options how = {.min_other_sentinels = options->min_other_sentinels,
                                    .sentinel_options = &own};
    return redisc_discovery_open(options->sentinels, &how, discovery);
}

redisc_discovery *redisc_discovery_retain(redisc_discovery *d)
{
    atomic_fetch_add_explicit(&d->references, 1, memory_order_relaxed);
    return d;
}

void redisc_discovery_close(redisc_discovery *d)
{
    if (d != NULL && atomic_fetch_sub_explicit(&d->references, 1, memory_order_acq_rel) == 1) {
        redisc_forkable_remove(&d->forkable);
        free_discovery(d);
    }
}

static redisc_service *new_service(const char *name)
{
    size_t size = strlen(name) + 1;
    redisc_service *service = redisc_allocate_zeroed(sizeof *service + size);
    if (service != NULL) {
        memcpy(service->name, name, size);
        redisc_condition_init(&service->answered);
        service->check_ms = INT64_MIN;
    }
    return service;
}

redisc_service *redisc_discovery_service(redisc_discovery *d, const char *name)
{
    pthread_mutex_lock(&d->lock);
    redisc_service *service = d->services;
    while (service != NULL && strcmp(service->name, name) != 0) {
        service = service->next;
    }
    if (service == NULL) {
        service = new_service(name);
        if (service != NULL) {
            service->next = d->services;
            d->services = service;
        }
    }
    pthread_mutex_unlock(&d->lock);
    if (service == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for the master's name");
    }
    return service;
}

void redisc_discovery_order(redisc_discovery *d, unsigned char order[REDISC_MOST_SERVERS])
{
    pthread_mutex_lock(&d->lock);
    memcpy(order, d->order, d->count);
    pthread_mutex_unlock(&d->lock);
}

void redisc_discovery_prefer(redisc_discovery *d, size_t watcher)
{
    pthread_mutex_lock(&d->lock);
    size_t place = 0;
    while (d->order[place] != watcher) {
        place++;
    }
    d->order[place] = d->order[0];
    d->order[0] = (unsigned char)watcher;
    pthread_mutex_unlock(&d->lock);
}

void redisc_discovery_avoid_first(redisc_discovery *d)
{
    pthread_mutex_lock(&d->lock);
    unsigned char first = d->order[0];
    memmove(d->order, d->order + 1, d->count - 1);
    d->order[d->count - 1] = first;
    pthread_mutex_unlock(&d->lock);
}

void redisc_discovery_statistics(redisc_discovery *d, redisc_discovery_stats *stats)
{
    if (stats == NULL) {
        return;
    }
    if (d == NULL) {
        *stats = (redisc_discovery_stats){0};
        return;
    }
    pthread_mutex_lock(&d->lock);
    *stats = d->stats;
    pthread_mutex_unlock(&d->lock);
}

size_t redisc_discovery_describe(redisc_discovery *d, char *text, size_t size)
{
    if (d == NULL) {
        return (size_t)snprintf(text, size, "no sentinels");
    }
    unsigned char order[REDISC_MOST_SERVERS];
    redisc_discovery_order(d, order);
    size_t len = 0;
    for (size_t i = 0; i < d->count; i++) {
        char *rest = len < size ? text + len : NULL;
        len += (size_t)snprintf(rest, rest == NULL ? 0 : size - len, "%s%s",
                                i == 0 ? "sentinels " : ", ", d->watchers[order[i]].address);
    }
    return len;
}
