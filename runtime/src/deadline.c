/* SPDX-License-Identifier: MIT */
#include "deadline.h"

#include <time.h>

int64_t redisc_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

redisc_deadline redisc_deadline_never(void)
{
    return (redisc_deadline){.at_ms = INT64_MAX};
}

redisc_deadline redisc_deadline_from(int64_t now_ms, int64_t milliseconds)
{
    if (milliseconds < 0 || milliseconds > INT64_MAX - 1 - now_ms) {
        return redisc_deadline_never();
    }
    return (redisc_deadline){.at_ms = now_ms + milliseconds};
}

redisc_deadline redisc_deadline_after(int64_t milliseconds)
{
    return redisc_deadline_from(redisc_now_ms(), milliseconds);
}

redisc_deadline redisc_deadline_earlier(redisc_deadline a, redisc_deadline b)
{
    return a.at_ms <= b.at_ms ? a : b;
}

redisc_deadline redisc_deadline_share(redisc_deadline deadline, size_t count)
{
    int64_t left = redisc_deadline_left(deadline);
    return left < 0 ? deadline : redisc_deadline_after(left / (int64_t)count);
}

int64_t redisc_deadline_left_at(redisc_deadline deadline, int64_t now_ms)
{
    if (deadline.at_ms == INT64_MAX) {
        return -1;
    }
    return deadline.at_ms > now_ms ? deadline.at_ms - now_ms : 0;
}

int64_t redisc_deadline_left(redisc_deadline deadline)
{
    return redisc_deadline_left_at(deadline, redisc_now_ms());
}

bool redisc_deadline_passed(redisc_deadline deadline)
{
    return redisc_deadline_left(deadline) == 0;
}
