/* SPDX-License-Identifier: MIT */
/*
 * Text to doubles, correctly rounded.
 *
 * Up to 53 bits of digits with a small power of ten are done by one exact division or product.
 * Otherwise the digits are multiplied with the first 128 bits of the power of ten, which gives two
 * bounds that are very close; if a border between two doubles lies between them (or on them), big
 * integers decide.
 */
#include "double_read.h"

#include "digits.h"
#include "double_powers.h"
#include "number.h"
#include "swar.h"

#include <float.h>
#include <math.h>
#include <string.h>

enum { MOST_DIGITS = 19, EXPONENT_CAP = 100000000 };

/* What the text says. */
typedef struct decimal {
    uint64_t digits;    /* the first 19 that count */
    int64_t exponent;   /* of ten */
    bool more;          /* there are further digits */
    const char *first;  /* the digits' text, for the long way */
    const char *end;    /* behind the digits */
    int64_t text_power; /* exponent of the text's last digit */
} decimal;

/* Letters of a word in any case. */
static bool is_word(const char *text, const char *end, const char *word, size_t len)
{
    if ((size_t)(end - text) < len) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if ((text[i] | 0x20) != word[i]) {
            return false;
        }
    }
    return true;
}

static const char *scan_word(const char *at, const char *end, double *value)
{
    if (is_word(at, end, "inf", 3)) {
        *value = (double)INFINITY;
        return at + (is_word(at, end, "infinity", 8) ? 8 : 3);
    }
    if (is_word(at, end, "nan", 3)) {
        *value = (double)NAN;
        return at + 3;
    }
    return NULL;
}

static unsigned digit_of(char c)
{
    return (unsigned)(unsigned char)c - '0';
}

/* Digits wrap around modulo 2^64 when there are more than 19; the caller counts them. */
static const char *scan_digits(const char *at, const char *end, uint64_t *digits)
{
    uint64_t sum = *digits;
#ifdef REDISC_HAVE_SWAR
    while (end - at >= 8) {
        uint64_t bytes = redisc_eight_bytes(at);
        unsigned count = redisc_leading_digits(bytes);
        if (count < 8) {
            *digits = count == 0 ? sum : sum * redisc_tens[count] + redisc_few_digits(bytes, count);
            return at + count;
        }
        sum = sum * 100000000 + redisc_eight_digits(bytes);
        at += 8;
    }
#endif
    while (at < end && digit_of(*at) <= 9) {
        sum = sum * 10 + digit_of(*at++);
    }
    *digits = sum;
    return at;
}

/* The exponent's text, if there is one and it is complete. */
static const char *scan_exponent(const char *at, const char *end, int64_t *exponent)
{
    const char *digit = at + 1;
    if (at >= end || (*at | 0x20) != 'e') {
        return at;
    }
    bool negative = digit < end && *digit == '-';
    digit += digit < end && (*digit == '-' || *digit == '+');
    if (digit >= end || digit_of(*digit) > 9) {
        return at;
    }
    int64_t sum = 0;
    for (; digit < end && digit_of(*digit) <= 9; digit++) {
        sum = sum < EXPONENT_CAP ? sum * 10 + digit_of(*digit) : sum;
    }
    *exponent += negative ? -sum : sum;
    return digit;
}

/* More than 19 digits: takes the first 19 that count. */
static void shorten(decimal *number)
{
    const char *at = number->first;
    while (at < number->end && (*at == '0' || *at == '.')) {
        at++;
    }
    number->first = at;
    number->digits = 0;
    unsigned taken = 0;
    for (; at < number->end && taken < MOST_DIGITS; at++) {
        if (*at != '.') {
            number->digits = number->digits * 10 + digit_of(*at);
            taken++;
        }
    }
    size_t left = 0;
    for (; at < number->end; at++) {
        left += *at != '.';
    }
    number->exponent += (int64_t)left;
    number->more = left > 0;
}

static const char *scan_decimal(const char *text, const char *end, decimal *number)
{
    number->digits = 0;
    number->exponent = 0;
    number->more = false;
    number->first = text;
    const char *at = scan_digits(text, end, &number->digits);
    size_t count = (size_t)(at - text);
    if (at < end && *at == '.') {
        const char *fraction = at + 1;
        at = scan_digits(fraction, end, &number->digits);
        count += (size_t)(at - fraction);
        number->exponent = fraction - at;
    }
    if (count == 0) {
        return NULL;
    }
    number->end = at;
    at = scan_exponent(at, end, &number->exponent);
    number->text_power = number->exponent;
    if (count > MOST_DIGITS) {
        shorten(number);
    }
    return at;
}

/* Both factors are exact, so the one rounding is the right one. */
static bool convert_small(const decimal *number, double *value)
{
#if FLT_EVAL_METHOD == 0
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (number->more || number->digits > UINT64_C(1) << 53 || number->exponent < -22 ||
        number->exponent > 22) {
        return false;
    }
    double digits = (double)number->digits;
    *value =
        number->exponent < 0 ? digits / tens[-number->exponent] : digits * tens[number->exponent];
    return true;
#else /* wider intermediate results would be rounded twice */
    (void)number;
    (void)value;
    return false;
#endif
}

static unsigned leading_zeros(uint64_t value)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_clzll(value);
#else
    unsigned count = 0;
    for (; value >> 63 == 0; value <<= 1) {
        count++;
    }
    return count;
#endif
}

/* digits * 10^exponent is at least high:low:rest * 2^(top - 191), and less than that plus `spread`
 * units of high and `slack` units of low. */
typedef struct product {
    uint64_t high; /* its highest bit is set */
    uint64_t low;
    uint64_t rest;
    uint64_t spread;
    uint64_t slack; /* 0: exact */
    int top;        /* exponent of the highest bit */
} product;

static product multiply(const decimal *number)
{
    int q = (int)number->exponent;
    redisc_power power = redisc_powers[q - REDISC_POWER_SMALLEST];
    unsigned zeros = leading_zeros(number->digits);
    uint64_t digits = number->digits << zeros;
    product p;
    uint64_t carry = redisc_multiply(power.low, digits, &p.rest);
    p.high = redisc_multiply(power.high, digits, &p.low);
    p.low += carry;
    p.high += p.low < carry;
    p.top = 64 + redisc_power_exponent(q) - (int)zeros;
    p.spread = number->more ? UINT64_C(1) << zeros : 0;
    p.slack = number->more || q < 0 || q > REDISC_POWER_LARGEST_EXACT ? 2 : 0;
    if (p.high >> 63 == 0) {
        p.high = p.high << 1 | p.low >> 63;
        p.low = p.low << 1 | p.rest >> 63;
        p.rest <<= 1;
        p.spread <<= 1;
        p.slack <<= 1;
        p.top--;
    }
    return p;
}

/* Whether the middle between two doubles (`half` units of high, in `part`) is within the bounds. */
static bool in_doubt(const product *p, uint64_t part, uint64_t half)
{
    if (p->slack == 0 || part > half || (part == half && p->low > 0)) {
        return false;
    }
    uint64_t upper_low = p->low + p->slack;
    uint64_t upper = part + p->spread + (upper_low < p->slack);
    return upper > half || (upper == half && upper_low > 0);
}

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rounds to nearest, to even in the middle. False: beyond the largest double. */
static bool convert_large(const decimal *number, double *value)
{
    product p = multiply(number);
    int exponent = p.top + 1023;
    if (exponent >= 0x7ff) {
        return false;
    }
    unsigned shift = exponent > 0 ? 11 : 12 + (unsigned)-exponent; /* what is cut off high */
    if (shift > 64) {                                              /* less than half of the least */
        *value = 0;
        return true;
    }
    uint64_t kept = shift == 64 ? 0 : p.high >> shift;
    uint64_t part = shift == 64 ? p.high : p.high & ((UINT64_C(1) << shift) - 1);
    uint64_t half = UINT64_C(1) << (shift - 1);
    bool up;
    if (in_doubt(&p, part, half)) {
        redisc_decimal_text text = {number->first, number->end, number->text_power};
        int least = (exponent > 0 ? exponent : 1) - 1075; /* exponent of the last place */
        int order = redisc_compare_decimal(&text, 2 * kept + 1, least - 1);
        up = order > 0 || (order == 0 && (kept & 1) != 0);
    } else {
        up = part > half || (part == half && ((p.low | p.rest) != 0 || (kept & 1) != 0));
    }
    uint64_t bits = kept + up; /* a carry goes into the exponent, as it should */
    if (exponent > 0) {
        bits += (uint64_t)(exponent - 1) << 52;
    }
    *value = from_bits(bits);
    return bits >> 52 < 0x7ff;
}

static bool convert(const decimal *number, double *value)
{
    if (convert_small(number, value)) {
        return true;
    }
    /* 19 digits are less than 10^19, so these are far below the least double or above the largest.
     */
    if (number->digits == 0 || number->exponent < REDISC_POWER_SMALLEST) {
        *value = 0;
        return true;
    }
    double result;
    if (number->exponent > 308 || !convert_large(number, &result)) {
        return false;
    }
    *value = result;
    return true;
}

const char *redisc_scan_double(const char *text, const char *end, double *value)
{
    const char *at = text;
    bool negative = at < end && *at == '-';
    at += at < end && (*at == '-' || *at == '+');
    double size;
    decimal number;
    const char *after = scan_decimal(at, end, &number);
    if (after == NULL) {
        after = scan_word(at, end, &size);
        if (after == NULL) {
            return NULL;
        }
    } else if (!convert(&number, &size)) {
        return NULL;
    }
    *value = negative ? -size : size;
    return after;
}

bool redisc_read_double(const char *text, size_t len, double *value)
{
    double result;
    if (len == 0 || redisc_scan_double(text, text + len, &result) != text + len) {
        return false;
    }
    *value = result;
    return true;
}
