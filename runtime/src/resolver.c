/* SPDX-License-Identifier: MIT */
#include "resolver.h"

#include "alloc.h"
#include "condition.h"
#include "error.h"
#include "fork.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum {
    MOST_THREADS = 32 /* for names at once: further names wait for one of them to end */
};

struct redisc_lookup {
    redisc_lookup *next;     /* of those under way */
    unsigned references;     /* of callers, and of the thread while it is under way */
    bool over;               /* what follows is there */
    int error;               /* of getaddrinfo(), or 0 */
    int system_error;        /* errno, for EAI_SYSTEM */
    struct addrinfo *result; /* NULL if there is an error */
    char port[8];
    char host[]; /* NUL-terminated */
};

/* Guards the look-ups under way, and their references, `over` and result. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended; /* one of them is over */
static redisc_lookup *under_way;
static unsigned threads;

static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static bool survives_forks;

/* The threads are the parent's: what they look up never ends here, so it is forgotten. */
static void forget_parent(void *nothing)
{
    (void)nothing;
    under_way = NULL;
    threads = 0;
    redisc_condition_init(&ended);
}

static void prepare(void)
{
    static redisc_forkable forkable = {.lock = &lock, .forget_parent = forget_parent};
    redisc_condition_init(&ended);
    survives_forks = redisc_forkable_add(&forkable);
}

static int look_up(const redisc_lookup *l, int flags, struct addrinfo **result)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV};
    return getaddrinfo(l->host, l->port, &hints, result);
}

static void run(redisc_lookup *l, int flags)
{
    errno = 0;
    l->error = look_up(l, flags, &l->result);
    l->system_error = errno;
}

static void free_lookup(redisc_lookup *l)
{
    if (l->result != NULL) {
        freeaddrinfo(l->result);
    }
    redisc_release(l);
}

static void forget(const redisc_lookup *l)
{
    redisc_lookup **link = &under_way;
    while (*link != NULL && *link != l) {
        link = &(*link)->next;
    }
    if (*link != NULL) {
        *link = l->next;
    }
}

/* The thread. Until it is over nobody else looks at the result. */
static void *serve(void *argument)
{
    redisc_lookup *l = argument;
    run(l, 0);
    pthread_mutex_lock(&lock);
    threads--;
    forget(l);
    l->over = true;
    bool unwanted = --l->references == 0;
    pthread_cond_broadcast(&ended);
    pthread_mutex_unlock(&lock);
    if (unwanted) {
        free_lookup(l);
    }
    return NULL;
}

/* Begins a thread that nobody waits for, with all signals blocked; an errno. */
static int start_thread(redisc_lookup *l)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    int error = pthread_attr_init(&attributes);
    if (error != 0) {
        return error;
    }
    sigfillset(&all);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&thread, &attributes, serve, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return error;
}

static redisc_lookup *new_lookup(const char *host, uint16_t port)
{
    size_t size = strlen(host) + 1;
    redisc_lookup *l = redisc_allocate_zeroed(sizeof *l + size);
    if (l == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory to look it up");
        return NULL;
    }
    l->references = 1;
    memcpy(l->host, host, size);
    snprintf(l->port, sizeof l->port, "%u", (unsigned)port);
    return l;
}

/* The same name and port under way, if somebody looks it up. Needs the lock. */
static redisc_lookup *find(const redisc_lookup *wanted)
{
    redisc_lookup *l = under_way;
    while (l != NULL &&
           (strcmp(l->host, wanted->host) != 0 || strcmp(l->port, wanted->port) != 0)) {
        l = l->next;
    }
    return l;
}

/* Waits until some look-up is over, and may wake early; false if the deadline has passed. Needs the
 * lock. */
static bool wait_for_any(redisc_deadline deadline)
{
    int64_t left = redisc_deadline_left(deadline);
    if (left != 0) {
        redisc_condition_wait(&ended, &lock, left);
    }
    return left != 0;
}

static redisc_status too_late(void)
{
    return redisc_fail(REDISC_ERROR_TIMEOUT, "the name was not looked up before the deadline");
}

/*
 * Has it looked up by a thread: by another one's that looks it up already, else by one of its own.
 * Answers which one it became; NULL after failing. Needs the lock.
 */
static redisc_lookup *begin(redisc_lookup *wanted, redisc_deadline deadline)
{
    redisc_lookup *l = find(wanted);
    while (l == NULL && threads >= MOST_THREADS) {
        if (!wait_for_any(deadline)) {
            too_late();
            return NULL;
        }
        l = find(wanted);
    }
    if (l != NULL) {
        l->references++;
        return l;
    }
    int error = start_thread(wanted);
    if (error != 0) {
        redisc_fail_errno(REDISC_ERROR_RESOLVE, error, "no thread to look it up");
        return NULL;
    }
    threads++;
    wanted->references++;
    wanted->next = under_way;
    under_way = wanted;
    return wanted;
}

/* Takes the caller's reference of `wanted`; gives one on what was found. NULL after failing. */
static redisc_lookup *run_in_thread(redisc_lookup *wanted, redisc_deadline deadline)
{
    pthread_once(&prepared, prepare);
    if (!survives_forks) {
        redisc_lookup_release(wanted);
        redisc_fail(REDISC_ERROR_MEMORY, "no memory to look it up");
        return NULL;
    }
    pthread_mutex_lock(&lock);
    redisc_lookup *l = begin(wanted, deadline);
    bool in_time = true;
    while (l != NULL && !l->over && in_time) {
        in_time = wait_for_any(deadline);
    }
    pthread_mutex_unlock(&lock);
    if (l != wanted) {
        redisc_lookup_release(wanted);
    }
    if (l != NULL && !in_time) {
        redisc_lookup_release(l);
        too_late();
        return NULL;
    }
    return l;
}

static redisc_status outcome(const redisc_lookup *l)
{
    if (l->error == 0) {
        return REDISC_OK;
    }
    if (l->error == EAI_SYSTEM) {
        return redisc_fail_errno(REDISC_ERROR_RESOLVE, l->system_error, "looking it up");
    }
    if (l->error == EAI_MEMORY) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory to look it up");
    }
    return redisc_fail(REDISC_ERROR_RESOLVE, "%s", gai_strerror(l->error));
}

redisc_status redisc_resolve(const char *host, uint16_t port, redisc_deadline deadline,
                             redisc_lookup **found)
{
    *found = NULL;
    redisc_lookup *l = new_lookup(host, port);
    if (l == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    run(l, AI_NUMERICHOST);
    if (l->error != 0 && redisc_deadline_left(deadline) < 0) {
        run(l, 0);
    } else if (l->error != 0) {
        l = run_in_thread(l, deadline);
    }
    if (l == NULL) {
        return redisc_last_error()->status;
    }
    redisc_status status = outcome(l);
    if (status != REDISC_OK) {
        redisc_lookup_release(l);
        return status;
    }
    *found = l;
    return REDISC_OK;
}

const struct addrinfo *redisc_lookup_addresses(const redisc_lookup *found)
{
    return found->result;
}

void redisc_lookup_release(redisc_lookup *found)
{
    if (found == NULL) {
        return;
    }
    pthread_mutex_lock(&lock);
    bool unwanted = --found->references == 0;
    pthread_mutex_unlock(&lock);
    if (unwanted) {
        free_lookup(found);
    }
}
