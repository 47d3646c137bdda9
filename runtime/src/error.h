/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Making errors. The lowest layer that knows what went wrong writes the text; the layers above add
 * what they know (the command, whether it was sent, how often it was tried).
 */
#ifndef REDISC_SRC_ERROR_H
#define REDISC_SRC_ERROR_H

#include <redisc/status.h>
#include <redisc/str.h>

#include <stdarg.h>

#if defined(__GNUC__)
#define REDISC_PRINTF(text, first) __attribute__((format(printf, text, first), cold))
#else
#define REDISC_PRINTF(text, first)
#endif

enum { REDISC_ERROR_TEXT_SIZE = 512, REDISC_ERROR_WORD_SIZE = 48 };

/* Starts this thread's last error afresh and returns `status`. Never allocates. */
redisc_status redisc_fail(redisc_status status, const char *format, ...) REDISC_PRINTF(2, 3);

/* The same for an operating system error: the text ends with its description. */
redisc_status redisc_fail_errno(redisc_status status, int error, const char *format, ...)
    REDISC_PRINTF(3, 4);

/* The same for a server's error reply, "WRONGTYPE Operation against …": finds the kind by its first
 * word. */
redisc_status redisc_fail_server(redisc_str reply);

/* The kind of a server's error reply, without touching the last error. */
redisc_status redisc_server_error_kind(redisc_str reply);

/* Gives the last error another kind, a narrower one say; its word and text stay. Returns it. */
redisc_status redisc_error_becomes(redisc_status status);

/* Puts another text in the place of the last error's; its kind and word stay. */
void redisc_error_reword(const char *text);

/* What upper layers add to the last error; `command` must live for ever (a command's static name)
 * or be NULL. */
void redisc_error_about(const char *command, redisc_delivery delivery, unsigned tries);

/* Puts "prefix: " before the last error's text, cutting at the end if need be. */
void redisc_error_prefix(const char *format, ...) REDISC_PRINTF(1, 2);

/* A copy of an error that outlives this thread's next one: for pipelines and hand-over between
 * threads. */
typedef struct redisc_error_copy {
    redisc_error error; /* its pointers point into this struct, so never copy it by value */
    char word[REDISC_ERROR_WORD_SIZE];
    char text[REDISC_ERROR_TEXT_SIZE];
} redisc_error_copy;

/* A copy of the last error in as little memory as it takes; free it with redisc_release(). NULL: no
 * memory. */
redisc_error *redisc_error_clone(void);
/* Makes it this thread's last error again and returns its status. */
redisc_status redisc_error_recall(const redisc_error *clone);

void redisc_error_save(redisc_error_copy *copy);
/* Makes the copy this thread's last error and returns its status. */
redisc_status redisc_error_restore(const redisc_error_copy *copy);

#endif
