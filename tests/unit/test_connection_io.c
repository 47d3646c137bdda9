/* SPDX-License-Identifier: MIT */
/* Peers that break off, dawdle, talk too much or lie. */
#include "connecting.h"
#include "hostile.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static hostile *peer;
static redisc_connection *connection;
static redisc *r;

/* Connects to a peer that plays the script after its greeting. */
static void meet(const hostile_step *script, int64_t timeout_ms)
{
    peer = hostile_start(script);
    redisc_options options = {.host = "127.0.0.1",
                              .port = (uint16_t)hostile_port(peer),
                              .timeout_ms = timeout_ms,
                              .connect_timeout_ms = 5000,
                              .no_client_info = true};
    connection = open_connection(&options);
    r = redisc_connection_handle(connection);
}

static void part(void)
{
    redisc_close(r);
    redisc_connection_close(connection);
    hostile_stop(peer);
}

/* One command, whose failure must be this one. */
static void fails(redisc_status status, const char *text, bool broken)
{
    const redisc_reply *reply = NULL;
    redisc_status got = ask(r, REDISC_STRS("PING"), -1, &reply);
    cr_assert_eq(got, status, "%s: %s", redisc_status_name(got), redisc_last_error()->text);
    cr_assert_null(reply);
    cr_assert(error_says(text), "%s", redisc_last_error()->text);
    cr_assert_eq(connection->broken, broken);
    cr_assert_eq(redisc_buffer_len(&connection->out), 0);
}

static void succeeds(const char *expected)
{
    const redisc_reply *reply;
    cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, &reply), REDISC_OK, "%s",
                 redisc_last_error()->text);
    cr_assert_str_eq(reply->as.text.data, expected);
    redisc_free(reply);
}

#define SAYS(...)                                                                                  \
    static const hostile_step script[] = {                                                         \
        HOSTILE_GREETS, {HOSTILE_AWAIT, "PING\r\n", 0}, __VA_ARGS__, {HOSTILE_END, NULL, 0}}

Test(connection_io, closed_within_a_reply)
{
    SAYS({HOSTILE_SEND, "$20\r\n1234567", 0}, {HOSTILE_CLOSE, NULL, 0});
    meet(script, 5000);
    fails(REDISC_ERROR_CLOSED, "the server closed the connection after 12 bytes of the reply",
          true);
    cr_assert(error_says("127.0.0.1:"));
    cr_assert_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    part();
}

Test(connection_io, closed_without_a_reply)
{
    SAYS({HOSTILE_CLOSE, NULL, 0});
    meet(script, 5000);
    fails(REDISC_ERROR_CLOSED, "closed the connection without a reply", true);
    part();
}

Test(connection_io, reset)
{
    SAYS({HOSTILE_RESET, NULL, 0});
    meet(script, 5000);
    fails(REDISC_ERROR_CLOSED, "the connection was lost after 0 bytes of the reply: ", true);
    part();
}

Test(connection_io, garbage)
{
    SAYS({HOSTILE_SEND, "?what\r\n", 0});
    meet(script, 5000);
    fails(REDISC_ERROR_PROTOCOL, "127.0.0.1:", true);
    fails(REDISC_ERROR_CLOSED, "lost before", true);
    part();
}

Test(connection_io, silence)
{
    SAYS({HOSTILE_PAUSE, NULL, 20000});
    meet(script, 150);
    int64_t before = redisc_now_ms();
    fails(REDISC_ERROR_TIMEOUT, "no reply came before the deadline", true);
    int64_t took = redisc_now_ms() - before;
    cr_assert(took >= 140 && took < 5000, "%lld ms", (long long)took);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    part();
}

Test(connection_io, half_a_reply_then_silence)
{
    SAYS({HOSTILE_SEND, "+PO", 0}, {HOSTILE_PAUSE, NULL, 20000});
    meet(script, 500);
    fails(REDISC_ERROR_TIMEOUT, "the deadline passed after 3 bytes of the reply", true);
    part();
}

Test(connection_io, one_byte_at_a_time)
{
    SAYS({HOSTILE_DRIP, "$9\r\ntiny bits\r\n", 3});
    meet(script, 5000);
    succeeds("tiny bits");
    part();
}

/* Each byte comes in time, but the whole doesn't. */
Test(connection_io, one_byte_at_a_time_too_slowly)
{
    SAYS({HOSTILE_DRIP, "$9\r\ntiny bits\r\n", 500});
    meet(script, 200);
    int64_t before = redisc_now_ms();
    fails(REDISC_ERROR_TIMEOUT, "the deadline passed after", true);
    int64_t took = redisc_now_ms() - before;
    cr_assert(took >= 190 && took < 5000, "%lld ms", (long long)took);
    part();
}

Test(connection_io, talk_without_end)
{
    SAYS({HOSTILE_FLOOD, ">1\r\n$3\r\nyes\r\n", 0});
    meet(script, 200);
    int64_t before = redisc_now_ms();
    fails(REDISC_ERROR_TIMEOUT, "deadline", true);
    cr_assert(redisc_now_ms() - before < 5000);
    cr_assert_gt(connection->pushes, 10);
    part();
}

typedef struct seen_push {
    unsigned count;
    char first[32];
} seen_push;

static void see_push(redisc_connection *from, const redisc_parsed *push, void *context)
{
    (void)from;
    seen_push *seen = context;
    seen->count++;
    snprintf(seen->first, sizeof seen->first, "%.*s", (int)redisc_node_length(&push->nodes[1]),
             redisc_node_bytes(push, &push->nodes[1]));
}

Test(connection_io, pushes_between_replies)
{
    SAYS({HOSTILE_SEND, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n+PONG\r\n", 0},
         {HOSTILE_AWAIT, "PING\r\n", 0},
         {HOSTILE_SEND, ">1\r\n$5\r\nother\r\n>1\r\n$4\r\nlast\r\n+PONG\r\n", 0});
    meet(script, 5000);
    succeeds("PONG");
    cr_assert_eq(connection->pushes, 1);
    seen_push seen = {0};
    connection->on_push = see_push;
    connection->on_push_context = &seen;
    succeeds("PONG");
    cr_assert_eq(connection->pushes, 3);
    cr_assert_eq(seen.count, 2);
    cr_assert_str_eq(seen.first, "last");
    cr_assert(redisc_connection_quiet(connection));
    part();
}

Test(connection_io, replies_that_nobody_asked_for)
{
    SAYS({HOSTILE_SEND, "+PONG\r\n+EXTRA\r\n", 0});
    meet(script, 5000);
    succeeds("PONG");
    cr_assert_not(redisc_connection_quiet(connection));
    part();
}

Test(connection_io, bytes_that_wait_in_the_socket)
{
    SAYS({HOSTILE_SEND, "+PONG\r\n", 0}, {HOSTILE_PAUSE, NULL, 50}, {HOSTILE_SEND, "+", 0});
    meet(script, 5000);
    succeeds("PONG");
    cr_assert(redisc_connection_quiet(connection));
    for (int i = 0; i < 400 && redisc_connection_quiet(connection); i++) {
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    cr_assert_not(redisc_connection_quiet(connection));
    part();
}

Test(connection_io, errors_of_the_connection_end_it)
{
    SAYS({HOSTILE_SEND, "-ERR no\r\n", 0}, {HOSTILE_AWAIT, "PING\r\n", 0},
         {HOSTILE_SEND, "-MOVED 1 h:1\r\n", 0}, {HOSTILE_AWAIT, "PING\r\n", 0},
         {HOSTILE_SEND, "-LOADING Redis is loading the dataset in memory\r\n", 0});
    meet(script, 5000);
    fails(REDISC_ERROR_SERVER, "ERR no", false);
    fails(REDISC_ERROR_MOVED, "MOVED", false);
    fails(REDISC_ERROR_LOADING, "LOADING", true);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_ANSWERED);
    part();
}

/* An error of AUTH says something of its arguments only; NOAUTH of a GET says it of the connection.
 */
Test(connection_io, a_refused_password_does_not_end_it)
{
    SAYS({HOSTILE_SEND, "-WRONGPASS no\r\n", 0}, {HOSTILE_AWAIT, "PING\r\n", 0},
         {HOSTILE_SEND, "-NOAUTH no\r\n", 0});
    static const redisc_operation_info info = {.name = "AUTH",
                                               .words = "$4\r\nPING\r\n",
                                               .words_len = 10,
                                               .flags = REDISC_COMMAND_CONNECTION};
    meet(script, 5000);
    redisc_operation c;
    cr_assert(redisc_operation_begin(&c, r, &info, 1, 0));
    cr_assert_eq(redisc_operation_end(&c, &redisc_reads_dynamic, NULL), REDISC_ERROR_WRONGPASS);
    cr_assert_not(connection->broken);
    cr_assert(connection->changed);
    fails(REDISC_ERROR_NOAUTH, "NOAUTH", true);
    part();
}

/* The peer talks without listening while a large command is sent to it. */
Test(connection_io, both_talk_at_once)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS,
        {HOSTILE_AWAIT, "SET\r\n", 0},
        {HOSTILE_FLOOD, ">1\r\n$40\r\n0123456789012345678901234567890123456789\r\n", 12000},
        {HOSTILE_AWAIT, "the end\r\n", 0},
        {HOSTILE_SEND, "+OK\r\n", 0},
        {HOSTILE_END, NULL, 0}};
    meet(script, 20000);
    const size_t size = 8u << 20;
    char *large = malloc(size);
    memset(large, 'x', size);
    memcpy(large + size - 7, "the end", 7);
    const redisc_reply *reply;
    cr_assert_eq(ask(r, REDISC_STRS("SET", "k", redisc_bytes(large, size)), -1, &reply), REDISC_OK,
                 "%s", redisc_last_error()->text);
    cr_assert_eq(connection->pushes, 12000);
    redisc_free(reply);
    free(large);
    part();
}

/* The peer never reads: the command can't be sent within its time. */
Test(connection_io, nobody_listens)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS, {HOSTILE_PAUSE, NULL, 20000}, {HOSTILE_END, NULL, 0}};
    meet(script, 200);
    const size_t size = 32u << 20;
    char *large = calloc(1, size);
    int64_t before = redisc_now_ms();
    cr_assert_eq(ask(r, REDISC_STRS("SET", "k", redisc_bytes(large, size)), -1, NULL),
                 REDISC_ERROR_TIMEOUT);
    cr_assert(redisc_now_ms() - before < 5000);
    cr_assert(error_says("bytes of the command"), "%s", redisc_last_error()->text);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    free(large);
    part();
}

/* A server that no longer takes connections off its queue. */
Test(connection_io, a_full_queue)
{
    char folder[] = "/tmp/redisc-XXXXXX";
    cr_assert_not_null(mkdtemp(folder));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 0), 0);
    redisc_options options = {.path = address.sun_path,
                              .connect_timeout_ms = 150,
                              .protocol = REDISC_PROTOCOL_RESP2,
                              .no_client_info = true};
    redisc_connection *waiting[8] = {NULL};
    size_t count = 0;
    int64_t before = 0;
    do {
        before = redisc_now_ms();
        waiting[count] = try_to_open(&options);
    } while (waiting[count] != NULL && ++count < 8);
    cr_assert(count < 8, "this queue has no end");
    cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_TIMEOUT, "%s",
                 redisc_last_error()->text);
    cr_assert(error_says("no answer within 150 ms"), "%s", redisc_last_error()->text);
    int64_t took = redisc_now_ms() - before;
    cr_assert(took >= 140 && took < 5000, "%lld ms", (long long)took);
    while (count > 0) {
        redisc_connection_close(waiting[--count]);
    }
    close(listener);
    unlink(address.sun_path);
    rmdir(folder);
}

Test(connection_io, a_reply_too_many_after_the_handshake)
{
    static const hostile_step script[] = {{HOSTILE_AWAIT, "HELLO\r\n", 0},
                                          {HOSTILE_AWAIT, "3\r\n", 0},
                                          {HOSTILE_SEND, "%1\r\n+proto\r\n:3\r\n+surplus\r\n", 0},
                                          {HOSTILE_END, NULL, 0}};
    peer = hostile_start(script);
    redisc_options options = {.host = "127.0.0.1",
                              .port = (uint16_t)hostile_port(peer),
                              .timeout_ms = 5000,
                              .no_client_info = true};
    cr_assert_null(try_to_open(&options));
    cr_expect_eq(redisc_last_error()->status, REDISC_ERROR_PROTOCOL);
    cr_expect(error_says("a reply came that no command asked for"), "%s",
              redisc_last_error()->text);
    hostile_stop(peer);
}

Test(connection_io, a_reply_too_many_after_a_command)
{
    SAYS({HOSTILE_SEND, "+one\r\n+two\r\n", 0});
    meet(script, 5000);
    succeeds("one");
    fails(REDISC_ERROR_PROTOCOL, "a reply came that no command asked for", true);
    part();
}
