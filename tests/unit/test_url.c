/* SPDX-License-Identifier: MIT */
#include "alloc.h"
#include "error.h"

#include <redisc/options.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parses what must be right. */
static redisc_url parsed(const char *text, const redisc_options *base)
{
    redisc_url url;
    redisc_status status = redisc_url_parse(text, base, &url);
    cr_assert_eq(status, REDISC_OK, "%s: %s", text, redisc_last_error()->text);
    return url;
}

/* Parses what must be wrong; the text holds all of `parts` (split at '|'). */
static void refused(const char *text, const char *parts)
{
    redisc_url url;
    cr_assert_eq(redisc_url_parse(text, NULL, &url), REDISC_ERROR_URL, "%s is accepted", text);
    const char *error = redisc_last_error()->text;
    cr_assert_eq(strncmp(error, "URL: ", 5), 0, "%s", error);
    char copy[256];
    snprintf(copy, sizeof copy, "%s", parts);
    for (char *part = strtok(copy, "|"); part != NULL; part = strtok(NULL, "|")) {
        cr_assert_not_null(strstr(error, part), "%s gives \"%s\" without \"%s\"", text, error,
                           part);
    }
    cr_assert_null(strstr(error, "s3cret"), "%s gives \"%s\"", text, error);
    cr_assert_null(url.memory);
}

static void same(const char *text, const char *expected)
{
    if (expected == NULL) {
        cr_assert_null(text);
    } else {
        cr_assert_not_null(text);
        cr_assert_str_eq(text, expected);
    }
}

typedef struct address_case {
    const char *url;
    const char *host;
    unsigned port; /* 0: as in the defaults */
    const char *user;
    const char *password;
    const char *path;
    unsigned db;
    bool tls;
} address_case;

static const address_case address_cases[] = {
    {.url = "redis://"},
    {.url = "redis:///"},
    {.url = "redis:///5", .db = 5},
    {.url = "redis://localhost", .host = "localhost"},
    {.url = "redis://h:1", .host = "h", .port = 1},
    {.url = "redis://h:65535/", .host = "h", .port = 65535},
    {.url = "redis://h:", .host = "h"},
    {.url = "redis://:7000", .port = 7000},
    {.url = "REDIS://H/2147483647", .host = "H", .db = 2147483647},
    {.url = "valkey://h/3", .host = "h", .db = 3},
    {.url = "rediss://h", .host = "h", .tls = true},
    {.url = "valkeys://h:6380", .host = "h", .port = 6380, .tls = true},
    {.url = "redis://:pw@h", .host = "h", .password = "pw"},
    {.url = "redis://ann:pw@h:1/2",
     .host = "h",
     .port = 1,
     .user = "ann",
     .password = "pw",
     .db = 2},
    {.url = "redis://ann@h", .host = "h", .user = "ann"},
    {.url = "redis://ann:@h", .host = "h", .user = "ann", .password = ""},
    {.url = "redis://a:b:c@h", .host = "h", .user = "a", .password = "b:c"},
    {.url = "redis://:p@ss@h", .host = "h", .password = "p@ss"},
    {.url = "redis://%41nn:%70%2f%3F%40%3a@h%6Fst",
     .host = "host",
     .user = "Ann",
     .password = "p/?@:"},
    {.url = "redis://:a+b@h", .host = "h", .password = "a+b"},
    {.url = "redis://[::1]", .host = "::1"},
    {.url = "redis://[fe80::1%25eth0]:9/1", .host = "fe80::1%eth0", .port = 9, .db = 1},
    {.url = "redis://:pw@[::1]:9", .host = "::1", .port = 9, .password = "pw"},
    {.url = "unix:///run/redis.sock", .path = "/run/redis.sock"},
    {.url = "unix:///a%20b/c%3F.sock", .path = "/a b/c?.sock"},
    {.url = "unix:///with@at", .path = "/with@at"},
    {.url = "unix://:pw@/run/s?db=4", .path = "/run/s", .password = "pw", .db = 4},
    {.url = "unix://ann:pw@/run/s", .path = "/run/s", .user = "ann", .password = "pw"},
    {.url = "redis://h/3?db=4", .host = "h", .db = 4},
    {.url = "redis://h?db=4", .host = "h", .db = 4},
    {.url = "redis://h:1?port=2&host=other", .host = "other", .port = 2},
    {.url = "redis://?path=/run/s", .path = "/run/s"},
    {.url = "redis://a:b@h?user=c&password=d%26", .host = "h", .user = "c", .password = "d&"},
    {.url = "redis://h?username=c", .host = "h", .user = "c"},
    {.url = "redis://h?tls=yes", .host = "h", .tls = true},
    {.url = "unix:///run/s?tls=1&tls_server_name=h", .path = "/run/s", .tls = true},
    {.url = "redis://h?", .host = "h"},
    {.url = "redis://h?&db=1&&", .host = "h", .db = 1},
};

Test(url, addresses)
{
    for (size_t i = 0; i < sizeof address_cases / sizeof address_cases[0]; i++) {
        const address_case *c = &address_cases[i];
        redisc_url url = parsed(c->url, NULL);
        same(url.options.host, c->host);
        cr_assert_eq(url.options.port, c->port, "%s: port %u", c->url, url.options.port);
        same(url.options.user, c->user);
        same(url.options.password, c->password);
        same(url.options.path, c->path);
        cr_assert_eq(url.options.db, c->db, "%s: db %u", c->url, url.options.db);
        cr_assert_eq(url.options.tls, c->tls, "%s", c->url);
        redisc_url_free(&url);
        cr_assert_null(url.memory);
    }
}

Test(url, every_option)
{
    redisc_url url = parsed("redis://h?client_name=me&timeout_ms=1500&connect_timeout_ms=-1"
                            "&keepalive=on&keepalive_idle_s=10&keepalive_interval_s=5"
                            "&keepalive_count=3&no_delay_off=True&protocol=3&parser=hiredis"
                            "&encoding=UTF-8&no_client_info=YES&max_depth=9&max_bulk_bytes=10"
                            "&max_elements=11&max_reply_bytes=12&max_output_bytes=13"
                            "&max_connections=14&pool_blocks=1&pool_wait_ms=15"
                            "&max_blocking=16&max_tries=-17&retry_wait_ms=18"
                            "&retry_max_wait_ms=19&repeat_anything=on&max_idle_ms=20",
                            NULL);
    const redisc_options *o = &url.options;
    cr_assert_str_eq(o->client_name, "me");
    cr_assert_eq(o->timeout_ms, 1500);
    cr_assert_eq(o->connect_timeout_ms, -1);
    cr_assert(o->keepalive && o->no_delay_off && o->no_client_info && o->pool_blocks);
    cr_assert_eq(o->keepalive_idle_s, 10);
    cr_assert_eq(o->keepalive_interval_s, 5);
    cr_assert_eq(o->keepalive_count, 3);
    cr_assert_eq(o->protocol, REDISC_PROTOCOL_RESP3);
    cr_assert_eq(o->parser, REDISC_PARSER_HIREDIS);
    cr_assert_eq(o->encoding, REDISC_ENCODING_UTF8);
    cr_assert_eq(o->max_depth, 9);
    cr_assert_eq(o->max_bulk_bytes, 10);
    cr_assert_eq(o->max_elements, 11);
    cr_assert_eq(o->max_reply_bytes, 12);
    cr_assert_eq(o->max_output_bytes, 13);
    cr_assert_eq(o->max_connections, 14);
    cr_assert_eq(o->pool_wait_ms, 15);
    cr_assert_eq(o->max_blocking, 16);
    cr_assert_eq(o->max_tries, -17);
    cr_assert_eq(o->retry_wait_ms, 18);
    cr_assert_eq(o->retry_max_wait_ms, 19);
    cr_assert_eq(o->max_idle_ms, 20);
    cr_assert(o->repeat_anything);
    redisc_url_free(&url);
}

Test(url, booleans_in_any_case)
{
    const char *const yes[] = {"yes", "YES", "on", "On", "true", "TRUE", "1"};
    const char *const no[] = {"no", "No", "off", "OFF", "false", "False", "0"};
    redisc_options base = {.keepalive = true};
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "redis://?keepalive=%s", yes[i]);
        redisc_url url = parsed(text, NULL);
        cr_assert(url.options.keepalive, "%s", text);
        redisc_url_free(&url);
        snprintf(text, sizeof text, "redis://?keepalive=%s", no[i]);
        url = parsed(text, &base);
        cr_assert_not(url.options.keepalive, "%s", text);
        redisc_url_free(&url);
    }
}

static int64_t timeout_of(const char *text)
{
    redisc_url url = parsed(text, NULL);
    int64_t timeout = url.options.timeout_ms;
    redisc_url_free(&url);
    return timeout;
}

Test(url, names_from_redis_py)
{
    cr_assert_eq(timeout_of("redis://?socket_timeout=2"), 2000);
    cr_assert_eq(timeout_of("redis://?socket_timeout=0.25"), 250);
    cr_assert_eq(timeout_of("redis://?socket_timeout=1%2E5"), 1500);
    cr_assert_eq(timeout_of("redis://?socket_timeout=0.0001"), 1, "more than nothing");
    cr_assert_eq(timeout_of("redis://?socket_timeout=-0.0001"), -1);
    cr_assert_eq(timeout_of("redis://?socket_timeout=-1"), -1000);
    redisc_url url = parsed("redis://?socket_connect_timeout=1e1&socket_keepalive=true", NULL);
    cr_assert_eq(url.options.connect_timeout_ms, 10000);
    cr_assert(url.options.keepalive);
    redisc_url_free(&url);
}

Test(url, options_of_tls)
{
    redisc_url url = parsed("rediss://h?tls_ca_file=%2Fca.pem&tls_ca_dir=/ca&tls_cert_file=/c"
                            "&tls_key_file=/k&tls_key_password=p%26w&tls_server_name=n"
                            "&tls_no_name_check=yes&tls_verify=Optional&tls_min_version=1.3"
                            "&tls_ciphers=A:B&tls_ciphersuites=C",
                            NULL);
    const redisc_options *o = &url.options;
    same(o->tls_ca_file, "/ca.pem");
    same(o->tls_ca_dir, "/ca");
    same(o->tls_cert_file, "/c");
    same(o->tls_key_file, "/k");
    same(o->tls_key_password, "p&w");
    same(o->tls_server_name, "n");
    cr_assert(o->tls_no_name_check);
    cr_assert_eq(o->tls_verify, REDISC_TLS_VERIFY_OPTIONAL);
    cr_assert_eq(o->tls_min_version, REDISC_TLS_VERSION_1_3);
    same(o->tls_ciphers, "A:B");
    same(o->tls_ciphersuites, "C");
    redisc_url_free(&url);
    url = parsed("redis://h?ssl_ca_certs=/ca.pem&ssl_ca_path=/ca&ssl_certfile=/c&ssl_keyfile=/k"
                 "&ssl_password=pw&ssl_cert_reqs=none&ssl_check_hostname=no"
                 "&ssl_min_version=TLSv1.2&ssl_ciphers=A&tls=yes",
                 NULL);
    o = &url.options;
    same(o->tls_ca_file, "/ca.pem");
    same(o->tls_ca_dir, "/ca");
    same(o->tls_cert_file, "/c");
    same(o->tls_key_file, "/k");
    same(o->tls_key_password, "pw");
    cr_assert_eq(o->tls_verify, REDISC_TLS_VERIFY_NONE);
    cr_assert(o->tls_no_name_check);
    cr_assert_eq(o->tls_min_version, REDISC_TLS_VERSION_1_2);
    same(o->tls_ciphers, "A");
    redisc_url_free(&url);
    url = parsed("valkeys://h?ssl_check_hostname=True&ssl_cert_reqs=required",
                 &(redisc_options){.tls_no_name_check = true});
    cr_assert_not(url.options.tls_no_name_check);
    cr_assert_eq(url.options.tls_verify, REDISC_TLS_VERIFY_REQUIRED);
    redisc_url_free(&url);
}

Test(url, refuses_bad_options_of_tls)
{
    refused("rediss://h?ssl_cert_reqs=maybe", "ssl_cert_reqs|`maybe`|required, optional or none");
    refused("rediss://h?tls_min_version=1.1", "tls_min_version|`1.1`|1.2 or 1.3");
    refused("rediss://h?ssl_check_hostname=perhaps", "ssl_check_hostname|yes, no");
    refused("rediss://h?tls_verify=none&ssl_cert_reqs=none", "are the same");
    refused("rediss://h?tls_ca_file=", "tls_ca_file|empty");
    refused("rediss://h?tls_key_password=s3cret&tls_verify=s3cret", "tls_verify");
    refused("redis://h?ssl_cert_reqs=none", "`ssl_cert_reqs` needs TLS: rediss://");
    refused("unix:///run/s?tls_ca_file=/ca.pem", "`tls_ca_file` needs TLS");
}

Test(url, starts_from_the_base)
{
    redisc_options base = {.host = "base",
                           .port = 1,
                           .path = "/base",
                           .db = 7,
                           .user = "ann",
                           .password = "pw",
                           .timeout_ms = 5,
                           .tls = true};
    redisc_url url = parsed("redis://h", &base);
    cr_assert_str_eq(url.options.host, "h");
    cr_assert_eq(url.options.port, 1);
    cr_assert_null(url.options.path, "a TCP URL is no Unix socket");
    cr_assert_eq(url.options.db, 7);
    cr_assert_str_eq(url.options.user, "ann");
    cr_assert_str_eq(url.options.password, "pw");
    cr_assert_eq(url.options.timeout_ms, 5);
    cr_assert(url.options.tls, "TLS that the base demands is not dropped");
    redisc_url_free(&url);
    url = parsed("redis://:other@", &base);
    cr_assert_str_eq(url.options.host, "base");
    cr_assert_null(url.options.user, "the base's user doesn't belong to another password");
    cr_assert_str_eq(url.options.password, "other");
    redisc_url_free(&url);
}

Test(url, refuses_bad_addresses)
{
    refused("", "must start with|character 1");
    refused("localhost:6379", "must start with");
    refused("http://h", "must start with");
    refused("redis:/h", "must start with");
    refused("redis://h:0", "port|1 to 65535|character 11");
    refused("redis://h:65536", "port|1 to 65535");
    refused("redis://h:+1", "port");
    refused("redis://h:1x", "port");
    refused("redis://h:-1", "port");
    refused("redis://h: 1", "port");
    refused("redis://::1:6379", "[ ]|character 9");
    refused("redis://[::1", "`]`|character 9");
    refused("redis://[]", "no address");
    refused("redis://[::1]6379", "`:port`|character 14");
    refused("redis://a b", "blank");
    refused("redis://a%0ab", "control");
    refused("redis://h/x", "database `x`|character 11");
    refused("redis://h/-1", "database `-1`");
    refused("redis://h/1/", "database `1/`");
    refused("redis://h/2147483648", "database|2147483647");
    refused("redis://h#x", "fragment|character 10");
    refused("redis://h/1?db=1#x", "fragment");
    refused("redis://%zz", "two hexadecimal digits|host|character 9");
    refused("redis://h%4", "two hexadecimal");
    refused("redis://h%", "two hexadecimal");
    refused("redis://h%00", "NUL|host");
    refused("unix://", "path");
    refused("unix:///", "path");
    refused("unix://run/redis.sock", "no host|character 8");
    refused("unix:///a%0", "two hexadecimal|path");
}

Test(url, refuses_bad_options)
{
    refused("redis://h?colour=red", "option `colour`|not known|character 11");
    refused("redis://h?DB=1", "option `DB`");
    refused("redis://h?=1", "option ``");
    refused("redis://h?db", "option `db`|no value");
    refused("redis://h?db=", "option `db`");
    refused("redis://h?db=1&db=1", "option `db`|twice|character 16");
    refused("redis://h?timeout_ms=1&socket_timeout=1", "`timeout_ms`|`socket_timeout`|the same");
    refused("redis://h?db=x", "option `db`|`x`|2147483647|character 14");
    refused("redis://h?db=-1", "option `db`");
    refused("redis://h?port=0", "option `port`|65535");
    refused("redis://h?keepalive=maybe", "option `keepalive`|`maybe`|yes, no, on");
    refused("redis://h?keepalive_count=-3", "option `keepalive_count`");
    refused("redis://h?timeout_ms=1.5", "option `timeout_ms`|whole");
    refused("redis://h?timeout_ms=99999999999999999999", "option `timeout_ms`");
    refused("redis://h?socket_timeout=soon", "option `socket_timeout`|seconds");
    refused("redis://h?socket_timeout=nan", "option `socket_timeout`");
    refused("redis://h?socket_timeout=inf", "option `socket_timeout`");
    refused("redis://h?socket_timeout=1e300", "option `socket_timeout`");
    refused("redis://h?protocol=4", "option `protocol`");
    refused("redis://h?parser=yacc", "option `parser`|native");
    refused("redis://h?encoding=latin1", "option `encoding`|utf8");
    refused("redis://h?max_depth=-1", "option `max_depth`");
    refused("redis://h?max_connections=4294967296", "option `max_connections`");
    refused("redis://h?max_tries=2147483648", "option `max_tries`|whole");
    refused("redis://h?client_name=", "option `client_name`|empty");
    refused("redis://h?host=%g0", "two hexadecimal|host");
    refused("rediss://h?tls=no", "tls|contradicts");
}

/* Wherever a password, or a piece of it, slides to: no text shows it. */
Test(url, never_tells_the_password)
{
    refused("redis://:s3cret", "port");
    refused("redis://h:s3cret", "port");
    refused("redis://:pa/s3cret@h", "%2F");
    refused("redis://:pa?s3cret@h", "%3F");
    refused("redis://:pa?s3cret=1@h", "%3F");
    refused("redis://:pa#s3cret@h", "%23");
    refused("redis://:p@ss/s3cret@h", "%2F");
    refused("unix://:pa/s3cret@/run/s", "%2F");
    refused("redis://:s3cret%@h", "password");
    refused("redis://:s3cret%00@h", "password");
    refused("redis://s3cret:x@h:y", "port");
    refused("redis://h?password=pa&s3cret", "not known");
    refused("redis://h?password=pa&password=s3cret", "`password`|twice");
    refused("redis://h?password=s3cret&db=x", "`db`");
    refused("redis://:s3cret@h/x", "database");
    refused("redis://h?passwort=s3cret", "`passwort`");
}

Test(url, long_parts_are_cut_in_messages)
{
    char text[4096] = "redis://h?";
    memset(text + 10, 'x', 4000);
    refused(text, "xxx…");
    cr_assert(strlen(redisc_last_error()->text) < 256);
}

Test(url, arguments)
{
    redisc_url url;
    cr_assert_eq(redisc_url_parse("redis://", NULL, NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_url_parse(NULL, NULL, &url), REDISC_ERROR_URL);
    redisc_url_free(NULL);
    url = parsed("redis://h", NULL);
    redisc_url_free(&url);
    redisc_url_free(&url);
}

/* Remembers the last block, and looks at it when it is freed. */
static struct {
    char *block;
    size_t size;
    bool clean;
} watched;

static void *watched_allocate(size_t size, void *context)
{
    (void)context;
    watched.size = size;
    return watched.block = malloc(size);
}

static void *watched_reallocate(void *memory, size_t size, void *context)
{
    (void)context;
    return realloc(memory, size);
}

static void watched_release(void *memory, void *context)
{
    (void)context;
    if (memory != NULL && memory == watched.block) {
        watched.clean = true;
        for (size_t i = 0; i + 6 <= watched.size; i++) {
            watched.clean = watched.clean && memcmp(watched.block + i, "s3cret", 6) != 0;
        }
    }
    free(memory);
}

Test(url, the_password_is_wiped)
{
    redisc_allocator allocator = {watched_allocate, watched_reallocate, watched_release, NULL};
    redisc_set_allocator(&allocator);
    redisc_url url = parsed("redis://:s3cret@h", NULL);
    redisc_url_free(&url);
    cr_assert(watched.clean);
    watched.clean = false;
    cr_assert_eq(redisc_url_parse("redis://:s3cret@h/x", NULL, &url), REDISC_ERROR_URL);
    cr_assert(watched.clean);
    redisc_set_allocator(NULL);
}

static void *no_memory(size_t size, void *context)
{
    (void)size;
    (void)context;
    return NULL;
}

Test(url, survives_a_lack_of_memory)
{
    redisc_allocator allocator = {no_memory, watched_reallocate, watched_release, NULL};
    redisc_set_allocator(&allocator);
    redisc_url url;
    cr_assert_eq(redisc_url_parse("redis://h", NULL, &url), REDISC_ERROR_MEMORY);
    cr_assert_null(url.memory);
    redisc_set_allocator(NULL);
}
