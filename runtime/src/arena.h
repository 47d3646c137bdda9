/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The arena's inside. Its blocks are lent: redisc_block_free() passes them over, and they go when
 * the arena is cleared.
 *
 * Small blocks are cut off from the newest of its chunks, which double in size; only the newest,
 * and largest, outlives clearing. Blocks that were allocated elsewhere (large strings) can be
 * handed over to it.
 */
#ifndef REDISC_SRC_ARENA_H
#define REDISC_SRC_ARENA_H

#include "alloc.h"

#include <redisc/arena.h>

struct redisc_arena {
    char *at; /* free space in the newest chunk */
    char *end;
    redisc_block *chunks; /* the newest one first */
    redisc_block *owned;  /* blocks of their own */
};

/* The slow way of redisc_arena_block(). */
redisc_block *redisc_arena_grow(redisc_arena *arena, size_t payload);

/* A lent block; NULL: out of memory. */
static inline redisc_block *redisc_arena_block(redisc_arena *arena, size_t payload)
{
    size_t room = (size_t)(arena->end - arena->at);
    if (payload >= room || room - payload < sizeof(redisc_block) + REDISC_BLOCK_ALIGNMENT) {
        return redisc_arena_grow(arena, payload);
    }
    redisc_block *block = (redisc_block *)(void *)arena->at;
    size_t size = sizeof *block + payload + REDISC_BLOCK_ALIGNMENT - 1;
    arena->at += size - size % REDISC_BLOCK_ALIGNMENT;
    block->next = NULL;
    block->size = payload | REDISC_BLOCK_LENT;
    return block;
}

/* Takes over a chain of blocks that were allocated one by one. */
void redisc_arena_own(redisc_arena *arena, redisc_block *blocks);

/* A block for a result: in the arena if there is one. NULL: out of memory. */
static inline redisc_block *redisc_result_block(redisc_arena *arena, size_t payload)
{
    return arena == NULL ? redisc_block_new(payload) : redisc_arena_block(arena, payload);
}

#endif
