/* SPDX-License-Identifier: MIT */
#include "fork.h"

#include <stdatomic.h>
#include <stddef.h>
#include <unistd.h>

/* The lock of the list comes before the locks on it. */
static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static redisc_forkable *all;
static bool watching_locks;

static pthread_once_t counting = PTHREAD_ONCE_INIT;
static atomic_uint forks;
static bool forks_uncounted;

static void before_fork(void)
{
    pthread_mutex_lock(&list_lock);
    for (redisc_forkable *f = all; f != NULL; f = f->next) {
        pthread_mutex_lock(f->lock);
    }
}

static void after_fork_in_parent(void)
{
    for (redisc_forkable *f = all; f != NULL; f = f->next) {
        pthread_mutex_unlock(f->lock);
    }
    pthread_mutex_unlock(&list_lock);
}

static void after_fork_in_child(void)
{
    for (redisc_forkable *f = all; f != NULL; f = f->next) {
        if (f->forget_parent != NULL) {
            f->forget_parent(f->owner);
        }
    }
    after_fork_in_parent();
}

bool redisc_forkable_add(redisc_forkable *forkable)
{
    pthread_mutex_lock(&list_lock);
    if (!watching_locks) {
        watching_locks =
            pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
    }
    bool added = watching_locks;
    if (added) {
        forkable->previous = NULL;
        forkable->next = all;
        if (all != NULL) {
            all->previous = forkable;
        }
        all = forkable;
    }
    pthread_mutex_unlock(&list_lock);
    return added;
}

void redisc_forkable_remove(redisc_forkable *forkable)
{
    pthread_mutex_lock(&list_lock);
    if (forkable->previous != NULL) {
        forkable->previous->next = forkable->next;
    } else {
        all = forkable->next;
    }
    if (forkable->next != NULL) {
        forkable->next->previous = forkable->previous;
    }
    pthread_mutex_unlock(&list_lock);
}

static void count_fork(void)
{
    atomic_fetch_add_explicit(&forks, 1, memory_order_relaxed);
}

static void begin_counting(void)
{
    forks_uncounted = pthread_atfork(NULL, NULL, count_fork) != 0;
}

unsigned redisc_fork_count(void)
{
    pthread_once(&counting, begin_counting);
    if (forks_uncounted) {
        return (unsigned)getpid(); /* there was no memory for the handler */
    }
    return atomic_load_explicit(&forks, memory_order_relaxed);
}
