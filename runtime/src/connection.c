/* SPDX-License-Identifier: MIT */
/* A connection's life: opening, its state while idle, closing. */
#include "connection.h"

#include "handshake.h"
#include "transport.h"

#include <errno.h>
#include <poll.h>

enum { IDLE_BYTES = 1024 /* of output buffer that an idle connection keeps */ };

static redisc_parser *new_parser(const redisc_config *config)
{
    if (config->options.parser == REDISC_PARSER_HIREDIS) {
        return redisc_hiredis_parser_new(&config->limits);
    }
    redisc_parser *parser = redisc_native_parser_new(&config->limits);
    if (parser == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a parser");
    }
    return parser;
}

/* A connection without a transport yet. */
static redisc_connection *new_connection(redisc_config *config)
{
    redisc_connection *connection = redisc_allocate_zeroed(sizeof *connection);
    if (connection == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a connection");
        return NULL;
    }
    connection->parser = new_parser(config);
    if (connection->parser == NULL) {
        redisc_release(connection);
        return NULL;
    }
    redisc_buffer_init(&connection->out, config->options.max_output_bytes);
    connection->config = redisc_config_retain(config);
    connection->protocol = 2;
    connection->created_ms = connection->used_ms = redisc_now_ms();
    connection->fork_count = redisc_fork_count();
    return connection;
}

/* The text of a transport of one's own, or of the lack of one. */
static redisc_status own_transport_failed(const redisc_connection *connection, redisc_status status)
{
    const char *name = connection->config->options.transport->name;
    if (redisc_last_error()->status != status) {
        redisc_fail(status, "%s", redisc_status_text(status));
    }
    redisc_error_prefix("connecting by transport %s", name);
    return status;
}

static redisc_status open_transport(redisc_connection *connection, redisc_deadline deadline)
{
    const redisc_config *config = connection->config;
    const redisc_options *options = &config->options;
    const redisc_transport_class *transport = config->transport;
    redisc_status status = transport->open(options, config->transport_context,
                                           redisc_deadline_left(deadline), &connection->state);
    if (status >= REDISC_OK) {
        connection->transport = transport;
        return REDISC_OK;
    }
    return options->transport != NULL ? own_transport_failed(connection, status) : status;
}

/* Runs on_connect. What it changes is part of what every connection starts with, so it doesn't
 * count as a change. */
static redisc_status run_on_connect(redisc_connection *connection, redisc_deadline deadline)
{
    const redisc_options *options = &connection->config->options;
    if (options->on_connect == NULL) {
        return REDISC_OK;
    }
    redisc *handle = redisc_connection_handle_until(connection, deadline);
    if (handle == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    redisc_status status = options->on_connect(handle, options->on_connect_context);
    redisc_close(handle);
    if (status < REDISC_OK && redisc_last_error()->status != status) {
        redisc_fail(status, "%s", redisc_status_text(status));
    }
    if (status >= REDISC_OK && connection->broken) {
        status = redisc_fail(REDISC_ERROR_CLOSED, "the connection was lost");
    }
    if (status < REDISC_OK) {
        redisc_error_prefix("on_connect");
        return status;
    }
    connection->changed = false;
    return REDISC_OK;
}

/* What comes after the transport is open. */
static redisc_status greet(redisc_connection *connection, redisc_deadline deadline)
{
    redisc_route *route = connection->config->route;
    redisc_status status = redisc_handshake(connection, deadline);
    if (status == REDISC_OK && route != NULL) {
        status = route->is->check(route, connection, deadline);
    }
    if (status == REDISC_OK) {
        status = run_on_connect(connection, deadline);
    }
    if (status == REDISC_OK && !redisc_connection_settle(connection)) {
        status = redisc_last_error()->status;
    }
    if (status != REDISC_OK) {
        char address[REDISC_ADDRESS_SIZE];
        redisc_error_prefix("connecting to %s",
                            redisc_options_address(&connection->config->options, address));
    }
    return status;
}

redisc_connection *redisc_connection_open(redisc_config *config, redisc_deadline deadline)
{
    if (config->route != NULL && !config->located) {
        return config->route->is->open(config->route, config, deadline);
    }
    redisc_connection *connection = new_connection(config);
    if (connection == NULL) {
        return NULL;
    }
    deadline = redisc_deadline_earlier(
        deadline, redisc_deadline_from(connection->created_ms, config->options.connect_timeout_ms));
    if (open_transport(connection, deadline) != REDISC_OK ||
        greet(connection, deadline) != REDISC_OK) {
        redisc_connection_close(connection);
        return NULL;
    }
    return connection;
}

void redisc_connection_close(redisc_connection *connection)
{
    if (connection == NULL) {
        return;
    }
    if (connection->transport != NULL) {
        connection->transport->close(connection->state);
    }
    redisc_parser_free(connection->parser);
    redisc_buffer_free(&connection->out);
    redisc_config_release(connection->config);
    redisc_release(connection);
}

bool redisc_connection_holds_bytes(const redisc_connection *connection)
{
    const redisc_transport_class *transport = connection->transport;
    return transport->pending != NULL && transport->pending(connection->state);
}

bool redisc_connection_quiet(redisc_connection *connection)
{
    if (connection->broken || connection->fork_count != redisc_fork_count() ||
        redisc_parser_pending(connection->parser) > 0 ||
        redisc_connection_holds_bytes(connection)) {
        return false;
    }
    const redisc_transport_class *transport = connection->transport;
    int descriptor = transport->descriptor == NULL ? -1 : transport->descriptor(connection->state);
    if (descriptor < 0) {
        return true;
    }
    int ready;
    do {
        ready = redisc_socket_wait(descriptor, POLLIN, 0);
    } while (ready < 0 && errno == EINTR);
    return ready == 0;
}

void redisc_connection_shrink(redisc_connection *connection)
{
    redisc_buffer_shrink(&connection->out, IDLE_BYTES);
    redisc_parser_shrink(connection->parser);
}

void redisc_connection_push(redisc_connection *connection, const redisc_parsed *push)
{
    connection->pushes++;
    if (connection->on_push != NULL) {
        connection->on_push(connection, push, connection->on_push_context);
    }
}
