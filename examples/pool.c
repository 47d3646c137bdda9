/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A pool of at most two connections, shared by two clients and six threads: who finds none free
 * waits for one.
 */
#include <redisc/redisc.h>

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 6, ROUNDS = 500 };

typedef struct worker {
    pthread_t thread;
    redisc *client;
    bool failed;
} worker;

static void *work(void *argument)
{
    worker *w = argument;
    for (int i = 0; i < ROUNDS && !w->failed; i++) {
        const redisc_str *echoed;
        if (redisc_echo(w->client, "redisc", &echoed) != REDISC_OK) {
            /* The details belong to this thread, so they are printed here. */
            fprintf(stderr, "pool: %s\n", redisc_last_error()->text);
            w->failed = true;
        }
        redisc_free(echoed);
    }
    return NULL;
}

static bool work_together(redisc *clients[2])
{
    worker workers[THREADS] = {{.failed = false}};
    bool good = true;
    int started = 0;
    for (; good && started < THREADS; started++) {
        worker *w = &workers[started];
        w->client = clients[started % 2];
        good = pthread_create(&w->thread, NULL, work, w) == 0;
        if (!good) {
            break;
        }
    }
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        good = good && !workers[i].failed;
    }
    return good;
}

static void report(redisc_pool *pool)
{
    char text[200];
    redisc_pool_stats stats;
    redisc_pool_describe(pool, text, sizeof text);
    redisc_pool_statistics(pool, &stats);
    printf("%s\n%" PRIu64 " opened; %" PRIu64 " times somebody waited, %" PRIu64 " ms in all\n",
           text, stats.opened, stats.waits, stats.wait_ms);
}

int main(void)
{
    const redisc_options options = {
        .max_connections = 2, .pool_blocks = true, .pool_wait_ms = 5000};
    redisc_pool *pool;
    redisc *clients[2] = {NULL, NULL};
    bool good = redisc_pool_open(getenv("REDISC_URL"), &options, &pool) == REDISC_OK &&
                redisc_open_pool(pool, &clients[0]) == REDISC_OK &&
                redisc_open_pool(pool, &clients[1]) == REDISC_OK;
    if (!good) {
        fprintf(stderr, "pool: %s\n", redisc_last_error()->text);
    } else {
        good = work_together(clients);
        report(pool);
    }
    redisc_close(clients[0]);
    redisc_close(clients[1]);
    redisc_pool_close(pool);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
