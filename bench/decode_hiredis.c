/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Decoding, hiredis's side.
 */
#include "decode.h"

#include <stdlib.h>

typedef void take_reply(bench_sink *sink, const redisReply *reply);

/* Inlined into each user, so that taking a reply costs hiredis no indirect call. */
__attribute__((always_inline)) static inline void drain(decoding *self, take_reply *take)
{
    void *reply;
    while (redisReaderGetReply(self->reader, &reply) == REDIS_OK && reply != NULL) {
        take(&self->work.sink, reply);
        freeReplyObject(reply);
        self->taken++;
    }
}

static inline void take_ok(bench_sink *sink, const redisReply *reply)
{
    bench_take_integer(sink, reply->type == REDIS_REPLY_STATUS);
}

static inline void take_integer(bench_sink *sink, const redisReply *reply)
{
    bench_take_integer(sink, reply->integer);
}

static inline void take_string(bench_sink *sink, const redisReply *reply)
{
    bench_take_str(sink, reply->str, reply->len);
}

static inline void take_strings(bench_sink *sink, const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++) {
        if (reply->element[i]->type == REDIS_REPLY_NIL) {
            bench_take_integer(sink, -1);
        } else {
            take_string(sink, reply->element[i]);
        }
    }
}

static inline void take_integers(bench_sink *sink, const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++) {
        take_integer(sink, reply->element[i]);
    }
}

/* Names and values stand in turn, in RESP2's array as in RESP3's map. */
static inline void take_pairs(bench_sink *sink, const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++) {
        take_string(sink, reply->element[i]);
    }
}

static inline void take_scored(bench_sink *sink, const redisReply *reply)
{
    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        take_string(sink, reply->element[i]);
        bench_take_double(sink, strtod(reply->element[i + 1]->str, NULL));
    }
}

static inline void take_entries(bench_sink *sink, const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *entry = reply->element[i];
        take_string(sink, entry->element[0]);
        take_pairs(sink, entry->element[1]);
    }
}

void bench_drain_oks(decoding *self)
{
    drain(self, take_ok);
}

void bench_drain_integers(decoding *self)
{
    drain(self, take_integer);
}

void bench_drain_strings(decoding *self)
{
    drain(self, take_string);
}

void bench_drain_string_lists(decoding *self)
{
    drain(self, take_strings);
}

void bench_drain_integer_lists(decoding *self)
{
    drain(self, take_integers);
}

void bench_drain_pair_lists(decoding *self)
{
    drain(self, take_pairs);
}

void bench_drain_scored_lists(decoding *self)
{
    drain(self, take_scored);
}

void bench_drain_entry_lists(decoding *self)
{
    drain(self, take_entries);
}

#if HIREDIS_MAJOR >= 1
static inline void take_resp3_scored(bench_sink *sink, const redisReply *reply)
{
    for (size_t i = 0; i < reply->elements; i++) {
        const redisReply *pair = reply->element[i];
        take_string(sink, pair->element[0]);
        bench_take_double(sink, pair->element[1]->dval);
    }
}

void bench_drain_resp3_scored_lists(decoding *self)
{
    drain(self, take_resp3_scored);
}
#endif
