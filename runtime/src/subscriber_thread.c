/* SPDX-License-Identifier: MIT */
/* Running a subscriber by its handlers alone, in this thread or one of its own, and stopping it. */
#define REDISC_NO_MACROS
#include "subscriber.h"

#include <signal.h>

static const redisc_name *without_handler(const redisc_names *names)
{
    const redisc_name *name = names->first;
    while (name != NULL && (!name->wanted || name->handler != NULL)) {
        name = name->after;
    }
    return name;
}

static const char *kind_word(redisc_name_kind kind)
{
    static const char *const words[] = {"channel", "pattern", "sharded channel"};
    return words[kind];
}

/* Claims the reading for a run. Needs the lock. */
static redisc_status claim_run(redisc_subscriber *s, const char *function)
{
    redisc_status status = redisc_subscriber_claim(s, function);
    if (status != REDISC_OK) {
        return status;
    }
    const redisc_name *name = without_handler(&s->names);
    if (name != NULL) {
        s->reading = false;
        return redisc_fail(REDISC_ERROR_SUBSCRIBER,
                           "redisc_subscriber_%s: the %s \"%.*s\" has no "
                           "handler",
                           function, kind_word(name->kind),
                           (int)(name->len < 100 ? name->len : 100), name->text);
    }
    s->running = true;
    return REDISC_OK;
}

static redisc_status begin(redisc_subscriber *s, const char *function)
{
    redisc_status status = redisc_subscriber_check(s, function);
    if (status == REDISC_OK) {
        pthread_mutex_lock(&s->lock);
        status = claim_run(s, function);
        pthread_mutex_unlock(&s->lock);
    }
    return status;
}

/* Ends all subscriptions. What others have wished for meanwhile ends with them. */
static void finish(redisc_subscriber *s)
{
    pthread_mutex_lock(&s->lock);
    redisc_names_free(&s->names);
    s->stopping = s->woken = s->running = s->used = false;
    pthread_mutex_unlock(&s->lock);
    redisc_subscriber_disconnect(s);
    s->lost = false;
    s->tries = 0;
}

/* The run that was claimed. Leaves last of all, with the reading given up: the subscriber may be
 * gone then. */
static redisc_status run(redisc_subscriber *s, bool in_own_thread)
{
    redisc_reading how = {.deadline = redisc_deadline_never(), .ignores = true, .drops = true};
    redisc_subscriber_own(s, how.deadline);
    redisc_status status = redisc_subscriber_read_on(s, &how);
    finish(s);
    pthread_mutex_lock(&s->lock);
    s->reading = false;
    if (in_own_thread && status != REDISC_OK) {
        redisc_error_save(&s->ended);
    }
    pthread_mutex_unlock(&s->lock);
    redisc_subscriber_leave(s);
    return status;
}

redisc_status redisc_subscriber_run(redisc_subscriber *s)
{
    redisc_status status = begin(s, "run");
    return status == REDISC_OK ? run(s, false) : status;
}

static void *run_thread(void *subscriber)
{
    run(subscriber, true);
    return NULL;
}

/* The thread is made with all signals blocked: they are for the program's own threads. */
static int make_thread(redisc_subscriber *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&s->thread, NULL, run_thread, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* Joins a thread whose run has ended by itself. */
static void join_ended(redisc_subscriber *s)
{
    pthread_mutex_lock(&s->lock);
    bool ended = s->threaded && !s->reading;
    s->threaded = s->threaded && !ended;
    pthread_mutex_unlock(&s->lock);
    if (ended) {
        pthread_join(s->thread, NULL);
    }
}

redisc_status redisc_subscriber_start_thread(redisc_subscriber *s)
{
    redisc_status status = redisc_subscriber_check(s, "start_thread");
    if (status != REDISC_OK) {
        return status;
    }
    join_ended(s);
    status = begin(s, "start_thread");
    if (status != REDISC_OK) {
        return status;
    }
    pthread_mutex_lock(&s->lock);
    s->stopping = false;
    s->ended.error.status = REDISC_OK;
    int error = make_thread(s);
    s->threaded = error == 0;
    if (error != 0) {
        s->reading = s->running = false;
        status = redisc_fail_errno(REDISC_ERROR_LIMIT, error, "no thread for a subscriber");
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}

redisc_status redisc_subscriber_stop(redisc_subscriber *s)
{
    redisc_status status = redisc_subscriber_check(s, "stop");
    if (status != REDISC_OK) {
        return status;
    }
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    redisc_subscriber_ring(s);
    pthread_t thread = s->thread;
    bool joins = s->threaded && !pthread_equal(thread, pthread_self());
    s->threaded = s->threaded && !joins;
    pthread_mutex_unlock(&s->lock);
    if (!joins) {
        return REDISC_OK;
    }
    pthread_join(thread, NULL);
    pthread_mutex_lock(&s->lock);
    s->stopping = false;
    if (s->ended.error.status != REDISC_OK) {
        status = redisc_error_restore(&s->ended);
        s->ended.error.status = REDISC_OK;
    }
    pthread_mutex_unlock(&s->lock);
    return status;
}
