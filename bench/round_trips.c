/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One command at a time, over a Unix socket or TCP, with a real server: redisc's client, hiredis's
 * context, and a loop that writes the finished command and reads until the reply's length is there.
 */
#include "work.h"

#include <redisc/redisc.h>

#include <hiredis/hiredis.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROUND_TRIPS = 200, KEY_LEN = 16, VALUE_LEN = 16 };

static const char key[] = "key:000000000001";
static const char value[] = "value:0123456789";

typedef struct round_trips round_trips;

typedef struct round_trip_case {
    const char *name;
    bool tcp;
    const char *command; /* on the wire */
    const char *reply;
    void (*redisc)(round_trips *self);
    void (*hiredis)(round_trips *self);
} round_trip_case;

struct round_trips {
    bench_work work;
    const round_trip_case *is;
    redisc *client;
    redisContext *context;
    int socket;
};

static void redisc_gets(round_trips *self)
{
    for (size_t i = 0; i < ROUND_TRIPS; i++) {
        const redisc_str *got;
        if (redisc_get(self->client, redisc_bytes(key, KEY_LEN), &got) != REDISC_OK) {
            bench_fail(self->is->name, redisc_last_error()->text);
        }
        bench_take_str(&self->work.sink, got->data, got->len);
        redisc_free(got);
    }
}

static void redisc_sets(round_trips *self)
{
    for (size_t i = 0; i < ROUND_TRIPS; i++) {
        if (redisc_set(self->client, redisc_bytes(key, KEY_LEN), redisc_bytes(value, VALUE_LEN)) !=
            REDISC_OK) {
            bench_fail(self->is->name, redisc_last_error()->text);
        }
        bench_take_str(&self->work.sink, "OK", 2);
    }
}

static void hiredis_calls(round_trips *self, int argc, const char **argv, const size_t *lens)
{
    for (size_t i = 0; i < ROUND_TRIPS; i++) {
        redisReply *reply = redisCommandArgv(self->context, argc, argv, lens);
        if (reply == NULL) {
            bench_fail(self->is->name, self->context->errstr);
        }
        bench_take_str(&self->work.sink, reply->str, reply->len);
        freeReplyObject(reply);
    }
}

static void hiredis_gets(round_trips *self)
{
    const char *argv[] = {"GET", key};
    const size_t lens[] = {3, KEY_LEN};
    hiredis_calls(self, 2, argv, lens);
}

static void hiredis_sets(round_trips *self)
{
    const char *argv[] = {"SET", key, value};
    const size_t lens[] = {3, KEY_LEN, VALUE_LEN};
    hiredis_calls(self, 3, argv, lens);
}

#define GET_COMMAND "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n"
#define GET_REPLY "$16\r\nvalue:0123456789\r\n"
#define SET_COMMAND "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000001\r\n$16\r\nvalue:0123456789\r\n"
#define SET_REPLY "+OK\r\n"

static const round_trip_case cases[] = {
    {"GET 16 B, unix", false, GET_COMMAND, GET_REPLY, redisc_gets, hiredis_gets},
    {"SET 16 B, unix", false, SET_COMMAND, SET_REPLY, redisc_sets, hiredis_sets},
    {"GET 16 B, TCP", true, GET_COMMAND, GET_REPLY, redisc_gets, hiredis_gets},
    {"SET 16 B, TCP", true, SET_COMMAND, SET_REPLY, redisc_sets, hiredis_sets},
};

static void run_redisc(bench_work *work)
{
    round_trips *self = (round_trips *)work;
    self->is->redisc(self);
}

static void run_hiredis(bench_work *work)
{
    round_trips *self = (round_trips *)work;
    self->is->hiredis(self);
}

/* Nothing is parsed, but the reply has to be the one that the others get. */
static void run_floor(bench_work *work)
{
    round_trips *self = (round_trips *)work;
    const round_trip_case *is = self->is;
    size_t command_len = strlen(is->command);
    size_t reply_len = strlen(is->reply);
    const char *text = *is->reply == '$' ? value : "OK";
    for (size_t i = 0; i < ROUND_TRIPS; i++) {
        char reply[64];
        size_t len = 0;
        if (write(self->socket, is->command, command_len) != (ssize_t)command_len) {
            bench_fail(is->name, "the command was not written");
        }
        while (len < reply_len) {
            ssize_t got = read(self->socket, reply + len, sizeof reply - len);
            if (got <= 0) {
                bench_fail(is->name, "the server went away");
            }
            len += (size_t)got;
        }
        if (memcmp(reply, is->reply, reply_len) != 0) {
            bench_fail(is->name, "another reply came");
        }
        bench_take_str(&work->sink, text, strlen(text));
    }
}

static void close_round_trips(bench_work *work)
{
    round_trips *self = (round_trips *)work;
    redisc_close(self->client);
    if (self->context != NULL) {
        redisFree(self->context);
    }
    if (self->socket >= 0) {
        close(self->socket);
    }
    free(self);
}

static void open_redisc(round_trips *self, const bench_addresses *addresses)
{
    redisc_options options = {.path = addresses->path};
    if (self->is->tcp) {
        options = (redisc_options){.host = "127.0.0.1", .port = (uint16_t)addresses->port};
    }
    if (redisc_open(NULL, &options, &self->client) != REDISC_OK) {
        bench_fail(self->is->name, redisc_last_error()->text);
    }
    self->work.run = run_redisc;
}

static void open_hiredis(round_trips *self, const bench_addresses *addresses)
{
    self->context = self->is->tcp ? redisConnect("127.0.0.1", addresses->port)
                                  : redisConnectUnix(addresses->path);
    if (self->context == NULL || self->context->err != 0) {
        bench_fail(self->is->name, "hiredis could not connect");
    }
    self->work.run = run_hiredis;
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

/* GET finds its value. */
static void store_value(const bench_addresses *addresses)
{
    redisContext *context = redisConnectUnix(addresses->path);
    void *reply = context == NULL || context->err != 0
                      ? NULL
                      : redisCommand(context, "SET %s %s", key, value);
    if (reply == NULL) {
        bench_fail(addresses->path, "no server");
    }
    freeReplyObject(reply);
    redisFree(context);
}

static bench_work *open_case(const round_trip_case *is, bench_side side,
                             const bench_addresses *addresses)
{
    round_trips *self = bench_allocate(sizeof *self);
    self->is = is;
    self->socket = -1;
    self->work = (bench_work){.operations = ROUND_TRIPS, .close = close_round_trips};
    store_value(addresses);
    switch (side) {
    case BENCH_REDISC:
        open_redisc(self, addresses);
        break;
    case BENCH_HIREDIS:
        open_hiredis(self, addresses);
        break;
    case BENCH_FLOOR:
        self->socket = is->tcp ? connect_tcp(addresses->port) : connect_unix(addresses->path);
        self->work.run = run_floor;
        break;
    }
    return &self->work;
}

bench_work *bench_open_round_trips(const char *name, bench_side side,
                                   const bench_addresses *addresses)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(name, cases[i].name) == 0) {
            return open_case(&cases[i], side, addresses);
        }
    }
    return NULL;
}

const char *bench_round_trips_name(size_t i)
{
    return i < sizeof cases / sizeof *cases ? cases[i].name : NULL;
}
