/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/un.h>

static redisc_status fail_at(const char *path, int error, int64_t timeout_ms)
{
    if (error == ETIMEDOUT && timeout_ms >= 0) {
        return redisc_fail(REDISC_ERROR_TIMEOUT,
                           "connecting to %s: no answer within %" PRId64 " ms", path, timeout_ms);
    }
    return redisc_fail_errno(REDISC_ERROR_CONNECT, error, "connecting to %s", path);
}

static redisc_status open_unix(const redisc_options *options, void *context, int64_t timeout_ms,
                               void **transport)
{
    (void)context;
    redisc_deadline deadline = redisc_deadline_after(timeout_ms);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(options->path);
    if (len >= sizeof address.sun_path) {
        return redisc_fail(REDISC_ERROR_CONNECT,
                           "connecting to %.60s…: the path has %zu bytes, a Unix socket's at most "
                           "%zu",
                           options->path, len, sizeof address.sun_path - 1);
    }
    memcpy(address.sun_path, options->path, len + 1);
    int descriptor = redisc_socket_new(AF_UNIX);
    if (descriptor < 0) {
        return fail_at(options->path, errno, timeout_ms);
    }
    int error = redisc_socket_connect(descriptor, (const struct sockaddr *)&address, sizeof address,
                                      deadline);
    if (error == 0) {
        return redisc_socket_adopt(descriptor, options, transport);
    }
    redisc_socket_drop(descriptor);
    return fail_at(options->path, error, timeout_ms);
}

const redisc_transport_class redisc_transport_unix = {.name = "unix",
                                                      .open = open_unix,
                                                      .read = redisc_socket_read,
                                                      .write = redisc_socket_write,
                                                      .close = redisc_socket_close,
                                                      .descriptor = redisc_socket_descriptor,
                                                      .write_list = redisc_socket_write_list};
