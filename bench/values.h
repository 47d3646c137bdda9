/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Numbers without an order that a branch predictor could learn; the same in each run.
 */
#ifndef REDISC_BENCH_VALUES_H
#define REDISC_BENCH_VALUES_H

#include <stdint.h>

uint64_t bench_scatter(uint64_t i);

/** Of 1 to 10 digits, each as often. */
int64_t bench_some_integer(uint64_t i);

/** Whole, with 2 decimals, with 6, or with all that a double has; each as often. */
double bench_some_score(uint64_t i);

/** Whole, below 100000. */
double bench_whole_score(uint64_t i);

#endif
