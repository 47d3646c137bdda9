/* SPDX-License-Identifier: MIT */
/* Running what a pipeline has collected, in one exchange. */
#include "encoded.h"
#include "pipeline.h"

static const char exec_words[] = "*1\r\n$4\r\nEXEC\r\n";

redisc_status redisc_pipe_judge(void *pipe, const redisc_operation_info *info, redisc_status status)
{
    redisc_pipe *self = pipe;
    status = redisc_connection_judge(self->exchange.connection, info, status);
    self->misled = self->misled || redisc_retry_distrusts(status);
    return status;
}

/* What the call answered last comes to: an error that it is given is its own matter. */
static redisc_status after_answer(const redisc_pipe *pipe, redisc_status status)
{
    return status >= 0 ? REDISC_OK : redisc_queue_kept(&pipe->queue);
}

redisc_status redisc_pipe_on_plain_reply(void *context, redisc_parsed *reply)
{
    redisc_pipe *pipe = context;
    if (pipe->loads_open > 0) {
        redisc_pipe_on_loaded(pipe, reply);
        return REDISC_OK;
    }
    return after_answer(pipe, redisc_queue_answer(&pipe->queue, reply));
}

redisc_status redisc_pipe_on_plain_leaves(void *context, redisc_parsed *reply,
                                          const redisc_node *leaves, size_t count)
{
    redisc_pipe *pipe = context;
    redisc_status status = REDISC_OK;
    size_t done = 0;
    for (; done < count && pipe->loads_open > 0; done++) {
        redisc_parsed_leaf(reply, &leaves[done]);
        redisc_pipe_on_loaded(pipe, reply);
    }
    while (done < count && status == REDISC_OK) {
        done +=
            redisc_queue_answer_leaves(&pipe->queue, reply, leaves + done, count - done, &status);
        status = after_answer(pipe, status);
    }
    return status;
}

/* The first call of which not a byte was sent. A transaction is one thing: all of it or nothing. */
static size_t first_unsent(const redisc_pipe *pipe, size_t first, size_t sent)
{
    size_t count = pipe->queue.count;
    if (sent == 0 || redisc_pipe_atomic(pipe)) {
        return sent == 0 ? first : count;
    }
    const char *start = redisc_buffer_content(&pipe->out);
    const char *at = first < count ? redisc_pipe_first_call(pipe) : start;
    while (first < count && (size_t)(at - start) < sent) {
        at = redisc_encoded_skip(at);
        first++;
    }
    return first;
}

void redisc_pipe_fail_rest(redisc_pipe *pipe, size_t first, size_t sent)
{
    redisc_queue *queue = &pipe->queue;
    redisc_error_copy why;
    redisc_error_save(&why);
    redisc_queue_fail(queue, first_unsent(pipe, first, sent), REDISC_UNKNOWN);
    redisc_error_restore(&why);
    redisc_queue_fail(queue, queue->count, REDISC_NOT_SENT);
    redisc_error_restore(&why);
    bool left = first > 0 || sent > 0;
    redisc_error_about(NULL, left ? REDISC_UNKNOWN : REDISC_NOT_SENT, why.error.tries);
}

/* One try on a connection. */
static redisc_status try_once(redisc_pipe *pipe, redisc_connection *connection,
                              redisc_deadline deadline)
{
    redisc_pipe_transaction t = {.pipe = pipe, .refused = SIZE_MAX};
    bool plain = !redisc_pipe_atomic(pipe);
    size_t calls = redisc_queue_open(&pipe->queue);
    pipe->loads_open = pipe->load_count;
    pipe->unbegun = false;
    redisc_release(pipe->load_error); /* of the last try */
    pipe->load_error = NULL;
    connection->changed = connection->changed || pipe->changes;
    pipe->exchange = (redisc_exchange){
        .connection = connection,
        .bytes = redisc_buffer_content(&pipe->out),
        .len = redisc_buffer_len(&pipe->out),
        .expected = (plain ? calls : calls + 2) + pipe->load_count,
        .unreleased = plain && !pipe->small ? calls + pipe->load_count : 0, /* EXEC comes last */
        .deadline = deadline,
        .pace_ms = pipe->model->timeout_ms,
        .on_reply = plain ? redisc_pipe_on_plain_reply : redisc_pipe_on_transaction_reply,
        .on_leaves = plain ? redisc_pipe_on_plain_leaves : redisc_pipe_on_transaction_leaves,
        .context = plain ? (void *)pipe : (void *)&t,
    };
    return redisc_exchange_run(&pipe->exchange, 0);
}

/* The reason for which the server refused all calls; OK if it has not. */
static redisc_status refused_all(const redisc_pipe *pipe)
{
    const redisc_queue *queue = &pipe->queue;
    size_t place = 0;
    for (size_t i = 0; i < queue->failure_count && queue->failures[i].first == place; i++) {
        const redisc_error *error = queue->failures[i].error;
        if (error->delivery != REDISC_ANSWERED || !redisc_retry_refused(error->status)) {
            return REDISC_OK;
        }
        place = queue->failures[i].end;
    }
    return place > 0 && place == queue->count ? queue->failures[0].error->status : REDISC_OK;
}

/*
 * How a try ended, as far as it matters to trying again; OK if it mustn't be: what was answered in
 * part, and a transaction whose EXEC has left. Without EXEC nothing is executed,
 * unless there was no MULTI either.
 */
static redisc_retry_end end_of(const redisc_pipe *pipe, redisc_status status)
{
    const redisc_exchange *x = &pipe->exchange;
    bool atomic = redisc_pipe_atomic(pipe);
    redisc_retry_end end = {.status = status, .delivery = REDISC_NOT_SENT, .connected = true};
    if (status >= 0) {
        end.delivery = REDISC_ANSWERED;
        end.status = atomic ? REDISC_OK : refused_all(pipe);
    } else if (x->sent > 0 && !(atomic && x->sent < x->len && !pipe->unbegun)) {
        end.delivery = REDISC_UNKNOWN;
        end.status = !atomic && pipe->queue.first == 0 ? status : REDISC_OK;
    }
    return end;
}

/* Bytes whose calls may have been executed. */
static size_t in_doubt(const redisc_pipe *pipe, redisc_retry_end end)
{
    return end.delivery == REDISC_NOT_SENT ? 0 : pipe->exchange.sent;
}

static redisc_status fail_unconnected(redisc_pipe *pipe)
{
    redisc_error_about(NULL, REDISC_NOT_SENT, pipe->tries);
    redisc_pipe_fail_rest(pipe, 0, 0);
    return redisc_last_error()->status;
}

/* Tries what is collected, and tries again as long as it is allowed. */
static redisc_status run_on_pool(redisc_pipe *pipe, redisc_deadline deadline)
{
    static const redisc_operation_info calls = {.name = "", .words = ""};
    redisc_connection *connection = redisc_pipe_take(pipe, &pipe->tries);
    if (connection == NULL) {
        return fail_unconnected(pipe);
    }
    redisc_retry retry = redisc_pipe_retry(pipe, &calls, deadline);
    retry.harmless = pipe->harmless;
    retry.scripted = pipe->scripted;
    retry.tries = pipe->tries;
    redisc_status status = try_once(pipe, connection, deadline);
    redisc_retry_end end = end_of(pipe, status);
    size_t most_sent = in_doubt(pipe, end);
    int64_t pause_ms;
    while (end.status < 0 && redisc_retry_again(&retry, end, &pause_ms)) {
        pipe->tries = retry.tries;
        redisc_queue_rewind(&pipe->queue);
        connection = redisc_pipe_change(pipe, connection, pause_ms, deadline);
        if (connection == NULL) {
            status = redisc_last_error()->status;
            end = (redisc_retry_end){.status = status, .delivery = REDISC_NOT_SENT};
            continue;
        }
        status = try_once(pipe, connection, deadline);
        end = end_of(pipe, status);
        size_t sent = in_doubt(pipe, end);
        most_sent = sent > most_sent ? sent : most_sent;
    }
    if (status < 0) {
        redisc_error_about(NULL, redisc_last_error()->delivery, pipe->tries);
        redisc_pipe_fail_rest(pipe, 0, most_sent);
    }
    redisc_pipe_give(pipe, connection);
    return status;
}

/* Without EXEC the server executes nothing, so a connection lost before that is as good as a
 * changed key: it can be tried again. */
static redisc_status run_watched(redisc_pipe *pipe, redisc_deadline deadline)
{
    static const char lost[] = "the connection was lost while keys were watched";
    if (pipe->lost || !redisc_pipe_holds(pipe)) {
        redisc_status status = redisc_fail(REDISC_ERROR_WATCH, "%s", lost);
        redisc_pipe_fail_rest(pipe, 0, 0);
        return status;
    }
    redisc_status status = try_once(pipe, pipe->connection, deadline);
    pipe->watching = false; /* EXEC ends it, and so does the loss of the connection */
    if (status >= 0) {
        return status;
    }
    const redisc_exchange *x = &pipe->exchange;
    if (redisc_is(status, REDISC_ERROR_CONNECTION) && x->sent < x->len && !pipe->unbegun) {
        status = redisc_fail(REDISC_ERROR_WATCH, "%s", lost);
    }
    redisc_error_about(NULL, redisc_last_error()->delivery, 1);
    redisc_pipe_fail_rest(pipe, 0, x->sent);
    return status;
}

redisc_status redisc_pipe_complete(redisc_pipe *pipe)
{
    redisc_status status = REDISC_OK;
    if (redisc_pipe_atomic(pipe)) {
        status = redisc_buffer_append(&pipe->out, exec_words, sizeof exec_words - 1);
    }
    return status == REDISC_OK ? redisc_pipe_prefix_loads(pipe) : status;
}

redisc_status redisc_pipe_run(redisc_pipe *pipe)
{
    if (pipe->streaming) {
        return redisc_pipe_stream_end(pipe);
    }
    redisc_status status = redisc_pipe_complete(pipe);
    if (status != REDISC_OK) {
        redisc_pipe_fail_rest(pipe, 0, 0);
        return status;
    }
    redisc_deadline deadline = redisc_pipe_deadline(pipe);
    return pipe->connection != NULL ? run_watched(pipe, deadline) : run_on_pool(pipe, deadline);
}
