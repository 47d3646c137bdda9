/* SPDX-License-Identifier: MIT */
/* The client: each command runs on a connection that is taken from a pool for it. */
#include "client.h"

#include "transport.h"

static bool refuse_state_change(redisc_operation *c)
{
    const char *why = c->info->state != NULL
                          ? c->info->state
                          : "it changes the state of its connection; use a pinned handle";
    c->status = redisc_fail(REDISC_ERROR_UNSUPPORTED, "%s: %s", c->info->name, why);
    redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
    return false;
}

static bool begin_failed(redisc_operation *c, unsigned tries)
{
    c->status = redisc_last_error()->status;
    redisc_error_about(c->info->name, REDISC_NOT_SENT, tries);
    return false;
}

/*
 * Over a Unix socket a write to a dead peer fails, so what failed was not executed. Over TCP it
 * succeeds all the same, and what can't be repeated would end as of unknown outcome: there the
 * connection is looked at before.
 */
static redisc_connection *look_before(const redisc_pooled *self, const redisc_operation *c,
                                      redisc_connection *connection, int64_t now_ms)
{
    if (connection == NULL || redisc_is_harmless(c->info) ||
        connection->transport == &redisc_transport_unix || redisc_connection_quiet(connection)) {
        return connection;
    }
    return redisc_pool_replace(self->pool, connection,
                               redisc_deadline_from(now_ms, self->timeout_ms));
}

static void encode_for(redisc_operation *c, redisc_connection *connection, int64_t now_ms)
{
    c->begun_ms = now_ms;
    c->place = connection;
    c->arena = ((const redisc_pooled *)c->handle)->arena;
    c->out = &connection->out;
    c->start = connection->out.end;
}

/* There is no connection yet: false after failing. */
static bool begin_again(const redisc_pooled *self, redisc_operation *c, int64_t now_ms)
{
    redisc_deadline deadline = redisc_deadline_from(now_ms, self->timeout_ms);
    redisc_retry retry =
        redisc_retry_begin(self->pool, c->info, self->max_tries, self->repeat_anything, deadline);
    redisc_connection *connection = redisc_pooled_take_again(self, &retry, redisc_blocks(c));
    if (connection == NULL) {
        return begin_failed(c, retry.tries);
    }
    c->tries = (uint16_t)(retry.tries - 1 < UINT16_MAX ? retry.tries - 1 : UINT16_MAX);
    encode_for(c, connection, now_ms);
    return true;
}

static bool client_begin(redisc_operation *c)
{
    const redisc_pooled *self = (const redisc_pooled *)c->handle;
    /* The only look at the clock in the usual case. */
    int64_t now_ms = redisc_now_ms();
    redisc_connection *connection;
    if ((c->info->flags & (REDISC_COMMAND_CONNECTION | REDISC_COMMAND_BLOCKING)) == 0) {
        connection = redisc_pool_take(self->pool, now_ms, self->timeout_ms);
    } else if ((c->info->flags & REDISC_COMMAND_CONNECTION) == 0) {
        connection = redisc_pool_take_blocking(self->pool, now_ms, self->timeout_ms);
    } else {
        return refuse_state_change(c);
    }
    connection = look_before(self, c, connection, now_ms);
    if (connection == NULL) {
        return begin_again(self, c, now_ms);
    }
    encode_for(c, connection, now_ms);
    return true;
}

static void client_abandon(redisc_operation *c)
{
    redisc_connection *connection = c->place;
    redisc_connection_forget(c);
    redisc_pool_give(((redisc_pooled *)c->handle)->pool, connection);
}

static redisc_status client_end(redisc_operation *c, const redisc_result *result, void *out)
{
    const redisc_pooled *self = (const redisc_pooled *)c->handle;
    redisc_connection *connection = c->place;
    redisc_deadline deadline = redisc_pooled_deadline(self, c, c->begun_ms);
    redisc_delivery delivery;
    redisc_status status = redisc_connection_run(connection, c, result, out, deadline, &delivery);
    if (status < 0) {
        return redisc_client_recover(
            c, result, out, deadline,
            (redisc_retry_end){.status = status, .delivery = delivery, .connected = true});
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
    if (options->max_tries != 0) {
        copy->max_tries = options->max_tries;
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
                                 .timeout_ms = pool->config->options.timeout_ms,
                                 .max_tries = pool->config->options.max_tries,
                                 .repeat_anything = pool->config->options.repeat_anything};
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
