/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A proxy in front of a server, which keeps what clients have said and cuts connections where it
 * likes. It listens on a TCP port of the loopback interface; one thread serves all clients.
 */
#ifndef REDISC_TESTS_PROXY_H
#define REDISC_TESTS_PROXY_H

#include <stddef.h>

typedef struct proxy proxy;

/* Starts it in front of the server behind a Unix socket. Ends the process if it can't. */
proxy *proxy_start(const char *socket_path);
int proxy_port(const proxy *p);

/* From now on new connections are cut when so many bytes have passed in both directions together:
 * for each another number, up to `most`, from a sequence that is always the same. 0: none is cut.
 */
void proxy_cut_within(proxy *p, size_t most);

/* How many connections have come, and how many of them were cut. */
unsigned proxy_clients(proxy *p);
unsigned proxy_cuts(proxy *p);

/* How often the text was passed on to the server, within one connection each. */
unsigned proxy_passed(proxy *p, const char *text);

/* Closes everything and frees it. */
void proxy_stop(proxy *p);

#endif
