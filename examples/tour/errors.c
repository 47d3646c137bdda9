/* SPDX-License-Identifier: MIT */
#include "tour.h"

static const char greeting[] = TOUR_KEY("greeting"), lock[] = TOUR_KEY("lock");

static const char *const keys[] = {greeting, lock, NULL};

static void run(tour *t)
{
    redisc *r = t->redis;
    int64_t length;
    bool stored;

    STEP(t, redisc_set(r, greeting, "hello"));
    gives_ok(t);
    say(t, "What the server refuses:");
    STEP(t, redisc_lpush(r, greeting, REDISC_STRS("a"), &length));
    fails(t, REDISC_ERROR_WRONGTYPE);
    STEP(t, redisc_incr(r, greeting, &length));
    fails(t, REDISC_ERROR_SERVER);

    say(t, "What is not even sent:");
    STEP(t, redisc_set_with(r, lock, "me", &(redisc_set_options){.ex = 30, .px = 30000}, &stored));
    fails(t, REDISC_ERROR_ARGUMENT);
    STEP(t, redisc_del(r, (redisc_str_list){NULL, 0}, &length));
    fails(t, REDISC_ERROR_ARGUMENT);
    STEP(t, redisc_select(r, 1));
    fails(t, REDISC_ERROR_UNSUPPORTED);
}

const tour_part tour_errors = {"Errors", run, TOUR_SAME, keys};
