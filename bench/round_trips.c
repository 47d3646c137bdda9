/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One command at a time, over a Unix socket or TCP, with a real server: redisc's client, hiredis's
 * context, and a loop that writes the finished command and reads until the reply's length is there.
 */
#include "connections.h"

#include <stdlib.h>
#include <string.h>
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
    bench_close_context(self->context);
    bench_close_socket(self->socket);
    free(self);
}

static bench_work *open_case(const round_trip_case *is, bench_side side,
                             const bench_addresses *addresses)
{
    round_trips *self = bench_allocate(sizeof *self);
    self->is = is;
    self->socket = -1;
    self->work = (bench_work){.operations = ROUND_TRIPS, .close = close_round_trips};
    bench_store(addresses, redisc_bytes(key, KEY_LEN), redisc_bytes(value, VALUE_LEN));
    switch (side) {
    case BENCH_REDISC:
        self->client = bench_open_client(addresses, is->tcp);
        self->work.run = run_redisc;
        break;
    case BENCH_HIREDIS:
        self->context = bench_open_context(addresses, is->tcp);
        self->work.run = run_hiredis;
        break;
    case BENCH_FLOOR:
        self->socket = bench_open_socket(addresses, is->tcp);
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
