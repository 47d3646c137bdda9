/* SPDX-License-Identifier: MIT */
/* Commands that wait on the server, and those that must not wait for them. */
#include "calls.h"
#include "server.h"

#include <redisc/client.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
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

TestSuite(blocking_places, .init = start, .fini = stop, .timeout = 60);

static redisc *open_client(redisc_options options)
{
    redisc *client;
    cr_assert_eq(redisc_open(test_server_url(server), &options, &client), REDISC_OK, "%s",
                 redisc_last_error()->text);
    return client;
}

static redisc_pool_stats stats_of(redisc *client)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    return stats;
}

/* One that pops from a list of its own, for ever if need be. */
typedef struct popper {
    redisc *client;
    char key[16];
    redisc_status status;
    pthread_t thread;
} popper;

static void *pop(void *argument)
{
    popper *self = argument;
    self->status = test_status(self->client, REDISC_STRS("BLPOP", (const char *)self->key, "0"));
    return NULL;
}

static void begin_to_pop(popper *self, redisc *client, int number)
{
    self->client = client;
    snprintf(self->key, sizeof self->key, "list%d", number);
    cr_assert_eq(pthread_create(&self->thread, NULL, pop, self), 0);
}

static void await_blocking(redisc *client, unsigned count)
{
    while (stats_of(client).blocking < count) {
        test_sleep_ms(1);
    }
}

/* Until the server holds a command back: counted as blocking it is already while it connects. */
static void await_blocked(redisc *client)
{
    for (bool blocked = false; !blocked;) {
        const redisc_reply *reply;
        cr_assert_eq(REDISC_CALL(client, &reply, "INFO", "clients"), REDISC_OK);
        redisc_str text;
        cr_assert_eq(redisc_reply_string(reply, &text), REDISC_OK);
        blocked = strstr(text.data, "blocked_clients:0") == NULL;
        redisc_free(reply);
        test_sleep_ms(1);
    }
}

/* One connection for all but them, and any number of them besides. */
Test(blocking_places, do_not_starve_others)
{
    enum { POPPERS = 8 };
    popper poppers[POPPERS];
    redisc *client = open_client((redisc_options){.max_connections = 1, .max_blocking = POPPERS});
    for (int i = 0; i < POPPERS; i++) {
        begin_to_pop(&poppers[i], client, i);
    }
    await_blocking(client, POPPERS);
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK, "%s",
                 redisc_last_error()->text);
    redisc_pool_stats stats = stats_of(client);
    cr_expect_eq(stats.in_use, 0);
    cr_expect_eq(stats.blocking, POPPERS);
    cr_expect_eq(stats.max_blocking, POPPERS);
    for (int i = 0; i < POPPERS; i++) {
        cr_expect_eq(test_integer(client, REDISC_STRS("LPUSH", (const char *)poppers[i].key, "x")),
                     1);
        pthread_join(poppers[i].thread, NULL);
        cr_expect_eq(poppers[i].status, REDISC_OK);
    }
    /* They came back to be idle as far as there is room. */
    stats = stats_of(client);
    cr_expect_eq(stats.blocking, 0);
    cr_expect_eq(stats.idle, 1);
    cr_expect_eq(stats.opened - stats.closed, 1);
    redisc_close(client);
}

Test(blocking_places, are_limited)
{
    popper one;
    redisc *client = open_client((redisc_options){.max_connections = 3, .max_blocking = 1});
    begin_to_pop(&one, client, 1);
    await_blocking(client, 1);
    cr_expect_eq(test_status(client, REDISC_STRS("BLPOP", "other", "1")),
                 REDISC_ERROR_POOL_EXHAUSTED);
    cr_expect_str_eq(redisc_last_error()->text,
                     "too many connections: all 1 for blocking commands are in use");
    cr_expect_eq(test_integer(client, REDISC_STRS("LPUSH", "list1", "x")), 1);
    pthread_join(one.thread, NULL);
    cr_expect_eq(test_status(client, REDISC_STRS("BLPOP", "other", "0.01")), REDISC_OK);
    redisc_close(client);
}

/* In a pool that waits the next one has its turn, with the connection of the one before. */
Test(blocking_places, are_handed_on)
{
    popper poppers[2];
    redisc *client = open_client((redisc_options){.max_connections = 1,
                                                  .max_blocking = 1,
                                                  .pool_blocks = true,
                                                  .pool_wait_ms = 30000,
                                                  .timeout_ms = 30000});
    begin_to_pop(&poppers[0], client, 0);
    await_blocking(client, 1);
    begin_to_pop(&poppers[1], client, 1);
    while (stats_of(client).waiting == 0) {
        test_sleep_ms(1);
    }
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(test_integer(client, REDISC_STRS("LPUSH", (const char *)poppers[i].key, "x")),
                     1);
        pthread_join(poppers[i].thread, NULL);
        cr_expect_eq(poppers[i].status, REDISC_OK);
    }
    cr_expect_eq(stats_of(client).opened, 2);
    redisc_close(client);
}

/* Even BLPOP key 0 waits no longer than the time-out for a connection. */
Test(blocking_places, waiting_for_one_has_a_deadline)
{
    popper one;
    redisc *client = open_client((redisc_options){
        .max_connections = 1, .max_blocking = 1, .pool_blocks = true, .timeout_ms = 100});
    begin_to_pop(&one, client, 1);
    await_blocking(client, 1);
    int64_t start_ms = test_now_ms();
    cr_expect_eq(test_status(client, REDISC_STRS("BLPOP", "other", "0")),
                 REDISC_ERROR_POOL_TIMEOUT);
    cr_expect_lt(test_now_ms() - start_ms, 3000);
    cr_expect_eq(test_integer(client, REDISC_STRS("LPUSH", "list1", "x")), 1);
    pthread_join(one.thread, NULL);
    redisc_close(client);
}

Test(blocking_places, a_killed_one_gives_its_place_back)
{
    popper one;
    redisc *client = open_client((redisc_options){.max_connections = 1, .max_blocking = 1});
    begin_to_pop(&one, client, 1);
    await_blocked(client);
    while (test_integer(client, REDISC_STRS("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")) <
           1) {
        test_sleep_ms(1);
    }
    pthread_join(one.thread, NULL);
    cr_expect_eq(one.status, REDISC_ERROR_CLOSED);
    cr_expect_eq(stats_of(client).blocking, 0);
    cr_expect_eq(test_status(client, REDISC_STRS("BLPOP", "other", "0.01")), REDISC_OK);
    redisc_close(client);
}

static void *execute(void *argument)
{
    popper *self = argument;
    redisc *pipe = redisc_pipeline(self->client, &(redisc_pipeline_options){.plain = true});
    redisc_call(pipe, REDISC_STRS("BLPOP", (const char *)self->key, "0"), NULL);
    self->status = redisc_execute(pipe);
    redisc_close(pipe);
    return NULL;
}

Test(blocking_places, of_a_pipeline)
{
    popper one = {.key = "list1"};
    one.client = open_client((redisc_options){.max_connections = 1});
    cr_assert_eq(pthread_create(&one.thread, NULL, execute, &one), 0);
    await_blocking(one.client, 1);
    cr_expect_eq(test_integer(one.client, REDISC_STRS("LPUSH", "list1", "x")), 1);
    pthread_join(one.thread, NULL);
    cr_expect_eq(one.status, REDISC_OK);
    redisc_close(one.client);
}
