/* SPDX-License-Identifier: MIT */
#include "tls_peer.h"

#include "tls_error.h"
#include "tls_names.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

/* Which certificate of the chain is meant. */
static void describe(const X509 *certificate, int depth, char *text, size_t size)
{
    char name[REDISC_TLS_NAMES];
    if (depth == 0) {
        snprintf(text, size, "the server's certificate");
        return;
    }
    redisc_tls_name(X509_get_subject_name(certificate), name);
    snprintf(text, size, "the certificate of the server's authority %s", name);
}

static void say_time(redisc_tls_stream *stream, const char *which, const X509 *certificate,
                     bool expired)
{
    char time[REDISC_TLS_TIME];
    redisc_tls_time(expired ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate),
                    time);
    snprintf(stream->why, sizeof stream->why, "%s %s %s", which,
             expired ? "expired on" : "is not valid before", time);
}

static void say_wrong_name(redisc_tls_stream *stream, const X509 *certificate)
{
    char names[REDISC_TLS_NAMES];
    redisc_tls_names(certificate, names);
    snprintf(stream->why, sizeof stream->why, "the server's certificate is for %s, not for `%.64s`",
             names, stream->name);
}

static void say_untrusted(redisc_tls_stream *stream, const X509 *certificate)
{
    char issuer[REDISC_TLS_NAMES];
    redisc_tls_name(X509_get_issuer_name(certificate), issuer);
    snprintf(stream->why, sizeof stream->why,
             "the authority %s of the server's certificate is not trusted (by %.64s)", issuer,
             redisc_tls_context_trusted(stream->context));
}

/* Puts the fault of a certificate into words. */
static void say_why(redisc_tls_stream *stream, const X509 *certificate, int depth, int error)
{
    char which[192];
    describe(certificate, depth, which, sizeof which);
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        say_time(stream, which, certificate, error == X509_V_ERR_CERT_HAS_EXPIRED);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        say_wrong_name(stream, certificate);
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        snprintf(stream->why, sizeof stream->why,
                 "the server's certificate is self-signed, and not trusted (by %.64s)",
                 redisc_tls_context_trusted(stream->context));
        break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        say_untrusted(stream, certificate);
        break;
    default:
        snprintf(stream->why, sizeof stream->why, "%s: %s", which,
                 X509_verify_cert_error_string(error));
    }
}

/* OpenSSL's callback for each certificate of the chain. */
static int look_at(int good, X509_STORE_CTX *store)
{
    if (good == 1) {
        return 1;
    }
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    redisc_tls_stream *stream = ssl == NULL ? NULL : SSL_get_app_data(ssl);
    const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    if (stream != NULL && certificate != NULL && stream->why[0] == '\0') {
        say_why(stream, certificate, X509_STORE_CTX_get_error_depth(store),
                X509_STORE_CTX_get_error(store));
    }
    return 0;
}

static bool is_address(const char *name)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/* The name as certificates have it: without the zone of an address or the dot at a name's end. */
static bool normalise(const char *name, char *to, size_t size)
{
    size_t len = strchr(name, ':') != NULL ? strcspn(name, "%") : strlen(name);
    len -= len > 1 && name[len - 1] == '.' ? 1 : 0;
    if (len >= size) {
        return false;
    }
    memcpy(to, name, len);
    to[len] = '\0';
    return true;
}

/* What the server is called; "" if nobody has said it. */
static const char *name_of(const redisc_options *options)
{
    if (options->tls_server_name != NULL) {
        return options->tls_server_name;
    }
    return options->path == NULL && options->host != NULL ? options->host : "";
}

redisc_status redisc_tls_check_named(const redisc_options *options)
{
    bool checks = options->tls_verify != REDISC_TLS_VERIFY_NONE && !options->tls_no_name_check;
    if (!checks || name_of(options)[0] != '\0') {
        return REDISC_OK;
    }
    return redisc_tls_fail(REDISC_ERROR_ARGUMENT,
                           "over a Unix socket option `tls_server_name` is needed, to compare "
                           "with the server's certificate (or `tls_no_name_check`)");
}

static redisc_status expect_name(redisc_tls_stream *stream, const char *name, bool address)
{
    SSL_set_hostflags(stream->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    X509_VERIFY_PARAM *parameters = SSL_get0_param(stream->ssl);
    bool set = address ? X509_VERIFY_PARAM_set1_ip_asc(parameters, name) == 1
                       : SSL_set1_host(stream->ssl, name) == 1;
    if (!set) {
        return redisc_tls_no_memory();
    }
    snprintf(stream->name, sizeof stream->name, "%s", name);
    return REDISC_OK;
}

/* Sessions are kept for one endpoint, checked in one way. Too long a key stands for none. */
static void make_key(redisc_tls_stream *stream, const redisc_options *options, const char *name)
{
    bool local = options->path != NULL;
    int len = snprintf(stream->key, sizeof stream->key, "%s\n%u\n%s\n%s\n%d",
                       local ? options->path : options->host, local ? 0U : (unsigned)options->port,
                       name, stream->name, (int)stream->verify);
    if (len < 0 || (size_t)len >= sizeof stream->key) {
        stream->key[0] = '\0';
    }
}

redisc_status redisc_tls_expect(redisc_tls_stream *stream, const redisc_options *options)
{
    char name[sizeof stream->name];
    redisc_status status = redisc_tls_check_named(options);
    if (status != REDISC_OK) {
        return status;
    }
    if (!normalise(name_of(options), name, sizeof name)) {
        return redisc_tls_fail(REDISC_ERROR_ARGUMENT, "the server's name is longer than %zu bytes",
                               sizeof name - 1);
    }
    bool address = is_address(name);
    bool checks = options->tls_verify != REDISC_TLS_VERIFY_NONE;
    stream->verify = options->tls_verify;
    SSL_set_verify(stream->ssl, checks ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                   checks ? look_at : NULL);
    if (checks && !options->tls_no_name_check) {
        status = expect_name(stream, name, address);
        if (status != REDISC_OK) {
            return status;
        }
    }
    if (name[0] != '\0' && !address && SSL_set_tlsext_host_name(stream->ssl, name) != 1) {
        ERR_clear_error();
        return redisc_tls_fail(REDISC_ERROR_ARGUMENT, "`%.64s` can't be a server's name", name);
    }
    make_key(stream, options, name);
    return REDISC_OK;
}

redisc_status redisc_tls_check_shown(const redisc_tls_stream *stream)
{
    if (stream->verify != REDISC_TLS_VERIFY_REQUIRED ||
        SSL_get0_peer_certificate(stream->ssl) != NULL) {
        return REDISC_OK;
    }
    return redisc_tls_fail(REDISC_ERROR_TLS, "the server shows no certificate (option "
                                             "`tls_verify` demands one)");
}
