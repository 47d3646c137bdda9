/* SPDX-License-Identifier: MIT */
#include "calls.h"
#include "server.h"

#include <redisc/client.h>

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

TestSuite(pool, .init = start, .fini = stop, .timeout = 60);

static redisc_pool *open_pool(const redisc_options *options)
{
    redisc_pool *pool;
    cr_assert_eq(redisc_pool_open(test_server_url(server), options, &pool), REDISC_OK, "%s",
                 redisc_last_error()->text);
    return pool;
}

static redisc *open_client(redisc_pool *pool)
{
    redisc *client;
    cr_assert_eq(redisc_open_pool(pool, &client), REDISC_OK);
    return client;
}

static redisc *pin(redisc *client)
{
    redisc *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK, "%s", redisc_last_error()->text);
    return pinned;
}

static redisc_pool_stats stats_of(redisc_pool *pool)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(pool, &stats);
    return stats;
}

Test(pool, connects_only_when_needed_and_reuses)
{
    redisc_pool *pool = open_pool(NULL);
    redisc *client = open_client(pool);
    cr_expect_eq(stats_of(pool).opened, 0);
    for (int i = 1; i <= 100; i++) {
        cr_assert_eq(test_integer(client, REDISC_STRS("INCR", "n")), i);
    }
    redisc_pool_stats stats = stats_of(pool);
    cr_expect_eq(stats.opened, 1);
    cr_expect_eq(stats.idle, 1);
    cr_expect_eq(stats.in_use, 0);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, the_last_one_given_back_is_taken_first)
{
    redisc_pool *pool = open_pool(NULL);
    redisc *client = open_client(pool);
    redisc *a = pin(client), *b = pin(client), *c = pin(client);
    int64_t a_id = test_connection_id(a), b_id = test_connection_id(b);
    redisc_close(c);
    redisc_close(a);
    redisc_close(b);
    cr_expect_eq(stats_of(pool).idle, 3);
    redisc *first = pin(client), *second = pin(client);
    cr_expect_eq(test_connection_id(first), b_id);
    cr_expect_eq(test_connection_id(second), a_id);
    redisc_close(first);
    redisc_close(second);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, refuses_more_than_the_maximum)
{
    redisc_pool *pool = open_pool(&(redisc_options){.max_connections = 2});
    redisc *client = open_client(pool);
    redisc *a = pin(client), *b = pin(client), *c;
    cr_assert_eq(redisc_pin(client, &c), REDISC_ERROR_POOL_EXHAUSTED);
    cr_expect_null(c);
    cr_expect(strstr(redisc_last_error()->text, "too many connections") != NULL);
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_ERROR_POOL_EXHAUSTED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_expect_str_eq(redisc_last_error()->command, "PING");
    redisc_close(a);
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK);
    redisc_close(b);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, waiting_ends_at_the_pools_limit)
{
    redisc_pool *pool =
        open_pool(&(redisc_options){.max_connections = 1, .pool_blocks = true, .pool_wait_ms = 50});
    redisc *client = open_client(pool);
    redisc *a = pin(client), *b;
    int64_t start_ms = test_now_ms();
    cr_assert_eq(redisc_pin(client, &b), REDISC_ERROR_POOL_TIMEOUT);
    int64_t took_ms = test_now_ms() - start_ms;
    cr_expect(took_ms >= 49 && took_ms < 2000, "%lld ms", (long long)took_ms);
    cr_expect(strstr(redisc_last_error()->text, "no connection available") != NULL);
    cr_expect(redisc_is(REDISC_ERROR_POOL_TIMEOUT, REDISC_ERROR_CONNECTION));
    redisc_pool_stats stats = stats_of(pool);
    cr_expect_eq(stats.waits, 1);
    cr_expect_eq(stats.timeouts, 1);
    cr_expect_eq(stats.waiting, 0);
    cr_expect_geq(stats.wait_ms, 49);
    redisc_close(a);
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, waiting_ends_at_the_deadline_of_the_call)
{
    redisc_pool *pool = open_pool(&(redisc_options){
        .max_connections = 1, .pool_blocks = true, .pool_wait_ms = -1, .timeout_ms = 50});
    redisc *client = open_client(pool);
    redisc *a = pin(client);
    int64_t start_ms = test_now_ms();
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_ERROR_POOL_TIMEOUT);
    cr_expect_lt(test_now_ms() - start_ms, 2000);
    redisc_close(a);
    redisc_close(client);
    redisc_pool_close(pool);
}

enum { WAITERS = 6 };

static pthread_mutex_t order_lock = PTHREAD_MUTEX_INITIALIZER;
static int order[WAITERS];
static int served;

typedef struct waiter {
    redisc *client;
    int number;
    pthread_t thread;
} waiter;

static void *take_and_note(void *argument)
{
    waiter *self = argument;
    redisc *pinned = NULL;
    if (redisc_pin(self->client, &pinned) == REDISC_OK) {
        pthread_mutex_lock(&order_lock);
        order[served++] = self->number;
        pthread_mutex_unlock(&order_lock);
        redisc_close(pinned);
    }
    return NULL;
}

static void wait_until_waiting(redisc_pool *pool, uint32_t count)
{
    for (int i = 0; i < 5000 && stats_of(pool).waiting < count; i++) {
        test_sleep_ms(1);
    }
    cr_assert_eq(stats_of(pool).waiting, count);
}

static void start_waiters(redisc_pool *pool, redisc *client, waiter *waiters)
{
    for (int i = 0; i < WAITERS; i++) {
        waiters[i] = (waiter){.client = client, .number = i};
        pthread_create(&waiters[i].thread, NULL, take_and_note, &waiters[i]);
        wait_until_waiting(pool, (uint32_t)i + 1);
    }
}

static void check_order(const waiter *waiters)
{
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(waiters[i].thread, NULL);
    }
    cr_assert_eq(served, WAITERS);
    for (int i = 0; i < WAITERS; i++) {
        cr_expect_eq(order[i], i);
    }
}

Test(pool, serves_those_who_wait_in_their_order)
{
    redisc_pool *pool = open_pool(
        &(redisc_options){.max_connections = 1, .pool_blocks = true, .timeout_ms = 30000});
    redisc *client = open_client(pool);
    redisc *held = pin(client);
    waiter waiters[WAITERS];
    start_waiters(pool, client, waiters);
    redisc_close(held);
    check_order(waiters);
    cr_expect_eq(stats_of(pool).opened, 1);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, a_closed_connection_hands_its_place_on)
{
    redisc_pool *pool = open_pool(
        &(redisc_options){.max_connections = 1, .pool_blocks = true, .timeout_ms = 30000});
    redisc *client = open_client(pool);
    redisc *held = pin(client);
    cr_assert_eq(test_status(held, REDISC_STRS("MULTI")), REDISC_OK);
    waiter waiters[WAITERS];
    start_waiters(pool, client, waiters);
    redisc_close(held); /* in a transaction: not fit for another */
    check_order(waiters);
    redisc_pool_stats stats = stats_of(pool);
    cr_expect_eq(stats.opened, 2);
    cr_expect_eq(stats.closed, 1);
    cr_expect_eq(stats.idle, 1);
    cr_expect_eq(stats.waits, WAITERS);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, disconnect_closes_idle_ones_now_and_used_ones_later)
{
    redisc_pool *pool = open_pool(NULL);
    redisc *client = open_client(pool);
    redisc *used = pin(client), *other = pin(client);
    int64_t id = test_connection_id(used);
    redisc_close(other);
    redisc_pool_disconnect(pool);
    redisc_pool_stats stats = stats_of(pool);
    cr_expect_eq(stats.idle, 0);
    cr_expect_eq(stats.in_use, 1);
    cr_expect_eq(stats.closed, 1);
    cr_expect_eq(test_connection_id(used), id);
    redisc_close(used);
    stats = stats_of(pool);
    cr_expect_eq(stats.in_use, 0);
    cr_expect_eq(stats.idle, 0);
    cr_expect_eq(stats.closed, 2);
    cr_expect_gt(test_connection_id(client), id);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, notices_idle_connections_that_died)
{
    /* Over TCP: there a dead connection takes a command as if all were well. */
    redisc_pool *pool;
    cr_assert_eq(redisc_pool_open(test_server_tcp_url(server), NULL, &pool), REDISC_OK);
    redisc *client = open_client(pool);
    redisc *a = pin(client), *b = pin(client), *c = pin(client);
    redisc_close(a);
    redisc_close(b);
    redisc_close(c);
    cr_assert_eq(stats_of(pool).idle, 3);
    test_server_restart(server);
    test_sleep_ms(20);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
    redisc_pool_stats stats = stats_of(pool);
    cr_expect_eq(stats.opened, 4);
    cr_expect_eq(stats.closed, 3);
    cr_expect_eq(stats.reconnects, 1);
    cr_expect_eq(stats.errors, 3);
    cr_expect_eq(stats.idle, 1);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, failed_connects_give_their_place_back)
{
    redisc_pool *pool = open_pool(&(redisc_options){.max_connections = 1, .max_tries = 1});
    redisc *client = open_client(pool);
    test_server_kill(server);
    for (int i = 0; i < 3; i++) {
        redisc_status status = test_status(client, REDISC_STRS("PING"));
        cr_expect(redisc_is(status, REDISC_ERROR_CONNECTION));
        cr_expect_neq(status, REDISC_ERROR_POOL_EXHAUSTED);
    }
    cr_expect_eq(stats_of(pool).errors, 3);
    cr_expect_eq(stats_of(pool).in_use, 0);
    test_server_restart(server);
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, lives_as_long_as_its_last_user)
{
    redisc_pool *pool = open_pool(NULL);
    redisc *one = open_client(pool), *other = open_client(pool);
    cr_expect_eq(redisc_pool_of(one), pool);
    redisc_pool_close(pool);
    cr_expect_eq(test_integer(one, REDISC_STRS("INCR", "n")), 1);
    redisc_close(one);
    cr_expect_eq(test_integer(other, REDISC_STRS("INCR", "n")), 2);
    cr_expect_eq(stats_of(redisc_pool_of(other)).opened, 1);
    redisc *pinned = pin(other);
    redisc_close(other);
    cr_expect_eq(test_integer(pinned, REDISC_STRS("INCR", "n")), 3);
    redisc_close(pinned);
    redisc_pool_close(NULL);
}

static void check_description(const char *url, const redisc_options *options, const char *expected)
{
    redisc_pool *pool;
    cr_assert_eq(redisc_pool_open(url, options, &pool), REDISC_OK, "%s", redisc_last_error()->text);
    char text[256];
    cr_expect_eq(redisc_pool_describe(pool, text, sizeof text), strlen(expected));
    cr_expect_str_eq(text, expected);
    redisc_pool_close(pool);
}

Test(pool, describes_itself_without_secrets)
{
    check_description("redis://ann:secret@example.org:7000/3", NULL,
                      "pool of example.org:7000 db 3, 0 idle, 0 in use, no limit");
    check_description("redis://:secret@[::1]/", &(redisc_options){.max_connections = 7},
                      "pool of [::1]:6379 db 0, 0 idle, 0 in use, at most 7");
    check_description("unix://:secret@/run/x.sock", &(redisc_options){.pool_blocks = true},
                      "pool of unix:/run/x.sock db 0, 0 idle, 0 in use, at most 50");
}

Test(pool, description_counts_and_is_cut_like_snprintf)
{
    redisc_pool *pool = open_pool(&(redisc_options){.max_connections = 9});
    redisc *client = open_client(pool);
    redisc *a = pin(client), *b = pin(client);
    redisc_close(a);
    char expected[256], text[256], cut[8];
    size_t len = (size_t)snprintf(expected, sizeof expected,
                                  "pool of unix:%s db 0, 1 idle, 1 in use, at most 9",
                                  test_server_path(server));
    cr_expect_eq(redisc_pool_describe(pool, text, sizeof text), len);
    cr_expect_str_eq(text, expected);
    cr_expect_eq(redisc_pool_describe(pool, cut, sizeof cut), len);
    cr_expect_str_eq(cut, "pool of");
    cr_expect_eq(redisc_pool_describe(pool, NULL, 0), len);
    redisc_close(b);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, open_refuses_what_is_wrong)
{
    redisc_pool *pool = (redisc_pool *)1;
    cr_expect_eq(redisc_pool_open("http://x", NULL, &pool), REDISC_ERROR_URL);
    cr_expect_null(pool);
    cr_expect_eq(redisc_pool_open(NULL, NULL, NULL), REDISC_ERROR_ARGUMENT);
    redisc *client = (redisc *)1;
    cr_expect_eq(redisc_open_pool(NULL, &client), REDISC_ERROR_ARGUMENT);
    cr_expect_null(client);
}

Test(pool, no_pool_is_no_crash)
{
    redisc_pool_stats stats;
    memset(&stats, 1, sizeof stats);
    redisc_pool_statistics(NULL, &stats);
    cr_expect_eq(stats.opened, 0);
    cr_expect_eq(stats.max_connections, 0);
    char text[8];
    cr_expect_eq(redisc_pool_describe(NULL, text, sizeof text), strlen("no pool"));
    cr_expect_str_eq(text, "no pool");
    redisc_pool_disconnect(NULL);
    redisc_pool_close(NULL);
    redisc_pool *pool = open_pool(NULL);
    redisc_pool_statistics(pool, NULL);
    redisc_pool_close(pool);
}

/* More than the time within which connections aren't looked at, and than max_idle_ms below. */
static void idle_for_a_while(void)
{
    test_sleep_ms(60);
}

Test(pool, replaces_what_was_idle_too_long_without_calling_it_lost)
{
    redisc_pool *pool = open_pool(&(redisc_options){.max_idle_ms = 20});
    redisc *client = open_client(pool);
    redisc *pinned = pin(client);
    int64_t first = test_connection_id(pinned);
    int64_t second = test_connection_id(client); /* two idle ones: both are too old afterwards */
    redisc_close(pinned);
    idle_for_a_while();
    int64_t third = test_connection_id(client);
    cr_expect_neq(third, first);
    cr_expect_neq(third, second);
    redisc_pool_stats stats = stats_of(pool);
    cr_expect_eq(stats.opened, 3);
    cr_expect_eq(stats.closed, 2);
    cr_expect_eq(stats.errors, 0);
    cr_expect_eq(stats.reconnects, 0);
    cr_expect_eq(stats.idle, 1);
    cr_expect_eq(stats.in_use, 0);
    redisc_close(client);
    redisc_pool_close(pool);
}

static void expect_kept(int64_t max_idle_ms)
{
    redisc_pool *pool = open_pool(&(redisc_options){.max_idle_ms = max_idle_ms});
    redisc *client = open_client(pool);
    int64_t first = test_connection_id(client);
    idle_for_a_while();
    cr_expect_eq(test_connection_id(client), first);
    redisc_close(client);
    redisc_pool_close(pool);
}

Test(pool, keeps_idle_connections_within_their_time)
{
    expect_kept(0);
    expect_kept(-1);
    expect_kept(INT64_MAX);
}
