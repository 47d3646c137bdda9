/* SPDX-License-Identifier: MIT */
/* The subscriber as an object: its life, who owns it, its state. */
#define REDISC_NO_MACROS
#include "subscriber.h"

#include "client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { HEALTH_MS = 30000, WAIT_MS = 50, MAX_WAIT_MS = 5000 };

redisc_status redisc_subscriber_check(const redisc_subscriber *s, const char *function)
{
    if (s == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_subscriber_%s: `subscriber` is NULL",
                           function);
    }
    if (s->fork_count != redisc_fork_count()) {
        return redisc_fail(REDISC_ERROR_SUBSCRIBER,
                           "redisc_subscriber_%s: the subscriber belongs to the parent process",
                           function);
    }
    return REDISC_OK;
}

static bool prepare_end(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFL);
    return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0 &&
           fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

static void close_bell(redisc_subscriber *s)
{
    for (int i = 0; i < 2; i++) {
        if (s->bell[i] >= 0) {
            close(s->bell[i]);
        }
    }
}

static redisc_status open_bell(redisc_subscriber *s)
{
    if (pipe(s->bell) != 0) {
        s->bell[0] = s->bell[1] = -1;
        return redisc_fail_errno(REDISC_ERROR_LIMIT, errno, "no pipe for a subscriber");
    }
    if (!prepare_end(s->bell[0]) || !prepare_end(s->bell[1])) {
        return redisc_fail_errno(REDISC_ERROR_LIMIT, errno, "no pipe for a subscriber");
    }
    return REDISC_OK;
}

/* All that it holds, without a word to the server. */
static void destroy(redisc_subscriber *s)
{
    redisc_connection_close(s->connection);
    redisc_subscriber_forget_requests(s);
    redisc_names_free(&s->names);
    close_bell(s);
    redisc_pool_close(s->pool);
    redisc_release(s);
}

static void fill_defaults(redisc_subscriber_options *o)
{
    o->health_ms = o->health_ms == 0 ? HEALTH_MS : o->health_ms;
    o->max_wait_ms = o->max_wait_ms <= 0 ? MAX_WAIT_MS : o->max_wait_ms;
    o->wait_ms = o->wait_ms <= 0 ? WAIT_MS : o->wait_ms;
    o->wait_ms = o->wait_ms < o->max_wait_ms ? o->wait_ms : o->max_wait_ms;
}

redisc_status redisc_subscriber_open(redisc *client, const redisc_subscriber_options *options,
                                     redisc_subscriber **subscriber)
{
    if (subscriber == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_subscriber_open: `subscriber` is NULL");
    }
    *subscriber = NULL;
    const redisc_pooled *pooled = redisc_pooled_of(client);
    if (pooled == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_subscriber_open: %s",
                           client == NULL ? "`client` is NULL" : "the handle is not a client");
    }
    redisc_subscriber *s = redisc_allocate_zeroed(sizeof *s);
    if (s == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a subscriber");
    }
    s->pool = redisc_pool_retain(pooled->pool);
    s->timeout_ms = pooled->timeout_ms;
    s->fork_count = redisc_fork_count();
    s->descriptor = -1;
    if (options != NULL) {
        s->options = *options;
    }
    fill_defaults(&s->options);
    redisc_status status = open_bell(s);
    if (status == REDISC_OK && pthread_mutex_init(&s->lock, NULL) != 0) {
        status = redisc_fail(REDISC_ERROR_MEMORY, "no memory for a subscriber's lock");
    }
    if (status != REDISC_OK) {
        destroy(s);
        return status;
    }
    *subscriber = s;
    return REDISC_OK;
}

/* In a child. What a thread of the parent was changing at the moment of the fork can't be taken
 * apart; it stays until the process ends. */
static void abandon(redisc_subscriber *s)
{
    if (!s->busy) {
        destroy(s);
    }
}

void redisc_subscriber_close(redisc_subscriber *s)
{
    if (s == NULL) {
        return;
    }
    if (s->fork_count != redisc_fork_count()) {
        abandon(s);
        return;
    }
    pthread_mutex_lock(&s->lock);
    bool within_handler = s->busy && pthread_equal(s->owner, pthread_self());
    s->closing = s->closing || within_handler;
    s->stopping = s->stopping || within_handler;
    bool threaded = s->threaded;
    pthread_mutex_unlock(&s->lock);
    if (within_handler) {
        return;
    }
    if (threaded) {
        redisc_error_copy before;
        redisc_error_save(&before);
        redisc_subscriber_stop(s);
        redisc_error_restore(&before);
    }
    pthread_mutex_destroy(&s->lock);
    destroy(s);
}

void redisc_subscriber_ring(redisc_subscriber *s)
{
    if (!s->ringing) {
        s->ringing = write(s->bell[1], "", 1) == 1;
    }
}

void redisc_subscriber_hush(redisc_subscriber *s)
{
    char byte;
    if (s->ringing) {
        s->ringing = read(s->bell[0], &byte, 1) != 1;
    }
}

redisc_status redisc_subscriber_claim(redisc_subscriber *s, const char *function)
{
    if (s->busy && pthread_equal(s->owner, pthread_self())) {
        return redisc_fail(REDISC_ERROR_SUBSCRIBER, "redisc_subscriber_%s: a handler must not read",
                           function);
    }
    if (s->reading) {
        return redisc_fail(REDISC_ERROR_SUBSCRIBER,
                           "redisc_subscriber_%s: another thread reads already", function);
    }
    if (!s->used) {
        return redisc_fail(REDISC_ERROR_SUBSCRIBER,
                           "redisc_subscriber_%s: nothing is subscribed; subscribe first",
                           function);
    }
    s->reading = true;
    return REDISC_OK;
}

/* Others own a subscriber only for as long as it takes to send a change, or to connect for it. */
bool redisc_subscriber_own(redisc_subscriber *s, redisc_deadline deadline)
{
    pthread_mutex_lock(&s->lock);
    while (s->busy && !redisc_deadline_passed(deadline)) {
        redisc_subscriber_hush(s);
        pthread_mutex_unlock(&s->lock);
        int64_t left = redisc_deadline_left(deadline);
        struct pollfd bell = {.fd = s->bell[0], .events = POLLIN};
        poll(&bell, 1, left < 0 || left > 1000 ? 1000 : (int)left);
        pthread_mutex_lock(&s->lock);
    }
    bool free = !s->busy;
    if (free) {
        s->busy = true;
        s->owner = pthread_self();
    } else {
        s->reading = false;
    }
    pthread_mutex_unlock(&s->lock);
    return free;
}

static void destroy_by_owner(redisc_subscriber *s)
{
    if (s->threaded && pthread_equal(s->thread, pthread_self())) {
        pthread_detach(s->thread);
    }
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_destroy(&s->lock);
    destroy(s);
}

void redisc_subscriber_leave(redisc_subscriber *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->closing && s->names.first_wish != NULL && redisc_subscriber_connected(s)) {
        pthread_mutex_unlock(&s->lock);
        redisc_status status = redisc_subscriber_send_wishes(s);
        pthread_mutex_lock(&s->lock);
        if (status != REDISC_OK) {
            break; /* the next one to read is told */
        }
    }
    if (s->closing) {
        destroy_by_owner(s);
        return;
    }
    s->busy = false;
    if (s->reading) {
        redisc_subscriber_ring(s); /* it waits to become the owner */
    }
    pthread_mutex_unlock(&s->lock);
}

redisc_status redisc_subscriber_wake(redisc_subscriber *s)
{
    redisc_status status = redisc_subscriber_check(s, "wake");
    if (status == REDISC_OK) {
        pthread_mutex_lock(&s->lock);
        s->woken = true;
        redisc_subscriber_ring(s);
        pthread_mutex_unlock(&s->lock);
    }
    return status;
}

bool redisc_subscriber_subscribed(redisc_subscriber *s)
{
    if (s == NULL || s->fork_count != redisc_fork_count()) {
        return false;
    }
    pthread_mutex_lock(&s->lock);
    bool subscribed = s->names.count > 0;
    pthread_mutex_unlock(&s->lock);
    return subscribed;
}

int redisc_subscriber_descriptor(redisc_subscriber *s)
{
    if (s == NULL || s->fork_count != redisc_fork_count()) {
        return -1;
    }
    pthread_mutex_lock(&s->lock);
    int descriptor = s->descriptor;
    pthread_mutex_unlock(&s->lock);
    return descriptor;
}

void redisc_subscriber_statistics(redisc_subscriber *s, redisc_subscriber_stats *stats)
{
    *stats = (redisc_subscriber_stats){0};
    if (s == NULL || s->fork_count != redisc_fork_count()) {
        return;
    }
    pthread_mutex_lock(&s->lock);
    *stats = s->stats;
    stats->subscriptions = s->names.count;
    pthread_mutex_unlock(&s->lock);
}
