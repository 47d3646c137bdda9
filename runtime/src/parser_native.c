/* SPDX-License-Identifier: MIT */
/* The native parser: its life, and the loop over a reply's values. */
#include "parser_native.h"

#include <stdio.h>

redisc_step redisc_native_fail(redisc_native_parser *parser, redisc_status status, size_t offset,
                               const char *format, ...)
{
    char text[160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    redisc_fail(status, "%s: %s at byte %zu of the reply",
                status == REDISC_ERROR_LIMIT ? "reply too large" : "protocol error", text,
                parser->skipped + parser->at + offset);
    parser->failed = true;
    return REDISC_STEP_FAILED;
}

redisc_step redisc_native_no_memory(redisc_native_parser *parser, size_t size)
{
    redisc_fail(REDISC_ERROR_MEMORY, "no memory for a reply: %zu bytes", size);
    parser->failed = true;
    return REDISC_STEP_FAILED;
}

static size_t wire_bytes(const redisc_native_parser *parser)
{
    return parser->skipped + parser->incoming.got + redisc_buffer_len(&parser->in);
}

static redisc_parse over_limit(redisc_native_parser *parser, size_t size)
{
    redisc_native_fail(parser, REDISC_ERROR_LIMIT, 0, "%zu bytes exceed the limit of %zu", size,
                       parser->limits.reply_bytes);
    return REDISC_PARSE_FAILED;
}

static redisc_parse want_more(redisc_native_parser *parser)
{
    if (wire_bytes(parser) > parser->limits.reply_bytes) {
        return over_limit(parser, wire_bytes(parser));
    }
    return REDISC_PARSE_MORE;
}

static redisc_parse give(redisc_native_parser *parser, redisc_parsed *reply)
{
    if (parser->skipped + parser->at > parser->limits.reply_bytes) {
        return over_limit(parser, parser->skipped + parser->at);
    }
    *reply = (redisc_parsed){.nodes = parser->nodes,
                             .count = parser->count,
                             .padded = true,
                             .base = redisc_buffer_content(&parser->in),
                             .text = parser->text,
                             .large = parser->large};
    if (parser->large != NULL) {
        parser->given = reply;
        parser->large = NULL;
    }
    return REDISC_PARSE_REPLY;
}

static redisc_step next_step(redisc_native_parser *parser)
{
    if (parser->incoming.block != NULL) {
        return redisc_native_large_continue(parser);
    }
    if (redisc_native_available(parser) == 0 || redisc_native_available(parser) < parser->wanted) {
        return REDISC_STEP_MORE;
    }
    if (parser->stream.open) {
        return redisc_native_stream_continue(parser);
    }
    return redisc_native_element(parser);
}

/* The general way: goes on wherever the last call stopped. */
static REDISC_NOINLINE redisc_parse parse(redisc_native_parser *parser, redisc_parsed *reply)
{
    if (parser->failed) {
        redisc_fail(REDISC_ERROR_PROTOCOL, "the parser has failed before and can't go on");
        return REDISC_PARSE_FAILED;
    }
    parser->inside = true;
    for (;;) {
        redisc_step step = next_step(parser);
        if (step == REDISC_STEP_MORE) {
            return want_more(parser);
        }
        if (step == REDISC_STEP_FAILED) {
            return REDISC_PARSE_FAILED;
        }
        if (step == REDISC_STEP_VALUE) {
            if (parser->depth == 0) {
                return give(parser, reply);
            }
            redisc_native_top(parser)->remaining--;
        }
        if (parser->depth > 0 && redisc_native_values(parser)) {
            return give(parser, reply);
        }
    }
}

static redisc_parse native_next(redisc_parser *face, redisc_parsed *reply)
{
    redisc_native_parser *parser = (redisc_native_parser *)face;
    size_t len = redisc_buffer_len(&parser->in);
    if (!parser->inside && len > 0 && len <= parser->limits.reply_bytes &&
        redisc_native_lone(parser)) {
        reply->nodes = &parser->lone;
        reply->count = 1;
        reply->padded = true;
        reply->base = redisc_buffer_content(&parser->in);
        reply->text = parser->text;
        reply->large = NULL;
        reply->arena = NULL;
        return REDISC_PARSE_REPLY;
    }
    if (!parser->inside && len == 0) {
        return REDISC_PARSE_MORE;
    }
    return parse(parser, reply);
}

static void native_consume(redisc_parser *face)
{
    redisc_native_parser *parser = (redisc_native_parser *)face;
    redisc_buffer_consume(&parser->in, parser->at);
    parser->at = 0;
    parser->text = 0;
    if (!parser->inside) {
        return;
    }
    if (parser->given != NULL) {
        redisc_block_free(parser->given->large);
        parser->given->large = NULL;
        parser->given = NULL;
    }
    parser->inside = false;
    parser->count = 0;
    parser->skipped = 0;
    parser->attribute_end = 0;
}

static size_t native_pending(const redisc_parser *face)
{
    return wire_bytes((const redisc_native_parser *)face);
}

static void native_shrink(redisc_parser *face)
{
    redisc_native_parser *parser = (redisc_native_parser *)face;
    if (native_pending(face) > 0) {
        return;
    }
    redisc_release(parser->nodes);
    redisc_release(parser->frames);
    parser->nodes = NULL;
    parser->frames = NULL;
    parser->capacity = 0;
    parser->frame_capacity = 0;
    parser->read_size = REDISC_INPUT_FIRST - REDISC_INPUT_SLACK;
    redisc_buffer_shrink(&parser->in, REDISC_INPUT_FIRST);
}

static void native_free(redisc_parser *face)
{
    redisc_native_parser *parser = (redisc_native_parser *)face;
    if (parser->given != NULL) {
        redisc_block_free(parser->given->large);
        parser->given->large = NULL;
    }
    redisc_block_free(parser->large);
    redisc_block_free(parser->incoming.block);
    redisc_release(parser->nodes);
    redisc_release(parser->frames);
    redisc_buffer_free(&parser->in);
    redisc_release(parser);
}

redisc_parser *redisc_native_parser_new(const redisc_limits *limits)
{
    static const redisc_parser_class class = {
        .name = "native",
        .free = native_free,
        .room = redisc_native_room,
        .filled = redisc_native_filled,
        .next = native_next,
        .leaves = redisc_native_leaves,
        .consume = native_consume,
        .pending = native_pending,
        .shrink = native_shrink,
    };
    redisc_native_parser *parser = redisc_allocate_zeroed(sizeof *parser);
    if (parser == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a parser");
        return NULL;
    }
    parser->face.is = &class;
    parser->limits = *limits;
    if (parser->limits.elements > SIZE_MAX / 64) { /* so that sizes can't wrap around */
        parser->limits.elements = SIZE_MAX / 64;
    }
    parser->read_size = REDISC_INPUT_FIRST - REDISC_INPUT_SLACK;
    /* The limits of replies bound the content; one reply's bytes are checked as they come. */
    redisc_buffer_init(&parser->in, SIZE_MAX / 2);
    return &parser->face;
}
