/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Decimal digits, shared by the writers of integers and of doubles.
 */
#ifndef REDISC_SRC_DIGITS_H
#define REDISC_SRC_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* "00", "01", … "99". */
extern const char redisc_digit_pairs[201];

/* 10^0 … 10^19: all powers of ten that fit 64 bits. */
extern const uint64_t redisc_tens[20];

/* How many digits the value has; 0 has one. */
static inline unsigned redisc_count_digits(uint64_t value)
{
#if defined(__GNUC__)
    /* 1233 / 4096 is just above log10(2); the table corrects the last step. */
    unsigned guess = (64U - (unsigned)__builtin_clzll(value | 1)) * 1233U >> 12;
    return guess + (guess == 0 || value >= redisc_tens[guess] ? 1U : 0U);
#else
    unsigned count = 1;
    while (count < 20 && value >= redisc_tens[count]) {
        count++;
    }
    return count;
#endif
}

/* Writes the value's last `count` digits, with leading zeros. */
static inline void redisc_put_digits(char *to, uint64_t value, unsigned count)
{
    char *at = to + count;
    while (count >= 2) {
        at -= 2;
        count -= 2;
        memcpy(at, redisc_digit_pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (count > 0) {
        *to = (char)('0' + value % 10);
    }
}

#endif
