/* SPDX-License-Identifier: MIT */
#include "config.h"
#include "error.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static redisc_config *made(const redisc_options *options)
{
    redisc_config *config = redisc_config_new(options);
    cr_assert_not_null(config, "%s", redisc_last_error()->text);
    return config;
}

static void refused(redisc_options options, redisc_status status, const char *part)
{
    cr_assert_null(redisc_config_new(&options), "without an error that says %s", part);
    cr_assert_eq(redisc_last_error()->status, status, "%s", redisc_last_error()->text);
    cr_assert_not_null(strstr(redisc_last_error()->text, part), "%s", redisc_last_error()->text);
}

Test(config, defaults)
{
    redisc_config *config = made(NULL);
    const redisc_options *o = &config->options;
    cr_assert_str_eq(o->host, "localhost");
    cr_assert_eq(o->port, 6379);
    cr_assert_null(o->path);
    cr_assert_null(o->user);
    cr_assert_null(o->password);
    cr_assert_null(o->client_name);
    cr_assert_eq(o->timeout_ms, 5000);
    cr_assert_eq(o->connect_timeout_ms, 5000);
    cr_assert_eq(o->pool_wait_ms, 20000);
    cr_assert_eq(o->max_connections, 2147483647u);
    cr_assert_eq(o->max_blocking, 2147483647u);
    cr_assert_eq(o->max_tries, 8);
    cr_assert_eq(o->retry_wait_ms, 10);
    cr_assert_eq(o->retry_max_wait_ms, 500);
    cr_assert_not(o->repeat_anything);
    cr_assert_eq(o->max_depth, 128);
    cr_assert_eq(o->max_bulk_bytes, (size_t)512 << 20);
    cr_assert_eq(o->max_elements, (size_t)1 << 27);
    cr_assert_eq(o->max_output_bytes, (size_t)1 << 30);
    cr_assert_eq(config->limits.depth, o->max_depth);
    cr_assert_eq(config->limits.bulk_bytes, o->max_bulk_bytes);
    cr_assert_eq(config->limits.elements, o->max_elements);
    cr_assert_eq(config->limits.reply_bytes, o->max_reply_bytes);
    cr_assert_not(o->keepalive);
    redisc_config_release(config);
}

Test(config, some_defaults_follow_others)
{
    redisc_config *config =
        made(&(redisc_options){.timeout_ms = 70, .pool_blocks = true, .keepalive_count = 2});
    cr_assert_eq(config->options.connect_timeout_ms, 70);
    cr_assert_eq(config->options.max_connections, 50);
    cr_assert_eq(config->options.max_blocking, 50);
    cr_assert(config->options.keepalive);
    redisc_config_release(config);
    config = made(&(redisc_options){.timeout_ms = -5, .pool_wait_ms = -3});
    cr_assert_eq(config->options.timeout_ms, -1);
    cr_assert_eq(config->options.connect_timeout_ms, -1);
    cr_assert_eq(config->options.pool_wait_ms, -1);
    redisc_config_release(config);
}

Test(config, owns_its_strings)
{
    char host[] = "h";
    char path[] = "/p";
    char user[] = "u";
    char password[] = "w";
    char name[] = "n";
    redisc_config *config = made(&(redisc_options){
        .host = host, .path = path, .user = user, .password = password, .client_name = name});
    memset(host, 'x', 1);
    memset(path, 'x', 2);
    memset(user, 'x', 1);
    memset(password, 'x', 1);
    memset(name, 'x', 1);
    cr_assert_str_eq(config->options.host, "h");
    cr_assert_str_eq(config->options.path, "/p");
    cr_assert_str_eq(config->options.user, "u");
    cr_assert_str_eq(config->options.password, "w");
    cr_assert_str_eq(config->options.client_name, "n");
    redisc_config_release(config);
}

Test(config, empty_credentials_are_none)
{
    redisc_config *config = made(&(redisc_options){.user = "", .password = "", .client_name = ""});
    cr_assert_null(config->options.user);
    cr_assert_null(config->options.password);
    cr_assert_null(config->options.client_name);
    redisc_config_release(config);
}

Test(config, is_shared_by_count)
{
    redisc_config *config = made(NULL);
    cr_assert_eq(redisc_config_retain(config), config);
    redisc_config_release(config);
    cr_assert_str_eq(config->options.host, "localhost");
    redisc_config_release(config);
    redisc_config_release(NULL);
}

static redisc_status no_open(const redisc_options *options, void *context, int64_t timeout_ms,
                             void **transport)
{
    (void)options;
    (void)context;
    (void)timeout_ms;
    (void)transport;
    return redisc_transport_error(REDISC_ERROR_CONNECT, "never");
}

Test(config, refuses_what_does_not_fit)
{
    refused((redisc_options){.host = ""}, REDISC_ERROR_ARGUMENT, "`host` is empty");
    refused((redisc_options){.path = ""}, REDISC_ERROR_ARGUMENT, "`path` is empty");
    refused((redisc_options){.client_name = "a b"}, REDISC_ERROR_ARGUMENT, "`client_name`");
    refused((redisc_options){.client_name = "a\n"}, REDISC_ERROR_ARGUMENT, "`client_name`");
    refused((redisc_options){.client_name = "\xc3\xbc"}, REDISC_ERROR_ARGUMENT, "`client_name`");
    refused((redisc_options){.db = 2147483648u}, REDISC_ERROR_ARGUMENT, "`db`");
    refused((redisc_options){.max_connections = 2147483648u}, REDISC_ERROR_ARGUMENT,
            "`max_connections`");
    refused((redisc_options){.keepalive_idle_s = -1}, REDISC_ERROR_ARGUMENT, "`keepalive_idle_s`");
    refused((redisc_options){.keepalive_interval_s = 32768}, REDISC_ERROR_ARGUMENT,
            "`keepalive_interval_s`");
    refused((redisc_options){.keepalive_count = 128}, REDISC_ERROR_ARGUMENT, "`keepalive_count`");
    refused((redisc_options){.max_depth = 1000000}, REDISC_ERROR_ARGUMENT, "`max_depth`");
    refused((redisc_options){.max_bulk_bytes = SIZE_MAX}, REDISC_ERROR_ARGUMENT,
            "`max_bulk_bytes`");
    refused((redisc_options){.max_elements = SIZE_MAX}, REDISC_ERROR_ARGUMENT, "`max_elements`");
    refused((redisc_options){.max_reply_bytes = SIZE_MAX}, REDISC_ERROR_ARGUMENT,
            "`max_reply_bytes`");
    refused((redisc_options){.max_output_bytes = SIZE_MAX}, REDISC_ERROR_ARGUMENT,
            "`max_output_bytes`");
    refused((redisc_options){.protocol = (redisc_protocol)1}, REDISC_ERROR_ARGUMENT, "`protocol`");
    refused((redisc_options){.parser = (redisc_parser_choice)7}, REDISC_ERROR_ARGUMENT, "`parser`");
    refused((redisc_options){.encoding = (redisc_encoding)7}, REDISC_ERROR_ARGUMENT, "`encoding`");
    redisc_transport_class half = {.name = "half", .open = no_open};
    refused((redisc_options){.transport = &half}, REDISC_ERROR_ARGUMENT, "`transport`");
    refused((redisc_options){.tls = true}, REDISC_ERROR_UNSUPPORTED, "redisc_tls_enable()");
    refused((redisc_options){.tls_verify = (redisc_tls_verify)3}, REDISC_ERROR_ARGUMENT,
            "`tls_verify`");
    refused((redisc_options){.tls_min_version = (redisc_tls_version)14}, REDISC_ERROR_ARGUMENT,
            "`tls_min_version`");
}

Test(config, hiredis_only_if_it_is_there)
{
    redisc_limits limits = {.depth = 8, .bulk_bytes = 64, .elements = 64, .reply_bytes = 64};
    redisc_parser *parser = redisc_hiredis_parser_new(&limits);
    bool there = parser != NULL;
    redisc_parser_free(parser);
    redisc_options options = {.parser = REDISC_PARSER_HIREDIS};
    if (!there) {
        refused(options, REDISC_ERROR_UNSUPPORTED, "hiredis");
        return;
    }
    redisc_config_release(made(&options));
    options.protocol = REDISC_PROTOCOL_RESP3;
    if (redisc_hiredis_knows_resp3()) {
        redisc_config_release(made(&options));
    } else {
        refused(options, REDISC_ERROR_UNSUPPORTED, "RESP3");
    }
}

Test(config, addresses)
{
    char text[REDISC_ADDRESS_SIZE];
    cr_assert_str_eq(redisc_options_address(&(redisc_options){.host = "h", .port = 1}, text),
                     "h:1");
    cr_assert_str_eq(redisc_options_address(&(redisc_options){.host = "::1", .port = 1}, text),
                     "[::1]:1");
    redisc_options options = {.host = "h", .port = 1, .path = "/s", .password = "s3cret"};
    cr_assert_str_eq(redisc_options_address(&options, text), "/s");
    redisc_transport_class own = {.name = "mine"};
    options.transport = &own;
    cr_assert_str_eq(redisc_options_address(&options, text), "transport mine");
    cr_assert_str_eq(redisc_options_endpoint(&options, text), "/s");
}

/* Counts blocks, fails when told, and looks for the password in what is freed. */
static struct {
    long live;
    long until_failure;
    bool leaked_password;
} counted;

static void *counted_allocate(size_t size, void *context)
{
    (void)context;
    if (counted.until_failure-- == 0) {
        return NULL;
    }
    counted.live++;
    return malloc(size);
}

static void *counted_reallocate(void *memory, size_t size, void *context)
{
    (void)context;
    return realloc(memory, size);
}

static void counted_release(void *memory, void *context)
{
    (void)context;
    if (memory != NULL) {
        counted.live--;
        counted.leaked_password = counted.leaked_password || memcmp(memory, "s3cret", 6) == 0;
    }
    free(memory);
}

Test(config, survives_each_failed_allocation_and_wipes_the_password)
{
    redisc_allocator allocator = {counted_allocate, counted_reallocate, counted_release, NULL};
    redisc_set_allocator(&allocator);
    redisc_options options = {.host = "long enough to compare",
                              .path = "long enough to compare",
                              .user = "long enough to compare",
                              .password = "s3cret",
                              .client_name = "long-enough-to-compare"};
    redisc_config *config = NULL;
    for (long n = 0; config == NULL; n++) {
        cr_assert(n < 100);
        counted.until_failure = n;
        config = redisc_config_new(&options);
        if (config == NULL) {
            cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_MEMORY);
            cr_assert_eq(counted.live, 0);
        }
    }
    redisc_config_release(config);
    cr_assert_eq(counted.live, 0);
    cr_assert_not(counted.leaked_password);
    redisc_set_allocator(NULL);
}
