/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Memory: freeing results, and where the library gets its memory from.
 */
#ifndef REDISC_ALLOC_H
#define REDISC_ALLOC_H

#include <redisc/export.h>

#include <stddef.h>

REDISC_BEGIN_DECLS

/**
 * Frees a result of any command (everything that a command gives as a pointer to const is one
 * block). NULL is allowed. Thread safety: any thread, once.
 */
REDISC_API void redisc_free(const void *result);

/** Where memory comes from. All three or none; they follow the rules of malloc, realloc and free.
 */
typedef struct redisc_allocator {
    void *(*allocate)(size_t size, void *context); /**< as malloc(); NULL: there is none */
    void *(*reallocate)(void *memory, size_t size, void *context); /**< as realloc() */
    void (*release)(void *memory, void *context);                  /**< as free() */
    void *context;                                                 /**< given to each call */
} redisc_allocator;

/**
 * Replaces the allocator for the whole process; NULL goes back to malloc and its kin.
 * Call it before anything else of this library: memory must go back to where it came from.
 * Not thread-safe against other calls.
 */
REDISC_API void redisc_set_allocator(const redisc_allocator *allocator);

/** Memory from that allocator, for transports and the like that want to live under the same rules;
 * NULL: there is none. Give it back with redisc_release(). Thread safety: any thread. */
REDISC_API void *redisc_allocate(size_t size);

/** Gives back what redisc_allocate() gave; NULL is allowed. Not for results of commands, which
 * redisc_free() takes. */
REDISC_API void redisc_release(void *memory);

REDISC_END_DECLS

#endif
