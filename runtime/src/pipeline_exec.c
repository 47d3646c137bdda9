/* SPDX-License-Identifier: MIT */
/* The replies of a transaction: MULTI's, one for each call, and EXEC's with the results. */
#include "pipeline.h"

#include <string.h>

static const redisc_operation_info exec_info = {.name = "EXEC", .words = ""};

static redisc_str text_of(const redisc_parsed *reply)
{
    return redisc_bytes(redisc_node_bytes(reply, reply->nodes), redisc_node_length(reply->nodes));
}

static bool is_error(const redisc_parsed *reply)
{
    return redisc_node_kind(reply->nodes) == REDISC_NODE_ERROR;
}

static bool is_word(const redisc_parsed *reply, const char *word)
{
    return redisc_node_kind(reply->nodes) == REDISC_NODE_SIMPLE &&
           redisc_str_equal(text_of(reply), redisc_text(word));
}

static redisc_status out_of_step(const char *expected)
{
    return redisc_fail(REDISC_ERROR_PROTOCOL, "in a transaction: expected %s", expected);
}

/* Without MULTI the calls that follow may be run one by one, so there is no telling what became of
 * them; the connection is closed. */
static redisc_status on_multi(redisc_pipe *pipe, const redisc_parsed *reply)
{
    if (is_word(reply, "OK")) {
        return REDISC_OK;
    }
    pipe->unbegun = true;
    if (!is_error(reply)) {
        return out_of_step("+OK for MULTI");
    }
    redisc_status status = redisc_fail_server(text_of(reply));
    redisc_error_about("MULTI", REDISC_ANSWERED, 1);
    redisc_error_prefix("the transaction was not begun");
    return status;
}

/* Calls up to before `end` are discarded because of another one. */
static void discard(redisc_pipe_transaction *t, size_t end)
{
    redisc_fail(REDISC_ERROR_EXECABORT,
                "the transaction was discarded because of command # %zu (%s)", t->refused + 1,
                t->words);
    redisc_queue_fail(&t->pipe->queue, end, REDISC_ANSWERED);
}

/* The answer to a call within MULTI: queued, or why not. */
static redisc_status on_queued(redisc_pipe_transaction *t, const redisc_parsed *reply)
{
    redisc_queue *queue = &t->pipe->queue;
    size_t place = t->replies - 2;
    if (!is_error(reply)) {
        return is_word(reply, "QUEUED") ? REDISC_OK : out_of_step("+QUEUED");
    }
    if (t->refused == SIZE_MAX) {
        t->refused = place;
        redisc_pipe_words(t->pipe, place, t->words);
    }
    if (queue->first < place) {
        discard(t, place); /* those between this one and the last refused one */
    }
    const redisc_operation_info *info = redisc_queue_slot(queue, place)->info;
    redisc_pipe_judge(t->pipe, info, redisc_fail_server(text_of(reply)));
    redisc_queue_fail(queue, place + 1, REDISC_ANSWERED);
    return redisc_queue_kept(queue);
}

/* EXEC refused: all that were queued are discarded. */
static redisc_status on_refused(redisc_pipe_transaction *t, const redisc_parsed *reply)
{
    redisc_queue *queue = &t->pipe->queue;
    t->pipe->discarded = true;
    redisc_pipe_judge(t->pipe, &exec_info, redisc_fail_server(text_of(reply)));
    if (t->refused != SIZE_MAX) {
        discard(t, queue->count);
    } else {
        redisc_error_about("EXEC", REDISC_ANSWERED, 1);
        redisc_queue_fail(queue, queue->count, REDISC_ANSWERED);
    }
    return redisc_queue_kept(queue);
}

static redisc_status on_changed_key(redisc_pipe_transaction *t)
{
    redisc_queue *queue = &t->pipe->queue;
    t->pipe->discarded = true;
    redisc_fail(REDISC_ERROR_WATCH, "a watched key was changed; nothing was executed");
    redisc_error_about("EXEC", REDISC_ANSWERED, 1);
    redisc_queue_fail(queue, queue->count, REDISC_ANSWERED);
    return redisc_queue_kept(queue);
}

enum { MOST_LEAVES = 64 /* that are looked for at once */ };

/* How many of the values from `at` on are one node each, no errors and not large. */
static size_t leaves_in_a_row(const redisc_parsed *reply, size_t at)
{
    size_t end = at;
    while (end < reply->count && end < at + MOST_LEAVES) {
        redisc_node_type kind = redisc_node_kind(&reply->nodes[end]);
        if (kind >= REDISC_NODE_ARRAY || kind == REDISC_NODE_ERROR || kind == REDISC_NODE_LARGE) {
            break;
        }
        end++;
    }
    return end - at;
}

/* There are as many results as calls are open. */
static redisc_status on_results(redisc_pipe_transaction *t, redisc_parsed *reply)
{
    redisc_queue *queue = &t->pipe->queue;
    reply->arena = queue->arena;
    redisc_parsed part = *reply;
    part.count = 1;
    part.large = NULL;
    for (size_t at = 1; redisc_queue_open(queue) > 0;) {
        redisc_status status = REDISC_OK;
        size_t leaves = leaves_in_a_row(reply, at);
        if (leaves > 0) {
            at += redisc_queue_answer_leaves(queue, &part, &reply->nodes[at], leaves, &status);
        } else {
            redisc_queue_answer_part(queue, reply, &at);
        }
    }
    reply->large = NULL; /* the parts have taken theirs */
    return redisc_queue_kept(queue);
}

static redisc_status on_exec(redisc_pipe_transaction *t, redisc_parsed *reply)
{
    redisc_queue *queue = &t->pipe->queue;
    redisc_node_type kind = redisc_node_kind(reply->nodes);
    if (kind == REDISC_NODE_ERROR) {
        return on_refused(t, reply);
    }
    if (kind == REDISC_NODE_NIL) {
        return on_changed_key(t);
    }
    if (kind != REDISC_NODE_ARRAY) {
        return out_of_step("an array for EXEC");
    }
    size_t length = redisc_node_length(reply->nodes);
    if (t->refused != SIZE_MAX || length != redisc_queue_open(queue)) {
        return redisc_fail(REDISC_ERROR_PROTOCOL,
                           "EXEC gave %zu replies for a transaction of %zu commands", length,
                           queue->count);
    }
    return on_results(t, reply);
}

redisc_status redisc_pipe_on_transaction_reply(void *context, redisc_parsed *reply)
{
    redisc_pipe_transaction *t = context;
    if (t->pipe->loads_open > 0) {
        redisc_pipe_on_loaded(t->pipe, reply);
        return REDISC_OK;
    }
    t->replies++;
    if (t->replies == 1) {
        return on_multi(t->pipe, reply);
    }
    return t->replies == t->pipe->queue.count + 2 ? on_exec(t, reply) : on_queued(t, reply);
}

static inline bool is_queued(const redisc_parsed *reply, const redisc_node *leaf)
{
    return leaf->head == redisc_node_head(REDISC_NODE_SIMPLE, 6) &&
           memcmp(redisc_node_bytes(reply, leaf), "QUEUED", 6) == 0;
}

redisc_status redisc_pipe_on_transaction_leaves(void *context, redisc_parsed *reply,
                                                const redisc_node *leaves, size_t count)
{
    redisc_pipe_transaction *t = context;
    redisc_status status = REDISC_OK;
    for (size_t i = 0; i < count && status == REDISC_OK; i++) {
        bool answers_call =
            t->pipe->loads_open == 0 && t->replies > 0 && t->replies <= t->pipe->queue.count;
        if (answers_call && is_queued(reply, &leaves[i])) {
            t->replies++;
        } else {
            redisc_parsed_leaf(reply, &leaves[i]);
            status = redisc_pipe_on_transaction_reply(context, reply);
        }
    }
    return status;
}
