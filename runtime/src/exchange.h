/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Sending many commands while receiving their replies, so that neither side has to hold it all.
 *
 * Much is not sent at once: the server would work it off and keep the replies. Commands are
 * released for sending only as long as the replies to come, as large as those that came so far, are
 * no more than some megabytes; the first ones of all are few.
 */
#ifndef REDISC_SRC_EXCHANGE_H
#define REDISC_SRC_EXCHANGE_H

#include "connection.h"

typedef struct redisc_exchange {
    redisc_connection *connection;
    const char *bytes; /* to send; they stay where they are until the exchange is over */
    size_t len;
    size_t sent;
    size_t expected;     /* replies that are still to come */
    bool careful;        /* not even little is sent at once */
    size_t unreleased;   /* commands in `bytes` that must not be sent yet: all, at first, or none if
                            their replies are known to be small */
    size_t released_end; /* where they begin */
    redisc_deadline deadline;
    /*
     * Each megabyte that moves, and each thousand replies, have so long at least, so that what is
     * long may take long, while a peer that stalls or trickles is found out. Negative: for ever.
     */
    int64_t pace_ms;
    size_t moved;      /* bytes since the deadline was last put off; replies when they are whole */
    size_t answered;   /* replies since then */
    size_t received;   /* bytes of the reply under way */
    uint64_t all_sent; /* bytes of all commands so far */
    uint64_t all_received; /* bytes of all replies so far */
    uint64_t all_answered; /* replies so far */
    /* Gets each reply in turn, pushes excepted; a failure ends the exchange. */
    redisc_status (*on_reply)(void *context, redisc_parsed *reply);
    /* The same for replies that redisc_parser_leaves() gave; NULL: each goes to on_reply. */
    redisc_status (*on_leaves)(void *context, redisc_parsed *reply, const redisc_node *leaves,
                               size_t count);
    void *context;
} redisc_exchange;

/* Until all is sent and no more than `leave` replies are to come. On failure the connection is
 * broken, and errors of its own begin with its address. */
redisc_status redisc_exchange_run(redisc_exchange *exchange, size_t leave);

#endif
