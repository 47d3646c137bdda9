/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A certificate authority of a test's own, in a temporary folder that goes with it. Whatever goes
 * wrong here ends the test's process with a message.
 */
#ifndef REDISC_TESTS_AUTHORITY_H
#define REDISC_TESTS_AUTHORITY_H

#include <stdbool.h>

typedef struct authority authority;

/** What a certificate is to be. Zero everywhere: valid for the next hour, without names. */
typedef struct certificate {
    const char *subject;  /**< its common name; NULL: "test" */
    const char *names;    /**< as OpenSSL writes them: "DNS:localhost,IP:127.0.0.1"; NULL: none */
    long begins_s;        /**< from now on */
    long ends_s;          /**< from now on; 0: an hour */
    bool self_signed;     /**< else by the authority */
    const char *password; /**< that its key is encrypted with; NULL: none */
} certificate;

authority *authority_new(const char *name);

/** Writes <name>.pem and <name>.key; again, if they are there. */
void authority_issue(authority *a, const char *name, const certificate *wanted);

/** The path of a file in its folder, "ca.pem" or "server.key"; valid as long as the authority. */
const char *authority_path(authority *a, const char *file);

/** Removes the folder. */
void authority_free(authority *a);

#endif
