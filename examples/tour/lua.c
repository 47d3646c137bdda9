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

static void run(tour *t)
{
    redisc *r = t->redis;
    redisc_lua_script *multiply;
    const redisc_reply *reply, *first, *second;
    int64_t product;

    say(t, "multiply: return redis.call('GET', KEYS[1]) * ARGV[1]. Called by its SHA1, loaded if "
           "need be.");
    STEP(t, redisc_set(r, foo, "2"));
    gives_ok(t);
    STEP(t, redisc_lua_script_open(multiply_source, &multiply));
    gives_ok(t);
    STEP(t, redisc_lua_run(r, multiply, REDISC_STRS(foo), REDISC_STRS("5"), &reply));
    redisc_reply_integer(reply, &product);
    redisc_free(reply);
    gives_integer(t, product, 10);

    say(t, "In a pipeline it is loaded just before, in the same write.");
    redisc *p = redisc_pipeline(r, NULL);
    STEP(t, redisc_lua_run(p, multiply, REDISC_STRS(foo), REDISC_STRS("3"), &first));
    gives_queued(t);
    STEP(t, redisc_lua_run(p, multiply, REDISC_STRS(foo), REDISC_STRS("4"), &second));
    gives_queued(t);
    STEP(t, redisc_execute(p));
    int64_t six = 0, eight = 0;
    redisc_reply_integer(first, &six);
    redisc_reply_integer(second, &eight);
    redisc_free(first);
    redisc_free(second);
    words results = {0};
    add(&results, "first %" PRId64 ", second %" PRId64, six, eight);
    gives_words(t, results.text, "first 6, second 8");
    redisc_close(p);
    redisc_lua_script_close(multiply);
}

const tour_part tour_lua = {"Lua scripts", run, TOUR_SAME, keys};
