/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Is this text JSON, and can cJSON hold it? Says where and why not, which cJSON's parser does not.
 */
#ifndef REDISC_JSON_CHECK_H
#define REDISC_JSON_CHECK_H

#include <redisc/status.h>
#include <redisc/str.h>

/* What is wrong with a text. */
typedef struct redisc_json_fault {
    const char *what;     /* "a value was expected" */
    size_t at;            /* the byte, from 0 */
    redisc_status status; /* REDISC_ERROR_ENCODING or REDISC_ERROR_LIMIT */
} redisc_json_fault;

/* Whether the whole text is one JSON value; if not, *fault says why. */
bool redisc_json_check(redisc_str text, redisc_json_fault *fault);

#endif
