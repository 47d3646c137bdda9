/* SPDX-License-Identifier: MIT */
#include "tls_session.h"

#include "tls_gate.h"
#include "tls_stream.h"

#include <redisc/alloc.h>

#include <string.h>

enum { MOST_SESSIONS = 64 };

typedef struct redisc_tls_session session_entry;

struct redisc_tls_session {
    session_entry *next;
    SSL_SESSION *session;
    char key[];
};

/* Takes the entry for the key out of the list; NULL: there is none. Needs the lock. */
static session_entry *take(redisc_tls_setup *setup, const char *key)
{
    for (session_entry **at = &setup->sessions; *at != NULL; at = &(*at)->next) {
        session_entry *entry = *at;
        if (strcmp(entry->key, key) == 0) {
            *at = entry->next;
            return entry;
        }
    }
    return NULL;
}

/* Puts an entry in front; what is too old then falls off, and is returned. Needs the lock. */
static session_entry *put_first(redisc_tls_setup *setup, session_entry *entry)
{
    entry->next = setup->sessions;
    setup->sessions = entry;
    session_entry *last = entry;
    for (int i = 1; i < MOST_SESSIONS && last->next != NULL; i++) {
        last = last->next;
    }
    session_entry *old = last->next;
    last->next = NULL;
    return old;
}

static void drop(session_entry *entry)
{
    while (entry != NULL) {
        session_entry *next = entry->next;
        SSL_SESSION_free(entry->session);
        redisc_release(entry);
        entry = next;
    }
}

int redisc_tls_session_made(SSL *ssl, SSL_SESSION *session)
{
    redisc_tls_stream *stream = SSL_get_app_data(ssl);
    size_t size = strlen(stream->key) + 1;
    if (size == 1 || SSL_SESSION_is_resumable(session) != 1) {
        return 0;
    }
    session_entry *entry = redisc_allocate(sizeof *entry + size);
    if (entry == NULL) {
        return 0; /* the next connect has more work to do, no more than that */
    }
    memcpy(entry->key, stream->key, size);
    entry->session = session; /* by answering 1 it is ours */
    redisc_tls_lock();
    session_entry *old = take(stream->setup, stream->key);
    session_entry *oldest = put_first(stream->setup, entry);
    redisc_tls_unlock();
    if (old != NULL) {
        old->next = NULL;
    }
    drop(old);
    drop(oldest);
    return 1;
}

SSL_SESSION *redisc_tls_session_find(redisc_tls_setup *setup, const char *key)
{
    SSL_SESSION *found = NULL;
    redisc_tls_lock();
    session_entry *entry = take(setup, key);
    if (entry != NULL) {
        put_first(setup, entry);
        found = SSL_SESSION_dup(entry->session); /* connections don't share what they change */
    }
    redisc_tls_unlock();
    return found;
}

void redisc_tls_session_forget(redisc_tls_setup *setup, const char *key)
{
    redisc_tls_lock();
    session_entry *entry = take(setup, key);
    redisc_tls_unlock();
    if (entry != NULL) {
        entry->next = NULL;
    }
    drop(entry);
}

void redisc_tls_session_forget_all(redisc_tls_setup *setup)
{
    drop(setup->sessions);
    setup->sessions = NULL;
}
