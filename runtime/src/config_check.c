/* SPDX-License-Identifier: MIT */
/* What options may not say. */
#include "config.h"
#include "error.h"
#include "server_list.h"
#include "tls_provider.h"

#include <inttypes.h>

enum {
    LARGEST_DEPTH = 10000,
    /* What Linux takes for its TCP options. */
    LARGEST_KEEPALIVE_S = 32767,
    LARGEST_KEEPALIVE_COUNT = 127
};

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
        {"max_bulk_bytes", o->max_bulk_bytes, REDISC_LARGEST_SIZE},
        {"max_elements", o->max_elements, REDISC_LARGEST_SIZE},
        {"max_reply_bytes", o->max_reply_bytes, REDISC_LARGEST_SIZE},
        {"max_output_bytes", o->max_output_bytes, REDISC_LARGEST_SIZE},
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

redisc_status redisc_options_check(const redisc_options *o)
{
    redisc_status (*const checks[])(const redisc_options *) = {
        check_texts, check_numbers, check_sizes, check_choices, check_transport, check_sentinels};
    redisc_status status = REDISC_OK;
    for (size_t i = 0; status == REDISC_OK && i < sizeof checks / sizeof checks[0]; i++) {
        status = checks[i](o);
    }
    return status;
}
