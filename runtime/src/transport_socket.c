/* SPDX-License-Identifier: MIT */
/* What TCP and Unix sockets share: connecting, reading and writing within a time. */
#include "transport.h"

#include "alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* then there is SO_NOSIGPIPE */
#endif

enum {
    PIECES = 16,            /* of one sendmsg(): what every system takes */
    LONGEST_BACKLOG_MS = 20 /* between two tries when a Unix socket's queue is full */
};

void redisc_socket_drop(int descriptor)
{
    int error = errno;
    close(descriptor);
    errno = error;
}

/* Sets the flags that could not be given to socket(). False: errno tells. */
static bool prepare(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
        return false;
    }
#ifdef SO_NOSIGPIPE
    int on = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) != 0) {
        return false;
    }
#endif
    return true;
}

int redisc_socket_new(int family)
{
#ifdef SOCK_CLOEXEC
    /* At once, so that no other thread's fork and exec comes in between. */
    int descriptor = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
#else
    int descriptor = socket(family, SOCK_STREAM, 0);
#endif
    if (descriptor >= 0 && !prepare(descriptor)) {
        redisc_socket_drop(descriptor);
        return -1;
    }
    return descriptor;
}

int redisc_socket_wait(int descriptor, short events, int64_t timeout_ms)
{
    struct pollfd wanted = {.fd = descriptor, .events = events};
    int limit = timeout_ms < 0 ? -1 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
    return poll(&wanted, 1, limit);
}

/* Waits until a connect under way has ended; an errno, 0 if it is connected. */
static int finish_connect(int descriptor, redisc_deadline deadline)
{
    int ready = -1;
    do {
        ready = redisc_socket_wait(descriptor, POLLOUT, redisc_deadline_left(deadline));
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) {
        return ready == 0 ? ETIMEDOUT : errno;
    }
    int error = 0;
    socklen_t size = sizeof error;
    return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

int redisc_socket_connect(int descriptor, const struct sockaddr *address, socklen_t size,
                          redisc_deadline deadline)
{
    for (int pause = 1;; pause = pause * 2 < LONGEST_BACKLOG_MS ? pause * 2 : LONGEST_BACKLOG_MS) {
        if (connect(descriptor, address, size) == 0) {
            return 0;
        }
        if (errno == EINPROGRESS || errno == EINTR) {
            return finish_connect(descriptor, deadline);
        }
        if (errno != EAGAIN || address->sa_family != AF_UNIX) {
            return errno;
        }
        /* The server's queue is full, and poll() can't tell when it no longer is. */
        if (redisc_deadline_passed(deadline)) {
            return ETIMEDOUT;
        }
        poll(NULL, 0, pause);
    }
}

/* How long recv() and send() may block in the kernel; 0 is for ever. */
static bool set_usual_time(int descriptor, int64_t timeout_ms)
{
    struct timeval time = {0};
    if (timeout_ms >= 0) {
        int64_t seconds = timeout_ms / 1000;
        time.tv_sec = (time_t)(seconds > INT_MAX ? INT_MAX : seconds);
        time.tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000);
    }
    return setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time) == 0 &&
           setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time) == 0;
}

redisc_status redisc_socket_adopt(int descriptor, const redisc_options *options, void **transport)
{
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK) != 0 ||
        !set_usual_time(descriptor, options->timeout_ms)) {
        redisc_socket_drop(descriptor);
        return redisc_fail_errno(REDISC_ERROR_CONNECT, errno, "connecting: setting up the socket");
    }
    redisc_socket *socket = redisc_allocate(sizeof *socket);
    if (socket == NULL) {
        redisc_socket_drop(descriptor);
        return redisc_fail(REDISC_ERROR_MEMORY, "connecting: no memory for a socket");
    }
    *socket = (redisc_socket){.descriptor = descriptor,
                              .usual_ms = options->timeout_ms < 0 ? -1 : options->timeout_ms};
    *transport = socket;
    return REDISC_OK;
}

/*
 * Whether a plain recv() waits for about the time that is left: the clock has moved on a little
 * since the command began, and to see a dead server some milliseconds late is better than a system
 * call more for each command.
 */
static bool is_usual(const redisc_socket *socket, int64_t timeout_ms)
{
    if (socket->usual_ms < 0 || timeout_ms < 0) {
        return socket->usual_ms < 0 && timeout_ms < 0;
    }
    return timeout_ms <= socket->usual_ms &&
           socket->usual_ms - timeout_ms <= 2 + socket->usual_ms / 256;
}

/* What a call that moved nothing answers, by errno. */
static ptrdiff_t answer(void)
{
    if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK) {
        return REDISC_TRANSPORT_AGAIN;
    }
    return REDISC_TRANSPORT_FAILED;
}

/* Waits after a call found that it would block. */
static ptrdiff_t wait_for(const redisc_socket *socket, short events, int64_t timeout_ms)
{
    if (timeout_ms == 0) {
        return REDISC_TRANSPORT_TIMEOUT;
    }
    int ready = redisc_socket_wait(socket->descriptor, events, timeout_ms);
    if (ready < 0) {
        return answer();
    }
    return ready == 0 ? REDISC_TRANSPORT_TIMEOUT : REDISC_TRANSPORT_AGAIN;
}

ptrdiff_t redisc_socket_read(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    redisc_socket *socket = transport;
    bool usual = is_usual(socket, timeout_ms);
    ssize_t count = recv(socket->descriptor, bytes, size, usual ? 0 : MSG_DONTWAIT);
    if (count >= 0) {
        return count;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
        return answer();
    }
    return usual ? REDISC_TRANSPORT_TIMEOUT : wait_for(socket, POLLIN, timeout_ms);
}

ptrdiff_t redisc_socket_write(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    redisc_socket *socket = transport;
    ssize_t count = send(socket->descriptor, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
        return count;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
        return answer();
    }
    return wait_for(socket, POLLOUT, timeout_ms);
}

ptrdiff_t redisc_socket_write_list(void *transport, const redisc_str *pieces, size_t count,
                                   int64_t timeout_ms)
{
    redisc_socket *socket = transport;
    struct iovec vectors[PIECES];
    size_t used = count < PIECES ? count : PIECES;
    for (size_t i = 0; i < used; i++) {
        vectors[i].iov_base = (void *)(uintptr_t)pieces[i].data;
        vectors[i].iov_len = pieces[i].len;
    }
    struct msghdr message = {.msg_iov = vectors};
    message.msg_iovlen = (__typeof__(message.msg_iovlen))used;
    ssize_t sent = sendmsg(socket->descriptor, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
        return sent;
    }
    if (errno != EAGAIN && errno != EWOULDBLOCK) {
        return answer();
    }
    return wait_for(socket, POLLOUT, timeout_ms);
}

void redisc_socket_close(void *transport)
{
    redisc_socket *socket = transport;
    redisc_socket_drop(socket->descriptor);
    redisc_release(socket);
}

int redisc_socket_descriptor(void *transport)
{
    const redisc_socket *socket = transport;
    return socket->descriptor;
}

const redisc_transport_class *redisc_transport_builtin(const redisc_options *options)
{
    return options != NULL && options->path != NULL ? &redisc_transport_unix
                                                    : &redisc_transport_tcp;
}

redisc_status redisc_transport_error(redisc_status status, const char *text)
{
    return redisc_fail(status, "%s", text == NULL ? redisc_status_text(status) : text);
}
