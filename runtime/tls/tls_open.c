/* SPDX-License-Identifier: MIT */
/* Connecting: the built-in transport first, then the handshake, in the time that is left. */
#include "tls_error.h"
#include "tls_gate.h"
#include "tls_peer.h"
#include "tls_session.h"

#include <redisc/alloc.h>

#include <errno.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Puts "connecting to …: " before the last error's text. */
static redisc_status say_where(const redisc_options *options, redisc_status status)
{
    char text[REDISC_TLS_TEXT];
    const char *said = redisc_last_error()->text;
    if (options->path != NULL) {
        snprintf(text, sizeof text, "connecting to %s: %s", options->path, said);
    } else {
        bool bare = strchr(options->host, ':') == NULL;
        snprintf(text, sizeof text, "connecting to %s%s%s:%u: %s", bare ? "" : "[", options->host,
                 bare ? "" : "]", (unsigned)options->port, said);
    }
    return redisc_transport_error(status, text);
}

static bool speaks_tls(const redisc_tls_stream *stream)
{
    /* The types of records, from change_cipher_spec to application_data. */
    return stream->first_len == 0 || (stream->first[0] >= 20 && stream->first[0] <= 23);
}

static redisc_status fail_plain(const redisc_tls_stream *stream)
{
    char said[REDISC_TLS_FIRST + 1];
    memcpy(said, stream->first, stream->first_len);
    said[stream->first_len] = '\0';
    said[strcspn(said, "\r\n")] = '\0';
    redisc_tls_make_printable(said);
    return redisc_tls_fail(
        REDISC_ERROR_TLS, "the server does not speak TLS here: it said \"%s\" in plain text", said);
}

static redisc_status fail_late(const redisc_tls_stream *stream)
{
    return redisc_tls_fail(
        REDISC_ERROR_TIMEOUT, "the handshake did not end within %" PRId64 " ms%s",
        stream->timeout_ms,
        stream->first_len > 0 ? "" : ": the server said nothing (does it speak TLS at this port?)");
}

static redisc_status fail_lost(const redisc_tls_stream *stream)
{
    char reason[REDISC_TLS_TEXT];
    if (stream->ended) {
        return redisc_tls_fail(REDISC_ERROR_CLOSED,
                               "the server closed the connection during the handshake");
    }
    return redisc_tls_fail(REDISC_ERROR_CLOSED, "the connection was lost during the handshake: %s",
                           redisc_tls_system_error(stream->error, reason));
}

/* The handshake has failed for good. */
static redisc_status fail_handshake(redisc_tls_stream *stream, int wants)
{
    stream->failed = true;
    if (!speaks_tls(stream)) {
        ERR_clear_error();
        return fail_plain(stream);
    }
    if (redisc_tls_lacks_memory()) {
        return redisc_tls_no_memory();
    }
    if (stream->why[0] != '\0') {
        ERR_clear_error();
        return redisc_tls_fail(REDISC_ERROR_TLS, "%s", stream->why);
    }
    if (stream->ended || wants != SSL_ERROR_SSL) {
        ERR_clear_error();
        return fail_lost(stream);
    }
    bool refused = ERR_GET_REASON(ERR_peek_error()) == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE;
    if (refused && stream->asked && !redisc_tls_context_has_certificate(stream->context)) {
        ERR_clear_error();
        return redisc_tls_fail(REDISC_ERROR_TLS, "the server demands a client certificate (options "
                                                 "`tls_cert_file`, `tls_key_file`)");
    }
    return redisc_tls_fail_as_said();
}

static redisc_status shake_hands(redisc_tls_stream *stream)
{
    for (;;) {
        redisc_tls_enter();
        ERR_clear_error();
        int result = SSL_do_handshake(stream->ssl);
        redisc_tls_leave();
        if (result == 1) {
            stream->done = true;
            return redisc_tls_check_shown(stream);
        }
        int wants = SSL_get_error(stream->ssl, result);
        if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) {
            return fail_handshake(stream, wants);
        }
        ptrdiff_t answer = redisc_tls_wait(stream, wants);
        if (answer == REDISC_TRANSPORT_TIMEOUT) {
            return fail_late(stream);
        }
        if (answer == REDISC_TRANSPORT_FAILED) {
            stream->error = errno;
            return fail_lost(stream);
        }
    }
}

/* OpenSSL's callback when the server asks for a certificate. */
static int note_asked(SSL *ssl, void *context)
{
    (void)ssl;
    ((redisc_tls_stream *)context)->asked = true;
    return 1;
}

static redisc_status set_up(redisc_tls_stream *stream, const redisc_options *options)
{
    redisc_tls_enter();
    ERR_clear_error();
    stream->ssl = SSL_new(stream->setup->ssl);
    bool attached = stream->ssl != NULL && redisc_tls_attach(stream);
    redisc_tls_leave();
    if (!attached) {
        return redisc_tls_no_memory();
    }
    SSL_set_app_data(stream->ssl, stream);
    SSL_set_cert_cb(stream->ssl, note_asked, stream);
    SSL_set_connect_state(stream->ssl);
    return redisc_tls_expect(stream, options);
}

/* The handshake on an open transport; counts how it ends. */
static redisc_status start_tls(redisc_tls_stream *stream, const redisc_options *options)
{
    redisc_status status = set_up(stream, options);
    if (status != REDISC_OK) {
        return status;
    }
    SSL_SESSION *session = redisc_tls_session_find(stream->setup, stream->key);
    if (session != NULL) {
        SSL_set_session(stream->ssl, session);
        SSL_SESSION_free(session);
    }
    status = shake_hands(stream);
    if (status != REDISC_OK && session != NULL) {
        redisc_tls_session_forget(stream->setup, stream->key);
    }
    redisc_tls_context_count(stream->context, status == REDISC_OK,
                             SSL_session_reused(stream->ssl) == 1);
    return status;
}

static redisc_tls_stream *new_stream(redisc_tls_context *context, int64_t timeout_ms)
{
    redisc_tls_stream *stream = redisc_allocate(sizeof *stream);
    if (stream == NULL) {
        redisc_tls_no_memory();
        return NULL;
    }
    memset(stream, 0, sizeof *stream);
    stream->context = redisc_tls_context_retain(context);
    stream->setup = redisc_tls_context_setup(context);
    stream->owner = getpid();
    redisc_tls_begin(stream, timeout_ms);
    return stream;
}

redisc_status redisc_tls_open(const redisc_options *options, void *context, int64_t timeout_ms,
                              void **transport)
{
    if (context == NULL) {
        return redisc_tls_fail(REDISC_ERROR_ARGUMENT, "the transport's context is NULL");
    }
    redisc_tls_stream *stream = new_stream(context, timeout_ms);
    if (stream == NULL) {
        return say_where(options, REDISC_ERROR_MEMORY);
    }
    const redisc_transport_class *inner = redisc_transport_builtin(options);
    redisc_tls_left(stream); /* the clock runs */
    redisc_status status = inner->open(options, NULL, timeout_ms, &stream->inner_state);
    if (status == REDISC_OK) {
        stream->inner = inner;
        status = start_tls(stream, options);
        status = status == REDISC_OK ? status : say_where(options, status);
    }
    if (status != REDISC_OK) {
        redisc_tls_close(stream);
        return status;
    }
    *transport = stream;
    return REDISC_OK;
}
