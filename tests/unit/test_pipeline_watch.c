/* SPDX-License-Identifier: MIT */
/* Watching keys while connections break, processes fork and rivals get in between. */
#include "calls.h"
#include "scripted.h"
#include "server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(pipeline_watch, .timeout = 60);

#define OK "+OK\r\n"
#define QUEUED "+QUEUED\r\n"
#define DONE OK QUEUED "*1\r\n:8\r\n"

static redisc *client;
static redisc *p;

static void open_pipe(test_script *script)
{
    redisc_options options = test_script_options(script);
    options.timeout_ms = 2000;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    p = redisc_pipeline(client, NULL);
    cr_assert_not_null(p);
}

static void close_all(void)
{
    redisc_close(p);
    redisc_close(client);
}

static redisc_pool_stats stats(void)
{
    redisc_pool_stats now;
    redisc_pool_statistics(redisc_pool_of(client), &now);
    return now;
}

static redisc_status watch(void)
{
    return redisc_watch(p, REDISC_STRS("k"));
}

static redisc_status increment(int64_t *n)
{
    cr_assert_eq(redisc_multi(p), REDISC_OK);
    cr_assert_eq(redisc_incr(p, "k", n), REDISC_QUEUED);
    return redisc_execute(p);
}

/* Nothing is watched yet, so the first WATCH is tried again as any command that does no harm. */
Test(pipeline_watch, the_first_watch_is_repeated)
{
    const char *const cuts[] = {SCRIPT_CUT,       "+" SCRIPT_CUT,     "+O" SCRIPT_CUT,
                                "+OK" SCRIPT_CUT, "+OK\r" SCRIPT_CUT, SCRIPT_UNSENT,
                                SCRIPT_HALF};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        test_script script = SCRIPT(cuts[i], cuts[i], OK, DONE);
        int64_t n = 0;
        open_pipe(&script);
        cr_expect_eq(watch(), REDISC_OK, "%s", redisc_last_error()->text);
        cr_expect_eq(script.opened, 3);
        cr_expect_eq(increment(&n), REDISC_OK);
        cr_expect_eq(n, 8);
        cr_expect_eq(stats().idle, 1);
        close_all();
        cr_expect_eq(script.closed, 3);
    }
}

Test(pipeline_watch, but_not_for_ever)
{
    test_script script = SCRIPT("+O" SCRIPT_CUT);
    open_pipe(&script);
    cr_expect_eq(watch(), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->tries, 3);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_str_eq(redisc_last_error()->command, "WATCH");
    cr_expect_eq(stats().in_use, 0);
    cr_expect_eq(stats().idle, 0);
    cr_expect_eq(redisc_incr(p, "k", NULL), REDISC_QUEUED, "it collects as before");
    close_all();
}

Test(pipeline_watch, there_is_no_other_connection)
{
    test_script script = SCRIPT(SCRIPT_LOST);
    script.refuse_from = 2;
    open_pipe(&script);
    cr_expect_eq(watch(), REDISC_ERROR_CONNECT);
    cr_expect_eq(redisc_last_error()->tries, 8);
    cr_expect_eq(stats().in_use, 0);
    close_all();
}

Test(pipeline_watch, watch_is_refused)
{
    test_script script = SCRIPT("-NOPERM no\r\n", OK QUEUED "*1\r\n:8\r\n");
    open_pipe(&script);
    int64_t n;
    cr_expect_eq(watch(), REDISC_ERROR_NOPERM);
    cr_expect_eq(stats().idle, 1);
    cr_expect_eq(increment(&n), REDISC_OK);
    close_all();
}

Test(pipeline_watch, watch_gets_a_strange_answer)
{
    test_script script = SCRIPT(":1\r\n");
    open_pipe(&script);
    cr_expect_eq(watch(), REDISC_ERROR_REPLY_TYPE);
    cr_expect_eq(script.closed, 1, "who knows whether it watches");
    close_all();
}

/* A connection is ready the first time, and none is later. */
static redisc_status accept_once(redisc *connection, void *context)
{
    (void)connection;
    unsigned *connects = context;
    return (*connects)++ == 0 ? REDISC_OK : REDISC_ERROR_REPLY_TYPE;
}

Test(pipeline_watch, the_other_connection_is_not_as_it_should_be)
{
    unsigned connects = 0;
    test_script script = SCRIPT(SCRIPT_LOST);
    redisc_options options = test_script_options(&script);
    options.on_connect = accept_once;
    options.on_connect_context = &connects;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    p = redisc_pipeline(client, NULL);
    cr_assert_not_null(p);
    cr_expect_eq(watch(), REDISC_ERROR_REPLY_TYPE);
    cr_expect_eq(connects, 2);
    cr_expect_eq(stats().in_use, 0);
    close_all();
    cr_expect_eq(script.closed, 2);
}

/* A second WATCH can't be repeated: the keys of the first one would not be watched any more. */
Test(pipeline_watch, a_later_watch_is_not_repeated)
{
    test_script script = SCRIPT(OK, SCRIPT_LOST, OK, DONE);
    int64_t n = 7;
    open_pipe(&script);
    cr_expect_eq(watch(), REDISC_OK);
    cr_expect_eq(watch(), REDISC_ERROR_CLOSED);
    cr_expect_eq(watch(), REDISC_ERROR_WATCH);
    cr_expect_eq(increment(&n), REDISC_ERROR_WATCH);
    cr_expect_eq(n, 0);
    cr_expect_eq(script.opened, 1);
    cr_expect_eq(watch(), REDISC_OK, "from the beginning");
    cr_expect_eq(increment(&n), REDISC_OK);
    close_all();
}

Test(pipeline_watch, a_call_at_once_loses_the_connection)
{
    test_script script = SCRIPT(OK, SCRIPT_LOST, DONE);
    const redisc_str *value = (const redisc_str *)&script;
    open_pipe(&script);
    cr_expect_eq(watch(), REDISC_OK);
    cr_expect_eq(redisc_get(p, "k", &value), REDISC_ERROR_WATCH);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_null(value);
    cr_expect_eq(redisc_get(p, "k", &value), REDISC_ERROR_WATCH);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_WATCH);
    cr_expect_eq(stats().in_use, 0);
    cr_expect_eq(stats().idle, 0);
    close_all();
}

/* What may have been executed is no reason to do all again. */
Test(pipeline_watch, a_change_at_once_loses_its_reply)
{
    test_script script = SCRIPT(OK, SCRIPT_LOST, DONE);
    open_pipe(&script);
    cr_expect_eq(watch(), REDISC_OK);
    cr_expect_eq(redisc_incr(p, "k", NULL), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_WATCH);
    close_all();
    test_script unsent = SCRIPT(OK, SCRIPT_UNSENT, DONE);
    open_pipe(&unsent);
    cr_expect_eq(watch(), REDISC_OK);
    cr_expect_eq(redisc_incr(p, "k", NULL), REDISC_ERROR_WATCH);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    close_all();
}

/* EXEC that can't have arrived is as good as a changed key; of one that can nothing is known. */
Test(pipeline_watch, the_transaction_loses_the_connection)
{
    const char *const unsent[] = {SCRIPT_UNSENT, SCRIPT_HALF};
    for (size_t i = 0; i < 2; i++) {
        test_script script = SCRIPT(OK, unsent[i]);
        int64_t n = 7;
        open_pipe(&script);
        cr_expect_eq(watch(), REDISC_OK);
        cr_expect_eq(increment(&n), REDISC_ERROR_WATCH);
        cr_expect_eq(n, 0);
        cr_expect_eq(stats().idle, 0);
        close_all();
    }
    test_script script = SCRIPT(OK, OK QUEUED "*1\r\n" SCRIPT_CUT);
    open_pipe(&script);
    cr_expect_eq(watch(), REDISC_OK);
    cr_expect_eq(increment(NULL), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_error_at(p, 0)->delivery, REDISC_UNKNOWN);
    cr_expect_eq(script.opened, 1);
    close_all();
}

/* An error within the results that closes the connection does not undo the transaction. */
Test(pipeline_watch, loading_within_the_results)
{
    test_script script = SCRIPT(OK, OK QUEUED "*1\r\n-LOADING no\r\n");
    open_pipe(&script);
    cr_expect_eq(watch(), REDISC_OK);
    cr_expect_eq(increment(NULL), REDISC_ERROR_LOADING);
    cr_expect_eq(stats().idle, 0);
    close_all();
}

Test(pipeline_watch, whatever_ends_it_says_unwatch)
{
    for (int way = 0; way < 4; way++) {
        test_script script = SCRIPT(OK);
        open_pipe(&script);
        cr_expect_eq(watch(), REDISC_OK);
        if (way == 0) {
            cr_expect_eq(redisc_unwatch(p), REDISC_OK);
        } else if (way == 1) {
            cr_expect_eq(redisc_pipeline_reset(p), REDISC_OK);
        } else if (way == 2) {
            cr_expect_eq(redisc_execute(p), REDISC_OK);
        } else {
            redisc_multi(p);
            redisc_incr(p, "k", NULL);
            redisc_close(p);
            p = NULL;
        }
        cr_expect_str_eq(script.said, "*2\r\n$5\r\nWATCH\r\n$1\r\nk\r\n*1\r\n$7\r\nUNWATCH\r\n");
        cr_expect_eq(stats().idle, 1);
        cr_expect_eq(stats().in_use, 0);
        close_all();
    }
}

Test(pipeline_watch, a_connection_that_cannot_unwatch_is_closed)
{
    const char *const answers[] = {SCRIPT_LOST, "-ERR no\r\n", ":1\r\n"};
    for (size_t i = 0; i < 3; i++) {
        test_script script = SCRIPT(OK, answers[i]);
        open_pipe(&script);
        cr_expect_eq(watch(), REDISC_OK);
        cr_expect_eq(redisc_unwatch(p), REDISC_OK);
        cr_expect_eq(script.closed, 1);
        cr_expect_eq(stats().in_use, 0);
        close_all();
    }
}

/* The wait for each call at once counts from its own beginning. */
Test(pipeline_watch, a_call_at_once_has_its_own_deadline)
{
    test_script script = SCRIPT(OK, SCRIPT_SILENT);
    redisc_options options = test_script_options(&script);
    options.timeout_ms = 100;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    p = redisc_pipeline(client, NULL);
    cr_expect_eq(watch(), REDISC_OK);
    test_sleep_ms(300);
    int64_t begun = test_now_ms();
    cr_expect_eq(redisc_get(p, "k", NULL), REDISC_ERROR_TIMEOUT);
    cr_expect_lt(test_now_ms() - begun, 250);
    close_all();
}

static redisc_status increment_in(redisc *in, void *context)
{
    redisc_multi(in);
    return redisc_incr(in, "k", context);
}

Test(pipeline_watch, a_transaction_survives_lost_connections)
{
    test_script script = SCRIPT(OK, SCRIPT_UNSENT, SCRIPT_LOST, OK, OK QUEUED "*-1\r\n", OK, DONE);
    int64_t n = 0;
    open_pipe(&script);
    redisc_transaction_options options = {.max_tries = 3, .wait_ms = -1};
    cr_expect_eq(redisc_transaction(client, REDISC_STRS("k"), increment_in, &n, &options),
                 REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(n, 8);
    close_all();
}

static redisc_status read_and_increment_in(redisc *in, void *context)
{
    redisc_status status = redisc_get(in, "k", NULL);
    return status < 0 ? status : increment_in(in, context);
}

Test(pipeline_watch, a_transaction_survives_a_lost_connection_while_it_reads)
{
    test_script script = SCRIPT(OK, SCRIPT_LOST, OK, SCRIPT_UNSENT, OK, "$1\r\n7\r\n", DONE);
    int64_t n = 0;
    open_pipe(&script);
    cr_expect_eq(redisc_transaction(client, REDISC_STRS("k"), read_and_increment_in, &n, NULL),
                 REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(n, 8);
    close_all();
}

Test(pipeline_watch, a_transaction_in_doubt_is_not_repeated)
{
    test_script script = SCRIPT(OK, SCRIPT_LOST, OK, DONE);
    int64_t n = 7;
    open_pipe(&script);
    cr_expect_eq(redisc_transaction(client, REDISC_STRS("k"), increment_in, &n, NULL),
                 REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(n, 0);
    cr_expect_eq(script.executed, 2);
    close_all();
}

Test(pipeline_watch, waits_between_tries_grow)
{
    test_script script = SCRIPT(OK, OK QUEUED "*-1\r\n", OK, OK QUEUED "*-1\r\n", OK,
                                OK QUEUED "*-1\r\n", OK, OK QUEUED "*-1\r\n");
    open_pipe(&script);
    redisc_transaction_options options = {.max_tries = 4, .wait_ms = 40, .max_wait_ms = 80};
    int64_t begun = test_now_ms();
    cr_expect_eq(redisc_transaction(client, REDISC_STRS("k"), increment_in, NULL, &options),
                 REDISC_ERROR_WATCH);
    int64_t taken = test_now_ms() - begun;
    cr_expect_geq(taken, 100 - 2, "20 + 40 + 40 at least, it took %lld", (long long)taken);
    cr_expect_lt(taken, 1000);
    cr_expect_eq(redisc_last_error()->tries, 4);
    cr_expect_eq(redisc_transaction(client, REDISC_STRS("k"), NULL, NULL, NULL),
                 REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_transaction(NULL, REDISC_STRS("k"), increment_in, NULL, NULL),
                 REDISC_ERROR_ARGUMENT);
    close_all();
}

/* In the child: the connection is the parent's, so nothing may be said on it. */
static void go_on_in_child(void)
{
    alarm(20);
    bool lost =
        redisc_get(p, "k", NULL) == REDISC_ERROR_WATCH && redisc_execute(p) == REDISC_ERROR_WATCH;
    int64_t n = 0;
    bool usable =
        redisc_incr(p, "child", &n) == REDISC_QUEUED && redisc_execute(p) == REDISC_OK && n == 1;
    close_all();
    _exit(lost && usable ? 0 : 1);
}

Test(pipeline_watch, a_fork_while_watching)
{
    test_server *server = test_server_start(NULL);
    redisc *other;
    int64_t n = 0;
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &other), REDISC_OK);
    for (int changed = 0; changed < 2; changed++) {
        p = redisc_pipeline(client, NULL);
        cr_assert_eq(watch(), REDISC_OK);
        pid_t child = fork();
        cr_assert_geq(child, 0);
        if (child == 0) {
            go_on_in_child();
        }
        int status = 1;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_expect_eq(status, 0);
        if (changed) {
            cr_assert_eq(redisc_set(other, "k", "5"), REDISC_OK);
        }
        cr_assert_eq(redisc_del(other, REDISC_STRS("child"), NULL), REDISC_OK);
        cr_expect_eq(increment(&n), changed ? REDISC_ERROR_WATCH : REDISC_OK);
        redisc_close(p);
    }
    cr_expect_eq(stats().errors, 0);
    redisc_close(other);
    redisc_close(client);
    test_server_stop(server);
}
