/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Connections to the private server, of each side. Whatever goes wrong ends the program.
 */
#ifndef REDISC_BENCH_CONNECTIONS_H
#define REDISC_BENCH_CONNECTIONS_H

#include "work.h"

#include <redisc/redisc.h>

#include <hiredis/hiredis.h>

/** The addresses' TCP port if `tcp`, else their Unix socket. */
redisc *bench_open_client(const bench_addresses *addresses, bool tcp);
redisContext *bench_open_context(const bench_addresses *addresses, bool tcp);
int bench_open_socket(const bench_addresses *addresses, bool tcp);

/** Close it; NULL and -1 are passed over. */
void bench_close_context(redisContext *context);
void bench_close_socket(int fd);

/** SET, so that GET finds something. */
void bench_store(const bench_addresses *addresses, redisc_str key, redisc_str value);

/** A whole request as it is on the wire; *len is its length. Free it. */
char *bench_request(size_t count, const redisc_str *words, size_t *len);

/** The same bytes so many times over. Free them. */
char *bench_repeat(const char *bytes, size_t len, size_t times);

#endif
