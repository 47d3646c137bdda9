/* SPDX-License-Identifier: MIT */
/* Trying again: at a connection, and at a command whose first try has failed. */
#include "client.h"
#include "random.h"

static redisc_connection *take_once(const redisc_pooled *self, bool blocking, int64_t now_ms,
                                    int64_t timeout_ms)
{
    return blocking ? redisc_pool_take_blocking(self->pool, now_ms, timeout_ms)
                    : redisc_pool_take(self->pool, now_ms, timeout_ms);
}

/* Taking a connection has failed: tries again as long as it is allowed, counting. */
redisc_connection *redisc_pooled_take_again(const redisc_pooled *self, redisc_retry *retry,
                                            bool blocking)
{
    redisc_connection *connection = NULL;
    int64_t pause_ms;
    while (connection == NULL &&
           redisc_retry_again(retry,
                              (redisc_retry_end){.status = redisc_last_error()->status,
                                                 .delivery = REDISC_NOT_SENT},
                              &pause_ms)) {
        redisc_sleep_ms(pause_ms);
        int64_t now_ms = redisc_now_ms();
        connection =
            take_once(self, blocking, now_ms, redisc_deadline_left_at(retry->deadline, now_ms));
    }
    return connection;
}

redisc_connection *redisc_pooled_take(const redisc_pooled *self, bool blocking, int64_t now_ms,
                                      unsigned *tries)
{
    static const redisc_operation_info nothing = {.name = "", .words = ""};
    redisc_retry retry =
        redisc_retry_begin(self->pool, &nothing, self->max_tries, self->repeat_anything,
                           redisc_deadline_from(now_ms, self->timeout_ms));
    redisc_connection *connection = take_once(self, blocking, now_ms, self->timeout_ms);
    if (connection == NULL) {
        connection = redisc_pooled_take_again(self, &retry, blocking);
    }
    *tries = retry.tries;
    return connection;
}

redisc_connection *redisc_pooled_change(const redisc_pooled *self, redisc_connection *last,
                                        bool blocking, int64_t pause_ms, redisc_deadline deadline)
{
    if (last != NULL && last->broken && pause_ms == 0) {
        return redisc_pool_replace(self->pool, last, deadline);
    }
    if (last != NULL) {
        redisc_pool_give(self->pool, last);
    }
    redisc_sleep_ms(pause_ms);
    int64_t now_ms = redisc_now_ms();
    return take_once(self, blocking, now_ms, redisc_deadline_left_at(deadline, now_ms));
}

/* A command that is tried again. */
typedef struct detour {
    const redisc_pooled *self;
    redisc_operation *c; /* its `place` is its connection, NULL for now */
    redisc_buffer bytes; /* the command, while it has no connection */
    size_t end;          /* of the command in its buffer */
} detour;

/* Takes the command off its connection. */
static redisc_connection *leave(detour *d)
{
    redisc_connection *connection = d->c->place;
    connection->out.end = d->end; /* it's cut off when it was answered */
    d->bytes = connection->out;
    redisc_buffer_init(&connection->out, d->bytes.limit);
    d->c->out = &d->bytes;
    d->c->place = NULL;
    return connection;
}

static void enter(detour *d, redisc_connection *connection)
{
    redisc_buffer_free(&connection->out);
    connection->out = d->bytes;
    d->c->out = &connection->out;
    d->c->place = connection;
}

/* Brings the command to another connection of the pool, or the same one later; or to none, after
 * failing. */
static void move(detour *d, int64_t pause_ms, redisc_deadline deadline)
{
    redisc_connection *last = d->c->place == NULL ? NULL : leave(d);
    redisc_connection *next =
        redisc_pooled_change(d->self, last, redisc_blocks(d->c), pause_ms, deadline);
    if (next != NULL) {
        enter(d, next);
    }
}

static redisc_retry_end try_once(const detour *d, const redisc_result *result, void *out,
                                 redisc_deadline deadline)
{
    redisc_retry_end end = {.delivery = REDISC_NOT_SENT, .connected = d->c->place != NULL};
    end.status = end.connected ? redisc_connection_run(d->c->place, d->c, result, out, deadline,
                                                       &end.delivery)
                               : redisc_last_error()->status;
    return end;
}

/* No connection of that age is used again if its server isn't the one that is wanted. */
static void heed(const detour *d, redisc_retry_end end)
{
    if (end.delivery == REDISC_ANSWERED && redisc_retry_distrusts(end.status)) {
        redisc_pool_distrust(d->self->pool, d->c->place);
    }
}

redisc_status redisc_client_recover(redisc_operation *c, const redisc_result *result, void *out,
                                    redisc_deadline deadline, redisc_retry_end end)
{
    const redisc_pooled *self = (const redisc_pooled *)c->handle;
    detour d = {.self = self, .c = c, .end = (size_t)(c->at - c->out->data)};
    redisc_retry retry =
        redisc_retry_begin(self->pool, c->info, self->max_tries, self->repeat_anything, deadline);
    retry.tries += c->tries;
    int64_t pause_ms;
    heed(&d, end);
    while (end.status < 0 && redisc_retry_again(&retry, end, &pause_ms)) {
        move(&d, pause_ms, deadline);
        end = try_once(&d, result, out, deadline);
        heed(&d, end);
    }
    redisc_connection_forget(c);
    if (c->place != NULL) {
        redisc_pool_give(self->pool, c->place);
    } else {
        redisc_buffer_free(&d.bytes);
    }
    if (end.status < 0) {
        redisc_error_about(c->info->name, redisc_retry_delivery(&retry, end.delivery), retry.tries);
    }
    return end.status;
}
