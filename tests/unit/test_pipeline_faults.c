/* SPDX-License-Identifier: MIT */
/* Pipelines and transactions whose connection breaks, or whose server says what it should not. */
#include "calls.h"
#include "scripted.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(pipeline_faults, .timeout = 60);

#define QUEUED "+QUEUED\r\n"
#define NUMBER ":8\r\n"
#define STRING "$5\r\nvalue\r\n"
#define LIST "*2\r\n$1\r\na\r\n$-1\r\n"
#define TRANSACTION(exec) "+OK\r\n" QUEUED QUEUED QUEUED exec

static const redisc_pipeline_options plain = {.plain = true};

static redisc *open_client(test_script *script)
{
    redisc_options options = test_script_options(script);
    options.timeout_ms = 2000;
    redisc *client;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK, "%s", redisc_last_error()->text);
    return client;
}

static redisc_pool_stats stats_of(redisc *client)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.in_use, 0);
    return stats;
}

static bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}

/* A pipeline of three calls and where their results go. */
typedef struct trio {
    redisc *client;
    redisc *pipe;
    int64_t number;
    const redisc_str *string;
    const redisc_str_list *list;
} trio;

static void collect(trio *self)
{
    self->number = 77;
    self->string = (const redisc_str *)&self->number;
    self->list = (const redisc_str_list *)&self->number;
    cr_assert_eq(redisc_incr(self->pipe, "n", &self->number), REDISC_QUEUED);
    cr_assert_eq(redisc_get(self->pipe, "s", &self->string), REDISC_QUEUED);
    cr_assert_eq(redisc_mget(self->pipe, REDISC_STRS("a", "b"), &self->list), REDISC_QUEUED);
    cr_assert_eq(redisc_pipeline_length(self->pipe), 3);
}

static void open_trio(trio *self, test_script *script, const redisc_pipeline_options *options)
{
    self->client = open_client(script);
    self->pipe = redisc_pipeline(self->client, options);
    cr_assert_not_null(self->pipe);
    collect(self);
}

static void expect_nothing(const trio *self)
{
    cr_expect_eq(self->number, 0);
    cr_expect_null(self->string);
    cr_expect_null(self->list);
}

static void expect_everything(const trio *self)
{
    cr_expect_eq(self->number, 8);
    cr_expect_str_eq(self->string->data, "value");
    cr_expect_eq(self->list->count, 2);
}

static void free_results(trio *self)
{
    redisc_free(self->string);
    redisc_free(self->list);
}

static void close_trio(trio *self)
{
    free_results(self);
    redisc_close(self->pipe);
    redisc_close(self->client);
}

/* It must be empty now, and work when the server does. */
static void expect_usable(trio *self)
{
    cr_expect_eq(redisc_pipeline_length(self->pipe), 0);
    free_results(self);
    collect(self);
    cr_expect_eq(redisc_execute(self->pipe), REDISC_OK, "%s", redisc_last_error()->text);
    expect_everything(self);
    for (size_t i = 0; i < 3; i++) {
        cr_expect_null(redisc_error_at(self->pipe, i));
    }
}

static void cut(char *to, const char *text, size_t at)
{
    memcpy(to, text, at);
    strcpy(to + at, SCRIPT_CUT);
}

/* Of a transaction nothing is known after its connection broke while replies came; it is not sent
 * again, for its EXEC has left. */
Test(pipeline_faults, a_transaction_is_cut_at_every_byte)
{
    const char *whole = TRANSACTION("*3\r\n" NUMBER STRING LIST);
    char part[256];
    for (size_t at = 0; at < strlen(whole); at++) {
        cut(part, whole, at);
        test_script script = SCRIPT(part, whole);
        script.piece = at % 2; /* every other time byte by byte */
        trio self;
        open_trio(&self, &script, NULL);
        cr_expect_eq(redisc_execute(self.pipe), REDISC_ERROR_CLOSED, "at %zu", at);
        cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
        cr_expect_eq(redisc_last_error()->tries, 1);
        expect_nothing(&self);
        for (size_t i = 0; i < 3; i++) {
            cr_expect_eq(redisc_error_at(self.pipe, i)->status, REDISC_ERROR_CLOSED);
            cr_expect_eq(redisc_error_at(self.pipe, i)->delivery, REDISC_UNKNOWN);
        }
        cr_expect_eq(script.executed, 1);
        cr_expect_eq(script.closed, 1);
        cr_expect_eq(stats_of(self.client).idle, 0);
        expect_usable(&self);
        cr_expect_eq(stats_of(self.client).idle, 1);
        close_trio(&self);
    }
}

/* Calls that were answered keep their results. */
Test(pipeline_faults, a_plain_pipeline_is_cut_at_every_byte)
{
    const char *whole = NUMBER STRING LIST;
    const size_t first = strlen(NUMBER), second = strlen(NUMBER STRING);
    char part[256];
    for (size_t at = 0; at < strlen(whole); at++) {
        cut(part, whole, at);
        test_script script = SCRIPT(part, whole);
        script.piece = at % 3;
        trio self;
        open_trio(&self, &script, &plain);
        cr_expect_eq(redisc_execute(self.pipe), REDISC_ERROR_CLOSED, "at %zu", at);
        cr_expect_eq(self.number, at < first ? 0 : 8);
        cr_expect_eq(self.string != NULL, at >= second);
        cr_expect_null(self.list);
        cr_expect_eq(redisc_error_at(self.pipe, 0) != NULL, at < first);
        cr_expect_eq(redisc_error_at(self.pipe, 1) != NULL, at < second);
        cr_expect_eq(redisc_error_at(self.pipe, 2)->delivery, REDISC_UNKNOWN);
        cr_expect_eq(script.executed, 1);
        expect_usable(&self);
        close_trio(&self);
    }
}

static redisc_status get_twice(redisc *pipe, const redisc_str **first, const redisc_str **second)
{
    cr_assert_eq(redisc_get(pipe, "a", first), REDISC_QUEUED);
    cr_assert_eq(redisc_get(pipe, "b", second), REDISC_QUEUED);
    return redisc_execute(pipe);
}

/* What only reads is sent again, unless a reply has come: then it is too late to begin again. */
Test(pipeline_faults, reads_are_repeated_as_long_as_no_reply_has_come)
{
    const char *whole = STRING STRING;
    char part[64];
    for (size_t at = 0; at < strlen(whole); at++) {
        cut(part, whole, at);
        test_script script = SCRIPT(part, whole);
        redisc *client = open_client(&script);
        redisc *pipe = redisc_pipeline(client, &plain);
        const redisc_str *first, *second;
        redisc_status status = get_twice(pipe, &first, &second);
        bool early = at < strlen(STRING);
        cr_expect_eq(status, early ? REDISC_OK : REDISC_ERROR_CLOSED, "at %zu", at);
        cr_expect_eq(script.executed, early ? 2 : 1);
        cr_expect_not_null(first);
        cr_expect_eq(second != NULL, early);
        redisc_free(first);
        redisc_free(second);
        redisc_close(pipe);
        redisc_close(client);
        cr_expect_eq(script.closed, script.opened);
    }
}

/* Not even if it only reads, or if its caller allows everything. */
Test(pipeline_faults, a_transaction_is_not_repeated_after_its_exec)
{
    test_script script = SCRIPT(SCRIPT_LOST, "+OK\r\n" QUEUED QUEUED "*2\r\n" STRING STRING);
    redisc *client = open_client(&script), *derived;
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.repeat_anything = true}, &derived),
                 REDISC_OK);
    redisc *pipe = redisc_pipeline(derived, NULL);
    const redisc_str *first, *second;
    cr_expect_eq(get_twice(pipe, &first, &second), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_last_error()->tries, 1);
    cr_expect_eq(script.executed, 1);
    redisc_close(pipe);
    redisc_close(derived);
    redisc_close(client);
}

/* Without EXEC nothing is executed, so it may begin again. */
Test(pipeline_faults, a_transaction_is_repeated_before_its_exec)
{
    test_script script = SCRIPT(SCRIPT_HALF, SCRIPT_HALF, TRANSACTION("*3\r\n" NUMBER STRING LIST));
    trio self;
    open_trio(&self, &script, NULL);
    cr_expect_eq(redisc_execute(self.pipe), REDISC_OK);
    expect_everything(&self);
    cr_expect_eq(script.executed, 1);
    cr_expect_eq(script.opened, 3);
    close_trio(&self);
}

Test(pipeline_faults, a_transaction_that_never_gets_through_was_not_sent)
{
    test_script script = SCRIPT(SCRIPT_HALF);
    trio self;
    open_trio(&self, &script, NULL);
    cr_expect_eq(redisc_execute(self.pipe), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_expect_eq(redisc_last_error()->tries, 8);
    cr_expect_eq(redisc_error_at(self.pipe, 0)->delivery, REDISC_NOT_SENT);
    expect_nothing(&self);
    close_trio(&self);
}

Test(pipeline_faults, three_tries_are_enough)
{
    test_script script = SCRIPT(SCRIPT_LOST);
    redisc *client = open_client(&script);
    redisc *pipe = redisc_pipeline(client, &plain);
    const redisc_str *first, *second;
    cr_expect_eq(get_twice(pipe, &first, &second), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->tries, 3);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(script.executed, 3);
    redisc_close(pipe);
    redisc_close(client);
    cr_expect_eq(script.closed, 3);
}

/* What was sent once stays in doubt, even if the last try sent nothing. */
Test(pipeline_faults, the_worst_of_all_tries_counts)
{
    test_script script = SCRIPT(SCRIPT_LOST, SCRIPT_UNSENT);
    redisc *client = open_client(&script);
    redisc *pipe = redisc_pipeline(client, &plain);
    const redisc_str *first, *second;
    cr_expect_eq(get_twice(pipe, &first, &second), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_error_at(pipe, 1)->delivery, REDISC_UNKNOWN);
    redisc_close(pipe);
    redisc_close(client);
}

Test(pipeline_faults, what_was_not_sent_is_sent_again)
{
    test_script script = SCRIPT(SCRIPT_UNSENT, TRANSACTION("*3\r\n" NUMBER STRING LIST));
    trio self;
    open_trio(&self, &script, NULL);
    cr_expect_eq(redisc_execute(self.pipe), REDISC_OK);
    expect_everything(&self);
    cr_expect_eq(script.executed, 1);
    cr_expect_eq(script.opened, 2);
    close_trio(&self);
}

Test(pipeline_faults, an_increment_is_not_sent_again_after_one_byte)
{
    test_script script = SCRIPT(SCRIPT_HALF, ":1\r\n");
    trio self;
    open_trio(&self, &script, &plain);
    cr_expect_eq(redisc_execute(self.pipe), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_error_at(self.pipe, 0)->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_error_at(self.pipe, 1)->delivery, REDISC_NOT_SENT);
    expect_nothing(&self);
    cr_expect_eq(script.said_len, 1);
    cr_expect_eq(script.opened, 1);
    self.string = NULL;
    self.list = NULL;
    close_trio(&self);
}

Test(pipeline_faults, anything_is_repeated_if_allowed)
{
    test_script script = SCRIPT(SCRIPT_LOST, NUMBER STRING LIST);
    redisc *client = open_client(&script);
    redisc *derived;
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.repeat_anything = true}, &derived),
                 REDISC_OK);
    trio self = {.client = client, .pipe = redisc_pipeline(derived, &plain)};
    collect(&self);
    cr_expect_eq(redisc_execute(self.pipe), REDISC_OK);
    expect_everything(&self);
    cr_expect_eq(script.executed, 2);
    redisc_close(derived);
    close_trio(&self);
}

/* Replies that can't belong to the calls: the connection is of no more use. */
static void expect_protocol_error(const char *replies, const redisc_pipeline_options *options)
{
    test_script script = SCRIPT(replies, options == NULL ? TRANSACTION("*3\r\n" NUMBER STRING LIST)
                                                         : NUMBER STRING LIST);
    trio self;
    open_trio(&self, &script, options);
    cr_expect_eq(redisc_execute(self.pipe), REDISC_ERROR_PROTOCOL, "%s: %s", replies,
                 redisc_last_error()->text);
    cr_expect_eq(script.executed, 1);
    cr_expect_eq(script.closed, 1);
    cr_expect_eq(stats_of(self.client).idle, 0);
    expect_usable(&self);
    close_trio(&self);
}

Test(pipeline_faults, a_wrong_number_of_replies_closes_the_connection)
{
    expect_protocol_error(TRANSACTION("*2\r\n" NUMBER STRING), NULL);
    expect_protocol_error(TRANSACTION("*4\r\n" NUMBER STRING LIST NUMBER), NULL);
    expect_protocol_error(TRANSACTION("*0\r\n"), NULL);
    expect_protocol_error(TRANSACTION("*3\r\n" NUMBER STRING LIST "+OK\r\n"), NULL);
    expect_protocol_error(NUMBER STRING LIST "+OK\r\n", &plain);
}

Test(pipeline_faults, replies_out_of_step_close_the_connection)
{
    expect_protocol_error("+QUEUED\r\n", NULL);
    expect_protocol_error(":1\r\n", NULL);
    expect_protocol_error("+OK\r\n+OK\r\n", NULL);
    expect_protocol_error("+OK\r\n" QUEUED "$1\r\nx\r\n", NULL);
    expect_protocol_error(TRANSACTION(":3\r\n"), NULL);
    expect_protocol_error(TRANSACTION("+OK\r\n"), NULL);
    expect_protocol_error("+OK\r\n" QUEUED "-ERR no\r\n" QUEUED "*2\r\n" NUMBER STRING, NULL);
    expect_protocol_error("?\r\n", NULL);
    expect_protocol_error(NUMBER "?\r\n", &plain);
}

/* A reply that has only begun to come after the last one is found, too. */
Test(pipeline_faults, a_connection_with_unread_bytes_is_not_used_again)
{
    test_script script = SCRIPT(NUMBER STRING LIST "$100\r\n", NUMBER STRING LIST);
    trio self;
    open_trio(&self, &script, &plain);
    cr_expect_eq(redisc_execute(self.pipe), REDISC_OK);
    expect_everything(&self);
    cr_expect_eq(script.closed, 1);
    expect_usable(&self);
    close_trio(&self);
}

/* A reply of another type is the call's failure alone. */
Test(pipeline_faults, a_reply_of_another_type)
{
    test_script script = SCRIPT(TRANSACTION("*3\r\n" NUMBER ":5\r\n" LIST));
    trio self;
    open_trio(&self, &script, NULL);
    cr_expect_eq(redisc_execute(self.pipe), REDISC_ERROR_REPLY_TYPE);
    cr_expect(error_says("Command # 2 (GET s) of pipeline caused error: "));
    cr_expect_null(self.string);
    cr_expect_eq(self.number, 8);
    cr_expect_eq(self.list->count, 2);
    cr_expect_eq(stats_of(self.client).idle, 1);
    close_trio(&self);
}
