/* SPDX-License-Identifier: MIT */
/* The frame of reading: starting, failing, skipping, and memory for the result. */
#include "reader.h"

#include <string.h>

enum { ALIGNMENT = REDISC_BLOCK_ALIGNMENT, FURTHER_BLOCK = 4096 };

static const char *const kind_names[] = {
    [REDISC_NODE_NIL] = "nil",         [REDISC_NODE_STRING] = "a string",
    [REDISC_NODE_SIMPLE] = "a status", [REDISC_NODE_VERBATIM] = "a verbatim string",
    [REDISC_NODE_LARGE] = "a string",  [REDISC_NODE_BIG] = "a big number",
    [REDISC_NODE_ERROR] = "an error",  [REDISC_NODE_INTEGER] = "an integer",
    [REDISC_NODE_DOUBLE] = "a double", [REDISC_NODE_BOOLEAN] = "a boolean",
    [REDISC_NODE_ARRAY] = "an array",  [REDISC_NODE_SET] = "a set",
    [REDISC_NODE_MAP] = "a map",       [REDISC_NODE_PUSH] = "a push",
};

static redisc_str node_text(const redisc_reader *in, const redisc_node *node)
{
    return redisc_bytes(redisc_node_bytes(in->reply, node), redisc_node_length(node));
}

bool redisc_reader_mismatch(redisc_reader *in, const char *expected)
{
    if (in->status != REDISC_OK) {
        return false;
    }
    size_t place = (size_t)(in->at - in->reply->nodes);
    if (in->at >= in->end) {
        in->status = redisc_fail(REDISC_ERROR_REPLY_TYPE,
                                 "expected %s as %s, but the reply ends after value %zu",
                                 in->result->what, expected, place);
        return false;
    }
    redisc_node_type kind = redisc_node_kind(in->at);
    if (kind == REDISC_NODE_ERROR) {
        redisc_fail_server(node_text(in, in->at));
        in->status = redisc_last_error()->status;
        return false;
    }
    if (kind == REDISC_NODE_STRING || kind == REDISC_NODE_SIMPLE) {
        redisc_str text = node_text(in, in->at);
        in->status = redisc_fail(
            REDISC_ERROR_REPLY_TYPE,
            "reading %s: expected %s, got %s \"%.*s\" at value %zu of the reply", in->result->what,
            expected, kind_names[kind], (int)(text.len < 40 ? text.len : 40), text.data, place);
        return false;
    }
    in->status = redisc_fail(REDISC_ERROR_REPLY_TYPE,
                             "reading %s: expected %s, got %s at value %zu of the reply",
                             in->result->what, expected, kind_names[kind], place);
    return false;
}

static bool out_of_memory(redisc_reader *in, size_t size)
{
    if (in->status == REDISC_OK) {
        in->status = redisc_fail(REDISC_ERROR_MEMORY, "no memory for a result of %zu bytes", size);
    }
    return false;
}

bool redisc_reader_skip(redisc_reader *in)
{
    if (in->status != REDISC_OK || in->at >= in->end) {
        return redisc_reader_mismatch(in, "a value");
    }
    redisc_node_type kind = redisc_node_kind(in->at);
    if (kind >= REDISC_NODE_ARRAY) {
        in->at = in->reply->nodes + in->at->as.next;
    } else {
        in->at++;
    }
    return true;
}

static size_t aligned(size_t size)
{
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

void *redisc_reader_begin(redisc_reader *in, size_t size, size_t more)
{
    if (in->status != REDISC_OK) {
        return NULL;
    }
    size = aligned(size);
    redisc_block *block = redisc_result_block(in->reply->arena, size + more);
    if (block == NULL) {
        out_of_memory(in, size + more);
        return NULL;
    }
    char *payload = redisc_block_payload(block);
    in->block = block;
    in->room = payload + size;
    in->room_end = in->room + more;
    memset(payload, 0, size);
    return payload;
}

/* The first guess was too small: a further block, chained to the first. */
static char *further_room(redisc_reader *in, size_t size)
{
    size_t payload = size > FURTHER_BLOCK ? size : FURTHER_BLOCK;
    redisc_block *block = redisc_result_block(in->reply->arena, payload);
    if (block == NULL) {
        out_of_memory(in, payload);
        return NULL;
    }
    block->next = in->block->next;
    in->block->next = block;
    in->room = redisc_block_payload(block);
    in->room_end = in->room + payload;
    return in->room;
}

void *redisc_reader_room(redisc_reader *in, size_t size)
{
    if (in->status != REDISC_OK) {
        return NULL;
    }
    size_t skew = (ALIGNMENT - (uintptr_t)in->room % ALIGNMENT) % ALIGNMENT;
    char *room = in->room + skew;
    if ((size_t)(in->room_end - in->room) < skew + size) {
        room = further_room(in, size);
        if (room == NULL) {
            return NULL;
        }
    }
    in->room = room + size;
    return room;
}

/* A result owns the large strings that were received straight into blocks of their own. */
static void take_large(redisc_reader *in)
{
    redisc_block *large = in->reply->large;
    if (large == NULL || in->block == NULL) {
        return;
    }
    in->reply->large = NULL;
    if (in->reply->arena != NULL) {
        redisc_arena_own(in->reply->arena, large);
        return;
    }
    redisc_block *tail = large;
    while (tail->next != NULL) {
        tail = tail->next;
    }
    tail->next = in->block->next;
    in->block->next = large;
}

static inline void zero(void *out, size_t size)
{
    if (size == 8) {
        memset(out, 0, 8);
    } else {
        memset(out, 0, size);
    }
}

/* Nobody wants the result; still it has to be what was expected. */
static redisc_status read_and_drop(redisc_reader *in, const redisc_result *result)
{
    redisc_arena *arena = in->reply->arena;
    uint64_t dropped[4] = {0};
    in->reply->arena = NULL;
    if (result->read(in, dropped)) {
        take_large(in);
    }
    in->reply->arena = arena;
    redisc_block_free(in->block);
    return in->status;
}

/* Reads what stands between two places of the reply. */
static inline redisc_status read_nodes(redisc_parsed *reply, const redisc_node *first,
                                       const redisc_node *end, const redisc_result *result,
                                       void *out)
{
    redisc_reader in = {.at = first, .end = end, .reply = reply, .result = result};
    if (out != NULL) {
        zero(out, result->size);
    }
    if (redisc_node_kind(first) == REDISC_NODE_ERROR) {
        return redisc_fail_server(node_text(&in, first));
    }
    if (out == NULL && result->size > 0) {
        return read_and_drop(&in, result);
    }
    if (result->read(&in, out)) {
        if (reply->large != NULL) {
            take_large(&in);
        }
        return REDISC_OK;
    }
    redisc_block_free(in.block);
    if (out != NULL) {
        zero(out, result->size);
    }
    return in.status;
}

redisc_status redisc_read_reply(redisc_parsed *reply, const redisc_result *result, void *out)
{
    return read_nodes(reply, reply->nodes, reply->nodes + reply->count, result, out);
}

redisc_status redisc_read_other_leaf(redisc_reader *in, const redisc_result *result, void *out)
{
    return read_nodes(in->reply, in->at, in->end, result, out);
}

redisc_status redisc_read_leaf_failed(redisc_reader *in, const redisc_result *result, void *out)
{
    redisc_status status = in->status;
    in->status = REDISC_OK;
    redisc_block_free(in->block);
    if (out != NULL) {
        zero(out, result->size);
    }
    return status;
}

/* The value alone, as if it were a reply: its own text and its own large strings. */
static redisc_parsed cut_out(const redisc_parsed *reply, size_t first, size_t end)
{
    redisc_parsed part = *reply;
    part.count = end - first;
    part.text = 0;
    part.large = NULL;
    for (size_t i = first; i < end; i++) {
        const redisc_node *node = &reply->nodes[i];
        redisc_node_type kind = redisc_node_kind(node);
        if (kind == REDISC_NODE_LARGE) {
            node->as.large->next = part.large;
            part.large = node->as.large;
        } else if (kind >= REDISC_NODE_STRING && kind <= REDISC_NODE_ERROR) {
            part.text += redisc_node_length(node) + 1;
        }
    }
    return part;
}

redisc_status redisc_read_value(const redisc_parsed *reply, size_t first,
                                const redisc_result *result, void *out, size_t *next)
{
    size_t end = redisc_node_after(reply->nodes, first);
    redisc_parsed part = cut_out(reply, first, end);
    if (next != NULL) {
        *next = end;
    }
    redisc_status status = read_nodes(&part, reply->nodes + first, reply->nodes + end, result, out);
    redisc_block_free(part.large);
    return status;
}
