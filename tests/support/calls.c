/* SPDX-License-Identifier: MIT */
#include "calls.h"

#include <redisc/alloc.h>

#include <time.h>

int64_t test_integer(redisc *r, redisc_str_list words)
{
    const redisc_reply *reply = NULL;
    int64_t value = TEST_NO_INTEGER;
    if (redisc_call(r, words, &reply) == REDISC_OK && reply->type == REDISC_REPLY_INTEGER) {
        value = reply->as.integer;
    }
    redisc_free(reply);
    return value;
}

bool test_answers(redisc *r, redisc_str_list words, const char *expected)
{
    const redisc_reply *reply = NULL;
    redisc_str text;
    bool same = redisc_call(r, words, &reply) == REDISC_OK &&
                redisc_reply_string(reply, &text) == REDISC_OK &&
                redisc_str_equal(text, redisc_text(expected));
    redisc_free(reply);
    return same;
}

redisc_status test_status(redisc *r, redisc_str_list words)
{
    const redisc_reply *reply = NULL;
    redisc_status status = redisc_call(r, words, &reply);
    redisc_free(reply);
    return status;
}

int64_t test_connection_id(redisc *r)
{
    return test_integer(r, REDISC_STRS("CLIENT", "ID"));
}

int64_t test_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void test_sleep_ms(int milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = (long)(milliseconds % 1000) * 1000000};
    nanosleep(&time, NULL);
}
