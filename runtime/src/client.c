/* SPDX-License-Identifier: MIT */
/* The client: each command runs on a connection that is taken from a pool for it. */
#include "client.h"

#include "transport.h"

enum {
    /* Attempts at one command. The second is for the connection that died while idle, the third for
     * a server that was just coming back; more would only hammer a server in trouble. */
    MOST_TRIES = 3
};

static bool refuse_state_change(redisc_operation *c)
{
    const char *why = c->info->state != NULL
                          ? c->info->state
                          : "it changes the state of its connection; use a pinned handle";
    c->status = redisc_fail(REDISC_ERROR_UNSUPPORTED, "%s: %s", c->info->name, why);
    redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
    return false;
}

static bool begin_failed(redisc_operation *c)
{
    c->status = redisc_last_error()->status;
    redisc_error_about(c->info->name, REDISC_NOT_SENT, 1);
    return false;
}

/* Commands that may be sent again without harm when their reply was lost. */
static bool is_harmless(const redisc_operation *c)
{
    const uint32_t harmless = REDISC_COMMAND_READONLY | REDISC_COMMAND_REPEATABLE;
    return (c->info->flags & harmless) != 0;
}

/*
 * Over a Unix socket a write to a dead peer fails, so what failed was not executed. Over TCP it
 * succeeds all the same, and what can't be repeated would end as of unknown outcome: there the
 * connection is looked at before.
 */
static redisc_connection *look_before(const redisc_pooled *self, const redisc_operation *c,
                                      redisc_connection *connection, int64_t now_ms)
{
    if (connection == NULL || is_harmless(c) || connection->transport == &redisc_transport_unix ||
        redisc_connection_quiet(connection)) {
        return connection;
    }
    return redisc_pool_replace(self->pool, connection,
                               redisc_deadline_from(now_ms, self->timeout_ms));
}

static bool client_begin(redisc_operation *c)
{
    const redisc_pooled *self = (const redisc_pooled *)c->handle;
    if ((c->info->flags & REDISC_COMMAND_CONNECTION) != 0) {
        return refuse_state_change(c);
    }
    /* The only look at the clock in the usual case. */
    int64_t now_ms = redisc_now_ms();
    redisc_connection *connection = redisc_pool_take(self->pool, now_ms, self->timeout_ms);
    connection = look_before(self, c, connection, now_ms);
    if (connection == NULL) {
        return begin_failed(c);
    }
    c->begun_ms = now_ms;
    c->place = connection;
    c->arena = self->arena;
    c->out = &connection->out;
    c->start = connection->out.end;
    return true;
}

static void client_abandon(redisc_operation *c)
{
    redisc_connection *connection = c->place;
    redisc_connection_forget(c);
    redisc_pool_give(((redisc_pooled *)c->handle)->pool, connection);
}

static bool may_repeat(const redisc_pooled *self, const redisc_operation *c, redisc_status status,
                       redisc_delivery delivery)
{
    const redisc_connection *connection = c->place;
    if (!connection->broken || delivery == REDISC_ANSWERED ||
        !redisc_is(status, REDISC_ERROR_CONNECTION)) {
        return false;
    }
    return delivery == REDISC_NOT_SENT || self->repeat_anything || is_harmless(c);
}

/* Moves the command from its broken connection to another one of the pool; false after failing,
 * with no connection left. */
static bool change_connection(const redisc_pooled *self, redisc_operation *c,
                              redisc_deadline deadline)
{
    redisc_connection *broken = c->place;
    redisc_buffer bytes = broken->out;
    redisc_buffer_init(&broken->out, bytes.limit);
    redisc_connection *connection = redisc_pool_replace(self->pool, broken, deadline);
    c->place = connection;
    if (connection == NULL) {
        redisc_buffer_free(&bytes);
        return false;
    }
    redisc_buffer_free(&connection->out);
    connection->out = bytes;
    c->out = &connection->out;
    return true;
}

/* The first try has failed: tries again as long as it is allowed, and says in the end what came of
 * it. */
static redisc_status recover(const redisc_pooled *self, redisc_operation *c,
                             const redisc_result *result, void *out, redisc_deadline deadline,
                             redisc_status status, redisc_delivery delivery)
{
    unsigned tries = 1;
    redisc_delivery worst = delivery;
    while (tries < MOST_TRIES && may_repeat(self, c, status, delivery) &&
           !redisc_deadline_passed(deadline)) {
        tries++;
        if (!change_connection(self, c, deadline)) {
            status = redisc_last_error()->status;
            break;
        }
        status = redisc_connection_run(c->place, c, result, out, deadline, &delivery);
        if (delivery > worst) {
            worst = delivery;
        }
    }
    redisc_connection *connection = c->place;
    if (connection != NULL) {
        if (delivery != REDISC_ANSWERED) {
            redisc_connection_forget(c);
        }
        redisc_pool_give(self->pool, connection);
    }
    if (status < 0) {
        redisc_error_about(c->info->name, worst, tries);
    }
    return status;
}

static redisc_status client_end(redisc_operation *c, const redisc_result *result, void *out)
{
    const redisc_pooled *self = (const redisc_pooled *)c->handle;
    redisc_connection *connection = c->place;
    redisc_deadline deadline = redisc_pooled_deadline(self, c, c->begun_ms);
    redisc_delivery delivery;
    redisc_status status = redisc_connection_run(connection, c, result, out, deadline, &delivery);
    if (status < 0) {
        return recover(self, c, result, out, deadline, status, delivery);
    }
    redisc_pool_give(self->pool, connection);
    return status;
}

static void client_close(redisc *r)
{
    redisc_pooled_free((redisc_pooled *)r);
}

static const redisc_handle_class client_class = {
    .name = "client",
    .begin = client_begin,
    .end = client_end,
    .abandon = client_abandon,
    .with = redisc_pooled_with,
    .close = client_close,
};

redisc_pooled *redisc_pooled_of(redisc *r)
{
    bool pooled = r != NULL && (r->is == &client_class || r->is == &redisc_pinned_class);
    return pooled ? (redisc_pooled *)r : NULL;
}

redisc_deadline redisc_pooled_deadline(const redisc_pooled *pooled, const redisc_operation *c,
                                       int64_t begun_ms)
{
    return redisc_operation_deadline(c, begun_ms, pooled->timeout_ms);
}

redisc_pooled *redisc_pooled_copy(const redisc_pooled *model)
{
    redisc_pooled *copy = redisc_allocate(sizeof *copy);
    if (copy == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a handle");
        return NULL;
    }
    *copy = *model;
    redisc_pool_retain(copy->pool);
    redisc_callbacks_retain(copy->callbacks);
    return copy;
}

void redisc_pooled_free(redisc_pooled *pooled)
{
    redisc_pool_close(pooled->pool);
    redisc_callbacks_release(pooled->callbacks);
    redisc_release(pooled);
}

redisc_status redisc_pooled_with(redisc *r, const redisc_call_options *options, redisc **derived)
{
    redisc_pooled *copy = redisc_pooled_copy((const redisc_pooled *)r);
    if (copy == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    if (options->timeout_ms != 0) {
        copy->timeout_ms = options->timeout_ms;
    }
    copy->repeat_anything = copy->repeat_anything || options->repeat_anything;
    copy->arena = options->arena != NULL ? options->arena : copy->arena;
    copy->derived = true;
    *derived = &copy->handle;
    return REDISC_OK;
}

redisc_status redisc_open_pool(redisc_pool *pool, redisc **client)
{
    if (client == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_open_pool: `client` is NULL");
    }
    *client = NULL;
    if (pool == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_open_pool: `pool` is NULL");
    }
    redisc_callbacks *callbacks = redisc_callbacks_new();
    if (callbacks == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a client");
    }
    const redisc_pooled model = {.handle.is = &client_class,
                                 .pool = pool,
                                 .callbacks = callbacks,
                                 .timeout_ms = pool->config->options.timeout_ms};
    redisc_pooled *copy = redisc_pooled_copy(&model);
    redisc_callbacks_release(callbacks);
    if (copy == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    *client = &copy->handle;
    return REDISC_OK;
}

redisc_status redisc_open(const char *url, const redisc_options *options, redisc **client)
{
    if (client == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_open: `client` is NULL");
    }
    *client = NULL;
    redisc_pool *pool;
    redisc_status status = redisc_pool_open(url, options, &pool);
    if (status == REDISC_OK) {
        status = redisc_open_pool(pool, client);
        redisc_pool_close(pool);
    }
    return status;
}

redisc_pool *redisc_pool_of(redisc *client)
{
    redisc_pooled *pooled = redisc_pooled_of(client);
    return pooled == NULL ? NULL : pooled->pool;
}
