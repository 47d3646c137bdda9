/* SPDX-License-Identifier: MIT */
#include "tour.h"

static const char cooks[] = TOUR_KEY("cooks"), singers[] = TOUR_KEY("singers"),
                  all[] = TOUR_KEY("all");

static const char *const keys[] = {cooks, singers, all, NULL};

static void run(tour *t)
{
    redisc *r = t->redis;
    const redisc_str_list *members;
    const redisc_boolean_list *are;
    int64_t count;
    bool is;

    STEP(t, redisc_sadd(r, cooks, REDISC_STRS("ann", "bob", "eve"), &count));
    gives_integer(t, count, 3);
    STEP(t, redisc_sadd(r, singers, REDISC_STRS("eve", "joe"), &count));
    gives_integer(t, count, 2);
    STEP(t, redisc_sismember(r, cooks, "bob", &is));
    gives_boolean(t, is, true);
    STEP(t, redisc_smismember(r, cooks, REDISC_STRS("eve", "joe"), &are));
    gives_booleans(t, are, "[true, false]");
    STEP(t, redisc_smembers(r, cooks, &members));
    gives_set(t, members, REDISC_STRS("ann", "bob", "eve"));
    STEP(t, redisc_sinter(r, REDISC_STRS(cooks, singers), &members));
    gives_set(t, members, REDISC_STRS("eve"));
    STEP(t, redisc_sdiff(r, REDISC_STRS(cooks, singers), &members));
    gives_set(t, members, REDISC_STRS("ann", "bob"));
    STEP(t, redisc_sunionstore(r, all, REDISC_STRS(cooks, singers), &count));
    gives_integer(t, count, 4);
    STEP(t, redisc_smove(r, all, singers, "ann", &is));
    gives_boolean(t, is, true);
    STEP(t, redisc_srem(r, all, REDISC_STRS("bob", "zoe"), &count));
    gives_integer(t, count, 1);
    STEP(t, redisc_scard(r, all, &count));
    gives_integer(t, count, 2);
}

const tour_part tour_sets = {"Sets", run, TOUR_SAME, keys};
