/* SPDX-License-Identifier: MIT */
/*
 * A connection in MONITOR's state. It reads lines itself: the parser of replies takes simple
 * strings only up to a length that the arguments of commands easily exceed.
 */
#define REDISC_NO_MACROS
#include "observer.h"

#include "client.h"

#include <errno.h>
#include <string.h>

enum { ROOM = 16 * 1024 /* for one read */ };

struct redisc_observer {
    redisc_pool *pool; /* counted reference */
    redisc_connection *connection;
    redisc_buffer in;
    size_t searched; /* bytes of its content that hold no end of a line */
    bool over_limit;
};

static redisc_status lost(redisc_observer *o, const char *how, int error)
{
    o->connection->broken = true;
    if (error != 0) {
        return redisc_fail_errno(REDISC_ERROR_CLOSED, error, "MONITOR: %s", how);
    }
    return redisc_fail(REDISC_ERROR_CLOSED, "MONITOR: %s", how);
}

/* Reads once; *got: something came. */
static redisc_status read_some(redisc_observer *o, redisc_deadline deadline, bool *got)
{
    redisc_connection *connection = o->connection;
    redisc_status status = redisc_buffer_reserve(&o->in, ROOM);
    if (status != REDISC_OK) {
        o->over_limit = status == REDISC_ERROR_LIMIT;
        redisc_error_prefix("MONITOR");
        return status;
    }
    errno = EIO; /* for transports that fail without a reason */
    ptrdiff_t count = connection->transport->read(connection->state, o->in.data + o->in.end, ROOM,
                                                  redisc_deadline_left(deadline));
    *got = count > 0;
    if (count > ROOM) {
        return lost(o, "the transport gave more than was asked for", 0);
    }
    if (count > 0) {
        o->in.end += (size_t)count;
    } else if (count == REDISC_TRANSPORT_CLOSED) {
        return lost(o, "the server closed the connection", 0);
    } else if (count == REDISC_TRANSPORT_FAILED) {
        return lost(o, "the connection was lost", errno);
    } else if (count == REDISC_TRANSPORT_ERROR) {
        connection->broken = true;
        redisc_error_prefix("MONITOR");
        return redisc_last_error()->status;
    }
    return REDISC_OK;
}

/* The first line with its mark and its CR LF, if it is there whole; nil otherwise. */
static redisc_str first_line(redisc_observer *o)
{
    size_t len = redisc_buffer_len(&o->in);
    if (len == o->searched) {
        return redisc_bytes(NULL, 0);
    }
    const char *content = redisc_buffer_content(&o->in);
    const char *end = memchr(content + o->searched, '\n', len - o->searched);
    if (end == NULL) {
        o->searched = len;
        return redisc_bytes(NULL, 0);
    }
    return redisc_bytes(content, (size_t)(end + 1 - content));
}

static void consume(redisc_observer *o, redisc_str line)
{
    o->searched = 0;
    redisc_buffer_consume(&o->in, line.len);
}

/* The first line, when it is there; nil if it isn't in time. */
static redisc_status next_line(redisc_observer *o, redisc_deadline deadline, redisc_str *line)
{
    bool last = false;
    for (;;) {
        *line = first_line(o);
        if (line->data != NULL || last) {
            return REDISC_OK;
        }
        bool got;
        last = redisc_deadline_passed(deadline);
        redisc_status status = read_some(o, deadline, &got);
        if (status != REDISC_OK) {
            return status;
        }
    }
}

/* What stands between a mark and CR LF. */
static bool strip(redisc_str *line, char mark)
{
    if (line->len < 3 || line->data[0] != mark || line->data[line->len - 2] != '\r') {
        return false;
    }
    *line = redisc_bytes(line->data + 1, line->len - 3);
    return true;
}

/* A line that is neither OK nor a command. */
static redisc_status unexpected(redisc_str line)
{
    if (strip(&line, '-')) {
        redisc_status status = redisc_fail_server(line);
        redisc_error_about("MONITOR", REDISC_ANSWERED, 1);
        return status;
    }
    return redisc_fail(REDISC_ERROR_PROTOCOL, "MONITOR: the server said something else than a "
                                              "line of it");
}

static redisc_status say_monitor(redisc_observer *o, redisc_deadline deadline)
{
    static const char words[] = "*1\r\n$7\r\nMONITOR\r\n";
    redisc_buffer *out = &o->connection->out;
    redisc_operation command = {.out = out, .start = out->end};
    redisc_delivery delivery;
    redisc_status status = redisc_buffer_append(out, words, sizeof words - 1);
    if (status == REDISC_OK) {
        status = redisc_connection_send(o->connection, &command, deadline, &delivery);
        redisc_connection_forget(&command);
    }
    return status;
}

static redisc_status begin(redisc_observer *o, redisc_deadline deadline)
{
    redisc_str line;
    redisc_status status = say_monitor(o, deadline);
    if (status == REDISC_OK) {
        status = next_line(o, deadline, &line);
    }
    if (status != REDISC_OK) {
        return status;
    }
    if (line.data == NULL) {
        return redisc_fail(REDISC_ERROR_TIMEOUT, "MONITOR: no reply came before the deadline");
    }
    if (!redisc_str_equal(line, redisc_text("+OK\r\n"))) {
        return unexpected(line);
    }
    consume(o, line);
    return REDISC_OK;
}

redisc_status redisc_observer_open(redisc *client, redisc_observer **observer)
{
    if (observer == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_observer_open: `observer` is NULL");
    }
    *observer = NULL;
    const redisc_pooled *pooled = redisc_pooled_of(client);
    if (pooled == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_observer_open: %s",
                           client == NULL ? "`client` is NULL" : "the handle is not a client");
    }
    redisc_observer *o = redisc_allocate_zeroed(sizeof *o);
    if (o == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for an observer");
    }
    redisc_deadline deadline = redisc_deadline_after(pooled->timeout_ms);
    redisc_config *config = pooled->pool->config;
    o->pool = redisc_pool_retain(pooled->pool);
    redisc_buffer_init(&o->in, config->limits.reply_bytes < SIZE_MAX - ROOM
                                   ? config->limits.reply_bytes + ROOM
                                   : SIZE_MAX);
    o->connection = redisc_connection_open(config, deadline);
    redisc_status status = o->connection == NULL ? redisc_last_error()->status : begin(o, deadline);
    if (status != REDISC_OK) {
        redisc_observer_close(o);
        return status;
    }
    *observer = o;
    return REDISC_OK;
}

void redisc_observer_close(redisc_observer *o)
{
    if (o != NULL) {
        redisc_connection_close(o->connection);
        redisc_buffer_free(&o->in);
        redisc_pool_close(o->pool);
        redisc_release(o);
    }
}

static redisc_status check(const redisc_observer *o)
{
    if (o->connection->fork_count != redisc_fork_count()) {
        return redisc_fail(REDISC_ERROR_CLOSED,
                           "MONITOR: the connection belongs to the parent process");
    }
    if (o->over_limit) {
        return redisc_fail(REDISC_ERROR_LIMIT, "MONITOR: a line exceeded the limit before");
    }
    return REDISC_OK;
}

/* What came before the connection broke can still be read. */
static redisc_status next_line_even_if_lost(redisc_observer *o, redisc_deadline deadline,
                                            redisc_str *line)
{
    if (!o->connection->broken) {
        return next_line(o, deadline, line);
    }
    *line = first_line(o);
    return line->data != NULL
               ? REDISC_OK
               : redisc_fail(REDISC_ERROR_CLOSED, "MONITOR: the connection was lost before");
}

redisc_status redisc_observer_next(redisc_observer *o, int64_t timeout_ms,
                                   const redisc_observed **command)
{
    if (o == NULL || command == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_observer_next: `%s` is NULL",
                           o == NULL ? "observer" : "command");
    }
    *command = NULL;
    redisc_str line = {NULL, 0};
    redisc_status status = check(o);
    if (status == REDISC_OK) {
        status = next_line_even_if_lost(o, redisc_deadline_after(timeout_ms), &line);
    }
    if (status != REDISC_OK || line.data == NULL) {
        return status;
    }
    redisc_str text = line;
    status = strip(&text, '+') ? redisc_observer_parse(text, command) : unexpected(line);
    if (status != REDISC_ERROR_MEMORY) {
        consume(o, line);
    }
    return status;
}
