/* SPDX-License-Identifier: MIT */
/*
 * The strict and the legacy variant side by side. With <redisc/legacy.h> instead of
 * <redisc/redisc.h> the plain names have the legacy meaning.
 */
#include "tour.h"

static const char list[] = TOUR_KEY("letters"), key[] = TOUR_KEY("token");

static const char *const keys[] = {list, key, NULL};

static void run(tour *t)
{
    redisc *r = t->redis;
    redisc_optional_integer left;
    int64_t number;

    STEP(t, redisc_rpush(r, list, REDISC_STRS("a", "b", "a", "b"), &number));
    gives_integer(t, number, 4);
    STEP(t, redisc_lrem(r, list, 1, "a", &number));
    gives_integer(t, number, 1);
    STEP(t, redisc_legacy_lrem(r, list, "b", 0, &number));
    gives_integer(t, number, 2);

    STEP(t, redisc_setex(r, key, 600, "secret"));
    gives_ok(t);
    STEP(t, redisc_legacy_setex(r, key, "secret", 600));
    gives_ok(t);
    STEP(t, redisc_set(r, key, "secret"));
    gives_ok(t);
    STEP(t, redisc_ttl(r, key, &number));
    gives_integer(t, number, -1);
    STEP(t, redisc_legacy_ttl(r, key, &left));
    gives_optional_integer(t, left, (redisc_optional_integer){false, 0});
}

const tour_part tour_legacy = {"The legacy variant", run, TOUR_SAME, keys};
