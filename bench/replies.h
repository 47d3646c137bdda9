/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The bytes that servers would send, for the decoding cases.
 */
#ifndef REDISC_BENCH_REPLIES_H
#define REDISC_BENCH_REPLIES_H

#include <stddef.h>

/** A growing text: the wire. */
typedef struct bench_wire {
    char *bytes;
    size_t len;
    size_t capacity;
} bench_wire;

void bench_wire_free(bench_wire *wire);

/** Each appends one reply; `i` counts the replies, so that they differ a little. */
void bench_reply_ok(bench_wire *wire, size_t i);
void bench_reply_integer(bench_wire *wire, size_t i);            /**< of 1 to 10 digits */
void bench_reply_16_bytes(bench_wire *wire, size_t i);           /**< bulk string */
void bench_reply_1_kib(bench_wire *wire, size_t i);              /**< bulk string */
void bench_reply_1_mib(bench_wire *wire, size_t i);              /**< bulk string */
void bench_reply_1000_strings(bench_wire *wire, size_t i);       /**< of 10 bytes */
void bench_reply_1000_mixed_strings(bench_wire *wire, size_t i); /**< of 1 to 120 bytes */
void bench_reply_100_with_nils(bench_wire *wire, size_t i);      /**< each fourth is nil */
void bench_reply_1000_integers(bench_wire *wire, size_t i);      /**< of 1 to 10 digits */
void bench_reply_1000_pairs(bench_wire *wire, size_t i);         /**< flat, as in RESP2 */
void bench_reply_1000_pairs_map(bench_wire *wire, size_t i);     /**< a RESP3 map */
void bench_reply_1000_scored(bench_wire *wire, size_t i);        /**< flat, scores as strings */
void bench_reply_1000_scored_pairs(bench_wire *wire, size_t i);  /**< RESP3: pairs, doubles */
void bench_reply_1000_entries(bench_wire *wire, size_t i);       /**< of a stream, 4 fields each */

#endif
