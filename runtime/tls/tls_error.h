/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What went wrong, in words: OpenSSL's codes are put so that one sees what to do.
 */
#ifndef REDISC_TLS_ERROR_H
#define REDISC_TLS_ERROR_H

#include <redisc/status.h>

#include <stddef.h>

#if defined(__GNUC__)
#define REDISC_TLS_PRINTF(text, first) __attribute__((format(printf, text, first), cold))
#else
#define REDISC_TLS_PRINTF(text, first)
#endif

enum { REDISC_TLS_TEXT = 512 };

/* Sets this thread's last error: "TLS: …". */
redisc_status redisc_tls_fail(redisc_status status, const char *format, ...)
    REDISC_TLS_PRINTF(2, 3);

redisc_status redisc_tls_no_memory(void);

/* Describes the first of OpenSSL's errors on this thread and forgets them all. */
const char *redisc_tls_reason(char text[REDISC_TLS_TEXT]);

/* Whether the first of them is a lack of memory. */
bool redisc_tls_lacks_memory(void);

/* Fails as the first of them says, and forgets them all. */
redisc_status redisc_tls_fail_as_said(void);

/* Describes an errno. */
const char *redisc_tls_system_error(int error, char text[REDISC_TLS_TEXT]);

/* Puts a question mark for each control character. */
void redisc_tls_make_printable(char *text);

#endif
