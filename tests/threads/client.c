/* SPDX-License-Identifier: MIT */
/* Many threads on one client: fit for ThreadSanitizer. */
#include "calls.h"
#include "plain.h"
#include "server.h"

#include <redisc/alloc.h>
#include <redisc/callback.h>
#include <redisc/client.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_THREADS = 64 };

typedef struct worker {
    redisc *client;
    int number;
    int rounds;
    int64_t acknowledged; /* increments */
    int64_t unknown;      /* increments that may have been executed */
    pthread_t thread;
} worker;

static void start_all(worker *workers, int count, redisc *client, int rounds,
                      void *(*run)(void *worker))
{
    for (int i = 0; i < count; i++) {
        workers[i] = (worker){.client = client, .number = i, .rounds = rounds};
        PLAIN_ASSERT(pthread_create(&workers[i].thread, NULL, run, &workers[i]) == 0);
    }
}

static void join_all(worker *workers, int count)
{
    for (int i = 0; i < count; i++) {
        PLAIN_ASSERT(pthread_join(workers[i].thread, NULL) == 0);
    }
}

static redisc *open_client(test_server *server, const redisc_options *options)
{
    redisc *client;
    PLAIN_ASSERT(redisc_open(test_server_url(server), options, &client) == REDISC_OK);
    return client;
}

/* Each value carries the mark of its thread and round: a reply that belongs to another call can't
 * pass. */
static void *set_and_get(void *argument)
{
    worker *self = argument;
    for (int i = 0; i < self->rounds; i++) {
        char key[32], value[64];
        snprintf(key, sizeof key, "key:%d", self->number);
        snprintf(value, sizeof value, "thread %d round %d", self->number, i);
        PLAIN_ASSERT(test_answers(self->client, REDISC_STRS("SET", key, value), "OK"));
        PLAIN_ASSERT(test_answers(self->client, REDISC_STRS("GET", key), value));
        PLAIN_ASSERT(test_integer(self->client, REDISC_STRS("INCR", "count")) > 0);
        PLAIN_ASSERT(test_status(self->client, REDISC_STRS("LPUSH", key, "x")) ==
                     REDISC_ERROR_WRONGTYPE);
        PLAIN_ASSERT(strcmp(redisc_last_error()->command, "LPUSH") == 0);
    }
    return NULL;
}

static redisc_pool_stats run_threads(int count, int rounds, const redisc_options *options)
{
    static worker workers[MOST_THREADS];
    test_server *server = test_server_start(NULL);
    redisc *client = open_client(server, options);
    redisc_pool_stats stats;
    start_all(workers, count, client, rounds, set_and_get);
    join_all(workers, count);
    PLAIN_ASSERT(test_integer(client, REDISC_STRS("INCR", "count")) == count * rounds + 1);
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    redisc_close(client);
    test_server_stop(server);
    PLAIN_ASSERT(stats.in_use == 0 && stats.waiting == 0 && stats.errors == 0);
    PLAIN_ASSERT(stats.idle == stats.opened && stats.closed == 0);
    return stats;
}

static void eight_threads(void)
{
    redisc_pool_stats stats = run_threads(8, 500, NULL);
    PLAIN_ASSERT(stats.opened <= 8);
}

static void sixty_four_threads(void)
{
    redisc_pool_stats stats = run_threads(64, 60, NULL);
    PLAIN_ASSERT(stats.opened <= 64);
}

static void sixty_four_threads_share_four_connections(void)
{
    redisc_pool_stats stats = run_threads(
        64, 60,
        &(redisc_options){
            .max_connections = 4, .pool_blocks = true, .pool_wait_ms = -1, .timeout_ms = 60000});
    PLAIN_ASSERT(stats.opened <= 4);
    PLAIN_ASSERT(stats.waits > 0 && stats.timeouts == 0);
}

static atomic_bool enough;

static void *increment_until_enough(void *argument)
{
    worker *self = argument;
    while (!atomic_load(&enough)) {
        if (test_integer(self->client, REDISC_STRS("INCR", "count")) != TEST_NO_INTEGER) {
            self->acknowledged++;
        } else {
            PLAIN_ASSERT(redisc_is(redisc_last_error()->status, REDISC_ERROR_CONNECTION));
            PLAIN_ASSERT(redisc_last_error()->delivery != REDISC_ANSWERED);
            self->unknown += redisc_last_error()->delivery == REDISC_UNKNOWN;
        }
    }
    return NULL;
}

/* Connections die under the threads: what was acknowledged was executed once, and each call whose
 * outcome is unknown accounts for one more at most. */
static void connections_are_cut_under_load(void)
{
    enum { THREADS = 8, CUTS = 40 };
    static worker workers[THREADS];
    test_server *server = test_server_start(NULL);
    redisc *client = open_client(server, NULL);
    redisc *other = open_client(server, NULL);
    atomic_store(&enough, false);
    start_all(workers, THREADS, client, 0, increment_until_enough);
    for (int i = 0; i < CUTS; i++) {
        test_sleep_ms(10);
        PLAIN_ASSERT(test_integer(other, REDISC_STRS("CLIENT", "KILL", "TYPE", "normal", "SKIPME",
                                                     "yes")) >= 0);
        redisc_pool_disconnect(redisc_pool_of(client));
    }
    atomic_store(&enough, true);
    join_all(workers, THREADS);
    int64_t acknowledged = 0, unknown = 0;
    for (int i = 0; i < THREADS; i++) {
        acknowledged += workers[i].acknowledged;
        unknown += workers[i].unknown;
    }
    int64_t executed = test_integer(other, REDISC_STRS("INCR", "count")) - 1;
    PLAIN_ASSERT(acknowledged > 0 && executed > 0);
    PLAIN_ASSERT(executed >= acknowledged && executed <= acknowledged + unknown);
    redisc_close(other);
    redisc_close(client);
    test_server_stop(server);
}

static redisc_status note_context(const redisc_callback_call *call, const redisc_reply *reply,
                                  void **result)
{
    (void)reply;
    *result = call->context;
    return REDISC_OK;
}

/* Sets callbacks while others use them: the result is always one of those that were set. */
static void *set_and_use_callbacks(void *argument)
{
    static int marks[2];
    worker *self = argument;
    for (int i = 0; i < self->rounds; i++) {
        int *result = NULL;
        void *mark = &marks[i % 2];
        PLAIN_ASSERT(redisc_set_callback(self->client, "PING", note_context, mark) == REDISC_OK);
        PLAIN_ASSERT(redisc_set_default_callback("PING", note_context, mark) == REDISC_OK);
        PLAIN_ASSERT(redisc_call_as(self->client, REDISC_STRS("PING"), NULL, (void **)&result) ==
                     REDISC_OK);
        PLAIN_ASSERT(result == &marks[0] || result == &marks[1]);
    }
    return NULL;
}

static void callbacks_change_while_used(void)
{
    enum { THREADS = 8 };
    static worker workers[THREADS];
    test_server *server = test_server_start(NULL);
    redisc *client = open_client(server, NULL);
    start_all(workers, THREADS, client, 100, set_and_use_callbacks);
    join_all(workers, THREADS);
    PLAIN_ASSERT(redisc_set_default_callback("PING", NULL, NULL) == REDISC_OK);
    redisc_close(client);
    test_server_stop(server);
}

static void *open_and_close(void *argument)
{
    worker *self = argument;
    for (int i = 0; i < self->rounds; i++) {
        redisc *client, *derived, *pinned;
        PLAIN_ASSERT(redisc_open_pool(redisc_pool_of(self->client), &client) == REDISC_OK);
        PLAIN_ASSERT(redisc_with(client, NULL, &derived) == REDISC_OK);
        PLAIN_ASSERT(redisc_pin(client, &pinned) == REDISC_OK);
        redisc_close(client);
        PLAIN_ASSERT(test_integer(pinned, REDISC_STRS("INCR", "count")) > 0);
        PLAIN_ASSERT(test_integer(derived, REDISC_STRS("INCR", "count")) > 0);
        char text[128];
        PLAIN_ASSERT(redisc_pool_describe(redisc_pool_of(derived), text, sizeof text) > 0);
        redisc_close(pinned);
        redisc_close(derived);
        PLAIN_ASSERT(redisc_open(NULL, NULL, &client) == REDISC_OK);
        redisc_close(client);
    }
    return NULL;
}

static void handles_come_and_go(void)
{
    enum { THREADS = 8, ROUNDS = 60 };
    static worker workers[THREADS];
    test_server *server = test_server_start(NULL);
    redisc *client = open_client(server, NULL);
    start_all(workers, THREADS, client, ROUNDS, open_and_close);
    join_all(workers, THREADS);
    PLAIN_ASSERT(test_integer(client, REDISC_STRS("INCR", "count")) == 2 * THREADS * ROUNDS + 1);
    redisc_close(client);
    test_server_stop(server);
}

/* The child may be forked while other threads hold any lock of the pool. */
static void forks_under_load(void)
{
    enum { THREADS = 4, FORKS = 20 };
    static worker workers[THREADS];
    test_server *server = test_server_start(NULL);
    redisc *client = open_client(server, &(redisc_options){.max_connections = 2,
                                                           .pool_blocks = true,
                                                           .pool_wait_ms = -1,
                                                           .timeout_ms = 30000});
    atomic_store(&enough, false);
    start_all(workers, THREADS, client, 0, increment_until_enough);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        PLAIN_ASSERT(child >= 0);
        if (child == 0) {
            alarm(20);
            _exit(test_answers(client, REDISC_STRS("ECHO", "from the child"), "from the child")
                      ? 0
                      : 1);
        }
        int status = 0;
        PLAIN_ASSERT(waitpid(child, &status, 0) == child && status == 0);
    }
    atomic_store(&enough, true);
    join_all(workers, THREADS);
    redisc_close(client);
    test_server_stop(server);
}

int main(int argc, char **argv)
{
    static const plain_test tests[] = {
        {"eight_threads", eight_threads},
        {"sixty_four_threads", sixty_four_threads},
        {"sixty_four_threads_share_four_connections", sixty_four_threads_share_four_connections},
        {"connections_are_cut_under_load", connections_are_cut_under_load},
        {"callbacks_change_while_used", callbacks_change_while_used},
        {"handles_come_and_go", handles_come_and_go},
        {"forks_under_load", forks_under_load},
    };
    return plain_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
