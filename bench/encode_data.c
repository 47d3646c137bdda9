/* SPDX-License-Identifier: MIT */
#include "encode_data.h"

#include "values.h"
#include "work.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 1, 2))) static redisc_str text(const char *format, ...)
{
    char made[160];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(made, sizeof made, format, arguments);
    va_end(arguments);
    char *kept = bench_allocate((size_t)len + 1);
    memcpy(kept, made, (size_t)len);
    return redisc_bytes(kept, (size_t)len);
}

static void fill_members(bench_data *data)
{
    for (size_t i = 0; i < BENCH_SETS * BENCH_MEMBERS; i++) {
        redisc_str member = text("member:%04zu", i % BENCH_MEMBERS);
        data->members[i / BENCH_MEMBERS][i % BENCH_MEMBERS] =
            (redisc_scored){bench_some_score(i), member};
        data->wholes[i / BENCH_MEMBERS][i % BENCH_MEMBERS] =
            (redisc_scored){bench_whole_score(i), member};
    }
}

const bench_data *bench_data_new(void)
{
    bench_data *data = bench_allocate(sizeof *data);
    for (size_t i = 0; i < BENCH_KEYS; i++) {
        data->keys[i] = text("key:%012zu", i * 7919);
    }
    data->value = text("%0100d", 1);
    for (size_t i = 0; i < BENCH_INCREMENTS; i++) {
        data->increments[i] = bench_some_integer(i);
    }
    for (size_t i = 0; i < BENCH_FIELDS; i++) {
        data->fields[i] = (redisc_pair){text("field:%04zu", i), text("value of field %03zu", i)};
    }
    for (size_t i = 0; i < BENCH_PAIRS; i++) {
        data->pairs[i] = (redisc_pair){text("key:%08zu", i), text("value:%04zu", i)};
    }
    fill_members(data);
    return data;
}
