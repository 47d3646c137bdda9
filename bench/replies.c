/* SPDX-License-Identifier: MIT */
#include "replies.h"

#include "values.h"
#include "work.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 1000, NUMBER_SIZE = 40 };

void bench_wire_free(bench_wire *wire)
{
    free(wire->bytes);
    *wire = (bench_wire){NULL, 0, 0};
}

static char *grow(bench_wire *wire, size_t more)
{
    if (wire->capacity - wire->len < more) {
        wire->capacity = 2 * wire->capacity + more;
        wire->bytes = realloc(wire->bytes, wire->capacity);
        if (wire->bytes == NULL) {
            bench_fail("memory", "there is none");
        }
    }
    return wire->bytes + wire->len;
}

__attribute__((format(printf, 2, 3))) static void add(bench_wire *wire, const char *format, ...)
{
    enum { MOST = 256 };
    va_list arguments;
    va_start(arguments, format);
    wire->len += (size_t)vsnprintf(grow(wire, MOST), MOST, format, arguments);
    va_end(arguments);
}

static void add_string(bench_wire *wire, const char *text)
{
    add(wire, "$%zu\r\n%s\r\n", strlen(text), text);
}

/* Text that looks like text, of any length. */
static void add_filled(bench_wire *wire, size_t len, size_t seed)
{
    add(wire, "$%zu\r\n", len);
    char *to = grow(wire, len + 2);
    for (size_t i = 0; i < len; i++) {
        to[i] = (char)('a' + (i * 7 + seed) % 26);
    }
    memcpy(to + len, "\r\n", 2);
    wire->len += len + 2;
}

/* As a server writes scores: the shortest text that reads back as the same double. */
static void write_score(char text[NUMBER_SIZE], size_t i)
{
    double score = bench_some_score(i);
    int digits = 0;
    do {
        snprintf(text, NUMBER_SIZE, "%.*g", ++digits, score);
    } while (strtod(text, NULL) != score && digits < 17);
}

void bench_reply_ok(bench_wire *wire, size_t i)
{
    (void)i;
    add(wire, "+OK\r\n");
}

void bench_reply_integer(bench_wire *wire, size_t i)
{
    add(wire, ":%" PRId64 "\r\n", bench_some_integer(i));
}

void bench_reply_16_bytes(bench_wire *wire, size_t i)
{
    add_filled(wire, 16, i);
}

void bench_reply_1_kib(bench_wire *wire, size_t i)
{
    add_filled(wire, 1024, i);
}

void bench_reply_1_mib(bench_wire *wire, size_t i)
{
    add_filled(wire, 1024 * 1024, i);
}

void bench_reply_1000_strings(bench_wire *wire, size_t i)
{
    add(wire, "*%d\r\n", MANY);
    for (size_t j = 0; j < MANY; j++) {
        add_filled(wire, 10, i + j);
    }
}

void bench_reply_1000_mixed_strings(bench_wire *wire, size_t i)
{
    add(wire, "*%d\r\n", MANY);
    for (size_t j = 0; j < MANY; j++) {
        add_filled(wire, 1 + bench_scatter(i * MANY + j) % 120, i + j);
    }
}

void bench_reply_100_with_nils(bench_wire *wire, size_t i)
{
    add(wire, "*100\r\n");
    for (size_t j = 0; j < 100; j++) {
        if (bench_scatter(i * 100 + j) % 4 == 0) {
            add(wire, "$-1\r\n");
        } else {
            add_filled(wire, 16 + bench_scatter(i * 100 + j) % 20, i + j);
        }
    }
}

void bench_reply_1000_integers(bench_wire *wire, size_t i)
{
    add(wire, "*%d\r\n", MANY);
    for (size_t j = 0; j < MANY; j++) {
        bench_reply_integer(wire, i * MANY + j);
    }
}

static void add_pairs(bench_wire *wire, size_t i)
{
    for (size_t j = 0; j < MANY; j++) {
        char name[NUMBER_SIZE];
        snprintf(name, sizeof name, "field:%06zu", j);
        add_string(wire, name);
        add_filled(wire, 20, i + j);
    }
}

void bench_reply_1000_pairs(bench_wire *wire, size_t i)
{
    add(wire, "*%d\r\n", 2 * MANY);
    add_pairs(wire, i);
}

void bench_reply_1000_pairs_map(bench_wire *wire, size_t i)
{
    add(wire, "%%%d\r\n", MANY);
    add_pairs(wire, i);
}

static void add_member(bench_wire *wire, size_t j)
{
    char name[NUMBER_SIZE];
    snprintf(name, sizeof name, "member:%06zu", j);
    add_string(wire, name);
}

void bench_reply_1000_scored(bench_wire *wire, size_t i)
{
    add(wire, "*%d\r\n", 2 * MANY);
    for (size_t j = 0; j < MANY; j++) {
        char score[NUMBER_SIZE];
        write_score(score, i * MANY + j);
        add_member(wire, j);
        add_string(wire, score);
    }
}

void bench_reply_1000_scored_pairs(bench_wire *wire, size_t i)
{
    add(wire, "*%d\r\n", MANY);
    for (size_t j = 0; j < MANY; j++) {
        char score[NUMBER_SIZE];
        write_score(score, i * MANY + j);
        add(wire, "*2\r\n");
        add_member(wire, j);
        add(wire, ",%s\r\n", score);
    }
}

void bench_reply_1000_entries(bench_wire *wire, size_t i)
{
    static const char *const names[] = {"sensor", "temperature", "humidity", "note"};
    add(wire, "*%d\r\n", MANY);
    for (size_t j = 0; j < MANY; j++) {
        char id[NUMBER_SIZE];
        snprintf(id, sizeof id, "1526919030%03zu-%zu", j, i % 10);
        add(wire, "*2\r\n");
        add_string(wire, id);
        add(wire, "*8\r\n");
        for (size_t k = 0; k < 4; k++) {
            add_string(wire, names[k]);
            add_filled(wire, 4 + k * 4, i + j + k);
        }
    }
}
