/* SPDX-License-Identifier: MIT */
/* Pipelines that send what is collected portion by portion, while replies come. */
#include "pipeline.h"

/* Takes a connection, with the first portion. */
static redisc_status begin(redisc_pipe *pipe)
{
    pipe->exchange = (redisc_exchange){.on_reply = redisc_pipe_on_plain_reply,
                                       .context = pipe,
                                       .careful = true,
                                       .pace_ms = pipe->model->timeout_ms};
    pipe->streamed = 0;
    pipe->streaming = true;
    pipe->connection = redisc_pipe_take(pipe, &pipe->tries);
    pipe->exchange.connection = pipe->connection;
    return pipe->connection == NULL ? redisc_last_error()->status : REDISC_OK;
}

/* Replies are told apart by their order, so loading within a stream waits until all before is
 * answered. */
static redisc_status load(redisc_pipe *pipe)
{
    redisc_exchange *x = &pipe->exchange;
    redisc_status status = REDISC_OK;
    if (pipe->load_count > 0) {
        x->deadline = redisc_pipe_deadline(pipe);
        status = redisc_exchange_run(x, 0);
    }
    if (status == REDISC_OK) {
        status = redisc_pipe_complete(pipe);
        pipe->loads_open = pipe->load_count;
    }
    return status;
}

/* A connection can be lost between two portions only by a fork, or because its server is no longer
 * the one that was looked for. */
static redisc_status check(const redisc_pipe *pipe)
{
    if (redisc_connection_outdated(pipe->connection)) {
        return redisc_fail(REDISC_ERROR_CLOSED,
                           "the server of the pipeline's connection is no longer the master");
    }
    return pipe->connection->fork_count == redisc_fork_count()
               ? REDISC_OK
               : redisc_fail(REDISC_ERROR_CONNECTION,
                             "the pipeline's connection belongs to the parent process");
}

static redisc_status send(redisc_pipe *pipe)
{
    redisc_exchange *x = &pipe->exchange;
    size_t calls = pipe->queue.count - pipe->streamed;
    x->bytes = redisc_buffer_content(&pipe->out);
    x->len = redisc_buffer_len(&pipe->out);
    x->expected = redisc_queue_open(&pipe->queue) + pipe->loads_open;
    x->unreleased = calls + pipe->loads_open;
    x->released_end = 0;
    x->deadline = redisc_pipe_deadline(pipe);
    x->connection->changed = x->connection->changed || pipe->changes;
    /* At most two portions are under way, so that the server need not keep more replies than that.
     */
    return redisc_exchange_run(x, calls);
}

redisc_status redisc_pipe_stream(redisc_pipe *pipe)
{
    redisc_exchange *x = &pipe->exchange;
    redisc_status status = pipe->streaming ? check(pipe) : begin(pipe);
    x->len = x->sent = 0; /* of the new portion */
    if (status == REDISC_OK) {
        status = load(pipe);
    }
    if (status == REDISC_OK) {
        status = send(pipe);
    }
    if (status != REDISC_OK) {
        redisc_error_save(&pipe->failure);
        return status;
    }
    pipe->streamed = pipe->queue.count;
    pipe->streamed_wait_ms = pipe->wait_ms;
    pipe->wait_ms = 0;
    redisc_buffer_consume(&pipe->out, x->len);
    redisc_pipe_forget_loads(pipe);
    x->len = x->sent = 0;
    return REDISC_OK;
}

redisc_status redisc_pipe_stream_end(redisc_pipe *pipe)
{
    redisc_exchange *x = &pipe->exchange;
    if (pipe->failure.error.status == REDISC_OK && redisc_pipe_stream(pipe) == REDISC_OK) {
        x->deadline = redisc_pipe_deadline(pipe);
        if (redisc_exchange_run(x, 0) == REDISC_OK) {
            return REDISC_OK;
        }
        redisc_error_save(&pipe->failure);
    }
    redisc_error_restore(&pipe->failure);
    redisc_error_about(NULL, redisc_last_error()->delivery, pipe->tries);
    redisc_pipe_fail_rest(pipe, pipe->streamed, x->sent);
    return pipe->failure.error.status;
}
