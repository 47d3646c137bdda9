/* SPDX-License-Identifier: MIT */
/* The native parser's nodes, and its stack of open aggregates. */
#include "parser_native.h"

enum { FIRST_NODES = 8, FIRST_FRAMES = 4 };

/* Makes room for `more` nodes; grows geometrically, up to the limit of elements (the reply itself
 * doesn't count as one). */
static bool reserve(redisc_native_parser *parser, size_t more)
{
    size_t limit = parser->limits.elements + 1;
    if (parser->capacity - parser->count >= more) {
        return true;
    }
    if (more > limit - parser->count) {
        redisc_native_fail(parser, REDISC_ERROR_LIMIT, 0, "more than %zu elements", limit - 1);
        return false;
    }
    size_t needed = parser->count + more;
    size_t capacity = parser->capacity < FIRST_NODES ? FIRST_NODES : parser->capacity * 2;
    capacity = capacity < needed ? needed : capacity;
    capacity = capacity > limit ? limit : capacity;
    redisc_node *nodes = redisc_reallocate(parser->nodes, capacity * sizeof *nodes);
    if (nodes == NULL) {
        redisc_native_no_memory(parser, capacity * sizeof *nodes);
        return false;
    }
    parser->nodes = nodes;
    parser->capacity = capacity;
    return true;
}

bool redisc_native_push(redisc_native_parser *parser, redisc_node node)
{
    if (!reserve(parser, 1)) {
        return false;
    }
    parser->nodes[parser->count++] = node;
    return true;
}

static bool push_frame(redisc_native_parser *parser, redisc_frame frame)
{
    if (parser->depth == parser->limits.depth) {
        redisc_native_fail(parser, REDISC_ERROR_LIMIT, 0, "aggregates nested more than %zu deep",
                           parser->limits.depth);
        return false;
    }
    if (parser->depth == parser->frame_capacity) {
        size_t capacity = parser->depth == 0 ? FIRST_FRAMES : parser->depth * 2;
        redisc_frame *frames = redisc_reallocate(parser->frames, capacity * sizeof *parser->frames);
        if (frames == NULL) {
            redisc_native_no_memory(parser, capacity * sizeof *frames);
            return false;
        }
        parser->frames = frames;
        parser->frame_capacity = capacity;
    }
    parser->frames[parser->depth++] = frame;
    return true;
}

bool redisc_native_open(redisc_native_parser *parser, redisc_frame_kind kind, redisc_node_type type,
                        uint64_t children)
{
    redisc_frame frame = {children, parser->count, kind, parser->text, parser->large};
    /* No more memory than the bytes at hand can need: no value is shorter than 3 of them. */
    size_t most = kind == REDISC_FRAME_STREAMED ? 0 : redisc_native_available(parser) / 3;
    size_t more = children < most ? (size_t)children : most;
    if (!reserve(parser, more + 1)) {
        return false;
    }
    if (kind != REDISC_FRAME_ATTRIBUTE) {
        parser->nodes[parser->count++] = (redisc_node){
            .head = redisc_node_head(type, (size_t)children), .as.next = frame.node + 1};
    }
    return children == 0 || push_frame(parser, frame);
}

static void drop_large(redisc_native_parser *parser, const redisc_block *until)
{
    while (parser->large != until) {
        redisc_block *block = parser->large;
        parser->large = block->next;
        block->next = NULL;
        redisc_block_free(block);
    }
}

bool redisc_native_close(redisc_native_parser *parser)
{
    while (parser->depth > 0 && redisc_native_top(parser)->remaining == 0) {
        const redisc_frame *frame = redisc_native_top(parser);
        parser->depth--;
        if (frame->kind == REDISC_FRAME_ATTRIBUTE) {
            parser->count = frame->node;
            parser->text = frame->text;
            drop_large(parser, frame->large);
            parser->attribute_end = parser->skipped + parser->at;
            return false; /* the value it belongs to comes now */
        }
        parser->nodes[frame->node].as.next = parser->count;
        if (parser->depth == 0) {
            return true;
        }
        redisc_native_top(parser)->remaining--;
    }
    return false;
}

redisc_step redisc_native_end_streamed(redisc_native_parser *parser)
{
    if (parser->depth == 0 || redisc_native_top(parser)->kind != REDISC_FRAME_STREAMED) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, 0,
                                  "end of a streamed aggregate outside of one");
    }
    if (parser->attribute_end == parser->skipped + parser->at) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, 0, "attribute without its value");
    }
    const redisc_frame *frame = redisc_native_top(parser);
    redisc_node *node = &parser->nodes[frame->node];
    uint64_t children = UINT64_MAX - frame->remaining;
    redisc_node_type type = redisc_node_kind(node);
    if (type == REDISC_NODE_MAP && children % 2 != 0) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, 0,
                                  "map that ends with a key that has no value");
    }
    node->head = redisc_node_head(type, (size_t)children);
    node->as.next = parser->count;
    parser->depth--;
    redisc_native_advance(parser, 3);
    return REDISC_STEP_VALUE;
}
