/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Reading a double off the front of a text.
 */
#ifndef REDISC_SRC_DOUBLE_READ_H
#define REDISC_SRC_DOUBLE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the longest number that [text, end) starts with, in the forms of redisc_read_double();
 * returns what follows it, or NULL if there is none or it is out of range. */
const char *redisc_scan_double(const char *text, const char *end, double *value);

/* Digits with at most one point among them, of the value `digits * 10^exponent`. */
typedef struct redisc_decimal_text {
    const char *first; /* the first digit that isn't zero */
    const char *end;   /* behind the last digit (or point) */
    int64_t exponent;  /* of ten, of the last digit */
} redisc_decimal_text;

/* Compares a decimal, exactly, with mantissa * 2^exponent: < 0, 0 or > 0. For decimals within the
 * range of doubles (denormal ones included) and mantissas below 2^55. */
int redisc_compare_decimal(const redisc_decimal_text *text, uint64_t mantissa, int exponent);

#endif
