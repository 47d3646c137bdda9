/* SPDX-License-Identifier: MIT */
#include "failing.h"

#include <redisc/alloc.h>

#include <stdio.h>
#include <stdlib.h>

static long live;
static long until_failure; /* 0: the next one; negative: none */
static bool failed;
static bool told;

static void *allocate(size_t size, void *context)
{
    (void)context;
    if (until_failure-- == 0) {
        failed = true;
        return NULL;
    }
    void *memory = malloc(size > 0 ? size : 1);
    live += memory != NULL;
    return memory;
}

static void *reallocate(void *memory, size_t size, void *context)
{
    if (memory == NULL) {
        return allocate(size, context);
    }
    if (until_failure-- == 0) {
        failed = true;
        return NULL;
    }
    return realloc(memory, size > 0 ? size : 1);
}

static void release(void *memory, void *context)
{
    (void)context;
    live -= memory != NULL;
    free(memory);
}

void *test_memory_allocate(size_t size)
{
    return allocate(size, NULL);
}

void test_memory_release(void *memory)
{
    release(memory, NULL);
}

long test_memory_fails(void (*scenario)(void))
{
    const redisc_allocator allocator = {allocate, reallocate, release, NULL};
    long n = 0;
    redisc_set_allocator(&allocator);
    do {
        failed = told = false;
        live = 0;
        until_failure = n++;
        scenario();
        if (live != 0) {
            fprintf(stderr, "allocation %ld failed, and %ld blocks were lost\n", n, live);
            abort();
        }
    } while (failed);
    redisc_set_allocator(NULL);
    return n - 1;
}

bool test_memory_told(redisc_status status)
{
    if (status < 0 && (status != REDISC_ERROR_MEMORY || !failed)) {
        fprintf(stderr, "%s: %s\n", redisc_status_name(status), redisc_last_error()->text);
        abort();
    }
    told = told || status < 0;
    return status >= 0;
}

bool test_memory_failed(void)
{
    return failed;
}

bool test_memory_was_told(void)
{
    return told;
}

void test_memory_is_back(void)
{
    until_failure = -1;
}
