/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What the encoding cases encode: the same values for both clients, each in the form it takes.
 */
#ifndef REDISC_BENCH_ENCODE_DATA_H
#define REDISC_BENCH_ENCODE_DATA_H

#include <redisc/str.h>

enum {
    BENCH_KEYS = 64, /* of 16 bytes, used in turn */
    BENCH_FIELDS = 10,
    BENCH_PAIRS = 100,
    BENCH_INCREMENTS = 8192, /* used in turn */
    BENCH_MEMBERS = 100,
    BENCH_SETS = 64, /* of members, used in turn */
};

typedef struct bench_data {
    redisc_str keys[BENCH_KEYS];
    redisc_str value;                     /* 100 bytes */
    int64_t increments[BENCH_INCREMENTS]; /* of 1 to 10 digits */
    redisc_pair fields[BENCH_FIELDS];
    redisc_pair pairs[BENCH_PAIRS];
    /* Scores: whole, with 2 decimals, with 6, any, in turn. */
    redisc_scored members[BENCH_SETS][BENCH_MEMBERS];
    redisc_scored wholes[BENCH_SETS][BENCH_MEMBERS]; /* the same members with whole scores */
} bench_data;

/** Lives until the process ends. */
const bench_data *bench_data_new(void);

#endif
