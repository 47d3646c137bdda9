/* SPDX-License-Identifier: MIT */
/* A subscriber's connection: made, lost, made again; waiting on it, and seeing that it lives. */
#include "subscriber.h"

#include "random.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

enum {
    YOUNG_MS = 1000, /* who loses a connection so soon again has to pause before the next */
    SLICE_MS = 10,   /* transports without a descriptor are looked at so often */
    GRACE_MS = 100,  /* for connecting again, even if the call has less time */
    MOST_DOUBLINGS = 16,
    ANSWER_MS = 5000 /* to a PING, if the client waits for ever */
};

redisc_status redisc_subscriber_connect(redisc_subscriber *s, redisc_deadline deadline)
{
    s->connection = redisc_connection_open(s->pool->config, deadline);
    if (s->connection == NULL) {
        return redisc_last_error()->status;
    }
    const redisc_transport_class *transport = s->connection->transport;
    s->connected_ms = s->heard_ms = redisc_now_ms();
    s->pinged = s->lost = false;
    pthread_mutex_lock(&s->lock);
    s->descriptor =
        transport->descriptor == NULL ? -1 : transport->descriptor(s->connection->state);
    s->stats.connections++;
    pthread_mutex_unlock(&s->lock);
    return REDISC_OK;
}

void redisc_subscriber_disconnect(redisc_subscriber *s)
{
    pthread_mutex_lock(&s->lock);
    s->descriptor = -1;
    redisc_names_reset(&s->names);
    pthread_mutex_unlock(&s->lock);
    redisc_subscriber_forget_requests(s);
    redisc_connection_close(s->connection);
    s->connection = NULL;
}

/* Half of it to all of it, at random, so that many who lost the same server don't come back in one
 * moment. */
static int64_t about(int64_t milliseconds)
{
    return milliseconds - (int64_t)redisc_random_below((uint64_t)milliseconds / 2);
}

static int64_t pause_ms(const redisc_subscriber *s)
{
    if (s->tries == 0) {
        return 0;
    }
    int64_t pause = s->options.wait_ms;
    for (unsigned i = 1; i < s->tries && pause < s->options.max_wait_ms; i++) {
        pause *= 2;
    }
    return about(pause < s->options.max_wait_ms ? pause : s->options.max_wait_ms);
}

void redisc_subscriber_lose(redisc_subscriber *s)
{
    int64_t now_ms = redisc_now_ms();
    s->tries = now_ms - s->connected_ms < YOUNG_MS ? s->tries + 1 : 0;
    s->retry_ms = redisc_deadline_from(now_ms, pause_ms(s)).at_ms;
    s->lost = true;
    s->lost_ms = now_ms;
    pthread_mutex_lock(&s->lock);
    s->stats.losses++;
    pthread_mutex_unlock(&s->lock);
    redisc_subscriber_disconnect(s);
}

/* Whether another try may fare better. */
static bool is_passing(redisc_status status)
{
    return status == REDISC_ERROR_TIMEOUT || (redisc_is(status, REDISC_ERROR_CONNECTION) &&
                                              !redisc_is(status, REDISC_ERROR_AUTHENTICATION));
}

static bool gives_up(const redisc_subscriber *s, int64_t now_ms)
{
    return s->options.give_up_ms > 0 && s->lost && now_ms - s->lost_ms >= s->options.give_up_ms;
}

/* One try: as long as the call has time, and a little longer for calls that have none, lest they
 * never come through. */
static redisc_status try_once(redisc_subscriber *s, redisc_deadline deadline)
{
    unsigned doublings = s->tries < MOST_DOUBLINGS ? s->tries : MOST_DOUBLINGS;
    redisc_deadline grace = redisc_deadline_after((int64_t)GRACE_MS << doublings);
    if (deadline.at_ms < grace.at_ms) {
        deadline = grace;
    }
    redisc_status status = redisc_subscriber_connect(s, deadline);
    if (status != REDISC_OK) {
        s->tries++;
        s->retry_ms = redisc_deadline_from(redisc_now_ms(), pause_ms(s)).at_ms;
    }
    return status;
}

/* Waits for the time of the next try; true if the call is over before, *woken if somebody ended it.
 */
static bool over_before_retry(redisc_subscriber *s, redisc_deadline deadline, bool *woken)
{
    for (;;) {
        bool nothing_wanted = redisc_subscriber_is_idle(s);
        redisc_deadline retry = {nothing_wanted ? INT64_MAX : s->retry_ms};
        if (nothing_wanted && deadline.at_ms == INT64_MAX) {
            return true;
        }
        if (redisc_deadline_left(retry) == 0) {
            return false;
        }
        int64_t left = redisc_deadline_left(redisc_deadline_earlier(deadline, retry));
        if (redisc_deadline_passed(deadline)) {
            return true;
        }
        if (!redisc_subscriber_wait(s, left)) {
            *woken = true;
            return true;
        }
    }
}

redisc_status redisc_subscriber_reconnect(redisc_subscriber *s, redisc_deadline deadline,
                                          bool *over)
{
    redisc_status status = REDISC_OK;
    redisc_error_copy failure;
    bool woken = false;
    *over = false;
    if (s->connection != NULL) {
        redisc_subscriber_lose(s);
    }
    while (!over_before_retry(s, deadline, &woken)) {
        status = try_once(s, deadline);
        if (status == REDISC_OK) {
            return status;
        }
        if (!is_passing(status) || gives_up(s, redisc_now_ms())) {
            *over = true;
            return status;
        }
        redisc_error_save(&failure);
    }
    *over = true;
    return status == REDISC_OK || woken ? REDISC_OK : redisc_error_restore(&failure);
}

/* Takes what others told the reader: false if it has to return; *now if there is something to be
 * sent first. */
static bool heed_others(redisc_subscriber *s, bool *now)
{
    pthread_mutex_lock(&s->lock);
    redisc_subscriber_hush(s);
    bool go_on = !s->woken && !(s->stopping && s->listening);
    s->woken = false;
    *now = s->names.first_wish != NULL && redisc_subscriber_connected(s);
    pthread_mutex_unlock(&s->lock);
    return go_on;
}

/* A transport that can't be polled: it waits itself, in slices. */
static void wait_in_slices(redisc_subscriber *s, int64_t milliseconds)
{
    int64_t slice = milliseconds < 0 || milliseconds > SLICE_MS ? SLICE_MS : milliseconds;
    ptrdiff_t count = redisc_connection_read_some(s->connection, slice);
    if (count > 0) {
        s->heard_ms = redisc_now_ms();
        s->pinged = false;
    } else if (count != REDISC_TRANSPORT_TIMEOUT && count != REDISC_TRANSPORT_AGAIN) {
        s->connection->broken = true;
    }
}

bool redisc_subscriber_wait(redisc_subscriber *s, int64_t milliseconds)
{
    bool now;
    if (!heed_others(s, &now)) {
        return false;
    }
    if (now) {
        return true;
    }
    bool connected = redisc_subscriber_connected(s);
    if (connected && s->descriptor < 0) {
        wait_in_slices(s, milliseconds);
        return true;
    }
    struct pollfd both[2] = {{.fd = s->bell[0], .events = POLLIN},
                             {.fd = s->descriptor, .events = POLLIN}};
    int limit = milliseconds < 0 ? -1 : milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;
    if (poll(both, connected ? 2 : 1, limit) < 0 && errno != EINTR) {
        redisc_sleep_ms(SLICE_MS); /* the system has no memory for it now */
    }
    return true;
}

int64_t redisc_subscriber_look_after(redisc_subscriber *s)
{
    if (s->options.health_ms < 0) {
        return -1;
    }
    int64_t now_ms = redisc_now_ms();
    int64_t answer_ms = s->timeout_ms < 0 ? ANSWER_MS : s->timeout_ms;
    if (s->pinged) {
        redisc_deadline due = redisc_deadline_from(s->pinged_ms, answer_ms);
        s->connection->broken = redisc_deadline_left_at(due, now_ms) == 0;
        return redisc_deadline_left_at(due, now_ms);
    }
    redisc_deadline due = redisc_deadline_from(s->heard_ms, s->options.health_ms);
    int64_t left = redisc_deadline_left_at(due, now_ms);
    if (left > 0) {
        return left;
    }
    s->pinged_ms = s->heard_ms = now_ms; /* if it can't be sent, the next look comes in a while */
    redisc_subscriber_ping(s);
    return s->pinged ? answer_ms : s->options.health_ms;
}
