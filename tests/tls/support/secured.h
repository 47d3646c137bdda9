/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What most tests of TLS begin with: an authority, a real server with a certificate of its, and the
 * options that fit.
 */
#ifndef REDISC_TESTS_SECURED_H
#define REDISC_TESTS_SECURED_H

#include "authority.h"
#include "server.h"

#include <redisc/tls.h>

typedef struct secured {
    authority *ca;
    test_server *server;
    redisc_options options; /* host localhost, the server's TLS port, trust in the authority */
} secured;

/** For localhost and its addresses, valid now. */
extern const certificate secured_good;

/**
 * Starts a server with this certificate (server.pem, server.key).
 * @param extra_config more lines for the server; NULL: "tls-auth-clients no"
 */
void secured_start(secured *s, const certificate *of_server, const char *extra_config);
void secured_stop(secured *s);

/** The server as it is, with options changed by the test. */
redisc *secured_open(const redisc_options *options);

/** One PING by a new client with these options. */
redisc_status secured_ping(const redisc_options *options);

/** A PING that has to fail with this status and a text that has these parts, split at '|'. */
void secured_refuses(const redisc_options *options, redisc_status status, const char *parts);

#endif
