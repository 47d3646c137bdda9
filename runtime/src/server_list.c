/* SPDX-License-Identifier: MIT */
#include "server_list.h"

#include "number.h"

#include <string.h>

static bool wrong(redisc_server_fault *fault, size_t at, const char *problem)
{
    *fault = (redisc_server_fault){.problem = problem, .at = at};
    return false;
}

/* The host of list->text[from … end); *after is where a port may follow. */
static bool read_host(const redisc_server_list *list, size_t from, size_t end,
                      redisc_server *server, size_t *after, redisc_server_fault *fault)
{
    const char *text = list->text;
    size_t start = from;
    size_t stop = from;
    if (from < end && text[from] == '[') {
        start++;
        while (stop < end && text[stop] != ']') {
            stop++;
        }
        if (stop == end) {
            return wrong(fault, from, "`[` without its `]`");
        }
        *after = stop + 1;
    } else {
        while (stop < end && text[stop] != ':') {
            stop++;
        }
        *after = stop;
    }
    if (stop == start) {
        return wrong(fault, start, "a host is missing");
    }
    for (size_t i = start; i < stop; i++) {
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f) {
            return wrong(fault, i, "a blank or control character in a host");
        }
    }
    server->host = text + start;
    server->host_len = stop - start;
    return server->host_len < REDISC_HOST_SIZE || wrong(fault, start, "a host is too long");
}

static bool read_port(const redisc_server_list *list, size_t from, size_t end,
                      redisc_server *server, redisc_server_fault *fault)
{
    uint64_t port = REDISC_SENTINEL_PORT;
    if (from == end) {
        server->port = REDISC_SENTINEL_PORT;
        return true;
    }
    if (list->text[from] != ':') {
        return wrong(fault, from, "only `:port` can follow the `]`");
    }
    from++;
    if (memchr(list->text + from, ':', end - from) != NULL) {
        return wrong(fault, from, "more than one `:`; an IPv6 address stands in [ ]");
    }
    if (!redisc_read_unsigned(list->text + from, end - from, &port) || port < 1 ||
        port > UINT16_MAX) {
        return wrong(fault, from, "a port is not a number from 1 to 65535");
    }
    server->port = (uint16_t)port;
    return true;
}

bool redisc_server_next(redisc_server_list *list, redisc_server *server, redisc_server_fault *fault)
{
    fault->problem = NULL;
    if (list->at > list->len) {
        return false;
    }
    size_t from = list->at;
    const char *comma = from < list->len ? memchr(list->text + from, ',', list->len - from) : NULL;
    size_t end = comma == NULL ? list->len : (size_t)(comma - list->text);
    size_t after = from;
    if (list->count == REDISC_MOST_SERVERS) {
        return wrong(fault, from, "more than 64 servers");
    }
    if (!read_host(list, from, end, server, &after, fault) ||
        !read_port(list, after, end, server, fault)) {
        return false;
    }
    list->count++;
    list->at = end + 1;
    return true;
}

size_t redisc_server_count(const char *text, redisc_server_fault *fault)
{
    redisc_server_list list = {.text = text, .len = strlen(text)};
    redisc_server server;
    while (redisc_server_next(&list, &server, fault)) {
    }
    return fault->problem == NULL ? list.count : 0;
}
