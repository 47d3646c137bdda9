/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Walking through commands that we encoded ourselves, which therefore need no checks.
 */
#ifndef REDISC_SRC_ENCODED_H
#define REDISC_SRC_ENCODED_H

#include <redisc/str.h>

/* Takes a head, "*12\r\n" or "$5\r\n", and gives its number. */
static inline size_t redisc_encoded_head(const char **at)
{
    size_t number = 0;
    for ((*at)++; **at != '\r'; (*at)++) {
        number = number * 10 + (size_t)(**at - '0');
    }
    *at += 2;
    return number;
}

/* Takes a bulk string. */
static inline redisc_str redisc_encoded_word(const char **at)
{
    size_t len = redisc_encoded_head(at);
    redisc_str word = redisc_bytes(*at, len);
    *at += len + 2;
    return word;
}

/* Steps over a whole command. */
static inline const char *redisc_encoded_skip(const char *at)
{
    size_t words = redisc_encoded_head(&at);
    for (size_t i = 0; i < words; i++) {
        redisc_encoded_word(&at);
    }
    return at;
}

#endif
