/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Conditions that wait by the monotonic clock.
 */
#ifndef REDISC_SRC_CONDITION_H
#define REDISC_SRC_CONDITION_H

#include <pthread.h>
#include <stdint.h>

void redisc_condition_init(pthread_cond_t *condition);

/* Sleeps up to `milliseconds`, for ever if negative; may wake early. Needs the lock, and has it
 * again when it returns. */
void redisc_condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t milliseconds);

#endif
