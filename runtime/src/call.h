/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Calling commands by their words.
 */
#ifndef REDISC_SRC_CALL_H
#define REDISC_SRC_CALL_H

#include <redisc/handle.h>

/* redisc_call(), but a handle that would only queue the command refuses it. */
redisc_status redisc_call_now(redisc *r, redisc_str_list words, const redisc_reply **reply);

/* redisc_error_about() for a command that was called by its words. */
void redisc_call_error_about(redisc_str_list words, redisc_delivery delivery, unsigned tries);

#endif
