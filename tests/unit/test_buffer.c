/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <criterion/criterion.h>
#include <string.h>

Test(buffer, keeps_what_is_appended)
{
    redisc_buffer buffer;
    redisc_buffer_init(&buffer, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        cr_assert_eq(redisc_buffer_append(&buffer, "0123456789", 10), REDISC_OK);
    }
    cr_assert_eq(redisc_buffer_len(&buffer), 50000);
    redisc_buffer_consume(&buffer, 49995);
    cr_assert_eq(memcmp(redisc_buffer_content(&buffer), "56789", 5), 0);
    redisc_buffer_consume(&buffer, 5);
    cr_assert_eq(redisc_buffer_len(&buffer), 0);
    cr_assert_eq(buffer.start, 0, "an empty buffer starts at its beginning again");
    redisc_buffer_free(&buffer);
}

Test(buffer, moves_the_rest_instead_of_growing)
{
    redisc_buffer buffer;
    redisc_buffer_init(&buffer, 4096);
    char bytes[1000];
    memset(bytes, 'a', sizeof bytes);
    cr_assert_eq(redisc_buffer_append(&buffer, bytes, sizeof bytes), REDISC_OK);
    size_t capacity = buffer.capacity;
    redisc_buffer_consume(&buffer, 990);
    cr_assert_eq(redisc_buffer_append(&buffer, "bcd", 3), REDISC_OK);
    cr_assert_eq(redisc_buffer_append(&buffer, bytes, 900), REDISC_OK);
    cr_assert_eq(buffer.capacity, capacity);
    cr_assert_eq(memcmp(redisc_buffer_content(&buffer), "aaaaaaaaaabcd", 13), 0);
    redisc_buffer_free(&buffer);
}

Test(buffer, its_limit_is_hard)
{
    redisc_buffer buffer;
    char bytes[101] = {0};
    redisc_buffer_init(&buffer, 100);
    cr_assert_eq(redisc_buffer_append(&buffer, bytes, 101), REDISC_ERROR_LIMIT);
    cr_assert_eq(redisc_buffer_len(&buffer), 0);
    redisc_buffer_free(&buffer);
    redisc_buffer_init(&buffer, 2000);
    cr_assert_eq(redisc_buffer_reserve(&buffer, SIZE_MAX), REDISC_ERROR_LIMIT);
    cr_assert_not_null(strstr(redisc_last_error()->text, "2000"));
    redisc_buffer_free(&buffer);
}

Test(buffer, shrinks_only_when_empty)
{
    redisc_buffer buffer;
    redisc_buffer_init(&buffer, 1 << 20);
    cr_assert_eq(redisc_buffer_reserve(&buffer, 100000), REDISC_OK);
    redisc_buffer_append(&buffer, "x", 1);
    redisc_buffer_shrink(&buffer, 1024);
    cr_assert_geq(buffer.capacity, 100000);
    redisc_buffer_consume(&buffer, 1);
    redisc_buffer_shrink(&buffer, 1024);
    cr_assert_leq(buffer.capacity, 1024);
    cr_assert_eq(redisc_buffer_append(&buffer, "x", 1), REDISC_OK);
    redisc_buffer_free(&buffer);
}

static void *no_memory(size_t size, void *context)
{
    (void)size;
    (void)context;
    return NULL;
}

static void *no_more_memory(void *memory, size_t size, void *context)
{
    (void)memory;
    (void)size;
    (void)context;
    return NULL;
}

static void release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

Test(buffer, survives_without_memory)
{
    redisc_buffer buffer;
    redisc_buffer_init(&buffer, 1 << 20);
    cr_assert_eq(redisc_buffer_append(&buffer, "kept", 4), REDISC_OK);
    redisc_set_allocator(&(redisc_allocator){no_memory, no_more_memory, release, NULL});
    cr_assert_eq(redisc_buffer_reserve(&buffer, 100000), REDISC_ERROR_MEMORY);
    redisc_set_allocator(NULL);
    cr_assert_eq(memcmp(redisc_buffer_content(&buffer), "kept", 4), 0);
    redisc_buffer_free(&buffer);
}
