/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Encoding: redisc's generated functions on a codec, hiredis's redisFormatCommandArgv, and one copy
 * of the finished bytes.
 *
 * hiredis finds its argument vector ready made, except for what a program would have to turn into
 * text first (doubles, integers).
 */
#include "encode_data.h"
#include "work.h"

#include <redisc/redisc.h>

#include <hiredis/hiredis.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BATCH_BYTES = 64 * 1024, /* encoded before the output is handed on */
    NUMBER_SIZE = 32,
    WORDS = 2 + 2 * BENCH_PAIRS
};

typedef struct encoding encoding;

/* A case, and how each side does it. */
typedef struct encode_case {
    const char *name;
    size_t bytes; /* of one command, about */
    void (*call)(encoding *self);
    void (*vector)(encoding *self);            /* the words that never change */
    void (*numbers)(encoding *self, size_t i); /* the words that the i-th call makes; or NULL */
    const char *answer;                        /* what a server says */
} encode_case;

struct encoding {
    bench_work work;
    const encode_case *is;
    const bench_data *data;
    size_t next; /* the run at hand makes the calls from next to end */
    size_t end;
    /* redisc */
    redisc *codec;
    const redisc_str *value;
    int64_t integer;
    /* hiredis */
    int argc;
    const char *argv[WORDS];
    size_t lens[WORDS];
    char texts[BENCH_MEMBERS][NUMBER_SIZE];
    /* floor */
    char command[16 * 1024];
    size_t command_len;
    char *room;
};

static redisc_str key_of(const encoding *self, size_t i)
{
    return self->data->keys[i % BENCH_KEYS];
}

static int64_t increment_of(const encoding *self, size_t i)
{
    return self->data->increments[i % BENCH_INCREMENTS];
}

/* How redisc is called. */

static void call_get(encoding *self)
{
    for (size_t i = self->next; i < self->end; i++) {
        redisc_get(self->codec, key_of(self, i), &self->value);
    }
}

static void call_set(encoding *self)
{
    for (size_t i = self->next; i < self->end; i++) {
        redisc_set(self->codec, key_of(self, i), self->data->value);
    }
}

static void call_incrby(encoding *self)
{
    for (size_t i = self->next; i < self->end; i++) {
        redisc_incrby(self->codec, key_of(self, i), increment_of(self, i), &self->integer);
    }
}

static void call_hset(encoding *self)
{
    redisc_pair_list fields = {self->data->fields, BENCH_FIELDS};
    for (size_t i = self->next; i < self->end; i++) {
        redisc_hset(self->codec, key_of(self, i), fields, &self->integer);
    }
}

static void call_mset(encoding *self)
{
    redisc_pair_list pairs = {self->data->pairs, BENCH_PAIRS};
    for (size_t i = self->next; i < self->end; i++) {
        redisc_mset(self->codec, pairs);
    }
}

static void call_zadd(encoding *self)
{
    for (size_t i = self->next; i < self->end; i++) {
        redisc_scored_list list = {self->data->members[i % BENCH_SETS], BENCH_MEMBERS};
        redisc_zadd(self->codec, key_of(self, i), list, &self->integer);
    }
}

static void call_zadd_whole(encoding *self)
{
    for (size_t i = self->next; i < self->end; i++) {
        redisc_scored_list list = {self->data->wholes[i % BENCH_SETS], BENCH_MEMBERS};
        redisc_zadd(self->codec, key_of(self, i), list, &self->integer);
    }
}

/* How hiredis is: its argument vector. */

static void add(encoding *self, redisc_str word)
{
    self->argv[self->argc] = word.data;
    self->lens[self->argc++] = word.len;
}

static void add_pairs(encoding *self, const redisc_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add(self, pairs[i].key);
        add(self, pairs[i].value);
    }
}

static void vector_get(encoding *self)
{
    add(self, redisc_text("GET"));
    add(self, key_of(self, 0));
}

static void vector_set(encoding *self)
{
    add(self, redisc_text("SET"));
    add(self, key_of(self, 0));
    add(self, self->data->value);
}

static void vector_incrby(encoding *self)
{
    add(self, redisc_text("INCRBY"));
    add(self, key_of(self, 0));
    add(self, redisc_bytes(self->texts[0], 0));
}

static void vector_hset(encoding *self)
{
    add(self, redisc_text("HSET"));
    add(self, key_of(self, 0));
    add_pairs(self, self->data->fields, BENCH_FIELDS);
}

static void vector_mset(encoding *self)
{
    add(self, redisc_text("MSET"));
    add_pairs(self, self->data->pairs, BENCH_PAIRS);
}

static void vector_zadd(encoding *self)
{
    add(self, redisc_text("ZADD"));
    add(self, key_of(self, 0));
    for (size_t i = 0; i < BENCH_MEMBERS; i++) {
        add(self, redisc_bytes(self->texts[i], 0));
        add(self, self->data->members[0][i].member);
    }
}

static void number_increment(encoding *self, size_t i)
{
    self->lens[2] =
        (size_t)snprintf(self->texts[0], NUMBER_SIZE, "%" PRId64, increment_of(self, i));
}

static void number_scores(encoding *self, const redisc_scored *members)
{
    for (size_t i = 0; i < BENCH_MEMBERS; i++) {
        self->lens[2 + 2 * i] =
            (size_t)snprintf(self->texts[i], NUMBER_SIZE, "%.17g", members[i].score);
    }
}

static void number_mixed(encoding *self, size_t i)
{
    number_scores(self, self->data->members[i % BENCH_SETS]);
}

static void number_whole(encoding *self, size_t i)
{
    number_scores(self, self->data->wholes[i % BENCH_SETS]);
}

static const encode_case cases[] = {
    {"GET", 36, call_get, vector_get, NULL, "$-1\r\n"},
    {"SET 100 B", 144, call_set, vector_set, NULL, "+OK\r\n"},
    {"INCRBY", 51, call_incrby, vector_incrby, number_increment, ":1\r\n"},
    {"HSET 10 fields", 458, call_hset, vector_hset, NULL, ":1\r\n"},
    {"MSET 100 pairs", 4000, call_mset, vector_mset, NULL, "+OK\r\n"},
    {"ZADD 100 doubles", 3800, call_zadd, vector_zadd, number_mixed, ":1\r\n"},
    {"ZADD 100 whole numbers", 3100, call_zadd_whole, vector_zadd, number_whole, ":1\r\n"},
};

/* Compares what was sent by its words; numbers by their values, since 0.1 can be written in more
 * than one way. */
static void digest_words(bench_sink *sink, const char *bytes, size_t len)
{
    const char *end = bytes + len;
    while (bytes < end) {
        char *after;
        bool is_count = *bytes == '*';
        size_t length = (size_t)strtoull(bytes + 1, &after, 10);
        bytes = after + 2;
        if (is_count) {
            bench_take_integer(sink, (int64_t)length);
            continue;
        }
        double number = strtod(bytes, &after);
        if (after == bytes + length) {
            bench_take_double(sink, number);
        } else {
            bench_take_str(sink, bytes, length);
        }
        bytes += length + 2;
    }
}

static void take_output(encoding *self, const char *bytes, size_t len)
{
    if (self->work.sink.every_byte) {
        digest_words(&self->work.sink, bytes, len);
    } else {
        self->work.sink.sum += len;
    }
}

static void run_redisc(bench_work *work)
{
    encoding *self = (encoding *)work;
    redisc_str output;
    self->is->call(self);
    redisc_codec_output(self->codec, &output);
    take_output(self, output.data, output.len);
    redisc_codec_sent(self->codec, output.len);
}

static void take_next_calls(bench_work *work)
{
    encoding *self = (encoding *)work;
    self->next = self->end;
    self->end += work->operations;
}

/* The calls are answered, so that the next run finds none that wait. */
static void settle_redisc(bench_work *work)
{
    encoding *self = (encoding *)work;
    for (size_t i = 0; i < work->operations; i++) {
        if (redisc_codec_feed(self->codec, self->is->answer, strlen(self->is->answer)) < 0) {
            bench_fail(self->is->name, redisc_last_error()->text);
        }
    }
    redisc_codec_forget(self->codec);
}

static void run_hiredis(bench_work *work)
{
    encoding *self = (encoding *)work;
    bool keyed = self->argv[1] == self->data->keys[0].data;
    for (size_t i = self->next; i < self->end; i++) {
        char *command;
        if (keyed) {
            self->argv[1] = key_of(self, i).data;
        }
        if (self->is->numbers != NULL) {
            self->is->numbers(self, i);
        }
        long long len = redisFormatCommandArgv(&command, self->argc, self->argv, self->lens);
        take_output(self, command, (size_t)len);
        redisFreeCommand(command);
    }
    if (keyed) {
        self->argv[1] = key_of(self, 0).data;
    }
}

static void run_floor(bench_work *work)
{
    encoding *self = (encoding *)work;
    for (size_t i = 0; i < work->operations; i++) {
        char *to = self->room + i * self->command_len;
        memcpy(to, self->command, self->command_len);
        __asm__ volatile("" : : "r"(to) : "memory");
        work->sink.sum += self->command_len;
    }
}

static void close_encoding(bench_work *work)
{
    encoding *self = (encoding *)work;
    redisc_close(self->codec);
    free(self->room);
    free(self);
}

static void prepare_floor(encoding *self)
{
    char *command;
    if (self->is->numbers != NULL) {
        self->is->numbers(self, 0);
    }
    long long len = redisFormatCommandArgv(&command, self->argc, self->argv, self->lens);
    if (len < 0 || (size_t)len > sizeof self->command) {
        bench_fail(self->is->name, "too long");
    }
    memcpy(self->command, command, (size_t)len);
    self->command_len = (size_t)len;
    redisFreeCommand(command);
    self->room = bench_allocate(self->work.operations * self->command_len);
}

static bench_work *open_case(const encode_case *is, bench_side side)
{
    encoding *self = bench_allocate(sizeof *self);
    self->is = is;
    self->data = bench_data_new();
    self->work = (bench_work){
        .operations = BATCH_BYTES / is->bytes, .prepare = take_next_calls, .close = close_encoding};
    is->vector(self);
    switch (side) {
    case BENCH_REDISC:
        if (redisc_codec_open(NULL, &self->codec) != REDISC_OK) {
            bench_fail(is->name, redisc_last_error()->text);
        }
        self->work.run = run_redisc;
        self->work.settle = settle_redisc;
        break;
    case BENCH_HIREDIS:
        self->work.run = run_hiredis;
        break;
    case BENCH_FLOOR:
        prepare_floor(self);
        self->work.run = run_floor;
        break;
    }
    return &self->work;
}

bench_work *bench_open_encoding(const char *name, bench_side side)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(name, cases[i].name) == 0) {
            return open_case(&cases[i], side);
        }
    }
    return NULL;
}

const char *bench_encoding_name(size_t i)
{
    return i < sizeof cases / sizeof *cases ? cases[i].name : NULL;
}
