/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What is measured: a case ("LRANGE 1000 x 10 B") is done by several sides, each of which opens it
 * as a piece of work that can be run over and over.
 */
#ifndef REDISC_BENCH_WORK_H
#define REDISC_BENCH_WORK_H

#include <redisc/str.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Who does it. */
typedef enum bench_side {
    BENCH_REDISC,
    BENCH_HIREDIS,
    BENCH_FLOOR, /**< what can't be saved: one copy of the bytes, a write and read without more */
} bench_side;

/** Where a program puts the values it is given. Both clients must come to the same. */
typedef struct bench_sink {
    bool every_byte; /**< true: a digest over all; false: what any user does at least */
    uint64_t sum;
} bench_sink;

/** A piece of work under way: the first member of what each kind of case has of its own. */
typedef struct bench_work bench_work;
struct bench_work {
    size_t operations; /**< done by one run */
    bench_sink sink;
    void (*prepare)(bench_work *work); /**< before each run, not measured; NULL: nothing */
    void (*run)(bench_work *work);     /**< what is measured */
    void (*settle)(bench_work *work);  /**< after each run, not measured; NULL: nothing */
    void (*queue)(bench_work *work); /**< pipelines: the part of a run that sends nothing yet, with
                                        `depth` operations; else NULL */
    void (*flush)(bench_work *work); /**< the part after that */
    size_t depth;
    void (*close)(bench_work *work);
};

/** The servers' addresses, for the cases that talk to one. */
typedef struct bench_addresses {
    const char *path; /**< of the Unix socket */
    int port;         /**< on 127.0.0.1 */
} bench_addresses;

/**
 * Each kind of case opens those it knows. NULL: there is no such case, or this side can't do it.
 * Whatever goes wrong ends the program with a message.
 */
bench_work *bench_open_encoding(const char *name, bench_side side);
bench_work *bench_open_decoding(const char *name, bench_side side);
bench_work *bench_open_round_trips(const char *name, bench_side side,
                                   const bench_addresses *addresses);
bench_work *bench_open_pipelines(const char *name, bench_side side,
                                 const bench_addresses *addresses);
bench_work *bench_open_messages(const char *name, bench_side side,
                                const bench_addresses *addresses);

/** The names of a kind's cases, NULL behind the last. */
const char *bench_encoding_name(size_t i);
const char *bench_decoding_name(size_t i);
const char *bench_round_trips_name(size_t i);
const char *bench_pipelines_name(size_t i);
const char *bench_messages_name(size_t i);

/** Ends the program with a message. */
_Noreturn void bench_fail(const char *what, const char *why);

/** Memory, or the end of the program. */
void *bench_allocate(size_t size);

/** Takes bytes into a digest. */
void bench_digest(bench_sink *sink, const void *bytes, size_t len);

static inline void bench_take_str(bench_sink *sink, const char *data, size_t len)
{
    if (sink->every_byte) {
        bench_digest(sink, &len, sizeof len);
        bench_digest(sink, data, len);
    } else {
        sink->sum += len + (len > 0 ? (unsigned char)data[0] : 0);
    }
}

static inline void bench_take_integer(bench_sink *sink, int64_t value)
{
    if (sink->every_byte) {
        bench_digest(sink, &value, sizeof value);
    } else {
        sink->sum += (uint64_t)value;
    }
}

static inline void bench_take_double(bench_sink *sink, double value)
{
    if (sink->every_byte) {
        bench_digest(sink, &value, sizeof value);
    } else {
        sink->sum += value > 0;
    }
}

#endif
