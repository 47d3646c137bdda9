/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Who the server is: what its certificate has to be, and what is wrong with it.
 */
#ifndef REDISC_TLS_PEER_H
#define REDISC_TLS_PEER_H

#include "tls_stream.h"

/* Whether there is a name for the server's certificate to be compared with, if it is to be. */
redisc_status redisc_tls_check_named(const redisc_options *options);

/*
 * Sets up for this connection what is checked: the options' name and tls_verify; SNI; and the key
 * of its sessions, which depends on all of that.
 */
redisc_status redisc_tls_expect(redisc_tls_stream *stream, const redisc_options *options);

/* After the handshake: whether the server has shown a certificate, if it has to. */
redisc_status redisc_tls_check_shown(const redisc_tls_stream *stream);

#endif
