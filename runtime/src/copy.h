/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Copying strings that are mostly short.
 */
#ifndef REDISC_SRC_COPY_H
#define REDISC_SRC_COPY_H

#include <stddef.h>
#include <string.h>

/* Copies short strings without a call: by moves that overlap. Writes nothing beyond to + len. */
static inline void redisc_copy_short(char *to, const char *from, size_t len)
{
    if (len > 32) {
        memcpy(to, from, len);
    } else if (len >= 16) {
        memcpy(to, from, 16);
        memcpy(to + len - 16, from + len - 16, 16);
    } else if (len >= 8) {
        memcpy(to, from, 8);
        memcpy(to + len - 8, from + len - 8, 8);
    } else if (len >= 4) {
        memcpy(to, from, 4);
        memcpy(to + len - 4, from + len - 4, 4);
    } else if (len > 0) {
        to[0] = from[0];
        to[len / 2] = from[len / 2];
        to[len - 1] = from[len - 1];
    }
}

#endif
