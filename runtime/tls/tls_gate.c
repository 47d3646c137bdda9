/* SPDX-License-Identifier: MIT */
#include "tls_gate.h"

#include <pthread.h>

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned within;
static unsigned forking;
static pthread_mutex_t shared = PTHREAD_MUTEX_INITIALIZER;
static bool watching_forks; /* guarded by `shared` */

static void before_fork(void)
{
    pthread_mutex_lock(&gate);
    forking++;
    while (within > 0) {
        pthread_cond_wait(&changed, &gate);
    }
    pthread_mutex_lock(&shared);
}

static void after_fork_in_parent(void)
{
    pthread_mutex_unlock(&shared);
    forking--;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&gate);
}

/* Who waited at the gate in the parent does not exist here. */
static void after_fork_in_child(void)
{
    static const pthread_cond_t fresh = PTHREAD_COND_INITIALIZER;
    changed = fresh;
    forking = 0;
    pthread_mutex_unlock(&shared);
    pthread_mutex_unlock(&gate);
}

bool redisc_tls_gate_open(void)
{
    pthread_mutex_lock(&shared);
    if (!watching_forks) {
        watching_forks =
            pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) == 0;
    }
    bool open = watching_forks;
    pthread_mutex_unlock(&shared);
    return open;
}

void redisc_tls_enter(void)
{
    pthread_mutex_lock(&gate);
    while (forking > 0) {
        pthread_cond_wait(&changed, &gate);
    }
    within++;
    pthread_mutex_unlock(&gate);
}

void redisc_tls_leave(void)
{
    pthread_mutex_lock(&gate);
    within--;
    if (forking > 0) {
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&gate);
}

void redisc_tls_lock(void)
{
    pthread_mutex_lock(&shared);
}

void redisc_tls_unlock(void)
{
    pthread_mutex_unlock(&shared);
}
