/* SPDX-License-Identifier: MIT */
/* Replies of one value come to a pipeline many at a time: each still is its own call's. */
#include "scripted.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(pipeline_rows, .timeout = 60);

enum { MANY = 300 };

static const redisc_pipeline_options ways[] = {
    {.plain = true}, {.plain = true, .stream_bytes = 100000}, {0}};

static redisc *client;
static redisc *p;

static void open_with(test_script *script, const redisc_pipeline_options *way,
                      redisc_encoding encoding)
{
    redisc_options options = test_script_options(script);
    options.timeout_ms = 2000;
    options.encoding = encoding;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    p = redisc_pipeline(client, way);
    cr_assert_not_null(p);
}

static void close_all(void)
{
    redisc_close(p);
    redisc_close(client);
}

static void add(char *text, const char *format, int number)
{
    sprintf(text + strlen(text), format, number, number);
}

/* What MANY calls are answered: each format in turn, with the call's number. */
static char *replies_of(const redisc_pipeline_options *way, size_t formats,
                        const char *const *format)
{
    char *text = calloc(MANY + 3, 64);
    if (!way->plain) {
        add(text, "+OK\r\n", 0);
        for (int i = 0; i < MANY; i++) {
            add(text, "+QUEUED\r\n", 0);
        }
        add(text, "*%d\r\n", MANY);
    }
    for (int i = 0; i < MANY; i++) {
        add(text, format[(size_t)i % formats], 1000 + i);
    }
    return text;
}

/* Each result has its call's number; the pieces that come end anywhere. */
Test(pipeline_rows, each_call_gets_its_own)
{
    static const char *const format[] = {":%d\r\n", "$4\r\n%d\r\n", "+OK\r\n", ":1\r\n", "$-1\r\n"};
    int64_t number[MANY];
    const redisc_str *string[MANY];
    bool flag[MANY];
    for (size_t way = 0; way < 3; way++) {
        char *replies = replies_of(&ways[way], 5, format);
        for (size_t piece = 0; piece < 200; piece = piece * 3 + 1) {
            test_script script = SCRIPT(replies);
            script.piece = piece;
            open_with(&script, &ways[way], REDISC_ENCODING_BYTES);
            for (int i = 0; i < MANY; i += 5) {
                redisc_incr(p, "n", &number[i]);
                redisc_get(p, "s", &string[i + 1]);
                redisc_set(p, "s", "v");
                redisc_expire(p, "s", 1, &flag[i + 3]);
                redisc_get(p, "s", &string[i + 4]);
            }
            cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
            for (int i = 0; i < MANY; i += 5) {
                cr_expect_eq(number[i], 1000 + i);
                cr_expect_eq(atoi(string[i + 1]->data), 1001 + i);
                cr_expect(flag[i + 3]);
                cr_expect_null(string[i + 4]);
                redisc_free(string[i + 1]);
            }
            close_all();
        }
        free(replies);
    }
}

/* Calls that fail in the middle of a row: by an error, and by a reply of another type. */
Test(pipeline_rows, failures_are_the_calls_own)
{
    static const char *const format[] = {":%d\r\n", "-ERR no %d\r\n", "$3\r\nabc\r\n",
                                         "+QUEUED\r\n", ":%d\r\n"};
    int64_t number[MANY];
    for (size_t way = 0; way < 3; way++) {
        char *replies = replies_of(&ways[way], 5, format);
        test_script script = SCRIPT(replies);
        redisc_pipeline_options how = ways[way];
        how.keep_errors = true;
        open_with(&script, &how, REDISC_ENCODING_BYTES);
        for (int i = 0; i < MANY; i++) {
            redisc_incr(p, "n", &number[i]);
        }
        redisc_execute(p);
        for (int i = 0; i < MANY; i++) {
            const redisc_error *error = redisc_error_at(p, (size_t)i);
            bool answered = i % 5 == 0 || i % 5 == 4;
            cr_expect_eq(number[i], answered ? 1000 + i : 0, "%d", i);
            cr_assert_eq(error == NULL, answered, "%d", i);
            if (!answered) {
                cr_expect_eq(error->status,
                             i % 5 == 1 ? REDISC_ERROR_SERVER : REDISC_ERROR_REPLY_TYPE, "%d: %s",
                             i, error->text);
                cr_expect_str_eq(error->command, "INCR");
            }
        }
        close_all();
        free(replies);
    }
}

/* Nobody wants the results: they are dropped, but looked at. */
Test(pipeline_rows, results_nobody_wants)
{
    static const char *const format[] = {"$4\r\n%d\r\n"};
    for (size_t way = 0; way < 3; way++) {
        char *replies = replies_of(&ways[way], 1, format);
        test_script script = SCRIPT(replies);
        open_with(&script, &ways[way], REDISC_ENCODING_BYTES);
        for (int i = 0; i < MANY; i++) {
            redisc_get(p, "s", NULL);
        }
        cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
        close_all();
        free(replies);
    }
}

Test(pipeline_rows, the_encoding_is_checked)
{
    static const char *const format[] = {"$4\r\n%d\r\n", "$4\r\nab\xff\xff\r\n"};
    const redisc_str *string[MANY];
    for (size_t way = 0; way < 3; way++) {
        char *replies = replies_of(&ways[way], 2, format);
        test_script script = SCRIPT(replies);
        redisc_pipeline_options how = ways[way];
        how.keep_errors = true;
        open_with(&script, &how, REDISC_ENCODING_UTF8);
        for (int i = 0; i < MANY; i++) {
            redisc_get(p, "s", &string[i]);
        }
        redisc_execute(p);
        for (int i = 0; i < MANY; i++) {
            const redisc_error *error = redisc_error_at(p, (size_t)i);
            cr_expect_eq(string[i] == NULL, i % 2 == 1);
            cr_expect_eq(error == NULL ? REDISC_OK : error->status,
                         i % 2 == 0 ? REDISC_OK : REDISC_ERROR_ENCODING);
            redisc_free(string[i]);
        }
        close_all();
        free(replies);
    }
}

/* Replies that nothing asked for end the connection; those before them are what they are. */
Test(pipeline_rows, too_many_replies)
{
    static const char *const format[] = {":%d\r\n"};
    int64_t number[MANY];
    for (size_t way = 0; way < 2; way++) {
        char *replies = replies_of(&ways[way], 1, format);
        test_script script = SCRIPT(replies);
        open_with(&script, &ways[way], REDISC_ENCODING_BYTES);
        for (int i = 0; i < MANY - 7; i++) {
            redisc_incr(p, "n", &number[i]);
        }
        redisc_execute(p);
        for (int i = 0; i < MANY - 7; i++) {
            cr_expect_eq(number[i], 1000 + i);
        }
        redisc_pool_stats stats;
        redisc_pool_statistics(redisc_pool_of(client), &stats);
        cr_expect_eq(stats.idle, 0, "the connection is out of step");
        close_all();
        free(replies);
    }
}
