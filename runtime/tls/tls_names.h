/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What a certificate says of itself, for messages.
 */
#ifndef REDISC_TLS_NAMES_H
#define REDISC_TLS_NAMES_H

#include <openssl/x509.h>
#include <stddef.h>

enum { REDISC_TLS_NAMES = 128, REDISC_TLS_TIME = 32 };

/* All names and addresses that it is for: "`db.example`, `10.0.0.1`"; its subject if it has none.
 * The rest is "…" if there is no more room. */
void redisc_tls_names(const X509 *certificate, char text[REDISC_TLS_NAMES]);

/* "`CN=ours,O=shop`" */
void redisc_tls_name(const X509_NAME *name, char text[REDISC_TLS_NAMES]);

/* "2026-02-01 12:00:00 UTC" */
void redisc_tls_time(const ASN1_TIME *time, char text[REDISC_TLS_TIME]);

#endif
