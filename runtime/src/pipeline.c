/* SPDX-License-Identifier: MIT */
/* The pipeline as a handle: collecting calls, and running them at once while keys are watched. */
#include "pipeline.h"

static const char multi_words[] = "*1\r\n$5\r\nMULTI\r\n";

redisc_connection *redisc_pipe_take(redisc_pipe *pipe)
{
    if (pipe->model->connection != NULL) {
        return pipe->model->connection;
    }
    return redisc_pool_take(pipe->model->pool, redisc_now_ms(), pipe->model->timeout_ms);
}

void redisc_pipe_release(redisc_pipe *pipe)
{
    redisc_connection *connection = pipe->connection;
    pipe->connection = NULL;
    pipe->watching = pipe->immediate = pipe->lost = pipe->streaming = pipe->begun = false;
    if (connection != NULL && connection != pipe->model->connection) {
        redisc_pool_give(pipe->model->pool, connection);
    }
}

redisc_deadline redisc_pipe_deadline(const redisc_pipe *pipe)
{
    if (pipe->wait_ms < 0) {
        return redisc_deadline_never();
    }
    redisc_deadline deadline = redisc_deadline_after(pipe->model->timeout_ms);
    return deadline.at_ms == INT64_MAX ? deadline
                                       : redisc_deadline_from(deadline.at_ms, pipe->wait_ms);
}

/* Forgets the collected calls, but not why they failed. */
static void clear(redisc_pipe *pipe)
{
    redisc_release(pipe->load_error);
    pipe->load_error = NULL;
    redisc_buffer_consume(&pipe->out, redisc_buffer_len(&pipe->out));
    redisc_pipe_forget_loads(pipe);
    pipe->wait_ms = 0;
    pipe->changes = pipe->begun = false;
    pipe->harmless = true;
    pipe->failure.error.status = REDISC_OK;
}

/* A new round begins with the first call after an execution: the errors of the last one go. */
static void forget_last_round(redisc_pipe *pipe)
{
    if (pipe->queue.count > 0 && redisc_queue_open(&pipe->queue) == 0 && !pipe->streaming) {
        redisc_queue_forget(&pipe->queue);
    }
}

static bool begin_immediate(redisc_pipe *pipe, redisc_command *c)
{
    if (pipe->connection->broken) {
        pipe->lost = true;
    }
    if (pipe->lost) {
        c->status =
            redisc_fail(REDISC_ERROR_WATCH, "%s: the connection was lost while keys were watched",
                        c->info->name);
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    pipe->connection->used_ms = redisc_now_ms();
    c->place = pipe->connection;
    c->out = &pipe->connection->out;
    c->start = c->out->end;
    return true;
}

static bool pipe_begin(redisc_command *c)
{
    redisc_pipe *pipe = (redisc_pipe *)c->handle;
    if (pipe->immediate) {
        return begin_immediate(pipe, c);
    }
    if (pipe->failure.error.status != REDISC_OK) {
        c->status = redisc_error_restore(&pipe->failure);
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    forget_last_round(pipe);
    if (redisc_pipe_atomic(pipe) && redisc_buffer_len(&pipe->out) == 0) {
        c->status = redisc_buffer_append(&pipe->out, multi_words, sizeof multi_words - 1);
        if (c->status != REDISC_OK) {
            redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
            return false;
        }
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

static void pipe_abandon(redisc_command *c)
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
static void add_wait(redisc_pipe *pipe, const redisc_command *c)
{
    if (redisc_pipe_atomic(pipe) || c->wait_ms < 0 || pipe->wait_ms < 0) {
        return;
    }
    bool for_ever = c->wait_ms == 0 || c->wait_ms > INT64_MAX - pipe->wait_ms;
    pipe->wait_ms = for_ever ? -1 : pipe->wait_ms + c->wait_ms;
}

static redisc_status run_at_once(redisc_pipe *pipe, redisc_command *c, const redisc_result *result,
                                 void *out)
{
    redisc_delivery delivery;
    redisc_deadline deadline = redisc_pooled_deadline(pipe->model, c, pipe->connection->used_ms);
    redisc_status status =
        redisc_connection_run(pipe->connection, c, result, out, deadline, &delivery);
    if (status < 0) {
        if (delivery != REDISC_ANSWERED) {
            redisc_connection_forget(c);
        }
        pipe->lost = pipe->lost || pipe->connection->broken;
        redisc_error_about(c->info->name, delivery, 1);
    }
    return status;
}

static redisc_status pipe_end(redisc_command *c, const redisc_result *result, void *out)
{
    redisc_pipe *pipe = (redisc_pipe *)c->handle;
    if (c->out != &pipe->out) {
        return run_at_once(pipe, c, result, out);
    }
    redisc_status status = redisc_queue_push(&pipe->queue, c->info, result, out);
    if (status != REDISC_OK) {
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        pipe_abandon(c);
        return status;
    }
    const uint32_t harmless = REDISC_COMMAND_READONLY | REDISC_COMMAND_REPEATABLE;
    pipe->harmless = pipe->harmless && (c->info->flags & harmless) != 0;
    pipe->changes = pipe->changes || (c->info->flags & REDISC_COMMAND_CONNECTION) != 0;
    add_wait(pipe, c);
    if (!redisc_pipe_atomic(pipe) && pipe->options.stream_bytes > 0 &&
        redisc_buffer_len(&pipe->out) >= pipe->options.stream_bytes) {
        return redisc_pipe_stream(pipe) == REDISC_OK ? REDISC_QUEUED : pipe->failure.error.status;
    }
    return REDISC_QUEUED;
}

/* UNWATCH, if it can be said; a connection that can't say it is of no more use. */
static void stop_watching(redisc_pipe *pipe)
{
    static const redisc_command_info unwatch = {
        .name = "UNWATCH", .words = "$7\r\nUNWATCH\r\n", .words_len = 13};
    if (!pipe->watching || pipe->lost || pipe->connection->broken) {
        return;
    }
    pipe->immediate = true;
    redisc_error_copy before;
    redisc_error_save(&before);
    redisc_command c;
    if (!redisc_command_begin(&c, &pipe->handle, &unwatch, 1, 0) ||
        redisc_command_end(&c, &redisc_reads_ok, NULL) < 0) {
        pipe->connection->broken = true;
    }
    redisc_error_restore(&before);
}

static void reset(redisc_pipe *pipe)
{
    if (pipe->streaming && pipe->exchange.expected > 0) {
        pipe->connection->broken =
            true; /* replies are on their way to variables that may be gone */
    }
    stop_watching(pipe);
    redisc_pipe_release(pipe);
    pipe->queue.first = pipe->queue.count;
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

static const redisc_handle_class pipe_class = {
    .name = "pipeline",
    .begin = pipe_begin,
    .end = pipe_end,
    .abandon = pipe_abandon,
    .close = pipe_close,
    .error_at = pipe_error_at,
};

redisc_pipe *redisc_pipe_of(redisc *r)
{
    return r != NULL && r->is == &pipe_class ? (redisc_pipe *)r : NULL;
}

redisc *redisc_pipeline(redisc *client, const redisc_pipeline_options *options)
{
    const redisc_pooled *model = redisc_pooled_of(client);
    if (model == NULL) {
        redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_pipeline: %s",
                    client == NULL ? "the client is NULL" : "this kind of handle has no pipelines");
        return NULL;
    }
    redisc_pipe *pipe = redisc_allocate_zeroed(sizeof *pipe);
    redisc_pooled *copy = pipe == NULL ? NULL : redisc_pooled_copy(model);
    if (copy == NULL) {
        redisc_release(pipe);
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a pipeline");
        return NULL;
    }
    pipe->handle.is = &pipe_class;
    pipe->model = copy;
    pipe->harmless = true;
    if (options != NULL) {
        pipe->options = *options;
    }
    redisc_buffer_init(&pipe->out, copy->pool->config->options.max_output_bytes);
    redisc_buffer_init(&pipe->loads, copy->pool->config->options.max_output_bytes);
    return &pipe->handle;
}

static redisc_status not_a_pipeline(const char *function)
{
    return redisc_fail(REDISC_ERROR_ARGUMENT, "%s: the handle is not a pipeline", function);
}

redisc_status redisc_execute(redisc *r)
{
    redisc_pipe *pipe = redisc_pipe_of(r);
    if (pipe == NULL) {
        return not_a_pipeline("redisc_execute");
    }
    if (redisc_queue_open(&pipe->queue) == 0 && !pipe->streaming) {
        bool lost = pipe->watching && (pipe->lost || pipe->connection->broken);
        reset(pipe);
        redisc_queue_forget(&pipe->queue);
        return lost ? redisc_fail(REDISC_ERROR_WATCH,
                                  "the connection was lost while keys were watched")
                    : REDISC_OK;
    }
    redisc_status status = redisc_pipe_run(pipe);
    status = redisc_pipe_report(pipe, status);
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

redisc_status redisc_unwatch(redisc *r)
{
    redisc_pipe *pipe = redisc_pipe_of(r);
    if (pipe == NULL) {
        return not_a_pipeline("redisc_unwatch");
    }
    if (pipe->watching && !pipe->immediate) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_unwatch: not between redisc_multi() and "
                                                  "redisc_execute()");
    }
    stop_watching(pipe);
    if (pipe->watching) {
        redisc_pipe_release(pipe);
    }
    return REDISC_OK;
}

redisc_status redisc_multi(redisc *r)
{
    redisc_pipe *pipe = redisc_pipe_of(r);
    if (pipe == NULL) {
        return not_a_pipeline("redisc_multi");
    }
    if (pipe->begun) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_multi: transactions can't be nested");
    }
    if (redisc_queue_open(&pipe->queue) > 0) {
        return redisc_fail(REDISC_ERROR_ARGUMENT,
                           "redisc_multi: calls are collected already; execute or reset first");
    }
    pipe->begun = true;
    pipe->immediate = false;
    return REDISC_OK;
}

static redisc_status run_watch(redisc_pipe *pipe, redisc_str_list keys)
{
    static const redisc_command_info watch = {
        .name = "WATCH", .words = "$5\r\nWATCH\r\n", .words_len = 11};
    redisc_command c;
    if (!redisc_command_begin(&c, &pipe->handle, &watch, 1 + keys.count,
                              redisc_room_str_list(keys))) {
        return c.status;
    }
    redisc_command_need(&c, keys.items, keys.count, "keys");
    redisc_put_key_list(&c, keys, "keys");
    return redisc_command_end(&c, &redisc_reads_ok, NULL);
}

redisc_status redisc_watch(redisc *r, redisc_str_list keys)
{
    redisc_pipe *pipe = redisc_pipe_of(r);
    if (pipe == NULL) {
        return not_a_pipeline("redisc_watch");
    }
    if (pipe->begun || redisc_queue_open(&pipe->queue) > 0 || pipe->streaming) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_watch: not after redisc_multi(), and not "
                                                  "when calls are collected");
    }
    bool first = pipe->connection == NULL;
    if (first) {
        pipe->connection = redisc_pipe_take(pipe);
        if (pipe->connection == NULL) {
            redisc_error_about("WATCH", REDISC_NOT_SENT, 1);
            return redisc_last_error()->status;
        }
    }
    pipe->watching = pipe->immediate = true;
    redisc_status status = run_watch(pipe, keys);
    if (status < 0 && first) {
        pipe->watching = !redisc_is(status, REDISC_ERROR_ARGUMENT);
        redisc_pipe_release(pipe);
    }
    return status;
}
