/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What the parts of the tour share: showing a call as it is written, and what it gave.
 *
 *     STEP(t, redisc_incr(r, visits, &count));
 *     gives_integer(t, count, 1);
 *
 * prints
 *
 *     redisc_incr(r, visits, &count)                    -> 1
 *
 * Each result is compared with what it has to be. A gives_ function also frees the result that it
 * is given, with redisc_free(): a program of one's own has to do that itself.
 */
#ifndef REDISC_EXAMPLES_TOUR_H
#define REDISC_EXAMPLES_TOUR_H

#include <redisc/redisc.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/** The tour so far. */
typedef struct tour {
    redisc *redis; /**< the client of the part that runs now */
    FILE *out;     /**< where its lines go */
    bool colour;
    unsigned calls;
    unsigned surprises; /**< results that were not as expected */
    double seconds;     /**< spent within the calls */

    const char *call; /**< the step under way, as it is written */
    redisc_status status;
    double started;
} tour;

/** In which protocols a part is shown. */
typedef enum tour_show {
    TOUR_SAME, /**< runs in both, which have to give the same lines; these are shown once */
    TOUR_EACH, /**< runs in both, and each is shown */
    TOUR_ONCE  /**< runs over RESP3 alone */
} tour_show;

/** A part of the tour. Its keys are deleted before and after it, others it does not touch. */
typedef struct tour_part {
    const char *title;
    void (*run)(tour *t);
    tour_show show;
    const char *const *keys; /**< ended by NULL; may be NULL */
} tour_part;

extern const tour_part tour_strings, tour_bitmaps, tour_hyperloglogs, tour_keys, tour_hashes,
    tour_lists, tour_sets, tour_sorted_sets, tour_geo, tour_connection, tour_legacy, tour_errors,
    tour_script, tour_callbacks, tour_pipelines, tour_lua, tour_iterators, tour_locks,
    tour_subscribers, tour_observers, tour_threads, tour_sentinels;
#ifdef REDISC_TOUR_TLS
extern const tour_part tour_tls;
#endif

/** Every key of the tour begins so. */
#define TOUR_KEY(name) "redisc:tour:" name

/** Nil as an expected string. */
static const char *const nil = NULL;

/** Runs a call. What it has to give is said by one of the functions below. */
#define STEP(t, call) (step_begin((t), #call), step_end((t), (call)))

void step_begin(tour *t, const char *call);
void step_end(tour *t, redisc_status status);

void gives_ok(tour *t);
/** The call is collected for later. */
void gives_queued(tour *t);
void gives_boolean(tour *t, bool value, bool expected);
void gives_integer(tour *t, int64_t value, int64_t expected);
void gives_double(tour *t, double value, double expected);
void gives_optional_integer(tour *t, redisc_optional_integer value,
                            redisc_optional_integer expected);
void gives_optional_double(tour *t, redisc_optional_double value, redisc_optional_double expected);
void gives_string(tour *t, const redisc_str *value, const char *expected);
void gives_strings(tour *t, const redisc_str_list *values, redisc_str_list expected);
/** The same in any order. */
void gives_set(tour *t, const redisc_str_list *members, redisc_str_list expected);
void gives_integers(tour *t, const redisc_integer_list *values, redisc_integer_list expected);
void gives_booleans(tour *t, const redisc_boolean_list *values, const char *expected);
void gives_pairs(tour *t, const redisc_pair_list *values, redisc_pair_list expected);
void gives_scored(tour *t, const redisc_scored_list *values, redisc_scored_list expected);
void gives_reply(tour *t, const redisc_reply *reply, const char *expected);
/** A result that the part itself put into words. It is not freed. */
void gives_words(tour *t, const char *words, const char *expected);
/** The call has to fail in this way; prints what there is to know about the failure. */
void fails(tour *t, redisc_status expected);

/** A line of explanation. */
void say(tour *t, const char *text);

/** Seconds of a clock that only goes forward. */
double tour_clock(void);

#endif
