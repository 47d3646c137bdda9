/* SPDX-License-Identifier: MIT */
/* Transports of one's own. */
#include "connecting.h"
#include "server.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A server in memory: it answers each PING (and the handshake) by the book, at most `step` bytes
 * at a time, and has neither a descriptor nor a way to write lists. */
typedef struct memory_server {
    size_t step;
    char said[4096]; /* by the client */
    size_t said_len;
    char answer[4096];
    size_t answer_len;
    size_t given;
    unsigned turns; /* every third call is interrupted */
    unsigned open;
    unsigned opened;
} memory_server;

static redisc_status memory_open(const redisc_options *options, void *context, int64_t timeout_ms,
                                 void **transport)
{
    memory_server *server = context;
    cr_assert_not_null(options->host);
    cr_assert(timeout_ms > 0);
    server->said_len = server->answer_len = server->given = 0;
    server->open++;
    server->opened++;
    *transport = server;
    return REDISC_OK;
}

/* Answers what has come in whole by now. */
static void memory_serve(memory_server *server)
{
    const char *answer = NULL;
    server->said[server->said_len] = '\0';
    if (strcmp(server->said, "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n") == 0) {
        answer = "%1\r\n+proto\r\n:3\r\n";
    } else if (strcmp(server->said, "*1\r\n$4\r\nPING\r\n") == 0) {
        answer = "+PONG\r\n";
    } else if (strncmp(server->said, "*2\r\n$4\r\nECHO\r\n", 14) == 0 && server->said_len > 16) {
        answer = "$4\r\nECHO\r\n";
    }
    if (answer != NULL) {
        size_t len = strlen(answer);
        memcpy(server->answer + server->answer_len, answer, len);
        server->answer_len += len;
        server->said_len = 0;
    }
}

static ptrdiff_t memory_read(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    memory_server *server = transport;
    size_t left = server->answer_len - server->given;
    size_t count = left < server->step ? left : server->step;
    (void)timeout_ms;
    if (server->turns++ % 3 == 0) {
        return REDISC_TRANSPORT_AGAIN;
    }
    if (count == 0) {
        return REDISC_TRANSPORT_TIMEOUT;
    }
    cr_assert_geq(size, 1);
    count = count < size ? count : size;
    memcpy(bytes, server->answer + server->given, count);
    server->given += count;
    return (ptrdiff_t)count;
}

static ptrdiff_t memory_write(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    memory_server *server = transport;
    size_t count = size < server->step ? size : server->step;
    if (server->turns++ % 3 == 0) {
        return timeout_ms == 0 ? REDISC_TRANSPORT_TIMEOUT : REDISC_TRANSPORT_AGAIN;
    }
    memcpy(server->said + server->said_len, bytes, count);
    server->said_len += count;
    memory_serve(server);
    return (ptrdiff_t)count;
}

static void memory_close(void *transport)
{
    memory_server *server = transport;
    server->open--;
}

static const redisc_transport_class memory_class = {.name = "memory",
                                                    .open = memory_open,
                                                    .read = memory_read,
                                                    .write = memory_write,
                                                    .close = memory_close};

Test(transport, in_memory_by_bytes)
{
    for (size_t step = 1; step < 40; step++) {
        memory_server server = {.step = step};
        redisc_options options = {.transport = &memory_class,
                                  .transport_context = &server,
                                  .no_client_info = true,
                                  .tls = true};
        redisc_connection *connection = open_connection(&options);
        redisc *r = redisc_connection_handle(connection);
        for (int i = 0; i < 3; i++) {
            const redisc_reply *reply;
            cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, &reply), REDISC_OK, "step %zu: %s", step,
                         redisc_last_error()->text);
            cr_assert_str_eq(reply->as.text.data, "PONG");
            redisc_free(reply);
        }
        cr_assert(redisc_connection_quiet(connection), "nothing tells otherwise");
        cr_assert_lt(ask(r, REDISC_STRS("NONSENSE"), -1, NULL), 0);
        cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_TIMEOUT);
        cr_assert(error_says("transport memory: no reply"), "%s", redisc_last_error()->text);
        redisc_close(r);
        redisc_connection_close(connection);
        cr_assert_eq(server.open, 0);
        cr_assert_eq(server.opened, 1);
    }
}

static redisc_status open_with_reason(const redisc_options *options, void *context,
                                      int64_t timeout_ms, void **transport)
{
    (void)options;
    (void)context;
    (void)timeout_ms;
    (void)transport;
    return redisc_transport_error(REDISC_ERROR_TLS, "the stars are wrong");
}

static redisc_status open_silently(const redisc_options *options, void *context, int64_t timeout_ms,
                                   void **transport)
{
    (void)options;
    (void)context;
    (void)timeout_ms;
    (void)transport;
    return REDISC_ERROR_RESOLVE;
}

Test(transport, failing_to_open)
{
    redisc_transport_class own = memory_class;
    redisc_options options = {.transport = &own};
    own.open = open_with_reason;
    cr_assert_null(try_to_open(&options));
    cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_TLS);
    cr_assert_str_eq(redisc_last_error()->text,
                     "connecting by transport memory: the stars are wrong");
    own.open = open_silently;
    cr_assert_null(try_to_open(&options));
    cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_RESOLVE);
    cr_assert(error_says("host name not resolved"));
    cr_assert_eq(redisc_transport_error(REDISC_ERROR_TLS, NULL), REDISC_ERROR_TLS);
    cr_assert_str_eq(redisc_last_error()->text, "TLS error");
}

static ptrdiff_t read_too_much(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)timeout_ms;
    memset(bytes, 'x', 1);
    return (ptrdiff_t)size + 1;
}

static ptrdiff_t write_too_much(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)bytes;
    (void)timeout_ms;
    return (ptrdiff_t)size + 1;
}

static ptrdiff_t fail_to_read(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)bytes;
    (void)size;
    (void)timeout_ms;
    errno = ECONNRESET;
    return REDISC_TRANSPORT_FAILED;
}

static ptrdiff_t fail_to_write(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)bytes;
    (void)size;
    (void)timeout_ms;
    errno = EPIPE;
    return REDISC_TRANSPORT_FAILED;
}

static ptrdiff_t write_nothing(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)bytes;
    (void)size;
    (void)timeout_ms;
    return 0;
}

static ptrdiff_t never_ready(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)bytes;
    (void)size;
    cr_assert(timeout_ms <= 10);
    return REDISC_TRANSPORT_TIMEOUT;
}

static void cannot_connect(redisc_transport_class own, redisc_status status)
{
    memory_server server = {.step = 100, .turns = 1};
    redisc_options options = {
        .transport = &own, .transport_context = &server, .connect_timeout_ms = 100};
    cr_assert_null(try_to_open(&options));
    cr_assert_eq(redisc_last_error()->status, status, "%s", redisc_last_error()->text);
    cr_assert_eq(server.open, 0);
}

Test(transport, wrong_ones_do_no_harm)
{
    redisc_transport_class own = memory_class;
    own.read = read_too_much;
    cannot_connect(own, REDISC_ERROR_CLOSED);
    own.read = fail_to_read;
    cannot_connect(own, REDISC_ERROR_CLOSED);
    own = memory_class;
    own.write = write_too_much;
    cannot_connect(own, REDISC_ERROR_CLOSED);
    own.write = fail_to_write;
    cannot_connect(own, REDISC_ERROR_CLOSED);
    own.write = write_nothing;
    cannot_connect(own, REDISC_ERROR_CLOSED);
    own.write = never_ready;
    int64_t before = redisc_now_ms();
    cannot_connect(own, REDISC_ERROR_TIMEOUT);
    cr_assert(redisc_now_ms() - before < 1000);
}

/* Puts something around the built-in transport: counts bytes. */
typedef struct counting {
    const redisc_transport_class *inner;
    void *state;
    size_t *read;
    size_t *written;
} counting;

static struct {
    size_t read;
    size_t written;
} counts;

static redisc_status counting_open(const redisc_options *options, void *context, int64_t timeout_ms,
                                   void **transport)
{
    counting *self = calloc(1, sizeof *self);
    (void)context;
    if (self == NULL) {
        return redisc_transport_error(REDISC_ERROR_MEMORY, "no memory");
    }
    self->inner = redisc_transport_builtin(options);
    redisc_status status =
        self->inner->open(options, options->transport_context, timeout_ms, &self->state);
    if (status != REDISC_OK) {
        free(self);
        return status;
    }
    *transport = self;
    return REDISC_OK;
}

static ptrdiff_t counting_read(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    counting *self = transport;
    ptrdiff_t count = self->inner->read(self->state, bytes, size, timeout_ms);
    counts.read += count > 0 ? (size_t)count : 0;
    return count;
}

static ptrdiff_t counting_write(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    counting *self = transport;
    ptrdiff_t count = self->inner->write(self->state, bytes, size, timeout_ms);
    counts.written += count > 0 ? (size_t)count : 0;
    return count;
}

static void counting_close(void *transport)
{
    counting *self = transport;
    self->inner->close(self->state);
    free(self);
}

static int counting_descriptor(void *transport)
{
    const counting *self = transport;
    return self->inner->descriptor(self->state);
}

static const redisc_transport_class counting_class = {.name = "counting",
                                                      .open = counting_open,
                                                      .read = counting_read,
                                                      .write = counting_write,
                                                      .close = counting_close,
                                                      .descriptor = counting_descriptor};

Test(transport, around_a_built_in_one)
{
    test_server *server = test_server_start(NULL);
    redisc_options options = {.path = test_server_path(server), .transport = &counting_class};
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    counts.read = counts.written = 0;
    const redisc_reply *reply;
    cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, &reply), REDISC_OK);
    redisc_free(reply);
    cr_assert_eq(counts.written, 14);
    cr_assert_eq(counts.read, 7);
    const size_t size = 3u << 20; /* in pieces, for it can't write lists */
    char *large = calloc(1, size);
    cr_assert_eq(ask(r, REDISC_STRS("SET", "k", redisc_bytes(large, size)), -1, NULL), REDISC_OK);
    cr_assert_eq(ask(r, REDISC_STRS("GET", "k"), -1, &reply), REDISC_OK);
    cr_assert(redisc_str_equal(reply->as.text, redisc_bytes(large, size)));
    redisc_free(reply);
    cr_assert(redisc_connection_quiet(connection));
    free(large);
    redisc_close(r);
    redisc_connection_close(connection);
    test_server_kill(server);
    cr_assert_null(try_to_open(&options));
    cr_assert(error_says("connecting by transport counting: connecting to "), "%s",
              redisc_last_error()->text);
    test_server_stop(server);
}

Test(transport, built_in_ones)
{
    cr_assert_str_eq(redisc_transport_builtin(NULL)->name, "tcp");
    cr_assert_str_eq(redisc_transport_builtin(&(redisc_options){.host = "h"})->name, "tcp");
    cr_assert_str_eq(redisc_transport_builtin(&(redisc_options){.path = "/s"})->name, "unix");
}
