/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include "encoded.h"
#include "transport.h"

#include <errno.h>
#include <poll.h>

enum {
    PORTION = 64 * 1024, /* sent at once: what a socket's buffer takes, and no more than the server
                            digests meanwhile */
    SLICE_MS = 10,       /* a transport without a descriptor is tried again after it */
    /* Where replies are that much less than commands, waking up for each few of them costs more
     * than all the rest; so for a moment only room to send is waited for. */
    LITTLE_COMES_BACK = 8,
    APART_MS = 1,
    PACE_BYTES = 1 << 20,
    PACE_REPLIES = 1000,
    SENT_AT_ONCE = 64 * 1024,      /* so much is sent without asking what the replies are like */
    FIRST_COMMANDS = 64,           /* of more than that: so many before the first reply */
    REPLY_BYTES = 4 * 1024 * 1024, /* that may be on their way */
    ROW = 64                       /* replies that are looked at together */
};

static redisc_status broken(redisc_exchange *x)
{
    x->connection->broken = true;
    return redisc_last_error()->status;
}

/* The same for an error that the exchange itself has met. */
static redisc_status broken_here(redisc_exchange *x)
{
    char address[REDISC_ADDRESS_SIZE];
    redisc_error_prefix("%s", redisc_options_address(&x->connection->config->options, address));
    return broken(x);
}

static void put_off(redisc_exchange *x, size_t bytes, size_t replies)
{
    x->moved += bytes;
    x->answered += replies;
    if (x->moved < PACE_BYTES && x->answered < PACE_REPLIES) {
        return;
    }
    x->moved = x->answered = 0;
    redisc_deadline later = redisc_deadline_after(x->pace_ms);
    if (later.at_ms > x->deadline.at_ms) {
        x->deadline = later;
    }
}

static redisc_status lost(redisc_exchange *x, int error)
{
    if (error == 0) {
        redisc_fail(REDISC_ERROR_CLOSED,
                    "the server closed the connection with %zu replies to come", x->expected);
    } else if (error == REDISC_TRANSPORT_HAS_SAID) {
        redisc_error_prefix("with %zu replies to come", x->expected);
    } else {
        redisc_fail_errno(REDISC_ERROR_CLOSED, error,
                          "the connection was lost with %zu replies to come", x->expected);
    }
    return broken_here(x);
}

static redisc_status too_late(redisc_exchange *x)
{
    redisc_fail(REDISC_ERROR_TIMEOUT, "the deadline passed with %zu replies to come", x->expected);
    return broken_here(x);
}

static redisc_status too_many(redisc_exchange *x)
{
    redisc_fail(REDISC_ERROR_PROTOCOL, "more replies came than commands were sent");
    return broken_here(x);
}

static redisc_status hand_on(redisc_exchange *x, redisc_parsed *reply)
{
    if (x->expected <= x->unreleased) { /* as far as it is known what has been sent */
        return too_many(x);
    }
    x->expected--;
    redisc_connection_note_size(x->connection, reply);
    return x->on_reply(x->context, reply) < 0 ? broken(x) : REDISC_OK;
}

static redisc_status hand_on_each(redisc_exchange *x, redisc_parsed *reply,
                                  const redisc_node *leaves, size_t count)
{
    redisc_status status = REDISC_OK;
    for (size_t i = 0; i < count && status == REDISC_OK; i++) {
        redisc_parsed_leaf(reply, &leaves[i]);
        status = hand_on(x, reply);
    }
    return status;
}

static redisc_status hand_on_leaves(redisc_exchange *x, redisc_parsed *reply,
                                    const redisc_node *leaves, size_t count)
{
    if (x->on_leaves == NULL || x->expected < x->unreleased + count) {
        return hand_on_each(x, reply, leaves, count);
    }
    x->expected -= count;
    for (size_t i = 0; i < count && reply->text > REDISC_GROWN_BYTES; i++) {
        redisc_parsed leaf = *reply;
        redisc_parsed_leaf(&leaf, &leaves[i]);
        redisc_connection_note_size(x->connection, &leaf);
    }
    return x->on_leaves(x->context, reply, leaves, count) < 0 ? broken(x) : REDISC_OK;
}

/* The short way for replies of one value, as far as they come in a row. */
static redisc_status hand_out_leaves(redisc_exchange *x)
{
    redisc_parser *parser = x->connection->parser;
    redisc_node leaves[ROW];
    redisc_parsed reply;
    redisc_status status = REDISC_OK;
    size_t count = ROW;
    while (count == ROW && status == REDISC_OK) {
        count = redisc_parser_leaves(parser, leaves, ROW, &reply);
        if (count > 0) {
            status = hand_on_leaves(x, &reply, leaves, count);
            redisc_parser_consume(parser);
        }
    }
    return status;
}

/* Hands out every reply that is complete. */
static redisc_status hand_out(redisc_exchange *x)
{
    redisc_parse state = REDISC_PARSE_REPLY;
    redisc_status status = REDISC_OK;
    while (state == REDISC_PARSE_REPLY && status == REDISC_OK) {
        status = hand_out_leaves(x);
        if (status == REDISC_OK) {
            redisc_parsed reply;
            state = redisc_connection_take(x->connection, &reply);
            if (state == REDISC_PARSE_REPLY) {
                status = hand_on(x, &reply);
                redisc_parser_consume(x->connection->parser);
            }
        }
    }
    return state == REDISC_PARSE_FAILED ? broken_here(x) : status;
}

static redisc_status take_replies(redisc_exchange *x)
{
    size_t expected = x->expected;
    redisc_status status = hand_out(x);
    size_t taken = expected - x->expected;
    if (taken > 0) {
        put_off(x, x->received, taken);
        x->received = 0;
        x->all_answered += taken;
    }
    return status;
}

/* Reads once and takes what that completes. *moved: whether anything came. */
static redisc_status receive_some(redisc_exchange *x, int64_t timeout_ms, bool *moved)
{
    ptrdiff_t count = redisc_connection_read_some(x->connection, timeout_ms);
    *moved = count > 0;
    if (count > 0) {
        x->received += (size_t)count;
        x->all_received += (size_t)count;
        return take_replies(x);
    }
    if (count == REDISC_TRANSPORT_TIMEOUT || count == REDISC_TRANSPORT_AGAIN) {
        return REDISC_OK;
    }
    if (count == REDISC_CONNECTION_NO_ROOM) {
        return broken_here(x);
    }
    return lost(x, redisc_transport_reason(count));
}

/* How many commands may be under way. */
static uint64_t most_under_way(const redisc_exchange *x)
{
    return x->all_answered == 0 ? FIRST_COMMANDS
                                : REPLY_BYTES / (x->all_received / x->all_answered + 1) + 1;
}

/* How many bytes may be sent now; 0: replies have to come first. */
static size_t next_portion(redisc_exchange *x)
{
    if (!x->careful && x->len <= SENT_AT_ONCE) {
        x->unreleased = 0;
    }
    if (x->unreleased == 0) {
        x->released_end = x->len;
    }
    uint64_t most = x->unreleased == 0 ? 0 : most_under_way(x);
    redisc_encoded_shape shape = {0};
    while (x->unreleased > 0 && x->released_end < x->sent + PORTION &&
           x->expected - x->unreleased < most) {
        const char *next =
            redisc_encoded_skip_like(x->bytes + x->released_end, x->bytes + x->len, &shape);
        x->released_end = (size_t)(next - x->bytes);
        x->unreleased--;
    }
    size_t portion = x->released_end - x->sent;
    return portion < PORTION ? portion : PORTION;
}

static redisc_status send_some(redisc_exchange *x, size_t portion, bool *moved)
{
    errno = EIO; /* for transports that fail without a reason */
    ptrdiff_t count =
        x->connection->transport->write(x->connection->state, x->bytes + x->sent, portion, 0);
    *moved = count > 0;
    if (count > 0) {
        size_t sent = (size_t)count < portion ? (size_t)count : portion;
        x->sent += sent;
        x->all_sent += sent;
        put_off(x, sent, 0);
        return REDISC_OK;
    }
    if (count == REDISC_TRANSPORT_TIMEOUT || count == REDISC_TRANSPORT_AGAIN) {
        return REDISC_OK;
    }
    int error = redisc_transport_reason(count);
    /* A server that closes mostly says why before; what it said is taken, and may be the very
     * reply. */
    bool heard = true;
    while (heard && x->expected > 0 && !redisc_deadline_passed(x->deadline)) {
        redisc_status status = receive_some(x, 0, &heard);
        if (status != REDISC_OK) {
            return status;
        }
    }
    return lost(x, error);
}

/* Nothing can be sent and nothing has come: waits for either, or for replies alone. */
static redisc_status wait_for(redisc_exchange *x, short events)
{
    int64_t left = redisc_deadline_left(x->deadline);
    if (left == 0) {
        return too_late(x);
    }
    const redisc_transport_class *transport = x->connection->transport;
    int descriptor =
        transport->descriptor == NULL ? -1 : transport->descriptor(x->connection->state);
    if (descriptor < 0) {
        bool moved = false;
        return receive_some(x, left < 0 || left > SLICE_MS ? SLICE_MS : left, &moved);
    }
    int ready = 0;
    if ((events & POLLOUT) != 0 && x->all_received < x->all_sent / LITTLE_COMES_BACK) {
        ready = redisc_socket_wait(descriptor, POLLOUT, APART_MS);
    }
    if (ready == 0) {
        ready = redisc_socket_wait(descriptor, events, left);
    }
    return ready < 0 && errno != EINTR ? lost(x, errno) : REDISC_OK;
}

/* Takes all that has come by now, so that the server never has to keep much of what it has to say.
 */
static redisc_status receive_all(redisc_exchange *x, bool *came)
{
    bool more = true;
    redisc_status status = REDISC_OK;
    *came = false;
    while (more && status == REDISC_OK) {
        status = receive_some(x, 0, &more);
        *came = *came || more;
        if (more && status == REDISC_OK && redisc_deadline_passed(x->deadline)) {
            return too_late(x); /* a server that never stops talking must not talk past it */
        }
    }
    return status;
}

/* Until all is sent; takes the replies that come meanwhile, and leaves the others for later. */
static redisc_status send_all(redisc_exchange *x)
{
    while (x->sent < x->len) {
        bool sent = false;
        bool came = false;
        size_t portion = next_portion(x);
        redisc_status status = portion == 0 ? REDISC_OK : send_some(x, portion, &sent);
        if (status == REDISC_OK && x->sent < x->len) {
            status = receive_all(x, &came);
        }
        if (status == REDISC_OK && !sent && !came) {
            status = wait_for(x, portion == 0 ? POLLIN : POLLIN | POLLOUT);
        }
        if (status != REDISC_OK) {
            return status;
        }
    }
    return REDISC_OK;
}

redisc_status redisc_exchange_run(redisc_exchange *x, size_t leave)
{
    redisc_status status = send_all(x);
    while (status == REDISC_OK && x->expected > leave) {
        int64_t left = redisc_deadline_left(x->deadline);
        if (left == 0) {
            return too_late(x);
        }
        bool came = false;
        status = receive_some(x, left, &came);
    }
    return status;
}
