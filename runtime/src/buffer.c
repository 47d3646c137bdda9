/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#include <string.h>

enum { SMALLEST = 1024 };

void redisc_buffer_init(redisc_buffer *buffer, size_t limit)
{
    *buffer = (redisc_buffer){.limit = limit};
}

void redisc_buffer_free(redisc_buffer *buffer)
{
    redisc_release(buffer->data);
    redisc_buffer_init(buffer, buffer->limit);
}

/* At least double what there was, so that appending is linear in all. */
static size_t next_capacity(const redisc_buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity < SMALLEST ? SMALLEST : buffer->capacity;
    while (capacity < needed) {
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    }
    return capacity;
}

redisc_status redisc_buffer_grow(redisc_buffer *buffer, size_t room)
{
    size_t len = redisc_buffer_len(buffer);
    if (room > buffer->limit || len > buffer->limit - room) {
        return redisc_fail(REDISC_ERROR_LIMIT,
                           "%zu more bytes exceed the buffer's limit of %zu bytes", room,
                           buffer->limit);
    }
    if (buffer->start > 0) {
        memmove(buffer->data, buffer->data + buffer->start, len);
        buffer->start = 0;
        buffer->end = len;
    }
    if (buffer->capacity - len >= room) {
        return REDISC_OK;
    }
    size_t capacity = next_capacity(buffer, len + room);
    char *data = redisc_reallocate(buffer->data, capacity);
    if (data == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a buffer of %zu bytes", capacity);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return REDISC_OK;
}

redisc_status redisc_buffer_append(redisc_buffer *buffer, const void *bytes, size_t len)
{
    redisc_status status = redisc_buffer_reserve(buffer, len);
    if (status == REDISC_OK && len > 0) {
        memcpy(buffer->data + buffer->end, bytes, len);
        buffer->end += len;
    }
    return status;
}

void redisc_buffer_shrink(redisc_buffer *buffer, size_t keep)
{
    if (redisc_buffer_len(buffer) > 0 || buffer->capacity <= keep) {
        return;
    }
    redisc_buffer_free(buffer);
}
