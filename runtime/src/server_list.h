/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Texts that name several servers: "host", "host:port", "[address]:port", with commas between.
 */
#ifndef REDISC_SRC_SERVER_LIST_H
#define REDISC_SRC_SERVER_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    REDISC_MOST_SERVERS = 64,    /* in a list */
    REDISC_HOST_SIZE = 256,      /* of a host's name with its NUL */
    REDISC_SENTINEL_PORT = 26379 /* if none is given */
};

typedef struct redisc_server_list {
    const char *text;
    size_t len;
    size_t at;    /* how far it is read */
    size_t count; /* of servers so far */
} redisc_server_list;

typedef struct redisc_server {
    const char *host; /* in the text, not terminated; without brackets */
    size_t host_len;
    uint16_t port;
} redisc_server;

/* What is wrong with a list; it never quotes it, for a misplaced password may be in it. */
typedef struct redisc_server_fault {
    const char *problem; /* NULL: nothing */
    size_t at;           /* from 0 */
} redisc_server_fault;

/* The next server of the list; false at the end, and if something is wrong. */
bool redisc_server_next(redisc_server_list *list, redisc_server *server,
                        redisc_server_fault *fault);

/* How many servers a text names; 0 if something is wrong with it. */
size_t redisc_server_count(const char *text, redisc_server_fault *fault);

#endif
