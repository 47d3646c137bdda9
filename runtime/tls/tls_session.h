/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Sessions that later connects may take up: the newest for each endpoint and way of checking it,
 * since a session that is taken up is not checked again.
 */
#ifndef REDISC_TLS_SESSION_H
#define REDISC_TLS_SESSION_H

#include "tls_setup.h"

/* OpenSSL's callback: the server has given a session to the stream that `ssl` belongs to. */
int redisc_tls_session_made(SSL *ssl, SSL_SESSION *session);

/* A copy of the session for this key, the caller's own; NULL: there is none. */
SSL_SESSION *redisc_tls_session_find(redisc_tls_setup *setup, const char *key);

/* The session for this key is of no use. */
void redisc_tls_session_forget(redisc_tls_setup *setup, const char *key);

/* When nobody else has the setup any more. */
void redisc_tls_session_forget_all(redisc_tls_setup *setup);

#endif
