/* SPDX-License-Identifier: MIT */
#include "subscriber_names.h"

#include "alloc.h"

#include <string.h>

enum { FIRST_BUCKETS = 16 };

/* FNV-1a. */
static uint64_t hash_of(redisc_name_kind kind, redisc_str text)
{
    uint64_t hash = 14695981039346656037u ^ (uint64_t)kind;
    for (size_t i = 0; i < text.len; i++) {
        hash = (hash ^ (unsigned char)text.data[i]) * 1099511628211u;
    }
    return hash ^ hash >> 32;
}

static redisc_name **bucket_of(const redisc_names *names, uint64_t hash)
{
    return &names->buckets[hash & (names->bucket_count - 1)];
}

static void put_in_bucket(redisc_names *names, redisc_name *name)
{
    redisc_name **bucket = bucket_of(names, name->hash);
    name->in_bucket = *bucket;
    *bucket = name;
}

/* False only if there is no table at all: a full one is slower, but works. */
static bool have_buckets(redisc_names *names)
{
    if (names->count < names->bucket_count) {
        return true;
    }
    size_t count = names->bucket_count == 0 ? FIRST_BUCKETS : 2 * names->bucket_count;
    redisc_name **buckets = redisc_allocate_zeroed(count * sizeof(redisc_name *));
    if (buckets == NULL) {
        return names->bucket_count > 0;
    }
    redisc_release(names->buckets);
    names->buckets = buckets;
    names->bucket_count = count;
    for (redisc_name *name = names->first; name != NULL; name = name->after) {
        put_in_bucket(names, name);
    }
    return true;
}

redisc_name *redisc_names_find(const redisc_names *names, redisc_name_kind kind, redisc_str text)
{
    if (names->count == 0) {
        return NULL;
    }
    uint64_t hash = hash_of(kind, text);
    redisc_name *name = *bucket_of(names, hash);
    while (name != NULL && (name->hash != hash || name->kind != kind || name->len != text.len ||
                            memcmp(name->text, text.data, text.len) != 0)) {
        name = name->in_bucket;
    }
    return name;
}

static void append(redisc_names *names, redisc_name *name)
{
    name->before = names->last;
    name->after = NULL;
    if (names->last == NULL) {
        names->first = name;
    } else {
        names->last->after = name;
    }
    names->last = name;
}

static void unlink_name(redisc_names *names, redisc_name *name)
{
    if (names->first_wish == name) {
        names->first_wish = name->after;
    }
    if (name->before == NULL) {
        names->first = name->after;
    } else {
        name->before->after = name->after;
    }
    if (name->after == NULL) {
        names->last = name->before;
    } else {
        name->after->before = name->before;
    }
}

/* Puts it before the wishes. */
static void insert_settled(redisc_names *names, redisc_name *name)
{
    redisc_name *wish = names->first_wish;
    if (wish == NULL) {
        append(names, name);
        return;
    }
    name->after = wish;
    name->before = wish->before;
    wish->before = name;
    if (name->before == NULL) {
        names->first = name;
    } else {
        name->before->after = name;
    }
}

redisc_name *redisc_names_add(redisc_names *names, redisc_name_kind kind, redisc_str text)
{
    redisc_name *name = redisc_allocate(sizeof *name + text.len + 1);
    if (name == NULL || !have_buckets(names)) {
        redisc_release(name);
        return NULL;
    }
    memset(name, 0, sizeof *name);
    name->hash = hash_of(kind, text);
    name->kind = kind;
    name->len = text.len;
    memcpy(name->text, text.data, text.len);
    name->text[text.len] = '\0';
    put_in_bucket(names, name);
    insert_settled(names, name);
    names->count++;
    return name;
}

void redisc_names_remove(redisc_names *names, redisc_name *name)
{
    redisc_name **link = bucket_of(names, name->hash);
    while (*link != name) {
        link = &(*link)->in_bucket;
    }
    *link = name->in_bucket;
    unlink_name(names, name);
    names->count--;
    redisc_release(name);
}

void redisc_names_wish(redisc_names *names, redisc_name *name)
{
    if (name->wishes) {
        return;
    }
    name->wishes = true;
    unlink_name(names, name);
    append(names, name);
    if (names->first_wish == NULL) {
        names->first_wish = name;
    }
}

void redisc_names_granted(redisc_names *names)
{
    redisc_name *name = names->first_wish;
    name->wishes = false;
    names->first_wish = name->after;
}

void redisc_names_reset(redisc_names *names)
{
    redisc_name *after;
    for (redisc_name *name = names->first; name != NULL; name = after) {
        after = name->after;
        if (name->wanted) {
            name->asked = name->again = name->alone = false;
            name->outstanding = 0;
            name->wishes = true;
        } else {
            redisc_names_remove(names, name);
        }
    }
    names->first_wish = names->first;
}

void redisc_names_free(redisc_names *names)
{
    redisc_name *after;
    for (redisc_name *name = names->first; name != NULL; name = after) {
        after = name->after;
        redisc_release(name);
    }
    redisc_release(names->buckets);
    *names = (redisc_names){0};
}
