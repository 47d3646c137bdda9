/* SPDX-License-Identifier: MIT */
#include "tour.h"

static const char greeting[] = TOUR_KEY("greeting"), lock[] = TOUR_KEY("lock"),
                  visits[] = TOUR_KEY("visits"), price[] = TOUR_KEY("price"),
                  bytes[] = TOUR_KEY("bytes"), missing[] = TOUR_KEY("missing");

static const char *const keys[] = {greeting, lock, visits, price, bytes, missing, NULL};

static void reading_and_writing(tour *t)
{
    redisc *r = t->redis;
    const redisc_str *value;
    int64_t length;

    STEP(t, redisc_set(r, greeting, "hello"));
    gives_ok(t);
    STEP(t, redisc_append(r, greeting, ", world", &length));
    gives_integer(t, length, 12);
    STEP(t, redisc_get(r, greeting, &value));
    gives_string(t, value, "hello, world");
    STEP(t, redisc_getrange(r, greeting, -5, -1, &value));
    gives_string(t, value, "world");
    STEP(t, redisc_get(r, missing, &value));
    gives_string(t, value, nil);

    say(t, "Strings are binary-safe; C strings are taken too.");
    STEP(t, redisc_set(r, bytes, redisc_bytes("\0\x01\xff", 3)));
    gives_ok(t);
    STEP(t, redisc_strlen(r, bytes, &length));
    gives_integer(t, length, 3);
    STEP(t, redisc_getdel(r, bytes, &value));
    gives_words(t, value != NULL && value->len == 3 ? "3 bytes" : "other", "3 bytes");
    redisc_free(value);
}

static void options(tour *t)
{
    redisc *r = t->redis;
    const redisc_str *previous;
    bool stored;

    say(t, "Options are a struct; what is zero is not sent.");
    STEP(t, redisc_set_with(r, lock, "me",
                            &(redisc_set_options){.when = REDISC_SET_NX, .px = 30000}, &stored));
    gives_boolean(t, stored, true);
    STEP(t, redisc_set_with(r, lock, "you",
                            &(redisc_set_options){.when = REDISC_SET_NX, .px = 30000}, &stored));
    gives_boolean(t, stored, false);
    STEP(t, redisc_set_get(r, lock, "us", &previous));
    gives_string(t, previous, "me");
}

static void numbers(tour *t)
{
    redisc *r = t->redis;
    const redisc_str_list *values;
    int64_t count;
    double sum;

    STEP(t, redisc_incr(r, visits, &count));
    gives_integer(t, count, 1);
    STEP(t, redisc_incrby(r, visits, 41, &count));
    gives_integer(t, count, 42);
    STEP(t, redisc_mset(r, REDISC_PAIRS(price, "10.5", lock, "open")));
    gives_ok(t);
    STEP(t, redisc_incrbyfloat(r, price, 0.1, &sum));
    gives_double(t, sum, 10.6);
    STEP(t, redisc_mget(r, REDISC_STRS(visits, missing, price), &values));
    gives_strings(t, values, REDISC_STRS("42", nil, "10.6"));
}

static void run(tour *t)
{
    reading_and_writing(t);
    options(t);
    numbers(t);
}

const tour_part tour_strings = {"Strings", run, TOUR_SAME, keys};
