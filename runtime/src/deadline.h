/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One monotonic clock and one type of deadline, for everything that waits.
 */
#ifndef REDISC_SRC_DEADLINE_H
#define REDISC_SRC_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A point in time on the monotonic clock. */
typedef struct redisc_deadline {
    int64_t at_ms; /* INT64_MAX: never */
} redisc_deadline;

/* Milliseconds of a monotonic clock. */
int64_t redisc_now_ms(void);
/* That many milliseconds after `now`; never for negative ones; saturates. */
redisc_deadline redisc_deadline_from(int64_t now_ms, int64_t milliseconds);
redisc_deadline redisc_deadline_after(int64_t milliseconds);
redisc_deadline redisc_deadline_never(void);
/* An equal share of what is left, for the first of `count` that come one after the other. */
redisc_deadline redisc_deadline_share(redisc_deadline deadline, size_t count);
redisc_deadline redisc_deadline_earlier(redisc_deadline a, redisc_deadline b);
/* Milliseconds left: 0 when it has passed, -1 for never. What transports and poll() take (cap at
 * INT_MAX yourself). */
int64_t redisc_deadline_left(redisc_deadline deadline);
/* The same for who has just looked at the clock. */
int64_t redisc_deadline_left_at(redisc_deadline deadline, int64_t now_ms);
bool redisc_deadline_passed(redisc_deadline deadline);

#endif
