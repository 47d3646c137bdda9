/* SPDX-License-Identifier: MIT */
/* One client, many threads: each call takes a connection out of the client's pool. */
#include "tour.h"

#include "words.h"

#include <inttypes.h>
#include <pthread.h>

enum { THREADS = 8, ROUNDS = 2000 };

static const char total[] = TOUR_KEY("total");

static const char *const keys[] = {total, NULL};

typedef struct worker {
    pthread_t thread;
    redisc *redis;
    int64_t highest;      /* what the last INCR gave */
    redisc_status status; /* of the first call that failed, or REDISC_OK */
} worker;

static void *count(void *argument)
{
    worker *w = argument;
    for (int i = 0; i < ROUNDS && w->status == REDISC_OK; i++) {
        int64_t before = w->highest;
        w->status = redisc_incr(w->redis, total, &w->highest);
        if (w->status == REDISC_OK && w->highest <= before) {
            w->status = REDISC_ERROR; /* that was somebody else's reply */
        }
    }
    return NULL;
}

/* Starts the threads and waits for them; the first failure of any. */
static redisc_status count_together(redisc *r)
{
    worker workers[THREADS];
    int started = 0;
    redisc_status status = REDISC_OK;
    for (; started < THREADS; started++) {
        workers[started] = (worker){.redis = r};
        if (pthread_create(&workers[started].thread, NULL, count, &workers[started]) != 0) {
            status = REDISC_ERROR_MEMORY;
            break;
        }
    }
    for (int i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        status = status == REDISC_OK ? workers[i].status : status;
    }
    return status;
}

static void run(tour *t)
{
    redisc *r = t->redis;
    const redisc_str *sum;
    redisc_pool_stats before, after;

    say(t, "8 threads with the one client, each calling redisc_incr(r, total, &mine) 2000 times:");
    redisc_pool_statistics(redisc_pool_of(r), &before);
    double start = tour_clock();
    STEP(t, count_together(r));
    double seconds = tour_clock() - start;
    gives_ok(t);
    redisc_pool_statistics(redisc_pool_of(r), &after);
    STEP(t, redisc_get(r, total, &sum));
    gives_string(t, sum, "16000");

    words summary = {0};
    add(&summary, "%.0f calls a second; the pool opened %" PRIu64 " more connections for them",
        THREADS * ROUNDS / seconds, after.opened - before.opened);
    say(t, summary.text);
}

const tour_part tour_threads = {"Threads", run, TOUR_ONCE, keys};
