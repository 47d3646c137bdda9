/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The one door to memory. A failed allocation gives NULL and leaves the reason to the caller.
 */
#ifndef REDISC_SRC_ALLOC_H
#define REDISC_SRC_ALLOC_H

#include <redisc/alloc.h>

#include <stdbool.h>
#include <stdint.h>

/* The one in use. */
extern redisc_allocator redisc_allocator_now;

/* redisc_allocate() and redisc_release() are public. */
void *redisc_allocate_zeroed(size_t size);
/* Grows or shrinks; the old memory stays valid when it fails. */
void *redisc_reallocate(void *memory, size_t size);
/* A NUL-terminated copy of len bytes. */
char *redisc_copy_text(const char *text, size_t len);

/*
 * A result block: what redisc_free() takes. Its payload starts with the result; further blocks that
 * belong to the same result hang on `next`.
 */
typedef struct redisc_block {
    struct redisc_block *next;
    size_t size; /* of the payload; with REDISC_BLOCK_LENT if an arena will free it */
} redisc_block;

#define REDISC_BLOCK_LENT (SIZE_MAX / 2 + 1)

enum { REDISC_BLOCK_ALIGNMENT = 8 /* of what is cut off within a block: enough for any result */ };

/* NULL: out of memory. */
static inline redisc_block *redisc_block_new(size_t payload)
{
    if (payload > SIZE_MAX - sizeof(redisc_block)) {
        return NULL;
    }
    redisc_block *block = (redisc_block *)redisc_allocator_now.allocate(
        sizeof(redisc_block) + payload, redisc_allocator_now.context);
    if (block != NULL) {
        block->next = NULL;
        block->size = payload;
    }
    return block;
}

static inline void *redisc_block_payload(redisc_block *block)
{
    return block + 1;
}

static inline redisc_block *redisc_block_of(const void *payload)
{
    return (redisc_block *)(uintptr_t)payload - 1;
}

/* Frees the block and all that hangs on it, but for lent ones; NULL is allowed. */
void redisc_block_free(redisc_block *block);

#endif
