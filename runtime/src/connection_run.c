/* SPDX-License-Identifier: MIT */
/* The whole end of a command on a connection. */
#include "connection.h"

#include "utf8.h"

enum {
    /* A server looks after its blocked clients a few times a second: what it answers so late is no
     * sign of trouble. */
    LEAST_MARGIN_MS = 250
};

redisc_deadline redisc_waiting_deadline(int64_t wait_ms, int64_t begun_ms, int64_t timeout_ms)
{
    if (wait_ms == 0) {
        return redisc_deadline_from(begun_ms, timeout_ms);
    }
    if (wait_ms < 0 || timeout_ms < 0) {
        return redisc_deadline_never();
    }
    int64_t margin = timeout_ms > LEAST_MARGIN_MS ? timeout_ms : LEAST_MARGIN_MS;
    return redisc_deadline_from(redisc_deadline_from(begun_ms, margin).at_ms, wait_ms);
}

redisc_deadline redisc_operation_deadline(const redisc_operation *command, int64_t begun_ms,
                                          int64_t timeout_ms)
{
    /* Zero is for ever in what the server is told. */
    int64_t wait_ms = command->wait_ms < 0 ? 0 : command->wait_ms == 0 ? -1 : command->wait_ms;
    return redisc_waiting_deadline(wait_ms, begun_ms, timeout_ms);
}

void redisc_connection_forget(const redisc_operation *command)
{
    redisc_buffer *out = command->out;
    out->end = command->start;
    if (out->end == out->start) {
        out->start = out->end = 0;
    }
}

/* Insists on the encoding that the options ask for. */
static redisc_status check_encoding(const redisc_connection *connection,
                                    const redisc_operation *command, const redisc_parsed *reply)
{
    return connection->config->options.encoding == REDISC_ENCODING_UTF8
               ? redisc_utf8_require(reply, command->info->name)
               : REDISC_OK;
}

redisc_status redisc_connection_judge(redisc_connection *connection,
                                      const redisc_operation_info *info, redisc_status status)
{
    redisc_route *route = connection->config->route;
    if (status < 0 && route != NULL) {
        status = route->is->judge(route, connection);
    }
    if (status < 0 && redisc_dooms_connection(info, status)) {
        connection->broken = true;
    }
    return status;
}

static redisc_status read_reply(redisc_connection *connection, const redisc_operation *command,
                                redisc_parsed *reply, const redisc_result *result, void *out)
{
    redisc_connection_note_size(connection, reply);
    reply->arena = command->arena;
    redisc_status status = check_encoding(connection, command, reply);
    if (status == REDISC_OK) {
        status = redisc_read_reply(reply, result, out);
    }
    if (status < 0) {
        status = redisc_connection_judge(connection, command->info, status);
    }
    redisc_parser_consume(connection->parser);
    return status;
}

redisc_status redisc_connection_run(redisc_connection *connection, const redisc_operation *command,
                                    const redisc_result *result, void *out,
                                    redisc_deadline deadline, redisc_delivery *delivery)
{
    redisc_parsed reply;
    redisc_status status = redisc_connection_send(connection, command, deadline, delivery);
    if (status == REDISC_OK) {
        status = redisc_connection_receive(connection, &reply, deadline);
    }
    if (status != REDISC_OK) {
        char address[REDISC_ADDRESS_SIZE];
        redisc_error_prefix("%s", redisc_options_address(&connection->config->options, address));
        return status;
    }
    *delivery = REDISC_ANSWERED;
    redisc_connection_forget(command);
    if ((command->info->flags & REDISC_COMMAND_CONNECTION) != 0) {
        connection->changed = true;
    }
    return read_reply(connection, command, &reply, result, out);
}
