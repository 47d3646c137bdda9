/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Walking through commands that we encoded ourselves, which therefore need no checks.
 */
#ifndef REDISC_SRC_ENCODED_H
#define REDISC_SRC_ENCODED_H

#include <redisc/str.h>

#include <string.h>

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

/* A command that was stepped over, for the next ones may be as long. */
typedef struct redisc_encoded_shape {
    const char *start; /* NULL: none yet */
    size_t decisive;   /* bytes up to its last word: commands that agree in them are equally long */
    size_t len;
} redisc_encoded_shape;

/* Steps over a whole command, before `end`, that is mostly like the one before it. */
static inline const char *redisc_encoded_skip_like(const char *at, const char *end,
                                                   redisc_encoded_shape *shape)
{
    if (shape->start != NULL && (size_t)(end - at) >= shape->decisive &&
        memcmp(at, shape->start, shape->decisive) == 0) {
        return at + shape->len;
    }
    const char *next = at;
    const char *last = at;
    for (size_t words = redisc_encoded_head(&next); words > 0; words--) {
        last = next;
        redisc_encoded_word(&next);
    }
    redisc_encoded_head(&last);
    *shape = (redisc_encoded_shape){at, (size_t)(last - at), (size_t)(next - at)};
    return next;
}

#endif
