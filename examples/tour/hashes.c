/* SPDX-License-Identifier: MIT */
#include "tour.h"

static const char user[] = TOUR_KEY("user:7");

static const char *const keys[] = {user, NULL};

static void run(tour *t)
{
    redisc *r = t->redis;
    const redisc_str *value;
    const redisc_str_list *values;
    const redisc_pair_list *fields;
    const redisc_hscan_page *page;
    int64_t number;
    double real;
    bool there;

    STEP(t, redisc_hset(r, user, REDISC_PAIRS("name", "Ann", "age", "41"), &number));
    gives_integer(t, number, 2);
    STEP(t, redisc_hget(r, user, "name", &value));
    gives_string(t, value, "Ann");
    STEP(t, redisc_hincrby(r, user, "age", 1, &number));
    gives_integer(t, number, 42);
    STEP(t, redisc_hincrbyfloat(r, user, "balance", 2.5, &real));
    gives_double(t, real, 2.5);
    STEP(t, redisc_hmget(r, user, REDISC_STRS("age", "email"), &values));
    gives_strings(t, values, REDISC_STRS("42", nil));
    STEP(t, redisc_hgetall(r, user, &fields));
    gives_pairs(t, fields, REDISC_PAIRS("name", "Ann", "age", "42", "balance", "2.5"));
    STEP(t, redisc_hdel(r, user, REDISC_STRS("balance", "email"), &number));
    gives_integer(t, number, 1);
    STEP(t, redisc_hexists(r, user, "balance", &there));
    gives_boolean(t, there, false);
    STEP(t,
         redisc_hscan_with(r, user, 0, &(redisc_hscan_options){.match = REDISC_STR("n*")}, &page));
    bool found = page != NULL && page->cursor == 0 && page->fields.count == 1;
    gives_words(t, found ? "the last page, 1 field" : "another page", "the last page, 1 field");
    redisc_free(page);
}

const tour_part tour_hashes = {"Hashes", run, TOUR_SAME, keys};
