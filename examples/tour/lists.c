/* SPDX-License-Identifier: MIT */
#include "tour.h"

#include "words.h"

static const char queue[] = TOUR_KEY("queue"), done[] = TOUR_KEY("queue:done");

static const char *const keys[] = {queue, done, NULL};

static void elements(tour *t)
{
    redisc *r = t->redis;
    const redisc_str *element;
    const redisc_str_list *elements;
    redisc_optional_integer index;
    int64_t length;

    STEP(t, redisc_rpush(r, queue, REDISC_STRS("b", "c", "d"), &length));
    gives_integer(t, length, 3);
    STEP(t, redisc_lpush(r, queue, REDISC_STRS("a"), &length));
    gives_integer(t, length, 4);
    STEP(t, redisc_linsert(r, queue, REDISC_LINSERT_AFTER, "b", "b", &length));
    gives_integer(t, length, 5);
    STEP(t, redisc_lrange(r, queue, 0, -1, &elements));
    gives_strings(t, elements, REDISC_STRS("a", "b", "b", "c", "d"));
    STEP(t, redisc_lpos(r, queue, "c", &index));
    gives_optional_integer(t, index, redisc_integer(3));
    STEP(t, redisc_lpos(r, queue, "z", &index));
    gives_optional_integer(t, index, (redisc_optional_integer){false, 0});
    STEP(t, redisc_lrem(r, queue, 1, "b", &length));
    gives_integer(t, length, 1);
    STEP(t, redisc_lindex(r, queue, -1, &element));
    gives_string(t, element, "d");
}

static void taking(tour *t)
{
    redisc *r = t->redis;
    const redisc_str *element;
    const redisc_str_list *elements;
    const redisc_key_element *popped;

    STEP(t, redisc_lmove(r, queue, done, REDISC_LIST_LEFT, REDISC_LIST_RIGHT, &element));
    gives_string(t, element, "a");
    STEP(t, redisc_lpop_count(r, queue, 2, &elements));
    gives_strings(t, elements, REDISC_STRS("b", "c"));
    STEP(t, redisc_blpop(r, REDISC_STRS(queue, done), 0, &popped));
    words result = {0};
    if (popped != NULL) {
        add_string(&result, popped->element);
        add(&result, " from %s", popped->key.data);
    }
    redisc_free(popped);
    gives_words(t, result.text, "\"d\" from redisc:tour:queue");
    STEP(t, redisc_rpop(r, queue, &element));
    gives_string(t, element, nil);

    say(t, "A blocking command's own time-out comes on top of the client's.");
    STEP(t, redisc_blpop(r, REDISC_STRS(queue), 0.05, &popped));
    gives_words(t, popped == NULL ? "nil" : "an element", "nil");
    redisc_free(popped);
}

static void run(tour *t)
{
    elements(t);
    taking(t);
}

const tour_part tour_lists = {"Lists", run, TOUR_SAME, keys};
