/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "alloc.h"
#include "error.h"
#include "tls_provider.h"

#include <stdio.h>
#include <string.h>

enum {
    DEFAULT_PORT = 6379,
    DEFAULT_TIMEOUT_MS = 5000,
    DEFAULT_POOL_WAIT_MS = 20000,
    DEFAULT_TRIES = 8,
    DEFAULT_RETRY_WAIT_MS = 10,
    DEFAULT_RETRY_MAX_WAIT_MS = 500,
    DEFAULT_DEPTH = 128,
    DEFAULT_BLOCKING_POOL = 50
};

/* A default that is smaller where a size_t cannot hold it. */
static size_t fitting(uint64_t size)
{
    return (size_t)(size > REDISC_LARGEST_SIZE ? REDISC_LARGEST_SIZE : size);
}

void redisc_wipe(void *secret, size_t size)
{
    volatile char *bytes = secret;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = 0;
    }
}

static void set_timeouts(redisc_options *o)
{
    o->timeout_ms = o->timeout_ms == 0 ? DEFAULT_TIMEOUT_MS : o->timeout_ms;
    o->connect_timeout_ms = o->connect_timeout_ms == 0 ? o->timeout_ms : o->connect_timeout_ms;
    o->pool_wait_ms = o->pool_wait_ms == 0 ? DEFAULT_POOL_WAIT_MS : o->pool_wait_ms;
    o->retry_wait_ms = o->retry_wait_ms == 0 ? DEFAULT_RETRY_WAIT_MS : o->retry_wait_ms;
    o->retry_max_wait_ms =
        o->retry_max_wait_ms == 0 ? DEFAULT_RETRY_MAX_WAIT_MS : o->retry_max_wait_ms;
    int64_t *all[] = {&o->timeout_ms, &o->connect_timeout_ms, &o->pool_wait_ms, &o->retry_wait_ms,
                      &o->retry_max_wait_ms};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        *all[i] = *all[i] < 0 ? -1 : *all[i];
    }
}

static void set_limit(size_t *limit, uint64_t standard)
{
    *limit = *limit == 0 ? fitting(standard) : *limit;
}

static void set_defaults(redisc_options *o)
{
    o->host = o->host == NULL ? "localhost" : o->host;
    o->port = o->port == 0 ? DEFAULT_PORT : o->port;
    set_timeouts(o);
    o->max_tries = o->max_tries == 0 ? DEFAULT_TRIES : o->max_tries;
    o->keepalive = o->keepalive || o->keepalive_idle_s > 0 || o->keepalive_interval_s > 0 ||
                   o->keepalive_count > 0;
    set_limit(&o->max_depth, DEFAULT_DEPTH);
    set_limit(&o->max_bulk_bytes, UINT64_C(512) << 20);
    set_limit(&o->max_elements, UINT64_C(1) << 27);
    set_limit(&o->max_reply_bytes, UINT64_C(4) << 30);
    set_limit(&o->max_output_bytes, UINT64_C(1) << 30);
    if (o->max_connections == 0) {
        o->max_connections = o->pool_blocks ? DEFAULT_BLOCKING_POOL : INT32_MAX;
    }
    o->max_blocking = o->max_blocking == 0 ? o->max_connections : o->max_blocking;
}

/* Tries whether that parser can be had at all, so that no connect has to fail for it. */
static redisc_status check_parser(const redisc_config *config)
{
    if (config->options.parser != REDISC_PARSER_HIREDIS) {
        return REDISC_OK;
    }
    redisc_parser *parser = redisc_hiredis_parser_new(&config->limits);
    if (parser == NULL) {
        return redisc_last_error()->status;
    }
    redisc_parser_free(parser);
    if (config->options.protocol == REDISC_PROTOCOL_RESP3 && !redisc_hiredis_knows_resp3()) {
        return redisc_fail(REDISC_ERROR_UNSUPPORTED,
                           "option `protocol`: the hiredis that this library was built with does "
                           "not know RESP3");
    }
    return REDISC_OK;
}

/* Puts a copy in the place of a borrowed string; an empty one, where that means none, becomes NULL.
 * False: out of memory. */
static bool own_text(const char **text, bool empty_is_none)
{
    if (*text == NULL || (empty_is_none && **text == '\0')) {
        *text = NULL;
        return true;
    }
    *text = redisc_copy_text(*text, strlen(*text));
    return *text != NULL;
}

enum { TEXTS = 17 };

/* Every string of the options. */
static void list_texts(redisc_options *o, const char **texts[TEXTS])
{
    const char **all[TEXTS] = {&o->host,
                               &o->path,
                               &o->user,
                               &o->password,
                               &o->client_name,
                               &o->tls_ca_file,
                               &o->tls_ca_dir,
                               &o->tls_cert_file,
                               &o->tls_key_file,
                               &o->tls_key_password,
                               &o->tls_server_name,
                               &o->tls_ciphers,
                               &o->tls_ciphersuites,
                               &o->sentinels,
                               &o->master_name,
                               &o->sentinel_user,
                               &o->sentinel_password};
    memcpy(texts, all, sizeof all);
}

/* Makes all strings copies; those that could not be copied are NULL. */
static bool own_texts(redisc_options *o)
{
    const char **texts[TEXTS];
    list_texts(o, texts);
    o->sentinel_options = NULL;
    bool owned = true;
    for (size_t i = 0; i < TEXTS; i++) {
        owned = own_text(texts[i], texts[i] != &o->host && texts[i] != &o->path) && owned;
    }
    return owned;
}

static void wipe_text(const char *text)
{
    if (text != NULL) {
        redisc_wipe((char *)(uintptr_t)text, strlen(text));
    }
}

static void free_config(redisc_config *config)
{
    if (config->tls != NULL) {
        config->tls->close(config->transport_context);
    }
    redisc_route_release(config->route);
    redisc_config_release(config->base);
    const char **texts[TEXTS];
    list_texts(&config->options, texts);
    wipe_text(config->options.password);
    wipe_text(config->options.tls_key_password);
    wipe_text(config->options.sentinel_password);
    for (size_t i = 0; i < TEXTS; i++) {
        redisc_release((char *)(uintptr_t)*texts[i]);
    }
    redisc_release(config);
}

/* What carries the connections: a transport of one's own, TLS, TCP or a Unix socket. */
static redisc_status choose_transport(redisc_config *config)
{
    if (config->base != NULL) {
        config->transport = config->base->transport;
        config->transport_context = config->base->transport_context;
        return REDISC_OK;
    }
    const redisc_options *o = &config->options;
    config->transport = o->transport != NULL ? o->transport : redisc_transport_builtin(o);
    config->transport_context = o->transport_context;
    if (o->transport != NULL || !o->tls) {
        return REDISC_OK;
    }
    const redisc_tls_provider *tls = redisc_tls_provider_now();
    redisc_status status = tls->open(o, &config->transport_context);
    if (status == REDISC_OK) {
        config->transport = tls->transport;
        config->tls = tls;
    }
    return status;
}

/* NULL `base`: it stands alone. */
static redisc_config *new_config(const redisc_options *options, redisc_config *base)
{
    redisc_options filled = options == NULL ? (redisc_options){0} : *options;
    if (redisc_options_check(&filled) != REDISC_OK) {
        return NULL;
    }
    set_defaults(&filled);
    redisc_config *config = redisc_allocate_zeroed(sizeof *config);
    if (config == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for the options");
        return NULL;
    }
    atomic_init(&config->references, 1);
    config->base = base == NULL ? NULL : redisc_config_retain(base);
    config->options = filled;
    config->limits = (redisc_limits){.depth = filled.max_depth,
                                     .bulk_bytes = filled.max_bulk_bytes,
                                     .elements = filled.max_elements,
                                     .reply_bytes = filled.max_reply_bytes};
    bool copied = own_texts(&config->options);
    if (!copied) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for the options");
    }
    if (!copied || check_parser(config) != REDISC_OK || choose_transport(config) != REDISC_OK) {
        free_config(config);
        return NULL;
    }
    return config;
}

redisc_config *redisc_config_new(const redisc_options *options)
{
    return new_config(options, NULL);
}

redisc_config *redisc_config_at(redisc_config *config, const char *host, uint16_t port)
{
    redisc_options options = config->options;
    options.host = host;
    options.port = port;
    options.path = options.sentinels = options.master_name = NULL;
    options.sentinel_user = options.sentinel_password = NULL;
    options.role = REDISC_ROLE_MASTER;
    options.min_other_sentinels = 0;
    redisc_config *copy = new_config(&options, config);
    if (copy != NULL) {
        copy->route = redisc_route_retain(config->route);
        copy->located = true;
    }
    return copy;
}

redisc_config *redisc_config_retain(redisc_config *config)
{
    atomic_fetch_add_explicit(&config->references, 1, memory_order_relaxed);
    return config;
}

void redisc_config_release(redisc_config *config)
{
    if (config != NULL &&
        atomic_fetch_sub_explicit(&config->references, 1, memory_order_acq_rel) == 1) {
        free_config(config);
    }
}

const char *redisc_options_endpoint(const redisc_options *options, char to[REDISC_ADDRESS_SIZE])
{
    if (options->path != NULL) {
        snprintf(to, REDISC_ADDRESS_SIZE, "%s", options->path);
    } else if (strchr(options->host, ':') != NULL) {
        snprintf(to, REDISC_ADDRESS_SIZE, "[%s]:%u", options->host, (unsigned)options->port);
    } else {
        snprintf(to, REDISC_ADDRESS_SIZE, "%s:%u", options->host, (unsigned)options->port);
    }
    return to;
}

const char *redisc_config_address(const redisc_config *config, char to[REDISC_ADDRESS_SIZE])
{
    if (config->route == NULL || config->located) {
        return redisc_options_address(&config->options, to);
    }
    config->route->is->describe(config->route, to, REDISC_ADDRESS_SIZE);
    return to;
}

const char *redisc_options_address(const redisc_options *options, char to[REDISC_ADDRESS_SIZE])
{
    if (options->transport == NULL) {
        return redisc_options_endpoint(options, to);
    }
    snprintf(to, REDISC_ADDRESS_SIZE, "transport %s", options->transport->name);
    return to;
}
