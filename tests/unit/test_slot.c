/* SPDX-License-Identifier: MIT */
#include "slot.h"

#include <criterion/criterion.h>

/* The cluster specification gives CRC16("123456789") = 0x31c3. */
Test(slot, known_values)
{
    cr_assert_eq(redisc_slot(redisc_text("123456789")), 0x31c3 % REDISC_SLOTS);
    cr_assert_eq(redisc_slot(redisc_text("foo")), 12182);
    cr_assert_eq(redisc_slot(redisc_text("bar")), 5061);
    cr_assert_eq(redisc_slot(redisc_text("")), 0);
}

Test(slot, only_the_tag_counts)
{
    unsigned tag = redisc_slot(redisc_text("user1000"));
    cr_assert_eq(redisc_slot(redisc_text("{user1000}.following")), tag);
    cr_assert_eq(redisc_slot(redisc_text("x{user1000}y{z}")), tag);
}

Test(slot, an_empty_or_open_tag_is_no_tag)
{
    cr_assert_neq(redisc_slot(redisc_text("foo{}{bar}")), redisc_slot(redisc_text("bar")));
    cr_assert_neq(redisc_slot(redisc_text("foo{bar")), redisc_slot(redisc_text("bar")));
    cr_assert_eq(redisc_slot(redisc_text("foo{{bar}}zap")), redisc_slot(redisc_text("{bar")));
    cr_assert_lt(redisc_slot(redisc_text("x{")), REDISC_SLOTS);
}
