/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Iterators over keys, hashes, sets and sorted sets: SCAN, HSCAN, SSCAN and ZSCAN without cursors.
 *
 *     redisc_iterator *keys;
 *     redisc_str key;
 *     redisc_iterate_keys(r, NULL, &keys);
 *     while (redisc_next_string(keys, &key)) …
 *     if (redisc_iterator_status(keys) < 0) …          // it ended early
 *     redisc_iterator_close(keys);
 *
 * An iterator never misses an element that was there from its beginning to its end. It may give an
 * element more than once, and one that comes or goes meanwhile or not at all. It may be closed at
 * any time; the server keeps nothing of it. Elements may be changed and deleted during the walk.
 *
 * It runs on any immediate handle, which must outlive it. On one with an arena every page stays
 * there until the arena is cleared, which it must not be before the iterator is closed.
 *
 * Thread safety: an iterator belongs to one thread at a time.
 */
#ifndef REDISC_ITERATOR_H
#define REDISC_ITERATOR_H

#include <redisc/handle.h>

REDISC_BEGIN_DECLS

/** A walk under way. */
typedef struct redisc_iterator redisc_iterator;

/** What to walk over; zero is everything. Copied. */
typedef struct redisc_iterator_options {
    redisc_str match;  /**< only what fits this glob pattern */
    int64_t page_size; /**< about how many elements the server looks at for one page; 0: its
                          default, 10 */
    redisc_str
        type; /**< keys only: of this type, as TYPE names it (since Redis and Valkey 6.0.0) */
} redisc_iterator_options;

/** Walks over the keys of the database, with redisc_next_string(). Asks the server nothing yet. */
REDISC_API redisc_status redisc_iterate_keys(redisc *r, const redisc_iterator_options *options,
                                             redisc_iterator **iterator);
/** Walks over a hash, with redisc_next_pair(). */
REDISC_API redisc_status redisc_iterate_hash(redisc *r, redisc_str key,
                                             const redisc_iterator_options *options,
                                             redisc_iterator **iterator);
/** Walks over a hash's field names, with redisc_next_string(); since Redis 7.4.0 and Valkey 8.0.0.
 */
REDISC_API redisc_status redisc_iterate_fields(redisc *r, redisc_str key,
                                               const redisc_iterator_options *options,
                                               redisc_iterator **iterator);
/** Walks over a set, with redisc_next_string(). */
REDISC_API redisc_status redisc_iterate_set(redisc *r, redisc_str key,
                                            const redisc_iterator_options *options,
                                            redisc_iterator **iterator);
/** Walks over a sorted set, with redisc_next_scored(). */
REDISC_API redisc_status redisc_iterate_scored(redisc *r, redisc_str key,
                                               const redisc_iterator_options *options,
                                               redisc_iterator **iterator);

/**
 * The next element; false at the end and after a failure, which redisc_iterator_status() tells
 * apart. Strings are borrowed: valid until the next call on the iterator. Asking for another type
 * than the walk gives fails with REDISC_ERROR_ARGUMENT.
 */
REDISC_API bool redisc_next_string(redisc_iterator *iterator, redisc_str *element);
/** The next field with its value; else as redisc_next_string(). */
REDISC_API bool redisc_next_pair(redisc_iterator *iterator, redisc_pair *element);
/** The next member with its score; else as redisc_next_string(). */
REDISC_API bool redisc_next_scored(redisc_iterator *iterator, redisc_scored *element);

/** REDISC_OK during the walk and after its end; else why it ended early. */
REDISC_API redisc_status redisc_iterator_status(const redisc_iterator *iterator);

/** Ends the walk, wherever it is. NULL is allowed. */
REDISC_API void redisc_iterator_close(redisc_iterator *iterator);

REDISC_END_DECLS

#if REDISC_MACROS
#define redisc_iterate_hash(r, key, ...) redisc_iterate_hash((r), REDISC_STR(key), __VA_ARGS__)
#define redisc_iterate_fields(r, key, ...) redisc_iterate_fields((r), REDISC_STR(key), __VA_ARGS__)
#define redisc_iterate_set(r, key, ...) redisc_iterate_set((r), REDISC_STR(key), __VA_ARGS__)
#define redisc_iterate_scored(r, key, ...) redisc_iterate_scored((r), REDISC_STR(key), __VA_ARGS__)
#endif

#endif
