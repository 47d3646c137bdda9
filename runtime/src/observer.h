/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The lines that MONITOR gives:
 *
 *     1339518083.107412 [0 127.0.0.1:60866] "set" "key" "a \"quoted\" word, \x00 and a line\n"
 */
#ifndef REDISC_SRC_OBSERVER_H
#define REDISC_SRC_OBSERVER_H

#include <redisc/observer.h>

/* Takes a line apart, without its mark and its CR LF. REDISC_ERROR_PROTOCOL with a text that tells
 * the place, or REDISC_ERROR_MEMORY; then *observed is NULL. */
redisc_status redisc_observer_parse(redisc_str line, const redisc_observed **observed);

#endif
