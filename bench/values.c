/* SPDX-License-Identifier: MIT */
#include "values.h"

uint64_t bench_scatter(uint64_t i)
{
    i = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
    i = (i ^ (i >> 29)) * UINT64_C(0xbf58476d1ce4e5b9);
    return i ^ (i >> 32);
}

int64_t bench_some_integer(uint64_t i)
{
    static const int64_t powers[] = {10,      100,      1000,      10000,      100000,
                                     1000000, 10000000, 100000000, 1000000000, 10000000000};
    uint64_t kind = bench_scatter(bench_scatter(i)) % (sizeof powers / sizeof *powers);
    return (int64_t)(bench_scatter(i) >> 1) % powers[kind];
}

double bench_whole_score(uint64_t i)
{
    return (double)(bench_scatter(i) % 100000);
}

double bench_some_score(uint64_t i)
{
    uint64_t value = bench_scatter(i);
    switch (bench_scatter(value) % 4) {
    case 0:
        return bench_whole_score(i);
    case 1:
        return (double)(value % 10000000) / 100;
    case 2:
        return (double)(value % 10000000000) / 1e6;
    default:
        return (double)(value % 100000) / 7;
    }
}
