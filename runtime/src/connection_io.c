/* SPDX-License-Identifier: MIT */
/* What moves over a connection: sending a command, receiving a reply. */
#include "connection.h"

#include "transport.h"

#include <errno.h>
#include <poll.h>

enum {
    MOST_PIECES = 2 * REDISC_LARGE_MAX + 1,
    EARLY_BYTES = 1 << 20, /* so much is received while a command is still being sent */
    SLICE_MS = 10          /* a transport without a descriptor is tried again after it */
};

/* A command on its way out, in pieces. */
typedef struct outgoing {
    redisc_str pieces[MOST_PIECES];
    size_t first; /* the first one that isn't wholly sent */
    size_t count;
    size_t sent; /* bytes */
    int64_t patience_ms;
} outgoing;

static redisc_status lost(redisc_connection *connection)
{
    connection->broken = true;
    return redisc_last_error()->status;
}

static void add_piece(outgoing *o, const char *data, size_t len)
{
    if (len > 0) {
        o->pieces[o->count++] = redisc_bytes(data, len);
    }
}

/* The encoded bytes with the large strings in their places. */
static void cut_into_pieces(const redisc_buffer *out, const redisc_operation *command, outgoing *o)
{
    const char *at = out->data + command->start;
    const char *end = out->data + out->end;
    for (unsigned i = 0; i < command->large_count; i++) {
        const char *place = out->data + command->start + command->large[i].offset;
        add_piece(o, at, (size_t)(place - at));
        add_piece(o, command->large[i].bytes.data, command->large[i].bytes.len);
        at = place;
    }
    add_piece(o, at, (size_t)(end - at));
}

static ptrdiff_t write_pieces(redisc_connection *connection, const outgoing *o)
{
    const redisc_transport_class *transport = connection->transport;
    const redisc_str *pieces = o->pieces + o->first;
    size_t count = o->count - o->first;
    if (count > 1 && transport->write_list != NULL) {
        return transport->write_list(connection->state, pieces, count, o->patience_ms);
    }
    return transport->write(connection->state, pieces[0].data, pieces[0].len, o->patience_ms);
}

/* Steps over what was sent; false if that is more than there was. */
static bool step_over(outgoing *o, size_t sent)
{
    o->sent += sent;
    while (sent > 0 && o->first < o->count) {
        redisc_str *piece = &o->pieces[o->first];
        size_t part = sent < piece->len ? sent : piece->len;
        piece->data += part;
        piece->len -= part;
        sent -= part;
        o->first += piece->len == 0 ? 1 : 0;
    }
    return sent == 0;
}

ptrdiff_t redisc_connection_read_some(redisc_connection *connection, int64_t timeout_ms)
{
    size_t size = 0;
    char *room = redisc_parser_room(connection->parser, &size);
    if (room == NULL) {
        return REDISC_CONNECTION_NO_ROOM;
    }
    errno = EIO; /* for transports that fail without a reason */
    ptrdiff_t count = connection->transport->read(connection->state, room, size, timeout_ms);
    if (count > 0 && (size_t)count > size) {
        errno = EOVERFLOW;
        return REDISC_TRANSPORT_FAILED;
    }
    if (count > 0) {
        redisc_parser_filled(connection->parser, (size_t)count);
    }
    return count;
}

redisc_parse redisc_connection_take(redisc_connection *connection, redisc_parsed *reply)
{
    redisc_parser *parser = connection->parser;
    while (redisc_parser_pending(parser) > 0) {
        redisc_parse result = redisc_parser_next(parser, reply);
        if (result != REDISC_PARSE_REPLY || redisc_node_kind(reply->nodes) != REDISC_NODE_PUSH) {
            return result;
        }
        redisc_connection_push(connection, reply);
        redisc_parser_consume(parser);
    }
    return REDISC_PARSE_MORE;
}

bool redisc_connection_settle(redisc_connection *connection)
{
    redisc_parsed reply;
    redisc_parse result = redisc_connection_take(connection, &reply);
    if (result == REDISC_PARSE_MORE) {
        return true;
    }
    if (result == REDISC_PARSE_REPLY) {
        redisc_parser_consume(connection->parser);
        redisc_fail(REDISC_ERROR_PROTOCOL,
                    "protocol error: a reply came that no command asked for");
    }
    lost(connection);
    return false;
}

/* A server that closes in the middle of a command mostly says why before: the last error, if so.
 * *said: it is the transport that has said why. */
static bool hear_last_words(redisc_connection *connection, bool *said)
{
    ptrdiff_t count = 1;
    while (count > 0 && redisc_parser_pending(connection->parser) < EARLY_BYTES) {
        count = redisc_connection_read_some(connection, 0);
    }
    redisc_parsed reply;
    *said = count == REDISC_TRANSPORT_ERROR;
    if (*said || redisc_connection_take(connection, &reply) != REDISC_PARSE_REPLY) {
        return false;
    }
    const redisc_node *root = reply.nodes;
    bool is_error = redisc_node_kind(root) == REDISC_NODE_ERROR;
    if (is_error) {
        redisc_fail_server(redisc_bytes(redisc_node_bytes(&reply, root), redisc_node_length(root)));
    }
    redisc_parser_consume(connection->parser);
    return is_error;
}

static redisc_status lost_while_sending(redisc_connection *connection, int error, size_t sent)
{
    bool said = error == REDISC_TRANSPORT_HAS_SAID;
    if (!said && hear_last_words(connection, &said)) {
        redisc_error_becomes(REDISC_ERROR_CLOSED);
        redisc_error_prefix("the server closed the connection, saying");
    } else if (said) {
        redisc_error_prefix("after %zu bytes of the command", sent);
    } else if (error == 0) {
        redisc_fail(REDISC_ERROR_CLOSED,
                    "the server closed the connection after %zu bytes of the command", sent);
    } else {
        redisc_fail_errno(REDISC_ERROR_CLOSED, error,
                          "the connection was lost after %zu bytes of the command", sent);
    }
    return lost(connection);
}

/*
 * Sending would block. The server may be waiting, too, for us to read what it has to say: so that
 * is received, and then whatever becomes possible first is waited for.
 */
static redisc_status wait_while_sending(redisc_connection *connection, outgoing *o,
                                        redisc_deadline deadline)
{
    connection->used_ms = redisc_now_ms();
    int64_t left = redisc_deadline_left_at(deadline, connection->used_ms);
    if (left == 0) {
        redisc_fail(REDISC_ERROR_TIMEOUT, "the deadline passed after %zu bytes of the command",
                    o->sent);
        return lost(connection);
    }
    bool reads = redisc_parser_pending(connection->parser) < EARLY_BYTES;
    ptrdiff_t count = reads ? redisc_connection_read_some(connection, 0) : REDISC_TRANSPORT_TIMEOUT;
    if (count > 0) {
        return REDISC_OK;
    }
    if (count == REDISC_CONNECTION_NO_ROOM) {
        return lost(connection);
    }
    if (count != REDISC_TRANSPORT_TIMEOUT && count != REDISC_TRANSPORT_AGAIN) {
        return lost_while_sending(connection, redisc_transport_reason(count), o->sent);
    }
    const redisc_transport_class *transport = connection->transport;
    int descriptor = transport->descriptor == NULL ? -1 : transport->descriptor(connection->state);
    if (descriptor < 0) {
        o->patience_ms = left < 0 || left > SLICE_MS ? SLICE_MS : left;
    } else if (redisc_socket_wait(descriptor, (short)(reads ? POLLIN | POLLOUT : POLLOUT), left) <
                   0 &&
               errno != EINTR) {
        return lost_while_sending(connection, errno, o->sent);
    }
    return REDISC_OK;
}

/* The usual case: one piece, which the socket takes at once. False: the general way goes on from
 * *sent. */
static bool send_whole(redisc_connection *connection, const redisc_operation *command, size_t *sent)
{
    const redisc_buffer *out = &connection->out;
    size_t len = out->end - command->start;
    *sent = 0;
    if (command->large_count > 0) {
        return false;
    }
    ptrdiff_t count =
        connection->transport->write(connection->state, out->data + command->start, len, 0);
    if (count > 0 && (size_t)count <= len) {
        *sent = (size_t)count;
    }
    return *sent == len;
}

redisc_status redisc_connection_send(redisc_connection *connection, const redisc_operation *command,
                                     redisc_deadline deadline, redisc_delivery *delivery)
{
    size_t sent;
    if (send_whole(connection, command, &sent)) {
        *delivery = REDISC_UNKNOWN;
        return REDISC_OK;
    }
    *delivery = sent > 0 ? REDISC_UNKNOWN : REDISC_NOT_SENT;
    outgoing o;
    o.first = o.count = o.sent = 0;
    o.patience_ms = 0;
    cut_into_pieces(&connection->out, command, &o);
    step_over(&o, sent);
    while (o.first < o.count) {
        errno = EIO; /* for transports that fail without a reason */
        ptrdiff_t count = write_pieces(connection, &o);
        if (count > 0) {
            *delivery = REDISC_UNKNOWN;
            if (!step_over(&o, (size_t)count)) {
                return lost_while_sending(connection, EOVERFLOW, o.sent);
            }
            continue;
        }
        if (count != REDISC_TRANSPORT_TIMEOUT && count != REDISC_TRANSPORT_AGAIN) {
            return lost_while_sending(connection, redisc_transport_reason(count), o.sent);
        }
        redisc_status status = wait_while_sending(connection, &o, deadline);
        if (status != REDISC_OK) {
            return status;
        }
    }
    return REDISC_OK;
}

/* Why no whole reply came. */
static redisc_status no_reply(redisc_connection *connection, ptrdiff_t count, int error)
{
    size_t came = redisc_parser_pending(connection->parser);
    if (count == REDISC_TRANSPORT_TIMEOUT && came == 0) {
        redisc_fail(REDISC_ERROR_TIMEOUT, "no reply came before the deadline");
    } else if (count == REDISC_TRANSPORT_TIMEOUT) {
        redisc_fail(REDISC_ERROR_TIMEOUT, "the deadline passed after %zu bytes of the reply", came);
    } else if (count == REDISC_TRANSPORT_CLOSED && came == 0) {
        redisc_fail(REDISC_ERROR_CLOSED, "the server closed the connection without a reply");
    } else if (count == REDISC_TRANSPORT_CLOSED) {
        redisc_fail(REDISC_ERROR_CLOSED,
                    "the server closed the connection after %zu bytes of the reply", came);
    } else if (count == REDISC_TRANSPORT_ERROR) {
        redisc_error_prefix("after %zu bytes of the reply", came);
    } else if (count != REDISC_CONNECTION_NO_ROOM) {
        redisc_fail_errno(REDISC_ERROR_CLOSED, error,
                          "the connection was lost after %zu bytes of the reply", came);
    }
    return lost(connection);
}

redisc_status redisc_connection_receive(redisc_connection *connection, redisc_parsed *reply,
                                        redisc_deadline deadline)
{
    int64_t left = redisc_deadline_left_at(deadline, connection->used_ms);
    for (bool first = true;; first = false) {
        redisc_parse result = redisc_connection_take(connection, reply);
        if (result == REDISC_PARSE_REPLY) {
            return REDISC_OK;
        }
        if (result == REDISC_PARSE_FAILED) {
            return lost(connection);
        }
        if (!first) {
            /* A server that never stops talking must not talk past the deadline. */
            left = redisc_deadline_left(deadline);
        }
        ptrdiff_t count = left == 0 && !first ? REDISC_TRANSPORT_TIMEOUT
                                              : redisc_connection_read_some(connection, left);
        if (count <= 0 && count != REDISC_TRANSPORT_AGAIN) {
            return no_reply(connection, count, errno);
        }
    }
}
