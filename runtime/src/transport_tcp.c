/* SPDX-License-Identifier: MIT */
#include "transport.h"

#include "config.h"
#include "resolver.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>

#if !defined(TCP_KEEPIDLE) && defined(TCP_KEEPALIVE)
#define TCP_KEEPIDLE TCP_KEEPALIVE
#endif

/* All the addresses of a host, tried one after the other. */
typedef struct attempt {
    const redisc_options *options;
    redisc_deadline deadline;
    int64_t timeout_ms; /* for the message */
    size_t count;       /* of addresses */
    size_t tried;
} attempt;

static redisc_status resolve(const attempt *all, redisc_lookup **found)
{
    const redisc_options *options = all->options;
    redisc_status status = redisc_resolve(options->host, options->port, all->deadline, found);
    if (status != REDISC_OK) {
        char name[REDISC_ADDRESS_SIZE];
        redisc_error_prefix("connecting to %s", redisc_options_endpoint(options, name));
    }
    return status;
}

static bool set_option(int descriptor, int level, int name, int value)
{
    return setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

/* Keepalive times that the system doesn't know are refused, as the caller counts on them. */
static bool set_keepalive(int descriptor, const redisc_options *options)
{
    const struct {
        int name;
        int value;
    } times[] = {
#if defined(TCP_KEEPIDLE) && defined(TCP_KEEPINTVL) && defined(TCP_KEEPCNT)
        {TCP_KEEPIDLE, options->keepalive_idle_s},
        {TCP_KEEPINTVL, options->keepalive_interval_s},
        {TCP_KEEPCNT, options->keepalive_count},
#else
        {-1, options->keepalive_idle_s},
        {-1, options->keepalive_interval_s},
        {-1, options->keepalive_count},
#endif
    };
    bool set = set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    for (size_t i = 0; set && i < sizeof times / sizeof times[0]; i++) {
        set = times[i].value == 0 ||
              set_option(descriptor, IPPROTO_TCP, times[i].name, times[i].value);
    }
    return set;
}

static bool set_tcp_options(int descriptor, const redisc_options *options)
{
    if (!options->no_delay_off && !set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1)) {
        return false;
    }
    return !options->keepalive || set_keepalive(descriptor, options);
}

/* A connect to a port of this machine that nobody listens to can, by chance, meet itself. */
static bool met_itself(int descriptor)
{
    struct sockaddr_storage own;
    struct sockaddr_storage peer;
    socklen_t own_size = sizeof own;
    socklen_t peer_size = sizeof peer;
    memset(&own, 0, sizeof own);
    memset(&peer, 0, sizeof peer);
    return getsockname(descriptor, (struct sockaddr *)&own, &own_size) == 0 &&
           getpeername(descriptor, (struct sockaddr *)&peer, &peer_size) == 0 &&
           own_size == peer_size && memcmp(&own, &peer, own_size) == 0;
}

/* "connecting to localhost:6379 (127.0.0.1, address 2 of 2): Connection refused" */
static redisc_status fail_at(const attempt *all, const struct addrinfo *at, int error)
{
    char name[REDISC_ADDRESS_SIZE];
    char address[64] = "?";
    char which[64] = "";
    redisc_options_endpoint(all->options, name);
    getnameinfo(at->ai_addr, at->ai_addrlen, address, sizeof address, NULL, 0, NI_NUMERICHOST);
    if (all->count > 1) {
        snprintf(which, sizeof which, ", address %zu of %zu", all->tried, all->count);
    }
    if (error == ETIMEDOUT && all->timeout_ms >= 0) {
        return redisc_fail(REDISC_ERROR_TIMEOUT,
                           "connecting to %s (%s%s): no answer within %" PRId64 " ms", name,
                           address, which, all->timeout_ms);
    }
    return redisc_fail_errno(error == ETIMEDOUT ? REDISC_ERROR_TIMEOUT : REDISC_ERROR_CONNECT,
                             error, "connecting to %s (%s%s)", name, address, which);
}

static redisc_status try_address(attempt *all, const struct addrinfo *at, void **transport)
{
    redisc_deadline share = redisc_deadline_share(all->deadline, all->count - all->tried);
    all->tried++;
    int descriptor = redisc_socket_new(at->ai_family);
    if (descriptor < 0) {
        return fail_at(all, at, errno);
    }
    int error = redisc_socket_connect(descriptor, at->ai_addr, at->ai_addrlen, share);
    if (error == 0 && met_itself(descriptor)) {
        error = ECONNREFUSED;
    }
    if (error == 0 && !set_tcp_options(descriptor, all->options)) {
        error = errno;
    }
    if (error != 0) {
        redisc_socket_drop(descriptor);
        return fail_at(all, at, error);
    }
    return redisc_socket_adopt(descriptor, all->options, transport);
}

static redisc_status open_tcp(const redisc_options *options, void *context, int64_t timeout_ms,
                              void **transport)
{
    (void)context;
    attempt all = {.options = options,
                   .deadline = redisc_deadline_after(timeout_ms),
                   .timeout_ms = timeout_ms};
    redisc_lookup *found;
    redisc_status status = resolve(&all, &found);
    if (status != REDISC_OK) {
        return status;
    }
    const struct addrinfo *first = redisc_lookup_addresses(found);
    for (const struct addrinfo *at = first; at != NULL; at = at->ai_next) {
        all.count++;
    }
    for (const struct addrinfo *at = first; at != NULL; at = at->ai_next) {
        status = try_address(&all, at, transport);
        if (status == REDISC_OK || status == REDISC_ERROR_MEMORY) {
            break;
        }
    }
    redisc_lookup_release(found);
    return status;
}

const redisc_transport_class redisc_transport_tcp = {.name = "tcp",
                                                     .open = open_tcp,
                                                     .read = redisc_socket_read,
                                                     .write = redisc_socket_write,
                                                     .close = redisc_socket_close,
                                                     .descriptor = redisc_socket_descriptor,
                                                     .write_list = redisc_socket_write_list};
