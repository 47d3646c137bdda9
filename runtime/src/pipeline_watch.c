/* SPDX-License-Identifier: MIT */
/* Watching keys: calls that run at once, on one connection, until the transaction is collected. */
#include "pipeline.h"

/* Whether a call's failure comes to no more than that the keys are no longer watched: the
 * connection is lost, and the call did no harm, so that all can be done again. */
static bool is_loss_of_watch(const redisc_pipe *pipe, const redisc_operation_info *info,
                             redisc_status status, redisc_delivery delivery)
{
    return pipe->watched && pipe->lost && redisc_is(status, REDISC_ERROR_CONNECTION) &&
           (delivery == REDISC_NOT_SENT ||
            (delivery == REDISC_UNKNOWN && redisc_is_harmless(info)));
}

static redisc_status fail_for_loss(const redisc_operation_info *info)
{
    return redisc_fail(REDISC_ERROR_WATCH, "%s: the connection was lost while keys were watched",
                       info->name);
}

bool redisc_pipe_begin_at_once(redisc_pipe *pipe, redisc_operation *c)
{
    if (!redisc_pipe_holds(pipe)) {
        pipe->lost = true;
    }
    if (pipe->lost) {
        c->status = fail_for_loss(c->info);
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    if (!redisc_connection_settle(pipe->connection)) {
        pipe->lost = true;
        c->status = redisc_last_error()->status;
        if (is_loss_of_watch(pipe, c->info, c->status, REDISC_NOT_SENT)) {
            c->status = fail_for_loss(c->info);
        }
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    pipe->connection->used_ms = redisc_now_ms();
    c->place = pipe->connection;
    c->arena = pipe->model->arena;
    c->out = &pipe->connection->out;
    c->start = c->out->end;
    return true;
}

redisc_status redisc_pipe_end_at_once(redisc_pipe *pipe, redisc_operation *c,
                                      const redisc_result *result, void *out)
{
    redisc_delivery delivery = REDISC_NOT_SENT;
    redisc_deadline deadline = redisc_pooled_deadline(pipe->model, c, pipe->connection->used_ms);
    redisc_status status =
        redisc_connection_run(pipe->connection, c, result, out, deadline, &delivery);
    if (status < 0) {
        if (delivery != REDISC_ANSWERED) {
            redisc_connection_forget(c);
        }
        pipe->lost = pipe->lost || pipe->connection->broken;
        pipe->misled = pipe->misled || redisc_retry_distrusts(status);
        if (is_loss_of_watch(pipe, c->info, status, delivery)) {
            status = fail_for_loss(c->info);
        }
        redisc_error_about(c->info->name, delivery, 1);
    }
    return status;
}

/* A connection that can't say it is of no more use. */
void redisc_pipe_stop_watching(redisc_pipe *pipe)
{
    static const redisc_operation_info unwatch = {
        .name = "UNWATCH", .words = "$7\r\nUNWATCH\r\n", .words_len = 13};
    if (!pipe->watching || pipe->lost || !redisc_pipe_holds(pipe)) {
        return;
    }
    pipe->immediate = true;
    redisc_error_copy before;
    redisc_error_save(&before);
    redisc_operation c;
    if (!redisc_operation_begin(&c, &pipe->handle, &unwatch, 1, 0) ||
        redisc_operation_end(&c, &redisc_reads_ok, NULL) < 0) {
        pipe->connection->broken = true;
    }
    redisc_error_restore(&before);
}

static redisc_status not_a_pipeline(const char *function)
{
    return redisc_fail(REDISC_ERROR_ARGUMENT, "%s: the handle is not a pipeline", function);
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
    redisc_pipe_stop_watching(pipe);
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
    if (redisc_queue_open(&pipe->queue) > 0 || pipe->streaming) {
        return redisc_fail(REDISC_ERROR_ARGUMENT,
                           "redisc_multi: calls are collected already; execute or reset first");
    }
    pipe->begun = true;
    pipe->immediate = false;
    return REDISC_OK;
}

static redisc_status run_watch(redisc_pipe *pipe, redisc_str_list keys)
{
    static const redisc_operation_info watch = {
        .name = "WATCH", .words = "$5\r\nWATCH\r\n", .words_len = 11};
    redisc_operation c;
    pipe->watching = pipe->immediate = true;
    if (!redisc_operation_begin(&c, &pipe->handle, &watch, 1 + keys.count,
                                redisc_room_str_list(keys))) {
        return c.status;
    }
    redisc_operation_need(&c, keys.items, keys.count, "keys");
    redisc_put_key_list(&c, keys, "keys");
    redisc_status status = redisc_operation_end(&c, &redisc_reads_ok, NULL);
    pipe->watched = pipe->watched || status >= 0;
    return status;
}

/* How WATCH ended. Nothing was watched before, so on another connection it can be said again, as
 * any command that does no harm. */
static redisc_retry_end end_of_watch(const redisc_pipe *pipe, redisc_status status)
{
    return (redisc_retry_end){.status = status,
                              .delivery = redisc_last_error()->delivery,
                              .connected = pipe->connection != NULL};
}

/* Trades the connection for another one, and tries again. */
static redisc_status watch_again(redisc_pipe *pipe, redisc_str_list keys, int64_t pause_ms,
                                 redisc_deadline deadline)
{
    redisc_connection *last = pipe->connection;
    pipe->watching = pipe->immediate = pipe->lost = false;
    pipe->connection = redisc_pipe_change(pipe, last, pause_ms, deadline);
    if (pipe->connection == NULL) {
        redisc_error_about("WATCH", REDISC_NOT_SENT, 1);
        return redisc_last_error()->status;
    }
    return run_watch(pipe, keys);
}

static redisc_status begin_watching(redisc_pipe *pipe, redisc_str_list keys)
{
    static const redisc_operation_info watch = {
        .name = "WATCH", .words = "", .flags = REDISC_COMMAND_REPEATABLE};
    redisc_deadline deadline = redisc_deadline_after(pipe->model->timeout_ms);
    redisc_retry retry = redisc_pipe_retry(pipe, &watch, deadline);
    pipe->connection = redisc_pipe_take(pipe, &retry.tries);
    if (pipe->connection == NULL) {
        redisc_error_about("WATCH", REDISC_NOT_SENT, retry.tries);
        return redisc_last_error()->status;
    }
    redisc_status status = run_watch(pipe, keys);
    int64_t pause_ms;
    while (status < 0 && redisc_retry_again(&retry, end_of_watch(pipe, status), &pause_ms)) {
        status = watch_again(pipe, keys, pause_ms, deadline);
    }
    if (status == REDISC_ERROR_REPLY_TYPE && pipe->connection != NULL) {
        pipe->connection->broken = true; /* who knows whether it watches */
    }
    if (status < 0) {
        bool begun = !redisc_is(status, REDISC_ERROR_ARGUMENT);
        redisc_error_about("WATCH", redisc_retry_delivery(&retry, redisc_last_error()->delivery),
                           begun ? retry.tries : 0);
        redisc_pipe_release(pipe); /* it watches nothing, or is broken */
    }
    return status;
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
    return pipe->connection == NULL ? begin_watching(pipe, keys) : run_watch(pipe, keys);
}
