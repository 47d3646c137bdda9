/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What tests of connections share: opening one, asking it, and what an error must say.
 */
#ifndef REDISC_TESTS_CONNECTING_H
#define REDISC_TESTS_CONNECTING_H

#include "connection.h"

/* Opens a connection within 10 s; NULL after failing. */
redisc_connection *try_to_open(const redisc_options *options);

/* The same for one that must open: ends the process with the error if it doesn't. */
redisc_connection *open_connection(const redisc_options *options);

/* Runs a command by its words. `wait_ms` as in redisc_operation. */
redisc_status ask(redisc *r, redisc_str_list words, int64_t wait_ms, const redisc_reply **reply);

/* The text of a reply that is a string, a status, an integer or nil ("(nil)"): free() it. Ends the
 * process if the command fails. */
char *answer(redisc_connection *connection, redisc_str_list words);

/* Whether the last error's text contains that. */
bool error_says(const char *part);

#endif
