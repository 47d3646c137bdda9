/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Sending many commands while receiving their replies, so that neither side has to hold it all.
 */
#ifndef REDISC_SRC_EXCHANGE_H
#define REDISC_SRC_EXCHANGE_H

#include "connection.h"

typedef struct redisc_exchange {
    redisc_connection *connection;
    const char *bytes; /* to send; they stay where they are until the exchange is over */
    size_t len;
    size_t sent;
    size_t expected; /* replies that are still to come */
    redisc_deadline deadline;
    /*
     * Each megabyte that moves, and each thousand replies, have so long at least, so that what is
     * long may take long, while a peer that stalls or trickles is found out. Negative: for ever.
     */
    int64_t pace_ms;
    size_t moved;    /* bytes since the deadline was last put off; replies when they are whole */
    size_t answered; /* replies since then */
    size_t received; /* bytes of the reply under way */
    /* Gets each reply in turn, pushes excepted; a failure ends the exchange. */
    redisc_status (*on_reply)(void *context, redisc_parsed *reply);
    void *context;
} redisc_exchange;

/* Until all is sent and no more than `leave` replies are to come. On failure the connection is
 * broken, and errors of its own begin with its address. */
redisc_status redisc_exchange_run(redisc_exchange *exchange, size_t leave);
/* Until all is sent; takes the replies that come meanwhile, and leaves the others for later. */
redisc_status redisc_exchange_send(redisc_exchange *exchange);

#endif
