/* SPDX-License-Identifier: MIT */
/* Running a transaction until nobody gets in between. */
#include "pipeline.h"

#include <time.h>

/* A different number at each call and in each thread; for getting out of step, not for secrets. */
static uint64_t some_number(const void *salt)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t x = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u ^ (uint64_t)(uintptr_t)salt;
    x ^= x >> 31;
    x *= 0xbf58476d1ce4e5b9u;
    return x ^ x >> 29;
}

/* Sleeps between half of `milliseconds` and all of it. */
static void sleep_about(int64_t milliseconds, const void *salt)
{
    if (milliseconds <= 0) {
        return;
    }
    uint64_t nanoseconds = (uint64_t)milliseconds * 500000u;
    nanoseconds += some_number(salt) % (nanoseconds + 1);
    struct timespec rest = {.tv_sec = (time_t)(nanoseconds / 1000000000u),
                            .tv_nsec = (long)(nanoseconds % 1000000000u)};
    nanosleep(&rest, NULL);
}

static redisc_status run_once(redisc *pipe, redisc_str_list keys, redisc_transaction_body body,
                              void *context)
{
    redisc_status status = keys.count > 0 ? redisc_watch(pipe, keys) : REDISC_OK;
    if (status >= 0) {
        status = body(pipe, context);
    }
    return status < 0 ? status : redisc_execute(pipe);
}

redisc_status redisc_transaction(redisc *client, redisc_str_list keys, redisc_transaction_body body,
                                 void *context, const redisc_transaction_options *options)
{
    static const redisc_transaction_options defaults = {0};
    const redisc_transaction_options *how = options == NULL ? &defaults : options;
    if (body == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_transaction: `body` is NULL");
    }
    redisc *pipe = redisc_pipeline(client, NULL);
    if (pipe == NULL) {
        return redisc_last_error()->status;
    }
    int64_t longest = how->max_wait_ms > 0 ? how->max_wait_ms : 1000;
    int64_t wait_ms = how->wait_ms < longest ? how->wait_ms : longest;
    redisc_status status = run_once(pipe, keys, body, context);
    for (uint32_t tries = 1; status == REDISC_ERROR_WATCH; tries++) {
        if (how->max_tries > 0 && tries >= how->max_tries) {
            redisc_error_about(NULL, redisc_last_error()->delivery, tries);
            break;
        }
        redisc_pipeline_reset(pipe);
        sleep_about(wait_ms, pipe);
        wait_ms = wait_ms > longest / 2 ? longest : wait_ms * 2;
        status = run_once(pipe, keys, body, context);
    }
    redisc_close(pipe);
    return status;
}
