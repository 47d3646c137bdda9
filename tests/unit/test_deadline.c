/* SPDX-License-Identifier: MIT */
#include "deadline.h"

#include <criterion/criterion.h>
#include <time.h>

static void sleep_ms(long milliseconds)
{
    struct timespec time = {.tv_sec = 0, .tv_nsec = milliseconds * 1000000};
    nanosleep(&time, NULL);
}

Test(deadline, the_clock_goes_on)
{
    int64_t before = redisc_now_ms();
    sleep_ms(20);
    int64_t passed = redisc_now_ms() - before;
    cr_assert(passed >= 19 && passed < 5000, "%lld ms", (long long)passed);
}

Test(deadline, negative_is_never)
{
    redisc_deadline never = redisc_deadline_after(-1);
    cr_assert_eq(never.at_ms, INT64_MAX);
    cr_assert_eq(redisc_deadline_left(never), -1);
    cr_assert_not(redisc_deadline_passed(never));
    cr_assert_eq(redisc_deadline_never().at_ms, INT64_MAX);
}

Test(deadline, passes)
{
    redisc_deadline soon = redisc_deadline_after(10);
    cr_assert_not(redisc_deadline_passed(soon));
    cr_assert(redisc_deadline_left(soon) <= 10);
    sleep_ms(20);
    cr_assert(redisc_deadline_passed(soon));
    cr_assert_eq(redisc_deadline_left(soon), 0);
    cr_assert(redisc_deadline_passed(redisc_deadline_after(0)));
}

Test(deadline, left_at_a_given_time)
{
    redisc_deadline at = redisc_deadline_from(1000, 500);
    cr_assert_eq(at.at_ms, 1500);
    cr_assert_eq(redisc_deadline_left_at(at, 1400), 100);
    cr_assert_eq(redisc_deadline_left_at(at, 1500), 0);
    cr_assert_eq(redisc_deadline_left_at(at, 9999), 0);
}

Test(deadline, shares)
{
    cr_assert_eq(redisc_deadline_share(redisc_deadline_never(), 3).at_ms, INT64_MAX);
    int64_t left = redisc_deadline_left(redisc_deadline_share(redisc_deadline_after(90000), 3));
    cr_assert(left > 20000 && left <= 30000, "%lld ms", (long long)left);
    cr_assert(redisc_deadline_passed(redisc_deadline_share(redisc_deadline_after(0), 3)));
}

Test(deadline, saturates)
{
    cr_assert_eq(redisc_deadline_from(1000, INT64_MAX).at_ms, INT64_MAX);
    cr_assert_eq(redisc_deadline_from(1000, INT64_MAX - 1000).at_ms, INT64_MAX);
    cr_assert_eq(redisc_deadline_from(1000, INT64_MAX - 1001).at_ms, INT64_MAX - 1);
}

Test(deadline, the_earlier_one)
{
    redisc_deadline one = redisc_deadline_from(0, 1);
    redisc_deadline two = redisc_deadline_from(0, 2);
    cr_assert_eq(redisc_deadline_earlier(one, two).at_ms, 1);
    cr_assert_eq(redisc_deadline_earlier(two, one).at_ms, 1);
    cr_assert_eq(redisc_deadline_earlier(one, redisc_deadline_never()).at_ms, 1);
}
