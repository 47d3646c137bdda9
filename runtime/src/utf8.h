/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Checking that bytes are UTF-8.
 */
#ifndef REDISC_SRC_UTF8_H
#define REDISC_SRC_UTF8_H

#include "node.h"

#include <redisc/status.h>

#include <stdbool.h>
#include <stddef.h>

/* How many bytes from the start on are valid UTF-8 (no overlong forms, surrogates, or values beyond
 * U+10FFFF): `len` if all are. */
size_t redisc_utf8_valid(const char *text, size_t len);

/* Whether all strings of a reply (its errors left out) are valid UTF-8; else *value is the number
 * of the value within the reply, from 0, and *at the place of the first bad byte in it. */
bool redisc_utf8_check(const redisc_parsed *reply, size_t *value, size_t *at);

/* Fails with REDISC_ERROR_ENCODING, naming the command, if a reply is not UTF-8. */
redisc_status redisc_utf8_require(const redisc_parsed *reply, const char *command);

#endif
