/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Numbers to and from text, whatever the locale says.
 */
#ifndef REDISC_SRC_NUMBER_H
#define REDISC_SRC_NUMBER_H

#include <redisc/str.h>

enum {
    REDISC_INTEGER_SIZE = 20, /* "-9223372036854775808", "18446744073709551615" */
    REDISC_DOUBLE_SIZE = 32   /* the longest that redisc_write_double writes, with slack */
};

/* Writes without NUL; returns how many bytes. `to` has room for REDISC_INTEGER_SIZE bytes. */
size_t redisc_write_integer(char *to, int64_t value);
size_t redisc_write_unsigned(char *to, uint64_t value);
/* Shortest text that reads back as the same double; "inf", "-inf", "nan". Room: REDISC_DOUBLE_SIZE.
 */
size_t redisc_write_double(char *to, double value);

/* The whole text must be a number in range; else false and *value untouched. No blanks, no '+', no
 * empty text. */
bool redisc_read_integer(const char *text, size_t len, int64_t *value);
bool redisc_read_unsigned(const char *text, size_t len, uint64_t *value);
/* Decimal, exponent, "inf", "-inf", "+inf", "infinity", "nan", any case; correctly rounded. */
bool redisc_read_double(const char *text, size_t len, double *value);

#endif
