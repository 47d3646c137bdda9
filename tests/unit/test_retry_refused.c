/* SPDX-License-Identifier: MIT */
/* What a client does when the server refuses to run a command at present, word by word. */
#include "calls.h"
#include "scripted.h"

#include "client.h"

#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

TestSuite(retry_refused, .timeout = 30);

static redisc *open_with(test_script *script, redisc_options more)
{
    redisc_options options = test_script_options(script);
    options.timeout_ms = more.timeout_ms == 0 ? 5000 : more.timeout_ms;
    options.retry_wait_ms = more.retry_wait_ms == 0 ? 1 : more.retry_wait_ms;
    options.retry_max_wait_ms = more.retry_max_wait_ms == 0 ? 4 : more.retry_max_wait_ms;
    options.max_tries = more.max_tries;
    redisc *client;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK, "%s", redisc_last_error()->text);
    return client;
}

static redisc *open_client(test_script *script)
{
    return open_with(script, (redisc_options){0});
}

static redisc_pool_stats stats_of(redisc *client)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.in_use, 0);
    return stats;
}

static void check_failure(redisc_status status, redisc_delivery delivery, unsigned tries)
{
    const redisc_error *error = redisc_last_error();
    cr_expect_eq(error->status, status, "%s", error->text);
    cr_expect_eq(error->delivery, delivery);
    cr_expect_eq(error->tries, tries, "%u tries", error->tries);
}

/* The word is followed by a success: what it takes, and whether the same connection is used. */
static void is_passing(const char *word, unsigned opened)
{
    char refusal[64];
    snprintf(refusal, sizeof refusal, "-%s for now\r\n", word);
    test_script script = SCRIPT(refusal, ":7\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 7, "%s", word);
    cr_expect_eq(script.executed, 2);
    cr_expect_eq(script.opened, opened, "%s: %u", word, script.opened);
    cr_expect_eq(stats_of(client).idle, 1);
    redisc_close(client);
    cr_expect_eq(script.closed, opened);
}

/* The word is final. */
static void is_final(const char *word)
{
    char refusal[64];
    snprintf(refusal, sizeof refusal, "-%s for ever\r\n", word);
    test_script script = SCRIPT(refusal, ":7\r\n");
    redisc *client = open_client(&script);
    redisc_status status = test_status(client, REDISC_STRS("INCR", "n"));
    check_failure(status, REDISC_ANSWERED, 1);
    cr_expect_lt(status, 0);
    cr_expect_str_eq(redisc_last_error()->word, word);
    cr_expect_eq(script.executed, 1);
    redisc_close(client);
}

Test(retry_refused, by_words_that_pass)
{
    is_passing("TRYAGAIN", 1);
    is_passing("CLUSTERDOWN", 1);
    is_passing("BUSY", 1);
    is_passing("LOADING", 2);
    is_passing("MASTERDOWN", 2);
    is_passing("READONLY", 2);
}

Test(retry_refused, by_words_that_stay)
{
    const char *const words[] = {"ERR",     "WRONGTYPE", "NOAUTH",     "NOPERM",     "OOM",
                                 "MOVED",   "ASK",       "MISCONF",    "NOREPLICAS", "EXECABORT",
                                 "NOPROTO", "CROSSSLOT", "UNKILLABLE", "NOSCRIPT"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        is_final(words[i]);
    }
}

Test(retry_refused, as_often_as_the_options_allow)
{
    test_script script = SCRIPT("-BUSY script\r\n");
    redisc *client = open_with(&script, (redisc_options){.max_tries = 5}), *once;
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_BUSY);
    check_failure(REDISC_ERROR_BUSY, REDISC_ANSWERED, 5);
    cr_expect_eq(script.executed, 5);
    cr_expect_eq(script.opened, 1);
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.max_tries = 1}, &once), REDISC_OK);
    cr_expect_eq(test_status(once, REDISC_STRS("INCR", "n")), REDISC_ERROR_BUSY);
    check_failure(REDISC_ERROR_BUSY, REDISC_ANSWERED, 1);
    cr_expect_eq(script.executed, 6);
    redisc_close(once);
    redisc_close(client);
}

Test(retry_refused, without_limit_until_the_deadline)
{
    test_script script = SCRIPT("-LOADING still\r\n");
    redisc *client = open_with(&script, (redisc_options){.max_tries = -1, .timeout_ms = 150});
    int64_t start_ms = test_now_ms();
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_LOADING);
    cr_expect_lt(test_now_ms() - start_ms, 2000);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_ANSWERED);
    cr_expect_gt(redisc_last_error()->tries, 9);
    cr_expect_eq(script.executed, redisc_last_error()->tries);
    redisc_close(client);
    cr_expect_eq(script.closed, script.opened);
}

/* A pause that would end after the deadline isn't begun: the error is told at once. */
Test(retry_refused, no_pause_goes_beyond_the_deadline)
{
    test_script script = SCRIPT("-BUSY script\r\n");
    redisc *client = open_with(&script, (redisc_options){.max_tries = -1,
                                                         .timeout_ms = 1500,
                                                         .retry_wait_ms = 1000000,
                                                         .retry_max_wait_ms = 1000000});
    int64_t start_ms = test_now_ms();
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_BUSY);
    cr_expect_lt(test_now_ms() - start_ms, 1500);
    redisc_close(client);
}

/* The words of a script's error are its own: it may have written before it said READONLY. */
Test(retry_refused, not_what_may_be_a_scripts_word)
{
    test_script script = SCRIPT("-BUSY says the script\r\n");
    redisc *client = open_client(&script);
    const redisc_str_list calls[] = {
        REDISC_STRS("EVAL", "x", "0"), REDISC_STRS("EVALSHA", "x", "0"),
        REDISC_STRS("FCALL", "x", "0"), REDISC_STRS("MODULE.COMMAND", "x")};
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        cr_expect_eq(test_status(client, calls[i]), REDISC_ERROR_BUSY);
        check_failure(REDISC_ERROR_BUSY, REDISC_ANSWERED, 1);
    }
    cr_expect_eq(script.executed, 4);
    test_script reading = SCRIPT("-BUSY says the server\r\n", ":1\r\n");
    redisc *other = open_client(&reading);
    cr_expect_eq(test_integer(other, REDISC_STRS("EVAL_RO", "return 1", "0")), 1);
    redisc_close(other);
    redisc_close(client);
}

/* Nothing can tell where else it could be, so it's asked once more, over a new connection. */
Test(retry_refused, a_replica_is_asked_twice)
{
    test_script script = SCRIPT("-READONLY You can't write\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_READONLY);
    check_failure(REDISC_ERROR_READONLY, REDISC_ANSWERED, 2);
    cr_expect_eq(script.executed, 2);
    cr_expect_eq(script.opened, 2);
    cr_expect_eq(script.closed, 2);
    redisc_close(client);
}

/* A refusal leaves nothing in doubt; what was lost without a reply does. */
Test(retry_refused, and_lost_thereafter)
{
    test_script script = SCRIPT("-BUSY script\r\n", SCRIPT_LOST);
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_ERROR_CLOSED, REDISC_UNKNOWN, 2);
    cr_expect_eq(script.executed, 2);
    redisc_close(client);
    test_script unsent = SCRIPT("-BUSY script\r\n", SCRIPT_UNSENT);
    client = open_with(&unsent, (redisc_options){.max_tries = 3});
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_ERROR_CLOSED, REDISC_NOT_SENT, 3);
    redisc_close(client);
}

Test(retry_refused, an_answer_does_not_settle_what_is_in_doubt)
{
    test_script script = SCRIPT(SCRIPT_LOST, "-WRONGTYPE it is a list\r\n");
    redisc *client = open_client(&script), *derived;
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.repeat_anything = true}, &derived),
                 REDISC_OK);
    cr_expect_eq(test_status(derived, REDISC_STRS("INCR", "n")), REDISC_ERROR_WRONGTYPE);
    check_failure(REDISC_ERROR_WRONGTYPE, REDISC_UNKNOWN, 2);
    script.at = 0;
    cr_expect_eq(test_status(derived, REDISC_STRS("GET", "n")), REDISC_ERROR_WRONGTYPE);
    check_failure(REDISC_ERROR_WRONGTYPE, REDISC_ANSWERED, 2);
    redisc_close(derived);
    redisc_close(client);
}

Test(retry_refused, large_values_are_sent_again_whole)
{
    enum { LEN = 20000 };
    static char bytes[LEN];
    memset(bytes, 'x', LEN);
    test_script script = SCRIPT("-LOADING still\r\n", "-BUSY script\r\n", SCRIPT_UNSENT, "+OK\r\n");
    redisc *client = open_client(&script);
    cr_expect(test_answers(client, REDISC_STRS("SET", "k", redisc_bytes(bytes, LEN)), "OK"));
    cr_expect_eq(script.executed, 3);
    redisc_close(client);
}

Test(retry_refused, a_pinned_handle_tells_at_once)
{
    test_script script = SCRIPT("-BUSY script\r\n", ":1\r\n");
    redisc *client = open_client(&script), *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    cr_expect_eq(test_status(pinned, REDISC_STRS("INCR", "n")), REDISC_ERROR_BUSY);
    check_failure(REDISC_ERROR_BUSY, REDISC_ANSWERED, 1);
    redisc_close(pinned);
    redisc_close(client);
}

/* Pipelines: all or nothing is sent again. */

static redisc_status increment_two(redisc *client, const redisc_pipeline_options *options,
                                   int64_t *sum)
{
    redisc *pipe = redisc_pipeline(client, options);
    const redisc_reply *first, *second;
    cr_assert_eq(redisc_call(pipe, REDISC_STRS("INCR", "a"), &first), REDISC_QUEUED);
    cr_assert_eq(redisc_call(pipe, REDISC_STRS("INCR", "b"), &second), REDISC_QUEUED);
    redisc_status status = redisc_execute(pipe);
    int64_t one = 0, other = 0;
    if (first != NULL) {
        redisc_reply_integer(first, &one);
    }
    if (second != NULL) {
        redisc_reply_integer(second, &other);
    }
    *sum = one + other;
    redisc_free(first);
    redisc_free(second);
    redisc_close(pipe);
    return status;
}

static const redisc_pipeline_options plain = {.plain = true};

Test(retry_refused, a_plain_pipeline_of_which_nothing_was_run)
{
    test_script script =
        SCRIPT("-LOADING still\r\n-LOADING still\r\n", "-BUSY x\r\n-BUSY x\r\n", ":3\r\n:4\r\n");
    redisc *client = open_client(&script);
    int64_t sum;
    cr_expect_eq(increment_two(client, &plain, &sum), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(sum, 7);
    cr_expect_eq(script.executed, 3);
    cr_expect_eq(script.opened, 2);
    cr_expect_eq(stats_of(client).idle, 1);
    redisc_close(client);
}

Test(retry_refused, a_plain_pipeline_of_which_something_was_run)
{
    test_script script = SCRIPT(":3\r\n-BUSY x\r\n");
    redisc *client = open_client(&script);
    int64_t sum;
    cr_expect_eq(increment_two(client, &plain, &sum), REDISC_ERROR_BUSY);
    check_failure(REDISC_ERROR_BUSY, REDISC_ANSWERED, 1);
    cr_expect_eq(sum, 3);
    cr_expect_eq(script.executed, 1);
    redisc_close(client);
}

Test(retry_refused, a_plain_pipeline_again_and_again)
{
    test_script script = SCRIPT("-BUSY x\r\n-BUSY x\r\n");
    redisc *client = open_with(&script, (redisc_options){.max_tries = 4});
    int64_t sum;
    cr_expect_eq(increment_two(client, &plain, &sum), REDISC_ERROR_BUSY);
    check_failure(REDISC_ERROR_BUSY, REDISC_ANSWERED, 4);
    cr_expect_eq(script.executed, 4);
    redisc_close(client);
}

#define QUEUED "+QUEUED\r\n"
#define READONLY "-READONLY You can't write\r\n"
#define ABORTED "-EXECABORT Transaction discarded\r\n"

/* A transaction is left to its caller, but its connection is not used again. */
Test(retry_refused, a_transaction_by_a_replica)
{
    test_script script =
        SCRIPT("+OK\r\n" READONLY READONLY ABORTED, "+OK\r\n" QUEUED QUEUED "*2\r\n:3\r\n:4\r\n");
    redisc *client = open_client(&script);
    int64_t sum;
    cr_expect_eq(increment_two(client, NULL, &sum), REDISC_ERROR_READONLY);
    check_failure(REDISC_ERROR_READONLY, REDISC_ANSWERED, 1);
    cr_expect_eq(script.closed, 1);
    cr_expect_eq(increment_two(client, NULL, &sum), REDISC_OK);
    cr_expect_eq(sum, 7);
    cr_expect_eq(script.opened, 2);
    redisc_close(client);
}

Test(retry_refused, watching)
{
    test_script script = SCRIPT("-LOADING still\r\n", "+OK\r\n", ":1\r\n", "+OK\r\n");
    redisc *client = open_client(&script), *pipe = redisc_pipeline(client, NULL);
    cr_expect_eq(redisc_watch(pipe, REDISC_STRS("a")), REDISC_OK);
    cr_expect_eq(test_integer(pipe, REDISC_STRS("GET", "a")), 1);
    cr_expect_eq(script.opened, 2);
    redisc_close(pipe);
    redisc_close(client);
}
