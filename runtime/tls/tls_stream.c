/* SPDX-License-Identifier: MIT */
/* What moves over a connection after the handshake, and its end. */
#include "tls_stream.h"

#include "tls_error.h"
#include "tls_gate.h"

#include <redisc/alloc.h>

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { RECORD = 16 * 1024 /* what a record carries at most */ };

/* The server asked for a certificate, and goes before it has said a word: with TLS 1.3 that is all
 * that may be left to see of its refusal. */
static ptrdiff_t refused(const redisc_tls_stream *stream)
{
    redisc_tls_fail(REDISC_ERROR_TLS,
                    "the server closed the connection after it had asked for a client certificate: "
                    "%s",
                    redisc_tls_context_has_certificate(stream->context)
                        ? "it may not accept ours (option `tls_cert_file`)"
                        : "there is none (options `tls_cert_file`, `tls_key_file`)");
    return REDISC_TRANSPORT_ERROR;
}

/* Nothing will move any more: what the transport has to answer. */
static ptrdiff_t end(redisc_tls_stream *stream, int wants)
{
    bool closed = wants == SSL_ERROR_ZERO_RETURN || stream->ended;
    stream->failed = stream->failed || wants != SSL_ERROR_ZERO_RETURN;
    if (wants == SSL_ERROR_SSL && !stream->ended) {
        redisc_tls_fail_as_said();
        return REDISC_TRANSPORT_ERROR;
    }
    ERR_clear_error();
    errno = closed ? EPIPE : stream->error != 0 ? stream->error : EPROTO;
    return closed ? REDISC_TRANSPORT_CLOSED : REDISC_TRANSPORT_FAILED;
}

/* One step of reading. Until the server has spoken it gives us sessions, for which OpenSSL may take
 * its locks. */
static int read_step(redisc_tls_stream *stream, void *bytes, int size)
{
    stream->blocked = false;
    stream->waits = stream->settled;
    if (stream->settled) {
        return SSL_read(stream->ssl, bytes, size);
    }
    redisc_tls_enter();
    int count = SSL_read(stream->ssl, bytes, size);
    redisc_tls_leave();
    return count;
}

/* What came with it and fits too. */
static ptrdiff_t read_rest(redisc_tls_stream *stream, char *bytes, size_t size, size_t count)
{
    redisc_tls_begin(stream, 0);
    while (count < size && redisc_tls_pending(stream)) {
        size_t room = size - count;
        int more = read_step(stream, bytes + count, room > INT_MAX ? INT_MAX : (int)room);
        if (more <= 0) {
            break; /* the next call meets it again */
        }
        count += (size_t)more;
    }
    ERR_clear_error();
    return (ptrdiff_t)count;
}

ptrdiff_t redisc_tls_read(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    redisc_tls_stream *stream = transport;
    redisc_tls_begin(stream, timeout_ms);
    ERR_clear_error();
    for (;;) {
        int count = read_step(stream, bytes, size > INT_MAX ? INT_MAX : (int)size);
        if (count > 0) {
            stream->settled = true;
            return read_rest(stream, bytes, size, (size_t)count);
        }
        int wants = SSL_get_error(stream->ssl, count);
        if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) {
            ptrdiff_t answer = end(stream, wants);
            bool said = answer == REDISC_TRANSPORT_ERROR;
            return stream->asked && !stream->settled && !said ? refused(stream) : answer;
        }
        if (!stream->blocked) {
            continue; /* something came that carries no data */
        }
        if (stream->waits && wants == SSL_ERROR_WANT_READ) {
            return stream->answer;
        }
        ptrdiff_t answer = redisc_tls_wait(stream, wants);
        if (answer != REDISC_TRANSPORT_AGAIN) {
            return answer;
        }
    }
}

/*
 * Nothing could be written. If it is because the server has to say something first, whoever waits
 * for room to write would not wait at all: so a moment is spent here.
 */
static ptrdiff_t no_room(redisc_tls_stream *stream, int wants)
{
    stream->writing = true;
    if (wants == SSL_ERROR_WANT_READ && stream->timeout_ms == 0) {
        redisc_tls_begin(stream, 1);
    }
    if (wants == SSL_ERROR_WANT_READ) {
        ptrdiff_t answer = redisc_tls_wait(stream, wants);
        return answer == REDISC_TRANSPORT_FAILED ? answer : REDISC_TRANSPORT_AGAIN;
    }
    return stream->answer;
}

/* Writes from one place, as many records as go out. */
static ptrdiff_t write_some(redisc_tls_stream *stream, const char *bytes, size_t size)
{
    size_t written = 0;
    while (written < size) {
        size_t left = size - written;
        stream->blocked = false;
        stream->waits = written == 0;
        int count = SSL_write(stream->ssl, bytes + written, left > INT_MAX ? INT_MAX : (int)left);
        if (count > 0) {
            stream->writing = false;
            written += (size_t)count;
            continue;
        }
        int wants = SSL_get_error(stream->ssl, count);
        if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) {
            if (written > 0) {
                break; /* the next call meets it again */
            }
            ptrdiff_t answer = end(stream, wants);
            return answer == REDISC_TRANSPORT_CLOSED ? REDISC_TRANSPORT_FAILED : answer;
        }
        if (written == 0) {
            return no_room(stream, wants);
        }
        stream->writing = true;
        break;
    }
    ERR_clear_error();
    return (ptrdiff_t)written;
}

static bool may_write(redisc_tls_stream *stream, int64_t timeout_ms)
{
    redisc_tls_begin(stream, timeout_ms);
    ERR_clear_error();
    if (stream->failed) {
        errno = EPIPE;
    }
    return !stream->failed;
}

ptrdiff_t redisc_tls_write(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    redisc_tls_stream *stream = transport;
    return may_write(stream, timeout_ms) ? write_some(stream, bytes, size)
                                         : REDISC_TRANSPORT_FAILED;
}

/* Copies the beginning of the pieces, a record's worth at most. */
static size_t gather(const redisc_str *pieces, size_t count, char to[RECORD])
{
    size_t used = 0;
    for (size_t i = 0; i < count && used < RECORD; i++) {
        size_t room = RECORD - used;
        size_t part = pieces[i].len < room ? pieces[i].len : room;
        memcpy(to + used, pieces[i].data, part);
        used += part;
    }
    return used;
}

/*
 * Records that one piece fills go out from where they are; where a piece is smaller, or its end is
 * left, a record is put together with what follows. What is left for another call begins with the
 * same bytes then, as OpenSSL demands.
 */
ptrdiff_t redisc_tls_write_list(void *transport, const redisc_str *pieces, size_t count,
                                int64_t timeout_ms)
{
    redisc_tls_stream *stream = transport;
    if (!may_write(stream, timeout_ms)) {
        return REDISC_TRANSPORT_FAILED;
    }
    if (count == 1 || pieces[0].len >= RECORD) {
        size_t whole = count == 1 ? pieces[0].len : pieces[0].len / RECORD * RECORD;
        return write_some(stream, pieces[0].data, whole);
    }
    char record[RECORD];
    return write_some(stream, record, gather(pieces, count, record));
}

int redisc_tls_descriptor(void *transport)
{
    const redisc_tls_stream *stream = transport;
    return stream->inner->descriptor(stream->inner_state);
}

bool redisc_tls_pending(void *transport)
{
    const redisc_tls_stream *stream = transport;
    return SSL_pending(stream->ssl) > 0 || redisc_tls_holds_record(stream);
}

/* Says goodbye, if that can be said at once and is ours to say. A record that is half out stays so:
 * what it carries counts as not sent. */
static void say_goodbye(redisc_tls_stream *stream)
{
    if (stream->done && !stream->failed && !stream->writing && !stream->ended &&
        stream->owner == getpid()) {
        redisc_tls_begin(stream, 0);
        stream->waits = false;
        SSL_shutdown(stream->ssl);
    }
    /* Else OpenSSL would take the session for one that must not be taken up. */
    SSL_set_shutdown(stream->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

void redisc_tls_close(void *transport)
{
    redisc_tls_stream *stream = transport;
    if (stream->ssl != NULL) {
        say_goodbye(stream);
        SSL_free(stream->ssl);
        ERR_clear_error();
    }
    if (stream->inner != NULL) {
        stream->inner->close(stream->inner_state);
    }
    redisc_tls_setup_release(stream->setup);
    redisc_tls_context_close(stream->context);
    redisc_release(stream);
}
