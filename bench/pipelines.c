/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Many commands at once, with a real server: redisc's plain pipeline, hiredis's appended commands,
 * and a loop that sends finished bytes and receives until all of the replies are there.
 */
#include "connections.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    LEAST_COMMANDS = 200, /* of a run; shallow pipelines are executed several times */
    KEY_LEN = 16,
    LONGEST_VALUE = 1024,
    PORTION = 64 * 1024 /* of the floor, and of redisc's streams */
};

static const char key[] = "key:pipelined:01";

typedef struct pipelines pipelines;

typedef enum pipeline_way {
    OVER_UNIX,
    OVER_TCP,
    STREAMED, /* redisc sends as soon as there is a portion */
    ATOMIC,   /* between MULTI and EXEC */
    REUSED    /* redisc makes its results in an arena, which is cleared after each pipeline */
} pipeline_way;

typedef struct pipeline_case {
    const char *name;
    bool sets; /* else it gets */
    size_t value_len;
    size_t depth;
    pipeline_way way; /* over a Unix socket, unless it says TCP */
} pipeline_case;

struct pipelines {
    bench_work work;
    const pipeline_case *is;
    char value[LONGEST_VALUE];
    redisc *client;
    redisc_arena *arena; /* NULL if it isn't used */
    redisc *derived;     /* with the arena */
    redisc *pipeline;
    const redisc_str **got; /* one for each command of the pipeline */
    redisContext *context;
    int socket;
    char *requests; /* a whole pipeline's */
    size_t requests_len;
    size_t replies_len;
    char *received;
};

static const pipeline_case cases[] = {
    {"GET 16 B x 10, unix", false, 16, 10, OVER_UNIX},
    {"GET 16 B x 100, unix", false, 16, 100, OVER_UNIX},
    {"GET 16 B x 1000, unix", false, 16, 1000, OVER_UNIX},
    {"GET 16 B x 10000, unix", false, 16, 10000, OVER_UNIX},
    {"SET 16 B x 10, unix", true, 16, 10, OVER_UNIX},
    {"SET 16 B x 100, unix", true, 16, 100, OVER_UNIX},
    {"SET 16 B x 1000, unix", true, 16, 1000, OVER_UNIX},
    {"SET 16 B x 10000, unix", true, 16, 10000, OVER_UNIX},
    {"GET 1 KiB x 10, unix", false, 1024, 10, OVER_UNIX},
    {"GET 1 KiB x 100, unix", false, 1024, 100, OVER_UNIX},
    {"GET 1 KiB x 1000, unix", false, 1024, 1000, OVER_UNIX},
    {"GET 1 KiB x 10000, unix", false, 1024, 10000, OVER_UNIX},
    {"SET 1 KiB x 10, unix", true, 1024, 10, OVER_UNIX},
    {"SET 1 KiB x 100, unix", true, 1024, 100, OVER_UNIX},
    {"SET 1 KiB x 1000, unix", true, 1024, 1000, OVER_UNIX},
    {"SET 1 KiB x 10000, unix", true, 1024, 10000, OVER_UNIX},
    {"GET 16 B x 1000, TCP", false, 16, 1000, OVER_TCP},
    {"SET 16 B x 1000, TCP", true, 16, 1000, OVER_TCP},
    {"GET 16 B x 10000, streamed", false, 16, 10000, STREAMED},
    {"SET 1 KiB x 10000, streamed", true, 1024, 10000, STREAMED},
    {"GET 16 B x 1000, reused", false, 16, 1000, REUSED},
    {"GET 1 KiB x 1000, reused", false, 1024, 1000, REUSED},
    {"GET 16 B x 1000, MULTI", false, 16, 1000, ATOMIC},
    {"SET 16 B x 1000, MULTI", true, 16, 1000, ATOMIC},
};

static void queue_redisc(bench_work *work)
{
    pipelines *self = (pipelines *)work;
    const pipeline_case *is = self->is;
    redisc_str name = redisc_bytes(key, KEY_LEN);
    redisc_str value = redisc_bytes(self->value, is->value_len);
    redisc_status status = REDISC_QUEUED;
    for (size_t i = 0; i < is->depth && status == REDISC_QUEUED; i++) {
        status = is->sets ? redisc_set(self->pipeline, name, value)
                          : redisc_get(self->pipeline, name, &self->got[i]);
    }
    if (status != REDISC_QUEUED) {
        bench_fail(is->name, redisc_last_error()->text);
    }
}

static void flush_redisc(bench_work *work)
{
    pipelines *self = (pipelines *)work;
    const pipeline_case *is = self->is;
    if (redisc_execute(self->pipeline) != REDISC_OK) {
        bench_fail(is->name, redisc_last_error()->text);
    }
    for (size_t i = 0; i < is->depth; i++) {
        if (is->sets) {
            bench_take_str(&work->sink, "OK", 2);
            continue;
        }
        bench_take_str(&work->sink, self->got[i]->data, self->got[i]->len);
        redisc_free(self->got[i]);
    }
    redisc_arena_clear(self->arena);
}

static void append(pipelines *self, int count, const char **argv, const size_t *lens)
{
    if (redisAppendCommandArgv(self->context, count, argv, lens) != REDIS_OK) {
        bench_fail(self->is->name, self->context->errstr);
    }
}

static void queue_hiredis(bench_work *work)
{
    pipelines *self = (pipelines *)work;
    const pipeline_case *is = self->is;
    const char *argv[] = {is->sets ? "SET" : "GET", key, self->value};
    const size_t lens[] = {3, KEY_LEN, is->value_len};
    if (is->way == ATOMIC) {
        append(self, 1, (const char *[]){"MULTI"}, (const size_t[]){5});
    }
    for (size_t i = 0; i < is->depth; i++) {
        append(self, is->sets ? 3 : 2, argv, lens);
    }
    if (is->way == ATOMIC) {
        append(self, 1, (const char *[]){"EXEC"}, (const size_t[]){4});
    }
}

static redisReply *next_reply(pipelines *self)
{
    void *reply;
    if (redisGetReply(self->context, &reply) != REDIS_OK) {
        bench_fail(self->is->name, self->context->errstr);
    }
    return reply;
}

static void flush_hiredis(bench_work *work)
{
    pipelines *self = (pipelines *)work;
    size_t depth = self->is->depth;
    bool atomic = self->is->way == ATOMIC;
    for (size_t i = 0; i < depth + atomic; i++) {
        redisReply *reply = next_reply(self);
        if (!atomic) {
            bench_take_str(&work->sink, reply->str, reply->len);
        }
        freeReplyObject(reply);
    }
    if (atomic) {
        redisReply *all = next_reply(self);
        if (all->elements != depth) {
            bench_fail(self->is->name, "EXEC gave something else");
        }
        for (size_t i = 0; i < depth; i++) {
            bench_take_str(&work->sink, all->element[i]->str, all->element[i]->len);
        }
        freeReplyObject(all);
    }
}

static bool would_block(ptrdiff_t count)
{
    return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

static size_t moved(const pipelines *self, ptrdiff_t count)
{
    if (count == 0 || (count < 0 && !would_block(count))) {
        bench_fail(self->is->name, "the server went away");
    }
    return count < 0 ? 0 : (size_t)count;
}

/* Neither side has to keep much: a portion is sent, then what has come is received. Nothing is
 * parsed, and nothing is looked at but how much there is. */
static void flush_floor(bench_work *work)
{
    pipelines *self = (pipelines *)work;
    size_t sent = 0;
    size_t got = 0;
    while (got < self->replies_len) {
        size_t rest = self->requests_len - sent;
        size_t portion = rest < PORTION ? rest : PORTION;
        size_t out = 0;
        if (portion > 0) {
            out = moved(self, send(self->socket, self->requests + sent, portion, MSG_DONTWAIT));
            sent += out;
        }
        int flags = sent < self->requests_len ? MSG_DONTWAIT : 0;
        size_t in = moved(self, recv(self->socket, self->received, PORTION, flags));
        got += in;
        if (out == 0 && in == 0) {
            struct pollfd both = {.fd = self->socket, .events = POLLIN | POLLOUT};
            poll(&both, 1, -1);
        }
    }
    if (got > self->replies_len) {
        bench_fail(self->is->name, "more came than replies");
    }
    work->sink.sum += (unsigned char)self->received[0];
}

static void run(bench_work *work)
{
    pipelines *self = (pipelines *)work;
    for (size_t done = 0; done < work->operations; done += self->is->depth) {
        if (work->queue != NULL) {
            work->queue(work);
        }
        work->flush(work);
    }
}

static void close_pipelines(bench_work *work)
{
    pipelines *self = (pipelines *)work;
    redisc_close(self->pipeline);
    redisc_close(self->derived);
    redisc_close(self->client);
    redisc_arena_free(self->arena);
    bench_close_context(self->context);
    bench_close_socket(self->socket);
    free(self->got);
    free(self->requests);
    free(self->received);
    free(self);
}

static void open_redisc(pipelines *self, const bench_addresses *addresses)
{
    const redisc_pipeline_options options = {
        .plain = self->is->way != ATOMIC, .stream_bytes = self->is->way == STREAMED ? PORTION : 0};
    self->client = bench_open_client(addresses, self->is->way == OVER_TCP);
    self->arena = self->is->way == REUSED ? redisc_arena_new() : NULL;
    const redisc_call_options call_options = {.arena = self->arena};
    if (redisc_with(self->client, &call_options, &self->derived) != REDISC_OK) {
        bench_fail(self->is->name, redisc_last_error()->text);
    }
    self->pipeline = redisc_pipeline(self->derived, &options);
    if (self->pipeline == NULL) {
        bench_fail(self->is->name, redisc_last_error()->text);
    }
    self->got = bench_allocate(self->is->depth * sizeof *self->got);
    self->work.queue = queue_redisc;
    self->work.flush = flush_redisc;
}

/* Puts MULTI and EXEC around the requests. */
static void enclose(pipelines *self)
{
    static const char multi[] = "*1\r\n$5\r\nMULTI\r\n";
    static const char exec[] = "*1\r\n$4\r\nEXEC\r\n";
    char *all = bench_allocate(sizeof multi + self->requests_len + sizeof exec);
    memcpy(all, multi, sizeof multi - 1);
    memcpy(all + sizeof multi - 1, self->requests, self->requests_len);
    memcpy(all + sizeof multi - 1 + self->requests_len, exec, sizeof exec - 1);
    free(self->requests);
    self->requests = all;
    self->requests_len += sizeof multi - 1 + sizeof exec - 1;
    self->replies_len +=
        strlen("+OK\r\n") + self->is->depth * strlen("+QUEUED\r\n") + strlen("*1000\r\n");
}

static void open_floor(pipelines *self, const bench_addresses *addresses)
{
    const pipeline_case *is = self->is;
    const redisc_str words[] = {redisc_bytes(is->sets ? "SET" : "GET", 3),
                                redisc_bytes(key, KEY_LEN),
                                redisc_bytes(self->value, is->value_len)};
    size_t len;
    char *request = bench_request(is->sets ? 3 : 2, words, &len);
    self->requests = bench_repeat(request, len, is->depth);
    self->requests_len = len * is->depth;
    free(request);
    size_t head = is->value_len < 100 ? strlen("$16\r\n") : strlen("$1024\r\n");
    size_t reply = is->sets ? strlen("+OK\r\n") : head + is->value_len + strlen("\r\n");
    self->replies_len = reply * is->depth;
    if (is->way == ATOMIC) {
        enclose(self);
    }
    self->received = bench_allocate(PORTION);
    self->socket = bench_open_socket(addresses, is->way == OVER_TCP);
    self->work.flush = flush_floor;
}

static bench_work *open_case(const pipeline_case *is, bench_side side,
                             const bench_addresses *addresses)
{
    size_t times = is->depth < LEAST_COMMANDS ? LEAST_COMMANDS / is->depth : 1;
    pipelines *self = bench_allocate(sizeof *self);
    self->is = is;
    self->socket = -1;
    self->work = (bench_work){
        .operations = times * is->depth, .depth = is->depth, .run = run, .close = close_pipelines};
    memset(self->value, 'v', is->value_len);
    bench_store(addresses, redisc_bytes(key, KEY_LEN), redisc_bytes(self->value, is->value_len));
    switch (side) {
    case BENCH_REDISC:
        open_redisc(self, addresses);
        break;
    case BENCH_HIREDIS:
        self->context = bench_open_context(addresses, is->way == OVER_TCP);
        self->work.queue = queue_hiredis;
        self->work.flush = flush_hiredis;
        break;
    case BENCH_FLOOR:
        open_floor(self, addresses);
        break;
    }
    return &self->work;
}

bench_work *bench_open_pipelines(const char *name, bench_side side,
                                 const bench_addresses *addresses)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(name, cases[i].name) == 0) {
            return open_case(&cases[i], side, addresses);
        }
    }
    return NULL;
}

const char *bench_pipelines_name(size_t i)
{
    return i < sizeof cases / sizeof *cases ? cases[i].name : NULL;
}
