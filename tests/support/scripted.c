/* SPDX-License-Identifier: MIT */
#include "scripted.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct line {
    test_script *script;
    const char *act;  /* of the command under way; NULL between commands */
    const char *rest; /* of its reply; NULL before the first byte of it was asked for */
} line;

static redisc_status open_line(const struct redisc_options *options, void *context,
                               int64_t timeout_ms, void **transport)
{
    (void)options;
    (void)timeout_ms;
    test_script *script = context;
    script->opened++;
    if (script->refuse_from != 0 && script->opened >= script->refuse_from) {
        return redisc_transport_error(REDISC_ERROR_CONNECT, "the script refuses");
    }
    line *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return redisc_transport_error(REDISC_ERROR_MEMORY, "no memory for a scripted transport");
    }
    self->script = script;
    *transport = self;
    return REDISC_OK;
}

static const char *next_act(test_script *script)
{
    size_t at = script->at < script->count ? script->at : script->count - 1;
    script->at++;
    return script->acts[at];
}

static void remember(test_script *script, const char *bytes, size_t size)
{
    size_t room = SCRIPT_SAID - 1 - script->said_len;
    size = size < room ? size : room;
    memcpy(script->said + script->said_len, bytes, size);
    script->said_len += size;
}

static ptrdiff_t write_line(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    (void)timeout_ms;
    line *self = transport;
    if (self->act == NULL) {
        self->act = next_act(self->script);
    }
    if (strcmp(self->act, SCRIPT_UNSENT) == 0) {
        errno = EPIPE;
        return REDISC_TRANSPORT_FAILED;
    }
    if (strcmp(self->act, SCRIPT_HALF) == 0) {
        size = 1;
        self->act = SCRIPT_UNSENT;
    }
    remember(self->script, bytes, size);
    return (ptrdiff_t)size;
}

static ptrdiff_t wait_in_vain(int64_t timeout_ms)
{
    struct timespec time = {.tv_sec = (time_t)(timeout_ms / 1000),
                            .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
    if (timeout_ms > 0) {
        nanosleep(&time, NULL);
    }
    return REDISC_TRANSPORT_TIMEOUT;
}

static ptrdiff_t read_line(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    line *self = transport;
    if (self->act == NULL) {
        return wait_in_vain(timeout_ms);
    }
    if (strcmp(self->act, SCRIPT_UNSENT) == 0) {
        return REDISC_TRANSPORT_CLOSED;
    }
    if (self->rest == NULL) {
        self->script->executed++;
        self->rest = self->act;
    }
    if (strcmp(self->act, SCRIPT_LOST) == 0) {
        return REDISC_TRANSPORT_CLOSED;
    }
    if (strcmp(self->act, SCRIPT_SILENT) == 0) {
        return wait_in_vain(timeout_ms);
    }
    size_t len = strcspn(self->rest, SCRIPT_CUT);
    if (len == 0) {
        return REDISC_TRANSPORT_CLOSED;
    }
    len = len < size ? len : size;
    size_t piece = self->script->piece;
    len = piece != 0 && piece < len ? piece : len;
    memcpy(bytes, self->rest, len);
    self->rest += len;
    if (*self->rest == '\0') {
        self->act = self->rest = NULL;
    }
    return (ptrdiff_t)len;
}

static void close_line(void *transport)
{
    line *self = transport;
    self->script->closed++;
    free(self);
}

static const redisc_transport_class scripted = {
    .name = "scripted",
    .open = open_line,
    .read = read_line,
    .write = write_line,
    .close = close_line,
};

redisc_options test_script_options(test_script *script)
{
    return (redisc_options){.protocol = REDISC_PROTOCOL_RESP2,
                            .no_client_info = true,
                            .transport = &scripted,
                            .transport_context = script};
}
