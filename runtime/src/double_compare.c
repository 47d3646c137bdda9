/* SPDX-License-Identifier: MIT */
/*
 * Comparing a decimal with a binary number, exactly, by big integers: what reading a double falls
 * back to when 128 bits don't tell on which side of a border between two doubles the decimal is.
 */
#include "double_read.h"

#include <string.h>

/*
 * 768 digits tell any decimal from the middle between two doubles, if what follows counts as one
 * more digit that isn't zero. Both sides of the comparison then stay below 2600 bits.
 */
enum { MOST_DIGITS = 768, LIMBS = 128 };

typedef struct big {
    size_t count;
    uint32_t limbs[LIMBS]; /* lowest first */
} big;

static void big_multiply_add(big *number, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (size_t i = 0; i < number->count; i++) {
        carry += (uint64_t)number->limbs[i] * factor;
        number->limbs[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry != 0 && number->count < LIMBS) {
        number->limbs[number->count++] = (uint32_t)carry;
    }
}

static void big_multiply_power_of_five(big *number, unsigned exponent)
{
    for (; exponent >= 13; exponent -= 13) {
        big_multiply_add(number, 1220703125, 0); /* 5^13 */
    }
    for (; exponent > 0; exponent--) {
        big_multiply_add(number, 5, 0);
    }
}

static void big_shift_left(big *number, unsigned bits)
{
    big_multiply_add(number, UINT32_C(1) << bits % 32, 0);
    size_t whole = bits / 32;
    if (whole > 0 && number->count + whole <= LIMBS) {
        memmove(number->limbs + whole, number->limbs, number->count * sizeof number->limbs[0]);
        memset(number->limbs, 0, whole * sizeof number->limbs[0]);
        number->count += whole;
    }
}

static int big_compare(const big *a, const big *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (size_t i = a->count; i-- > 0;) {
        if (a->limbs[i] != b->limbs[i]) {
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
        }
    }
    return 0;
}

/* Takes the digits; returns the exponent of ten of the last one taken. */
static int big_from_text(big *number, const redisc_decimal_text *text)
{
    int64_t exponent = text->exponent;
    unsigned taken = 0;
    bool rest = false; /* whether a digit that was not taken isn't zero */
    number->count = 0;
    for (const char *at = text->first; at < text->end; at++) {
        if (*at == '.') {
            continue;
        }
        if (taken < MOST_DIGITS) {
            big_multiply_add(number, 10, (uint32_t)(*at - '0'));
            taken++;
        } else {
            rest = rest || *at != '0';
            exponent++;
        }
    }
    if (rest) {
        big_multiply_add(number, 10, 1);
        exponent--;
    }
    return (int)exponent;
}

int redisc_compare_decimal(const redisc_decimal_text *text, uint64_t mantissa, int exponent)
{
    big left;
    big right = {.count = 2, .limbs = {(uint32_t)mantissa, (uint32_t)(mantissa >> 32)}};
    if (right.limbs[1] == 0) {
        right.count = 1;
    }
    int ten = big_from_text(&left, text);
    /* left * 10^ten against right * 2^exponent: all powers to where their exponent is positive */
    if (ten >= 0) {
        big_multiply_power_of_five(&left, (unsigned)ten);
    } else {
        big_multiply_power_of_five(&right, (unsigned)-ten);
    }
    int two = ten - exponent;
    if (two >= 0) {
        big_shift_left(&left, (unsigned)two);
    } else {
        big_shift_left(&right, (unsigned)-two);
    }
    return big_compare(&left, &right);
}
