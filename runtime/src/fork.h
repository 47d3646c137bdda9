/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Locks over a fork().
 *
 * A lock that another thread holds at the moment of a fork would stay locked in the child for ever.
 * So fork() first waits for all locks that are told of here, and the child makes what they guard
 * forget the parent before it unlocks them. Such a lock is only ever held for a few instructions,
 * and no thread holds two of them. Nothing of this costs anything elsewhere: no use of what is
 * guarded needs a look at the process id.
 */
#ifndef REDISC_SRC_FORK_H
#define REDISC_SRC_FORK_H

#include <pthread.h>
#include <stdbool.h>

/* Lies in what is guarded. */
typedef struct redisc_forkable {
    pthread_mutex_t *lock;
    /* In the child, with the lock. Only assignments: freeing and closing have to wait, because this
     * may run while the memory allocator is not usable. NULL: there is nothing to forget. */
    void (*forget_parent)(void *owner);
    void *owner;
    struct redisc_forkable *next; /* in the list of all */
    struct redisc_forkable *previous;
} redisc_forkable;

/* Adds it to those that fork() sees to; false if there is no memory for that. */
bool redisc_forkable_add(redisc_forkable *forkable);
void redisc_forkable_remove(redisc_forkable *forkable);

/* How often this process was forked from the library's first use on: changes in the child. */
unsigned redisc_fork_count(void);

#endif
