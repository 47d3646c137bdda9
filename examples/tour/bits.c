/* SPDX-License-Identifier: MIT */
#include "tour.h"

static const char today[] = TOUR_KEY("seen:today"), yesterday[] = TOUR_KEY("seen:yesterday"),
                  both[] = TOUR_KEY("seen:both"), counters[] = TOUR_KEY("counters");

static const char *const bitmap_keys[] = {today, yesterday, both, counters, NULL};

static void bitmaps(tour *t)
{
    redisc *r = t->redis;
    int64_t number;

    STEP(t, redisc_setbit(r, today, 7, 1, &number));
    gives_integer(t, number, 0);
    STEP(t, redisc_setbit(r, today, 100, 1, &number));
    gives_integer(t, number, 0);
    STEP(t, redisc_setbit(r, yesterday, 100, 1, &number));
    gives_integer(t, number, 0);
    STEP(t, redisc_getbit(r, today, 7, &number));
    gives_integer(t, number, 1);
    STEP(t, redisc_bitcount(r, today, &number));
    gives_integer(t, number, 2);
    STEP(t, redisc_bitpos(r, today, 1, &number));
    gives_integer(t, number, 7);
    STEP(t, redisc_bitop(r, REDISC_BITOP_AND, both, REDISC_STRS(today, yesterday), &number));
    gives_integer(t, number, 13);
    STEP(t, redisc_bitcount(r, both, &number));
    gives_integer(t, number, 1);
}

static void bitfields(tour *t)
{
    redisc *r = t->redis;
    const redisc_optional_integer_list *numbers;
    const redisc_bitfield_operation operations[] = {
        {.kind = REDISC_BITFIELD_OPERATION_SET, .encoding = REDISC_STR("u8"), .value = 200},
        {.kind = REDISC_BITFIELD_OPERATION_OVERFLOW, .overflow = REDISC_BITFIELD_OVERFLOW_SAT},
        {.kind = REDISC_BITFIELD_OPERATION_INCRBY, .encoding = REDISC_STR("u8"), .increment = 100},
    };
    const redisc_bitfield_operation_list saturate = {operations, 3};

    say(t, "saturate: u8 at 0 is set to 200, then 100 is added, with saturation");
    STEP(t, redisc_bitfield(r, counters, saturate, &numbers));
    bool right = numbers != NULL && numbers->count == 2 && numbers->items[0].value == 0 &&
                 numbers->items[1].value == 255;
    gives_words(t, right ? "[0, 255]" : "other numbers", "[0, 255]");
    redisc_free(numbers);
}

static void run_bitmaps(tour *t)
{
    bitmaps(t);
    bitfields(t);
}

const tour_part tour_bitmaps = {"Bitmaps", run_bitmaps, TOUR_SAME, bitmap_keys};

static const char monday[] = TOUR_KEY("visitors:monday"), tuesday[] = TOUR_KEY("visitors:tuesday"),
                  week[] = TOUR_KEY("visitors:week");

static const char *const hyperloglog_keys[] = {monday, tuesday, week, NULL};

static void run_hyperloglogs(tour *t)
{
    redisc *r = t->redis;
    int64_t number;

    STEP(t, redisc_pfadd(r, monday, REDISC_STRS("ann", "bob", "eve"), &number));
    gives_integer(t, number, 1);
    STEP(t, redisc_pfadd(r, tuesday, REDISC_STRS("bob", "joe"), &number));
    gives_integer(t, number, 1);
    STEP(t, redisc_pfcount(r, REDISC_STRS(monday, tuesday), &number));
    gives_integer(t, number, 4);
    STEP(t, redisc_pfmerge(r, week, REDISC_STRS(monday, tuesday)));
    gives_ok(t);
    STEP(t, redisc_pfcount(r, REDISC_STRS(week), &number));
    gives_integer(t, number, 4);
}

const tour_part tour_hyperloglogs = {"HyperLogLogs", run_hyperloglogs, TOUR_SAME, hyperloglog_keys};
