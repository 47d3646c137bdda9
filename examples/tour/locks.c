/* SPDX-License-Identifier: MIT */
/* A lock that one holder at a time has. */
#include "tour.h"

static const char report[] = TOUR_KEY("report");

static const char *const keys[] = {report, NULL};

static void run(tour *t)
{
    redisc *r = t->redis;
    redisc_lock *mine, *yours;
    bool held;
    redisc_lock_options ten_seconds = {.timeout_ms = 10000, .dont_wait = true};

    STEP(t, redisc_lock_open(r, report, &ten_seconds, &mine));
    gives_ok(t);
    STEP(t, redisc_lock_open(r, report, &ten_seconds, &yours));
    gives_ok(t);
    STEP(t, redisc_lock_acquire(mine, &held));
    gives_boolean(t, held, true);
    STEP(t, redisc_lock_acquire(yours, &held));
    gives_boolean(t, held, false);
    STEP(t, redisc_lock_extend(mine, 5000));
    gives_ok(t);
    STEP(t, redisc_lock_release(yours));
    fails(t, REDISC_ERROR_LOCK);
    STEP(t, redisc_lock_release(mine));
    gives_ok(t);
    STEP(t, redisc_lock_acquire(yours, &held));
    gives_boolean(t, held, true);
    STEP(t, redisc_lock_release(yours));
    gives_ok(t);
    redisc_lock_close(mine);
    redisc_lock_close(yours);
}

const tour_part tour_locks = {"Locks", run, TOUR_SAME, keys};
