/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Trees from texts and back, and the errors of this library.
 */
#ifndef REDISC_JSON_TEXT_H
#define REDISC_JSON_TEXT_H

#include <redisc/status.h>
#include <redisc/str.h>

#include <cjson/cJSON.h>

/* Makes an error of this library the last one; `command` is NULL where there is none, and was
 * answered if `answered`. */
redisc_status redisc_json_fail(redisc_status status, const char *command, bool answered,
                               const char *format, ...) __attribute__((format(printf, 4, 5)));

/* As redisc_json_parse(), for a reply of this command; NULL: for a caller's text. */
redisc_status redisc_json_parse_for(const char *command, redisc_str text, cJSON **tree);

/* As redisc_json_print(), for this command. */
redisc_status redisc_json_print_for(const char *command, const cJSON *tree, char **text);

#endif
