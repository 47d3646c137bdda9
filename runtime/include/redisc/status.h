/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Status codes and the details of the last error.
 *
 * Every function that can fail returns a redisc_status: 0 is success, a positive value is success
 * with a note, a negative value is a failure. Kinds nest: redisc_is() tests for the narrow kind
 * (REDISC_ERROR_READONLY) or for a broad one (REDISC_ERROR_SERVER, REDISC_ERROR).
 *
 * Thread safety: everything here may be called from any thread; error details are per thread.
 */
#ifndef REDISC_STATUS_H
#define REDISC_STATUS_H

#include <redisc/export.h>

#include <stdbool.h>
#include <stddef.h>

REDISC_BEGIN_DECLS

/**
 * Every status: X(name, value, parent, text). Values are pinned: they never change and are never
 * reused. The parent of a kind stands before it.
 */
#define REDISC_STATUS_LIST(X)                                                                      \
    X(REDISC_OK, 0, REDISC_OK, "fine")                                                             \
    X(REDISC_QUEUED, 1, REDISC_OK, "queued; the result comes when the handle executes")            \
    X(REDISC_ERROR, -1, REDISC_ERROR, "error")                                                     \
    X(REDISC_ERROR_ARGUMENT, -100, REDISC_ERROR, "wrong argument; nothing was sent")               \
    X(REDISC_ERROR_URL, -101, REDISC_ERROR_ARGUMENT, "invalid URL")                                \
    X(REDISC_ERROR_UNSUPPORTED, -102, REDISC_ERROR_ARGUMENT, "not possible here")                  \
    X(REDISC_ERROR_MEMORY, -110, REDISC_ERROR, "out of memory")                                    \
    X(REDISC_ERROR_LIMIT, -111, REDISC_ERROR, "a limit was exceeded")                              \
    X(REDISC_ERROR_CONNECTION, -200, REDISC_ERROR, "connection error")                             \
    X(REDISC_ERROR_RESOLVE, -201, REDISC_ERROR_CONNECTION, "host name not resolved")               \
    X(REDISC_ERROR_CONNECT, -202, REDISC_ERROR_CONNECTION, "connection refused or failed")         \
    X(REDISC_ERROR_CLOSED, -203, REDISC_ERROR_CONNECTION, "connection lost")                       \
    X(REDISC_ERROR_TLS, -204, REDISC_ERROR_CONNECTION, "TLS error")                                \
    X(REDISC_ERROR_AUTHENTICATION, -210, REDISC_ERROR_CONNECTION, "authentication failed")         \
    X(REDISC_ERROR_NOAUTH, -211, REDISC_ERROR_AUTHENTICATION, "authentication required")           \
    X(REDISC_ERROR_WRONGPASS, -212, REDISC_ERROR_AUTHENTICATION, "wrong user name or password")    \
    X(REDISC_ERROR_LOADING, -220, REDISC_ERROR_CONNECTION, "server is loading its data")           \
    X(REDISC_ERROR_MASTERDOWN, -221, REDISC_ERROR_CONNECTION, "replica lost its master")           \
    X(REDISC_ERROR_POOL_EXHAUSTED, -230, REDISC_ERROR_CONNECTION, "too many connections")          \
    X(REDISC_ERROR_POOL_TIMEOUT, -231, REDISC_ERROR_POOL_EXHAUSTED, "no connection available")     \
    X(REDISC_ERROR_MASTER_NOT_FOUND, -240, REDISC_ERROR_CONNECTION, "no master found")             \
    X(REDISC_ERROR_REPLICA_NOT_FOUND, -241, REDISC_ERROR_CONNECTION, "no replica found")           \
    X(REDISC_ERROR_DEMOTED, -242, REDISC_ERROR_CONNECTION, "the master has become a replica")      \
    X(REDISC_ERROR_TIMEOUT, -300, REDISC_ERROR, "deadline passed")                                 \
    X(REDISC_ERROR_PROTOCOL, -400, REDISC_ERROR, "the server broke the protocol")                  \
    X(REDISC_ERROR_REPLY_TYPE, -401, REDISC_ERROR, "reply of another type than expected")          \
    X(REDISC_ERROR_ENCODING, -402, REDISC_ERROR, "reply is not valid in the encoding asked for")   \
    X(REDISC_ERROR_SERVER, -500, REDISC_ERROR, "the server answered with an error")                \
    X(REDISC_ERROR_WRONGTYPE, -501, REDISC_ERROR_SERVER, "key holds another kind of value")        \
    X(REDISC_ERROR_NOSCRIPT, -502, REDISC_ERROR_SERVER, "script not loaded")                       \
    X(REDISC_ERROR_EXECABORT, -503, REDISC_ERROR_SERVER, "transaction discarded")                  \
    X(REDISC_ERROR_READONLY, -504, REDISC_ERROR_SERVER, "replica is read-only")                    \
    X(REDISC_ERROR_NOPERM, -505, REDISC_ERROR_SERVER, "user lacks the permission")                 \
    X(REDISC_ERROR_MOVED, -506, REDISC_ERROR_SERVER, "slot moved to another node")                 \
    X(REDISC_ERROR_ASK, -507, REDISC_ERROR_SERVER, "slot is migrating; ask another node")          \
    X(REDISC_ERROR_TRYAGAIN, -508, REDISC_ERROR_SERVER, "slot is migrating; try again")            \
    X(REDISC_ERROR_CLUSTERDOWN, -509, REDISC_ERROR_SERVER, "cluster is down")                      \
    X(REDISC_ERROR_CROSSSLOT, -510, REDISC_ERROR_SERVER, "keys live in different slots")           \
    X(REDISC_ERROR_BUSY, -511, REDISC_ERROR_SERVER, "server is busy with a script")                \
    X(REDISC_ERROR_BUSYGROUP, -512, REDISC_ERROR_SERVER, "consumer group exists")                  \
    X(REDISC_ERROR_NOGROUP, -513, REDISC_ERROR_SERVER, "no such consumer group")                   \
    X(REDISC_ERROR_OOM, -514, REDISC_ERROR_SERVER, "server is over its memory limit")              \
    X(REDISC_ERROR_MISCONF, -515, REDISC_ERROR_SERVER, "server refuses writes: persistence fails") \
    X(REDISC_ERROR_NOREPLICAS, -516, REDISC_ERROR_SERVER, "not enough replicas to write")          \
    X(REDISC_ERROR_UNKILLABLE, -517, REDISC_ERROR_SERVER, "script has written; cannot be killed")  \
    X(REDISC_ERROR_NOTBUSY, -518, REDISC_ERROR_SERVER, "no script is running")                     \
    X(REDISC_ERROR_NOPROTO, -519, REDISC_ERROR_SERVER, "protocol version not supported")           \
    X(REDISC_ERROR_BUSYKEY, -520, REDISC_ERROR_SERVER, "key exists")                               \
    X(REDISC_ERROR_INPROG, -521, REDISC_ERROR_SERVER, "a failover is in progress")                 \
    X(REDISC_ERROR_NOGOODSLAVE, -522, REDISC_ERROR_SERVER, "no replica can be promoted")           \
    X(REDISC_ERROR_NOMASTERLINK, -523, REDISC_ERROR_SERVER, "replica is not in sync")              \
    X(REDISC_ERROR_IOERR, -524, REDISC_ERROR_SERVER, "server could not reach the other instance")  \
    X(REDISC_ERROR_UNBLOCKED, -525, REDISC_ERROR_SERVER, "client was unblocked")                   \
    X(REDISC_ERROR_WATCH, -600, REDISC_ERROR, "a watched key changed")                             \
    X(REDISC_ERROR_LOCK, -610, REDISC_ERROR, "lock error")                                         \
    X(REDISC_ERROR_SUBSCRIBER, -620, REDISC_ERROR, "subscriber used wrongly")

/** What a function answers. See REDISC_STATUS_LIST for the meanings. */
typedef enum redisc_status {
#define REDISC_STATUS_VALUE(name, value, parent, text) name = value,
    REDISC_STATUS_LIST(REDISC_STATUS_VALUE)
#undef REDISC_STATUS_VALUE
        REDISC_STATUS_MAX_ = 0x7fffffff
} redisc_status;

/** Whether a failed command may have been executed by the server. */
typedef enum redisc_delivery {
    REDISC_NOT_SENT = 0, /**< it was certainly not executed: no byte of it left (of a transaction:
                            not all of it), whatever was said to earlier tries */
    REDISC_UNKNOWN =
        1, /**< sent, wholly or in part, but no reply came: it may have been executed */
    REDISC_ANSWERED = 2, /**< the server answered */
    REDISC_DELIVERY_MAX_ = 0x7fffffff
} redisc_delivery;

/** The details of a failure. */
typedef struct redisc_error {
    redisc_status status;     /**< REDISC_OK if there was none */
    redisc_delivery delivery; /**< whether the command can have been executed */
    unsigned tries;           /**< how often it was tried; 0 if it never came to that */
    const char *command;      /**< the command's name ("CLIENT LIST"), or "" */
    const char *word;         /**< first word of the server's error ("WRONGTYPE"), or "" */
    const char *text;         /**< one line for people; never NULL */
} redisc_error;

/**
 * The details of the last call that failed on this thread; status REDISC_OK if none has failed yet.
 * A successful call does not touch it. Owned by the library: valid until the next failing call on
 * this thread.
 */
REDISC_API const redisc_error *redisc_last_error(void);

/**
 * Makes this the last error of this thread: for libraries on top of this one that report their
 * failures in the same way.
 * @param error copied, but for `command`, which must live for ever; NULL texts are empty ones
 * @return its status
 */
REDISC_API redisc_status redisc_set_last_error(const redisc_error *error);

/**
 * Whether @p status is @p kind or a kind of it: redisc_is(REDISC_ERROR_NOAUTH,
 * REDISC_ERROR_CONNECTION) is true. Any failure is a REDISC_ERROR; success is a REDISC_OK.
 */
REDISC_API bool redisc_is(redisc_status status, redisc_status kind);

/** The status's name, "REDISC_ERROR_TIMEOUT"; "REDISC_ERROR" for a value that is not in the list.
 */
REDISC_API const char *redisc_status_name(redisc_status status);

/** A short description of the status, for people. */
REDISC_API const char *redisc_status_text(redisc_status status);

REDISC_END_DECLS

#endif
