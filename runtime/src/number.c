/* SPDX-License-Identifier: MIT */
/* Integers to and from text. */
#include "number.h"

#include "digits.h"

const char redisc_digit_pairs[201] = "00010203040506070809"
                                     "10111213141516171819"
                                     "20212223242526272829"
                                     "30313233343536373839"
                                     "40414243444546474849"
                                     "50515253545556575859"
                                     "60616263646566676869"
                                     "70717273747576777879"
                                     "80818283848586878889"
                                     "90919293949596979899";

#define E(n) UINT64_C(1##n)
const uint64_t redisc_tens[20] = {E(),
                                  E(0),
                                  E(00),
                                  E(000),
                                  E(0000),
                                  E(00000),
                                  E(000000),
                                  E(0000000),
                                  E(00000000),
                                  E(000000000),
                                  E(0000000000),
                                  E(00000000000),
                                  E(000000000000),
                                  E(0000000000000),
                                  E(00000000000000),
                                  E(000000000000000),
                                  E(0000000000000000),
                                  E(00000000000000000),
                                  E(000000000000000000),
                                  E(0000000000000000000)};
#undef E

size_t redisc_write_unsigned(char *to, uint64_t value)
{
    unsigned count = redisc_count_digits(value);
    redisc_put_digits(to, value, count);
    return count;
}

size_t redisc_write_integer(char *to, int64_t value)
{
    if (value >= 0) {
        return redisc_write_unsigned(to, (uint64_t)value);
    }
    *to = '-';
    return 1 + redisc_write_unsigned(to + 1, 0 - (uint64_t)value);
}

/* Digits only; leading zeros are allowed. */
static bool read_digits(const char *text, size_t len, uint64_t *value)
{
    uint64_t sum = 0;
    if (len == 0) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

bool redisc_read_unsigned(const char *text, size_t len, uint64_t *value)
{
    return read_digits(text, len, value);
}

bool redisc_read_integer(const char *text, size_t len, int64_t *value)
{
    bool negative = len > 0 && *text == '-';
    uint64_t size;
    if (!read_digits(text + negative, len - negative, &size) ||
        size > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *value = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}
