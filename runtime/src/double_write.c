/* SPDX-License-Identifier: MIT */
/*
 * Doubles to text: the shortest digits that read back as the same double, of those the closest.
 *
 * Whole numbers and short decimals are done with a few multiplications; all others by Raffaello
 * Giulietti's Schubfach method: of all decimals with one exponent, chosen so that the interval
 * which rounds to the double holds at least one of them and at most few with one digit less, only
 * four need to be looked at, and three products with a 128-bit power of ten decide among them.
 */
#include "number.h"

#include "digits.h"
#include "double_powers.h"

enum { FRACTION_BITS = 52, EXPONENT_BIAS = 1023, FIXED_DECIMALS = 6 };

/* digits * 10^exponent */
typedef struct decimal {
    uint64_t digits;
    int exponent;
} decimal;

/* The product's upper 64 bits; the lowest one says also whether anything was cut off below. */
static uint64_t scale(redisc_power power, uint64_t value)
{
    uint64_t low, rest;
    uint64_t carry = redisc_multiply(power.low, value, &rest);
    uint64_t high = redisc_multiply(power.high, value, &low);
    low += carry;
    high += low < carry;
    return high | (low > 1);
}

/* The power of ten, rounded up. */
static redisc_power power_above(int q)
{
    redisc_power power = redisc_powers[q - REDISC_POWER_SMALLEST];
    if (q < 0 || q > REDISC_POWER_LARGEST_EXACT) {
        power.low++;
        power.high += power.low == 0;
    }
    return power;
}

/* floor(log10(2^e)), or floor(log10(3/4 * 2^e)). */
static int log10_of_two(int e, bool three_quarters)
{
    return (int)(((int64_t)e * INT64_C(1292913986) -
                  (three_quarters ? INT64_C(536607788) : INT64_C(0))) >>
                 32);
}

/*
 * `mantissa * 2^exponent` is the double; everything is counted in quarters of its last place, so
 * that the borders of the interval (half a place away) are whole. Below a power of two the
 * neighbour is nearer (`narrow`).
 */
static decimal shortest(uint64_t mantissa, int exponent, bool narrow)
{
    uint64_t odd = mantissa & 1; /* the borders belong to the interval of an even mantissa only */
    int k = log10_of_two(exponent, narrow);
    int shift = exponent + redisc_power_exponent(-k) + 1;
    redisc_power power = power_above(-k);
    uint64_t lower = scale(power, (4 * mantissa - 2 + narrow) << shift) + odd;
    uint64_t middle = scale(power, 4 * mantissa << shift);
    uint64_t upper = scale(power, (4 * mantissa + 2) << shift) - odd;

    uint64_t whole = middle / 4;
    if (whole >= 10) { /* one digit less? */
        uint64_t tenth = whole / 10;
        bool below = lower <= 40 * tenth;
        bool above = 40 * tenth + 40 <= upper;
        if (below != above) {
            return (decimal){tenth + above, k + 1};
        }
    }
    bool below = lower <= 4 * whole;
    bool above = 4 * whole + 4 <= upper;
    if (below != above) {
        return (decimal){whole + above, k};
    }
    uint64_t half = 4 * whole + 2;
    bool up = middle > half || (middle == half && (whole & 1) != 0);
    return (decimal){whole + up, k};
}

static decimal without_trailing_zeros(decimal number)
{
    while (number.digits % 100 == 0) {
        number.digits /= 100;
        number.exponent += 2;
    }
    if (number.digits % 10 == 0) {
        number.digits /= 10;
        number.exponent++;
    }
    return number;
}

static size_t write_exponent(char *to, int exponent)
{
    char *at = to;
    *at++ = 'e';
    if (exponent < 0) {
        *at++ = '-';
        exponent = -exponent;
    }
    at += redisc_write_unsigned(at, (uint64_t)exponent);
    return (size_t)(at - to);
}

/* d.ddde±x */
static size_t write_scientific(char *to, decimal number, unsigned count)
{
    redisc_put_digits(to + 1, number.digits, count);
    to[0] = to[1];
    size_t len = 1;
    if (count > 1) {
        to[1] = '.';
        len = count + 1;
    }
    return len + write_exponent(to + len, number.exponent + (int)count - 1);
}

/* From 10^-6 up to 10^17 as people write it, else with an exponent. */
static size_t write_decimal(char *to, decimal number)
{
    unsigned count = redisc_count_digits(number.digits);
    int point = (int)count + number.exponent; /* digits before the point */
    if (point <= -FIXED_DECIMALS || point > 17) {
        return write_scientific(to, number, count);
    }
    if (number.exponent >= 0) {
        redisc_put_digits(to, number.digits, count);
        memset(to + count, '0', (size_t)number.exponent);
        return (size_t)point;
    }
    if (point <= 0) {
        memcpy(to, "0.00000", 7);
        redisc_put_digits(to + 2 - point, number.digits, count);
        return (size_t)(2 - point) + count;
    }
    uint64_t unit = redisc_tens[-number.exponent];
    redisc_put_digits(to, number.digits / unit, (unsigned)point);
    to[point] = '.';
    redisc_put_digits(to + point + 1, number.digits % unit, (unsigned)-number.exponent);
    return count + 1;
}

/* A whole number of millionths, as a decimal. */
static size_t write_millionths(char *to, uint64_t millionths)
{
    size_t len = redisc_write_unsigned(to, millionths / 1000000);
    uint64_t fraction = millionths % 1000000;
    unsigned count = FIXED_DECIMALS;
    if (fraction % 1000 == 0) {
        fraction /= 1000;
        count -= 3;
    }
    while (fraction % 10 == 0) {
        fraction /= 10;
        count--;
    }
    to[len] = '.';
    redisc_put_digits(to + len + 1, fraction, count);
    return len + 1 + count;
}

static size_t write_bits(char *to, uint64_t bits)
{
    uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    int exponent = (int)(bits >> FRACTION_BITS);
    if (exponent == 0x7ff) {
        memcpy(to, fraction == 0 ? "inf" : "nan", 3);
        return 3;
    }
    uint64_t hidden = exponent == 0 ? 0 : UINT64_C(1) << FRACTION_BITS;
    bool narrow = fraction == 0 && exponent > 1;
    exponent = (exponent == 0 ? 1 : exponent) - EXPONENT_BIAS - FRACTION_BITS;
    return write_decimal(to, without_trailing_zeros(shortest(fraction | hidden, exponent, narrow)));
}

size_t redisc_write_double(char *to, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    size_t sign = 0;
    if (bits >> 63 != 0 && value == value) {
        *to = '-';
        sign = 1;
    }
    bits &= UINT64_MAX >> 1;
    memcpy(&value, &bits, sizeof bits);
    if (value < 9007199254740992.0) { /* 2^53: integers are exact up to there */
        uint64_t whole = (uint64_t)value;
        if ((double)whole == value) {
            return sign + redisc_write_unsigned(to + sign, whole);
        }
    }
    /* Decimals of at most 15 digits differ as doubles, so a short one that fits is the shortest. */
    if (value < 1e9) {
        uint64_t millionths = (uint64_t)(value * 1e6 + 0.5);
        if ((double)millionths / 1e6 == value) {
            return sign + write_millionths(to + sign, millionths);
        }
    }
    return sign + write_bits(to + sign, bits);
}
