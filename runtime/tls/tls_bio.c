/* SPDX-License-Identifier: MIT */
/* Between OpenSSL and the transport that carries its records. */
#include "tls_stream.h"

#include <errno.h>
#include <limits.h>
#include <openssl/bio.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
    MOST_LOOKS = 64, /* in a call that must not wait: whoever sends on and on has to be left */
    RECORD_HEAD = 5
};

static pthread_once_t made = PTHREAD_ONCE_INIT;
static BIO_METHOD *method;

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t redisc_tls_left(redisc_tls_stream *stream)
{
    if (stream->timeout_ms <= 0) {
        return stream->timeout_ms;
    }
    int64_t at_ms = now_ms();
    if (stream->begun_ms == 0) {
        stream->begun_ms = at_ms;
    }
    int64_t left = stream->timeout_ms - (at_ms - stream->begun_ms);
    return left > 0 ? left : 0;
}

/* The time for the next call of the transport; false: there must not be another one. */
static bool may_look(redisc_tls_stream *stream, int64_t *left)
{
    *left = redisc_tls_left(stream);
    bool first = stream->looks++ == 0;
    if (stream->timeout_ms == 0 ? stream->looks > MOST_LOOKS : *left == 0 && !first) {
        stream->blocked = true;
        stream->answer =
            stream->timeout_ms == 0 ? REDISC_TRANSPORT_AGAIN : REDISC_TRANSPORT_TIMEOUT;
        return false;
    }
    *left = stream->waits ? *left : 0;
    return true;
}

/* What the transport answered when nothing moved. */
static int nothing_moved(redisc_tls_stream *stream, BIO *bio, ptrdiff_t answer)
{
    stream->answer = answer;
    stream->error = errno;
    if (answer == REDISC_TRANSPORT_TIMEOUT || answer == REDISC_TRANSPORT_AGAIN) {
        stream->blocked = true;
        return -1; /* and the flag for another try stands */
    }
    BIO_clear_retry_flags(bio);
    stream->ended = stream->ended || answer == REDISC_TRANSPORT_CLOSED;
    return answer == REDISC_TRANSPORT_CLOSED ? 0 : -1;
}

static int take_raw(redisc_tls_stream *stream, char *to, size_t size)
{
    size_t held = stream->raw_end - stream->raw_start;
    size_t count = held < size ? held : size;
    memcpy(to, stream->raw + stream->raw_start, count);
    stream->raw_start += count;
    return (int)count;
}

static void note_first(redisc_tls_stream *stream, const void *bytes, size_t count)
{
    size_t room = sizeof stream->first - stream->first_len;
    count = count < room ? count : room;
    memcpy(stream->first + stream->first_len, bytes, count);
    stream->first_len += count;
}

/* A record's head is asked for alone: what comes with it is kept. Its body goes where OpenSSL wants
 * it. */
static int bio_read(BIO *bio, char *to, int wanted)
{
    redisc_tls_stream *stream = BIO_get_data(bio);
    size_t size = wanted > 0 ? (size_t)wanted : 0;
    BIO_clear_retry_flags(bio);
    if (stream->raw_end > stream->raw_start) {
        return take_raw(stream, to, size);
    }
    BIO_set_retry_read(bio);
    int64_t left;
    if (!may_look(stream, &left)) {
        return -1;
    }
    bool ahead = size < sizeof stream->raw;
    void *into = ahead ? (void *)stream->raw : to;
    errno = EIO;
    ptrdiff_t count =
        stream->inner->read(stream->inner_state, into, ahead ? sizeof stream->raw : size, left);
    if (count <= 0) {
        return nothing_moved(stream, bio, count);
    }
    BIO_clear_retry_flags(bio);
    if (stream->first_len < sizeof stream->first) {
        note_first(stream, into, (size_t)count);
    }
    if (!ahead) {
        return (int)count;
    }
    stream->raw_start = 0;
    stream->raw_end = (size_t)count;
    return take_raw(stream, to, size);
}

static int bio_write(BIO *bio, const char *bytes, int size)
{
    redisc_tls_stream *stream = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    if (size <= 0) {
        return 0;
    }
    BIO_set_retry_write(bio);
    int64_t left;
    if (!may_look(stream, &left)) {
        return -1;
    }
    errno = EIO;
    ptrdiff_t count = stream->inner->write(stream->inner_state, bytes, (size_t)size, left);
    if (count <= 0) {
        return nothing_moved(stream, bio, count);
    }
    BIO_clear_retry_flags(bio);
    return (int)count;
}

static long bio_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    const redisc_tls_stream *stream = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return stream != NULL && stream->ended;
    default:
        return 0;
    }
}

static void make_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "redisc transport");
    if (m != NULL && BIO_meth_set_read(m, bio_read) == 1 && BIO_meth_set_write(m, bio_write) == 1 &&
        BIO_meth_set_ctrl(m, bio_control) == 1) {
        method = m;
    }
}

bool redisc_tls_attach(redisc_tls_stream *stream)
{
    pthread_once(&made, make_method);
    BIO *bio = method == NULL ? NULL : BIO_new(method);
    if (bio == NULL) {
        return false;
    }
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(stream->ssl, bio, bio);
    return true;
}

bool redisc_tls_holds_record(const redisc_tls_stream *stream)
{
    size_t held = stream->raw_end - stream->raw_start;
    const unsigned char *head = stream->raw + stream->raw_start;
    if (held < RECORD_HEAD) {
        return false;
    }
    size_t body = (size_t)head[3] << 8 | head[4];
    return held - RECORD_HEAD >= body;
}

ptrdiff_t redisc_tls_wait(redisc_tls_stream *stream, int wants)
{
    int64_t left = redisc_tls_left(stream);
    if (left == 0) {
        return REDISC_TRANSPORT_TIMEOUT;
    }
    struct pollfd wanted = {.fd = stream->inner->descriptor(stream->inner_state),
                            .events = wants == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN};
    int limit = left < 0 ? -1 : left > INT_MAX ? INT_MAX : (int)left;
    int ready = poll(&wanted, 1, limit);
    if (ready == 0) {
        return REDISC_TRANSPORT_TIMEOUT;
    }
    return ready > 0 || errno == EINTR ? REDISC_TRANSPORT_AGAIN : REDISC_TRANSPORT_FAILED;
}
