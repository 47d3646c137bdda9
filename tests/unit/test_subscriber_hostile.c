/* SPDX-License-Identifier: MIT */
/* Subscribers and servers that say strange things. */
#include "subscribing.h"

#include "hostile.h"

#include <stdlib.h>

static hostile *peer;

static void go(void)
{
    redisc_subscriber_close(s);
    redisc_close(r);
    hostile_stop(peer);
}

TestSuite(subscriber_hostile, .timeout = 60);

static void begin_with(const hostile_step *script, const redisc_subscriber_options *options)
{
    peer = hostile_start(script);
    const redisc_options how = {.host = "127.0.0.1",
                                .port = (uint16_t)hostile_port(peer),
                                .no_client_info = true,
                                .timeout_ms = 300,
                                .max_bulk_bytes = 1000};
    must(redisc_open(NULL, &how, &r));
    must(redisc_subscriber_open(r, options, &s));
    subscribe("a");
}

static void begin(const hostile_step *script)
{
    begin_with(script, NULL);
}

#define SUBSCRIBES                                                                                 \
    {                                                                                              \
        HOSTILE_AWAIT, "SUBSCRIBE\r\n$1\r\na\r\n", 0                                               \
    }
#define CONFIRMS                                                                                   \
    {                                                                                              \
        HOSTILE_SEND, ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", 0                              \
    }
#define TELLS(data)                                                                                \
    {                                                                                              \
        HOSTILE_SEND, ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n" data "\r\n", 0                    \
    }

Test(subscriber_hostile, other_kinds_are_passed_over)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS,
        SUBSCRIBES,
        {HOSTILE_SEND, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n", 0},
        CONFIRMS,
        {HOSTILE_SEND, ">2\r\n$10\r\ninvalidate\r\n_\r\n", 0},
        {HOSTILE_SEND, ">1\r\n:5\r\n>1\r\n*2\r\n:1\r\n:2\r\n", 0},
        {HOSTILE_SEND, "*0\r\n*1\r\n$-1\r\n*2\r\n$4\r\nwhat\r\n%1\r\n:1\r\n:2\r\n", 0},
        {HOSTILE_SEND, "*2\r\n$4\r\npong\r\n$0\r\n\r\n", 0},
        {HOSTILE_SEND, "|1\r\n+ttl\r\n:3\r\n", 0},
        TELLS("x"),
        {HOSTILE_SEND, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\ny\r\n", 0},
        {HOSTILE_END, NULL, 0}};
    begin(script);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "x");
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "y");
    expect_nothing(0);
    cr_assert_eq(hostile_clients(peer), 1);
    go();
}

Test(subscriber_hostile, unasked_confirmations_change_nothing)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS,
        SUBSCRIBES,
        {HOSTILE_SEND, ">3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:7\r\n", 0},
        {HOSTILE_SEND, ">3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:6\r\n", 0},
        {HOSTILE_SEND, ">3\r\n$11\r\nunsubscribe\r\n_\r\n:0\r\n", 0},
        {HOSTILE_SEND, ">3\r\n$12\r\npunsubscribe\r\n$1\r\na\r\n:0\r\n", 0},
        CONFIRMS,
        TELLS("x"),
        {HOSTILE_END, NULL, 0}};
    begin(script);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "b", 7);
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "b", 6);
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, NULL, 0);
    expect_count(REDISC_MESSAGE_PUNSUBSCRIBE, "a", 0);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "x");
    cr_assert(redisc_subscriber_subscribed(s));
    go();
}

/* As it happens when the slot of a sharded channel moves away. */
Test(subscriber_hostile, what_the_server_ended_is_asked_for_again)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS,
        SUBSCRIBES,
        CONFIRMS,
        {HOSTILE_SEND, ">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n", 0},
        SUBSCRIBES,
        {HOSTILE_SEND, "-MOVED 15495 127.0.0.1:7002\r\n", 0},
        {HOSTILE_END, NULL, 0}};
    const redisc_message *message;
    begin(script);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "a", 0);
    cr_assert_eq(redisc_subscriber_next(s, PATIENCE_MS, &message), REDISC_ERROR_MOVED);
    cr_assert(error_says("SUBSCRIBE a: MOVED 15495"));
    cr_assert_not(redisc_subscriber_subscribed(s));
    go();
}

/* A reply that can't be understood fails once; then all begins anew with another connection. */
static void fails_with(const char *rubbish, redisc_status expected)
{
    const hostile_step script[] = {HOSTILE_GREETS, SUBSCRIBES,
                                   CONFIRMS,       {HOSTILE_SEND, rubbish, 0},
                                   TELLS("x"),     {HOSTILE_END, NULL, 0}};
    const redisc_message *message;
    begin(script);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    cr_assert_eq(redisc_subscriber_next(s, PATIENCE_MS, &message), expected, "%s: %s", rubbish,
                 redisc_last_error()->text);
    cr_assert_null(message);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    cr_assert_eq(hostile_clients(peer), 2);
    go();
}

Test(subscriber_hostile, what_is_not_understood_is_an_error)
{
    fails_with(">2\r\n$7\r\nmessage\r\n$1\r\na\r\n", REDISC_ERROR_REPLY_TYPE);
    fails_with(">1\r\n$7\r\nmessage\r\n", REDISC_ERROR_REPLY_TYPE);
    fails_with(">3\r\n$7\r\nmessage\r\n*1\r\n:1\r\n$1\r\nx\r\n", REDISC_ERROR_REPLY_TYPE);
    fails_with(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$-1\r\n", REDISC_ERROR_REPLY_TYPE);
    fails_with(">3\r\n$8\r\npmessage\r\n$1\r\na\r\n$1\r\nx\r\n", REDISC_ERROR_REPLY_TYPE);
    fails_with(">1\r\n$9\r\nsubscribe\r\n", REDISC_ERROR_REPLY_TYPE);
    fails_with(">3\r\n$9\r\nsubscribe\r\n*1\r\n:1\r\n:1\r\n", REDISC_ERROR_REPLY_TYPE);
    fails_with(">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n$1\r\nx\r\n", REDISC_ERROR_REPLY_TYPE);
    fails_with("+PONG\r\n", REDISC_ERROR_PROTOCOL);
    fails_with(":1\r\n", REDISC_ERROR_PROTOCOL);
    fails_with("%1\r\n:1\r\n:2\r\n", REDISC_ERROR_PROTOCOL);
    fails_with("$5\r\nhellooo\r\n", REDISC_ERROR_PROTOCOL);
    fails_with("what\r\n", REDISC_ERROR_PROTOCOL);
    fails_with(">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$100000\r\n", REDISC_ERROR_LIMIT);
    fails_with("-ERR by itself\r\n", REDISC_ERROR_SERVER);
}

Test(subscriber_hostile, messages_may_come_byte_by_byte)
{
    static const hostile_step script[] = {HOSTILE_GREETS,
                                          SUBSCRIBES,
                                          {HOSTILE_DRIP,
                                           ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
                                           ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$3\r\nxyz\r\n",
                                           2},
                                          {HOSTILE_END, NULL, 0}};
    begin(script);
    int timeouts = 0;
    const redisc_message *message = NULL;
    while (message == NULL) {
        must(redisc_subscriber_next_published(s, 10, &message));
        timeouts += message == NULL;
    }
    cr_assert_gt(timeouts, 2);
    cr_assert_str_eq(message->data.data, "xyz");
    redisc_free(message);
    go();
}

Test(subscriber_hostile, endless_talk_does_not_outlast_the_time_out)
{
    static const hostile_step script[] = {HOSTILE_GREETS,
                                          SUBSCRIBES,
                                          CONFIRMS,
                                          {HOSTILE_FLOOD, ">2\r\n$10\r\ninvalidate\r\n_\r\n", 0},
                                          {HOSTILE_END, NULL, 0}};
    begin(script);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    int64_t begun = test_now_ms();
    expect_nothing(100);
    cr_assert_lt(test_now_ms() - begun, 1000);
    begun = test_now_ms();
    expect_nothing(0);
    cr_assert_lt(test_now_ms() - begun, 500);
    go();
}

Test(subscriber_hostile, a_server_that_always_hangs_up_is_not_hammered)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS, SUBSCRIBES, CONFIRMS, {HOSTILE_CLOSE, NULL, 0}, {HOSTILE_END, NULL, 0}};
    const redisc_message *message;
    begin_with(script,
               &(redisc_subscriber_options){.ignore_subscribe_messages = true, .wait_ms = 40});
    int64_t end = test_now_ms() + 600;
    while (test_now_ms() < end) {
        redisc_status status = redisc_subscriber_next(s, 50, &message);
        cr_assert(status == REDISC_OK || redisc_is(status, REDISC_ERROR_CONNECTION));
        cr_assert_null(message);
    }
    cr_assert_geq(hostile_clients(peer), 3);
    cr_assert_leq(hostile_clients(peer), 8, "%u", hostile_clients(peer));
    go();
}

/* It accepts, but never says a word: time-outs hold, and wakes are heard in between. */
Test(subscriber_hostile, a_server_that_falls_silent)
{
    static const hostile_step script[] = {{HOSTILE_AWAIT, "HELLO\r\n", 0},
                                          {HOSTILE_SEND, "%1\r\n$5\r\nproto\r\n:3\r\n", 0},
                                          SUBSCRIBES,
                                          CONFIRMS,
                                          {HOSTILE_AWAIT, "PING\r\n", 0},
                                          {HOSTILE_PAUSE, NULL, 100000},
                                          {HOSTILE_END, NULL, 0}};
    const redisc_message *message;
    begin_with(script, &(redisc_subscriber_options){.health_ms = 50});
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    int64_t begun = test_now_ms();
    redisc_status status = redisc_subscriber_next(s, 600, &message);
    cr_assert(status == REDISC_ERROR_TIMEOUT || redisc_is(status, REDISC_ERROR_CONNECTION), "%s",
              redisc_status_name(status));
    int64_t took = test_now_ms() - begun;
    cr_assert(took >= 599 && took < 1500, "%lld ms", (long long)took);
    redisc_subscriber_stats stats;
    redisc_subscriber_statistics(s, &stats);
    cr_assert_eq(stats.losses, 1);
    cr_assert_eq(stats.pings, 1);
    go();
}
