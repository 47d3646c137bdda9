/* SPDX-License-Identifier: MIT */
#include "lock_holders.h"

#include "alloc.h"
#include "fork.h"
#include "random.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct redisc_lock_holder {
    struct redisc_lock_holder *next;
    uint64_t thread;
    int64_t until_ms;
    redisc_lock_token token; /* "": none yet */
} redisc_lock_holder;

/* One mutex for the entries of all locks. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t watching_forks = PTHREAD_ONCE_INIT;

static void watch_forks(void)
{
    static redisc_forkable forkable = {.lock = &mutex};
    redisc_forkable_add(&forkable);
}

static void lock(void)
{
    pthread_once(&watching_forks, watch_forks);
    pthread_mutex_lock(&mutex);
}

static void unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

/* This thread's number, which no other thread had or will have; 0 for all where they share. */
static uint64_t thread_number(const redisc_lock_holders *holders)
{
    static atomic_uint_fast64_t threads;
    static _Thread_local uint64_t mine;
    if (mine == 0) {
        mine = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) + 1;
    }
    return holders->shared ? 0 : mine;
}

/* Where the thread's entry hangs, or would. Needs the mutex. */
static redisc_lock_holder **find(redisc_lock_holders *holders, uint64_t thread)
{
    redisc_lock_holder **at = &holders->first;
    while (*at != NULL && (*at)->thread != thread) {
        at = &(*at)->next;
    }
    return at;
}

redisc_status redisc_lock_token_new(redisc_lock_token *token)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[REDISC_LOCK_TOKEN / 2];
    if (!redisc_random_bytes(bytes, sizeof bytes)) {
        return redisc_fail(REDISC_ERROR_LOCK,
                           "the system gives no random bytes for a lock's token");
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        token->text[2 * i] = digits[bytes[i] >> 4];
        token->text[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    token->text[REDISC_LOCK_TOKEN] = '\0';
    return REDISC_OK;
}

static void free_list(redisc_lock_holder *holder)
{
    while (holder != NULL) {
        redisc_lock_holder *next = holder->next;
        redisc_release(holder);
        holder = next;
    }
}

void redisc_lock_holders_free(redisc_lock_holders *holders)
{
    free_list(holders->first);
    holders->first = NULL;
}

/* Unhooks the entries of other threads whose time is over. Needs the mutex. */
static redisc_lock_holder *take_expired(redisc_lock_holders *holders, uint64_t thread,
                                        int64_t now_ms)
{
    redisc_lock_holder *expired = NULL;
    redisc_lock_holder **at = &holders->first;
    while (*at != NULL) {
        redisc_lock_holder *holder = *at;
        if (holder->thread != thread && holder->until_ms < now_ms) {
            *at = holder->next;
            holder->next = expired;
            expired = holder;
        } else {
            at = &holder->next;
        }
    }
    return expired;
}

redisc_status redisc_lock_holders_prepare(redisc_lock_holders *holders, int64_t now_ms)
{
    uint64_t thread = thread_number(holders);
    redisc_lock_holder *fresh = redisc_allocate_zeroed(sizeof *fresh);
    if (fresh == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a lock's token");
    }
    fresh->thread = thread;
    fresh->until_ms = INT64_MAX;
    lock();
    redisc_lock_holder *expired = take_expired(holders, thread, now_ms);
    redisc_lock_holder **at = find(holders, thread);
    redisc_lock_holder *spare = *at == NULL ? NULL : fresh;
    if (*at == NULL) {
        *at = fresh;
    }
    unlock();
    redisc_release(spare);
    free_list(expired);
    return REDISC_OK;
}

void redisc_lock_holders_note(redisc_lock_holders *holders, const redisc_lock_token *token,
                              int64_t until_ms)
{
    uint64_t thread = thread_number(holders);
    lock();
    redisc_lock_holder *holder = *find(holders, thread);
    if (holder != NULL) {
        holder->token = *token;
        holder->until_ms = until_ms;
    }
    unlock();
}

void redisc_lock_holders_forget(redisc_lock_holders *holders, bool only_empty)
{
    uint64_t thread = thread_number(holders);
    lock();
    redisc_lock_holder **at = find(holders, thread);
    redisc_lock_holder *holder = *at;
    if (holder != NULL && only_empty && holder->token.text[0] != '\0') {
        holder = NULL;
    }
    if (holder != NULL) {
        *at = holder->next;
    }
    unlock();
    redisc_release(holder);
}

bool redisc_lock_holders_token(redisc_lock_holders *holders, redisc_lock_token *token)
{
    uint64_t thread = thread_number(holders);
    lock();
    const redisc_lock_holder *holder = *find(holders, thread);
    bool has = holder != NULL && holder->token.text[0] != '\0';
    if (has) {
        *token = holder->token;
    }
    unlock();
    return has;
}
