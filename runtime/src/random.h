/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Randomness: for tokens that nobody may guess, and for getting out of step.
 */
#ifndef REDISC_SRC_RANDOM_H
#define REDISC_SRC_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills with unpredictable bytes from the system; false if it has none to give. */
bool redisc_random_bytes(void *bytes, size_t size);

/* A number from 0 to `most`, good enough to spread waits. */
uint64_t redisc_random_below(uint64_t most);

/*
 * How long to pause before the next try after so many failures in a row: anything from nothing to
 * `base_ms`, doubled with each further failure up to `most_ms` (full jitter, so that many who
 * failed in one moment don't come back in one).
 */
int64_t redisc_backoff_ms(int64_t base_ms, int64_t most_ms, unsigned failures);

/* Sleeps that long; 0 and less: not at all. A signal may end it early. */
void redisc_sleep_ms(int64_t milliseconds);

#endif
