/* SPDX-License-Identifier: MIT */
/* What a client does when a connection is lost, act by act. */
#include "calls.h"
#include "scripted.h"

#include <redisc/client.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

TestSuite(retry, .timeout = 30);

static redisc *open_client(test_script *script)
{
    redisc_options options = test_script_options(script);
    options.timeout_ms = 2000;
    options.retry_max_wait_ms = 2;
    redisc *client;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK, "%s", redisc_last_error()->text);
    return client;
}

static redisc *repeating(redisc *client)
{
    redisc *derived;
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.repeat_anything = true}, &derived),
                 REDISC_OK);
    return derived;
}

static void check_failure(redisc_delivery delivery, unsigned tries, const char *command)
{
    const redisc_error *error = redisc_last_error();
    cr_expect_eq(error->delivery, delivery);
    cr_expect_eq(error->tries, tries, "%u tries", error->tries);
    cr_expect_str_eq(error->command, command);
}

Test(retry, what_was_not_sent_is_sent_again)
{
    test_script script = SCRIPT(SCRIPT_UNSENT, ":7\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 7);
    cr_expect_eq(script.executed, 1);
    cr_expect_eq(script.opened, 2);
    cr_expect_eq(script.closed, 1);
    redisc_close(client);
    cr_expect_eq(script.closed, 2);
}

Test(retry, an_increment_without_reply_is_not_repeated)
{
    test_script script = SCRIPT(SCRIPT_LOST, ":7\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_UNKNOWN, 1, "INCR");
    cr_expect_eq(script.executed, 1);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 7);
    cr_expect_eq(script.executed, 2);
    redisc_close(client);
}

Test(retry, neither_is_an_unknown_command)
{
    test_script script = SCRIPT(SCRIPT_LOST, ":7\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("my.command", "n")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_UNKNOWN, 1, "MY.COMMAND");
    cr_expect_eq(script.executed, 1);
    redisc_close(client);
}

Test(retry, a_read_is_repeated)
{
    test_script script = SCRIPT(SCRIPT_LOST, SCRIPT_LOST, "$1\r\nv\r\n");
    redisc *client = open_client(&script);
    cr_expect(test_answers(client, REDISC_STRS("GET", "k"), "v"));
    cr_expect_eq(script.executed, 3);
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.opened, 3);
    cr_expect_eq(stats.closed, 2);
    cr_expect_eq(stats.errors, 2);
    cr_expect_eq(stats.reconnects, 2);
    cr_expect_eq(stats.idle, 1);
    redisc_close(client);
}

/* What is lost without a reply so often may itself be the reason, so it is left alone; what was
 * never sent can't be. */
Test(retry, three_executions_are_enough)
{
    test_script script = SCRIPT(SCRIPT_LOST);
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("GET", "k")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_UNKNOWN, 3, "GET");
    cr_expect_eq(script.executed, 3);
    test_script deaf = SCRIPT(SCRIPT_UNSENT);
    redisc *other = open_client(&deaf);
    cr_expect_eq(test_status(other, REDISC_STRS("INCR", "n")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_NOT_SENT, 8, "INCR");
    cr_expect_eq(deaf.executed, 0);
    cr_expect_eq(deaf.opened, 8);
    redisc_close(other);
    redisc_close(client);
    cr_expect_eq(script.closed, script.opened);
    cr_expect_eq(deaf.closed, deaf.opened);
}

Test(retry, anything_is_repeated_if_allowed)
{
    test_script script = SCRIPT(SCRIPT_LOST, ":8\r\n");
    redisc *client = open_client(&script);
    redisc *derived = repeating(client);
    cr_expect_eq(test_integer(derived, REDISC_STRS("INCR", "n")), 8);
    cr_expect_eq(script.executed, 2);
    redisc_close(derived);
    redisc_close(client);
}

Test(retry, not_sent_and_then_unknown_is_unknown)
{
    test_script script = SCRIPT(SCRIPT_UNSENT, SCRIPT_LOST, ":1\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_UNKNOWN, 2, "INCR");
    cr_expect_eq(script.executed, 1);
    redisc_close(client);
}

Test(retry, unknown_and_then_not_sent_is_unknown)
{
    test_script script = SCRIPT(SCRIPT_LOST, SCRIPT_UNSENT);
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("GET", "k")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_UNKNOWN, 8, "GET");
    cr_expect_eq(script.executed, 1);
    redisc_close(client);
}

Test(retry, no_connection_for_another_try)
{
    test_script script = SCRIPT(SCRIPT_LOST);
    script.refuse_from = 2;
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("GET", "k")), REDISC_ERROR_CONNECT);
    check_failure(REDISC_UNKNOWN, 8, "GET");
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.in_use, 0);
    cr_expect_eq(stats.errors, 8);
    redisc_close(client);
}

Test(retry, a_deadline_ends_all_trying)
{
    test_script script = SCRIPT(SCRIPT_SILENT);
    redisc *client = open_client(&script), *hasty;
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.timeout_ms = 50}, &hasty), REDISC_OK);
    int64_t start_ms = test_now_ms();
    cr_expect_eq(test_status(hasty, REDISC_STRS("GET", "k")), REDISC_ERROR_TIMEOUT);
    cr_expect_lt(test_now_ms() - start_ms, 1000);
    check_failure(REDISC_UNKNOWN, 1, "GET");
    cr_expect_eq(script.executed, 1);
    cr_expect_eq(script.closed, 1);
    redisc_close(hasty);
    redisc_close(client);
}

Test(retry, a_broken_protocol_is_no_reason_to_try_again)
{
    test_script script = SCRIPT("?what\r\n", "$1\r\nv\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_status(client, REDISC_STRS("GET", "k")), REDISC_ERROR_PROTOCOL);
    check_failure(REDISC_UNKNOWN, 1, "GET");
    cr_expect_eq(script.closed, 1);
    cr_expect(test_answers(client, REDISC_STRS("GET", "k"), "v"));
    redisc_close(client);
}

Test(retry, an_error_about_the_connection_closes_it)
{
    test_script script = SCRIPT("-LOADING still\r\n", "-ERR no\r\n", ":1\r\n");
    redisc *all = open_client(&script), *client;
    cr_assert_eq(redisc_with(all, &(redisc_call_options){.max_tries = 1}, &client), REDISC_OK);
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_LOADING);
    check_failure(REDISC_ANSWERED, 1, "INCR");
    cr_expect_eq(script.closed, 1);
    cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_SERVER);
    cr_expect_eq(script.closed, 1);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
    cr_expect_eq(script.opened, 2);
    redisc_close(client);
    redisc_close(all);
}

Test(retry, a_large_value_is_kept_for_all_tries)
{
    test_script script = SCRIPT(SCRIPT_UNSENT, SCRIPT_UNSENT, "+OK\r\n");
    redisc *client = open_client(&script);
    const size_t len = 100000;
    char *bytes = malloc(len);
    cr_assert_not_null(bytes);
    memset(bytes, 'x', len);
    cr_expect(test_answers(client, REDISC_STRS("SET", "k", redisc_bytes(bytes, len)), "OK"));
    cr_expect_eq(script.executed, 1);
    free(bytes);
    redisc_close(client);
}

Test(retry, a_pinned_handle_never_tries_again)
{
    test_script script = SCRIPT(SCRIPT_UNSENT, "$1\r\nv\r\n");
    redisc *client = open_client(&script), *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    cr_expect_eq(test_status(pinned, REDISC_STRS("GET", "k")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_NOT_SENT, 1, "GET");
    cr_expect_eq(test_status(pinned, REDISC_STRS("GET", "k")), REDISC_ERROR_CLOSED);
    check_failure(REDISC_NOT_SENT, 0, "GET");
    redisc_close(pinned);
    cr_expect(test_answers(client, REDISC_STRS("GET", "k"), "v"));
    cr_expect_eq(script.opened, 2);
    redisc_close(client);
}

/* A reply too much, or the beginning of one, must not be taken for the next command's. */
Test(retry, a_connection_with_unasked_bytes_is_not_used_again)
{
    test_script script = SCRIPT(":7\r\n:8\r\n", ":1\r\n:", ":2\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 7);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "m")), 1);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "m")), 2);
    cr_expect_eq(script.opened, 3);
    cr_expect_eq(script.closed, 2);
    redisc_close(client);
}

Test(retry, a_second_reply_reaches_nobody)
{
    test_script script = SCRIPT(":1\r\n:666\r\n", ":2\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
    cr_expect_eq(script.closed, 1); /* what came behind it is no reply to the next command */
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 2);
    cr_expect_eq(script.opened, 2);
    redisc_close(client);
}

Test(retry, neither_does_half_of_one)
{
    test_script script = SCRIPT(":1\r\n:66", ":2\r\n");
    redisc *client = open_client(&script);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 2);
    cr_expect_eq(script.opened, 2);
    redisc_close(client);
}

Test(retry, a_pinned_handle_fails_at_a_reply_too_many)
{
    test_script script = SCRIPT(":1\r\n:666\r\n", ":2\r\n");
    redisc *client = open_client(&script), *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    cr_expect_eq(test_integer(pinned, REDISC_STRS("INCR", "n")), 1);
    cr_expect_eq(test_status(pinned, REDISC_STRS("INCR", "n")), REDISC_ERROR_PROTOCOL);
    check_failure(REDISC_NOT_SENT, 0, "INCR");
    cr_expect_eq(test_status(pinned, REDISC_STRS("INCR", "n")), REDISC_ERROR_CLOSED);
    redisc_close(pinned);
    redisc_close(client);
}

Test(retry, a_pinned_handle_takes_pushes_between_replies)
{
    test_script script = SCRIPT(":1\r\n>1\r\n+news\r\n", ":2\r\n");
    redisc *client = open_client(&script), *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    cr_expect_eq(test_integer(pinned, REDISC_STRS("INCR", "n")), 1);
    cr_expect_eq(test_integer(pinned, REDISC_STRS("INCR", "n")), 2);
    cr_expect_eq(script.opened, 1);
    redisc_close(pinned);
    redisc_close(client);
}

Test(retry, a_pipeline_on_a_pinned_handle_fails_at_a_reply_too_many)
{
    test_script script = SCRIPT(":1\r\n:666\r\n", ":2\r\n");
    redisc *client = open_client(&script), *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    cr_expect_eq(test_integer(pinned, REDISC_STRS("INCR", "n")), 1);
    redisc *pipeline = redisc_pipeline(pinned, &(redisc_pipeline_options){.plain = true});
    const redisc_reply *reply;
    cr_assert_eq(redisc_call(pipeline, REDISC_STRS("INCR", "n"), &reply), REDISC_QUEUED);
    cr_expect_eq(redisc_execute(pipeline), REDISC_ERROR_PROTOCOL);
    cr_expect_null(reply);
    cr_expect_eq(script.executed, 1);
    redisc_close(pipeline);
    redisc_close(pinned);
    redisc_close(client);
}

Test(retry, a_watching_pipeline_fails_at_a_reply_too_many)
{
    test_script script = SCRIPT("+OK\r\n:666\r\n", ":2\r\n");
    redisc *client = open_client(&script), *pipeline = redisc_pipeline(client, NULL);
    cr_assert_eq(redisc_watch(pipeline, REDISC_STRS("n")), REDISC_OK);
    cr_expect_eq(test_status(pipeline, REDISC_STRS("INCR", "n")), REDISC_ERROR_PROTOCOL);
    check_failure(REDISC_NOT_SENT, 0, "INCR");
    cr_expect_eq(test_status(pipeline, REDISC_STRS("INCR", "n")), REDISC_ERROR_WATCH);
    cr_expect_eq(script.executed, 1);
    redisc_close(pipeline);
    cr_expect_eq(script.closed, 1);
    redisc_close(client);
}
