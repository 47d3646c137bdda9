/* SPDX-License-Identifier: MIT */
#include "writers.h"

#include "calls.h"

#include <redisc/commands.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MOST_THREADS = 16,
    MOST_MASTERS = 16,
    SERVERS = 3,
    AWAIT_MS = 60000,
    STEP_MS = 5,
    KEPT = 20
};

/* Writes, and tells who wrote. */
static const char script[] = "redis.call('rpush', KEYS[1], ARGV[1]) "
                             "return string.match(redis.call('info', 'server'), 'tcp_port:(%d+)')";

typedef struct writer {
    test_writers *all;
    pthread_t thread;
    int number;
    atomic_int server; /* that acknowledged last */
    atomic_int row;    /* how often it did so in a row */
    int phase;         /* in which that was */
    bool moved;        /* to that server in this phase */
    atomic_int failures;
    atomic_llong longest_ms; /* a call has taken */
    atomic_llong moved_ms;   /* it came to the new master after the phase began */
    atomic_llong last_ms;    /* a call has failed, since the phase began */
} writer;

struct test_writers {
    redisc *client;
    int ports[SERVERS];
    atomic_int phase_number;
    atomic_bool moves; /* there is another master in this phase */
    atomic_int next;   /* that one, as soon as the first thread has met it; else -1 */
    atomic_bool stopping;
    atomic_llong begun_ms;
    const char *phase;
    int count;
    writer threads[MOST_THREADS];
};

static void die(const char *what, int number)
{
    fprintf(stderr, "writer %d: %s\n", number, what);
    abort();
}

static int server_of(const test_writers *all, redisc_str port)
{
    for (int i = 0; port.data != NULL && i < SERVERS; i++) {
        if (all->ports[i] == atoi(port.data)) {
            return i;
        }
    }
    return -1;
}

/* In each phase a thread may go from one master to another, once, and all go to the same one: who
 * goes on to a further one, or back, has written to a master that it had left. */
static void note_server(writer *self, int server)
{
    test_writers *all = self->all;
    int last = atomic_load(&self->server);
    int phase = atomic_load(&all->phase_number);
    if (server < 0) {
        die("an unknown server answered", self->number);
    }
    if (phase != self->phase) {
        self->phase = phase;
        self->moved = false;
    }
    if (server == last) {
        atomic_fetch_add(&self->row, 1);
        return;
    }
    int none = -1;
    if (self->moved) {
        die("a write went back to a demoted master", self->number);
    }
    if (!atomic_load(&all->moves) ||
        (!atomic_compare_exchange_strong(&all->next, &none, server) && none != server)) {
        die("a write went to a server that isn't the master", self->number);
    }
    self->moved = true;
    atomic_store(&self->moved_ms, test_now_ms() - atomic_load(&all->begun_ms));
    atomic_store(&self->row, 1);
    atomic_store(&self->server, server);
}

static void note_failure(writer *self, redisc_status status)
{
    if (!redisc_is(status, REDISC_ERROR_CONNECTION) && status != REDISC_ERROR_TIMEOUT) {
        die(redisc_last_error()->text, self->number);
    }
    atomic_fetch_add(&self->failures, 1);
    atomic_store(&self->last_ms, test_now_ms() - atomic_load(&self->all->begun_ms));
    test_sleep_ms(STEP_MS);
}

static void *write_on(void *argument)
{
    writer *self = argument;
    char list[32];
    snprintf(list, sizeof list, "writer:%d", self->number);
    for (int i = 0; !atomic_load(&self->all->stopping); i++) {
        char item[16];
        const redisc_reply *reply = NULL;
        redisc_str port = {NULL, 0};
        snprintf(item, sizeof item, "%d", i);
        int64_t before_ms = test_now_ms();
        redisc_status status =
            redisc_eval(self->all->client, script, REDISC_STRS(list), REDISC_STRS(item), &reply);
        int64_t took_ms = test_now_ms() - before_ms;
        if (took_ms > atomic_load(&self->longest_ms)) {
            atomic_store(&self->longest_ms, took_ms);
        }
        if (status == REDISC_OK) {
            redisc_reply_string(reply, &port);
            note_server(self, server_of(self->all, port));
        } else {
            note_failure(self, status);
        }
        redisc_free(reply);
        /* Only what the retries of a plain command do. */
        int64_t value;
        status = redisc_incr(self->all->client, "count", &value);
        if (status != REDISC_OK) {
            note_failure(self, status);
        }
    }
    return NULL;
}

test_writers *test_writers_start(redisc *client, int threads, const int ports[3])
{
    test_writers *all = calloc(1, sizeof *all);
    if (all == NULL || threads > MOST_THREADS) {
        die("no memory", 0);
        return NULL;
    }
    all->client = client;
    all->count = threads;
    memcpy(all->ports, ports, sizeof all->ports);
    atomic_init(&all->phase_number, 1);
    atomic_init(&all->moves, true);
    atomic_init(&all->next, -1);
    all->phase = "start";
    atomic_init(&all->begun_ms, test_now_ms());
    for (int i = 0; i < threads; i++) {
        all->threads[i] = (writer){.all = all, .number = i};
        atomic_init(&all->threads[i].server, -1);
        if (pthread_create(&all->threads[i].thread, NULL, write_on, &all->threads[i]) != 0) {
            die("no thread", i);
        }
    }
    test_writers_await(all, 0);
    return all;
}

void test_writers_begin(test_writers *all, const char *phase, bool moves)
{
    all->phase = phase;
    atomic_store(&all->moves, moves);
    atomic_store(&all->next, -1);
    atomic_fetch_add(&all->phase_number, 1);
    atomic_store(&all->begun_ms, test_now_ms());
    for (int i = 0; i < all->count; i++) {
        atomic_store(&all->threads[i].failures, 0);
        atomic_store(&all->threads[i].longest_ms, 0);
        atomic_store(&all->threads[i].last_ms, 0);
        atomic_store(&all->threads[i].moved_ms, 0);
    }
}

static void await_one(writer *one, int server, int64_t begun_ms)
{
    while (atomic_load(&one->server) != server || atomic_load(&one->row) < KEPT) {
        if (test_now_ms() - begun_ms > AWAIT_MS) {
            die("it does not come to the new master", one->number);
        }
        test_sleep_ms(STEP_MS);
    }
}

static long long larger(long long a, long long b)
{
    return a > b ? a : b;
}

void test_writers_await(test_writers *all, int server)
{
    int failures = 0;
    long long longest_ms = 0, last_ms = 0, moved_ms = 0;
    int64_t begun_ms = test_now_ms();
    for (int i = 0; i < all->count; i++) {
        writer *one = &all->threads[i];
        await_one(one, server, begun_ms);
        failures += atomic_load(&one->failures);
        longest_ms = larger(longest_ms, atomic_load(&one->longest_ms));
        last_ms = larger(last_ms, atomic_load(&one->last_ms));
        moved_ms = larger(moved_ms, atomic_load(&one->moved_ms));
    }
    printf("# %s: %d calls of %d threads failed, the last one after %lld ms; the longest call took "
           "%lld ms",
           all->phase, failures, all->count, last_ms, longest_ms);
    if (atomic_load(&all->moves)) {
        printf(
            "; all were at the new master after %lld ms, and the sentinels agreed on it after %lld "
            "ms",
            moved_ms, (long long)(begun_ms - atomic_load(&all->begun_ms)));
    }
    printf("\n");
    fflush(stdout);
}

void test_writers_stop(test_writers *all)
{
    atomic_store(&all->stopping, true);
    for (int i = 0; i < all->count; i++) {
        pthread_join(all->threads[i].thread, NULL);
    }
    free(all);
}
