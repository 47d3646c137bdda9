/* SPDX-License-Identifier: MIT */
/* What users of redis-py know of its pipelines, told in C: each test is a thing that they rely on.
 */
#include "server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static test_server *server;
static redisc *r;

static void start(void)
{
    server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &r), REDISC_OK);
}

static void stop(void)
{
    redisc_close(r);
    test_server_stop(server);
}

TestSuite(seed_pipeline, .init = start, .fini = stop, .timeout = 60);

static const redisc_pipeline_options plain = {.plain = true};

static void expect_value(const char *key, const char *expected)
{
    const redisc_str *value;
    cr_expect_eq(redisc_get(r, key, &value), REDISC_OK);
    cr_expect(value == NULL ? expected == NULL
                            : expected != NULL && strcmp(value->data, expected) == 0,
              "%s", key);
    redisc_free(value);
}

static int64_t number_at(redisc *from, const char *key)
{
    const redisc_str *value;
    cr_assert_eq(redisc_get(from, key, &value), REDISC_OK);
    cr_assert_not_null(value);
    int64_t number = strtoll(value->data, NULL, 10);
    redisc_free(value);
    return number;
}

static bool error_starts(const char *text)
{
    return strncmp(redisc_last_error()->text, text, strlen(text)) == 0;
}

/* Each reply has the type that it has outside: a status, text, numbers, pairs with scores. */
Test(seed_pipeline, the_chain)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value;
    const redisc_scored_list *scored;
    int64_t added;
    double score;
    redisc_set(p, "a", "a1");
    redisc_get(p, "a", &value);
    redisc_zadd(p, "z", REDISC_LIST(scored, {1, REDISC_STR("z1")}), &added);
    redisc_zadd(p, "z", REDISC_LIST(scored, {4, REDISC_STR("z2")}), &added);
    redisc_zincrby(p, "z", 1, "z1", &score);
    redisc_zrange_withscores(p, "z", 0, -1, &scored);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_str_eq(value->data, "a1");
    cr_expect_eq(added, 1);
    cr_expect_eq(score, 2);
    cr_expect_eq(scored->count, 2);
    cr_expect_str_eq(scored->items[0].member.data, "z1");
    cr_expect_eq(scored->items[0].score, 2);
    cr_expect_str_eq(scored->items[1].member.data, "z2");
    cr_expect_eq(scored->items[1].score, 4);
    redisc_free(value);
    redisc_free(scored);
    redisc_close(p);
}

Test(seed_pipeline, its_length)
{
    redisc *p = redisc_pipeline(r, NULL);
    cr_expect_eq(redisc_pipeline_length(p), 0);
    redisc_set(p, "a", "a1");
    redisc_set(p, "b", "b1");
    redisc_set(p, "c", "c1");
    cr_expect_eq(redisc_pipeline_length(p), 3);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    cr_expect_eq(redisc_pipeline_length(p), 0);
    expect_value("c", "c1");
    redisc_close(p);
}

/* Without a transaction, too, keys can be watched; then the calls after multi() are one. */
Test(seed_pipeline, watching_without_a_transaction)
{
    redisc_set(r, "a", "0");
    for (int changed = 0; changed < 2; changed++) {
        redisc *p = redisc_pipeline(r, &plain);
        cr_expect_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
        int64_t a = number_at(p, "a");
        char next[32];
        snprintf(next, sizeof next, "%lld", (long long)a + 1);
        if (changed) {
            redisc_set(r, "a", "bad");
        }
        cr_expect_eq(redisc_multi(p), REDISC_OK);
        cr_expect_eq(redisc_set(p, "a", next), REDISC_QUEUED);
        cr_expect_eq(redisc_execute(p), changed ? REDISC_ERROR_WATCH : REDISC_OK);
        expect_value("a", changed ? "bad" : "1");
        redisc_close(p);
    }
}

/* An error stays in its place; what is around it was done; the pipeline goes on to be used. */
Test(seed_pipeline, an_error_among_the_replies)
{
    redisc_pipeline_options keep = {.keep_errors = true};
    redisc *p = redisc_pipeline(r, &keep);
    redisc_set(r, "c", "a");
    redisc_set(p, "a", "1");
    redisc_set(p, "b", "2");
    redisc_lpush(p, "c", REDISC_STRS("3"), NULL);
    redisc_set(p, "d", "4");
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    for (size_t i = 0; i < 4; i++) {
        const redisc_error *error = redisc_error_at(p, i);
        cr_expect_eq(error != NULL, i == 2);
        cr_expect(error == NULL || redisc_is(error->status, REDISC_ERROR_SERVER));
    }
    expect_value("a", "1");
    expect_value("b", "2");
    expect_value("c", "a");
    expect_value("d", "4");
    redisc_set(p, "z", "zzz");
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    cr_expect_null(redisc_error_at(p, 0));
    expect_value("z", "zzz");
    redisc_close(p);
}

Test(seed_pipeline, an_error_is_raised_and_the_pipeline_usable)
{
    redisc *p = redisc_pipeline(r, NULL);
    redisc_set(r, "c", "a");
    redisc_set(p, "a", "1");
    redisc_set(p, "b", "2");
    redisc_lpush(p, "c", REDISC_STRS("3"), NULL);
    redisc_set(p, "d", "4");
    cr_expect(redisc_is(redisc_execute(p), REDISC_ERROR_SERVER));
    cr_expect(error_starts("Command # 3 (LPUSH c 3) of pipeline caused error: "));
    redisc_set(p, "z", "zzz");
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    expect_value("z", "zzz");
    redisc_close(p);
}

/* What the server can't even queue: nothing is executed. */
Test(seed_pipeline, a_command_without_enough_arguments)
{
    redisc *p = redisc_pipeline(r, NULL);
    redisc_set(p, "a", "1");
    REDISC_CALL(p, NULL, "ZREM", "b");
    redisc_set(p, "b", "2");
    cr_expect(redisc_is(redisc_execute(p), REDISC_ERROR_SERVER));
    cr_expect(error_starts("Command # 2 (ZREM b) of pipeline caused error: "));
    expect_value("a", NULL);
    redisc_set(p, "z", "zzz");
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    expect_value("z", "zzz");
    redisc_close(p);
}

Test(seed_pipeline, watch_succeeds)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value;
    redisc_set(r, "a", "1");
    redisc_set(r, "b", "2");
    cr_expect_eq(redisc_watch(p, REDISC_STRS("a", "b")), REDISC_OK);
    cr_expect_eq(number_at(p, "a"), 1);
    cr_expect_eq(number_at(p, "b"), 2);
    redisc_multi(p);
    redisc_set(p, "c", "3");
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    expect_value("c", "3");
    cr_expect_eq(redisc_get(p, "c", &value), REDISC_QUEUED, "it watches no more");
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    redisc_free(value);
    redisc_close(p);
}

Test(seed_pipeline, watch_fails)
{
    redisc *p = redisc_pipeline(r, NULL);
    redisc_set(r, "a", "1");
    redisc_set(r, "b", "2");
    redisc_watch(p, REDISC_STRS("a", "b"));
    redisc_set(r, "b", "3");
    redisc_multi(p);
    redisc_get(p, "a", NULL);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_WATCH);
    cr_expect_eq(redisc_get(p, "a", NULL), REDISC_QUEUED, "it watches no more");
    redisc_close(p);
}

Test(seed_pipeline, unwatch)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value;
    redisc_set(r, "a", "1");
    redisc_set(r, "b", "2");
    redisc_watch(p, REDISC_STRS("a", "b"));
    redisc_set(r, "b", "3");
    cr_expect_eq(redisc_unwatch(p), REDISC_OK);
    cr_expect_eq(redisc_get(p, "a", &value), REDISC_QUEUED);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    cr_expect_str_eq(value->data, "1");
    redisc_free(value);
    redisc_close(p);
}

/* Sums two keys into a third one; the first time somebody changes a key in the middle. */
static redisc_status sum(redisc *p, void *context)
{
    bool *has_run = context;
    int64_t a = number_at(p, "a");
    int64_t b = number_at(p, "b");
    if (!*has_run) {
        redisc_incr(r, "a", NULL);
        *has_run = true;
    }
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)(a + b));
    redisc_multi(p);
    return redisc_set(p, "c", text);
}

Test(seed_pipeline, a_transaction_that_runs_twice)
{
    bool has_run = false;
    redisc_set(r, "a", "1");
    redisc_set(r, "b", "2");
    cr_expect_eq(redisc_transaction(r, REDISC_STRS("a", "b"), sum, &has_run, NULL), REDISC_OK);
    expect_value("c", "4");
}

Test(seed_pipeline, an_error_without_a_transaction)
{
    redisc *p = redisc_pipeline(r, &plain);
    redisc_set(r, "a", "1");
    redisc_llen(p, "a", NULL);
    redisc_expire(p, "a", 100, NULL);
    cr_expect(redisc_is(redisc_execute(p), REDISC_ERROR_SERVER));
    cr_expect(error_starts("Command # 1 (LLEN a) of pipeline caused error: "));
    expect_value("a", "1");
    int64_t ttl;
    cr_expect_eq(redisc_ttl(r, "a", &ttl), REDISC_OK);
    cr_expect_gt(ttl, 0, "the other one was run");
    redisc_close(p);
}

Test(seed_pipeline, an_error_of_a_key_that_is_not_ascii)
{
    redisc *p = redisc_pipeline(r, &plain);
    static const char key[] = "\xe0\xb6\x80"
                              "abcd"
                              "\xe0\xb5\x9d";
    redisc_set(r, key, "1");
    redisc_llen(p, key, NULL);
    redisc_expire(p, key, 100, NULL);
    cr_expect(redisc_is(redisc_execute(p), REDISC_ERROR_SERVER));
    cr_expect(error_starts("Command # 1 (LLEN \xe0\xb6\x80"
                           "abcd"
                           "\xe0\xb5\x9d) of pipeline caused error: "));
    expect_value(key, "1");
    redisc_close(p);
}

/* A user who may not say MULTI: some of the calls after it are executed while the others are still
 * to be sent, so it can't be said that nothing was. */
Test(seed_pipeline, a_refused_multi_leaves_the_calls_in_doubt)
{
    enum { CALLS = 20000 };
    char value[1000] = {0};
    redisc *limited;
    redisc_options options = {
        .path = test_server_path(server), .user = "limited", .password = "any"};
    cr_assert_eq(
        redisc_acl_setuser(r, "limited", REDISC_STRS("on", "nopass", "~*", "+@all", "-multi")),
        REDISC_OK);
    cr_assert_eq(redisc_open(NULL, &options, &limited), REDISC_OK);
    redisc *p = redisc_pipeline(limited, NULL);
    for (int i = 0; i < CALLS; i++) {
        redisc_rpush(p, "executed", REDISC_STRS(redisc_bytes(value, sizeof value)), NULL);
    }
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_NOPERM);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_error_at(p, 0)->delivery, REDISC_UNKNOWN);
    redisc_close(p);
    redisc_close(limited);
}
