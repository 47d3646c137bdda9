/* SPDX-License-Identifier: MIT */
/* The pipeline as a handle: collecting calls, executing and dropping them. */
#include "pipeline.h"

#include "hint.h"

static const char multi_words[] = "*1\r\n$5\r\nMULTI\r\n";

enum { KEPT_BYTES = 4 * 1024 * 1024 /* by the output of an idle pipeline */ };

redisc_connection *redisc_pipe_take(redisc_pipe *pipe, unsigned *tries)
{
    redisc_connection *pinned = pipe->model->connection;
    int64_t now_ms = redisc_now_ms();
    *tries = 1;
    if (pinned == NULL) {
        return redisc_pooled_take(pipe->model, pipe->wait_ms != 0, now_ms, tries);
    }
    if (redisc_pinned_check(pinned) != REDISC_OK || !redisc_connection_settle(pinned)) {
        return NULL;
    }
    pinned->used_ms = now_ms;
    return pinned;
}

/* Tells the pool what a call's answer has shown of the connection's server. */
static void tell_pool(redisc_pipe *pipe, const redisc_connection *connection)
{
    if (connection != NULL && pipe->misled) {
        redisc_pool_distrust(pipe->model->pool, connection);
    }
    pipe->misled = false;
}

redisc_connection *redisc_pipe_change(redisc_pipe *pipe, redisc_connection *connection,
                                      int64_t pause_ms, redisc_deadline deadline)
{
    tell_pool(pipe, connection);
    return redisc_pooled_change(pipe->model, connection, pipe->wait_ms != 0, pause_ms, deadline);
}

redisc_retry redisc_pipe_retry(const redisc_pipe *pipe, const redisc_operation_info *info,
                               redisc_deadline deadline)
{
    const redisc_pooled *model = pipe->model;
    int32_t most = model->connection == NULL ? model->max_tries : 1;
    return redisc_retry_begin(model->pool, info, most, model->repeat_anything, deadline);
}

void redisc_pipe_give(redisc_pipe *pipe, redisc_connection *connection)
{
    tell_pool(pipe, connection);
    if (connection != NULL && connection != pipe->model->connection) {
        redisc_pool_give(pipe->model->pool, connection);
    }
}

void redisc_pipe_release(redisc_pipe *pipe)
{
    redisc_connection *connection = pipe->connection;
    pipe->connection = NULL;
    pipe->watching = pipe->watched = pipe->immediate = false;
    pipe->lost = pipe->streaming = pipe->begun = false;
    redisc_pipe_give(pipe, connection);
}

/* What two amounts of waiting come to; -1 is for ever. */
static int64_t wait_sum(int64_t a, int64_t b)
{
    return a < 0 || b < 0 || a > INT64_MAX - b ? -1 : a + b;
}

redisc_deadline redisc_pipe_deadline(const redisc_pipe *pipe)
{
    int64_t wait_ms = wait_sum(pipe->wait_ms, pipe->streamed_wait_ms);
    return redisc_waiting_deadline(wait_ms, redisc_now_ms(), pipe->model->timeout_ms);
}

/* Forgets the collected calls, but not why they failed. */
static void clear(redisc_pipe *pipe)
{
    redisc_release(pipe->load_error);
    pipe->load_error = NULL;
    redisc_buffer_consume(&pipe->out, redisc_buffer_len(&pipe->out));
    redisc_buffer_shrink(&pipe->out, KEPT_BYTES);
    redisc_pipe_forget_loads(pipe);
    redisc_buffer_shrink(&pipe->loads, KEPT_BYTES);
    pipe->queue.first = pipe->queue.count;
    redisc_queue_shrink(&pipe->queue);
    pipe->wait_ms = pipe->streamed_wait_ms = 0;
    pipe->changes = pipe->begun = pipe->discarded = false;
    pipe->harmless = pipe->small = true;
    pipe->scripted = false;
    pipe->failure.error.status = REDISC_OK;
}

/* A new round begins with the first call after an execution: the errors of the last one go. */
static void forget_last_round(redisc_pipe *pipe)
{
    if (redisc_queue_open(&pipe->queue) == 0 && pipe->queue.count > 0 && !pipe->streaming) {
        redisc_queue_forget(&pipe->queue);
    }
}

static bool refuse(redisc_operation *c, redisc_status status)
{
    c->status = status;
    redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
    return false;
}

/* What the pipeline itself has to say, and keep count of. */
static bool is_its_own(const redisc_operation_info *info)
{
    static const char *const names[] = {"DISCARD", "EXEC", "MULTI", "UNWATCH", "WATCH"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(info->name, names[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool begin_transaction(redisc_pipe *pipe, redisc_operation *c)
{
    redisc_status status = redisc_buffer_append(&pipe->out, multi_words, sizeof multi_words - 1);
    return status == REDISC_OK || refuse(c, status);
}

/* Any call but one that is collected after others, with nothing to look at. */
static REDISC_NOINLINE bool begin_other(redisc_operation *c)
{
    redisc_pipe *pipe = (redisc_pipe *)c->handle;
    if ((c->info->flags & REDISC_COMMAND_CONNECTION) != 0 && is_its_own(c->info)) {
        return refuse(c, redisc_fail(REDISC_ERROR_UNSUPPORTED,
                                     "%s: a pipeline says it itself; see redisc_watch(), "
                                     "redisc_multi() and redisc_execute()",
                                     c->info->name));
    }
    if (pipe->immediate) {
        return redisc_pipe_begin_at_once(pipe, c);
    }
    if (pipe->failure.error.status != REDISC_OK) {
        return refuse(c, redisc_error_restore(&pipe->failure));
    }
    forget_last_round(pipe);
    if (redisc_buffer_len(&pipe->out) == 0 && redisc_pipe_atomic(pipe) &&
        !begin_transaction(pipe, c)) {
        return false;
    }
    c->out = &pipe->out;
    c->copies = true;
    return true;
}

static bool pipe_begin(redisc_operation *c)
{
    redisc_pipe *pipe = (redisc_pipe *)c->handle;
    if ((c->info->flags & REDISC_COMMAND_CONNECTION) != 0 || pipe->immediate ||
        pipe->failure.error.status != REDISC_OK || redisc_queue_open(&pipe->queue) == 0 ||
        redisc_buffer_len(&pipe->out) == 0) {
        return begin_other(c);
    }
    c->out = &pipe->out;
    c->copies = true;
    return true;
}

/* A transaction without calls is none. */
static void forget_lone_multi(redisc_pipe *pipe)
{
    if (redisc_queue_open(&pipe->queue) == 0) {
        redisc_buffer_consume(&pipe->out, redisc_buffer_len(&pipe->out));
    }
}

static void pipe_abandon(redisc_operation *c)
{
    redisc_pipe *pipe = (redisc_pipe *)c->handle;
    if (c->out != &pipe->out) {
        redisc_connection_forget(c);
        return;
    }
    c->out->end = c->start;
    forget_lone_multi(pipe);
}

/* In a transaction blocking commands don't block. */
static void add_wait(redisc_pipe *pipe, const redisc_operation *c)
{
    if (!redisc_pipe_atomic(pipe)) {
        pipe->wait_ms = wait_sum(pipe->wait_ms, c->wait_ms == 0 ? -1 : c->wait_ms);
    }
}

/* A call is collected that may matter to the others, or to when they are sent. */
static REDISC_NOINLINE redisc_status mind(redisc_pipe *pipe, const redisc_operation *c)
{
    pipe->changes = pipe->changes || (c->info->flags & REDISC_COMMAND_CONNECTION) != 0;
    if (c->wait_ms >= 0) {
        add_wait(pipe, c);
    }
    if (pipe->options.stream_bytes > 0 && !redisc_pipe_atomic(pipe) &&
        redisc_buffer_len(&pipe->out) >= pipe->options.stream_bytes) {
        /* This call is collected, whatever comes of it; after a failure the next one is refused. */
        redisc_pipe_stream(pipe);
    }
    return REDISC_QUEUED;
}

static redisc_status pipe_end(redisc_operation *c, const redisc_result *result, void *out);

static REDISC_NOINLINE redisc_status end_with_more_room(redisc_operation *c,
                                                        const redisc_result *result, void *out)
{
    redisc_status status = redisc_queue_make_room(&((redisc_pipe *)c->handle)->queue);
    if (status == REDISC_OK) {
        return pipe_end(c, result, out);
    }
    redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
    pipe_abandon(c);
    return status;
}

static redisc_status pipe_end(redisc_operation *c, const redisc_result *result, void *out)
{
    redisc_pipe *pipe = (redisc_pipe *)c->handle;
    uint32_t flags = c->info->flags;
    if (c->out != &pipe->out) {
        return redisc_pipe_end_at_once(pipe, c, result, out);
    }
    if (redisc_queue_full(&pipe->queue)) {
        return end_with_more_room(c, result, out);
    }
    redisc_queue_put(&pipe->queue, c->info, result, out);
    if (!redisc_is_harmless(c->info)) {
        pipe->harmless = false;
    }
    if ((flags & REDISC_COMMAND_SCRIPT) != 0) {
        pipe->scripted = true;
    }
    if (!result->small) {
        pipe->small = false;
    }
    if ((flags & REDISC_COMMAND_CONNECTION) != 0 || c->wait_ms >= 0 ||
        pipe->options.stream_bytes > 0) {
        return mind(pipe, c);
    }
    return REDISC_QUEUED;
}

static void reset(redisc_pipe *pipe)
{
    if (pipe->streaming && pipe->exchange.expected > 0) {
        pipe->connection->broken =
            true; /* replies are on their way to variables that may be gone */
    }
    redisc_pipe_stop_watching(pipe);
    redisc_pipe_release(pipe);
    clear(pipe);
}

static void pipe_close(redisc *r)
{
    redisc_pipe *pipe = (redisc_pipe *)r;
    reset(pipe);
    redisc_queue_free(&pipe->queue);
    redisc_buffer_free(&pipe->out);
    redisc_buffer_free(&pipe->loads);
    redisc_pooled_free(pipe->model);
    redisc_release(pipe);
}

static const redisc_error *pipe_error_at(redisc *r, size_t place)
{
    return redisc_queue_error(&((redisc_pipe *)r)->queue, place);
}

static bool pipe_collects(const redisc *r)
{
    return !((const redisc_pipe *)r)->immediate;
}

static const redisc_handle_class pipe_class = {
    .name = "pipeline",
    .begin = pipe_begin,
    .end = pipe_end,
    .abandon = pipe_abandon,
    .close = pipe_close,
    .error_at = pipe_error_at,
    .collects = pipe_collects,
};

redisc_pipe *redisc_pipe_of(redisc *r)
{
    return r != NULL && r->is == &pipe_class ? (redisc_pipe *)r : NULL;
}

redisc *redisc_pipeline(redisc *client, const redisc_pipeline_options *options)
{
    const redisc_pooled *model = redisc_pooled_of(client);
    if (model == NULL) {
        if (client == NULL) {
            redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_pipeline: the client is NULL");
        } else {
            redisc_fail(REDISC_ERROR_UNSUPPORTED, "redisc_pipeline: a %s handle has no pipelines",
                        client->is->name);
        }
        return NULL;
    }
    redisc_pipe *pipe = redisc_allocate_zeroed(sizeof *pipe);
    redisc_pooled *copy = pipe == NULL ? NULL : redisc_pooled_copy(model);
    if (copy == NULL) {
        redisc_release(pipe);
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a pipeline");
        return NULL;
    }
    const redisc_options *how = &copy->pool->config->options;
    pipe->handle.is = &pipe_class;
    pipe->model = copy;
    pipe->harmless = pipe->small = true;
    pipe->queue.utf8 = how->encoding == REDISC_ENCODING_UTF8;
    pipe->queue.arena = copy->arena;
    pipe->queue.judge = redisc_pipe_judge;
    pipe->queue.judge_context = pipe;
    if (options != NULL) {
        pipe->options = *options;
    }
    redisc_buffer_init(&pipe->out, how->max_output_bytes);
    redisc_buffer_init(&pipe->loads, how->max_output_bytes);
    return &pipe->handle;
}

static redisc_status not_a_pipeline(const char *function)
{
    return redisc_fail(REDISC_ERROR_ARGUMENT, "%s: the handle is not a pipeline", function);
}

/* Without collected calls there is nothing to execute, only watching to end. */
static redisc_status execute_nothing(redisc_pipe *pipe)
{
    bool lost = pipe->watching && (pipe->lost || !redisc_pipe_holds(pipe));
    reset(pipe);
    redisc_queue_forget(&pipe->queue);
    return lost ? redisc_fail(REDISC_ERROR_WATCH, "the connection was lost while keys were watched")
                : REDISC_OK;
}

redisc_status redisc_execute(redisc *r)
{
    redisc_pipe *pipe = redisc_pipe_of(r);
    if (pipe == NULL) {
        return not_a_pipeline("redisc_execute");
    }
    if (redisc_queue_open(&pipe->queue) == 0 && !pipe->streaming) {
        return execute_nothing(pipe);
    }
    redisc_status status = redisc_pipe_run(pipe);
    status = redisc_pipe_report(pipe, status);
    redisc_pipe_stop_watching(pipe);
    redisc_pipe_release(pipe);
    clear(pipe);
    return status;
}

size_t redisc_pipeline_length(redisc *r)
{
    redisc_pipe *pipe = redisc_pipe_of(r);
    if (pipe == NULL) {
        return 0;
    }
    return pipe->streaming ? pipe->queue.count : redisc_queue_open(&pipe->queue);
}

redisc_status redisc_pipeline_reset(redisc *r)
{
    redisc_pipe *pipe = redisc_pipe_of(r);
    if (pipe == NULL) {
        return not_a_pipeline("redisc_pipeline_reset");
    }
    reset(pipe);
    redisc_queue_forget(&pipe->queue);
    return REDISC_OK;
}
