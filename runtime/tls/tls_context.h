/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A context: the options that it was made from, and the setup that they give at present.
 */
#ifndef REDISC_TLS_CONTEXT_H
#define REDISC_TLS_CONTEXT_H

#include "tls_setup.h"

#include <redisc/tls.h>

redisc_tls_context *redisc_tls_context_retain(redisc_tls_context *context);

/* The setup for a new connection, counted for the caller; if the files have changed, what they give
 * now. */
redisc_tls_setup *redisc_tls_context_setup(redisc_tls_context *context);

/* What the options name as trusted, for messages. */
const char *redisc_tls_context_trusted(const redisc_tls_context *context);

bool redisc_tls_context_has_certificate(const redisc_tls_context *context);

/* Counts a handshake. */
void redisc_tls_context_count(redisc_tls_context *context, bool done, bool resumed);

#endif
