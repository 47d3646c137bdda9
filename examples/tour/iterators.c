/* SPDX-License-Identifier: MIT */
/* Walking over keys and their contents without cursors. */
#include "tour.h"

#include "words.h"

static const char a[] = TOUR_KEY("scan:A"), b[] = TOUR_KEY("scan:B"), c[] = TOUR_KEY("scan:C"),
                  stars[] = TOUR_KEY("stars");

static const char *const keys[] = {a, b, c, stars, NULL};

static void add_entry(words *result, const char *name, const char *value)
{
    add(result, "%s%s %s", result->len > 0 ? ", " : "", name, value);
}

/* Walks to the end, and adds the last letter of each key with its value, in the order of the
 * alphabet: the server gives the keys in any order, and may give one twice. */
static void add_keys(words *result, redisc *r, redisc_iterator *walk)
{
    const redisc_str *values['C' - 'A' + 1] = {NULL};
    redisc_str key;
    while (redisc_next_string(walk, &key)) {
        const redisc_str **value = &values[key.data[key.len - 1] - 'A'];
        redisc_free(*value);
        redisc_get(r, key, value);
    }
    for (int i = 0; i <= 'C' - 'A'; i++) {
        const char letter[] = {(char)('A' + i), '\0'};
        if (values[i] != NULL) {
            add_entry(result, letter, values[i]->data);
        }
        redisc_free(values[i]);
    }
}

static void add_stars(words *result, redisc_iterator *walk)
{
    redisc_scored star;
    while (redisc_next_scored(walk, &star)) {
        char score[32];
        snprintf(score, sizeof score, "%.2f", star.score);
        add_entry(result, star.member.data, score);
    }
}

static void run(tour *t)
{
    redisc *r = t->redis;
    redisc_iterator *walk;
    redisc_iterator_options these = {.match = REDISC_STR(TOUR_KEY("scan:[ABC]"))};
    int64_t added;

    STEP(t, redisc_mset(r, REDISC_PAIRS(a, "1", b, "2", c, "3")));
    gives_ok(t);
    STEP(t, redisc_iterate_keys(r, &these, &walk));
    gives_ok(t);
    say(t, "while (redisc_next_string(walk, &key)) { redisc_get(r, key, &value); … }");
    words letters = {0};
    add_keys(&letters, r, walk);
    STEP(t, redisc_iterator_status(walk));
    gives_words(t, letters.text, "A 1, B 2, C 3");
    redisc_iterator_close(walk);

    STEP(t, redisc_zadd(r, stars, REDISC_SCORED(-1.46, "Sirius", 0.03, "Vega"), &added));
    gives_integer(t, added, 2);
    STEP(t, redisc_iterate_scored(r, stars, NULL, &walk));
    gives_ok(t);
    say(t, "while (redisc_next_scored(walk, &star)) { … }");
    words sky = {0};
    add_stars(&sky, walk);
    STEP(t, redisc_iterator_status(walk));
    gives_words(t, sky.text, "Sirius -1.46, Vega 0.03");
    redisc_iterator_close(walk);
}

const tour_part tour_iterators = {"Iterators", run, TOUR_SAME, keys};
