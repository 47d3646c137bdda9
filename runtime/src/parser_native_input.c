/* SPDX-License-Identifier: MIT */
/* The native parser's input: where received bytes go. */
#define _DEFAULT_SOURCE /* madvise */
#include "parser_native.h"

#include <string.h>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

enum { HUGE_PAGES_FROM = 4 * 1024 * 1024 };

/* Sets the content's end and keeps zeros behind it. */
static void end_content(redisc_native_parser *parser, size_t end)
{
    parser->in.end = end;
    memset(parser->in.data + end, 0, REDISC_INPUT_SLACK);
}

/* Large replies fault in fewer, larger pages where the system can do that. */
static void advise_huge_pages(void *memory, size_t size)
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    /* Whole pages at both ends: a mapping of which only a part is advised becomes two mappings, and
     * could not grow without a copy any more. */
    uintptr_t first = (uintptr_t)memory & ~(page - 1);
    uintptr_t end = ((uintptr_t)memory + size + page - 1) & ~(page - 1);
    if (size >= HUGE_PAGES_FROM) {
        madvise((void *)first, end - first, MADV_HUGEPAGE); /* only advice: no matter if it fails */
    }
#else
    (void)memory;
    (void)size;
#endif
}

static char *large_bytes(const redisc_incoming *incoming)
{
    return (char *)((redisc_str *)redisc_block_payload(incoming->block) + 1);
}

/*
 * A block for what is announced, but never much larger than what has come, so that a header alone
 * costs no memory. Growing is rare, and on Linux moves such blocks by their page tables instead of
 * copying.
 */
static bool grow_large(redisc_incoming *incoming)
{
    size_t room = incoming->length + 2;
    size_t allowed = incoming->got > REDISC_LARGE_FIRST / REDISC_LARGE_GROWTH
                         ? incoming->got * REDISC_LARGE_GROWTH
                         : (size_t)REDISC_LARGE_FIRST;
    if (room > allowed) {
        room = allowed;
    }
    size_t payload = sizeof(redisc_str) + room;
    redisc_block *block = incoming->block == NULL
                              ? redisc_block_new(payload)
                              : redisc_reallocate(incoming->block, sizeof *block + payload);
    if (block == NULL) {
        return false;
    }
    block->size = payload;
    incoming->block = block;
    incoming->room = room;
    advise_huge_pages(block, sizeof *block + payload);
    return true;
}

redisc_step redisc_native_large_begin(redisc_native_parser *parser, size_t length, size_t have)
{
    redisc_incoming *incoming = &parser->incoming;
    *incoming = (redisc_incoming){.length = length};
    if (!grow_large(incoming)) {
        return redisc_native_no_memory(parser, length);
    }
    while (incoming->room < have) { /* only if far more than a read's worth was waiting */
        incoming->got = incoming->room;
        if (!grow_large(incoming)) {
            return redisc_native_no_memory(parser, length);
        }
    }
    size_t end = parser->in.end - have;
    memcpy(large_bytes(incoming), parser->in.data + end, have);
    incoming->got = have;
    end_content(parser, end);
    return REDISC_STEP_MORE;
}

redisc_step redisc_native_large_continue(redisc_native_parser *parser)
{
    redisc_incoming *incoming = &parser->incoming;
    size_t length = incoming->length;
    if (incoming->got < length + 2) {
        return REDISC_STEP_MORE;
    }
    redisc_block *block = incoming->block;
    char *bytes = large_bytes(incoming);
    if (!redisc_is_crlf(bytes + length)) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, length,
                                  "bulk string without CR LF");
    }
    redisc_node node = {.head = redisc_node_head(REDISC_NODE_LARGE, length), .as.large = block};
    if (!redisc_native_push(parser, node)) {
        return REDISC_STEP_FAILED;
    }
    bytes[length] = '\0';
    *(redisc_str *)redisc_block_payload(block) = redisc_bytes(bytes, length);
    block->next = parser->large;
    parser->large = block;
    parser->skipped += length + 2;
    *incoming = (redisc_incoming){0};
    return REDISC_STEP_VALUE;
}

/* How many bytes there should be room for. */
static size_t wish(const redisc_native_parser *parser)
{
    size_t available = redisc_native_available(parser);
    size_t room = parser->read_size;
    if (parser->in.capacity >= room + REDISC_INPUT_SLACK) {
        room /= 2; /* good enough: what is left of the buffer need not move for each read */
    }
    if (parser->wanted > available) {
        size_t missing = parser->wanted - available;
        size_t most = available > REDISC_INPUT_MOST ? available : (size_t)REDISC_INPUT_MOST;
        missing = missing < most ? missing : most; /* the rest once these have come */
        room = missing > room ? missing : room;
    }
    return room;
}

char *redisc_native_room(redisc_parser *face, size_t *size)
{
    redisc_native_parser *parser = (redisc_native_parser *)face;
    redisc_incoming *incoming = &parser->incoming;
    if (parser->failed) {
        redisc_fail(REDISC_ERROR_PROTOCOL, "the parser has failed before and can't go on");
        return NULL;
    }
    if (incoming->block != NULL && incoming->got < incoming->length + 2) {
        if (incoming->got == incoming->room && !grow_large(incoming)) {
            redisc_native_no_memory(parser, incoming->length);
            return NULL;
        }
        *size = parser->offered = incoming->room - incoming->got;
        return large_bytes(incoming) + incoming->got;
    }
    size_t room = wish(parser) + REDISC_INPUT_SLACK;
    if (redisc_buffer_reserve(&parser->in, room) != REDISC_OK) {
        redisc_native_no_memory(parser, room);
        return NULL;
    }
    end_content(parser, parser->in.end);
    *size = parser->offered = parser->in.capacity - parser->in.end - REDISC_INPUT_SLACK;
    return parser->in.data + parser->in.end;
}

void redisc_native_filled(redisc_parser *face, size_t len)
{
    redisc_native_parser *parser = (redisc_native_parser *)face;
    redisc_incoming *incoming = &parser->incoming;
    if (incoming->block != NULL && incoming->got < incoming->length + 2) {
        incoming->got += len;
        return;
    }
    if (len == parser->offered && parser->read_size < REDISC_INPUT_MOST - REDISC_INPUT_SLACK) {
        size_t size = (parser->read_size + REDISC_INPUT_SLACK) * 4;
        size = size < REDISC_INPUT_MOST ? size : (size_t)REDISC_INPUT_MOST;
        parser->read_size = size - REDISC_INPUT_SLACK;
    }
    if (len > 0) {
        end_content(parser, parser->in.end + len);
    }
}
