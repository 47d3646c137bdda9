/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Parsing and decoding: from bytes, which come in portions of 16 KiB that hold many replies or a
 * part of one, to values that were looked at and freed.
 *
 * Each side gets every portion once from what stands for the kernel, as its own reading does:
 * hiredis's redisBufferRead has it put into 16 KiB on the stack and feeds the reader from there;
 * redisc has it put to where its parser wants it.
 */
#include "decode.h"

#include <stdlib.h>

enum {
    PORTION = 16 * 1024,
    PART_BYTES = 128 * 1024, /* about; a part has FEWEST to MOST replies */
    FEWEST = 4,
    MOST = 4096,
    /* Of all parts. With much less the processor would know them by heart after some runs: its
     * branch predictor remembers tens of thousands of lengths. */
    ALL_BYTES = 2 * 1024 * 1024,
};

#if HIREDIS_MAJOR >= 1
#define ONLY_RESP3(drain) drain
#else
#define ONLY_RESP3(drain) NULL
#endif

static const decode_kind of_ok = {bench_call_ok, bench_take_oks, bench_drain_oks};
static const decode_kind of_integer = {bench_call_integer, bench_take_integers,
                                       bench_drain_integers};
static const decode_kind of_string = {bench_call_string, bench_take_strings, bench_drain_strings};
static const decode_kind of_strings = {bench_call_strings, bench_take_string_lists,
                                       bench_drain_string_lists};
static const decode_kind of_strings_or_nil = {bench_call_strings_or_nil, bench_take_string_lists,
                                              bench_drain_string_lists};
static const decode_kind of_integers = {bench_call_integers, bench_take_integer_lists,
                                        bench_drain_integer_lists};
static const decode_kind of_pairs = {bench_call_pairs, bench_take_pair_lists,
                                     bench_drain_pair_lists};
static const decode_kind of_map = {bench_call_pairs, bench_take_pair_lists,
                                   ONLY_RESP3(bench_drain_pair_lists)};
static const decode_kind of_scored = {bench_call_scored, bench_take_scored_lists,
                                      bench_drain_scored_lists};
static const decode_kind of_doubles = {bench_call_scored, bench_take_scored_lists,
                                       ONLY_RESP3(bench_drain_resp3_scored_lists)};
static const decode_kind of_entries = {bench_call_entries, bench_take_entry_lists,
                                       bench_drain_entry_lists};

static const decode_case cases[] = {
    {"+OK", bench_reply_ok, &of_ok, IN_PORTIONS},
    {":integer", bench_reply_integer, &of_integer, IN_PORTIONS},
    {"GET 16 B", bench_reply_16_bytes, &of_string, IN_PORTIONS},
    {"GET 16 B, fed one by one", bench_reply_16_bytes, &of_string, ONE_BY_ONE},
    {"GET 16 B, reused", bench_reply_16_bytes, &of_string, REUSED},
    {"GET 1 KiB", bench_reply_1_kib, &of_string, IN_PORTIONS},
    {"GET 1 KiB, reused", bench_reply_1_kib, &of_string, REUSED},
    {"GET 1 MiB", bench_reply_1_mib, &of_string, IN_PORTIONS},
    {"LRANGE 1000 x 10 B", bench_reply_1000_strings, &of_strings, IN_PORTIONS},
    {"LRANGE 1000 x 1-120 B", bench_reply_1000_mixed_strings, &of_strings, IN_PORTIONS},
    {"MGET 100, some nil", bench_reply_100_with_nils, &of_strings_or_nil, IN_PORTIONS},
    {"LPOS 1000 integers", bench_reply_1000_integers, &of_integers, IN_PORTIONS},
    {"HGETALL 1000 pairs", bench_reply_1000_pairs, &of_pairs, IN_PORTIONS},
    {"HGETALL 1000 pairs, RESP3", bench_reply_1000_pairs_map, &of_map, IN_PORTIONS},
    {"ZRANGE WITHSCORES 1000", bench_reply_1000_scored, &of_scored, IN_PORTIONS},
    {"ZRANGE WITHSCORES 1000, RESP3", bench_reply_1000_scored_pairs, &of_doubles, IN_PORTIONS},
    {"XRANGE 1000 x 4 fields", bench_reply_1000_entries, &of_entries, IN_PORTIONS},
};

static size_t portion_at(const decoding *self, size_t offset)
{
    size_t rest = self->wire->len - offset;
    return rest < self->portion ? rest : self->portion;
}

static void build_part(decoding *self, size_t part)
{
    for (size_t i = 0; i < self->replies; i++) {
        self->is->reply(&self->parts[part], part * self->replies + i);
    }
}

static void take_next_part(bench_work *work)
{
    decoding *self = (decoding *)work;
    size_t part = self->runs++ % self->part_count;
    if (self->parts[part].len == 0) {
        build_part(self, part);
    }
    self->wire = &self->parts[part];
    self->taken = 0;
}

static void prepare_redisc(bench_work *work)
{
    decoding *self = (decoding *)work;
    redisc_str output;
    take_next_part(work);
    for (size_t i = 0; i < self->replies; i++) {
        if (self->is->kind->call(self->codec, &self->results[i]) != REDISC_QUEUED) {
            bench_fail(self->is->name, redisc_last_error()->text);
        }
    }
    redisc_codec_output(self->codec, &output);
    redisc_codec_sent(self->codec, output.len);
}

static void run_redisc(bench_work *work)
{
    decoding *self = (decoding *)work;
    for (size_t offset = 0; offset < self->wire->len; offset += self->portion) {
        if (redisc_codec_feed(self->codec, self->wire->bytes + offset, portion_at(self, offset)) <
            0) {
            bench_fail(self->is->name, redisc_last_error()->text);
        }
        size_t complete = self->replies - redisc_codec_open_calls(self->codec);
        self->is->kind->take(&work->sink, self->results + self->taken, complete - self->taken);
        self->taken = complete;
        redisc_arena_clear(self->arena);
    }
    redisc_codec_forget(self->codec);
}

static void run_hiredis(bench_work *work)
{
    decoding *self = (decoding *)work;
    for (size_t offset = 0; offset < self->wire->len; offset += self->portion) {
        char portion[PORTION];
        size_t len = portion_at(self, offset);
        memcpy(portion, self->wire->bytes + offset, len);
        redisReaderFeed(self->reader, portion, len);
        self->is->kind->drain(self);
    }
}

static void run_floor(bench_work *work)
{
    decoding *self = (decoding *)work;
    for (size_t offset = 0; offset < self->wire->len; offset += self->portion) {
        char portion[PORTION];
        size_t len = portion_at(self, offset);
        memcpy(portion, self->wire->bytes + offset, len);
        __asm__ volatile("" : : "r"(portion) : "memory");
    }
    self->taken = self->replies;
}

static void check_all_taken(bench_work *work)
{
    decoding *self = (decoding *)work;
    if (self->taken != self->replies) {
        bench_fail(self->is->name, "not all replies came out");
    }
}

static void close_decoding(bench_work *work)
{
    decoding *self = (decoding *)work;
    redisc_close(self->codec);
    redisc_arena_free(self->arena);
    if (self->reader != NULL) {
        redisReaderFree(self->reader);
    }
    for (size_t part = 0; part < self->part_count; part++) {
        bench_wire_free(&self->parts[part]);
    }
    free(self->parts);
    free(self->results);
    free(self);
}

static void cut_into_parts(decoding *self)
{
    bench_wire one = {NULL, 0, 0};
    self->is->reply(&one, 0);
    self->replies = PART_BYTES / one.len;
    self->replies = self->replies < FEWEST ? FEWEST : self->replies;
    self->replies = self->replies > MOST ? MOST : self->replies;
    self->part_count = ALL_BYTES / (self->replies * one.len) + 1;
    self->parts = bench_allocate(self->part_count * sizeof *self->parts);
    self->portion = self->is->way == ONE_BY_ONE ? one.len : PORTION;
    bench_wire_free(&one);
}

static bench_work *open_case(const decode_case *is, bench_side side)
{
    if (side == BENCH_HIREDIS && is->kind->drain == NULL) {
        return NULL;
    }
    decoding *self = bench_allocate(sizeof *self);
    self->is = is;
    cut_into_parts(self);
    self->work = (bench_work){.operations = self->replies,
                              .prepare = take_next_part,
                              .settle = check_all_taken,
                              .close = close_decoding};
    switch (side) {
    case BENCH_REDISC:
        self->arena = is->way == REUSED ? redisc_arena_new() : NULL;
        if (redisc_codec_open(NULL, &self->codec) != REDISC_OK) {
            bench_fail(is->name, redisc_last_error()->text);
        }
        redisc_codec_use_arena(self->codec, self->arena);
        self->results = bench_allocate(self->replies * sizeof *self->results);
        self->work.prepare = prepare_redisc;
        self->work.run = run_redisc;
        break;
    case BENCH_HIREDIS:
        self->reader = redisReaderCreate();
        self->work.run = run_hiredis;
        break;
    case BENCH_FLOOR:
        self->work.run = run_floor;
        break;
    }
    return &self->work;
}

bench_work *bench_open_decoding(const char *name, bench_side side)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(name, cases[i].name) == 0) {
            return open_case(&cases[i], side);
        }
    }
    return NULL;
}

const char *bench_decoding_name(size_t i)
{
    return i < sizeof cases / sizeof *cases ? cases[i].name : NULL;
}
