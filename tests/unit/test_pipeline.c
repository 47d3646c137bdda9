/* SPDX-License-Identifier: MIT */
/* Pipelines and transactions against a real server. */
#include "../support/server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/legacy.h>
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

TestSuite(pipeline, .init = start, .fini = stop, .timeout = 60);

static void assert_value(const char *key, const char *expected)
{
    const redisc_str *value;
    cr_assert_eq(redisc_get(r, key, &value), REDISC_OK);
    if (expected == NULL) {
        cr_assert_null(value, "%s", key);
    } else {
        cr_assert_not_null(value, "%s", key);
        cr_assert_str_eq(value->data, expected);
    }
    redisc_free(value);
}

static bool error_holds(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}

Test(pipeline, results_come_with_execute)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value = NULL;
    int64_t added = -1;
    const redisc_scored_list *scored = NULL;
    cr_assert_eq(redisc_pipeline_length(p), 0);
    cr_assert_eq(redisc_set(p, "a", "a1"), REDISC_QUEUED);
    cr_assert_eq(redisc_get(p, "a", &value), REDISC_QUEUED);
    cr_assert_eq(redisc_zadd(p, "z", REDISC_LIST(scored, {1, {"z1", 2}}, {2.5, {"z2", 2}}), &added),
                 REDISC_QUEUED);
    cr_assert_eq(redisc_zrange_withscores(p, "z", 0, -1, &scored), REDISC_QUEUED);
    cr_assert_eq(redisc_pipeline_length(p), 4);
    assert_value("a", NULL);
    cr_assert_null(value);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_assert_eq(redisc_pipeline_length(p), 0);
    cr_assert_str_eq(value->data, "a1");
    cr_assert_eq(added, 2);
    cr_assert_eq(scored->count, 2);
    cr_assert_str_eq(scored->items[1].member.data, "z2");
    cr_assert_eq(scored->items[1].score, 2.5);
    redisc_free(value);
    redisc_free(scored);
    redisc_close(p);
}

Test(pipeline, it_is_reusable)
{
    redisc *p = redisc_pipeline(r, NULL);
    int64_t n = 0;
    for (int i = 1; i <= 3; i++) {
        cr_assert_eq(redisc_incr(p, "n", &n), REDISC_QUEUED);
        cr_assert_eq(redisc_execute(p), REDISC_OK);
        cr_assert_eq(n, i);
    }
    cr_assert_eq(redisc_execute(p), REDISC_OK, "an empty one does nothing");
    redisc_incr(p, "n", &n);
    cr_assert_eq(redisc_pipeline_reset(p), REDISC_OK);
    cr_assert_eq(redisc_pipeline_length(p), 0);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    assert_value("n", "3");
    redisc_close(p);
}

Test(pipeline, the_first_error_is_raised_and_names_its_command)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value;
    int64_t length = -1;
    redisc_set(r, "c", "a");
    redisc_set(p, "a", "1");
    redisc_lpush(p, "c", REDISC_STRS("3"), &length);
    redisc_get(p, "a", &value);
    cr_assert_eq(redisc_execute(p), REDISC_ERROR_WRONGTYPE);
    cr_assert(error_holds("Command # 2 (LPUSH c 3) of pipeline caused error: WRONGTYPE"));
    cr_assert_str_eq(redisc_last_error()->command, "LPUSH");
    cr_assert_eq(length, 0);
    cr_assert_str_eq(value->data, "1", "the others were executed");
    cr_assert_null(redisc_error_at(p, 0));
    cr_assert_eq(redisc_error_at(p, 1)->status, REDISC_ERROR_WRONGTYPE);
    cr_assert_null(redisc_error_at(p, 2));
    redisc_free(value);
    redisc_close(p);
}

static void run_keeping_errors(bool plain)
{
    redisc_pipeline_options options = {.plain = plain, .keep_errors = true};
    redisc *p = redisc_pipeline(r, &options);
    int64_t length = -1;
    const redisc_str *value;
    redisc_set(r, "c", "a");
    redisc_lpush(p, "c", REDISC_STRS("3"), &length);
    redisc_get(p, "c", &value);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    cr_assert_eq(redisc_error_at(p, 0)->status, REDISC_ERROR_WRONGTYPE);
    cr_assert_eq(redisc_error_at(p, 0)->delivery, REDISC_ANSWERED);
    cr_assert_str_eq(redisc_error_at(p, 0)->command, "LPUSH");
    cr_assert_str_eq(value->data, "a");
    redisc_free(value);
    redisc_close(p);
}

Test(pipeline, errors_can_be_kept)
{
    run_keeping_errors(false);
    run_keeping_errors(true);
}

Test(pipeline, a_command_that_cannot_be_queued_discards_all)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_reply *reply;
    redisc_set(p, "a", "1");
    REDISC_CALL(p, &reply, "NOSUCHCOMMAND", "x");
    redisc_set(p, "b", "2");
    cr_assert_eq(redisc_execute(p), REDISC_ERROR_SERVER);
    cr_assert(error_holds("Command # 2 (NOSUCHCOMMAND x) of pipeline caused error: ERR unknown"));
    cr_assert_eq(redisc_error_at(p, 0)->status, REDISC_ERROR_EXECABORT);
    cr_assert_not_null(strstr(redisc_error_at(p, 0)->text, "# 2 (NOSUCHCOMMAND x)"));
    cr_assert_eq(redisc_error_at(p, 1)->status, REDISC_ERROR_SERVER);
    cr_assert_eq(redisc_error_at(p, 2)->status, REDISC_ERROR_EXECABORT);
    assert_value("a", NULL);
    cr_assert_eq(redisc_set(p, "a", "3"), REDISC_QUEUED);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "it is usable again");
    assert_value("a", "3");
    redisc_close(p);
}

Test(pipeline, long_arguments_are_shortened)
{
    redisc *p = redisc_pipeline(r, NULL);
    char text[5000];
    memset(text, 'x', sizeof text);
    int64_t n;
    redisc_set(r, "c", "a");
    redisc_lpush(p, "c", ((redisc_str_list){&(redisc_str){text, sizeof text}, 1}), &n);
    cr_assert_eq(redisc_execute(p), REDISC_ERROR_WRONGTYPE);
    cr_assert(error_holds("Command # 1 (LPUSH c xxxx"));
    cr_assert(error_holds("...) of pipeline"));
    redisc_close(p);
}

Test(pipeline, a_refused_call_leaves_the_others)
{
    redisc *p = redisc_pipeline(r, NULL);
    int64_t n = 0;
    cr_assert_eq(redisc_get(p, redisc_bytes(NULL, 0), NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_pipeline_length(p), 0);
    redisc_incr(p, "n", &n);
    cr_assert_eq(redisc_get(p, redisc_bytes(NULL, 0), NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    cr_assert_eq(n, 1);
    redisc_close(p);
}

Test(pipeline, plain_ones_are_no_transaction)
{
    redisc_pipeline_options options = {.plain = true};
    redisc *p = redisc_pipeline(r, &options);
    const redisc_reply *reply;
    redisc_set(p, "a", "1");
    REDISC_CALL(p, &reply, "NOSUCHCOMMAND");
    redisc_set(p, "b", "2");
    cr_assert_eq(redisc_execute(p), REDISC_ERROR_SERVER);
    assert_value("a", "1");
    assert_value("b", "2");
    redisc_close(p);
}

Test(pipeline, watch_runs_at_once_and_multi_collects)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value;
    redisc_set(r, "a", "1");
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a", "b")), REDISC_OK);
    cr_assert_eq(redisc_get(p, "a", &value), REDISC_OK);
    cr_assert_str_eq(value->data, "1");
    redisc_free(value);
    cr_assert_eq(redisc_multi(p), REDISC_OK);
    cr_assert_eq(redisc_set(p, "c", "3"), REDISC_QUEUED);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    assert_value("c", "3");
    redisc_close(p);
}

Test(pipeline, a_changed_key_stops_it)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value = (const redisc_str *)(uintptr_t)1;
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
    cr_assert_eq(redisc_set(r, "a", "other"), REDISC_OK);
    redisc_multi(p);
    redisc_get(p, "a", &value);
    cr_assert_eq(redisc_execute(p), REDISC_ERROR_WATCH);
    cr_assert_null(value);
    cr_assert_eq(redisc_set(p, "b", "later"), REDISC_QUEUED);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "it does not watch any more");
    redisc_close(p);
}

Test(pipeline, unwatch_forgets)
{
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value;
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
    redisc_set(r, "a", "other");
    cr_assert_eq(redisc_unwatch(p), REDISC_OK);
    cr_assert_eq(redisc_get(p, "a", &value), REDISC_QUEUED);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    cr_assert_str_eq(value->data, "other");
    redisc_free(value);
    redisc_close(p);
}

Test(pipeline, order_of_watch_and_multi)
{
    redisc *p = redisc_pipeline(r, NULL);
    cr_assert_eq(redisc_set(p, "a", "1"), REDISC_QUEUED);
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_multi(p), REDISC_ERROR_ARGUMENT);
    redisc_pipeline_reset(p);
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
    cr_assert_eq(redisc_multi(p), REDISC_OK);
    cr_assert_eq(redisc_multi(p), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_watch(p, REDISC_STRS("b")), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_watch(p, (redisc_str_list){NULL, 0}), REDISC_ERROR_ARGUMENT);
    redisc_close(p);
    cr_assert_eq(redisc_watch(r, REDISC_STRS("b")), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_execute(r), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_execute(NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_null(redisc_pipeline(NULL, NULL));
}

/* A pool of one connection shows whether it comes back, and that it watches no more. */
Test(pipeline, a_forgotten_watch_ends_with_its_pipeline)
{
    redisc_options options = {.max_connections = 1};
    redisc *one;
    cr_assert_eq(redisc_open(test_server_url(server), &options, &one), REDISC_OK);
    redisc *p = redisc_pipeline(one, NULL);
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
    cr_assert_eq(redisc_set(one, "b", "x"), REDISC_ERROR_POOL_EXHAUSTED);
    redisc_close(p);
    cr_assert_eq(redisc_set(r, "a", "changed"), REDISC_OK);
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(one), &stats);
    cr_assert_eq(stats.in_use, 0);
    cr_assert_eq(stats.idle, 1);
    p = redisc_pipeline(one, NULL);
    redisc_set(p, "b", "y");
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    redisc_close(p);
    redisc_close(one);
}

Test(pipeline, a_connection_lost_while_watching)
{
    redisc *p = redisc_pipeline(r, NULL);
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
    test_server_restart(server);
    redisc_multi(p);
    redisc_set(p, "a", "mine");
    cr_assert_eq(redisc_execute(p), REDISC_ERROR_WATCH, "%s", redisc_last_error()->text);
    assert_value("a", NULL);
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
    test_server_restart(server);
    redisc_get(p, "a", NULL);
    cr_assert_eq(redisc_get(p, "a", NULL), REDISC_ERROR_WATCH);
    cr_assert_eq(redisc_execute(p), REDISC_ERROR_WATCH);
    cr_assert_eq(redisc_set(p, "a", "again"), REDISC_QUEUED);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    redisc_close(p);
}

Test(pipeline, an_idle_connection_that_died_is_replaced)
{
    redisc *p = redisc_pipeline(r, NULL);
    int64_t n = 0;
    redisc_incr(p, "n", &n);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    test_server_restart(server);
    redisc_incr(p, "n", &n);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_assert_eq(n, 1);
    redisc_close(p);
}

Test(pipeline, no_server_at_all)
{
    redisc *p = redisc_pipeline(r, NULL);
    int64_t n = 7;
    test_server_kill(server);
    redisc_incr(p, "n", &n);
    redisc_incr(p, "n", &n);
    redisc_status status = redisc_execute(p);
    cr_assert(redisc_is(status, REDISC_ERROR_CONNECTION));
    cr_assert_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_assert_eq(redisc_error_at(p, 1)->delivery, REDISC_NOT_SENT);
    cr_assert_eq(n, 0);
    redisc_close(p);
}

Test(pipeline, the_legacy_variant_within)
{
    redisc *p = redisc_pipeline(r, NULL);
    redisc_optional_integer ttl;
    int64_t removed;
    redisc_rpush(r, "list", REDISC_STRS("a", "b", "a"), NULL);
    cr_assert_eq(redisc_legacy_lrem(p, REDISC_STR("list"), REDISC_STR("a"), 0, &removed),
                 REDISC_QUEUED);
    cr_assert_eq(redisc_legacy_ttl(p, REDISC_STR("list"), &ttl), REDISC_QUEUED);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    cr_assert_eq(removed, 2);
    cr_assert_not(ttl.has_value);
    redisc_close(p);
}

/* Large values in an EXEC reply go each to its own result, and both orders of freeing work. */
Test(pipeline, large_values_in_a_transaction)
{
    enum { LEN = 2 * 1024 * 1024 };
    char *bytes = malloc(LEN);
    memset(bytes, 'x', LEN);
    redisc_set(r, "big", redisc_bytes(bytes, LEN));
    free(bytes);
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *first;
    const redisc_str *second;
    const redisc_str_list *both;
    redisc_get(p, "big", &first);
    redisc_mget(p, REDISC_STRS("big", "none", "big"), &both);
    redisc_get(p, "big", NULL);
    redisc_get(p, "big", &second);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    redisc_free(first);
    cr_assert_eq(second->len, LEN);
    cr_assert_eq(both->count, 3);
    cr_assert_eq(both->items[2].len, LEN);
    cr_assert_eq(both->items[2].data[LEN - 1], 'x');
    cr_assert_null(both->items[1].data);
    redisc_free(both);
    cr_assert_eq(second->data[0], 'x');
    redisc_free(second);
    redisc_close(p);
}

Test(pipeline, many_commands)
{
    enum { MANY = 200000 };
    redisc_pipeline_options options = {.plain = true};
    redisc *p = redisc_pipeline(r, &options);
    int64_t *numbers = malloc(MANY * sizeof *numbers);
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(redisc_incr(p, "n", &numbers[i]), REDISC_QUEUED);
    }
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    for (int i = 0; i < MANY; i++) {
        cr_assert_eq(numbers[i], i + 1);
    }
    free(numbers);
    redisc_close(p);
}

/* Neither side may wait for the other to read first; streamed, neither has to hold it all. */
Test(pipeline, megabytes_both_ways)
{
    enum { LEN = 1024 * 1024 };
    char *bytes = malloc(LEN);
    memset(bytes, 'x', LEN);
    redisc_set(r, "big", redisc_bytes(bytes, LEN));
    redisc_pipeline_options options = {.plain = true, .stream_bytes = 1 << 16};
    redisc *p = redisc_pipeline(r, &options);
    int64_t length = 0;
    for (int i = 0; i < 150; i++) {
        cr_assert_eq(redisc_get(p, "big", NULL), REDISC_QUEUED);
        cr_assert_eq(redisc_set(p, "other", redisc_bytes(bytes, LEN)), REDISC_QUEUED);
    }
    redisc_strlen(p, "other", &length);
    cr_assert_eq(redisc_pipeline_length(p), 301);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_assert_eq(length, LEN);
    free(bytes);
    redisc_close(p);
}

Test(pipeline, streaming_without_a_server)
{
    redisc_pipeline_options options = {.plain = true, .stream_bytes = 1};
    redisc *p = redisc_pipeline(r, &options);
    int64_t n = 7;
    test_server_kill(server);
    cr_assert_eq(redisc_incr(p, "n", &n), REDISC_QUEUED);
    cr_assert(redisc_is(redisc_incr(p, "n", &n), REDISC_ERROR_CONNECTION), "it stops early");
    cr_assert_eq(redisc_pipeline_length(p), 1);
    cr_assert(redisc_is(redisc_execute(p), REDISC_ERROR_CONNECTION));
    cr_assert_eq(redisc_error_at(p, 0)->delivery, REDISC_NOT_SENT);
    cr_assert_eq(n, 0);
    test_server_restart(server);
    cr_assert_eq(redisc_incr(p, "n", &n), REDISC_QUEUED);
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    cr_assert_eq(n, 1);
    redisc_close(p);
}

typedef struct increment {
    int rivals; /* how often somebody else gets in between */
    int runs;
    int64_t result;
} increment;

static redisc_status increment_by_hand(redisc *pipe, void *context)
{
    increment *self = context;
    const redisc_str *value;
    char text[32];
    self->runs++;
    redisc_status status = redisc_get(pipe, "counter", &value);
    if (status < 0) {
        return status;
    }
    int64_t next = (value == NULL ? 0 : strtoll(value->data, NULL, 10)) + 1;
    redisc_free(value);
    if (self->rivals-- > 0) {
        redisc_incr(r, "counter", NULL);
    }
    snprintf(text, sizeof text, "%lld", (long long)next);
    self->result = next;
    redisc_multi(pipe);
    return redisc_set(pipe, "counter", text);
}

Test(pipeline, transactions_try_again)
{
    increment self = {.rivals = 2};
    cr_assert_eq(redisc_transaction(r, REDISC_STRS("counter"), increment_by_hand, &self, NULL),
                 REDISC_OK);
    cr_assert_eq(self.runs, 3);
    cr_assert_eq(self.result, 3);
    assert_value("counter", "3");
}

Test(pipeline, transactions_have_a_limit)
{
    increment self = {.rivals = 100};
    redisc_transaction_options options = {.max_tries = 4, .wait_ms = 1};
    cr_assert_eq(redisc_transaction(r, REDISC_STRS("counter"), increment_by_hand, &self, &options),
                 REDISC_ERROR_WATCH);
    cr_assert_eq(self.runs, 4);
    cr_assert_eq(redisc_last_error()->tries, 4);
}

static redisc_status give_up(redisc *pipe, void *context)
{
    (void)context;
    redisc_multi(pipe);
    redisc_set(pipe, "counter", "never");
    return REDISC_ERROR_LOCK;
}

Test(pipeline, a_transaction_that_gives_up_executes_nothing)
{
    cr_assert_eq(redisc_transaction(r, REDISC_STRS("counter"), give_up, NULL, NULL),
                 REDISC_ERROR_LOCK);
    assert_value("counter", NULL);
}
