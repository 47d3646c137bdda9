/* SPDX-License-Identifier: MIT */
/* The handle of one connection: each call is sent and answered at once. */
#include "connection.h"

typedef struct connection_handle {
    redisc base;
    redisc_connection *connection;
    int64_t timeout_ms;    /* for each command */
    redisc_deadline limit; /* for all of them */
    redisc_arena *arena;   /* where results are made; NULL: in memory of their own */
} connection_handle;

static connection_handle *handle_of(redisc *r)
{
    return (connection_handle *)r;
}

static bool begin(redisc_operation *c)
{
    redisc_connection *connection = handle_of(c->handle)->connection;
    const char *why = NULL;
    if (connection->fork_count != redisc_fork_count()) {
        why = "the connection belongs to the parent process";
    } else if (connection->broken) {
        why = "the connection was lost before";
    }
    if (why != NULL) {
        c->status = redisc_fail(REDISC_ERROR_CLOSED, "%s", why);
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    if (!redisc_connection_settle(connection)) {
        c->status = redisc_last_error()->status;
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    connection->used_ms = redisc_now_ms();
    c->out = &connection->out;
    c->start = connection->out.end;
    c->place = connection;
    c->arena = handle_of(c->handle)->arena;
    return true;
}

static redisc_status end(redisc_operation *c, const redisc_result *result, void *out)
{
    const connection_handle *handle = handle_of(c->handle);
    redisc_deadline deadline = redisc_deadline_earlier(
        redisc_operation_deadline(c, handle->connection->used_ms, handle->timeout_ms),
        handle->limit);
    redisc_delivery delivery = REDISC_NOT_SENT;
    redisc_status status =
        redisc_connection_run(handle->connection, c, result, out, deadline, &delivery);
    if (status != REDISC_OK) {
        redisc_error_about(c->info->name, delivery, 1);
        if (delivery != REDISC_ANSWERED) {
            redisc_connection_forget(c);
        }
    }
    return status;
}

static void abandon(redisc_operation *c)
{
    redisc_connection_forget(c);
}

static redisc_status with(redisc *r, const redisc_call_options *options, redisc **derived)
{
    connection_handle *copy = redisc_allocate(sizeof *copy);
    if (copy == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a handle");
    }
    *copy = *handle_of(r);
    if (options->timeout_ms != 0) {
        copy->timeout_ms = options->timeout_ms;
    }
    copy->arena = options->arena != NULL ? options->arena : copy->arena;
    *derived = &copy->base;
    return REDISC_OK;
}

static void close_handle(redisc *r)
{
    redisc_release(handle_of(r));
}

static const redisc_handle_class connection_class = {.name = "connection",
                                                     .begin = begin,
                                                     .end = end,
                                                     .abandon = abandon,
                                                     .with = with,
                                                     .close = close_handle};

redisc *redisc_connection_handle_until(redisc_connection *connection, redisc_deadline limit)
{
    connection_handle *handle = redisc_allocate(sizeof *handle);
    if (handle == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a handle");
        return NULL;
    }
    *handle = (connection_handle){.base = {.is = &connection_class},
                                  .connection = connection,
                                  .timeout_ms = connection->config->options.timeout_ms,
                                  .limit = limit};
    return &handle->base;
}

redisc *redisc_connection_handle(redisc_connection *connection)
{
    return redisc_connection_handle_until(connection, redisc_deadline_never());
}
