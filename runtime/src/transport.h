/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The built-in transports, and what TCP and Unix sockets share.
 */
#ifndef REDISC_SRC_TRANSPORT_H
#define REDISC_SRC_TRANSPORT_H

#include "deadline.h"
#include "error.h"

#include <redisc/options.h>
#include <redisc/transport.h>

#include <errno.h>
#include <sys/socket.h>

extern const redisc_transport_class redisc_transport_tcp;
extern const redisc_transport_class redisc_transport_unix;

/* In place of an errno: the transport has said itself why it failed. */
enum { REDISC_TRANSPORT_HAS_SAID = -1 };

/* Why nothing moves any more, by what a read or write answered: an errno, 0 for the peer's close,
 * or REDISC_TRANSPORT_HAS_SAID. */
static inline int redisc_transport_reason(ptrdiff_t answer)
{
    if (answer == REDISC_TRANSPORT_ERROR) {
        return REDISC_TRANSPORT_HAS_SAID;
    }
    return answer == REDISC_TRANSPORT_CLOSED ? 0 : errno;
}

/* The transport's state for both. */
typedef struct redisc_socket {
    int descriptor;
    int64_t usual_ms; /* how long a plain recv() waits; -1: for ever */
} redisc_socket;

/* A new socket, closed on exec, that doesn't block and never raises SIGPIPE; -1 with errno set. */
int redisc_socket_new(int family);

/*
 * Connects it by the deadline, and leaves it non-blocking. 0, or why not: an errno, of which
 * ETIMEDOUT stands for the deadline, too.
 */
int redisc_socket_connect(int descriptor, const struct sockaddr *address, socklen_t size,
                          redisc_deadline deadline);

/* Makes a transport of a connected socket, which blocks from then on for the options' timeout.
 * Takes the descriptor, in failure too. */
redisc_status redisc_socket_adopt(int descriptor, const redisc_options *options, void **transport);

/* Waits for poll() events, or the other end's close; 0: the time is over; -1: errno tells, EINTR
 * among others. */
int redisc_socket_wait(int descriptor, short events, int64_t timeout_ms);

/* Like close(), without touching errno. */
void redisc_socket_drop(int descriptor);

ptrdiff_t redisc_socket_read(void *transport, void *bytes, size_t size, int64_t timeout_ms);
ptrdiff_t redisc_socket_write(void *transport, const void *bytes, size_t size, int64_t timeout_ms);
ptrdiff_t redisc_socket_write_list(void *transport, const redisc_str *pieces, size_t count,
                                   int64_t timeout_ms);
void redisc_socket_close(void *transport);
int redisc_socket_descriptor(void *transport);

#endif
