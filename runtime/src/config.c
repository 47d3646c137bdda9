/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "alloc.h"
#include "error.h"
#include "server_list.h"
#include "tls_provider.h"

#include <inttypes.h>
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
    LARGEST_DEPTH = 10000,
    DEFAULT_BLOCKING_POOL = 50,
    /* What Linux takes for its TCP options. */
    LARGEST_KEEPALIVE_S = 32767,
    LARGEST_KEEPALIVE_COUNT = 127
};

/* Beyond it, sums of sizes could overflow. */
static const uint64_t largest_size = PTRDIFF_MAX / 16;

/* A default that is smaller where a size_t cannot hold it. */
static size_t fitting(uint64_t size)
{
    return size > largest_size ? (size_t)largest_size : (size_t)size;
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

static redisc_status check_range(const char *name, int64_t value, int64_t least, int64_t most)
{
    if (value < least || value > most) {
        return redisc_fail(REDISC_ERROR_ARGUMENT,
                           "option `%s` is %" PRId64 ": not within %" PRId64 " to %" PRId64, name,
                           value, least, most);
    }
    return REDISC_OK;
}

static redisc_status check_size(const char *name, size_t value, uint64_t most)
{
    if (value > most) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "option `%s` is %zu: more than %" PRIu64, name,
                           value, most);
    }
    return REDISC_OK;
}

static redisc_status check_not_empty(const char *name, const char *text)
{
    if (text != NULL && text[0] == '\0') {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "option `%s` is empty", name);
    }
    return REDISC_OK;
}

/* What the server would refuse at each connect. */
static redisc_status check_client_name(const char *name)
{
    for (size_t i = 0; name != NULL && name[i] != '\0'; i++) {
        if (name[i] < '!' || name[i] > '~') {
            return redisc_fail(REDISC_ERROR_ARGUMENT,
                               "option `client_name`: blanks, control characters and what is not "
                               "ASCII are not allowed in it (character %zu)",
                               i + 1);
        }
    }
    return REDISC_OK;
}

static redisc_status check_texts(const redisc_options *o)
{
    redisc_status status = check_not_empty("host", o->host);
    status = status != REDISC_OK ? status : check_not_empty("path", o->path);
    return status != REDISC_OK ? status : check_client_name(o->client_name);
}

static redisc_status check_numbers(const redisc_options *o)
{
    const struct {
        const char *name;
        int64_t value;
        int64_t most;
    } numbers[] = {
        {"db", o->db, INT32_MAX},
        {"max_connections", o->max_connections, INT32_MAX},
        {"max_blocking", o->max_blocking, INT32_MAX},
        {"min_other_sentinels", o->min_other_sentinels, INT32_MAX},
        {"keepalive_idle_s", o->keepalive_idle_s, LARGEST_KEEPALIVE_S},
        {"keepalive_interval_s", o->keepalive_interval_s, LARGEST_KEEPALIVE_S},
        {"keepalive_count", o->keepalive_count, LARGEST_KEEPALIVE_COUNT},
    };
    redisc_status status = REDISC_OK;
    for (size_t i = 0; status == REDISC_OK && i < sizeof numbers / sizeof numbers[0]; i++) {
        status = check_range(numbers[i].name, numbers[i].value, 0, numbers[i].most);
    }
    return status;
}

static redisc_status check_sizes(const redisc_options *o)
{
    const struct {
        const char *name;
        size_t value;
        uint64_t most;
    } sizes[] = {
        {"max_depth", o->max_depth, LARGEST_DEPTH},
        {"max_bulk_bytes", o->max_bulk_bytes, largest_size},
        {"max_elements", o->max_elements, largest_size},
        {"max_reply_bytes", o->max_reply_bytes, largest_size},
        {"max_output_bytes", o->max_output_bytes, largest_size},
    };
    redisc_status status = REDISC_OK;
    for (size_t i = 0; status == REDISC_OK && i < sizeof sizes / sizeof sizes[0]; i++) {
        status = check_size(sizes[i].name, sizes[i].value, sizes[i].most);
    }
    return status;
}

static redisc_status check_choices(const redisc_options *o)
{
    if (o->protocol != REDISC_PROTOCOL_AUTO && o->protocol != REDISC_PROTOCOL_RESP2 &&
        o->protocol != REDISC_PROTOCOL_RESP3) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "option `protocol` is %d: not 0, 2 or 3",
                           (int)o->protocol);
    }
    redisc_status status = check_range("parser", o->parser, 0, REDISC_PARSER_HIREDIS);
    const struct {
        const char *name;
        int64_t value;
        int64_t most;
    } more[] = {{"encoding", o->encoding, REDISC_ENCODING_UTF8},
                {"role", o->role, REDISC_ROLE_REPLICA},
                {"replica_choice", o->replica_choice, REDISC_REPLICA_FIRST},
                {"tls_verify", o->tls_verify, REDISC_TLS_VERIFY_NONE}};
    for (size_t i = 0; status == REDISC_OK && i < sizeof more / sizeof more[0]; i++) {
        status = check_range(more[i].name, more[i].value, 0, more[i].most);
    }
    if (status == REDISC_OK && o->tls_min_version != REDISC_TLS_VERSION_DEFAULT) {
        status = check_range("tls_min_version", o->tls_min_version, REDISC_TLS_VERSION_1_2,
                             REDISC_TLS_VERSION_1_3);
    }
    return status;
}

static redisc_status check_transport(const redisc_options *o)
{
    const redisc_transport_class *own = o->transport;
    if (own != NULL && (own->name == NULL || own->open == NULL || own->read == NULL ||
                        own->write == NULL || own->close == NULL)) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "option `transport`: name, open, read, write and "
                                                  "close must all be there");
    }
    if (own == NULL && o->tls && redisc_tls_provider_now() == NULL) {
        return redisc_fail(REDISC_ERROR_UNSUPPORTED,
                           "TLS (option `tls`, URLs rediss:// and valkeys://) is a library of its "
                           "own: link with libredisc_tls, and call redisc_tls_enable() "
                           "(redisc/tls.h) before");
    }
    return REDISC_OK;
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

/* Options that say the same in two ways, or nothing without others. */
static redisc_status check_sentinels(const redisc_options *o)
{
    if (o->sentinels == NULL) {
        const char *lost = o->master_name != NULL          ? "master_name"
                           : o->role != REDISC_ROLE_MASTER ? "role"
                           : o->min_other_sentinels > 0    ? "min_other_sentinels"
                           : o->sentinel_options != NULL   ? "sentinel_options"
                                                           : NULL;
        return lost == NULL ? REDISC_OK
                            : redisc_fail(REDISC_ERROR_ARGUMENT,
                                          "option `%s` means nothing without `sentinels`", lost);
    }
    if (o->host != NULL || o->path != NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT,
                           "option `%s` contradicts `sentinels`: they say where the server is",
                           o->host != NULL ? "host" : "path");
    }
    redisc_server_fault fault;
    if (redisc_server_count(o->sentinels, &fault) == 0) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "option `sentinels`: %s, at character %zu",
                           fault.problem, fault.at + 1);
    }
    return o->master_name == NULL
               ? redisc_fail(REDISC_ERROR_ARGUMENT, "option `master_name` is missing: by it the "
                                                    "sentinels know the master")
               : check_not_empty("master_name", o->master_name);
}

static redisc_status check(const redisc_options *o)
{
    redisc_status (*const checks[])(const redisc_options *) = {
        check_texts, check_numbers, check_sizes, check_choices, check_transport, check_sentinels};
    redisc_status status = REDISC_OK;
    for (size_t i = 0; status == REDISC_OK && i < sizeof checks / sizeof checks[0]; i++) {
        status = checks[i](o);
    }
    return status;
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
    if (check(&filled) != REDISC_OK) {
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
