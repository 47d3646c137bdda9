/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Words of commands: compared without regard to case, whatever the locale says.
 */
#ifndef REDISC_SRC_WORD_H
#define REDISC_SRC_WORD_H

#include <redisc/str.h>

static inline char redisc_upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static inline bool redisc_same_word(redisc_str a, redisc_str b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (redisc_upper(a.data[i]) != redisc_upper(b.data[i])) {
            return false;
        }
    }
    return true;
}

#endif
