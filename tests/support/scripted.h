/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A transport without a network: what happens to each command stands in a script. It counts how
 * often commands were executed, which is what retries are about.
 *
 *     test_script script = SCRIPT(SCRIPT_LOST, ":1\r\n");
 *     redisc_options options = test_script_options(&script);
 *
 * For one thread at a time.
 */
#ifndef REDISC_TESTS_SCRIPTED_H
#define REDISC_TESTS_SCRIPTED_H

#include <redisc/options.h>

/* Acts besides plain replies. What is written while a reply is not read to its end belongs to that
 * act, so a pipeline's act holds all its replies. */
#define SCRIPT_UNSENT "unsent" /* the connection breaks before a byte has left */
#define SCRIPT_HALF "half"     /* the connection breaks when a byte has left, and no more */
#define SCRIPT_LOST "lost"     /* executed, but the connection breaks before the reply */
#define SCRIPT_SILENT "silent" /* executed, but no reply comes for the time that is given */
/* Within a reply: here the peer closes the connection. */
#define SCRIPT_CUT "\x01"

enum { SCRIPT_SAID = 2048 };

typedef struct test_script {
    const char *const *acts; /* one for each try of a command, in order; the last one repeats */
    size_t count;
    size_t piece;       /* 0, or: at most so many bytes of a reply come at once */
    size_t refuse_from; /* 0, or: the opens with this number (from 1) and later ones fail */

    size_t at;              /* the next act */
    unsigned opened;        /* connections */
    unsigned closed;        /* connections */
    unsigned executed;      /* commands that arrived whole */
    char said[SCRIPT_SAID]; /* what was written, as far as it fits; NUL-terminated */
    size_t said_len;
} test_script;

/** A script of these acts: test_script script = SCRIPT(SCRIPT_LOST, ":1\r\n"); */
#define SCRIPT(...)                                                                                \
    {                                                                                              \
        .acts = (const char *const[]){__VA_ARGS__},                                                \
        .count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)                 \
    }

/** Options that use the script: without a handshake. */
redisc_options test_script_options(test_script *script);

#endif
