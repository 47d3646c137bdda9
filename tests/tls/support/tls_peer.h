/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A server of TLS in a thread of the test's, for what a real server does not do on request. It
 * takes one client after the other and plays with each of them; the connection then closes without
 * a goodbye, unless the play says one.
 */
#ifndef REDISC_TESTS_TLS_PEER_H
#define REDISC_TESTS_TLS_PEER_H

#include "authority.h"

#include <openssl/ssl.h>

typedef struct tls_peer tls_peer;

/** What is done with a client once the handshake is done. */
typedef void (*tls_play)(SSL *ssl, void *context);

typedef struct tls_peer_options {
    const char *certificate; /**< of the authority's: "server" */
    int version;             /**< TLS1_2_VERSION, or 0: any */
    const char *ciphers;     /**< for TLS 1.2; NULL: OpenSSL's */
    const char *path;        /**< of a Unix socket; NULL: a port of 127.0.0.1 */
    tls_play play;
    void *context;
} tls_peer_options;

tls_peer *tls_peer_start(authority *ca, const tls_peer_options *options);
int tls_peer_port(const tls_peer *peer);
/** How many clients have come. */
unsigned tls_peer_clients(tls_peer *peer);
/** Waits until the client at hand has gone, and ends. */
void tls_peer_stop(tls_peer *peer);

/** Answers the next command: HELLO as RESP3, anything else as PING; false: the client is gone,
 * *how tells by an SSL_ERROR_…. */
bool tls_peer_answer(SSL *ssl, int *how);

/** Sends bytes, in records of `piece` bytes. */
void tls_peer_send(SSL *ssl, const char *bytes, size_t len, size_t piece);

#endif
