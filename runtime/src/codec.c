/* SPDX-License-Identifier: MIT */
#include <redisc/codec.h>

#include "config.h"
#include "hint.h"
#include "queue.h"

enum { ROW = 64 /* replies that are looked at together */ };

typedef struct codec {
    redisc handle; /* first: a redisc * is a codec * */
    redisc_buffer out;
    redisc_parser *parser;
    redisc_queue queue;
    bool dead; /* the parser has failed: nothing can be told apart any more */
    redisc_error_copy death;
} codec;

static bool codec_begin(redisc_operation *c)
{
    codec *self = (codec *)c->handle;
    if (self->dead) {
        c->status = redisc_error_restore(&self->death);
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    c->out = &self->out;
    c->copies = true;
    return true;
}

static void codec_abandon(redisc_operation *c)
{
    c->out->end = c->start;
}

static redisc_status codec_end(redisc_operation *c, const redisc_result *result, void *out);

static REDISC_NOINLINE redisc_status end_with_more_room(redisc_operation *c,
                                                        const redisc_result *result, void *out)
{
    redisc_status status = redisc_queue_make_room(&((codec *)c->handle)->queue);
    if (status == REDISC_OK) {
        return codec_end(c, result, out);
    }
    redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
    codec_abandon(c);
    return status;
}

static redisc_status codec_end(redisc_operation *c, const redisc_result *result, void *out)
{
    codec *self = (codec *)c->handle;
    if (redisc_queue_full(&self->queue)) {
        return end_with_more_room(c, result, out);
    }
    redisc_queue_put(&self->queue, c->info, result, out);
    return REDISC_QUEUED;
}

static void codec_close(redisc *r)
{
    codec *self = (codec *)r;
    redisc_buffer_free(&self->out);
    redisc_parser_free(self->parser);
    redisc_queue_free(&self->queue);
    redisc_release(self);
}

static const redisc_error *codec_error_at(redisc *r, size_t place)
{
    return redisc_queue_error(&((codec *)r)->queue, place);
}

static bool codec_collects(const redisc *r)
{
    (void)r;
    return true;
}

static const redisc_handle_class codec_class = {
    .name = "codec",
    .begin = codec_begin,
    .end = codec_end,
    .abandon = codec_abandon,
    .close = codec_close,
    .error_at = codec_error_at,
    .collects = codec_collects,
};

redisc_status redisc_codec_open(const redisc_options *options, redisc **opened)
{
    if (opened == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_codec_open: `codec` is NULL");
    }
    *opened = NULL;
    redisc_config *config = redisc_config_new(options);
    if (config == NULL) {
        return redisc_last_error()->status;
    }
    redisc_parser *parser = config->options.parser == REDISC_PARSER_HIREDIS
                                ? redisc_hiredis_parser_new(&config->limits)
                                : redisc_native_parser_new(&config->limits);
    size_t limit = config->options.max_output_bytes;
    bool utf8 = config->options.encoding == REDISC_ENCODING_UTF8;
    redisc_config_release(config);
    codec *self = parser == NULL ? NULL : redisc_allocate_zeroed(sizeof *self);
    if (self == NULL) {
        if (parser == NULL) {
            return redisc_last_error()->status;
        }
        redisc_parser_free(parser);
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a codec");
    }
    self->handle.is = &codec_class;
    self->parser = parser;
    self->queue.utf8 = utf8;
    redisc_buffer_init(&self->out, limit);
    *opened = &self->handle;
    return REDISC_OK;
}

/* NULL, or another kind of handle: there is no codec. */
static codec *codec_of(redisc *r)
{
    return r != NULL && r->is == &codec_class ? (codec *)r : NULL;
}

void redisc_codec_output(redisc *r, redisc_str *bytes)
{
    codec *self = codec_of(r);
    if (bytes == NULL) {
        return;
    }
    *bytes = redisc_bytes("", 0);
    if (self != NULL && redisc_buffer_len(&self->out) > 0) {
        *bytes = redisc_bytes(redisc_buffer_content(&self->out), redisc_buffer_len(&self->out));
    }
}

void redisc_codec_sent(redisc *r, size_t len)
{
    codec *self = codec_of(r);
    if (self != NULL) {
        size_t most = redisc_buffer_len(&self->out);
        redisc_buffer_consume(&self->out, len < most ? len : most);
    }
}

/* Every open call fails with the error that was just made. */
static redisc_status die(codec *self)
{
    self->dead = true;
    redisc_error_save(&self->death);
    redisc_queue_fail(&self->queue, self->queue.count, REDISC_UNKNOWN);
    return redisc_error_restore(&self->death);
}

static redisc_status unasked_reply(void)
{
    return redisc_fail(REDISC_ERROR_PROTOCOL, "a reply came though no call is open");
}

/* What the call answered last comes to. */
static redisc_status after_answer(codec *self, redisc_status status,
                                  redisc_error_copy *first_failure)
{
    if (status < 0 && first_failure->error.status == REDISC_OK) {
        redisc_error_save(first_failure);
    }
    return redisc_queue_kept(&self->queue) == REDISC_OK ? REDISC_OK : die(self);
}

/* The short way for replies of one value, as far as they come in a row. */
static redisc_status answer_leaves(codec *self, redisc_error_copy *first_failure)
{
    redisc_node leaves[ROW];
    redisc_parsed reply;
    redisc_status outcome = REDISC_OK;
    size_t count = ROW;
    while (count == ROW && outcome == REDISC_OK) {
        count = redisc_parser_leaves(self->parser, leaves, ROW, &reply);
        for (size_t done = 0; done < count && outcome == REDISC_OK;) {
            size_t open = redisc_queue_open(&self->queue);
            size_t most = count - done < open ? count - done : open;
            if (most == 0) {
                unasked_reply();
                return die(self);
            }
            redisc_status status = REDISC_OK;
            done += redisc_queue_answer_leaves(&self->queue, &reply, leaves + done, most, &status);
            outcome = after_answer(self, status, first_failure);
        }
        if (count > 0) {
            redisc_parser_consume(self->parser);
        }
    }
    return outcome;
}

/* Pushes belong to no call. */
static redisc_status answer_one(codec *self, redisc_parsed *reply, redisc_error_copy *first_failure)
{
    bool is_push = redisc_node_kind(reply->nodes) == REDISC_NODE_PUSH;
    if (!is_push && redisc_queue_open(&self->queue) == 0) {
        unasked_reply();
        return die(self);
    }
    redisc_status status = is_push ? REDISC_OK : redisc_queue_answer(&self->queue, reply);
    redisc_parser_consume(self->parser);
    return after_answer(self, status, first_failure);
}

/* Hands out what is complete by now. */
static redisc_status answer(codec *self, redisc_error_copy *first_failure)
{
    redisc_parsed reply;
    redisc_parse state;
    redisc_status outcome = REDISC_OK;
    while (outcome == REDISC_OK &&
           (state = redisc_parser_next(self->parser, &reply)) != REDISC_PARSE_MORE) {
        outcome =
            state == REDISC_PARSE_FAILED ? die(self) : answer_one(self, &reply, first_failure);
        if (outcome == REDISC_OK && redisc_parser_pending(self->parser) > 0) {
            outcome = answer_leaves(self, first_failure);
        }
    }
    return outcome;
}

static redisc_status take_portion(codec *self, const char **bytes, size_t *len)
{
    size_t size = 0;
    char *room = redisc_parser_room(self->parser, &size);
    if (room == NULL) {
        return die(self);
    }
    size_t portion = *len < size ? *len : size;
    memcpy(room, *bytes, portion);
    redisc_parser_filled(self->parser, portion);
    *bytes += portion;
    *len -= portion;
    return REDISC_OK;
}

redisc_status redisc_codec_feed(redisc *r, const void *received, size_t len)
{
    codec *self = codec_of(r);
    if (self == NULL || (received == NULL && len > 0)) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_codec_feed: `%s` is %s",
                           self == NULL ? "codec" : "bytes", self == NULL ? "not a codec" : "NULL");
    }
    if (self->dead) {
        return redisc_error_restore(&self->death);
    }
    const char *bytes = received;
    redisc_error_copy first_failure;
    first_failure.error.status = REDISC_OK;
    while (len > 0) {
        redisc_status status = take_portion(self, &bytes, &len);
        if (status == REDISC_OK) {
            status = answer(self, &first_failure);
        }
        if (status != REDISC_OK) {
            return status;
        }
    }
    if (first_failure.error.status != REDISC_OK) {
        return redisc_error_restore(&first_failure);
    }
    return redisc_queue_open(&self->queue) > 0 ? REDISC_QUEUED : REDISC_OK;
}

size_t redisc_codec_open_calls(redisc *r)
{
    codec *self = codec_of(r);
    return self == NULL ? 0 : redisc_queue_open(&self->queue);
}

void redisc_codec_forget(redisc *r)
{
    codec *self = codec_of(r);
    if (self != NULL) {
        redisc_queue_forget(&self->queue);
    }
}

void redisc_codec_use_arena(redisc *r, redisc_arena *arena)
{
    codec *self = codec_of(r);
    if (self != NULL) {
        self->queue.arena = arena;
    }
}
