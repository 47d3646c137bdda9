/* SPDX-License-Identifier: MIT */
/* Reading: one message, all that are there, or on and on. */
#define REDISC_NO_MACROS
#include "subscriber.h"

enum {
    DISPATCH_READS = 16 /* from the socket in one dispatch, so that a flood leaves the event loop
                           time for others */
};

bool redisc_subscriber_is_idle(redisc_subscriber *s)
{
    pthread_mutex_lock(&s->lock);
    bool idle = s->names.count == 0;
    pthread_mutex_unlock(&s->lock);
    return idle;
}

static bool is_endless(const redisc_reading *how)
{
    return how->deadline.at_ms == INT64_MAX;
}

/* Waits for bytes; false if the call is over. */
static bool wait_for_bytes(redisc_subscriber *s, int64_t left)
{
    int64_t look = redisc_subscriber_look_after(s);
    if (left == 0) {
        return false;
    }
    if (!redisc_subscriber_connected(s)) {
        return true;
    }
    return redisc_subscriber_wait(s, look >= 0 && (left < 0 || look < left) ? look : left);
}

/* Gets more bytes; false if the call is over, with the status that is answered. */
static bool fetch(redisc_subscriber *s, redisc_reading *how, redisc_status *status)
{
    int64_t left = redisc_deadline_left(how->deadline);
    /* What the transport holds has to be taken: the descriptor tells an event loop nothing of it.
     */
    if (left == 0 && how->reads == 0 && !redisc_connection_holds_bytes(s->connection)) {
        return false;
    }
    how->reads -= left == 0 && how->reads > 0;
    ptrdiff_t count = redisc_connection_read_some(s->connection, 0);
    if (count > 0) {
        s->heard_ms = redisc_now_ms();
        s->pinged = false;
        return true;
    }
    if (count == REDISC_TRANSPORT_TIMEOUT || count == REDISC_TRANSPORT_AGAIN) {
        return wait_for_bytes(s, left);
    }
    s->connection->broken = true;
    if (count == REDISC_CONNECTION_NO_ROOM) {
        *status = redisc_last_error()->status;
        return false;
    }
    return true;
}

/* Reads one message, or none if there is none in time; without a deadline it ends when nothing is
 * subscribed. */
static redisc_status read_one(redisc_subscriber *s, redisc_reading *how,
                              const redisc_message **message)
{
    redisc_status status = REDISC_OK;
    bool over = false;
    how->came = false;
    do {
        if (is_endless(how) && redisc_subscriber_is_idle(s)) {
            return REDISC_OK;
        }
        if (!redisc_subscriber_connected(s)) {
            status = redisc_subscriber_reconnect(s, how->deadline, &over);
            continue;
        }
        status = redisc_subscriber_send_wishes(s);
        if (status != REDISC_OK || !redisc_subscriber_connected(s)) {
            continue;
        }
        switch (redisc_subscriber_step(s, how, message)) {
        case REDISC_STEP_PASSED:
            break;
        case REDISC_STEP_FAILED:
            return redisc_last_error()->status;
        case REDISC_STEP_GIVEN:
        case REDISC_STEP_HANDLED:
            how->came = true;
            return REDISC_OK;
        case REDISC_STEP_MORE:
            over = !fetch(s, how, &status);
        }
    } while (!over && status == REDISC_OK);
    return status;
}

static bool goes_on(redisc_subscriber *s)
{
    pthread_mutex_lock(&s->lock);
    bool on = !s->stopping && s->names.count > 0;
    pthread_mutex_unlock(&s->lock);
    return on;
}

redisc_status redisc_subscriber_read_on(redisc_subscriber *s, redisc_reading *how)
{
    redisc_status status = REDISC_OK;
    const redisc_message *message =
        NULL; /* none is given: handlers take them, or they are dropped */
    s->listening = true;
    while (status == REDISC_OK && goes_on(s)) {
        status = read_one(s, how, &message);
    }
    s->listening = false;
    return status;
}

/* The reading that every call that reads begins with. Negative time-outs need something to wait
 * for. */
static redisc_status claim(redisc_subscriber *s, const char *function, bool endless)
{
    redisc_status status = redisc_subscriber_check(s, function);
    if (status != REDISC_OK) {
        return status;
    }
    pthread_mutex_lock(&s->lock);
    status = redisc_subscriber_claim(s, function);
    if (status == REDISC_OK && endless && s->names.count == 0) {
        s->reading = false;
        status = redisc_fail(REDISC_ERROR_SUBSCRIBER,
                             "redisc_subscriber_%s: nothing is subscribed any more", function);
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

/* Ends what claim() began; the subscriber may be gone then. */
static void unclaim(redisc_subscriber *s)
{
    pthread_mutex_lock(&s->lock);
    s->reading = false;
    pthread_mutex_unlock(&s->lock);
    redisc_subscriber_leave(s);
}

static redisc_status next(redisc_subscriber *s, const char *function, int64_t timeout_ms,
                          bool published, const redisc_message **message)
{
    if (message == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_subscriber_%s: `message` is NULL",
                           function);
    }
    *message = NULL;
    redisc_status status = claim(s, function, timeout_ms < 0);
    if (status != REDISC_OK) {
        return status;
    }
    redisc_reading how = {.deadline = redisc_deadline_after(timeout_ms),
                          .reads = 1,
                          .ignores = published || s->options.ignore_subscribe_messages};
    if (redisc_subscriber_own(s, how.deadline)) {
        status = read_one(s, &how, message);
        unclaim(s);
    }
    return status;
}

redisc_status redisc_subscriber_next(redisc_subscriber *s, int64_t timeout_ms,
                                     const redisc_message **message)
{
    return next(s, "next", timeout_ms, false, message);
}

redisc_status redisc_subscriber_next_published(redisc_subscriber *s, int64_t timeout_ms,
                                               const redisc_message **message)
{
    return next(s, "next_published", timeout_ms, true, message);
}

static redisc_status no_handler(const char *function)
{
    return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_subscriber_%s: `handler` is NULL", function);
}

static bool is_closing(redisc_subscriber *s)
{
    pthread_mutex_lock(&s->lock);
    bool closing = s->closing;
    pthread_mutex_unlock(&s->lock);
    return closing;
}

redisc_status redisc_subscriber_dispatch(redisc_subscriber *s, redisc_message_handler handler,
                                         void *context)
{
    redisc_status status = handler == NULL ? no_handler("dispatch") : claim(s, "dispatch", false);
    if (status != REDISC_OK) {
        return status;
    }
    redisc_reading how = {.deadline = redisc_deadline_after(0),
                          .reads = DISPATCH_READS,
                          .ignores = s->options.ignore_subscribe_messages,
                          .handler = handler,
                          .context = context};
    if (redisc_subscriber_own(s, how.deadline)) {
        const redisc_message *message = NULL;
        do {
            status = read_one(s, &how, &message);
        } while (status == REDISC_OK && how.came && !is_closing(s));
        unclaim(s);
    }
    return status;
}

redisc_status redisc_subscriber_listen(redisc_subscriber *s, redisc_message_handler handler,
                                       void *context)
{
    redisc_status status = handler == NULL ? no_handler("listen") : claim(s, "listen", true);
    if (status != REDISC_OK) {
        return status;
    }
    redisc_reading how = {.deadline = redisc_deadline_never(),
                          .ignores = s->options.ignore_subscribe_messages,
                          .handler = handler,
                          .context = context};
    redisc_subscriber_own(s, how.deadline);
    status = redisc_subscriber_read_on(s, &how);
    pthread_mutex_lock(&s->lock);
    s->stopping = false;
    pthread_mutex_unlock(&s->lock);
    unclaim(s);
    return status;
}
