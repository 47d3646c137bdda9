/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One connection: OpenSSL's state above a built-in transport.
 *
 * OpenSSL reads and writes through a BIO of ours (tls_bio.c), which calls the transport with the
 * time that the call under way has left. So after the handshake a read blocks in the transport, as
 * a read without TLS does; until it is over, and until the server's first words have come, the
 * transport is called without waiting and poll() waits, outside the gate (tls_gate.h).
 */
#ifndef REDISC_TLS_STREAM_H
#define REDISC_TLS_STREAM_H

#include "tls_context.h"

#include <stdbool.h>
#include <sys/types.h>

enum {
    REDISC_TLS_KEY = 512,  /* of a session; longer ones have none */
    REDISC_TLS_RAW = 4096, /* bytes that were received ahead of OpenSSL's asking for them */
    REDISC_TLS_FIRST = 16  /* bytes of what the server said first, for messages */
};

typedef struct redisc_tls_stream {
    redisc_tls_context *context; /* counted reference */
    redisc_tls_setup *setup;     /* counted reference */
    const redisc_transport_class *inner;
    void *inner_state;
    SSL *ssl;
    pid_t owner; /* the process that may speak on it */

    /* The call under way: */
    int64_t timeout_ms; /* that it was given */
    int64_t begun_ms;   /* 0: not looked at the clock yet */
    unsigned looks;     /* calls of the transport */
    bool waits;         /* the transport may wait */
    bool blocked;       /* nothing moved, and nothing is left to do but to wait */
    ptrdiff_t answer;   /* the transport's, then */
    int error;          /* errno of a failed one */

    bool done;    /* the handshake */
    bool settled; /* the server has said something after it */
    bool asked;   /* the server asked for a certificate */
    bool ended;   /* the peer closed */
    bool failed;  /* nothing more can be said */
    bool writing; /* a record is not wholly out: it must be gone on with, or never be completed */

    redisc_tls_verify verify;
    char why[384]; /* why the server's certificate was refused */
    char key[REDISC_TLS_KEY];
    char name[256]; /* that the server's certificate has to bear; "": any */
    unsigned char first[REDISC_TLS_FIRST];
    size_t first_len;
    size_t raw_start;
    size_t raw_end;
    unsigned char raw[REDISC_TLS_RAW];
} redisc_tls_stream;

/* Begins a call: how long it may take. */
static inline void redisc_tls_begin(redisc_tls_stream *stream, int64_t timeout_ms)
{
    stream->timeout_ms = timeout_ms;
    stream->begun_ms = 0;
    stream->looks = 0;
}

/* What is left of the call's time; negative: no limit. */
int64_t redisc_tls_left(redisc_tls_stream *stream);

/* Waits with poll() for what OpenSSL wants (SSL_ERROR_WANT_…), within the call's time. A status of
 * the transport: AGAIN, TIMEOUT or FAILED (errno). */
ptrdiff_t redisc_tls_wait(redisc_tls_stream *stream, int wants);

/* Gives `ssl` its BIO. */
bool redisc_tls_attach(redisc_tls_stream *stream);

/* Whether a whole record is waiting in `raw`. */
bool redisc_tls_holds_record(const redisc_tls_stream *stream);

/* Closes and frees it, as far as it was set up. */
void redisc_tls_close(void *transport);

/* The functions of the transport. */
redisc_status redisc_tls_open(const redisc_options *options, void *context, int64_t timeout_ms,
                              void **transport);
ptrdiff_t redisc_tls_read(void *transport, void *bytes, size_t size, int64_t timeout_ms);
ptrdiff_t redisc_tls_write(void *transport, const void *bytes, size_t size, int64_t timeout_ms);
ptrdiff_t redisc_tls_write_list(void *transport, const redisc_str *pieces, size_t count,
                                int64_t timeout_ms);
int redisc_tls_descriptor(void *transport);
bool redisc_tls_pending(void *transport);

#endif
