/* SPDX-License-Identifier: MIT */
/* URLs and options that name sentinels. */
#include "config.h"
#include "error.h"
#include "server_list.h"

#include <redisc/client.h>
#include <redisc/options.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

static redisc_url parsed(const char *text, const redisc_options *base)
{
    redisc_url url;
    cr_assert_eq(redisc_url_parse(text, base, &url), REDISC_OK, "%s: %s", text,
                 redisc_last_error()->text);
    return url;
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

typedef struct url_case {
    const char *url;
    const char *sentinels;
    const char *name;
    const char *user;
    const char *password;
    unsigned db;
    bool tls;
} url_case;

static const url_case cases[] = {
    {.url = "redis+sentinel://h/m", .sentinels = "h", .name = "m"},
    {.url = "redis+sentinel://h/m/", .sentinels = "h", .name = "m"},
    {.url = "redis+sentinel://a,b,c/m/3", .sentinels = "a,b,c", .name = "m", .db = 3},
    {.url = "valkey+sentinel://a:1,[::1]:2,[::2],b/m",
     .sentinels = "a:1,[::1]:2,[::2],b",
     .name = "m"},
    {.url = "rediss+sentinel://a/m", .sentinels = "a", .name = "m", .tls = true},
    {.url = "VALKEYS+SENTINEL://a/m", .sentinels = "a", .name = "m", .tls = true},
    {.url = "redis+sentinel://:pw@a,b:3/m", .sentinels = "a,b:3", .name = "m", .password = "pw"},
    {.url = "redis+sentinel://ann:p%40w@a/my%2Fname/1",
     .sentinels = "a",
     .name = "my/name",
     .user = "ann",
     .password = "p@w",
     .db = 1},
    {.url = "redis+sentinel://a?master_name=m", .sentinels = "a", .name = "m"},
    {.url = "redis+sentinel:///m?sentinels=x", .sentinels = "x", .name = "m"},
};

Test(url_sentinel, forms)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const url_case *c = &cases[i];
        bool needs_base = strstr(c->url, ":///") != NULL;
        redisc_options base = {.sentinels = needs_base ? "base" : NULL};
        redisc_url url = parsed(c->url, &base);
        same(url.options.sentinels, c->sentinels);
        same(url.options.master_name, c->name);
        same(url.options.user, c->user);
        same(url.options.password, c->password);
        same(url.options.host, NULL);
        same(url.options.path, NULL);
        cr_expect_eq(url.options.db, c->db, "%s", c->url);
        cr_expect_eq(url.options.tls, c->tls, "%s", c->url);
        redisc_url_free(&url);
    }
}

Test(url_sentinel, options)
{
    redisc_url url = parsed("redis+sentinel://h/m?role=replica&replica_choice=random"
                            "&min_other_sentinels=2&sentinel_user=u&sentinel_password=p"
                            "&sentinel_tls_off=yes",
                            NULL);
    cr_expect_eq(url.options.role, REDISC_ROLE_REPLICA);
    cr_expect_eq(url.options.replica_choice, REDISC_REPLICA_RANDOM);
    cr_expect_eq(url.options.min_other_sentinels, 2);
    same(url.options.sentinel_user, "u");
    same(url.options.sentinel_password, "p");
    cr_expect(url.options.sentinel_tls_off);
    redisc_url_free(&url);
    static const struct {
        const char *word;
        redisc_server_role role;
    } roles[] = {{"master", REDISC_ROLE_MASTER},
                 {"PRIMARY", REDISC_ROLE_MASTER},
                 {"Replica", REDISC_ROLE_REPLICA},
                 {"slave", REDISC_ROLE_REPLICA}};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "redis+sentinel://h/m?role=%s", roles[i].word);
        url = parsed(text, NULL);
        cr_expect_eq(url.options.role, roles[i].role, "%s", text);
        redisc_url_free(&url);
    }
}

Test(url_sentinel, the_scheme_decides)
{
    const redisc_options plain = {.host = "h", .port = 1, .path = "/p", .timeout_ms = 7};
    redisc_url url = parsed("redis+sentinel://s/m", &plain);
    same(url.options.host, NULL);
    same(url.options.path, NULL);
    cr_expect_eq(url.options.port, 0);
    cr_expect_eq(url.options.timeout_ms, 7);
    redisc_url_free(&url);
    const redisc_options sentinel = {.sentinels = "s",
                                     .master_name = "m",
                                     .role = REDISC_ROLE_REPLICA,
                                     .min_other_sentinels = 1};
    url = parsed("redis://h", &sentinel);
    same(url.options.host, "h");
    same(url.options.sentinels, NULL);
    redisc_config *config = redisc_config_new(&url.options);
    cr_expect_not_null(config, "%s", redisc_last_error()->text);
    redisc_config_release(config);
    redisc_url_free(&url);
}

static const struct {
    const char *url;
    const char *says;
} bad[] = {
    {"redis+sentinel://", "no sentinel is named: +sentinel://host,host/…, at character 18"},
    {"redis+sentinel:///m", "no sentinel is named: +sentinel://host,host/…, at character 18"},
    {"redis+sentinel://a,,b/m", "a host is missing, at character 20"},
    {"redis+sentinel://,a/m", "a host is missing, at character 18"},
    {"redis+sentinel://a,/m", "a host is missing, at character 20"},
    {"redis+sentinel://a,:5/m", "a host is missing, at character 20"},
    {"redis+sentinel://a,[]/m", "a host is missing, at character 21"},
    {"redis+sentinel://a,[::1/m", "`[` without its `]`, at character 20"},
    {"redis+sentinel://a,[::1]5/m", "only `:port` can follow the `]`, at character 25"},
    {"redis+sentinel://a,b:70000/m", "a port is not a number from 1 to 65535, at character 22"},
    {"redis+sentinel://a,b:0/m", "a port is not a number from 1 to 65535, at character 22"},
    {"redis+sentinel://a,b:/m", "a port is not a number from 1 to 65535, at character 22"},
    {"redis+sentinel://a:1:2/m", "more than one `:`; an IPv6 address stands in [ ]"},
    {"redis+sentinel://a b,c/m", "a blank or control character in a host, at character 19"},
    {"redis+sentinel://a%zz/m", "`%` without two hexadecimal digits in the sentinels"},
    {"redis+sentinel://a",
     "the master's name is missing: redis+sentinel://…/name, at character 19"},
    {"valkeys+sentinel://a/", "the master's name is missing: valkeys+sentinel://…/name"},
    {"redis+sentinel://a//1", "the master's name is missing: /name/db, at character 20"},
    {"redis+sentinel://a/m/x",
     "database `x` is not a number from 0 to 2147483647, at character 22"},
    {"redis+sentinel://a/m/1/2", "database `1/2` is not a number"},
    {"redis+sentinel://a/m?role=boss", "option `role`: `boss` is not master, primary, replica or"},
    {"redis+sentinel://a/m?replica_choice=best", "`best` is not round_robin, random or first"},
    {"redis+sentinel://a/m?min_other_sentinels=-1", "option `min_other_sentinels`: `-1`"},
    {"redis+sentinel://a/m?sentinel_user=", "option `sentinel_user`: `` is empty"},
    {"unix+sentinel://a/m", "it must start with"},
};

Test(url_sentinel, errors_name_the_place)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        redisc_url url;
        cr_assert_eq(redisc_url_parse(bad[i].url, NULL, &url), REDISC_ERROR_URL, "%s", bad[i].url);
        const char *text = redisc_last_error()->text;
        cr_expect_not_null(strstr(text, bad[i].says), "%s: %s", bad[i].url, text);
    }
}

Test(url_sentinel, never_tells_a_password)
{
    static const char *const urls[] = {
        "redis+sentinel://:s3cret@a,,b/m",
        "redis+sentinel://u:s3/cret@a/m",
        "redis+sentinel://a:s3cret/m",
        "redis+sentinel://a/m?sentinel_password=s3cret&role=s3cret",
    };
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        redisc *client = NULL;
        redisc_status status = redisc_open(urls[i], NULL, &client);
        cr_expect_lt(status, 0, "%s", urls[i]);
        cr_expect_null(strstr(redisc_last_error()->text, "cret"), "%s", redisc_last_error()->text);
        redisc_close(client);
    }
}

static void refuses(const redisc_options *options, const char *says)
{
    cr_expect_null(redisc_config_new(options));
    cr_expect_eq(redisc_last_error()->status, REDISC_ERROR_ARGUMENT);
    cr_expect_not_null(strstr(redisc_last_error()->text, says), "%s", redisc_last_error()->text);
}

Test(url_sentinel, options_that_do_not_fit)
{
    refuses(&(redisc_options){.sentinels = "a"}, "option `master_name` is missing");
    refuses(&(redisc_options){.sentinels = "a", .master_name = ""}, "`master_name` is empty");
    refuses(&(redisc_options){.sentinels = "a,b:x", .master_name = "m"},
            "option `sentinels`: a port is not a number from 1 to 65535, at character 5");
    refuses(&(redisc_options){.sentinels = "", .master_name = "m"},
            "option `sentinels`: a host is missing, at character 1");
    refuses(&(redisc_options){.sentinels = "a", .master_name = "m", .host = "h"},
            "option `host` contradicts `sentinels`");
    refuses(&(redisc_options){.sentinels = "a", .master_name = "m", .path = "/p"},
            "option `path` contradicts `sentinels`");
    refuses(&(redisc_options){.master_name = "m"}, "`master_name` means nothing without");
    refuses(&(redisc_options){.role = REDISC_ROLE_REPLICA}, "`role` means nothing without");
    refuses(&(redisc_options){.role = (redisc_server_role)7}, "option `role` is 7");
    refuses(&(redisc_options){.sentinels = "a",
                              .master_name = "m",
                              .replica_choice = (redisc_replica_choice)9},
            "option `replica_choice` is 9");
}

Test(url_sentinel, lists)
{
    redisc_server_fault fault;
    cr_expect_eq(redisc_server_count("a", &fault), 1);
    cr_expect_eq(redisc_server_count("a,b:1,[::1]:2", &fault), 3);
    cr_expect_eq(redisc_server_count("", &fault), 0);
    char many[512] = "";
    for (int i = 0; i < REDISC_MOST_SERVERS; i++) {
        strcat(many, i == 0 ? "h" : ",h");
    }
    cr_expect_eq(redisc_server_count(many, &fault), REDISC_MOST_SERVERS);
    strcat(many, ",h");
    cr_expect_eq(redisc_server_count(many, &fault), 0);
    cr_expect_str_eq(fault.problem, "more than 64 servers");
    char long_one[REDISC_HOST_SIZE + 8];
    memset(long_one, 'h', REDISC_HOST_SIZE);
    long_one[REDISC_HOST_SIZE] = '\0';
    cr_expect_eq(redisc_server_count(long_one, &fault), 0);
    cr_expect_str_eq(fault.problem, "a host is too long");
    redisc_server_list list = {.text = "[::1]:7,b", .len = 9};
    redisc_server server;
    cr_assert(redisc_server_next(&list, &server, &fault));
    cr_expect_eq(server.host_len, 3);
    cr_expect_eq(strncmp(server.host, "::1", 3), 0);
    cr_expect_eq(server.port, 7);
    cr_assert(redisc_server_next(&list, &server, &fault));
    cr_expect_eq(server.port, REDISC_SENTINEL_PORT);
    cr_expect_not(redisc_server_next(&list, &server, &fault));
    cr_expect_null(fault.problem);
}
