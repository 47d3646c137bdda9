/* SPDX-License-Identifier: MIT */
/* Scripts that are loaded when the server lacks them. */
#include "tour.h"

#include "words.h"

#include <inttypes.h>

static const char foo[] = TOUR_KEY("foo");

static const char *const keys[] = {foo, NULL};

static const char multiply_source[] = "local value = redis.call('GET', KEYS[1])\n"
                                      "value = tonumber(value)\n"
                                      "return value * ARGV[1]";

/* The product that a script answered, freed; -1 if it answered something else. */
static int64_t integer_of(const redisc_reply *reply)
{
    int64_t value;
    redisc_status status = redisc_reply_integer(reply, &value);
    redisc_free(reply);
    return status == REDISC_OK ? value : -1;
}

/* The script in a pipeline. */
static void collected(tour *t, const redisc_lua_script *multiply)
{
    const redisc_reply *reply;
    redisc *p = redisc_pipeline(t->redis, NULL);

    say(t, "In a pipeline it is loaded just before, in the same write.");
    STEP(t, redisc_set(p, foo, "5"));
    gives_queued(t);
    STEP(t, redisc_lua_run(p, multiply, REDISC_STRS(foo), REDISC_STRS("5"), &reply));
    gives_queued(t);
    STEP(t, redisc_execute(p));
    words results = {0};
    add(&results, "OK, %" PRId64, integer_of(reply));
    gives_words(t, results.text, "OK, 25");
    redisc_close(p);
}

static void run(tour *t)
{
    redisc *r = t->redis, *r2;
    redisc_lua_script *multiply;
    const redisc_reply *reply;

    say(t, "The script: return redis.call('GET', KEYS[1]) * ARGV[1]");
    STEP(t, redisc_set(r, foo, "2"));
    gives_ok(t);
    STEP(t, redisc_lua_script_open(multiply_source, &multiply));
    gives_ok(t);
    say(t, "Called by its SHA1, and loaded if the server lacks it.");
    STEP(t, redisc_lua_run(r, multiply, REDISC_STRS(foo), REDISC_STRS("5"), &reply));
    gives_integer(t, integer_of(reply), 10);

    say(t, "It belongs to no client: the same with another one.");
    STEP(t, redisc_open_pool(redisc_pool_of(r), &r2));
    gives_ok(t);
    STEP(t, redisc_set(r2, foo, "3"));
    gives_ok(t);
    STEP(t, redisc_lua_run(r2, multiply, REDISC_STRS(foo), REDISC_STRS("5"), &reply));
    gives_integer(t, integer_of(reply), 15);
    redisc_close(r2);

    collected(t, multiply);
    redisc_lua_script_close(multiply);
}

const tour_part tour_lua = {"Lua scripts", run, TOUR_SAME, keys};
