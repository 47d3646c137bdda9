/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Growing bytes with a hard limit: a connection's output, a parser's input.
 *
 *     data        start        end          capacity
 *      |  consumed  |  content   |  room       |
 */
#ifndef REDISC_SRC_BUFFER_H
#define REDISC_SRC_BUFFER_H

#include "alloc.h"
#include "error.h"

typedef struct redisc_buffer {
    char *data;
    size_t start;
    size_t end;
    size_t capacity;
    size_t limit; /* content never grows beyond it */
} redisc_buffer;

void redisc_buffer_init(redisc_buffer *buffer, size_t limit);
void redisc_buffer_free(redisc_buffer *buffer);

/* The slow way of redisc_buffer_reserve. */
redisc_status redisc_buffer_grow(redisc_buffer *buffer, size_t room);

/* Makes sure that `room` more bytes fit behind the content; may move it. LIMIT or MEMORY, with the
 * content as it was. */
static inline redisc_status redisc_buffer_reserve(redisc_buffer *buffer, size_t room)
{
    if (buffer->capacity - buffer->end >= room) {
        return REDISC_OK;
    }
    return redisc_buffer_grow(buffer, room);
}

static inline size_t redisc_buffer_len(const redisc_buffer *buffer)
{
    return buffer->end - buffer->start;
}

static inline const char *redisc_buffer_content(const redisc_buffer *buffer)
{
    /* A buffer that never grew has no data, and NULL + 0 is nothing that C defines. */
    return buffer->start == 0 ? buffer->data : buffer->data + buffer->start;
}

/* Drops the first `len` bytes of the content. */
static inline void redisc_buffer_consume(redisc_buffer *buffer, size_t len)
{
    buffer->start += len;
    if (buffer->start == buffer->end) {
        buffer->start = buffer->end = 0;
    }
}

redisc_status redisc_buffer_append(redisc_buffer *buffer, const void *bytes, size_t len);

/* Gives memory beyond `keep` bytes back if the buffer is empty; for idle connections. */
void redisc_buffer_shrink(redisc_buffer *buffer, size_t keep);

#endif
