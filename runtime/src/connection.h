/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One connection: a transport, what waits to be sent, and the parser of what comes back.
 *
 * A connection in doubt (a deadline passed in the middle of a reply, a protocol error, unread
 * bytes) is `broken` and must be closed; nobody reads from it again. Belongs to one thread at a
 * time.
 *
 * Running a command: its bytes are encoded at the end of `out` (command->out is &connection->out),
 * then redisc_connection_run() sends them, receives the reply and reads it.
 */
#ifndef REDISC_SRC_CONNECTION_H
#define REDISC_SRC_CONNECTION_H

#include "command.h"
#include "config.h"
#include "deadline.h"
#include "fork.h"
#include "parser.h"

enum { REDISC_GROWN_BYTES = 64 * 1024 /* what buffers may hold without being looked after */ };

typedef struct redisc_connection redisc_connection;

/* Gets each push of the server. It must not use the connection; the push is gone when it returns.
 */
typedef void (*redisc_on_push)(redisc_connection *connection, const redisc_parsed *push,
                               void *context);

struct redisc_connection {
    const redisc_transport_class *transport;
    void *state; /* the transport's */
    redisc_buffer out;
    redisc_parser *parser;
    redisc_config *config; /* counted reference */
    int protocol;          /* 2 or 3, as agreed */
    bool broken;
    bool changed;  /* a command changed its state: don't pool it again */
    bool grown;    /* a reply was so large that its buffers may hold much memory */
    bool blocking; /* it has one of the pool's places for blocking commands */
    int64_t created_ms;
    int64_t used_ms;     /* when the clock was last looked at for it: when its last command began */
    unsigned fork_count; /* redisc_fork_count() when it was opened: another value means another
                            process owns it */
    redisc_on_push on_push; /* NULL: pushes are counted and dropped */
    void *on_push_context;
    uint64_t pushes; /* how many have come */
    /* For a pool: */
    struct redisc_connection *next; /* in its list of idle ones */
    unsigned generation;            /* of the pool, when it was opened */
};

/* Connects, over all addresses, and does the handshake; runs the on_connect callback. All of it
 * ends by the deadline and the config's connect timeout, whichever is earlier. NULL after failing;
 * the text begins with "connecting to …: ". */
redisc_connection *redisc_connection_open(redisc_config *config, redisc_deadline deadline);

/* Whether the server that it was made for is another one now, as the config's route knows: it may
 * not be used any more. */
static inline bool redisc_connection_outdated(const redisc_connection *connection)
{
    const redisc_config *config = connection->config;
    return config->route != NULL &&
           atomic_load_explicit(config->route->moves, memory_order_acquire) != config->moves;
}

/* Closes and frees; in a forked child the parent's socket is closed without a word on it. NULL is
 * allowed. */
void redisc_connection_close(redisc_connection *connection);

/*
 * The whole end of a command: sends it, receives and reads its reply into `out`, consumes it.
 *
 * When the server has answered (even by an error) the command's bytes are cut off from
 * connection->out. When it has not (see *delivery), they are still there for another try on another
 * connection, which may take over the buffer, or to be cut off by the caller
 * (redisc_connection_forget). The connection is marked broken where it must not be used again:
 * lost, in doubt, or after an error reply that is a connection error (LOADING, MASTERDOWN). The
 * last error's text tells the address; the caller adds command, delivery and tries by
 * redisc_error_about().
 */
redisc_status redisc_connection_run(redisc_connection *connection, const redisc_operation *command,
                                    const redisc_result *result, void *out,
                                    redisc_deadline deadline, redisc_delivery *delivery);

/* Until when commands may take that began at begun_ms: timeout_ms, or, if they may wait on the
 * server for wait_ms altogether, at least that much longer; negative: they may wait for ever. */
redisc_deadline redisc_waiting_deadline(int64_t wait_ms, int64_t begun_ms, int64_t timeout_ms);

/* Until when a command may take that began at begun_ms: timeout_ms, or, if it is a blocking one, at
 * least that much longer than it may wait on the server; 0 there is for ever. */
redisc_deadline redisc_operation_deadline(const redisc_operation *command, int64_t begun_ms,
                                          int64_t timeout_ms);

/* Cuts a command's bytes off from the end of the buffer that it was encoded into. */
void redisc_connection_forget(const redisc_operation *command);

/*
 * Sends connection->out from command->start to its end with the command's large strings in between;
 * the bytes stay in `out`. *delivery: NOT_SENT if not one byte left, else UNKNOWN. On failure the
 * connection is broken. What the server says meanwhile is received, so that neither waits for the
 * other.
 */
redisc_status redisc_connection_send(redisc_connection *connection, const redisc_operation *command,
                                     redisc_deadline deadline, redisc_delivery *delivery);

/*
 * Receives the next reply (pushes are handed to redisc_connection_push). Consume it with
 * redisc_parser_consume() on the parser. On failure the connection is broken.
 */
redisc_status redisc_connection_receive(redisc_connection *connection, redisc_parsed *reply,
                                        redisc_deadline deadline);

/* Of redisc_connection_read_some(): the parser takes no more; the last error is set. */
enum { REDISC_CONNECTION_NO_ROOM = -1000 };

/*
 * The steps of receiving, for those who send meanwhile. They leave `broken` to the caller.
 *
 * Reads once from the transport into the parser: how many bytes, what the transport answers when
 * none came (errno tells why it failed), or REDISC_CONNECTION_NO_ROOM.
 */
ptrdiff_t redisc_connection_read_some(redisc_connection *connection, int64_t timeout_ms);
/* Takes the next reply that is complete; pushes before it are handed on. Consume it before the next
 * call. FAILED: the last error tells why. */
redisc_parse redisc_connection_take(redisc_connection *connection, redisc_parsed *reply);

/* Notes that a reply was so large that the connection should give memory back when it is idle. */
static inline void redisc_connection_note_size(redisc_connection *connection,
                                               const redisc_parsed *reply)
{
    if (reply->text + reply->count * sizeof *reply->nodes > REDISC_GROWN_BYTES) {
        connection->grown = true;
    }
}

/*
 * Whether a call's error speaks of the connection (LOADING, MASTERDOWN, NOAUTH), so that another
 * one may fare better. A command that sets the connection up says something of its arguments only.
 */
static inline bool redisc_dooms_connection(const redisc_operation_info *info, redisc_status status)
{
    return redisc_is(status, REDISC_ERROR_CONNECTION) &&
           (!redisc_is(status, REDISC_ERROR_AUTHENTICATION) ||
            (info->flags & REDISC_COMMAND_CONNECTION) == 0);
}

/*
 * After a call has failed, with the last error set: marks the connection as broken if the error
 * speaks of it. A route may know better what it means, so the answer is the status of the last
 * error then.
 */
redisc_status redisc_connection_judge(redisc_connection *connection,
                                      const redisc_operation_info *info, redisc_status status);

/*
 * Between two commands: hands on the pushes that have come. False after failing if a reply has come
 * that nothing asked for: the next command would take it for its own, so the connection is broken.
 */
bool redisc_connection_settle(redisc_connection *connection);

/* A push has come: counts it and hands it to on_push. */
void redisc_connection_push(redisc_connection *connection, const redisc_parsed *push);

/* Whether the transport holds bytes that its descriptor doesn't show. */
bool redisc_connection_holds_bytes(const redisc_connection *connection);

/* Whether an idle connection is fit for use: not broken, same process, nothing to read, not closed
 * by the peer. Costs a system call. */
bool redisc_connection_quiet(redisc_connection *connection);

/* Gives memory back while the connection is idle. */
void redisc_connection_shrink(redisc_connection *connection);

/* An immediate handle on an open connection; closing the handle leaves the connection. For
 * on_connect callbacks and the like. NULL: out of memory. */
redisc *redisc_connection_handle(redisc_connection *connection);

/* The same for a handle whose commands all end by `limit`. */
redisc *redisc_connection_handle_until(redisc_connection *connection, redisc_deadline limit);

#endif
