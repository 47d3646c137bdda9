/* SPDX-License-Identifier: MIT */
/* Using subscribers: handlers, loops, waiting, and using them wrongly. */
#include "subscribing.h"

#include <redisc/pipeline.h>

#include <sys/wait.h>
#include <unistd.h>

TestSuite(subscriber_use, .init = start, .fini = stop, .timeout = 120);

#define TEST(name) TEST_ALL(subscriber_use, name)

/* Handlers. */

TEST(handlers_take_messages)
{
    seen channel = {0}, pattern = {0}, shard = {0};
    must(redisc_subscriber_subscribe(s, REDISC_STRS("handled"), note, &channel));
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("h?ndled"), note, &pattern));
    must(redisc_subscriber_ssubscribe(s, REDISC_STRS("handled"), note, &shard));
    subscribe("given");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "handled", 1);
    expect_count(REDISC_MESSAGE_PSUBSCRIBE, "h?ndled", 2);
    expect_count(REDISC_MESSAGE_SSUBSCRIBE, "handled", 1);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "given", 3);
    cr_assert_eq(publish("handled", "1"), 2);
    cr_assert_eq(test_integer(r, REDISC_STRS("SPUBLISH", "handled", "2")), 1);
    cr_assert_eq(publish("given", "3"), 1);
    expect_nothing(PATIENCE_MS);
    cr_assert_eq(channel.count, 1);
    cr_assert_str_eq(channel.text, "handled=1");
    cr_assert_eq(channel.type, REDISC_MESSAGE_MESSAGE);
    cr_assert_eq(channel.subscriber, s);
    cr_assert_eq(pattern.count, 0, "one message for each call");
    expect_nothing(PATIENCE_MS);
    cr_assert_str_eq(pattern.text, "handled=1");
    expect_nothing(PATIENCE_MS);
    cr_assert_str_eq(shard.text, "handled=2");
    expect_data(REDISC_MESSAGE_MESSAGE, "given", NULL, "3");
    cr_assert_eq(channel.count + pattern.count + shard.count, 3);
}

TEST(a_handler_can_be_replaced)
{
    seen first = {0}, second = {0};
    must(redisc_subscriber_subscribe(s, REDISC_STRS("c"), note, &first));
    must(redisc_subscriber_subscribe(s, REDISC_STRS("c"), note, &second));
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "c", 1);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "c", 1);
    publish("c", "x");
    expect_nothing(PATIENCE_MS);
    cr_assert_eq(first.count, 0);
    cr_assert_eq(second.count, 1);
    subscribe("c");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "c", 1);
    publish("c", "y");
    expect_data(REDISC_MESSAGE_MESSAGE, "c", NULL, "y");
}

/* Does what the message says. */
static void obey(redisc_subscriber *subscriber, const redisc_message *message, void *context)
{
    unsigned *calls = context;
    const redisc_message *other;
    ++*calls;
    if (message->data.data == NULL) {
        return; /* confirms something */
    }
    if (strcmp(message->data.data, "end") == 0) {
        must(redisc_subscriber_unsubscribe(subscriber, (redisc_str_list){0}));
    } else if (strcmp(message->data.data, "more") == 0) {
        must(redisc_subscriber_subscribe(subscriber, REDISC_STRS("more"), obey, context));
        must(redisc_subscriber_unsubscribe(subscriber, REDISC_STRS("one")));
    } else if (strcmp(message->data.data, "publish") == 0) {
        cr_assert_eq(publish("one", "more"), 1);
    } else if (strcmp(message->data.data, "read") == 0) {
        cr_assert_eq(redisc_subscriber_next(subscriber, 0, &other), REDISC_ERROR_SUBSCRIBER);
        cr_assert(error_says("handler"));
    } else if (strcmp(message->data.data, "stop") == 0) {
        must(redisc_subscriber_stop(subscriber));
    } else if (strcmp(message->data.data, "close") == 0) {
        redisc_subscriber_close(subscriber);
        s = NULL;
    }
}

TEST(handlers_may_change_subscriptions_and_publish)
{
    unsigned calls = 0;
    must(redisc_subscriber_subscribe(s, REDISC_STRS("one"), obey, &calls));
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "one", 1);
    publish("one", "read");
    expect_nothing(PATIENCE_MS);
    publish("one", "publish");
    expect_nothing(PATIENCE_MS);
    expect_nothing(PATIENCE_MS);
    cr_assert_eq(calls, 3);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "more", 2);
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "one", 1);
    cr_assert_eq(publish("more", "end"), 1);
    expect_nothing(PATIENCE_MS);
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "more", 0);
}

TEST(a_handler_may_close)
{
    unsigned calls = 0;
    must(redisc_subscriber_subscribe(s, REDISC_STRS("one"), obey, &calls));
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "one", 1);
    publish("one", "close");
    const redisc_message *message;
    must(redisc_subscriber_next(s, PATIENCE_MS, &message));
    cr_assert_null(message);
    cr_assert_eq(calls, 1);
    cr_assert_null(s);
}

TEST(listen_ends_when_nothing_is_subscribed_any_more)
{
    unsigned calls = 0, others = 0;
    must(redisc_subscriber_subscribe(s, REDISC_STRS("one"), obey, &calls));
    subscribe("two");
    publish("two", "for the listener");
    publish("one", "read");
    publish("one", "end");
    must(redisc_subscriber_listen(s, obey, &others));
    cr_assert_not(redisc_subscriber_subscribed(s));
    cr_assert_eq(calls, 2);
    cr_assert_eq(others, 5, "confirmations, and what has no handler");
    cr_assert_eq(redisc_subscriber_listen(s, obey, &others), REDISC_ERROR_SUBSCRIBER);
    const redisc_message *message;
    cr_assert_eq(redisc_subscriber_next(s, -1, &message), REDISC_ERROR_SUBSCRIBER);
    cr_assert(error_says("any more"));
    expect_nothing(10);
}

TEST(listen_can_be_stopped)
{
    unsigned calls = 0;
    must(redisc_subscriber_subscribe(s, REDISC_STRS("one"), obey, &calls));
    publish("one", "stop");
    publish("one", "later");
    must(redisc_subscriber_listen(s, obey, &calls));
    cr_assert(redisc_subscriber_subscribed(s));
    expect_nothing(PATIENCE_MS);
    cr_assert_eq(calls, 3, "a confirmation, and two messages");
    must(redisc_subscriber_stop(s));
    must(redisc_subscriber_listen(s, obey, &calls));
    cr_assert(redisc_subscriber_subscribed(s), "stopped before it began");
}

/* Waiting. */

TEST(time_outs_hold)
{
    subscribe("quiet");
    redisc_free(next_message());
    int64_t begun = test_now_ms();
    expect_nothing(0);
    cr_assert_lt(test_now_ms() - begun, 50);
    begun = test_now_ms();
    expect_nothing(100);
    int64_t took = test_now_ms() - begun;
    cr_assert(took >= 99 && took < 400, "%lld ms", (long long)took);
}

TEST(waking_before_the_wait_ends_it)
{
    subscribe("quiet");
    redisc_free(next_message());
    must(redisc_subscriber_wake(s));
    must(redisc_subscriber_wake(s));
    expect_nothing(-1);
    int64_t begun = test_now_ms();
    expect_nothing(50);
    cr_assert_geq(test_now_ms() - begun, 49, "once");
    publish("quiet", "goes first");
    cr_assert(readable(PATIENCE_MS));
    must(redisc_subscriber_wake(s));
    expect_data(REDISC_MESSAGE_MESSAGE, "quiet", NULL, "goes first");
    expect_nothing(-1);
}

TEST(an_event_loop_can_poll_it)
{
    seen all = {0}, handled = {0};
    cr_assert_eq(redisc_subscriber_descriptor(s), -1);
    subscribe("given");
    must(redisc_subscriber_subscribe(s, REDISC_STRS("handled"), note, &handled));
    while (all.count < 2) {
        cr_assert(readable(PATIENCE_MS));
        must(redisc_subscriber_dispatch(s, note, &all));
    }
    cr_assert_not(readable(20));
    must(redisc_subscriber_dispatch(s, note, &all));
    cr_assert_eq(all.count, 2);
    for (int i = 0; i < 100; i++) {
        publish("given", "g");
        publish("handled", "h");
    }
    while (all.count < 102 || handled.count < 100) {
        cr_assert(readable(PATIENCE_MS));
        must(redisc_subscriber_dispatch(s, note, &all));
    }
    cr_assert_eq(all.count, 102);
    cr_assert_eq(handled.count, 100);
    cr_assert_not(readable(0));
}

TEST(next_without_waiting_gives_all_that_is_there)
{
    subscribe("given");
    redisc_free(next_message());
    for (int i = 0; i < 50; i++) {
        publish("given", "g");
    }
    int got = 0;
    while (got < 50) {
        cr_assert(readable(PATIENCE_MS));
        const redisc_message *message;
        do {
            must(redisc_subscriber_next(s, 0, &message));
            got += message != NULL;
            redisc_free(message);
        } while (message != NULL);
    }
    cr_assert_eq(got, 50);
    cr_assert_not(readable(0));
}

/* Wrong use. */

TEST(reading_before_any_subscription_is_an_error)
{
    const redisc_message *message = (const redisc_message *)1;
    cr_assert_eq(redisc_subscriber_next(s, 0, &message), REDISC_ERROR_SUBSCRIBER);
    cr_assert(error_says("nothing is subscribed; subscribe first"));
    cr_assert_null(message);
    cr_assert_eq(redisc_subscriber_next_published(s, -1, &message), REDISC_ERROR_SUBSCRIBER);
    cr_assert_eq(redisc_subscriber_dispatch(s, note, NULL), REDISC_ERROR_SUBSCRIBER);
    cr_assert_eq(redisc_subscriber_listen(s, note, NULL), REDISC_ERROR_SUBSCRIBER);
    cr_assert_eq(redisc_subscriber_run(s), REDISC_ERROR_SUBSCRIBER);
    cr_assert_eq(redisc_subscriber_start_thread(s), REDISC_ERROR_SUBSCRIBER);
    cr_assert_not(redisc_subscriber_subscribed(s));
    must(redisc_subscriber_unsubscribe(s, (redisc_str_list){0}));
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("never was")));
    cr_assert_eq(redisc_subscriber_next(s, 0, &message), REDISC_ERROR_SUBSCRIBER);
}

TEST(bad_arguments_are_refused)
{
    redisc_subscriber *none = (redisc_subscriber *)1;
    const redisc_message *message;
    redisc *p = redisc_pipeline(r, NULL);
    cr_assert_eq(redisc_subscriber_open(NULL, NULL, &none), REDISC_ERROR_ARGUMENT);
    cr_assert_null(none);
    cr_assert_eq(redisc_subscriber_open(p, NULL, &none), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_open(r, NULL, NULL), REDISC_ERROR_ARGUMENT);
    redisc_close(p);
    cr_assert_eq(redisc_subscriber_subscribe(s, (redisc_str_list){0}, NULL, NULL),
                 REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_subscribe(s, (redisc_str_list){NULL, 1}, NULL, NULL),
                 REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_subscribe(s, REDISC_STRS("fine", REDISC_NIL), NULL, NULL),
                 REDISC_ERROR_ARGUMENT);
    cr_assert(error_says("redisc_subscriber_subscribe: name 1 is NULL"));
    cr_assert_not(redisc_subscriber_subscribed(s), "nothing is half done");
    cr_assert_eq(redisc_subscriber_next(s, 0, NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_next(NULL, 0, &message), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_listen(s, NULL, NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_dispatch(s, NULL, NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_wake(NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_stop(NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_subscriber_descriptor(NULL), -1);
    cr_assert_not(redisc_subscriber_subscribed(NULL));
    redisc_subscriber_close(NULL);
}

TEST(a_run_needs_handlers)
{
    seen what = {0};
    must(redisc_subscriber_subscribe(s, REDISC_STRS("with"), note, &what));
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("without*"), NULL, NULL));
    cr_assert_eq(redisc_subscriber_run(s), REDISC_ERROR_SUBSCRIBER);
    cr_assert(error_says("the pattern \"without*\" has no handler"));
    cr_assert_eq(redisc_subscriber_start_thread(s), REDISC_ERROR_SUBSCRIBER);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "with", 1);
}

static void add_without_handler(redisc_subscriber *subscriber, const redisc_message *message,
                                void *context)
{
    redisc_status *status = context;
    (void)message;
    *status = redisc_subscriber_subscribe(subscriber, REDISC_STRS("more"), NULL, NULL);
    redisc_subscriber_stop(subscriber);
}

TEST(nothing_without_a_handler_is_subscribed_during_a_run)
{
    redisc_status status = REDISC_OK;
    must(redisc_subscriber_subscribe(s, REDISC_STRS("c"), add_without_handler, &status));
    publish("c", "x");
    must(redisc_subscriber_run(s));
    cr_assert_eq(status, REDISC_ERROR_SUBSCRIBER);
    cr_assert_not(redisc_subscriber_subscribed(s), "a run ends all subscriptions");
    cr_assert_eq(redisc_subscriber_descriptor(s), -1);
    subscribe("again");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "again", 1);
}

TEST(a_child_must_not_use_it)
{
    subscribe("parent");
    redisc_free(next_message());
    pid_t child = fork();
    if (child == 0) {
        const redisc_message *message;
        bool refused = redisc_subscriber_next(s, 0, &message) == REDISC_ERROR_SUBSCRIBER &&
                       error_says("parent process") &&
                       redisc_subscriber_subscribe(s, REDISC_STRS("x"), NULL, NULL) ==
                           REDISC_ERROR_SUBSCRIBER &&
                       redisc_subscriber_stop(s) == REDISC_ERROR_SUBSCRIBER &&
                       redisc_subscriber_wake(s) == REDISC_ERROR_SUBSCRIBER &&
                       !redisc_subscriber_subscribed(s) && redisc_subscriber_descriptor(s) == -1;
        redisc_subscriber_close(s);
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert_eq(publish("parent", "still here"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "parent", NULL, "still here");
}

TEST(closing_ends_the_subscriptions)
{
    subscribe("a");
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("a*"), NULL, NULL));
    redisc_free(next_message());
    redisc_free(next_message());
    cr_assert_eq(publish("a", "x"), 2);
    redisc_subscriber_close(s);
    s = NULL;
    int64_t patience = test_now_ms() + PATIENCE_MS;
    while (publish("a", "x") != 0) {
        cr_assert_lt(test_now_ms(), patience);
        test_sleep_ms(5);
    }
}

TEST(it_outlives_the_client_and_counts_for_nothing_in_the_pool)
{
    redisc *client;
    redisc_subscriber *own;
    const redisc_message *message;
    redisc_pool_stats stats;
    must(redisc_open(test_server_url(server), &(redisc_options){.max_connections = 1}, &client));
    must(redisc_subscriber_open(client, NULL, &own));
    must(redisc_subscriber_subscribe(own, REDISC_STRS("c"), NULL, NULL));
    cr_assert_eq(test_integer(client, REDISC_STRS("PUBLISH", "c", "x")), 1);
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_assert_eq(stats.opened, 1);
    redisc_close(client);
    must(redisc_subscriber_next_published(own, PATIENCE_MS, &message));
    assert_str(message->data, "x");
    redisc_free(message);
    redisc_subscriber_close(own);
}

TEST(replies_can_be_required_to_be_text)
{
    redisc *client;
    redisc_subscriber *text;
    const redisc_message *message;
    must(redisc_open(test_server_url(server), &(redisc_options){.encoding = REDISC_ENCODING_UTF8},
                     &client));
    must(redisc_subscriber_open(client, NULL, &text));
    must(redisc_subscriber_subscribe(text, REDISC_STRS("c"), NULL, NULL));
    publish("c", "\xff");
    publish("c", "\xc3\xa4");
    cr_assert_eq(redisc_subscriber_next_published(text, PATIENCE_MS, &message),
                 REDISC_ERROR_ENCODING);
    cr_assert_null(message);
    must(redisc_subscriber_next_published(text, PATIENCE_MS, &message));
    assert_str(message->data, "\xc3\xa4");
    redisc_free(message);
    redisc_subscriber_close(text);
    redisc_close(client);
}
