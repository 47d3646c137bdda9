/* SPDX-License-Identifier: MIT */
#include "allocations.h"

#include <errno.h>
#include <stdlib.h>

#if defined(BENCH_COUNT_ALLOCATIONS) && defined(__GLIBC__)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static int64_t counted;

int64_t bench_allocations(void)
{
    return counted;
}

void *malloc(size_t size)
{
    counted++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    counted++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    counted++;
    return __libc_realloc(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    counted++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    counted++;
    *memory = __libc_memalign(alignment, size);
    return *memory == NULL ? ENOMEM : 0;
}

#else

int64_t bench_allocations(void)
{
    return -1;
}

#endif
