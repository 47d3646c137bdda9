/* SPDX-License-Identifier: MIT */
/* Running a transaction until nobody gets in between. */
#include "pipeline.h"
#include "random.h"

enum { FIRST_MS = 1, LONGEST_MS = 1000 };

/* Sleeps between half of `milliseconds` and all of it. */
static void sleep_about(int64_t milliseconds)
{
    if (milliseconds > 0) {
        redisc_sleep_ms(milliseconds - (int64_t)redisc_random_below((uint64_t)milliseconds / 2));
    }
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
    static const redisc_transaction_options defaults;
    const redisc_transaction_options *how = options == NULL ? &defaults : options;
    if (body == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_transaction: `body` is NULL");
    }
    redisc *pipe = redisc_pipeline(client, NULL);
    if (pipe == NULL) {
        return redisc_last_error()->status;
    }
    int64_t longest = how->max_wait_ms > 0 ? how->max_wait_ms : LONGEST_MS;
    int64_t wait_ms = how->wait_ms == 0 ? FIRST_MS : how->wait_ms;
    wait_ms = wait_ms < 0 ? 0 : wait_ms < longest ? wait_ms : longest;
    redisc_status status = run_once(pipe, keys, body, context);
    for (uint32_t tries = 1; status == REDISC_ERROR_WATCH; tries++) {
        if (how->max_tries > 0 && tries >= how->max_tries) {
            redisc_error_about(NULL, redisc_last_error()->delivery, tries);
            break;
        }
        redisc_pipeline_reset(pipe);
        sleep_about(wait_ms);
        wait_ms = wait_ms > longest / 2 ? longest : wait_ms * 2;
        status = run_once(pipe, keys, body, context);
    }
    redisc_close(pipe);
    return status;
}
