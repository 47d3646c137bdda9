/* SPDX-License-Identifier: MIT */
/*
 * Discoveries and fork(): as for pools (pool_fork.c), so that no lock stays locked in the child for
 * ever. The lock of the list comes before the discoveries', and these before the pools', for fork()
 * takes first what was registered last; nothing holds two of them at once otherwise.
 */
#include "discovery.h"

#include "condition.h"

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static redisc_discovery *all_discoveries;
static bool watching_forks;

static void before_fork(void)
{
    pthread_mutex_lock(&list_lock);
    for (redisc_discovery *d = all_discoveries; d != NULL; d = d->next) {
        pthread_mutex_lock(&d->lock);
    }
}

static void unlock_all(void)
{
    for (redisc_discovery *d = all_discoveries; d != NULL; d = d->next) {
        pthread_mutex_unlock(&d->lock);
    }
    pthread_mutex_unlock(&list_lock);
}

/* Threads that asked or listened at the moment of the fork are not here. What the listener's
 * connection is, is unknown if one used it then: it is left alone. */
static void forget_parent(redisc_discovery *d)
{
    for (redisc_service *service = d->services; service != NULL; service = service->next) {
        service->asking = false;
        redisc_condition_init(&service->answered); /* the parent's threads wait for the old one */
    }
    if (d->listener.busy) {
        d->listener.connection = NULL;
    }
    d->listener.busy = d->listener.listening = false;
    d->listener.opened_ms = INT64_MIN;
    d->stats = (redisc_discovery_stats){0};
}

static void after_fork_in_child(void)
{
    for (redisc_discovery *d = all_discoveries; d != NULL; d = d->next) {
        forget_parent(d);
    }
    unlock_all();
}

bool redisc_discovery_register(redisc_discovery *d)
{
    pthread_mutex_lock(&list_lock);
    if (!watching_forks) {
        watching_forks = pthread_atfork(before_fork, unlock_all, after_fork_in_child) == 0;
    }
    bool registered = watching_forks;
    if (registered) {
        d->previous = NULL;
        d->next = all_discoveries;
        if (all_discoveries != NULL) {
            all_discoveries->previous = d;
        }
        all_discoveries = d;
    }
    pthread_mutex_unlock(&list_lock);
    return registered;
}

void redisc_discovery_unregister(redisc_discovery *d)
{
    pthread_mutex_lock(&list_lock);
    if (d->previous != NULL) {
        d->previous->next = d->next;
    } else {
        all_discoveries = d->next;
    }
    if (d->next != NULL) {
        d->next->previous = d->previous;
    }
    pthread_mutex_unlock(&list_lock);
}
