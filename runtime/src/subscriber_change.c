/* SPDX-License-Identifier: MIT */
/* Changing what is subscribed: by whom, whenever. */
#define REDISC_NO_MACROS
#include "subscriber.h"

enum { WIRE_BYTES = 128 /* of a command with one name, besides that name, at most */ };

/* What a call wants. */
typedef struct change {
    const char *function;
    redisc_name_kind kind;
    redisc_str_list names;
    bool subscribes;
    redisc_message_handler handler;
    void *context;
} change;

static redisc_status check_names(const redisc_subscriber *s, const change *what)
{
    if (what->names.count > 0 && what->names.items == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_subscriber_%s: the names are NULL",
                           what->function);
    }
    if (what->names.count == 0 && what->subscribes) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_subscriber_%s: there are no names",
                           what->function);
    }
    size_t limit = s->pool->config->options.max_output_bytes;
    for (size_t i = 0; i < what->names.count; i++) {
        redisc_str name = what->names.items[i];
        if (name.data == NULL) {
            return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_subscriber_%s: name %zu is NULL",
                               what->function, i);
        }
        if (limit < WIRE_BYTES || name.len > limit - WIRE_BYTES) {
            return redisc_fail(REDISC_ERROR_LIMIT,
                               "redisc_subscriber_%s: name %zu of %zu bytes exceeds the limit of "
                               "%zu for what is sent",
                               what->function, i, name.len, limit);
        }
    }
    return REDISC_OK;
}

/* Sees to it that all names are there; after failing none is that wasn't before. */
static redisc_status add_names(redisc_names *names, const change *what)
{
    for (size_t i = 0; i < what->names.count; i++) {
        redisc_str text = what->names.items[i];
        if (redisc_names_find(names, what->kind, text) != NULL ||
            redisc_names_add(names, what->kind, text) != NULL) {
            continue;
        }
        while (i-- > 0) {
            redisc_name *name = redisc_names_find(names, what->kind, what->names.items[i]);
            if (name != NULL && redisc_name_is_idle(name)) {
                redisc_names_remove(names, name);
            }
        }
        return redisc_fail(REDISC_ERROR_MEMORY, "redisc_subscriber_%s: no memory for %zu names",
                           what->function, what->names.count);
    }
    return REDISC_OK;
}

static void record_subscriptions(redisc_names *names, const change *what)
{
    for (size_t i = 0; i < what->names.count; i++) {
        redisc_name *name = redisc_names_find(names, what->kind, what->names.items[i]);
        name->wanted = name->again = true;
        name->handler = what->handler;
        name->context = what->context;
        redisc_names_wish(names, name);
    }
}

static void unwant(redisc_names *names, redisc_name *name)
{
    name->wanted = name->again = false;
    if (redisc_name_is_idle(name)) {
        redisc_names_remove(names, name);
    } else {
        redisc_names_wish(names, name);
    }
}

static void unwant_all(redisc_names *names, redisc_name_kind kind)
{
    redisc_name *end = names->last;
    redisc_name *after = names->first;
    for (bool more = end != NULL; more;) {
        redisc_name *name = after;
        after = name->after;
        more = name != end; /* behind it are those that were moved there */
        if (name->kind == kind && name->wanted) {
            unwant(names, name);
        }
    }
}

static void record_ends(redisc_names *names, const change *what)
{
    if (what->names.count == 0) {
        unwant_all(names, what->kind);
    }
    for (size_t i = 0; i < what->names.count; i++) {
        redisc_name *name = redisc_names_find(names, what->kind, what->names.items[i]);
        if (name != NULL && name->wanted) {
            unwant(names, name);
        }
    }
}

/* Needs the lock. */
static redisc_status record(redisc_subscriber *s, const change *what)
{
    if (!what->subscribes) {
        record_ends(&s->names, what);
        return REDISC_OK;
    }
    if (s->running && what->handler == NULL) {
        return redisc_fail(REDISC_ERROR_SUBSCRIBER,
                           "redisc_subscriber_%s: without a handler, while "
                           "redisc_subscriber_run() is under way",
                           what->function);
    }
    redisc_status status = add_names(&s->names, what);
    if (status == REDISC_OK) {
        record_subscriptions(&s->names, what);
        s->used = true;
    }
    return status;
}

/* As the owner: with a connection to send it on, if it takes one. */
static redisc_status make_change(redisc_subscriber *s, const change *what)
{
    if (!redisc_subscriber_connected(s)) {
        if (s->connection != NULL) {
            redisc_subscriber_lose(s);
        }
        if (what->subscribes) {
            redisc_status status =
                redisc_subscriber_connect(s, redisc_deadline_after(s->timeout_ms));
            if (status != REDISC_OK) {
                return status;
            }
        }
    }
    pthread_mutex_lock(&s->lock);
    redisc_status status = record(s, what);
    pthread_mutex_unlock(&s->lock);
    return status;
}

static redisc_status apply(redisc_subscriber *s, const change *what)
{
    redisc_status status = redisc_subscriber_check(s, what->function);
    if (status == REDISC_OK) {
        status = check_names(s, what);
    }
    if (status != REDISC_OK) {
        return status;
    }
    pthread_mutex_lock(&s->lock);
    bool owned = s->busy;
    if (owned) {
        status = record(s, what);
        redisc_subscriber_ring(s);
    } else {
        s->busy = true;
        s->owner = pthread_self();
    }
    pthread_mutex_unlock(&s->lock);
    if (!owned) {
        status = make_change(s, what);
        redisc_subscriber_leave(s);
    }
    return status;
}

redisc_status redisc_subscriber_subscribe(redisc_subscriber *s, redisc_str_list channels,
                                          redisc_message_handler handler, void *context)
{
    return apply(s, &(change){"subscribe", REDISC_NAME_CHANNEL, channels, true, handler, context});
}

redisc_status redisc_subscriber_psubscribe(redisc_subscriber *s, redisc_str_list patterns,
                                           redisc_message_handler handler, void *context)
{
    return apply(s, &(change){"psubscribe", REDISC_NAME_PATTERN, patterns, true, handler, context});
}

redisc_status redisc_subscriber_ssubscribe(redisc_subscriber *s, redisc_str_list channels,
                                           redisc_message_handler handler, void *context)
{
    return apply(s, &(change){"ssubscribe", REDISC_NAME_SHARD, channels, true, handler, context});
}

redisc_status redisc_subscriber_unsubscribe(redisc_subscriber *s, redisc_str_list channels)
{
    return apply(s, &(change){"unsubscribe", REDISC_NAME_CHANNEL, channels, false, NULL, NULL});
}

redisc_status redisc_subscriber_punsubscribe(redisc_subscriber *s, redisc_str_list patterns)
{
    return apply(s, &(change){"punsubscribe", REDISC_NAME_PATTERN, patterns, false, NULL, NULL});
}

redisc_status redisc_subscriber_sunsubscribe(redisc_subscriber *s, redisc_str_list channels)
{
    return apply(s, &(change){"sunsubscribe", REDISC_NAME_SHARD, channels, false, NULL, NULL});
}
