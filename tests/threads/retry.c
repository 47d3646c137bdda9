/* SPDX-License-Identifier: MIT */
/* What is executed, and how often, while connections are cut and the server is killed: by what a
 * proxy has seen and what the server has in the end. Fit for ThreadSanitizer. */
#include "calls.h"
#include "plain.h"
#include "proxy.h"
#include "server.h"

#include <redisc/client.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 8, ROUNDS = 60, MOST_SENT = 3 };

typedef struct outcome {
    redisc_status status;
    redisc_delivery delivery;
} outcome;

typedef struct worker {
    redisc *client;
    int number;
    outcome outcomes[ROUNDS]; /* of its increments */
    pthread_t thread;
} worker;

/* A key is used for one increment only. The full stop ends it: t:1:1. is no part of t:1:11. */
static void write_key(char key[32], int number, int round)
{
    snprintf(key, 32, "t:%d:%d.", number, round);
}

/* A value tells whose it is. */
static void check_own_value(const worker *self, int round)
{
    char key[32], value[48];
    snprintf(key, sizeof key, "own:%d", self->number);
    snprintf(value, sizeof value, "worker %d round %d", self->number, round);
    const redisc_reply *reply;
    if (test_status(self->client, REDISC_STRS("SET", key, value)) == REDISC_OK &&
        redisc_call(self->client, REDISC_STRS("GET", key), &reply) == REDISC_OK) {
        redisc_str string = redisc_text(value);
        bool nil = reply->type == REDISC_REPLY_NIL; /* the server was restarted in between */
        PLAIN_ASSERT(nil || redisc_reply_string(reply, &string) == REDISC_OK);
        PLAIN_ASSERT(redisc_str_equal(string, redisc_text(value)));
        redisc_free(reply);
    }
}

static void *work(void *argument)
{
    worker *self = argument;
    for (int i = 0; i < ROUNDS; i++) {
        char key[32];
        write_key(key, self->number, i);
        const redisc_reply *reply = NULL;
        redisc_status status = redisc_call(self->client, REDISC_STRS("INCR", key), &reply);
        self->outcomes[i] =
            (outcome){status, status < 0 ? redisc_last_error()->delivery : REDISC_ANSWERED};
        int64_t number = 1;
        PLAIN_ASSERT(status < 0 || redisc_reply_integer(reply, &number) == REDISC_OK);
        PLAIN_ASSERT(number == 1);
        PLAIN_ASSERT(status == REDISC_OK || redisc_is(status, REDISC_ERROR_CONNECTION));
        redisc_free(reply);
        check_own_value(self, i);
    }
    return NULL;
}

typedef struct field {
    test_server *server;
    proxy *proxy;
    redisc *client;
    worker workers[WORKERS];
} field;

static void start(field *f)
{
    f->server = test_server_start(NULL);
    f->proxy = proxy_start(test_server_path(f->server));
    redisc_options options = {.host = "127.0.0.1",
                              .port = (uint16_t)proxy_port(f->proxy),
                              .timeout_ms = 20000,
                              .retry_max_wait_ms = 20};
    PLAIN_ASSERT(redisc_open(NULL, &options, &f->client) == REDISC_OK);
    for (int i = 0; i < WORKERS; i++) {
        f->workers[i].client = f->client;
        f->workers[i].number = i;
    }
}

static void begin_work(field *f)
{
    for (int i = 0; i < WORKERS; i++) {
        worker *w = &f->workers[i];
        PLAIN_ASSERT(pthread_create(&w->thread, NULL, work, w) == 0);
    }
}

static void end_work(field *f)
{
    for (int i = 0; i < WORKERS; i++) {
        PLAIN_ASSERT(pthread_join(f->workers[i].thread, NULL) == 0);
    }
}

static void stop(field *f)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(f->client), &stats);
    PLAIN_ASSERT(stats.in_use == 0 && stats.blocking == 0 && stats.waiting == 0);
    PLAIN_ASSERT(stats.opened - stats.closed == stats.idle);
    redisc_close(f->client);
    proxy_stop(f->proxy);
    test_server_stop(f->server);
    free(f);
}

/* What was passed to the server is never more than once what was called once. */
static void check_passed(field *f)
{
    for (int i = 0; i < WORKERS; i++) {
        for (int round = 0; round < ROUNDS; round++) {
            char key[32];
            write_key(key, i, round);
            unsigned passed = proxy_passed(f->proxy, key);
            outcome o = f->workers[i].outcomes[round];
            PLAIN_ASSERT(passed <= 1);
            PLAIN_ASSERT(o.status < 0 || passed == 1);
            PLAIN_ASSERT(o.delivery != REDISC_NOT_SENT || passed == 0);
        }
    }
}

static void an_increment_is_executed_at_most_once(void)
{
    field *f = calloc(1, sizeof *f);
    PLAIN_ASSERT(f != NULL);
    start(f);
    proxy_cut_within(f->proxy, 3000);
    begin_work(f);
    end_work(f);
    PLAIN_ASSERT(proxy_cuts(f->proxy) > 10);
    proxy_cut_within(f->proxy, 0);
    check_passed(f);
    redisc *direct;
    PLAIN_ASSERT(redisc_open(test_server_url(f->server), NULL, &direct) == REDISC_OK);
    int doubts = 0;
    for (int i = 0; i < WORKERS; i++) {
        for (int round = 0; round < ROUNDS; round++) {
            char key[32];
            write_key(key, i, round);
            outcome o = f->workers[i].outcomes[round];
            bool once = test_answers(direct, REDISC_STRS("GET", key), "1");
            bool never = !once && test_integer(direct, REDISC_STRS("EXISTS", key)) == 0;
            PLAIN_ASSERT(once || never);
            PLAIN_ASSERT(o.status < 0 || once);
            PLAIN_ASSERT(o.delivery != REDISC_NOT_SENT || never);
            doubts += o.delivery == REDISC_UNKNOWN;
        }
    }
    PLAIN_ASSERT(doubts > 0); /* else the cuts have shown nothing */
    redisc_close(direct);
    stop(f);
}

static void a_server_is_killed_and_restarted_under_load(void)
{
    field *f = calloc(1, sizeof *f);
    PLAIN_ASSERT(f != NULL);
    start(f);
    begin_work(f);
    for (int i = 0; i < 5; i++) {
        test_sleep_ms(20);
        test_server_kill(f->server);
        test_sleep_ms(20);
        test_server_restart(f->server);
    }
    end_work(f);
    check_passed(f);
    PLAIN_ASSERT(test_status(f->client, REDISC_STRS("PING")) == REDISC_OK);
    stop(f);
}

/* Reads come through, however often it takes; but no more often than is said. */
static void reads_are_repeated_within_limits(void)
{
    field *f = calloc(1, sizeof *f);
    PLAIN_ASSERT(f != NULL);
    start(f);
    proxy_cut_within(f->proxy, 400);
    for (int i = 0; i < 200; i++) {
        char key[32];
        write_key(key, 0, i);
        redisc_status status = test_status(f->client, REDISC_STRS("GET", key));
        PLAIN_ASSERT(status == REDISC_OK || redisc_is(status, REDISC_ERROR_CONNECTION));
        PLAIN_ASSERT(status == REDISC_OK || redisc_last_error()->tries <= 8);
        unsigned passed = proxy_passed(f->proxy, key);
        PLAIN_ASSERT(passed <= MOST_SENT);
        PLAIN_ASSERT(status != REDISC_OK || passed >= 1);
    }
    stop(f);
}

int main(int argc, char **argv)
{
    static const plain_test tests[] = {
        {"an_increment_is_executed_at_most_once", an_increment_is_executed_at_most_once},
        {"a_server_is_killed_and_restarted_under_load",
         a_server_is_killed_and_restarted_under_load},
        {"reads_are_repeated_within_limits", reads_are_repeated_within_limits},
    };
    return plain_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
