/* SPDX-License-Identifier: MIT */
/* Calls that are sent together, and transactions. */
#include "tour.h"

#include "words.h"

#include <inttypes.h>
#include <stdlib.h>

static const char foo[] = TOUR_KEY("foo"), faz[] = TOUR_KEY("faz"),
                  number[] = TOUR_KEY("auto_number"), sequence[] = TOUR_KEY("sequence");

static const char *const keys[] = {foo, faz, number, sequence, NULL};

static void together(tour *t, redisc *p)
{
    redisc *r = t->redis;
    int64_t added, next;

    STEP(t, redisc_set(r, number, "5"));
    gives_ok(t);
    say(t, "p is redisc_pipeline(r, NULL): it collects calls, and runs them as a transaction.");
    STEP(t, redisc_set(p, foo, "bar"));
    gives_queued(t);
    STEP(t, redisc_sadd(p, faz, REDISC_STRS("baz"), &added));
    gives_queued(t);
    STEP(t, redisc_incr(p, number, &next));
    gives_queued(t);
    STEP(t, redisc_execute(p));
    words results = {0};
    add(&results, "OK, added %" PRId64 ", next %" PRId64, added, next);
    gives_words(t, results.text, "OK, added 1, next 6");
}

static void failing(tour *t, redisc *p)
{
    int64_t length, next;

    say(t, "An error of one call does not stop the others.");
    STEP(t, redisc_lpush(p, foo, REDISC_STRS("x"), &length));
    gives_queued(t);
    STEP(t, redisc_incr(p, number, &next));
    gives_queued(t);
    STEP(t, redisc_execute(p));
    fails(t, REDISC_ERROR_WRONGTYPE);
    words result = {0};
    add(&result, "next is %" PRId64 " all the same", next);
    say(t, result.text);
}

static void watching(tour *t, redisc *p)
{
    redisc *r = t->redis;
    const redisc_str *value;

    say(t, "INCR made of GET and SET. While keys are watched, calls run at once; until "
           "redisc_multi().");
    STEP(t, redisc_watch(p, REDISC_STRS(sequence)));
    gives_ok(t);
    STEP(t, redisc_get(p, sequence, &value));
    gives_string(t, value, nil);
    STEP(t, redisc_multi(p));
    gives_ok(t);
    STEP(t, redisc_set(p, sequence, "1"));
    gives_queued(t);
    say(t, "Somebody else is faster:");
    STEP(t, redisc_set(r, sequence, "41"));
    gives_ok(t);
    STEP(t, redisc_execute(p));
    fails(t, REDISC_ERROR_WATCH);
    say(t, "So once more:");
    STEP(t, redisc_watch(p, REDISC_STRS(sequence)));
    gives_ok(t);
    STEP(t, redisc_get(p, sequence, &value));
    gives_string(t, value, "41");
    STEP(t, redisc_multi(p));
    gives_ok(t);
    STEP(t, redisc_set(p, sequence, "42"));
    gives_queued(t);
    STEP(t, redisc_execute(p));
    gives_ok(t);
}

/* The same for redisc_transaction(), which watches, executes, and calls it again if need be. */
static redisc_status increment(redisc *p, void *context)
{
    int64_t *next = context;
    const redisc_str *value;
    redisc_status status = redisc_get(p, sequence, &value);
    if (status < 0) {
        return status;
    }
    *next = (value == NULL ? 0 : strtoll(value->data, NULL, 10)) + 1;
    redisc_free(value);
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRId64, *next);
    status = redisc_multi(p);
    return status < 0 ? status : redisc_set(p, sequence, digits);
}

static void run(tour *t)
{
    redisc *r = t->redis;
    int64_t next = 0;
    redisc *p = redisc_pipeline(r, NULL);
    together(t, p);
    failing(t, p);
    watching(t, p);
    redisc_close(p);

    say(t, "The helper: increment() reads, calls redisc_multi(), and sets; again if need be.");
    STEP(t, redisc_transaction(r, REDISC_STRS(sequence), increment, &next, NULL));
    words result = {0};
    add(&result, "next %" PRId64, next);
    gives_words(t, result.text, "next 43");
}

const tour_part tour_pipelines = {"Pipelines and transactions", run, TOUR_SAME, keys};
