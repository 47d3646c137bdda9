/* SPDX-License-Identifier: MIT */
#include "alloc.h"

#include <stdlib.h>
#include <string.h>

static void *allocate_default(size_t size, void *context)
{
    (void)context;
    return malloc(size);
}

static void *reallocate_default(void *memory, size_t size, void *context)
{
    (void)context;
    return realloc(memory, size);
}

static void release_default(void *memory, void *context)
{
    (void)context;
    free(memory);
}

static const redisc_allocator by_default = {allocate_default, reallocate_default, release_default,
                                            NULL};
redisc_allocator redisc_allocator_now = {allocate_default, reallocate_default, release_default,
                                         NULL};

void redisc_set_allocator(const redisc_allocator *replacement)
{
    redisc_allocator_now = replacement == NULL ? by_default : *replacement;
}

void *redisc_allocate(size_t size)
{
    return redisc_allocator_now.allocate(size == 0 ? 1 : size, redisc_allocator_now.context);
}

void *redisc_allocate_zeroed(size_t size)
{
    void *memory = redisc_allocate(size);
    if (memory != NULL) {
        memset(memory, 0, size);
    }
    return memory;
}

void *redisc_reallocate(void *memory, size_t size)
{
    return redisc_allocator_now.reallocate(memory, size == 0 ? 1 : size,
                                           redisc_allocator_now.context);
}

void redisc_release(void *memory)
{
    if (memory != NULL) {
        redisc_allocator_now.release(memory, redisc_allocator_now.context);
    }
}

char *redisc_copy_text(const char *text, size_t len)
{
    char *copy = redisc_allocate(len + 1);
    if (copy != NULL) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    return copy;
}

void redisc_block_free(redisc_block *block)
{
    while (block != NULL) {
        redisc_block *next = block->next;
        if ((block->size & REDISC_BLOCK_LENT) == 0) {
            redisc_release(block);
        }
        block = next;
    }
}

void redisc_free(const void *result)
{
    if (result != NULL) {
        redisc_block_free(redisc_block_of(result));
    }
}
