/* SPDX-License-Identifier: MIT */
/**
 * @file
 * From PUBLISH to message, with a real server. Each side publishes by its own pipeline, and
 * receives on a connection that has subscribed: redisc by redisc_subscriber_next(), hiredis by
 * redisGetReply(), the floor by receiving until all bytes are there. In the cases that only
 * receive, the messages are published before the measuring begins.
 */
#include "connections.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { MESSAGES = 1000, VALUE_LEN = 16, PORTION = 64 * 1024, PATIENCE_MS = 10000 };

/* The sides may be at work at the same time: each has a channel of its own. */
static const char *const channels[] = {
    [BENCH_REDISC] = "chan:one", [BENCH_HIREDIS] = "chan:two", [BENCH_FLOOR] = "chan:any"};
static const char value[] = "value:0123456789";

/* On the wire: as lists, or with > instead of * as pushes. */
static const char message[] =
    "*3\r\n$7\r\nmessage\r\n$8\r\nchan:any\r\n$16\r\nvalue:0123456789\r\n";
static const char confirmation[] = "*3\r\n$9\r\nsubscribe\r\n$8\r\nchan:any\r\n:1\r\n";

typedef struct message_case {
    const char *name;
    bool publishes; /* within what is measured */
} message_case;

static const message_case cases[] = {
    {"publish and receive 16 B", true},
    {"receive 16 B", false},
};

typedef struct messages {
    bench_work work;
    const message_case *is;
    const char *channel;
    void (*publish)(bench_work *work);
    void (*receive)(bench_work *work);
    redisc *client;
    redisc *pipeline;
    redisc_subscriber *subscriber;
    redisContext *publishing;
    redisContext *subscribed;
    int publishing_socket;
    int subscribed_socket;
    char *requests;
    size_t requests_len;
    char *received;
} messages;

static void publish_redisc(bench_work *work)
{
    messages *self = (messages *)work;
    redisc_str name = redisc_text(self->channel);
    redisc_str data = redisc_bytes(value, VALUE_LEN);
    redisc_status status = REDISC_QUEUED;
    for (size_t i = 0; i < MESSAGES && status == REDISC_QUEUED; i++) {
        status = redisc_publish(self->pipeline, name, data, NULL);
    }
    if (status != REDISC_QUEUED || redisc_execute(self->pipeline) != REDISC_OK) {
        bench_fail(self->is->name, redisc_last_error()->text);
    }
}

static void receive_redisc(bench_work *work)
{
    messages *self = (messages *)work;
    for (size_t i = 0; i < MESSAGES; i++) {
        const redisc_message *got;
        if (redisc_subscriber_next(self->subscriber, PATIENCE_MS, &got) != REDISC_OK ||
            got == NULL) {
            bench_fail(self->is->name, "a message is missing");
        }
        bench_take_integer(&work->sink, (int64_t)got->channel.len);
        bench_take_str(&work->sink, got->data.data, got->data.len);
        redisc_free(got);
    }
}

static redisReply *reply_of(messages *self, redisContext *context)
{
    void *reply;
    if (redisGetReply(context, &reply) != REDIS_OK) {
        bench_fail(self->is->name, context->errstr);
    }
    return reply;
}

static void publish_hiredis(bench_work *work)
{
    messages *self = (messages *)work;
    const char *argv[] = {"PUBLISH", self->channel, value};
    const size_t lens[] = {7, strlen(self->channel), VALUE_LEN};
    for (size_t i = 0; i < MESSAGES; i++) {
        if (redisAppendCommandArgv(self->publishing, 3, argv, lens) != REDIS_OK) {
            bench_fail(self->is->name, self->publishing->errstr);
        }
    }
    for (size_t i = 0; i < MESSAGES; i++) {
        freeReplyObject(reply_of(self, self->publishing));
    }
}

static void receive_hiredis(bench_work *work)
{
    messages *self = (messages *)work;
    for (size_t i = 0; i < MESSAGES; i++) {
        redisReply *reply = reply_of(self, self->subscribed);
        if (reply->elements != 3) {
            bench_fail(self->is->name, "no message came");
        }
        bench_take_integer(&work->sink, (int64_t)reply->element[1]->len);
        bench_take_str(&work->sink, reply->element[2]->str, reply->element[2]->len);
        freeReplyObject(reply);
    }
}

static void receive_bytes(messages *self, int fd, size_t len)
{
    while (len > 0) {
        ptrdiff_t got = recv(fd, self->received, PORTION, 0);
        if (got <= 0 || (size_t)got > len) {
            bench_fail(self->is->name, "something else came than the messages");
        }
        len -= (size_t)got;
    }
}

static void send_bytes(messages *self, int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ptrdiff_t sent = send(fd, bytes, len, 0);
        if (sent <= 0) {
            bench_fail(self->is->name, "the server went away");
        }
        bytes += sent;
        len -= (size_t)sent;
    }
}

static void publish_floor(bench_work *work)
{
    messages *self = (messages *)work;
    send_bytes(self, self->publishing_socket, self->requests, self->requests_len);
    receive_bytes(self, self->publishing_socket, MESSAGES * strlen(":1\r\n"));
}

static void receive_floor(bench_work *work)
{
    messages *self = (messages *)work;
    receive_bytes(self, self->subscribed_socket, MESSAGES * strlen(message));
    work->sink.sum += (unsigned char)self->received[0];
}

static void publish_and_receive(bench_work *work)
{
    const messages *self = (const messages *)work;
    self->publish(work);
    self->receive(work);
}

static void close_messages(bench_work *work)
{
    messages *self = (messages *)work;
    redisc_subscriber_close(self->subscriber);
    redisc_close(self->pipeline);
    redisc_close(self->client);
    bench_close_context(self->publishing);
    bench_close_context(self->subscribed);
    bench_close_socket(self->publishing_socket);
    bench_close_socket(self->subscribed_socket);
    free(self->requests);
    free(self->received);
    free(self);
}

static void open_redisc(messages *self, const bench_addresses *addresses)
{
    const redisc_pipeline_options options = {.plain = true};
    const redisc_str names[] = {redisc_text(self->channel)};
    const redisc_message *confirmed;
    self->client = bench_open_client(addresses, false);
    self->pipeline = redisc_pipeline(self->client, &options);
    if (self->pipeline == NULL ||
        redisc_subscriber_open(self->client, NULL, &self->subscriber) != REDISC_OK ||
        redisc_subscriber_subscribe(self->subscriber, (redisc_str_list){names, 1}, NULL, NULL) !=
            REDISC_OK ||
        redisc_subscriber_next(self->subscriber, PATIENCE_MS, &confirmed) != REDISC_OK) {
        bench_fail(self->is->name, redisc_last_error()->text);
    }
    redisc_free(confirmed);
}

static void open_hiredis(messages *self, const bench_addresses *addresses)
{
    self->publishing = bench_open_context(addresses, false);
    self->subscribed = bench_open_context(addresses, false);
    redisReply *confirmed = redisCommand(self->subscribed, "SUBSCRIBE %s", self->channel);
    if (confirmed == NULL) {
        bench_fail(self->is->name, self->subscribed->errstr);
    }
    freeReplyObject(confirmed);
}

static void open_floor(messages *self, const bench_addresses *addresses)
{
    const redisc_str subscribe[] = {redisc_text("SUBSCRIBE"), redisc_text(self->channel)};
    const redisc_str publish[] = {redisc_text("PUBLISH"), redisc_text(self->channel),
                                  redisc_bytes(value, VALUE_LEN)};
    self->publishing_socket = bench_open_socket(addresses, false);
    self->subscribed_socket = bench_open_socket(addresses, false);
    self->received = bench_allocate(PORTION);
    size_t len;
    char *request = bench_request(2, subscribe, &len);
    send_bytes(self, self->subscribed_socket, request, len);
    receive_bytes(self, self->subscribed_socket, strlen(confirmation));
    free(request);
    request = bench_request(3, publish, &len);
    self->requests = bench_repeat(request, len, MESSAGES);
    self->requests_len = len * MESSAGES;
    free(request);
}

static bench_work *open_case(const message_case *is, bench_side side,
                             const bench_addresses *addresses)
{
    static void (*const open[])(messages *, const bench_addresses *) = {
        [BENCH_REDISC] = open_redisc, [BENCH_HIREDIS] = open_hiredis, [BENCH_FLOOR] = open_floor};
    static void (*const publish[])(bench_work *) = {[BENCH_REDISC] = publish_redisc,
                                                    [BENCH_HIREDIS] = publish_hiredis,
                                                    [BENCH_FLOOR] = publish_floor};
    static void (*const receive[])(bench_work *) = {[BENCH_REDISC] = receive_redisc,
                                                    [BENCH_HIREDIS] = receive_hiredis,
                                                    [BENCH_FLOOR] = receive_floor};
    messages *self = bench_allocate(sizeof *self);
    self->is = is;
    self->channel = channels[side];
    self->publishing_socket = self->subscribed_socket = -1;
    self->work = (bench_work){.operations = MESSAGES, .close = close_messages};
    if (is->publishes) {
        self->publish = publish[side];
        self->receive = receive[side];
        self->work.run = publish_and_receive;
    } else {
        self->work.prepare = publish[side];
        self->work.run = receive[side];
    }
    open[side](self, addresses);
    return &self->work;
}

bench_work *bench_open_messages(const char *name, bench_side side, const bench_addresses *addresses)
{
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (strcmp(name, cases[i].name) == 0) {
            return open_case(&cases[i], side, addresses);
        }
    }
    return NULL;
}

const char *bench_messages_name(size_t i)
{
    return i < sizeof cases / sizeof *cases ? cases[i].name : NULL;
}
