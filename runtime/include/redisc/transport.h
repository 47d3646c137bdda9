/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Transports: what carries a connection's bytes. TCP and Unix sockets are built in, TLS over them
 * is a library of its own (redisc/tls.h); a transport of one's own is a redisc_transport_class in
 * the options (redis-py's `connection_class`).
 *
 * Thread safety: a transport is used by one thread at a time.
 */
#ifndef REDISC_TRANSPORT_H
#define REDISC_TRANSPORT_H

#include <redisc/status.h>
#include <redisc/str.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

REDISC_BEGIN_DECLS

struct redisc_options;

/** What read and write answer besides a count of bytes. */
enum {
    REDISC_TRANSPORT_CLOSED = 0,   /**< (read) the peer closed */
    REDISC_TRANSPORT_FAILED = -1,  /**< broken; errno tells why */
    REDISC_TRANSPORT_TIMEOUT = -2, /**< nothing moved before the time was over */
    REDISC_TRANSPORT_AGAIN = -3,   /**< nothing moved yet (a signal came, say): to be called again
                                      with the time that is left then */
    REDISC_TRANSPORT_ERROR = -4    /**< broken; redisc_transport_error() has said why */
};

/**
 * The functions of a transport. It lives as long as any client that uses it. Times are milliseconds
 * that are left; negative: no limit, 0: don't wait.
 */
typedef struct redisc_transport_class {
    const char *name; /**< for messages and descriptions: "tcp" */
    /**
     * Connects. @p options have all their defaults filled in; @p context is their
     * transport_context. Gives the transport's own state in @p transport. On failure answers an
     * error status after redisc_transport_error() said why.
     */
    redisc_status (*open)(const struct redisc_options *options, void *context, int64_t timeout_ms,
                          void **transport);
    /** Reads at least one and at most @p size bytes; the count, or one of the values above. */
    ptrdiff_t (*read)(void *transport, void *bytes, size_t size, int64_t timeout_ms);
    /** Writes at least one byte; the count, or one of the negative values above. */
    ptrdiff_t (*write)(void *transport, const void *bytes, size_t size, int64_t timeout_ms);
    /** Closes and frees. Never fails. In a child process after fork() it must not say anything to
     * the peer: the connection is the parent's. */
    void (*close)(void *transport);
    /** A descriptor to poll for input, output and the peer's end, or -1 if there is none. May be
     * NULL. */
    int (*descriptor)(void *transport);
    /** Like write, for several pieces in a row (none of them empty), so that large values needn't
     * be copied. May be NULL: then write is called for each piece. */
    ptrdiff_t (*write_list)(void *transport, const redisc_str *pieces, size_t count,
                            int64_t timeout_ms);
    /** Whether the transport holds bytes that the descriptor no longer shows, so that read() has
     * something to give without it: what came in one piece with bytes that were read. May be NULL:
     * never. */
    bool (*pending)(void *transport);
} redisc_transport_class;

/**
 * The built-in transport for these options: for a Unix socket if they have a path, else for TCP.
 * Lets one's own transport put something around it. Never NULL.
 */
REDISC_API const redisc_transport_class *
redisc_transport_builtin(const struct redisc_options *options);

/** For the functions of one's own transport: sets this thread's last error and returns @p status.
 */
REDISC_API redisc_status redisc_transport_error(redisc_status status, const char *text);

/** What stands behind the option `tls`. */
typedef struct redisc_tls_provider {
    /** The transport of all connections with TLS. */
    const redisc_transport_class *transport;
    /** Makes what the connections of one pool share, from its options: the `context` of the
     * transport's open(). On failure answers an error status after redisc_transport_error() said
     * why. */
    redisc_status (*open)(const struct redisc_options *options, void **context);
    /** Gives it up again, when the pool and all its connections are gone. */
    void (*close)(void *context);
} redisc_tls_provider;

/**
 * Says who does TLS for clients and pools that are opened from now on; NULL: nobody. It must live
 * as long as any of them. redisc_tls_enable() (redisc/tls.h) calls it; so can an adapter to another
 * TLS library.
 */
REDISC_API void redisc_transport_provide_tls(const redisc_tls_provider *provider);

REDISC_END_DECLS

#endif
