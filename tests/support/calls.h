/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Commands by their words, for tests that are not about commands.
 */
#ifndef REDISC_TESTS_CALLS_H
#define REDISC_TESTS_CALLS_H

#include <redisc/handle.h>

/** What test_integer() answers when the call failed or gave no integer. */
#define TEST_NO_INTEGER INT64_MIN

/** The integer that the command answers. */
int64_t test_integer(redisc *r, redisc_str_list words);

/** Whether the command answers this string (of any string type). */
bool test_answers(redisc *r, redisc_str_list words, const char *expected);

/** The command's status; its reply is dropped. */
redisc_status test_status(redisc *r, redisc_str_list words);

/** The number that the server gave this connection, or whichever one the client takes. */
int64_t test_connection_id(redisc *r);

/** Milliseconds of a monotonic clock. */
int64_t test_now_ms(void);

void test_sleep_ms(int milliseconds);

#endif
