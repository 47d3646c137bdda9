/* SPDX-License-Identifier: MIT */
/**
 * @file
 * How often this process asked for memory: whoever asked, since malloc and its kin are replaced for
 * the whole process. Counting costs time, so only bench_allocations does it, never bench_times.
 */
#ifndef REDISC_BENCH_ALLOCATIONS_H
#define REDISC_BENCH_ALLOCATIONS_H

#include <stdint.h>

/** Calls of malloc, calloc, realloc and aligned_alloc so far; -1 where they aren't counted. */
int64_t bench_allocations(void);

#endif
