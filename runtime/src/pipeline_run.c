/* SPDX-License-Identifier: MIT */
/* Running what a pipeline has collected. */
#include "pipeline.h"

enum { MOST_TRIES = 3 };

static const char exec_words[] = "*1\r\n$4\r\nEXEC\r\n";

/* A transaction under way: +OK for MULTI, +QUEUED for each call, then EXEC's reply. */
typedef struct transaction {
    redisc_pipe *pipe;
    size_t replies;  /* that have come */
    size_t refused;  /* place of the first call that the server did not queue; SIZE_MAX: none */
    size_t refusals; /* how many */
} transaction;

static redisc_str text_of(const redisc_parsed *reply, const redisc_node *node)
{
    return redisc_bytes(redisc_node_bytes(reply, node), redisc_node_length(node));
}

static bool is_error(const redisc_parsed *reply)
{
    return redisc_node_kind(reply->nodes) == REDISC_NODE_ERROR;
}

static bool is_word(const redisc_parsed *reply, const char *word)
{
    return redisc_node_kind(reply->nodes) == REDISC_NODE_SIMPLE &&
           redisc_str_equal(text_of(reply, reply->nodes), redisc_text(word));
}

static redisc_status out_of_step(const char *expected)
{
    return redisc_fail(REDISC_ERROR_PROTOCOL, "in a transaction: expected %s", expected);
}

static redisc_status on_plain_reply(void *context, redisc_parsed *reply)
{
    redisc_pipe *pipe = context;
    if (pipe->loads_open > 0) {
        redisc_pipe_on_loaded(pipe, reply);
        return REDISC_OK;
    }
    redisc_status status = redisc_queue_answer(&pipe->queue, reply);
    if (redisc_is(status, REDISC_ERROR_CONNECTION) && status < 0) {
        pipe->exchange.connection->broken = true; /* LOADING and kin: another one may fare better */
    }
    return REDISC_OK;
}

/* The answer to a call within MULTI: queued, or why not. */
static redisc_status on_queued(transaction *t, const redisc_parsed *reply)
{
    redisc_queue *queue = &t->pipe->queue;
    size_t place = t->replies - 2;
    if (!is_error(reply)) {
        return is_word(reply, "QUEUED") ? REDISC_OK : out_of_step("+QUEUED");
    }
    /* Calls before this one, back to the last refused one, fail for EXECABORT; that is filled in at
     * the end. */
    if (t->refused == SIZE_MAX) {
        t->refused = place;
    }
    t->refusals++;
    if (queue->first < place) {
        char words[160];
        redisc_pipe_words(t->pipe, t->refused, words, sizeof words);
        redisc_fail(REDISC_ERROR_EXECABORT,
                    "the transaction was discarded because of command # %zu (%s)", t->refused + 1,
                    words);
        redisc_queue_fail(queue, place, REDISC_ANSWERED);
    }
    redisc_fail_server(text_of(reply, reply->nodes));
    redisc_queue_fail(queue, place + 1, REDISC_ANSWERED);
    return REDISC_OK;
}

/* EXEC refused: all that were queued are discarded. */
static void on_discarded(transaction *t, const redisc_parsed *reply)
{
    redisc_queue *queue = &t->pipe->queue;
    if (t->refusals > 0) {
        char words[160];
        redisc_pipe_words(t->pipe, t->refused, words, sizeof words);
        redisc_fail(REDISC_ERROR_EXECABORT,
                    "the transaction was discarded because of command # %zu (%s)", t->refused + 1,
                    words);
    } else {
        redisc_fail_server(text_of(reply, reply->nodes));
    }
    redisc_queue_fail(queue, queue->count, REDISC_ANSWERED);
}

static redisc_status on_executed(transaction *t, redisc_parsed *reply)
{
    redisc_queue *queue = &t->pipe->queue;
    redisc_node_type kind = redisc_node_kind(reply->nodes);
    if (kind == REDISC_NODE_ERROR) {
        on_discarded(t, reply);
        return REDISC_OK;
    }
    if (kind == REDISC_NODE_NIL) {
        redisc_fail(REDISC_ERROR_WATCH, "a watched key was changed; nothing was executed");
        redisc_error_about("EXEC", REDISC_ANSWERED, 1);
        redisc_queue_fail(queue, queue->count, REDISC_ANSWERED);
        return REDISC_OK;
    }
    size_t expected = redisc_queue_open(queue);
    size_t length = redisc_node_length(reply->nodes);
    if (kind != REDISC_NODE_ARRAY || length != expected || t->refusals > 0) {
        return redisc_fail(REDISC_ERROR_PROTOCOL,
                           "EXEC gave %zu replies for a transaction of %zu commands", length,
                           queue->count);
    }
    for (size_t at = 1; redisc_queue_open(queue) > 0;) {
        redisc_queue_answer_part(queue, reply, &at);
    }
    reply->large = NULL; /* the parts have taken theirs */
    return REDISC_OK;
}

static redisc_status on_transaction_reply(void *context, redisc_parsed *reply)
{
    transaction *t = context;
    if (t->pipe->loads_open > 0) {
        redisc_pipe_on_loaded(t->pipe, reply);
        return REDISC_OK;
    }
    t->replies++;
    if (t->replies == 1) {
        if (is_error(reply)) {
            return redisc_fail_server(text_of(reply, reply->nodes));
        }
        return is_word(reply, "OK") ? REDISC_OK : out_of_step("+OK for MULTI");
    }
    return t->replies == t->pipe->queue.count + 2 ? on_executed(t, reply) : on_queued(t, reply);
}

/* The calls that were not answered fail with the last error; those that never left are told apart.
 */
static void fail_rest(redisc_pipe *pipe, size_t sent)
{
    redisc_queue *queue = &pipe->queue;
    redisc_error_copy why;
    redisc_error_save(&why);
    size_t partly = queue->first; /* the first call of which not a byte was sent */
    if (redisc_pipe_atomic(pipe)) {
        partly = sent == 0 ? 0 : queue->count;
    } else {
        while (partly < queue->count && redisc_pipe_offset(pipe, partly) < sent) {
            partly++;
        }
    }
    redisc_queue_fail(queue, partly, REDISC_UNKNOWN);
    redisc_error_restore(&why);
    redisc_queue_fail(queue, queue->count, REDISC_NOT_SENT);
    redisc_error_restore(&why);
    redisc_error_about(NULL, sent == 0 ? REDISC_NOT_SENT : REDISC_UNKNOWN, why.error.tries);
}

/* One try on pipe->exchange.connection. */
static redisc_status try_once(redisc_pipe *pipe, redisc_deadline deadline)
{
    transaction t = {.pipe = pipe, .refused = SIZE_MAX};
    redisc_exchange *x = &pipe->exchange;
    bool plain = !redisc_pipe_atomic(pipe);
    size_t calls = redisc_queue_open(&pipe->queue);
    x->bytes = redisc_buffer_content(&pipe->out);
    x->len = redisc_buffer_len(&pipe->out);
    x->sent = 0;
    x->deadline = deadline;
    x->expected = (plain ? calls : calls + 2) + pipe->load_count;
    pipe->loads_open = pipe->load_count;
    x->on_reply = plain ? on_plain_reply : on_transaction_reply;
    x->context = plain ? (void *)pipe : (void *)&t;
    x->connection->changed = x->connection->changed || pipe->changes;
    return redisc_exchange_run(x, 0);
}

/* Whether all of it may be sent once more on another connection. */
static bool may_repeat(const redisc_pipe *pipe, redisc_status status)
{
    if (pipe->connection != NULL || pipe->model->connection != NULL ||
        !redisc_is(status, REDISC_ERROR_CONNECTION)) {
        return false;
    }
    const redisc_exchange *x = &pipe->exchange;
    bool harmless = pipe->harmless || pipe->model->repeat_anything;
    return x->sent == 0 || (harmless && pipe->queue.first == 0);
}

static redisc_status run_on_pool(redisc_pipe *pipe, redisc_deadline deadline)
{
    redisc_exchange *x = &pipe->exchange;
    x->connection = redisc_pipe_take(pipe);
    if (x->connection == NULL) {
        fail_rest(pipe, 0);
        return redisc_last_error()->status;
    }
    unsigned tries = 1;
    redisc_status status = try_once(pipe, deadline);
    while (status < 0 && tries < MOST_TRIES && may_repeat(pipe, status) &&
           !redisc_deadline_passed(deadline)) {
        tries++;
        x->connection = redisc_pool_replace(pipe->model->pool, x->connection, deadline);
        if (x->connection == NULL) {
            status = redisc_last_error()->status;
            break;
        }
        redisc_queue_rewind(&pipe->queue);
        status = try_once(pipe, deadline);
    }
    if (status < 0) {
        fail_rest(pipe, x->sent);
        redisc_error_about(NULL, redisc_last_error()->delivery, tries);
    }
    if (x->connection != NULL && x->connection != pipe->model->connection) {
        redisc_pool_give(pipe->model->pool, x->connection);
    }
    return status;
}

static redisc_status run_watched(redisc_pipe *pipe, redisc_deadline deadline)
{
    pipe->exchange.connection = pipe->connection;
    pipe->exchange.sent = 0;
    redisc_status status = REDISC_OK;
    if (!pipe->connection->broken && !pipe->lost) {
        status = try_once(pipe, deadline);
    }
    if (pipe->connection->broken || pipe->lost) {
        size_t sent = pipe->exchange.sent;
        if (status == REDISC_OK || (redisc_is(status, REDISC_ERROR_CONNECTION) && sent == 0)) {
            status =
                redisc_fail(REDISC_ERROR_WATCH, "the connection was lost while keys were watched");
        }
        fail_rest(pipe, sent);
    }
    return status;
}

static redisc_status run_streamed(redisc_pipe *pipe)
{
    if (pipe->failure.error.status == REDISC_OK && redisc_pipe_stream(pipe) == REDISC_OK) {
        redisc_exchange *x = &pipe->exchange;
        x->deadline = redisc_pipe_deadline(pipe);
        if (redisc_exchange_run(x, 0) == REDISC_OK) {
            return REDISC_OK;
        }
        redisc_queue_fail(&pipe->queue, pipe->queue.count, REDISC_UNKNOWN);
        return redisc_last_error()->status;
    }
    redisc_error_restore(&pipe->failure);
    redisc_queue_fail(&pipe->queue, pipe->queue.count, REDISC_UNKNOWN);
    return redisc_error_restore(&pipe->failure);
}

redisc_status redisc_pipe_run(redisc_pipe *pipe)
{
    if (pipe->streaming) {
        return run_streamed(pipe);
    }
    if (redisc_pipe_atomic(pipe)) {
        redisc_status status = redisc_buffer_append(&pipe->out, exec_words, sizeof exec_words - 1);
        if (status != REDISC_OK) {
            fail_rest(pipe, 0);
            return status;
        }
    }
    redisc_status status = redisc_pipe_prefix_loads(pipe);
    if (status != REDISC_OK) {
        fail_rest(pipe, 0);
        return status;
    }
    redisc_deadline deadline = redisc_pipe_deadline(pipe);
    return pipe->connection != NULL ? run_watched(pipe, deadline) : run_on_pool(pipe, deadline);
}

/* Replies are told apart by their order, so loading within a stream waits until all before is
 * answered. */
static redisc_status prefix_stream(redisc_pipe *pipe)
{
    redisc_exchange *x = &pipe->exchange;
    redisc_status status = REDISC_OK;
    if (pipe->load_count > 0) {
        x->len = x->sent = 0;
        x->deadline = redisc_pipe_deadline(pipe);
        status = redisc_exchange_run(x, 0);
    }
    if (status == REDISC_OK) {
        status = redisc_pipe_prefix_loads(pipe);
        pipe->loads_open = pipe->load_count;
    }
    return status;
}

redisc_status redisc_pipe_stream(redisc_pipe *pipe)
{
    redisc_exchange *x = &pipe->exchange;
    if (!pipe->streaming) {
        *x = (redisc_exchange){.on_reply = on_plain_reply, .context = pipe};
        pipe->streamed = 0;
        pipe->connection = redisc_pipe_take(pipe);
        if (pipe->connection == NULL) {
            redisc_error_save(&pipe->failure);
            pipe->streaming = true;
            return pipe->failure.error.status;
        }
        pipe->streaming = true;
        x->connection = pipe->connection;
    }
    redisc_status status = prefix_stream(pipe);
    if (status != REDISC_OK) {
        redisc_error_save(&pipe->failure);
        return status;
    }
    x->bytes = redisc_buffer_content(&pipe->out);
    x->len = redisc_buffer_len(&pipe->out);
    x->sent = 0;
    x->expected = redisc_queue_open(&pipe->queue) + pipe->loads_open;
    x->deadline = redisc_pipe_deadline(pipe);
    x->connection->changed = x->connection->changed || pipe->changes;
    /* At most two portions are under way, so that the server need not keep more replies than that.
     */
    size_t behind = pipe->queue.count - pipe->streamed;
    status = redisc_exchange_run(x, behind);
    if (status != REDISC_OK) {
        redisc_error_save(&pipe->failure);
        return status;
    }
    pipe->streamed = pipe->queue.count;
    redisc_buffer_consume(&pipe->out, x->len);
    redisc_pipe_forget_loads(pipe);
    return REDISC_OK;
}
