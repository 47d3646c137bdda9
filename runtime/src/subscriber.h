/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What a subscriber is made of.
 *
 * One thread at a time is its owner: only the owner touches the connection. Who reads is the owner
 * for as long as the call takes, its handlers included. A change of the subscriptions makes its
 * thread the owner if there is none; else it is recorded as a wish (subscriber_names.h), and the
 * bell, a pipe that the reader polls together with the connection, tells the owner to send it.
 */
#ifndef REDISC_SRC_SUBSCRIBER_H
#define REDISC_SRC_SUBSCRIBER_H

#include "pool.h"
#include "subscriber_names.h"

/* A command of the owner that isn't answered yet. */
typedef struct redisc_request {
    struct redisc_request *next;
    bool ping; /* else it is about names, and answered once for each */
    bool subscribes;
    redisc_name_kind kind;
    size_t count;
    size_t answered;
    redisc_name *names[]; /* they stay, for they have an outstanding request */
} redisc_request;

struct redisc_subscriber {
    /* Never change: */
    redisc_pool *pool;                 /* counted reference, for its configuration */
    redisc_subscriber_options options; /* defaults filled in */
    int64_t timeout_ms;                /* the client's */
    unsigned fork_count;               /* of the process that it belongs to */
    int bell[2];

    pthread_mutex_t lock; /* guards what follows, up to `ended` */
    redisc_names names;
    pthread_t owner; /* if it is busy */
    bool busy;
    bool reading; /* a call that reads is under way, or waits to become the owner */
    bool ringing; /* a byte is in the bell */
    bool woken;
    bool stopping;
    bool running;     /* under way is one that needs handlers */
    bool used;        /* something was subscribed since it was opened, or since the last run */
    bool closing;     /* to be freed when the owner leaves */
    bool threaded;    /* `thread` has to be joined */
    pthread_t thread; /* of redisc_subscriber_start_thread() */
    int descriptor;   /* of the connection; -1: none */
    redisc_subscriber_stats stats; /* without `subscriptions` */
    redisc_error_copy ended;       /* how the thread's run ended */

    /* The owner's: */
    redisc_connection *connection; /* NULL: none */
    redisc_request *first_request; /* whose answer comes next */
    redisc_request *last_request;
    int64_t connected_ms; /* when the connection was made */
    int64_t heard_ms;     /* when something came last */
    int64_t pinged_ms;    /* when it was asked whether it lives */
    bool pinged;          /* and nothing came since */
    bool listening;       /* it reads on and on, until it is stopped */
    bool lost;            /* it was connected, and isn't */
    int64_t lost_ms;      /* since then */
    int64_t retry_ms;     /* connecting again has to wait until then */
    unsigned tries;       /* that failed since it was well */
};

/* How to read. */
typedef struct redisc_reading {
    redisc_deadline deadline;
    unsigned reads;                 /* from the transport that are allowed after the deadline */
    bool ignores;                   /* messages that something is (un)subscribed are passed over */
    bool drops;                     /* messages without a handler are passed over */
    redisc_message_handler handler; /* of messages without one of their own; NULL: none */
    void *context;
    bool came; /* out: a message was given or handled */
} redisc_reading;

/* subscriber.c */

/* Whether the subscriber may be used: it isn't NULL, and not the parent's. */
redisc_status redisc_subscriber_check(const redisc_subscriber *s, const char *function);
/* Wakes the reader. Needs the lock. */
void redisc_subscriber_ring(redisc_subscriber *s);
/* Empties the bell. Needs the lock. */
void redisc_subscriber_hush(redisc_subscriber *s);
/* Reserves the reading for this thread, which is not the owner yet. Needs the lock. */
redisc_status redisc_subscriber_claim(redisc_subscriber *s, const char *function);
/* Makes the thread that has claimed the reading the owner; false if the time is over before, and
 * the claim is given up. */
bool redisc_subscriber_own(redisc_subscriber *s, redisc_deadline deadline);
/* The owner sends the last wishes and leaves. The subscriber may be gone then. */
void redisc_subscriber_leave(redisc_subscriber *s);

/* subscriber_requests.c: all for the owner */

/* Sends what is wished for. REDISC_OK too if the connection was lost on the way. */
redisc_status redisc_subscriber_send_wishes(redisc_subscriber *s);
/* Asks whether the connection lives. */
void redisc_subscriber_ping(redisc_subscriber *s);
/* The answer to that, if it is due; else false. */
bool redisc_subscriber_ponged(redisc_subscriber *s);
/* The server confirms a (un)subscription. */
void redisc_subscriber_confirmed(redisc_subscriber *s, redisc_name_kind kind, bool subscribed,
                                 redisc_str name);
/* The server's error reply. REDISC_OK if there is nothing to tell the caller. */
redisc_status redisc_subscriber_refused(redisc_subscriber *s, redisc_str error);
void redisc_subscriber_forget_requests(redisc_subscriber *s);

/* subscriber_link.c: all for the owner */

static inline bool redisc_subscriber_connected(const redisc_subscriber *s)
{
    return s->connection != NULL && !s->connection->broken;
}
/* Connects, by the deadline; there is no connection before. */
redisc_status redisc_subscriber_connect(redisc_subscriber *s, redisc_deadline deadline);
/* Closes the connection, if any; all that is wanted is wished for again. */
void redisc_subscriber_disconnect(redisc_subscriber *s);
/* The same for a connection that broke. The next one is made at once, unless it was short-lived. */
void redisc_subscriber_lose(redisc_subscriber *s);
/*
 * Connects again, in a while if need be. *over: the call that reads is over, with the status that
 * is answered; else there is a connection.
 */
redisc_status redisc_subscriber_reconnect(redisc_subscriber *s, redisc_deadline deadline,
                                          bool *over);
/* Waits for whatever comes first: bytes, the bell, the time. False if the reader was woken by
 * somebody: it has to return. Negative: for ever. */
bool redisc_subscriber_wait(redisc_subscriber *s, int64_t milliseconds);
/* Asks a silent connection whether it lives, and marks it as broken if it doesn't. How long the
 * next look may take, -1 for ever. */
int64_t redisc_subscriber_look_after(redisc_subscriber *s);

/* subscriber_message.c: for the owner */

typedef enum redisc_step {
    REDISC_STEP_MORE,    /* no message is complete */
    REDISC_STEP_PASSED,  /* something that nobody has to know of */
    REDISC_STEP_GIVEN,   /* a message */
    REDISC_STEP_HANDLED, /* a handler took it */
    REDISC_STEP_FAILED   /* the last error tells */
} redisc_step;

/* Takes the next message out of what was received. */
redisc_step redisc_subscriber_step(redisc_subscriber *s, const redisc_reading *how,
                                   const redisc_message **message);

/* subscriber_read.c: for the owner */

bool redisc_subscriber_is_idle(redisc_subscriber *s); /* nothing is subscribed */
/* Reads until nothing is subscribed or it is stopped. */
redisc_status redisc_subscriber_read_on(redisc_subscriber *s, redisc_reading *how);

#endif
