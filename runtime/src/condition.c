/* SPDX-License-Identifier: MIT */
#include "condition.h"

#include <time.h>

void redisc_condition_init(pthread_cond_t *condition)
{
#ifdef __APPLE__
    pthread_cond_init(condition, NULL);
#else
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
#endif
}

void redisc_condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t milliseconds)
{
    if (milliseconds < 0) {
        pthread_cond_wait(condition, lock);
        return;
    }
    struct timespec time = {0};
#ifndef __APPLE__
    clock_gettime(CLOCK_MONOTONIC, &time);
#endif
    time.tv_sec += (time_t)(milliseconds / 1000);
    time.tv_nsec += (long)(milliseconds % 1000) * 1000000;
    if (time.tv_nsec >= 1000000000) {
        time.tv_nsec -= 1000000000;
        time.tv_sec++;
    }
#ifdef __APPLE__
    pthread_cond_timedwait_relative_np(condition, lock, &time);
#else
    pthread_cond_timedwait(condition, lock, &time);
#endif
}
