/* SPDX-License-Identifier: MIT */
#include "tour.h"

static const char session[] = TOUR_KEY("session"), copy[] = TOUR_KEY("session:copy"),
                  renamed[] = TOUR_KEY("session:old"), tasks[] = TOUR_KEY("tasks"),
                  missing[] = TOUR_KEY("missing");

static const char *const keys[] = {session, copy, renamed, tasks, missing, NULL};

static void expiry(tour *t)
{
    redisc *r = t->redis;
    int64_t seconds;
    bool done;

    STEP(t, redisc_set(r, session, "ann"));
    gives_ok(t);
    STEP(t, redisc_ttl(r, session, &seconds));
    gives_integer(t, seconds, -1);
    STEP(t, redisc_expire(r, session, 600, &done));
    gives_boolean(t, done, true);
    STEP(t, redisc_expireat(r, session, 4102444800, &done));
    gives_boolean(t, done, true);
    STEP(t, redisc_persist(r, session, &done));
    gives_boolean(t, done, true);
    STEP(t, redisc_ttl(r, missing, &seconds));
    gives_integer(t, seconds, -2);
}

static void naming(tour *t)
{
    redisc *r = t->redis;
    const redisc_str *text;
    int64_t count;
    bool done;

    STEP(t, redisc_copy(r, session, copy, &done));
    gives_boolean(t, done, true);
    STEP(t, redisc_rename(r, session, renamed));
    gives_ok(t);
    STEP(t, redisc_exists(r, REDISC_STRS(session, copy, renamed), &count));
    gives_integer(t, count, 2);
    STEP(t, redisc_type(r, copy, &text));
    gives_string(t, text, "string");
    STEP(t, redisc_object_encoding(r, copy, &text));
    gives_string(t, text, "embstr");
    STEP(t, redisc_unlink(r, REDISC_STRS(copy, renamed, missing), &count));
    gives_integer(t, count, 2);
}

static void sorting(tour *t)
{
    redisc *r = t->redis;
    const redisc_str_list *sorted;
    int64_t length;

    STEP(t, redisc_rpush(r, tasks, REDISC_STRS("30", "4", "200"), &length));
    gives_integer(t, length, 3);
    STEP(t, redisc_sort(r, tasks, &sorted));
    gives_strings(t, sorted, REDISC_STRS("4", "30", "200"));
    STEP(t, redisc_sort_with(r, tasks,
                             &(redisc_sort_options){.order = REDISC_SORT_DESC, .alpha = true},
                             &sorted));
    gives_strings(t, sorted, REDISC_STRS("4", "30", "200"));
}

static void run(tour *t)
{
    expiry(t);
    naming(t);
    sorting(t);
}

const tour_part tour_keys = {"Keys", run, TOUR_SAME, keys};
