/* SPDX-License-Identifier: MIT */
/* A subscriber's connection: lost and made again, refused, silent, overrun. */
#include "subscribing.h"

#include <signal.h>
#include <stdlib.h>

TestSuite(subscriber_link, .init = start, .fini = stop, .timeout = 120);

#define TEST(name) TEST_ALL(subscriber_link, name)

static redisc_subscriber_stats statistics(void)
{
    redisc_subscriber_stats stats;
    redisc_subscriber_statistics(s, &stats);
    return stats;
}

/* Publishes until the server has that many receivers: who was connected again needs a while to
 * subscribe. */
static void publish_to(int64_t receivers, const char *channel, const char *data)
{
    int64_t patience = test_now_ms() + PATIENCE_MS;
    while (publish(channel, data) != receivers) {
        cr_assert_lt(test_now_ms(), patience);
        test_sleep_ms(5);
    }
}

static void kill_subscribers(void)
{
    cr_assert_eq(test_integer(r, REDISC_STRS("CLIENT", "KILL", "TYPE", "pubsub")), 1);
}

static void subscribe_all_kinds(seen *handled)
{
    must(redisc_subscriber_subscribe(s, REDISC_STRS("a", "b"), NULL, NULL));
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("p*"), note, handled));
    must(redisc_subscriber_ssubscribe(s, REDISC_STRS("shard"), NULL, NULL));
    must(redisc_subscriber_subscribe(s, REDISC_STRS("gone"), NULL, NULL));
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("gone")));
    for (int i = 0; i < 6; i++) {
        redisc_free(next_message());
    }
}

/* Everything that is wanted is confirmed again, in its order, and works. */
static void expect_all_kinds_again(seen *handled)
{
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "b", 2);
    expect_count(REDISC_MESSAGE_PSUBSCRIBE, "p*", 3);
    expect_count(REDISC_MESSAGE_SSUBSCRIBE, "shard", 1);
    expect_nothing(10);
    cr_assert_eq(publish("a", "x"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "x");
    cr_assert_eq(publish("pattern", "handled"), 1);
    expect_nothing(PATIENCE_MS);
    cr_assert_str_eq(handled->text, "pattern=handled");
    cr_assert_eq(publish("gone", "x"), 0);
}

TEST(all_is_subscribed_again_after_a_restart)
{
    seen handled = {0};
    subscribe_all_kinds(&handled);
    test_server_restart(server);
    expect_all_kinds_again(&handled);
    cr_assert_eq(statistics().losses, 1);
    cr_assert_eq(statistics().connections, 2);
}

TEST(all_is_subscribed_again_after_a_kill)
{
    seen handled = {0};
    subscribe_all_kinds(&handled);
    for (unsigned i = 1; i <= 3; i++) {
        kill_subscribers();
        publish("a", "lost");
        expect_all_kinds_again(&handled);
        cr_assert_eq(statistics().losses, i);
    }
}

TEST(what_came_before_the_loss_is_given)
{
    subscribe("a");
    redisc_free(next_message());
    publish("a", "1");
    publish("a", "2");
    cr_assert(readable(PATIENCE_MS));
    test_sleep_ms(20);
    kill_subscribers();
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "1");
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "2");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
}

TEST(polling_without_waiting_connects_again)
{
    subscribe("a");
    redisc_free(next_message());
    kill_subscribers();
    const redisc_message *message = NULL;
    int64_t patience = test_now_ms() + PATIENCE_MS;
    while (message == NULL) {
        must(redisc_subscriber_next(s, 0, &message));
        cr_assert_lt(test_now_ms(), patience);
    }
    cr_assert_eq(message->type, REDISC_MESSAGE_SUBSCRIBE);
    redisc_free(message);
    cr_assert_geq(redisc_subscriber_descriptor(s), 0);
}

TEST(changes_while_the_server_is_away)
{
    const redisc_message *message;
    must(redisc_subscriber_subscribe(s, REDISC_STRS("a", "b"), NULL, NULL));
    redisc_free(next_message());
    redisc_free(next_message());
    test_server_kill(server);
    int64_t begun = test_now_ms();
    redisc_status status = redisc_subscriber_next(s, 150, &message);
    cr_assert(redisc_is(status, REDISC_ERROR_CONNECTION), "%s", redisc_status_name(status));
    cr_assert_null(message);
    int64_t took = test_now_ms() - begun;
    cr_assert(took >= 149 && took < 600, "%lld ms", (long long)took);
    cr_assert_eq(redisc_subscriber_descriptor(s), -1);
    status = redisc_subscriber_subscribe(s, REDISC_STRS("c"), NULL, NULL);
    cr_assert(redisc_is(status, REDISC_ERROR_CONNECTION), "nobody to subscribe to");
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("a")));
    test_server_restart(server);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "b", 1);
    expect_nothing(20);
    test_server_kill(server);
    must(redisc_subscriber_unsubscribe(s, (redisc_str_list){0}));
    expect_nothing(20);
    cr_assert_not(redisc_subscriber_subscribed(s));
}

TEST(subscribing_mends_a_lost_connection)
{
    subscribe("a");
    redisc_free(next_message());
    kill_subscribers();
    for (int i = 0; i < 3; i++) {
        subscribe("b");
    }
    const redisc_message *message = NULL;
    bool a = false, b = false;
    while (!a || !b) {
        message = next_message();
        a = a || message->channel.data[0] == 'a';
        b = b || message->channel.data[0] == 'b';
        redisc_free(message);
    }
    cr_assert_eq(publish("a", "x") + publish("b", "y"), 2);
}

TEST(it_gives_up_when_told_to)
{
    const redisc_message *message;
    reopen(&(redisc_subscriber_options){.give_up_ms = 150, .wait_ms = 20, .max_wait_ms = 40});
    subscribe("a");
    redisc_free(next_message());
    test_server_kill(server);
    int64_t begun = test_now_ms();
    redisc_status status = redisc_subscriber_next(s, -1, &message);
    cr_assert(redisc_is(status, REDISC_ERROR_CONNECTION));
    cr_assert_geq(test_now_ms() - begun, 149);
    cr_assert_lt(test_now_ms() - begun, 1500);
    status = redisc_subscriber_listen(s, note, &(seen){0});
    cr_assert(redisc_is(status, REDISC_ERROR_CONNECTION));
    test_server_restart(server);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
}

TEST(a_refusal_to_connect_is_told_at_once)
{
    const redisc_message *message;
    subscribe("a");
    redisc_free(next_message());
    must(test_status(r, REDISC_STRS("ACL", "SETUSER", "default", "resetpass", ">secret")));
    kill_subscribers();
    redisc_status status = redisc_subscriber_next(s, -1, &message);
    cr_assert(redisc_is(status, REDISC_ERROR_CONNECTION), "%s", redisc_status_name(status));
    cr_assert(error_says("NOAUTH"), "%s", redisc_last_error()->text);
    must(test_status(r, REDISC_STRS("ACL", "SETUSER", "default", "nopass")));
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
}

/* Permissions: one name that is refused doesn't drag the others along. */
TEST(a_refused_name_is_told_and_dropped)
{
    redisc *client;
    const redisc_message *message;
    must(test_status(
        r, REDISC_STRS("ACL", "SETUSER", "bob", "on", ">pw", "+@all", "resetchannels", "&may:*")));
    must(redisc_open(test_server_url(server), &(redisc_options){.user = "bob", .password = "pw"},
                     &client));
    redisc_subscriber_close(s);
    must(redisc_subscriber_open(client, NULL, &s));
    must(redisc_subscriber_subscribe(s, REDISC_STRS("may:1", "never\n", "may:2"), NULL, NULL));
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "may:1", 1);
    cr_assert_eq(redisc_subscriber_next(s, PATIENCE_MS, &message), REDISC_ERROR_NOPERM);
    cr_assert(error_says("SUBSCRIBE never?: NOPERM"), "%s", redisc_last_error()->text);
    cr_assert_str_eq(redisc_last_error()->command, "SUBSCRIBE");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "may:2", 2);
    expect_nothing(10);
    cr_assert_eq(statistics().subscriptions, 2);
    must(redisc_subscriber_psubscribe(s, REDISC_STRS("*"), NULL, NULL));
    cr_assert_eq(redisc_subscriber_next(s, PATIENCE_MS, &message), REDISC_ERROR_NOPERM);
    cr_assert_eq(publish("may:1", "x"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "may:1", NULL, "x");
    kill_subscribers();
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "may:1", 1);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "may:2", 2);
    redisc_close(client);
}

/* Keepalive. */

TEST(a_silent_connection_is_asked_whether_it_lives)
{
    reopen(&(redisc_subscriber_options){.health_ms = 30});
    subscribe("a");
    redisc_free(next_message());
    expect_nothing(200);
    cr_assert_geq(statistics().pings, 3);
    cr_assert_leq(statistics().pings, 7);
    cr_assert_eq(statistics().losses, 0);
    must(redisc_subscriber_unsubscribe(s, REDISC_STRS("a")));
    expect_count(REDISC_MESSAGE_UNSUBSCRIBE, "a", 0);
    expect_nothing(100);
    cr_assert_eq(statistics().losses, 0, "not even with nothing subscribed");
    subscribe("a");
    publish_to(1, "a", "x");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "x");
}

TEST(one_that_does_not_answer_is_replaced)
{
    redisc *client;
    redisc_subscriber_close(s);
    must(redisc_open(test_server_url(server), &(redisc_options){.timeout_ms = 100}, &client));
    must(redisc_subscriber_open(client, &(redisc_subscriber_options){.health_ms = 50}, &s));
    subscribe("a");
    redisc_free(next_message());
    kill(test_server_process(server), SIGSTOP);
    const redisc_message *message;
    int64_t begun = test_now_ms();
    redisc_status status = redisc_subscriber_next(s, 400, &message);
    cr_assert(status == REDISC_ERROR_TIMEOUT || redisc_is(status, REDISC_ERROR_CONNECTION), "%s",
              redisc_status_name(status));
    cr_assert_lt(test_now_ms() - begun, 1500);
    cr_assert_eq(statistics().losses, 1);
    kill(test_server_process(server), SIGCONT);
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    redisc_close(client);
}

TEST(keepalive_can_be_turned_off)
{
    reopen(&(redisc_subscriber_options){.health_ms = -1});
    subscribe("a");
    redisc_free(next_message());
    expect_nothing(100);
    cr_assert_eq(statistics().pings, 0);
}

/* Who reads too slowly is cut off by the server; then it goes on, and can tell that it missed
 * something. */
TEST(a_reader_that_falls_behind_is_cut_off)
{
    enum { SIZE = 100 * 1024, COUNT = 200 };
    must(test_status(r,
                     REDISC_STRS("CONFIG", "SET", "client-output-buffer-limit", "pubsub 1mb 0 0")));
    char *data = malloc(SIZE + 1);
    cr_assert_not_null(data);
    memset(data, 'x', SIZE);
    data[SIZE] = '\0';
    subscribe("a");
    redisc_free(next_message());
    for (int i = 0; i < COUNT; i++) {
        publish("a", data);
    }
    free(data);
    int got = 0;
    const redisc_message *message = next_message();
    while (message->type == REDISC_MESSAGE_MESSAGE) {
        got++;
        redisc_free(message);
        message = next_message();
    }
    cr_assert_eq(message->type, REDISC_MESSAGE_SUBSCRIBE);
    redisc_free(message);
    cr_assert_lt(got, COUNT);
    cr_assert_eq(statistics().losses, 1);
    cr_assert_eq(publish("a", "again"), 1);
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "again");
}

/* A transport without a descriptor. */

static redisc_status open_plain(const redisc_options *options, void *context, int64_t timeout_ms,
                                void **transport)
{
    redisc_options copy = *options;
    (void)context;
    copy.transport = NULL;
    return redisc_transport_builtin(&copy)->open(&copy, NULL, timeout_ms, transport);
}

static ptrdiff_t read_plain(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    const redisc_options options = {.path = "x"};
    return redisc_transport_builtin(&options)->read(transport, bytes, size, timeout_ms);
}

static ptrdiff_t write_plain(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    const redisc_options options = {.path = "x"};
    return redisc_transport_builtin(&options)->write(transport, bytes, size, timeout_ms);
}

static void close_plain(void *transport)
{
    const redisc_options options = {.path = "x"};
    redisc_transport_builtin(&options)->close(transport);
}

TEST(a_transport_without_a_descriptor_will_do)
{
    static const redisc_transport_class plain = {.name = "plain",
                                                 .open = open_plain,
                                                 .read = read_plain,
                                                 .write = write_plain,
                                                 .close = close_plain};
    redisc *client;
    redisc_subscriber_close(s);
    must(redisc_open(test_server_url(server), &(redisc_options){.transport = &plain}, &client));
    must(redisc_subscriber_open(client, &(redisc_subscriber_options){.health_ms = 30}, &s));
    subscribe("a");
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    cr_assert_eq(redisc_subscriber_descriptor(s), -1);
    expect_nothing(150);
    cr_assert_geq(statistics().pings, 2);
    publish("a", "x");
    expect_data(REDISC_MESSAGE_MESSAGE, "a", NULL, "x");
    must(redisc_subscriber_wake(s));
    expect_nothing(-1);
    kill_subscribers();
    expect_count(REDISC_MESSAGE_SUBSCRIBE, "a", 1);
    redisc_close(client);
}
