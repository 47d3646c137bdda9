/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Which threads hold a lock, and under which tokens.
 *
 * A thread has an entry from its acquiring to its releasing. Who holds a lock object at most can be
 * one thread, but one whose time is over may not have noticed yet.
 */
#ifndef REDISC_SRC_LOCK_HOLDERS_H
#define REDISC_SRC_LOCK_HOLDERS_H

#include "error.h"

#include <stdbool.h>
#include <stdint.h>

enum { REDISC_LOCK_TOKEN = 32 /* hexadecimal digits */ };

/* A token as a C string. */
typedef struct redisc_lock_token {
    char text[REDISC_LOCK_TOKEN + 1];
} redisc_lock_token;

struct redisc_lock_holder;

typedef struct redisc_lock_holders {
    struct redisc_lock_holder *first;
    bool shared; /* one entry for all threads */
} redisc_lock_holders;

/* Makes a token that nobody can guess. */
redisc_status redisc_lock_token_new(redisc_lock_token *token);

void redisc_lock_holders_free(redisc_lock_holders *holders);

/* Sees to it that this thread's entry is there, so that noting a token can't fail once the lock is
 * had. Entries of other threads whose time was over before `now_ms` go. */
redisc_status redisc_lock_holders_prepare(redisc_lock_holders *holders, int64_t now_ms);
/* Notes that this thread holds the lock until then (INT64_MAX: who knows). Needs its entry. */
void redisc_lock_holders_note(redisc_lock_holders *holders, const redisc_lock_token *token,
                              int64_t until_ms);
/* Removes this thread's entry; with `only_empty`, only if no token is noted in it. */
void redisc_lock_holders_forget(redisc_lock_holders *holders, bool only_empty);
/* The token under which this thread holds the lock; false: it doesn't. */
bool redisc_lock_holders_token(redisc_lock_holders *holders, redisc_lock_token *token);

#endif
