/* SPDX-License-Identifier: MIT */
/* Clients and pinned handles on a real server. */
#include "calls.h"
#include "server.h"

#include <redisc/alloc.h>
#include <redisc/client.h>

#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static test_server *server;

static void start(void)
{
    server = test_server_start(NULL);
}

static void stop(void)
{
    test_server_stop(server);
}

TestSuite(client, .init = start, .fini = stop, .timeout = 60);

static redisc *open_client(const redisc_options *options)
{
    redisc *client;
    cr_assert_eq(redisc_open(test_server_url(server), options, &client), REDISC_OK, "%s",
                 redisc_last_error()->text);
    return client;
}

static redisc *pin(redisc *client)
{
    redisc *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK, "%s", redisc_last_error()->text);
    return pinned;
}

static redisc_pool_stats stats_of(redisc *client)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    return stats;
}

Test(client, opens_without_a_server)
{
    redisc *client;
    cr_assert_eq(redisc_open("unix:///nonexistent/redis.sock", NULL, &client), REDISC_OK);
    cr_expect_eq(test_status(client, REDISC_STRS("GET", "x")), REDISC_ERROR_CONNECT);
    const redisc_error *error = redisc_last_error();
    cr_expect_eq(error->delivery, REDISC_NOT_SENT);
    cr_expect_eq(error->tries, 8);
    cr_expect_str_eq(error->command, "GET");
    cr_expect(strstr(error->text, "/nonexistent/redis.sock") != NULL, "%s", error->text);
    redisc_close(client);
}

Test(client, refuses_wrong_arguments)
{
    redisc *client = (redisc *)1;
    cr_expect_eq(redisc_open("nonsense", NULL, &client), REDISC_ERROR_URL);
    cr_expect_null(client);
    cr_expect_eq(redisc_open(NULL, NULL, NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_pin(NULL, &client), REDISC_ERROR_ARGUMENT);
    cr_expect_null(client);
    client = open_client(NULL);
    cr_expect_eq(redisc_pin(client, NULL), REDISC_ERROR_ARGUMENT);
    redisc_close(client);
    cr_expect_null(redisc_pool_of(NULL));
    redisc_close(NULL);
}

Test(client, works_over_tcp_and_unix_in_both_protocols)
{
    const char *urls[] = {test_server_url(server), test_server_tcp_url(server)};
    for (int i = 0; i < 4; i++) {
        redisc_options options = {.protocol =
                                      i / 2 == 0 ? REDISC_PROTOCOL_RESP2 : REDISC_PROTOCOL_RESP3};
        redisc *client;
        cr_assert_eq(redisc_open(urls[i % 2], &options, &client), REDISC_OK);
        cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), i + 1);
        redisc_close(client);
    }
}

Test(client, goes_on_after_the_server_was_restarted)
{
    redisc *client = open_client(&(redisc_options){.db = 5, .client_name = "phoenix"});
    cr_assert_eq(test_status(client, REDISC_STRS("SET", "k", "v")), REDISC_OK);
    test_server_kill(server);
    redisc_status status = test_status(client, REDISC_STRS("INCR", "n"));
    cr_expect(redisc_is(status, REDISC_ERROR_CONNECTION), "%s", redisc_status_name(status));
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    test_server_restart(server);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
    cr_expect(test_answers(client, REDISC_STRS("CLIENT", "GETNAME"), "phoenix"));
    redisc_close(client);
    client = open_client(NULL);
    cr_expect(test_answers(client, REDISC_STRS("GET", "n"), NULL), "not in the database asked for");
    redisc_close(client);
}

Test(client, reconnects_at_once_where_nothing_was_sent)
{
    redisc *client = open_client(NULL);
    for (int i = 1; i <= 20; i++) {
        cr_assert_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
        test_server_restart(server);
    }
    cr_expect_eq(stats_of(client).opened, 20);
    cr_expect_eq(stats_of(client).reconnects, 19);
    redisc_close(client);
}

Test(client, error_replies_leave_the_connection_alone)
{
    redisc *client = open_client(NULL);
    cr_assert_eq(test_status(client, REDISC_STRS("SET", "k", "text")), REDISC_OK);
    cr_expect_eq(test_status(client, REDISC_STRS("LPUSH", "k", "x")), REDISC_ERROR_WRONGTYPE);
    const redisc_error *error = redisc_last_error();
    cr_expect_eq(error->delivery, REDISC_ANSWERED);
    cr_expect_eq(error->tries, 1);
    cr_expect_str_eq(error->word, "WRONGTYPE");
    cr_expect_str_eq(error->command, "LPUSH");
    cr_expect(test_answers(client, REDISC_STRS("GET", "k"), "text"));
    cr_expect_eq(stats_of(client).opened, 1);
    redisc_close(client);
}

Test(client, a_late_reply_reaches_nobody)
{
    redisc *client = open_client(&(redisc_options){.timeout_ms = 60, .connect_timeout_ms = 5000});
    redisc *patient;
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.timeout_ms = 5000}, &patient),
                 REDISC_OK);
    cr_assert_eq(test_status(client, REDISC_STRS("SET", "late", "late")), REDISC_OK);
    cr_assert_eq(test_status(client, REDISC_STRS("SET", "k", "right")), REDISC_OK);
    cr_assert_eq(test_status(client, REDISC_STRS("CLIENT", "PAUSE", "300")), REDISC_OK);
    int64_t start_ms = test_now_ms();
    cr_expect_eq(test_status(client, REDISC_STRS("GET", "late")), REDISC_ERROR_TIMEOUT);
    int64_t took_ms = test_now_ms() - start_ms;
    cr_expect(took_ms >= 59 && took_ms < 250, "%lld ms", (long long)took_ms);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_last_error()->tries, 1);
    cr_expect(test_answers(patient, REDISC_STRS("GET", "k"), "right"));
    cr_expect_eq(stats_of(client).closed, 1);
    redisc_close(patient);
    redisc_close(client);
}

Test(client, a_derived_handle_may_be_closed_last)
{
    redisc *client = open_client(NULL), *derived, *again;
    cr_assert_eq(redisc_with(client, NULL, &derived), REDISC_OK);
    cr_expect_eq(redisc_pool_of(derived), redisc_pool_of(client));
    redisc_close(client);
    cr_assert_eq(redisc_with(derived, &(redisc_call_options){.timeout_ms = -1}, &again), REDISC_OK);
    redisc_close(derived);
    cr_expect_eq(test_integer(again, REDISC_STRS("INCR", "n")), 1);
    redisc_close(again);
}

Test(client, blocking_commands_may_wait_beyond_the_timeout)
{
    /* The server looks at its own time-outs ten times a second only. */
    redisc *client = open_client(&(redisc_options){.timeout_ms = 500});
    int64_t start_ms = test_now_ms();
    cr_expect_eq(test_status(client, REDISC_STRS("BLPOP", "none", "0.7")), REDISC_OK);
    int64_t took_ms = test_now_ms() - start_ms;
    cr_expect(took_ms >= 690 && took_ms < 5000, "%lld ms", (long long)took_ms);
    cr_expect_eq(test_status(client, REDISC_STRS("XREAD", "Block", "700", "STREAMS", "s", "$")),
                 REDISC_OK);
    cr_expect_eq(stats_of(client).opened, 1);
    redisc_close(client);
}

static void *push_later(void *client)
{
    test_sleep_ms(300);
    test_status(client, REDISC_STRS("RPUSH", "list", "x"));
    return NULL;
}

Test(client, a_command_may_block_for_ever)
{
    redisc *client = open_client(&(redisc_options){.timeout_ms = 100});
    pthread_t thread;
    pthread_create(&thread, NULL, push_later, client);
    const redisc_reply *reply;
    cr_assert_eq(redisc_call(client, REDISC_STRS("BLPOP", "list", "0"), &reply), REDISC_OK);
    cr_assert_eq(reply->type, REDISC_REPLY_ARRAY);
    cr_expect_eq(reply->as.list.count, 2);
    redisc_free(reply);
    pthread_join(thread, NULL);
    redisc_close(client);
}

Test(client, a_blocking_command_ends_if_the_server_hangs)
{
    redisc *client = open_client(&(redisc_options){.timeout_ms = 100});
    redisc *other = open_client(NULL);
    cr_assert_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK);
    cr_assert_eq(test_status(other, REDISC_STRS("CLIENT", "PAUSE", "1000")), REDISC_OK);
    int64_t start_ms = test_now_ms();
    cr_expect_eq(test_status(client, REDISC_STRS("BLPOP", "none", "0.1")), REDISC_ERROR_TIMEOUT);
    int64_t took_ms = test_now_ms() - start_ms;
    cr_expect(took_ms >= 199 && took_ms < 900, "%lld ms", (long long)took_ms);
    redisc_close(other);
    redisc_close(client);
}

Test(client, state_of_connections_is_for_pinned_handles)
{
    static const char *const refused[] = {"MULTI",   "watch", "SELECT", "Subscribe",
                                          "MONITOR", "hello", "AUTH"};
    redisc *client = open_client(NULL);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        cr_expect_eq(test_status(client, REDISC_STRS(refused[i], "1")), REDISC_ERROR_UNSUPPORTED,
                     "%s", refused[i]);
        cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    }
    cr_expect_eq(stats_of(client).opened, 0);
    redisc_close(client);
}

Test(client, a_changed_connection_is_not_pooled)
{
    redisc *client = open_client(NULL);
    redisc *pinned = pin(client);
    int64_t id = test_connection_id(pinned);
    cr_expect_eq(test_status(pinned, REDISC_STRS("MULTI")), REDISC_OK);
    cr_expect(test_answers(pinned, REDISC_STRS("INCR", "n"), "QUEUED"));
    redisc_close(pinned);
    cr_expect_eq(stats_of(client).idle, 0);
    cr_expect_eq(stats_of(client).errors, 0);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
    pinned = pin(client);
    cr_expect_gt(test_connection_id(pinned), id);
    id = test_connection_id(pinned);
    redisc_close(pinned);
    cr_expect_eq(test_connection_id(client), id, "an unchanged one is pooled again");
    redisc_close(client);
}

Test(client, a_transaction_runs_on_a_pinned_handle)
{
    redisc *client = open_client(NULL);
    redisc *pinned = pin(client);
    cr_assert_eq(test_status(pinned, REDISC_STRS("WATCH", "n")), REDISC_OK);
    cr_assert_eq(test_status(pinned, REDISC_STRS("MULTI")), REDISC_OK);
    cr_assert_eq(test_status(pinned, REDISC_STRS("INCR", "n")), REDISC_OK);
    cr_expect(test_answers(client, REDISC_STRS("GET", "n"), NULL), "not executed yet");
    const redisc_reply *reply;
    cr_assert_eq(redisc_call(pinned, REDISC_STRS("EXEC"), &reply), REDISC_OK);
    cr_assert_eq(reply->as.list.count, 1);
    cr_expect_eq(reply->as.list.items[0].as.integer, 1);
    redisc_free(reply);
    redisc_close(pinned);
    redisc_close(client);
}

Test(client, a_lost_pinned_connection_stays_lost)
{
    redisc *client = open_client(&(redisc_options){.max_connections = 1});
    redisc *pinned = pin(client), *derived;
    cr_assert_eq(redisc_with(pinned, &(redisc_call_options){.timeout_ms = 1000}, &derived),
                 REDISC_OK);
    cr_expect_eq(test_connection_id(pinned), test_connection_id(derived));
    test_server_restart(server);
    redisc_status first = test_status(derived, REDISC_STRS("INCR", "n"));
    cr_expect_eq(first, REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->tries, 1);
    cr_expect_eq(test_status(pinned, REDISC_STRS("INCR", "n")), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    redisc_close(derived);
    cr_expect_eq(stats_of(client).in_use, 1);
    redisc_close(pinned);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
    redisc_close(client);
}

Test(client, streams_are_refused_even_when_pinned)
{
    redisc *client = open_client(NULL);
    redisc *pinned = pin(client);
    cr_expect_eq(test_status(pinned, REDISC_STRS("SUBSCRIBE", "news")), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(test_status(pinned, REDISC_STRS("monitor")), REDISC_ERROR_UNSUPPORTED);
    cr_expect(test_answers(pinned, REDISC_STRS("PING"), "PONG"));
    redisc_close(pinned);
    redisc_close(client);
}

static char *filled(size_t len, unsigned seed)
{
    char *bytes = malloc(len);
    cr_assert_not_null(bytes);
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1103515245 + 12345;
        bytes[i] = (char)(seed >> 16);
    }
    return bytes;
}

Test(client, large_values_go_and_come_unharmed)
{
    redisc *client = open_client(NULL);
    static const size_t sizes[] = {0, 16383, 16384, 16385, 100000, 3000000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *bytes = filled(sizes[i] + 1, (unsigned)i);
        redisc_str value = redisc_bytes(bytes, sizes[i]), text;
        const redisc_reply *reply;
        cr_assert_eq(test_status(client, REDISC_STRS("SET", "k", value)), REDISC_OK);
        cr_assert_eq(redisc_call(client, REDISC_STRS("GET", "k"), &reply), REDISC_OK);
        cr_assert_eq(redisc_reply_string(reply, &text), REDISC_OK);
        cr_expect(redisc_str_equal(text, value), "%zu bytes", sizes[i]);
        redisc_free(reply);
        free(bytes);
    }
    cr_expect_eq(stats_of(client).opened, 1);
    redisc_close(client);
}

/* The server closes a connection right after its last reply: over TCP nothing but a look tells. */
Test(client, a_write_right_after_its_connection_was_killed)
{
    redisc *client = NULL;
    redisc *other = NULL;
    cr_assert_eq(redisc_open(test_server_tcp_url(server), NULL, &client), REDISC_OK);
    cr_assert_eq(redisc_open(test_server_tcp_url(server), NULL, &other), REDISC_OK);
    for (int i = 1; i <= 50; i++) {
        char id[32];
        snprintf(id, sizeof id, "%lld", (long long)test_connection_id(client));
        const redisc_reply *killed;
        cr_assert_eq(REDISC_CALL(other, &killed, "CLIENT", "KILL", "ID", id), REDISC_OK);
        redisc_free(killed);
        cr_assert_eq(test_integer(client, REDISC_STRS("INCR", "n")), i);
    }
    redisc_close(other);
    redisc_close(client);
}
