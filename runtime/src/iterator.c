/* SPDX-License-Identifier: MIT */
#define REDISC_NO_MACROS
#include <redisc/iterator.h>

#include "command.h"

#include <redisc/commands.h>

#include <string.h>

/* A page of any kind: what it gives, and the block to free. */
typedef struct page {
    const void *block;
    uint64_t cursor;
    const void *items;
    size_t count;
} page;

typedef redisc_status (*fetcher)(const redisc_iterator *iterator, page *next);

struct redisc_iterator {
    redisc *r;
    fetcher fetch;
    size_t item; /* size of what it gives */
    redisc_iterator_options options;
    redisc_str key;
    page page;
    size_t at; /* the next item of the page */
    bool begun;
    redisc_status status;
};

/* The pages of all kinds are a cursor and a list. */
#define FETCHER(name, command, page_type, list, type, ...)                                         \
    static redisc_status fetch_##name(const redisc_iterator *it, page *next)                       \
    {                                                                                              \
        const redisc_##page_type *got = NULL;                                                      \
        redisc_##type##_options how = {__VA_ARGS__};                                               \
        redisc_status status = command(it->r, ARGUMENTS, &how, &got);                              \
        if (status == REDISC_OK) {                                                                 \
            *next = (page){got, got->cursor, got->list.items, got->list.count};                    \
        }                                                                                          \
        return status;                                                                             \
    }

#define MATCH .match = it->options.match, .count = it->options.page_size
#define ARGUMENTS it->page.cursor
FETCHER(keys, redisc_scan_with, scan_page, keys, scan, MATCH, .type = it->options.type)
#undef ARGUMENTS
#define ARGUMENTS it->key, it->page.cursor
FETCHER(hash, redisc_hscan_with, hscan_page, fields, hscan, MATCH)
FETCHER(fields, redisc_hscan_novalues_with, hscan_fields_page, fields, hscan, MATCH)
FETCHER(set, redisc_sscan_with, sscan_page, members, sscan, MATCH)
FETCHER(scored, redisc_zscan_with, zscan_page, members, zscan, MATCH)
#undef ARGUMENTS

/* Copies a string into *room, which is advanced; nil stays nil. */
static redisc_str keep(char **room, redisc_str s)
{
    if (s.data == NULL) {
        return s;
    }
    char *copy = *room;
    memcpy(copy, s.data, s.len);
    *room += s.len;
    return redisc_bytes(copy, s.len);
}

static redisc_status open_iterator(redisc *r, redisc_str key, fetcher fetch, size_t item,
                                   const redisc_iterator_options *options,
                                   redisc_iterator **iterator)
{
    static const redisc_iterator_options everything;
    if (iterator != NULL) {
        *iterator = NULL;
    }
    if (iterator == NULL || r == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "iterator: `%s` is NULL",
                           r == NULL ? "r" : "iterator");
    }
    options = options == NULL ? &everything : options;
    size_t text = key.len + options->match.len + options->type.len;
    redisc_iterator *it = redisc_allocate_zeroed(sizeof *it + text);
    if (it == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for an iterator");
    }
    char *room = (char *)(it + 1);
    it->r = r;
    it->fetch = fetch;
    it->item = item;
    it->key = keep(&room, key);
    it->options = *options;
    it->options.match = keep(&room, options->match);
    it->options.type = keep(&room, options->type);
    *iterator = it;
    return REDISC_OK;
}

redisc_status redisc_iterate_keys(redisc *r, const redisc_iterator_options *options,
                                  redisc_iterator **iterator)
{
    return open_iterator(r, redisc_bytes(NULL, 0), fetch_keys, sizeof(redisc_str), options,
                         iterator);
}

redisc_status redisc_iterate_hash(redisc *r, redisc_str key, const redisc_iterator_options *options,
                                  redisc_iterator **iterator)
{
    return open_iterator(r, key, fetch_hash, sizeof(redisc_pair), options, iterator);
}

redisc_status redisc_iterate_fields(redisc *r, redisc_str key,
                                    const redisc_iterator_options *options,
                                    redisc_iterator **iterator)
{
    return open_iterator(r, key, fetch_fields, sizeof(redisc_str), options, iterator);
}

redisc_status redisc_iterate_set(redisc *r, redisc_str key, const redisc_iterator_options *options,
                                 redisc_iterator **iterator)
{
    return open_iterator(r, key, fetch_set, sizeof(redisc_str), options, iterator);
}

redisc_status redisc_iterate_scored(redisc *r, redisc_str key,
                                    const redisc_iterator_options *options,
                                    redisc_iterator **iterator)
{
    return open_iterator(r, key, fetch_scored, sizeof(redisc_scored), options, iterator);
}

/* Gets the next page that isn't empty; false at the end and after a failure. */
static bool turn_page(redisc_iterator *it)
{
    while (it->at == it->page.count) {
        if (it->begun && it->page.cursor == 0) {
            return false;
        }
        if (redisc_collects(it->r)) {
            it->status = redisc_fail(REDISC_ERROR_UNSUPPORTED,
                                     "an iterator needs a handle that answers at once");
            return false;
        }
        page next = {0};
        redisc_status status = it->fetch(it, &next);
        if (status != REDISC_OK) {
            it->status = status;
            return false;
        }
        redisc_free(it->page.block);
        it->page = next;
        it->at = 0;
        it->begun = true;
    }
    return true;
}

/* The next element, of the size that the caller expects; NULL at the end and after a failure. */
static const void *next_item(redisc_iterator *it, size_t item)
{
    if (it == NULL || it->status != REDISC_OK) {
        return NULL;
    }
    if (it->item != item) {
        it->status = redisc_fail(REDISC_ERROR_ARGUMENT,
                                 "this iterator gives elements of another type than asked for");
        return NULL;
    }
    if (!turn_page(it)) {
        return NULL;
    }
    return (const char *)it->page.items + item * it->at++;
}

#define NEXT(name, type)                                                                           \
    bool redisc_next_##name(redisc_iterator *it, type *element)                                    \
    {                                                                                              \
        const type *item = next_item(it, sizeof *item);                                            \
        if (item != NULL && element != NULL) {                                                     \
            *element = *item;                                                                      \
        }                                                                                          \
        return item != NULL;                                                                       \
    }

NEXT(string, redisc_str)
NEXT(pair, redisc_pair)
NEXT(scored, redisc_scored)

redisc_status redisc_iterator_status(const redisc_iterator *it)
{
    return it == NULL ? redisc_fail(REDISC_ERROR_ARGUMENT, "the iterator is NULL") : it->status;
}

void redisc_iterator_close(redisc_iterator *it)
{
    if (it != NULL) {
        redisc_free(it->page.block);
        redisc_release(it);
    }
}
