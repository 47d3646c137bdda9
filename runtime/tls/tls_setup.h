/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A setup: what the files of the options came to when they were read, and the sessions since then.
 * It never changes, but for the sessions; a reload makes another one. Counted by reference.
 */
#ifndef REDISC_TLS_SETUP_H
#define REDISC_TLS_SETUP_H

#include <redisc/options.h>

#include <openssl/ssl.h>
#include <stdatomic.h>

/* The part of redisc_options that a setup is made from. NULL: none given. */
typedef struct redisc_tls_wanted {
    const char *ca_file;
    const char *ca_dir;
    const char *cert_file;
    const char *key_file;
    const char *key_password;
    const char *ciphers;
    const char *ciphersuites;
    redisc_tls_version min_version;
} redisc_tls_wanted;

struct redisc_tls_session;

typedef struct redisc_tls_setup {
    atomic_uint references;
    SSL_CTX *ssl;
    struct redisc_tls_session *sessions; /* newest first; needs redisc_tls_lock() */
} redisc_tls_setup;

/* Reads the files. On failure the text names option, file and reason. Within the gate. */
redisc_status redisc_tls_setup_new(const redisc_tls_wanted *wanted, redisc_tls_setup **setup);
redisc_tls_setup *redisc_tls_setup_retain(redisc_tls_setup *setup);
void redisc_tls_setup_release(redisc_tls_setup *setup);

#endif
