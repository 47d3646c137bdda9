/* SPDX-License-Identifier: MIT */
/* Pinned handles: one connection, kept until the handle is closed. */
#include "client.h"

redisc_status redisc_pinned_check(const redisc_connection *connection)
{
    if (connection->broken) {
        return redisc_fail(REDISC_ERROR_CLOSED, "the pinned connection is lost");
    }
    if (redisc_connection_outdated(connection)) {
        return redisc_fail(REDISC_ERROR_CLOSED,
                           "the pinned connection's server is no longer the master");
    }
    if (connection->fork_count != redisc_fork_count()) {
        return redisc_fail(REDISC_ERROR_CONNECTION,
                           "the pinned connection belongs to the parent process");
    }
    return REDISC_OK;
}

static bool begin_failed(redisc_operation *c)
{
    c->status = redisc_last_error()->status;
    redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
    return false;
}

static bool pinned_begin(redisc_operation *c)
{
    redisc_connection *connection = ((redisc_pooled *)c->handle)->connection;
    if (redisc_pinned_check(connection) != REDISC_OK) {
        redisc_error_prefix("%s", c->info->name);
        return begin_failed(c);
    }
    if (!redisc_connection_settle(connection)) {
        return begin_failed(c);
    }
    if ((c->info->flags & REDISC_COMMAND_CONNECTION) != 0) {
        connection->changed = true;
    }
    connection->used_ms = redisc_now_ms();
    c->arena = ((redisc_pooled *)c->handle)->arena;
    c->place = connection;
    c->out = &connection->out;
    c->start = connection->out.end;
    return true;
}

static void pinned_abandon(redisc_operation *c)
{
    redisc_connection_forget(c);
}

static redisc_status pinned_end(redisc_operation *c, const redisc_result *result, void *out)
{
    const redisc_pooled *self = (const redisc_pooled *)c->handle;
    redisc_connection *connection = c->place;
    redisc_deadline deadline = redisc_pooled_deadline(self, c, connection->used_ms);
    redisc_delivery delivery;
    redisc_status status = redisc_connection_run(connection, c, result, out, deadline, &delivery);
    if (status < 0) {
        if (delivery != REDISC_ANSWERED) {
            redisc_connection_forget(c);
        } else if (redisc_retry_distrusts(status)) {
            redisc_pool_distrust(self->pool, connection);
        }
        redisc_error_about(c->info->name, delivery, 1);
    }
    return status;
}

static void pinned_close(redisc *r)
{
    redisc_pooled *self = (redisc_pooled *)r;
    if (!self->derived) {
        redisc_pool_give(self->pool, self->connection);
    }
    redisc_pooled_free(self);
}

const redisc_handle_class redisc_pinned_class = {
    .name = "pinned",
    .begin = pinned_begin,
    .end = pinned_end,
    .abandon = pinned_abandon,
    .with = redisc_pooled_with,
    .close = pinned_close,
};

redisc_status redisc_pin(redisc *client, redisc **pinned)
{
    if (pinned == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_pin: `pinned` is NULL");
    }
    *pinned = NULL;
    const redisc_pooled *model = redisc_pooled_of(client);
    if (model == NULL) {
        return client == NULL
                   ? redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_pin: the client is NULL")
                   : redisc_fail(REDISC_ERROR_UNSUPPORTED,
                                 "redisc_pin: a %s handle has no pool to take a connection from",
                                 client->is->name);
    }
    redisc_pooled *self = redisc_pooled_copy(model);
    if (self == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    self->handle.is = &redisc_pinned_class;
    self->derived = false;
    unsigned tries;
    self->connection = redisc_pooled_take(self, false, redisc_now_ms(), &tries);
    if (self->connection == NULL) {
        redisc_error_about(NULL, REDISC_NOT_SENT, tries);
        redisc_pooled_free(self);
        return redisc_last_error()->status;
    }
    *pinned = &self->handle;
    return REDISC_OK;
}
