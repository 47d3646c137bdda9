/* SPDX-License-Identifier: MIT */
#include "tour.h"

static const char stock[] = TOUR_KEY("stock");

static const char *const keys[] = {stock, NULL};

static void run(tour *t)
{
    redisc *r = t->redis;
    const redisc_reply *reply;
    static const char script[] = "local left = redis.call('DECRBY', KEYS[1], ARGV[1]) "
                                 "return {left, {'taken', ARGV[1]}, left > 5, left > 500}";

    say(t, "Any command by its words; the reply is a tree. The script: DECRBY, then");
    say(t, "return {left, {'taken', ARGV[1]}, left > 5, left > 500}");
    STEP(t, REDISC_CALL(r, &reply, "SET", stock, "10"));
    gives_reply(t, reply, "\"OK\"");
    STEP(t, REDISC_CALL(r, &reply, "EVAL", script, "1", stock, "3"));
    gives_reply(t, reply, "[7, [\"taken\", \"3\"], 1, nil]");
    STEP(t, REDISC_CALL(r, &reply, "EVAL", "return redis.call('NOSUCH')", "0"));
    fails(t, REDISC_ERROR_SERVER);
}

const tour_part tour_script = {"Scripts and commands by their words", run, TOUR_SAME, keys};
