/* SPDX-License-Identifier: MIT */
/* Pipelines, transactions, scripts and locks of many threads on one client: fit for
 * ThreadSanitizer. */
#include "calls.h"
#include "plain.h"
#include "server.h"

#include <redisc/alloc.h>
#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/iterator.h>
#include <redisc/lock.h>
#include <redisc/lua.h>
#include <redisc/pipeline.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8 };

typedef struct worker {
    redisc *client;
    void *shared;
    int number;
    int rounds;
    pthread_t thread;
} worker;

static test_server *server;
static redisc *client;

static void open_all(const redisc_options *options)
{
    server = test_server_start(NULL);
    PLAIN_ASSERT(redisc_open(test_server_url(server), options, &client) == REDISC_OK);
}

static redisc_pool_stats close_all(void)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    PLAIN_ASSERT(stats.in_use == 0 && stats.waiting == 0);
    redisc_close(client);
    test_server_stop(server);
    return stats;
}

static void run_all(void *(*run)(void *worker), void *shared, int rounds)
{
    worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.client = client, .shared = shared, .number = i, .rounds = rounds};
        PLAIN_ASSERT(pthread_create(&workers[i].thread, NULL, run, &workers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        PLAIN_ASSERT(pthread_join(workers[i].thread, NULL) == 0);
    }
}

static int64_t count_of(const char *key)
{
    const redisc_str *value;
    PLAIN_ASSERT(redisc_get(client, key, &value) == REDISC_OK);
    int64_t count = value == NULL ? 0 : strtoll(value->data, NULL, 10);
    redisc_free(value);
    return count;
}

/* Each value carries the mark of its thread and round: a result of another pipeline can't pass. */
static void run_round(worker *self, redisc *p, int round)
{
    char key[32], text[64];
    const redisc_str *value;
    int64_t length, count;
    snprintf(key, sizeof key, "key:%d", self->number);
    snprintf(text, sizeof text, "thread %d round %d", self->number, round);
    PLAIN_ASSERT(redisc_set(p, key, text) == REDISC_QUEUED);
    PLAIN_ASSERT(redisc_get(p, key, &value) == REDISC_QUEUED);
    PLAIN_ASSERT(redisc_lpush(p, key, REDISC_STRS("x"), &length) == REDISC_QUEUED);
    PLAIN_ASSERT(redisc_incr(p, "count", &count) == REDISC_QUEUED);
    PLAIN_ASSERT(redisc_execute(p) == REDISC_ERROR_WRONGTYPE);
    PLAIN_ASSERT(strstr(redisc_last_error()->text, "Command # 3 (LPUSH") != NULL);
    PLAIN_ASSERT(strcmp(value->data, text) == 0);
    PLAIN_ASSERT(length == 0 && count > 0);
    redisc_free(value);
}

static void *run_pipelines(void *argument)
{
    worker *self = argument;
    redisc_pipeline_options options = {.plain = self->number % 2 == 0,
                                       .stream_bytes = self->number % 4 == 0 ? 1 : 0};
    redisc *p = redisc_pipeline(self->client, &options);
    for (int i = 0; i < self->rounds; i++) {
        run_round(self, p, i);
    }
    redisc_close(p);
    return NULL;
}

static void pipelines_of_many_threads(void)
{
    open_all(NULL);
    run_all(run_pipelines, NULL, 200);
    PLAIN_ASSERT(count_of("count") == THREADS * 200);
    redisc_pool_stats stats = close_all();
    PLAIN_ASSERT(stats.opened <= THREADS && stats.closed == 0);
}

static void pipelines_that_share_two_connections(void)
{
    open_all(&(redisc_options){
        .max_connections = 2, .pool_blocks = true, .pool_wait_ms = -1, .timeout_ms = 60000});
    run_all(run_pipelines, NULL, 100);
    PLAIN_ASSERT(count_of("count") == THREADS * 100);
    redisc_pool_stats stats = close_all();
    PLAIN_ASSERT(stats.opened <= 2 && stats.waits > 0);
}

/* INCR by hand. */
static redisc_status count_up(redisc *p, void *context)
{
    (void)context;
    const redisc_str *value;
    char next[32];
    redisc_status status = redisc_get(p, "counter", &value);
    if (status < 0) {
        return status;
    }
    int64_t count = value == NULL ? 0 : strtoll(value->data, NULL, 10);
    redisc_free(value);
    snprintf(next, sizeof next, "%lld", (long long)count + 1);
    redisc_multi(p);
    return redisc_set(p, "counter", next);
}

static void *run_transactions(void *argument)
{
    worker *self = argument;
    for (int i = 0; i < self->rounds; i++) {
        PLAIN_ASSERT(redisc_transaction(self->client, REDISC_STRS("counter"), count_up, NULL,
                                        NULL) == REDISC_OK);
    }
    return NULL;
}

static void transactions_of_rivals(void)
{
    open_all(NULL);
    run_all(run_transactions, NULL, 25);
    PLAIN_ASSERT(count_of("counter") == THREADS * 25);
    close_all();
}

static void *run_scripts(void *argument)
{
    worker *self = argument;
    redisc *p = redisc_pipeline(self->client, NULL);
    for (int i = 0; i < self->rounds; i++) {
        const redisc_reply *reply;
        redisc *r = i % 3 == 0 ? p : self->client;
        redisc_status status = redisc_lua_run(r, self->shared, REDISC_STRS("scripted"),
                                              (redisc_str_list){NULL, 0}, &reply);
        PLAIN_ASSERT(status >= 0);
        PLAIN_ASSERT(status == REDISC_OK || redisc_execute(p) == REDISC_OK);
        PLAIN_ASSERT(reply->type == REDISC_REPLY_INTEGER);
        redisc_free(reply);
    }
    redisc_close(p);
    return NULL;
}

static void one_script_of_many_threads(void)
{
    redisc_lua_script *script;
    open_all(NULL);
    PLAIN_ASSERT(redisc_lua_script_open("return redis.call('INCR', KEYS[1])", &script) ==
                 REDISC_OK);
    run_all(run_scripts, script, 100);
    PLAIN_ASSERT(count_of("scripted") == THREADS * 100);
    redisc_lua_script_close(script);
    close_all();
}

static atomic_int inside;

/* Each thread has a token of its own, so the one object keeps them apart. */
static void *run_locked(void *argument)
{
    worker *self = argument;
    for (int i = 0; i < self->rounds; i++) {
        bool owned;
        PLAIN_ASSERT(redisc_lock_release(self->shared) == REDISC_ERROR_LOCK);
        PLAIN_ASSERT(redisc_lock_acquire(self->shared, NULL) == REDISC_OK);
        PLAIN_ASSERT(atomic_fetch_add(&inside, 1) == 0);
        PLAIN_ASSERT(redisc_lock_owned(self->shared, &owned) == REDISC_OK && owned);
        PLAIN_ASSERT(atomic_fetch_sub(&inside, 1) == 1);
        PLAIN_ASSERT(redisc_lock_release(self->shared) == REDISC_OK);
    }
    return NULL;
}

static void one_lock_of_many_threads(void)
{
    redisc_lock *lock;
    open_all(NULL);
    redisc_lock_options options = {.timeout_ms = 60000, .sleep_ms = 1};
    PLAIN_ASSERT(redisc_lock_open(client, "lock", &options, &lock) == REDISC_OK);
    run_all(run_locked, lock, 20);
    redisc_lock_close(lock);
    close_all();
}

static void *acquire_and_die(void *argument)
{
    worker *self = argument;
    redisc_lock *lock;
    char name[32];
    snprintf(name, sizeof name, "lock:%d", self->number);
    PLAIN_ASSERT(redisc_lock_open(self->client, name, NULL, &lock) == REDISC_OK);
    PLAIN_ASSERT(redisc_lock_acquire(lock, NULL) == REDISC_OK);
    redisc_lock_close(lock);
    for (int i = 0; i < self->rounds; i++) {
        bool held;
        PLAIN_ASSERT(redisc_lock_acquire(self->shared, &held) == REDISC_OK);
    }
    return NULL;
}

/* Threads that end while they hold a lock leave nothing behind. */
static void threads_that_never_release(void)
{
    redisc_lock *lock;
    open_all(NULL);
    redisc_lock_options options = {.timeout_ms = 5, .sleep_ms = 1, .wait_ms = 100};
    PLAIN_ASSERT(redisc_lock_open(client, "lock", &options, &lock) == REDISC_OK);
    run_all(acquire_and_die, lock, 3);
    redisc_lock_close(lock);
    close_all();
}

static void *walk(void *argument)
{
    worker *self = argument;
    for (int i = 0; i < self->rounds; i++) {
        redisc_iterator *it;
        redisc_str member;
        int members = 0;
        PLAIN_ASSERT(redisc_iterate_set(self->client, "set", NULL, &it) == REDISC_OK);
        while (redisc_next_string(it, &member)) {
            members++;
        }
        PLAIN_ASSERT(redisc_iterator_status(it) == REDISC_OK && members >= 1000);
        redisc_iterator_close(it);
    }
    return NULL;
}

static void iterators_of_many_threads(void)
{
    open_all(NULL);
    redisc *p = redisc_pipeline(client, NULL);
    for (int i = 0; i < 1000; i++) {
        char member[32];
        snprintf(member, sizeof member, "member %d", i);
        redisc_sadd(p, "set", REDISC_STRS(member), NULL);
    }
    PLAIN_ASSERT(redisc_execute(p) == REDISC_OK);
    redisc_close(p);
    run_all(walk, NULL, 3);
    close_all();
}

static atomic_bool enough;

/* Counts what was acknowledged, and what may have been executed. */
typedef struct tally {
    atomic_llong acknowledged;
    atomic_llong unknown;
} tally;

static void *pipe_until_enough(void *argument)
{
    worker *self = argument;
    tally *sum = self->shared;
    redisc_pipeline_options options = {.plain = self->number % 2 == 0};
    redisc *p = redisc_pipeline(self->client, &options);
    while (!atomic_load(&enough)) {
        int64_t n[10];
        for (int i = 0; i < 10; i++) {
            PLAIN_ASSERT(redisc_incr(p, "count", &n[i]) == REDISC_QUEUED);
        }
        redisc_status status = redisc_execute(p);
        PLAIN_ASSERT(status == REDISC_OK || redisc_is(status, REDISC_ERROR_CONNECTION));
        for (size_t i = 0; i < 10; i++) {
            const redisc_error *error = redisc_error_at(p, i);
            PLAIN_ASSERT((error == NULL) == (n[i] > 0));
            if (error == NULL) {
                atomic_fetch_add(&sum->acknowledged, 1);
            } else if (error->delivery == REDISC_UNKNOWN) {
                atomic_fetch_add(&sum->unknown, 1);
            }
        }
    }
    redisc_close(p);
    return NULL;
}

static void *cut_connections(void *argument)
{
    redisc *other = argument;
    for (int i = 0; i < 40; i++) {
        test_sleep_ms(10);
        PLAIN_ASSERT(test_integer(other, REDISC_STRS("CLIENT", "KILL", "TYPE", "normal", "SKIPME",
                                                     "yes")) >= 0);
        redisc_pool_disconnect(redisc_pool_of(client));
    }
    atomic_store(&enough, true);
    return NULL;
}

/* Connections die under the pipelines: what was acknowledged was executed, once, and each call in
 * doubt accounts for one more at most. */
static void connections_are_cut_under_load(void)
{
    static tally sum;
    redisc *other;
    pthread_t cutter;
    open_all(NULL);
    PLAIN_ASSERT(redisc_open(test_server_url(server), NULL, &other) == REDISC_OK);
    PLAIN_ASSERT(pthread_create(&cutter, NULL, cut_connections, other) == 0);
    run_all(pipe_until_enough, &sum, 0);
    PLAIN_ASSERT(pthread_join(cutter, NULL) == 0);
    int64_t executed = count_of("count");
    PLAIN_ASSERT(sum.acknowledged > 0 && sum.unknown > 0);
    PLAIN_ASSERT(executed >= sum.acknowledged && executed <= sum.acknowledged + sum.unknown);
    redisc_close(other);
    close_all();
}

static void *lock_until_enough(void *argument)
{
    worker *self = argument;
    while (!atomic_load(&enough)) {
        bool held;
        PLAIN_ASSERT(redisc_lock_acquire_within(self->shared, 0, &held) == REDISC_OK);
        PLAIN_ASSERT(!held || redisc_lock_release(self->shared) == REDISC_OK);
    }
    return NULL;
}

static void *fork_often(void *lock)
{
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        PLAIN_ASSERT(child >= 0);
        if (child == 0) {
            alarm(20);
            _exit(redisc_lock_release(lock) == REDISC_ERROR_LOCK ? 0 : 1);
        }
        int status = 0;
        PLAIN_ASSERT(waitpid(child, &status, 0) == child && status == 0);
    }
    atomic_store(&enough, true);
    return NULL;
}

/* The child may be forked while other threads are within a lock object. */
static void forks_while_locks_are_used(void)
{
    redisc_lock *lock;
    pthread_t forker;
    open_all(NULL);
    atomic_store(&enough, false);
    redisc_lock_options options = {.timeout_ms = 60000};
    PLAIN_ASSERT(redisc_lock_open(client, "lock", &options, &lock) == REDISC_OK);
    PLAIN_ASSERT(pthread_create(&forker, NULL, fork_often, lock) == 0);
    run_all(lock_until_enough, lock, 0);
    PLAIN_ASSERT(pthread_join(forker, NULL) == 0);
    redisc_lock_close(lock);
    close_all();
}

int main(int argc, char **argv)
{
    static const plain_test tests[] = {
        {"pipelines_of_many_threads", pipelines_of_many_threads},
        {"pipelines_that_share_two_connections", pipelines_that_share_two_connections},
        {"transactions_of_rivals", transactions_of_rivals},
        {"one_script_of_many_threads", one_script_of_many_threads},
        {"one_lock_of_many_threads", one_lock_of_many_threads},
        {"threads_that_never_release", threads_that_never_release},
        {"iterators_of_many_threads", iterators_of_many_threads},
        {"connections_are_cut_under_load", connections_are_cut_under_load},
        {"forks_while_locks_are_used", forks_while_locks_are_used},
    };
    return plain_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
