/* SPDX-License-Identifier: MIT */
/* Subscribers against a real server, each test in both protocols: what comes. */
#include "subscribing.h"

#include <redisc/pipeline.h>

#include <stdlib.h>

TestSuite(subscriber, .init = start, .fini = stop, .timeout = 120);

#define TEST(name) TEST_ALL(subscriber, name)

TEST(messages_have_type_channel_pattern_and_data)
{
    must(redisc_subscriber_subscribe(s, REDISC_STRS("foo", "bar"), NULL, NULL));
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "foo", 1);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "bar", 2);
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("f*"), NULL, NULL));
    expect_count(REDISC_MESSAGE_PSUBSCRIBE, "f*", 3);
    cr_assert_eq(publish("foo", "hello"), 2);
    expect_data(REDISC_MESSAGE_MESSAGE, "foo", NULL, "hello");
    expect_data(REDISC_MESSAGE_PMESSAGE, "foo", "f*", "hello");
    cr_assert_eq(publish("bar", ""), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "bar", NULL, "");
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("foo")));
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "foo", 2);
    cr_assert_eq(publish("foo", "again"), 1);
    expect_data(REDISC_MESSAGE_PMESSAGE, "foo", "f*", "again");
    must(redisc_subscriber_punsubscribe(s, REDISC_STRS("f*")));
    expect_count(REDISC_MESSAGE_PUNSUBSCRIBE, "f*", 1);
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("bar")));
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "bar", 0);
    cr_assert_not(redisc_subscriber_subscribed(s));
    cr_assert_eq(publish("bar", "nobody"), 0);
    expect_nothing(20);
}

TEST(no_names_are_all_names_of_that_kind)
{
    must(redisc_subscriber_subscribe(s, REDISC_STRS("a", "b", "c"), NULL, NULL));
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("p*", "q*"), NULL, NULL));
    for (int i = 0; i < 5; i++) {
        redisc_free(next_message());
    }
    must(redisc_subscriber_unsubscribe(s, (redisc_str_list){0}));
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "a", 4);
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "b", 3);
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "c", 2);
    cr_assert_eq(publish("a", "x"), 0);
    cr_assert_eq(publish("p1", "x"), 1);
    expect_data(REDISC_MESSAGE_PMESSAGE, "p1", "p*", "x");
    must(redisc_subscriber_punsubscribe(s, (redisc_str_list){0}));
    expect_count(REDISC_MESSAGE_PUNSUBSCRIBE, "p*", 1);
    expect_count(REDISC_MESSAGE_PUNSUBSCRIBE, "q*", 0);
}

TEST(sharded_channels_are_apart)
{
    must(redisc_subscriber_ssubscribe(s, REDISC_STRS("orders"), NULL, NULL));
    expect_count(REDISC_MESSAGE_SSUBSCRIBE, "orders", 1);
    subscribe("orders");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "orders", 1);
    cr_assert_eq(test_integer(r, REDISC_STRS("SPUBLISH", "orders", "to the shard")), 1);
    expect_data(REDISC_MESSAGE_SMESSAGE, "orders", NULL, "to the shard");
    cr_assert_eq(publish("orders", "to all"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "orders", NULL, "to all");
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("orders")));
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "orders", 0);
    cr_assert(redisc_subscriber_subscribed(s));
    cr_assert_eq(test_integer(r, REDISC_STRS("SPUBLISH", "orders", "still")), 1);
    expect_data(REDISC_MESSAGE_SMESSAGE, "orders", NULL, "still");
    must(redisc_subscriber_sunsubscribe(s, (redisc_str_list){0}));
    expect_count(REDISC_MESSAGE_SUNSUBSCRIBE, "orders", 0);
    cr_assert_not(redisc_subscriber_subscribed(s));
}

TEST(names_and_data_are_bytes)
{
    redisc_str name = redisc_bytes("a\0b\r\n\xff", 6);
    redisc_str data = redisc_bytes("\0\r\n*3\r\n\xfe", 8);
    must(redisc_subscriber_subscribe(s, (redisc_str_list){&name, 1}, NULL, NULL));
    redisc_free(next_message());
    cr_assert_eq(test_integer(r, REDISC_STRS("PUBLISH", name, data)), 1);
    const redisc_message *message = next_message();
    cr_assert(redisc_str_equal(message->channel, name));
    cr_assert(redisc_str_equal(message->data, data));
    redisc_free(message);
    subscribe("");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "", 2);
    cr_assert_eq(publish("", "empty name"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "", NULL, "empty name");
}

TEST(messages_may_be_large)
{
    enum { SIZE = 24 * 1024 * 1024 };
    char *large = malloc(SIZE);
    cr_assert_not_null(large);
    for (size_t i = 0; i < SIZE; i++) {
        large[i] = (char)(i * 2654435761u >> 13);
    }
    subscribe("large");
    redisc_free(next_message());
    cr_assert_eq(test_integer(r, REDISC_STRS("PUBLISH", "large", redisc_bytes(large, SIZE))), 1);
    cr_assert_eq(publish("large", "small"), 1);
    const redisc_message *message = next_message();
    cr_assert(redisc_str_equal(message->data, redisc_bytes(large, SIZE)));
    redisc_free(message);
    expect_data(REDISC_MESSAGE_MESSAGE, "large", NULL, "small");
    free(large);
}

TEST(messages_come_in_order)
{
    enum { COUNT = 10000 };
    subscribe("count");
    redisc_free(next_message());
    redisc *p = redisc_pipeline(r, &(redisc_pipeline_options){.plain = true});
    for (int i = 0; i < COUNT; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        cr_assert_eq(redisc_call(p, REDISC_STRS("PUBLISH", "count", number), NULL), REDISC_QUEUED);
    }
    must(redisc_execute(p));
    redisc_close(p);
    for (int i = 0; i < COUNT; i++) {
        const redisc_message *message = next_message();
        cr_assert_eq(atoi(message->data.data), i);
        redisc_free(message);
    }
    expect_nothing(0);
    redisc_subscriber_stats stats;
    redisc_subscriber_statistics(s, &stats);
    cr_assert_eq(stats.messages, COUNT);
    cr_assert_eq(stats.subscriptions, 1);
    cr_assert_eq(stats.connections, 1);
    cr_assert_eq(stats.losses, 0);
}

TEST(many_names_at_once)
{
    enum { COUNT = 3000 };
    static char texts[COUNT][16];
    static redisc_str names[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(texts[i], sizeof texts[i], "channel:%zu", i);
        names[i] = redisc_text(texts[i]);
    }
    redisc_str_list all = {names, COUNT};
    must(redisc_subscriber_subscribe(s, all, NULL, NULL));
    for (int i = 0; i < COUNT; i++) {
        expect_count(REDISC_MESSAGE_SUBSCRIBE, texts[i], i + 1);
    }
    cr_assert_eq(publish(texts[COUNT - 1], "x"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, texts[COUNT - 1], NULL, "x");
    must(redisc_subscriber_unsubscribe(s, all));
    for (int i = 0; i < COUNT; i++) {
        expect_count(REDISC_MESSAGE_UNSUBSCRIBE, texts[i], COUNT - 1 - i);
    }
    cr_assert_not(redisc_subscriber_subscribed(s));
}

TEST(subscribing_again_confirms_again)
{
    subscribe("twice");
    subscribe("twice");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "twice", 1);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "twice", 1);
    cr_assert_eq(publish("twice", "once"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "twice", NULL, "once");
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("twice", "never was")));
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "twice", 0);
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("twice")));
    expect_nothing(20);
}

TEST(subscribed_tells)
{
    cr_assert_not(redisc_subscriber_subscribed(s));
    subscribe("foo");
    cr_assert(redisc_subscriber_subscribed(s), "from the call on");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "foo", 1);
    must(redisc_subscriber_unsubscribe(s, (redisc_str_list){0}));
    cr_assert(redisc_subscriber_subscribed(s), "until it is confirmed");
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "foo", 0);
    cr_assert_not(redisc_subscriber_subscribed(s));
    subscribe("foo");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "foo", 1);
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("foo")));
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("b*"), NULL, NULL));
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "foo", 0);
    cr_assert(redisc_subscriber_subscribed(s));
    expect_count(REDISC_MESSAGE_PSUBSCRIBE, "b*", 1);
}

TEST(subscribe_messages_can_be_ignored)
{
    reopen(&(redisc_subscriber_options){.ignore_subscribe_messages = true});
    must(redisc_subscriber_subscribe(s, REDISC_STRS("foo", "bar"), NULL, NULL));
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("f*"), NULL, NULL));
    expect_nothing(20);
    cr_assert_eq(publish("bar", "1"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "bar", NULL, "1");
    must(redisc_subscriber_unsubscribe(s, (redisc_str_list){0}));
    must(redisc_subscriber_punsubscribe(s, (redisc_str_list){0}));
    cr_assert(redisc_subscriber_subscribed(s));
    expect_nothing(20);
    cr_assert_not(redisc_subscriber_subscribed(s));
}

TEST(subscribe_messages_can_be_ignored_for_one_call)
{
    const redisc_message *message;
    subscribe("foo");
    must(redisc_subscriber_next_published(s, 20, &message));
    cr_assert_null(message);
    subscribe("bar");
    cr_assert_eq(publish("bar", "behind a confirmation"), 1);
    must(redisc_subscriber_next_published(s, PATIENCE_MS, &message));
    assert_str(message->data, "behind a confirmation");
    redisc_free(message);
    subscribe("baz");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "baz", 3);
}
