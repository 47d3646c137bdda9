/* SPDX-License-Identifier: MIT */
#include "connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

redisc *bench_open_client(const bench_addresses *addresses, bool tcp)
{
    redisc_options options = {.path = addresses->path};
    if (tcp) {
        options = (redisc_options){.host = "127.0.0.1", .port = (uint16_t)addresses->port};
    }
    redisc *client;
    if (redisc_open(NULL, &options, &client) != REDISC_OK) {
        bench_fail("redisc", redisc_last_error()->text);
    }
    return client;
}

redisContext *bench_open_context(const bench_addresses *addresses, bool tcp)
{
    redisContext *context =
        tcp ? redisConnect("127.0.0.1", addresses->port) : redisConnectUnix(addresses->path);
    if (context == NULL || context->err != 0) {
        bench_fail("hiredis", "could not connect");
    }
    return context;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        bench_fail(path, "too long for a socket's path");
    }
    memcpy(address.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        bench_fail(path, "could not connect");
    }
    return fd;
}

static int connect_tcp(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        bench_fail("127.0.0.1", "could not connect");
    }
    return fd;
}

int bench_open_socket(const bench_addresses *addresses, bool tcp)
{
    return tcp ? connect_tcp(addresses->port) : connect_unix(addresses->path);
}

void bench_close_context(redisContext *context)
{
    if (context != NULL) {
        redisFree(context);
    }
}

void bench_close_socket(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

void bench_store(const bench_addresses *addresses, redisc_str key, redisc_str value)
{
    redisContext *context = bench_open_context(addresses, false);
    void *reply = redisCommand(context, "SET %b %b", key.data, key.len, value.data, value.len);
    if (reply == NULL) {
        bench_fail(addresses->path, "no server");
    }
    freeReplyObject(reply);
    redisFree(context);
}

char *bench_request(size_t count, const redisc_str *words, size_t *len)
{
    size_t size = 32;
    for (size_t i = 0; i < count; i++) {
        size += words[i].len + 32;
    }
    char *request = bench_allocate(size);
    char *at = request + sprintf(request, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        at += sprintf(at, "$%zu\r\n", words[i].len);
        memcpy(at, words[i].data, words[i].len);
        at += words[i].len;
        memcpy(at, "\r\n", 2);
        at += 2;
    }
    *len = (size_t)(at - request);
    return request;
}

char *bench_repeat(const char *bytes, size_t len, size_t times)
{
    char *all = bench_allocate(len * times);
    for (size_t i = 0; i < times; i++) {
        memcpy(all + i * len, bytes, len);
    }
    return all;
}
