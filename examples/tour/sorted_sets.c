/* SPDX-License-Identifier: MIT */
#include "tour.h"

#include "words.h"

#include <math.h>

static const char board[] = TOUR_KEY("board"), names[] = TOUR_KEY("names");

static const char *const keys[] = {board, names, NULL};

#define SCORED(name, number)                                                                       \
    {                                                                                              \
        .score = (number), .member = REDISC_STR(name)                                              \
    }

static void scores(tour *t)
{
    redisc *r = t->redis;
    const redisc_scored_list players =
        REDISC_LIST(scored, SCORED("ann", 12), SCORED("bob", 30.5), SCORED("eve", INFINITY));
    const redisc_scored_list *top;
    redisc_optional_double score;
    int64_t added;

    STEP(t, redisc_zadd(r, board, players, &added));
    gives_integer(t, added, 3);
    STEP(t, redisc_zadd_with(r, board, REDISC_LIST(scored, SCORED("ann", 5)),
                             &(redisc_zadd_options){.comparison = REDISC_ZADD_GT, .ch = true},
                             &added));
    gives_integer(t, added, 0);
    STEP(t, redisc_zscore(r, board, "bob", &score));
    gives_optional_double(t, score, redisc_double(30.5));
    STEP(t, redisc_zscore(r, board, "joe", &score));
    gives_optional_double(t, score, (redisc_optional_double){false, 0});
    STEP(t, redisc_zrange_withscores(r, board, 0, -1, &top));
    gives_scored(t, top, players);
}

static void ranges(tour *t)
{
    redisc *r = t->redis;
    const redisc_str_list *members;
    redisc_optional_integer rank;
    int64_t count;

    STEP(t, redisc_zrange_with(r, board, 0, 1, &(redisc_zrange_options){.rev = true}, &members));
    gives_strings(t, members, REDISC_STRS("eve", "bob"));
    STEP(t, redisc_zrange_byscore(r, board, redisc_score_exclusive(12), redisc_score(INFINITY),
                                  &members));
    gives_strings(t, members, REDISC_STRS("bob", "eve"));
    STEP(t, redisc_zcount(r, board, redisc_score(0), redisc_score_exclusive(30.5), &count));
    gives_integer(t, count, 1);
    STEP(t, redisc_zrank(r, board, "bob", &rank));
    gives_optional_integer(t, rank, redisc_integer(1));
}

static void changing(tour *t)
{
    redisc *r = t->redis;
    const redisc_scored *lowest;
    const redisc_str_list *members;
    double score;
    int64_t count;

    STEP(t, redisc_zincrby(r, board, 0.25, "ann", &score));
    gives_double(t, score, 12.25);
    STEP(t, redisc_zpopmin(r, board, &lowest));
    words popped = {0};
    if (lowest != NULL) {
        add(&popped, "%s, %g", lowest->member.data, lowest->score);
    }
    redisc_free(lowest);
    gives_words(t, popped.text, "ann, 12.25");
    STEP(t, redisc_zadd(r, names,
                        REDISC_LIST(scored, SCORED("ann", 0), SCORED("bob", 0), SCORED("cy", 0)),
                        &count));
    gives_integer(t, count, 3);
    STEP(t, redisc_zrange_bylex(r, names, "[b", "+", &members));
    gives_strings(t, members, REDISC_STRS("bob", "cy"));
    STEP(t, redisc_zremrangebyscore(r, board, redisc_score(-INFINITY), redisc_score(100), &count));
    gives_integer(t, count, 1);
}

static void run(tour *t)
{
    scores(t);
    ranges(t);
    changing(t);
}

const tour_part tour_sorted_sets = {"Sorted sets", run, TOUR_SAME, keys};
