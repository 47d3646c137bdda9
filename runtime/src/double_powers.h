/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Powers of ten with 128 bits of precision, and products with them: what turning doubles into text
 * and back needs.
 */
#ifndef REDISC_SRC_DOUBLE_POWERS_H
#define REDISC_SRC_DOUBLE_POWERS_H

#include <stdint.h>

enum {
    REDISC_POWER_SMALLEST = -342,
    REDISC_POWER_LARGEST = 324,
    REDISC_POWER_COUNT = REDISC_POWER_LARGEST - REDISC_POWER_SMALLEST + 1,
    /* 10^0 … 10^55 have at most 128 significant bits, so their entries are exact. */
    REDISC_POWER_LARGEST_EXACT = 55
};

/* The first 128 bits of a power of ten, rounded down; the highest bit is set. */
typedef struct redisc_power {
    uint64_t high;
    uint64_t low;
} redisc_power;

/* Entry i is 10^(i + REDISC_POWER_SMALLEST). */
extern const redisc_power redisc_powers[REDISC_POWER_COUNT];

/* floor(log2(10^q)): the exponent of the entry's highest bit. Right for |q| <= 400. */
static inline int redisc_power_exponent(int q)
{
    return (q * 217706) >> 16;
}

/* The upper half of a product of two 64-bit numbers; the lower half goes to *low. */
static inline uint64_t redisc_multiply(uint64_t a, uint64_t b, uint64_t *low)
{
#if defined(__SIZEOF_INT128__)
    __extension__ unsigned __int128 product = (unsigned __int128)a * b;
    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
#else
    uint64_t a0 = a & 0xffffffff, a1 = a >> 32, b0 = b & 0xffffffff, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t other = a0 * b1 + (middle & 0xffffffff);
    *low = a * b;
    return a1 * b1 + (middle >> 32) + (other >> 32);
#endif
}

#endif
