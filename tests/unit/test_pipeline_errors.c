/* SPDX-License-Identifier: MIT */
/* What a pipeline says when the server answers with errors, and what it refuses itself. */
#include "calls.h"
#include "scripted.h"
#include "server.h"

#include <redisc/callback.h>
#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(pipeline_errors, .timeout = 60);

#define OK "+OK\r\n"
#define QUEUED "+QUEUED\r\n"
#define LOADING "-LOADING Redis is loading the dataset in memory\r\n"
#define UNKNOWN "-ERR unknown command\r\n"
#define ABORTED "-EXECABORT Transaction discarded because of previous errors.\r\n"

static redisc *client;
static redisc *p;

static void open_with(test_script *script, redisc_pipeline_options how, redisc_options options)
{
    redisc_options scripted = test_script_options(script);
    scripted.encoding = options.encoding;
    scripted.timeout_ms = options.timeout_ms == 0 ? 2000 : options.timeout_ms;
    cr_assert_eq(redisc_open(NULL, &scripted, &client), REDISC_OK);
    p = redisc_pipeline(client, &how);
    cr_assert_not_null(p);
}

static void open_pipe(test_script *script, redisc_pipeline_options how)
{
    open_with(script, how, (redisc_options){0});
}

static void close_all(void)
{
    redisc_close(p);
    redisc_close(client);
}

static bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}

/* How many connections are idle: 0 after one was closed. */
static unsigned idle(void)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.in_use, 0);
    return (unsigned)stats.idle;
}

/* Errors of the connection close it wherever they come, and are raised as such. */
static void expect_loading(const char *replies, redisc_pipeline_options how, bool second_answered)
{
    test_script script = SCRIPT(replies);
    int64_t first = 7, second = 7;
    open_pipe(&script, how);
    redisc_incr(p, "a", &first);
    redisc_incr(p, "b", &second);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_LOADING, "%s", redisc_last_error()->text);
    cr_expect_str_eq(redisc_last_error()->word, "LOADING");
    cr_expect_eq(first, 0);
    cr_expect_eq(second, second_answered ? 5 : 0);
    cr_expect_eq(idle(), 0);
    cr_expect_eq(script.executed, 1, "it is not sent again by itself");
    close_all();
}

Test(pipeline_errors, loading_disconnects)
{
    redisc_pipeline_options plain = {.plain = true}, atomic = {0};
    redisc_pipeline_options stream = {.plain = true, .stream_bytes = 1000};
    expect_loading(LOADING ":5\r\n", plain, true);
    expect_loading(LOADING ":5\r\n", stream, true);
    expect_loading(LOADING, atomic, false);
    expect_loading(OK LOADING QUEUED ABORTED, atomic, false);
    expect_loading(OK QUEUED QUEUED LOADING, atomic, false);
    expect_loading(OK QUEUED QUEUED "*2\r\n" LOADING ":5\r\n", atomic, true);
}

/* The calls after a refused MULTI may have run one by one, so nothing is known of them. */
Test(pipeline_errors, multi_is_refused)
{
    test_script script =
        SCRIPT("-NOPERM no permission for 'multi'\r\n:1\r\n-ERR EXEC without MULTI\r\n");
    int64_t n = 7;
    open_pipe(&script, (redisc_pipeline_options){0});
    redisc_incr(p, "a", &n);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_NOPERM);
    cr_expect(error_says("the transaction was not begun: NOPERM"));
    cr_expect_str_eq(redisc_last_error()->command, "MULTI");
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_error_at(p, 0)->delivery, REDISC_UNKNOWN);
    cr_expect_eq(n, 0);
    cr_expect_eq(idle(), 0);
    close_all();
}

static void collect_three(void)
{
    redisc_incr(p, "a", NULL);
    redisc_incr(p, "b", NULL);
    redisc_incr(p, "c", NULL);
}

/* Which of the three calls the server refuses, as a bit each. */
static void expect_discarded(unsigned refused)
{
    char replies[512] = OK;
    for (unsigned i = 0; i < 3; i++) {
        strcat(replies, (refused >> i & 1) != 0 ? UNKNOWN : QUEUED);
    }
    strcat(replies, ABORTED);
    test_script script = SCRIPT(replies);
    open_pipe(&script, (redisc_pipeline_options){.keep_errors = refused % 2});
    collect_three();
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_SERVER, "refused %u", refused);
    bool told = false;
    for (unsigned i = 0; i < 3; i++) {
        bool at_fault = (refused >> i & 1) != 0;
        char name[32];
        snprintf(name, sizeof name, "ommand # %u (INCR %c)", i + 1, 'a' + (int)i);
        const redisc_error *error = redisc_error_at(p, i);
        cr_assert_not_null(error);
        cr_expect_eq(error->status, at_fault ? REDISC_ERROR_SERVER : REDISC_ERROR_EXECABORT);
        cr_expect_eq(error->delivery, REDISC_ANSWERED);
        if (at_fault && !told) {
            cr_expect(error_says(name), "the first one is raised");
            told = true;
        }
    }
    cr_expect_eq(idle(), 1);
    close_all();
}

Test(pipeline_errors, refused_calls_discard_all)
{
    for (unsigned refused = 1; refused < 8; refused++) {
        expect_discarded(refused);
    }
}

Test(pipeline_errors, exec_is_refused)
{
    test_script script = SCRIPT(OK QUEUED "-NOREPLICAS Not enough good replicas to write.\r\n");
    open_pipe(&script, (redisc_pipeline_options){.keep_errors = true});
    redisc_incr(p, "a", NULL);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_NOREPLICAS);
    cr_expect_not(error_says("Command #"), "it is no fault of the call");
    cr_expect_str_eq(redisc_last_error()->command, "EXEC");
    cr_expect_eq(idle(), 1);
    close_all();
}

Test(pipeline_errors, exec_answers_nil)
{
    test_script script = SCRIPT(OK QUEUED QUEUED QUEUED "*-1\r\n");
    open_pipe(&script, (redisc_pipeline_options){.keep_errors = true});
    collect_three();
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_WATCH);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_ANSWERED);
    cr_expect_eq(redisc_error_at(p, 2)->status, REDISC_ERROR_WATCH);
    cr_expect_eq(idle(), 1);
    close_all();
}

/* With several errors it is the first one that is raised; each keeps its own. */
Test(pipeline_errors, the_first_of_several)
{
    test_script script = SCRIPT("-WRONGTYPE one\r\n:1\r\n-OOM three\r\n");
    open_pipe(&script, (redisc_pipeline_options){.plain = true});
    collect_three();
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_WRONGTYPE);
    cr_expect(error_says("Command # 1 (INCR a) of pipeline caused error: WRONGTYPE one"));
    cr_expect_eq(redisc_error_at(p, 2)->status, REDISC_ERROR_OOM);
    cr_expect_str_eq(redisc_error_at(p, 2)->text, "OOM three");
    cr_expect_null(redisc_error_at(p, 1));
    cr_expect_null(redisc_error_at(p, 3));
    close_all();
}

Test(pipeline_errors, passwords_are_not_told)
{
    test_script script = SCRIPT("-ERR no\r\n");
    open_pipe(&script, (redisc_pipeline_options){.plain = true});
    const redisc_str_list calls[] = {
        REDISC_STRS("AUTH", "secret"), REDISC_STRS("hello", "3", "AUTH", "me", "secret"),
        REDISC_STRS("Config", "set", "requirepass", "secret"),
        REDISC_STRS("ACL", "SETUSER", "me", ">secret"),
        REDISC_STRS("MIGRATE", "h", "1", "k", "0", "9", "AUTH", "secret")};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        cr_expect_eq(redisc_call(p, calls[i], NULL), REDISC_QUEUED);
        cr_expect_eq(redisc_execute(p), REDISC_ERROR_SERVER);
        cr_expect(error_says("Command # 1 ("));
        cr_expect_not(error_says("secret"), "%s", redisc_last_error()->text);
    }
    close_all();
}

Test(pipeline_errors, what_the_pipeline_says_itself_is_refused)
{
    test_script script = SCRIPT(":1\r\n");
    open_pipe(&script, (redisc_pipeline_options){.plain = true});
    const char *const words[] = {"MULTI", "exec", "Discard", "WATCH", "unwatch"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        cr_expect_eq(redisc_call(p, REDISC_STRS(words[i]), NULL), REDISC_ERROR_UNSUPPORTED);
        cr_expect(error_says("redisc_multi()"));
    }
    cr_expect_eq(redisc_call(p, REDISC_STRS("SUBSCRIBE", "x"), NULL), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_pipeline_length(p), 0);
    redisc_incr(p, "a", NULL);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    close_all();
}

/* A command that changes the state of its connection is fine, but the connection isn't kept. */
Test(pipeline_errors, a_changed_connection_is_not_pooled)
{
    test_script script = SCRIPT(OK ":1\r\n");
    open_pipe(&script, (redisc_pipeline_options){.plain = true});
    cr_expect_eq(redisc_select(p, 3), REDISC_QUEUED);
    redisc_incr(p, "a", NULL);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    cr_expect_eq(idle(), 0);
    cr_expect_eq(script.closed, 1);
    close_all();
}

static void expect_bad_text(const char *replies, redisc_pipeline_options how)
{
    test_script script = SCRIPT(replies);
    open_with(&script, how, (redisc_options){.encoding = REDISC_ENCODING_UTF8});
    const redisc_str *first, *third;
    const redisc_str_list *second;
    redisc_get(p, "a", &first);
    redisc_mget(p, REDISC_STRS("b"), &second);
    redisc_get(p, "c", &third);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_ENCODING);
    cr_expect(error_says("Command # 2 (MGET b) of pipeline caused error: MGET"));
    cr_expect_str_eq(first->data, "\xc3\xa4");
    cr_expect_null(second);
    cr_expect_str_eq(third->data, "c");
    cr_expect_eq(idle(), 1);
    redisc_free(first);
    redisc_free(third);
    close_all();
}

/* Typed decoding is the same as elsewhere, the check of the encoding included. */
Test(pipeline_errors, the_encoding_is_checked)
{
#define MIXED "$2\r\n\xc3\xa4\r\n*1\r\n$1\r\n\xc3\r\n$1\r\nc\r\n"
    expect_bad_text(MIXED, (redisc_pipeline_options){.plain = true});
    expect_bad_text(OK QUEUED QUEUED QUEUED "*3\r\n" MIXED, (redisc_pipeline_options){0});
}

/* Large strings of a value that is refused are freed, those of its neighbours are not. */
Test(pipeline_errors, large_strings_of_a_refused_value)
{
    enum { LARGE = 100000 };
    char *replies = malloc(3 * LARGE);
    char *at =
        replies + sprintf(replies, OK QUEUED QUEUED QUEUED "*3\r\n$1\r\na\r\n*1\r\n$%d\r\n", LARGE);
    memset(at, '\xff', LARGE);
    at += LARGE;
    at += sprintf(at, "\r\n$%d\r\n", LARGE);
    memset(at, 'x', LARGE);
    strcpy(at + LARGE, "\r\n");
    test_script script = SCRIPT(replies);
    script.piece = 4096;
    open_with(&script, (redisc_pipeline_options){0},
              (redisc_options){.encoding = REDISC_ENCODING_UTF8});
    const redisc_str *third;
    redisc_get(p, "a", NULL);
    redisc_mget(p, REDISC_STRS("b"), NULL);
    redisc_get(p, "c", &third);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_ENCODING);
    cr_expect_eq(third->len, LARGE);
    cr_expect_eq(third->data[LARGE - 1], 'x');
    redisc_free(third);
    close_all();
    free(replies);
}

/* A pinned connection that was lost, or whose late reply may still come, is not used. */
Test(pipeline_errors, on_a_pinned_handle)
{
    test_script script = SCRIPT(":1\r\n", SCRIPT_SILENT, ":3\r\n");
    redisc *pinned;
    open_with(&script, (redisc_pipeline_options){0}, (redisc_options){.timeout_ms = 30});
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    redisc_pipeline_options plain = {.plain = true};
    redisc *on_pinned = redisc_pipeline(pinned, &plain);
    int64_t n = 0;
    redisc_incr(on_pinned, "a", &n);
    cr_expect_eq(redisc_execute(on_pinned), REDISC_OK);
    cr_expect_eq(n, 1);
    cr_expect_eq(redisc_incr(pinned, "a", &n), REDISC_ERROR_TIMEOUT);
    redisc_incr(on_pinned, "a", &n);
    cr_expect_eq(redisc_execute(on_pinned), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_expect_eq(redisc_watch(on_pinned, REDISC_STRS("a")), REDISC_ERROR_CLOSED);
    cr_expect_eq(n, 0);
    cr_expect_eq(script.executed, 2);
    redisc_close(on_pinned);
    redisc_close(pinned);
    close_all();
}

Test(pipeline_errors, other_handles_have_no_pipelines)
{
    test_script script = SCRIPT(":1\r\n");
    open_pipe(&script, (redisc_pipeline_options){0});
    cr_expect_null(redisc_pipeline(p, NULL));
    cr_expect_eq(redisc_last_error()->status, REDISC_ERROR_UNSUPPORTED);
    redisc *derived;
    cr_expect_eq(redisc_with(p, NULL, &derived), REDISC_ERROR_UNSUPPORTED);
    void *result;
    cr_expect_eq(redisc_call_as(p, REDISC_STRS("PING"), NULL, &result), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_pipeline_length(NULL), 0);
    cr_expect_eq(redisc_pipeline_length(client), 0);
    cr_expect_eq(redisc_pipeline_reset(client), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_multi(client), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_unwatch(client), REDISC_ERROR_ARGUMENT);
    close_all();
}

enum { MANY = 200000 };

/* Collects many calls, of which every other one is `odd`. */
static redisc_status execute_many(redisc_pipeline_options how, redisc_str_list odd, bool quits)
{
    p = redisc_pipeline(client, &how);
    for (int i = 0; i < MANY; i++) {
        if (i == MANY / 2 && quits) {
            REDISC_CALL(p, NULL, "QUIT");
        } else if (i % 2 == 0) {
            redisc_incr(p, "n", NULL);
        } else {
            redisc_call(p, odd, NULL);
        }
    }
    redisc_status status = redisc_execute(p);
    cr_expect_not_null(redisc_error_at(p, MANY - 1));
    redisc_close(p);
    return status;
}

/* Time that grew with the square of the number of calls would be minutes here. */
Test(pipeline_errors, many_failures_take_no_longer_than_many_calls)
{
    redisc_pipeline_options plain = {.plain = true}, atomic = {0};
    test_server *server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
    redisc_str_list fine = REDISC_STRS("GET", "n"), wrong = REDISC_STRS("LPUSH", "n", "x"),
                    unknown = REDISC_STRS("NOSUCHCOMMAND");
    cr_expect_eq(execute_many(plain, fine, true), REDISC_ERROR_CLOSED);
    cr_expect_eq(execute_many(plain, wrong, false), REDISC_ERROR_WRONGTYPE);
    cr_expect_eq(execute_many(atomic, wrong, false), REDISC_ERROR_WRONGTYPE);
    cr_expect_eq(execute_many(atomic, unknown, false), REDISC_ERROR_SERVER);
    cr_expect_eq(execute_many(atomic, fine, true), REDISC_ERROR_PROTOCOL, "QUIT is not queued");
    redisc_close(client);
    test_server_stop(server);
}
