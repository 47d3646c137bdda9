/* SPDX-License-Identifier: MIT */
/* Walking over keys and their contents without cursors. */
#include "tour.h"

#include "words.h"

#include <inttypes.h>

static const char one[] = TOUR_KEY("scan:1"), two[] = TOUR_KEY("scan:2"),
                  three[] = TOUR_KEY("scan:3"), stars[] = TOUR_KEY("stars");

static const char *const keys[] = {one, two, three, stars, NULL};

static void run(tour *t)
{
    redisc *r = t->redis;
    redisc_iterator *walk;
    redisc_iterator_options these = {.match = REDISC_STR(TOUR_KEY("scan:*")), .page_size = 100};
    redisc_str key;
    redisc_scored star;

    STEP(t, redisc_mset(r, REDISC_PAIRS(one, "a", two, "b", three, "c")));
    gives_ok(t);
    STEP(t, redisc_iterate_keys(r, &these, &walk));
    gives_ok(t);
    int found = 0;
    while (redisc_next_string(walk, &key)) {
        found++;
    }
    words result = {0};
    add(&result, "%d keys fit %s", found, these.match.data);
    say(t, result.text);
    STEP(t, redisc_iterator_status(walk));
    gives_words(t, found == 3 ? "three keys" : "some other number", "three keys");
    redisc_iterator_close(walk);

    STEP(t, redisc_zadd(r, stars, REDISC_SCORED(-1.46, "Sirius", 0.03, "Vega"), NULL));
    gives_words(t, "added", "added");
    STEP(t, redisc_iterate_scored(r, stars, NULL, &walk));
    gives_ok(t);
    words sky = {0};
    while (redisc_next_scored(walk, &star)) {
        add(&sky, "%.*s %.2f  ", (int)star.member.len, star.member.data, star.score);
    }
    redisc_iterator_close(walk);
    say(t, sky.text);
}

const tour_part tour_iterators = {"Iterators", run, TOUR_SAME, keys};
