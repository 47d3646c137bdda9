/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Decoding under way, and how each client's results are taken: every value is looked at as a
 * program would, then freed.
 */
#ifndef REDISC_BENCH_DECODE_H
#define REDISC_BENCH_DECODE_H

#include "replies.h"
#include "work.h"

#include <redisc/redisc.h>

#include <hiredis/hiredis.h>

typedef struct decoding decoding;

/** Where redisc puts the result of one call. */
typedef union decoded {
    int64_t integer;
    const redisc_str *string;
    const redisc_str_list *strings;
    const redisc_integer_list *integers;
    const redisc_pair_list *pairs;
    const redisc_scored_list *scored;
    const redisc_reply *reply;
} decoded;

struct decoding {
    bench_work work;
    const struct decode_case *is;
    bench_wire *parts; /* one run takes one of them, the next run the next */
    size_t part_count;
    const bench_wire *wire; /* the part at hand */
    size_t runs;
    size_t replies;      /* in each part */
    size_t portion;      /* of the bytes, fed at once */
    size_t taken;        /* of them, so far */
    redisc *codec;       /* redisc */
    redisc_arena *arena; /* redisc: NULL if it isn't used */
    decoded *results;    /* redisc: of each call */
    redisReader *reader; /* hiredis */
};

/** The kinds of result. redisc: calls for it, and takes those of the calls from … to.
 * hiredis: takes all replies that are complete; NULL if this hiredis doesn't know the type. */
typedef struct decode_kind {
    redisc_status (*call)(redisc *codec, decoded *result);
    void (*take)(bench_sink *sink, const decoded *results, size_t count);
    void (*drain)(decoding *self);
} decode_kind;

typedef struct decode_case {
    const char *name;
    void (*reply)(bench_wire *wire, size_t i);
    const decode_kind *kind;
    enum decode_way {
        IN_PORTIONS,
        ONE_BY_ONE, /* each portion is one reply; all have the same length */
        REUSED      /* redisc makes its results in an arena, which is cleared after each portion */
    } way;
} decode_case;

redisc_status bench_call_ok(redisc *codec, decoded *result);
redisc_status bench_call_integer(redisc *codec, decoded *result);
redisc_status bench_call_string(redisc *codec, decoded *result);
redisc_status bench_call_strings(redisc *codec, decoded *result);
redisc_status bench_call_strings_or_nil(redisc *codec, decoded *result);
redisc_status bench_call_integers(redisc *codec, decoded *result);
redisc_status bench_call_pairs(redisc *codec, decoded *result);
redisc_status bench_call_scored(redisc *codec, decoded *result);
redisc_status bench_call_entries(redisc *codec, decoded *result);

void bench_take_oks(bench_sink *sink, const decoded *results, size_t count);
void bench_take_integers(bench_sink *sink, const decoded *results, size_t count);
void bench_take_strings(bench_sink *sink, const decoded *results, size_t count);
void bench_take_string_lists(bench_sink *sink, const decoded *results, size_t count);
void bench_take_integer_lists(bench_sink *sink, const decoded *results, size_t count);
void bench_take_pair_lists(bench_sink *sink, const decoded *results, size_t count);
void bench_take_scored_lists(bench_sink *sink, const decoded *results, size_t count);
void bench_take_entry_lists(bench_sink *sink, const decoded *results, size_t count);

void bench_drain_oks(decoding *self);
void bench_drain_integers(decoding *self);
void bench_drain_strings(decoding *self);
void bench_drain_string_lists(decoding *self);
void bench_drain_integer_lists(decoding *self);
void bench_drain_pair_lists(decoding *self);
void bench_drain_scored_lists(decoding *self);
void bench_drain_entry_lists(decoding *self);
#if HIREDIS_MAJOR >= 1
void bench_drain_resp3_scored_lists(decoding *self);
#endif

#endif
