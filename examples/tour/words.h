/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Results put into words.
 */
#ifndef REDISC_EXAMPLES_WORDS_H
#define REDISC_EXAMPLES_WORDS_H

#include <redisc/redisc.h>

/** A line that is being written; what does not fit is cut off. Begin with all zero. */
typedef struct words {
    char text[1024];
    size_t len;
} words;

void add(words *w, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
/** In quotes, with \x00 for what can't be printed; nil without quotes. */
void add_string(words *w, redisc_str s);
void add_strings(words *w, redisc_str_list list);
void add_integers(words *w, redisc_integer_list list);
void add_booleans(words *w, redisc_boolean_list list);
void add_pairs(words *w, redisc_pair_list list);
void add_scored(words *w, redisc_scored_list list);
/** The whole tree. */
void add_reply(words *w, const redisc_reply *reply);

#endif
