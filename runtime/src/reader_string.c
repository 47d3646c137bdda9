/* SPDX-License-Identifier: MIT */
/* Taking strings: each is copied once, from where it was received into the result. */
#include "copy.h"
#include "hint.h"
#include "reader.h"

#include <string.h>

bool redisc_reader_copy(redisc_reader *in, redisc_str part, redisc_str *copy)
{
    char *room = in->room;
    if (in->status != REDISC_OK || (size_t)(in->room_end - room) <= part.len) {
        room = redisc_reader_room(in, part.len + 1);
        if (room == NULL) {
            return false;
        }
    }
    if (part.len > 0) {
        memcpy(room, part.data, part.len);
    }
    room[part.len] = '\0';
    in->room = room + part.len + 1;
    *copy = redisc_bytes(room, part.len);
    return true;
}

/* A string that has a block of its own is used where it is: the result takes the block over. */
static redisc_str large_string(const redisc_node *node)
{
    return *(const redisc_str *)redisc_block_payload(node->as.large);
}

bool redisc_take_view(redisc_reader *in, redisc_str *value)
{
    if (in->status != REDISC_OK || in->at >= in->end) {
        return redisc_reader_mismatch(in, "a string");
    }
    redisc_node_type kind = redisc_node_kind(in->at);
    if (kind == REDISC_NODE_LARGE) {
        *value = large_string(in->at);
    } else if (kind >= REDISC_NODE_STRING && kind <= REDISC_NODE_BIG) {
        *value = redisc_bytes(redisc_node_bytes(in->reply, in->at), redisc_node_length(in->at));
    } else {
        return redisc_reader_mismatch(in, "a string");
    }
    in->at++;
    return true;
}

bool redisc_take_string(redisc_reader *in, redisc_str *value)
{
    redisc_str view;
    const redisc_node *node = in->at;
    if (!redisc_take_view(in, &view)) {
        return false;
    }
    if (redisc_node_kind(node) == REDISC_NODE_LARGE) {
        *value = view;
        return true;
    }
    return redisc_reader_copy(in, view, value);
}

bool redisc_take_error(redisc_reader *in, redisc_str *value)
{
    if (in->status != REDISC_OK || redisc_reader_peek(in) != REDISC_NODE_ERROR) {
        return redisc_reader_mismatch(in, "an error");
    }
    const redisc_node *node = in->at++;
    redisc_str view = {redisc_node_bytes(in->reply, node), redisc_node_length(node)};
    return redisc_reader_copy(in, view, value);
}

bool redisc_take_optional_string(redisc_reader *in, redisc_str *value)
{
    if (redisc_take_nil(in)) {
        *value = redisc_bytes(NULL, 0);
        return true;
    }
    return redisc_take_string(in, value);
}

/* The block of a lone large string starts with its redisc_str, so it is the result as it stands. */
static bool adopt_large(redisc_reader *in, const redisc_str **out)
{
    redisc_block *block = in->at->as.large;
    if (in->reply->large != block) {
        return redisc_reader_mismatch(in, "a string");
    }
    in->block = block;
    in->reply->large = block->next;
    block->next = NULL;
    if (in->reply->arena != NULL) {
        redisc_arena_own(in->reply->arena, block);
    }
    *out = redisc_block_payload(block);
    in->at++;
    return true;
}

static bool no_memory(redisc_reader *in, size_t len)
{
    in->status = redisc_fail(REDISC_ERROR_MEMORY, "no memory for a string of %zu bytes", len);
    return false;
}

static inline bool copy_alone(redisc_reader *in, const char *data, size_t len, void *out)
{
    redisc_block *block = redisc_result_block(in->reply->arena, sizeof(redisc_str) + len + 1);
    if (block == NULL) {
        return no_memory(in, len);
    }
    redisc_str *copy = redisc_block_payload(block);
    char *bytes = (char *)(copy + 1);
    *copy = redisc_bytes(bytes, len);
    in->block = block;
    *(const redisc_str **)out = copy;
    bytes[len] = '\0';
    redisc_copy_short(bytes, data, len);
    return true;
}

static REDISC_NOINLINE bool read_other_string(redisc_reader *in, void *out)
{
    if (redisc_reader_peek(in) == REDISC_NODE_LARGE) {
        return adopt_large(in, out);
    }
    redisc_str view = {NULL, 0};
    return redisc_take_view(in, &view) && copy_alone(in, view.data, view.len, out);
}

static inline bool read_string(redisc_reader *in, void *out)
{
    const redisc_node *node = in->at;
    if (node < in->end && redisc_node_kind(node) == REDISC_NODE_STRING) {
        in->at++;
        return copy_alone(in, redisc_node_bytes(in->reply, node), redisc_node_length(node), out);
    }
    return read_other_string(in, out);
}

static bool read_optional_string(redisc_reader *in, void *out)
{
    if (redisc_take_nil(in)) {
        *(const redisc_str **)out = NULL;
        return true;
    }
    return read_string(in, out);
}

const redisc_result redisc_reads_string = {sizeof(const redisc_str *), read_string, "a string", 0,
                                           false};
const redisc_result redisc_reads_optional_string = {
    sizeof(const redisc_str *), read_optional_string, "a string or nil", 0, false};
