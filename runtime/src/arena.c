/* SPDX-License-Identifier: MIT */
#include "arena.h"

enum { FIRST_CHUNK = 4096 };

redisc_arena *redisc_arena_new(void)
{
    return redisc_allocate_zeroed(sizeof(redisc_arena));
}

/* The free space is all of the newest chunk. */
static void start(redisc_arena *arena)
{
    redisc_block *chunk = arena->chunks;
    arena->at = chunk == NULL ? NULL : redisc_block_payload(chunk);
    arena->end = chunk == NULL ? NULL : arena->at + chunk->size;
}

redisc_block *redisc_arena_grow(redisc_arena *arena, size_t payload)
{
    size_t last = arena->chunks == NULL ? 0 : arena->chunks->size;
    if (payload > SIZE_MAX / 4 || last > SIZE_MAX / 4) {
        return NULL;
    }
    size_t size = last == 0 ? FIRST_CHUNK - sizeof(redisc_block) : last * 2;
    size_t least = 2 * (payload + sizeof(redisc_block) + REDISC_BLOCK_ALIGNMENT);
    redisc_block *chunk = redisc_block_new(size > least ? size : least);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    start(arena);
    return redisc_arena_block(arena, payload);
}

void redisc_arena_own(redisc_arena *arena, redisc_block *blocks)
{
    while (blocks != NULL) {
        redisc_block *next = blocks->next;
        blocks->size |= REDISC_BLOCK_LENT;
        blocks->next = arena->owned;
        arena->owned = blocks;
        blocks = next;
    }
}

static void release_chain(redisc_block *block)
{
    while (block != NULL) {
        redisc_block *next = block->next;
        redisc_release(block);
        block = next;
    }
}

void redisc_arena_clear(redisc_arena *arena)
{
    if (arena == NULL) {
        return;
    }
    release_chain(arena->owned);
    arena->owned = NULL;
    if (arena->chunks != NULL) {
        release_chain(arena->chunks->next);
        arena->chunks->next = NULL;
    }
    start(arena);
}

void redisc_arena_free(redisc_arena *arena)
{
    if (arena != NULL) {
        release_chain(arena->owned);
        release_chain(arena->chunks);
        redisc_release(arena);
    }
}
