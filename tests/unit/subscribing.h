/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What the tests of subscribers share: a server, a client, a subscriber, and what has to come.
 */
#ifndef REDISC_TESTS_SUBSCRIBING_H
#define REDISC_TESTS_SUBSCRIBING_H

#include "calls.h"
#include "server.h"

#include <redisc/client.h>
#include <redisc/subscriber.h>

#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 5000 };

static test_server *server;
static redisc *r;
static redisc_subscriber *s;

static inline void start(void)
{
    server = test_server_start(NULL);
}

static inline void stop(void)
{
    test_server_stop(server);
}

static inline void run_with(const redisc_options *options, void (*body)(void))
{
    redisc_status status = redisc_open(test_server_url(server), options, &r);
    if (status == REDISC_ERROR_UNSUPPORTED && options->parser == REDISC_PARSER_HIREDIS) {
        return; /* built without it */
    }
    cr_assert_eq(status, REDISC_OK);
    cr_assert_eq(redisc_subscriber_open(r, NULL, &s), REDISC_OK);
    body();
    redisc_subscriber_close(s);
    redisc_close(r);
}

/* A test that runs in RESP2, in RESP3, and with hiredis's parser. */
#define TEST_ALL(suite, name)                                                                      \
    static void name(void);                                                                        \
    Test(suite, name)                                                                              \
    {                                                                                              \
        run_with(&(redisc_options){.protocol = REDISC_PROTOCOL_RESP2}, name);                      \
        test_server_restart(server);                                                               \
        run_with(&(redisc_options){.protocol = REDISC_PROTOCOL_RESP3}, name);                      \
        test_server_restart(server);                                                               \
        run_with(&(redisc_options){.parser = REDISC_PARSER_HIREDIS}, name);                        \
    }                                                                                              \
    static void name(void)

static inline void reopen(const redisc_subscriber_options *options)
{
    redisc_subscriber_close(s);
    cr_assert_eq(redisc_subscriber_open(r, options, &s), REDISC_OK);
}

static inline void must(redisc_status status)
{
    cr_assert_eq(status, REDISC_OK, "%s: %s", redisc_status_name(status),
                 redisc_last_error()->text);
}

static inline bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}

static inline int64_t publish(const char *channel, const char *data)
{
    return test_integer(r, REDISC_STRS("PUBLISH", channel, data));
}

static inline void assert_str(redisc_str got, const char *expected)
{
    if (expected == NULL) {
        cr_assert_null(got.data);
    } else {
        cr_assert_not_null(got.data, "expected %s", expected);
        cr_assert_str_eq(got.data, expected);
        cr_assert_eq(got.len, strlen(expected));
    }
}

static inline const redisc_message *next_message(void)
{
    const redisc_message *message;
    must(redisc_subscriber_next(s, PATIENCE_MS, &message));
    cr_assert_not_null(message, "no message came");
    return message;
}

static inline void expect_count(redisc_message_type type, const char *name, int64_t count)
{
    const redisc_message *message = next_message();
    cr_assert_eq(message->type, type, "type %d", (int)message->type);
    assert_str(message->channel, name);
    assert_str(message->pattern, NULL);
    assert_str(message->data, NULL);
    cr_assert_eq(message->count, count, "count %lld", (long long)message->count);
    redisc_free(message);
}

static inline void expect_data(redisc_message_type type, const char *channel, const char *pattern,
                               const char *data)
{
    const redisc_message *message = next_message();
    cr_assert_eq(message->type, type, "type %d", (int)message->type);
    assert_str(message->channel, channel);
    assert_str(message->pattern, pattern);
    assert_str(message->data, data);
    cr_assert_eq(message->count, 0);
    redisc_free(message);
}

static inline void expect_nothing(int64_t timeout_ms)
{
    const redisc_message *message = (const redisc_message *)1;
    must(redisc_subscriber_next(s, timeout_ms, &message));
    cr_assert_null(message);
}

static inline void subscribe(const char *channel)
{
    must(redisc_subscriber_subscribe(s, REDISC_STRS(channel), NULL, NULL));
}

/* Notes what handlers were given. */
typedef struct seen {
    unsigned count;
    char text[64]; /* "channel=data" of the last one */
    redisc_message_type type;
    redisc_subscriber *subscriber;
} seen;

static inline void note(redisc_subscriber *subscriber, const redisc_message *message, void *context)
{
    seen *what = context;
    what->count++;
    what->type = message->type;
    what->subscriber = subscriber;
    snprintf(what->text, sizeof what->text, "%s=%s",
             message->channel.data == NULL ? "(nil)" : message->channel.data,
             message->data.data == NULL ? "(nil)" : message->data.data);
}

/* Whether the descriptor becomes readable in time. */
static inline bool readable(int timeout_ms)
{
    struct pollfd wanted = {.fd = redisc_subscriber_descriptor(s), .events = POLLIN};
    cr_assert_geq(wanted.fd, 0);
    return poll(&wanted, 1, timeout_ms) == 1;
}

#endif
