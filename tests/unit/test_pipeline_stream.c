/* SPDX-License-Identifier: MIT */
/* Pipelines that send as they collect, and the deadlines of long ones. */
#include "calls.h"
#include "hostile.h"
#include "scripted.h"
#include "server.h"

#include <redisc/alloc.h>
#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/lua.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(pipeline_stream, .timeout = 60);

#define SCRIPT(...)                                                                                \
    {                                                                                              \
        .acts = (const char *const[]){__VA_ARGS__},                                                \
        .count = sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)                 \
    }

static redisc *client;
static redisc *p;

static void open_pipe(test_script *script, size_t stream_bytes)
{
    redisc_options options = test_script_options(script);
    options.timeout_ms = 2000;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    p = redisc_pipeline(client,
                        &(redisc_pipeline_options){.plain = true, .stream_bytes = stream_bytes});
    cr_assert_not_null(p);
}

static void close_all(void)
{
    redisc_close(p);
    redisc_close(client);
}

static redisc_pool_stats stats(void)
{
    redisc_pool_stats now;
    redisc_pool_statistics(redisc_pool_of(client), &now);
    return now;
}

/* Each call is a portion of its own, and two of them are under way. The one that meets the end is
 * collected, the next is refused.
 */
Test(pipeline_stream, the_connection_is_lost_in_the_middle)
{
    test_script script = SCRIPT(":1\r\n", SCRIPT_UNSENT, ":9\r\n");
    int64_t n[4] = {7, 7, 7, 7};
    open_pipe(&script, 1);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(redisc_incr(p, "n", &n[i]), REDISC_QUEUED);
    }
    cr_expect_eq(redisc_incr(p, "n", &n[3]), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_expect_eq(redisc_pipeline_length(p), 3);
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_CLOSED);
    cr_expect_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_expect_eq(n[0], 1);
    cr_expect_eq(n[2], 0);
    cr_expect_eq(n[3], 0);
    cr_expect_null(redisc_error_at(p, 0));
    cr_expect_eq(redisc_error_at(p, 1)->delivery, REDISC_UNKNOWN);
    cr_expect_eq(redisc_error_at(p, 2)->delivery, REDISC_NOT_SENT);
    cr_expect_eq(redisc_pipeline_length(p), 0);
    cr_expect_eq(redisc_incr(p, "n", &n[3]), REDISC_QUEUED);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    cr_expect_eq(n[3], 9);
    cr_expect_eq(stats().idle, 1);
    close_all();
}

Test(pipeline_stream, the_last_replies_are_lost)
{
    test_script script = SCRIPT(":1\r\n" SCRIPT_CUT);
    int64_t n[3] = {7, 7, 7};
    open_pipe(&script, 1000);
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(redisc_incr(p, "n", &n[i]), REDISC_QUEUED);
    }
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_CLOSED);
    cr_expect_eq(n[0], 1);
    cr_expect_eq(n[1], 0);
    cr_expect_eq(redisc_error_at(p, 2)->delivery, REDISC_UNKNOWN);
    cr_expect_eq(stats().in_use, 0);
    close_all();
}

Test(pipeline_stream, errors_name_their_command)
{
    test_script script = SCRIPT(":1\r\n", "-WRONGTYPE no\r\n:3\r\n");
    open_pipe(&script, 1);
    for (int i = 0; i < 3; i++) {
        redisc_incr(p, "n", NULL);
    }
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_WRONGTYPE);
    cr_expect_not_null(strstr(redisc_last_error()->text,
                              "Command # 2 (INCR) of pipeline caused error: WRONGTYPE"));
    close_all();
}

Test(pipeline_stream, it_can_neither_watch_nor_begin_a_transaction)
{
    test_script script = SCRIPT(":1\r\n:2\r\n");
    open_pipe(&script, 1);
    redisc_incr(p, "n", NULL);
    redisc_incr(p, "n", NULL);
    cr_expect_eq(redisc_watch(p, REDISC_STRS("n")), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_multi(p), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    cr_expect_eq(redisc_multi(p), REDISC_OK, "afterwards it can");
    close_all();
}

/* Replies that are under way when a stream is dropped reach nobody: not the variables of the calls,
 * which may be gone, and not the next caller. */
Test(pipeline_stream, a_reset_in_the_middle)
{
    test_script script = SCRIPT(SCRIPT_SILENT, ":5\r\n");
    int64_t n = 7, after = 0;
    open_pipe(&script, 30);
    redisc_incr(p, "n", &n);
    redisc_incr(p, "n", &n);
    cr_expect_eq(stats().in_use, 1);
    cr_expect_eq(redisc_pipeline_reset(p), REDISC_OK);
    cr_expect_eq(redisc_pipeline_length(p), 0);
    cr_expect_eq(stats().in_use, 0);
    cr_expect_eq(script.closed, 1);
    cr_expect_eq(redisc_incr(client, "n", &after), REDISC_OK);
    cr_expect_eq(after, 5);
    cr_expect_eq(n, 0);
    redisc_incr(p, "n", &n);
    redisc_incr(p, "n", &n);
    close_all();
}

Test(pipeline_stream, without_calls_it_is_as_any_other)
{
    test_script script = SCRIPT(":1\r\n");
    open_pipe(&script, 1);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    cr_expect_eq(redisc_pipeline_reset(p), REDISC_OK);
    cr_expect_eq(script.opened, 0);
    close_all();
}

/* Counts what is alive. */
static size_t live_bytes;

static void *count_in(size_t size, void *context)
{
    (void)context;
    size_t *block = malloc(size + 16);
    if (block == NULL) {
        return NULL;
    }
    *block = size;
    live_bytes += size;
    return (char *)block + 16;
}

static void count_out(void *memory, void *context)
{
    (void)context;
    if (memory != NULL) {
        size_t *block = (size_t *)(void *)((char *)memory - 16);
        live_bytes -= *block;
        free(block);
    }
}

static void *count_again(void *memory, size_t size, void *context)
{
    void *moved = count_in(size, context);
    if (moved != NULL && memory != NULL) {
        size_t old = *(size_t *)(void *)((char *)memory - 16);
        memcpy(moved, memory, old < size ? old : size);
        count_out(memory, context);
    }
    return moved;
}

/* What was answered takes no memory any more, so a stream may go on for ever. */
Test(pipeline_stream, its_memory_is_bounded)
{
    const redisc_allocator allocator = {count_in, count_again, count_out, NULL};
    redisc_set_allocator(&allocator);
    test_server *server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
    p = redisc_pipeline(client, &(redisc_pipeline_options){.plain = true, .stream_bytes = 4096});
    int64_t n = 0, wrong = 0;
    size_t most = 0;
    for (int i = 1; i <= 200000; i++) {
        wrong += redisc_incr(p, "n", &n) != REDISC_QUEUED;
        most = live_bytes > most ? live_bytes : most;
    }
    cr_expect_eq(wrong, 0);
    cr_expect_eq(redisc_pipeline_length(p), 200000);
    cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(n, 200000);
    cr_expect_lt(most, 400000, "%zu bytes", most);
    close_all();
    cr_expect_eq(live_bytes, 0);
    test_server_stop(server);
    redisc_set_allocator(NULL);
}

/* After a large pipeline, neither it nor its connection keep the memory. */
Test(pipeline_stream, an_idle_pipeline_keeps_little)
{
    const redisc_allocator allocator = {count_in, count_again, count_out, NULL};
    redisc_set_allocator(&allocator);
    test_server *server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
    p = redisc_pipeline(client, NULL);
    for (int i = 1; i <= 200000; i++) {
        redisc_incr(p, "n", NULL);
    }
    cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_lt(live_bytes, 100000, "%zu bytes", live_bytes);
    close_all();
    cr_expect_eq(live_bytes, 0);
    test_server_stop(server);
    redisc_set_allocator(NULL);
}

Test(pipeline_stream, a_fork_in_the_middle)
{
    test_server *server = test_server_start(NULL);
    int64_t n[2] = {0, 0};
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
    p = redisc_pipeline(client, &(redisc_pipeline_options){.plain = true, .stream_bytes = 1});
    cr_assert_eq(redisc_incr(p, "n", &n[0]), REDISC_QUEUED);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(20);
        redisc_incr(p, "n", &n[1]);
        bool refused = redisc_is(redisc_execute(p), REDISC_ERROR_CONNECTION);
        redisc_incr(p, "n", &n[1]);
        bool usable = redisc_execute(p) == REDISC_OK && n[1] == 2;
        close_all();
        _exit(refused && usable ? 0 : 1);
    }
    int status = 1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect_eq(status, 0);
    cr_expect_eq(redisc_incr(p, "n", &n[1]), REDISC_QUEUED);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    cr_expect_eq(n[0], 1);
    cr_expect_eq(n[1], 3);
    close_all();
    test_server_stop(server);
}

/* A client of a peer, and a plain pipeline on it. */
static void open_peer(const hostile *peer, int64_t timeout_ms)
{
    redisc_options options = {.host = "127.0.0.1",
                              .port = (uint16_t)hostile_port(peer),
                              .no_client_info = true,
                              .timeout_ms = timeout_ms};
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    p = redisc_pipeline(client, &(redisc_pipeline_options){.plain = true});
}

static redisc_status execute_for(int calls, int64_t *taken_ms)
{
    for (int i = 0; i < calls; i++) {
        cr_assert_eq(redisc_incr(p, "n", NULL), REDISC_QUEUED);
    }
    int64_t begun = test_now_ms();
    redisc_status status = redisc_execute(p);
    *taken_ms = test_now_ms() - begun;
    return status;
}

static void expect_timeout(const hostile_step *script, int calls)
{
    hostile *peer = hostile_start(script);
    int64_t taken;
    open_peer(peer, 200);
    cr_expect_eq(execute_for(calls, &taken), REDISC_ERROR_TIMEOUT, "%s", redisc_last_error()->text);
    cr_expect_geq(taken, 150);
    cr_expect_lt(taken, 1500, "%lld ms", (long long)taken);
    cr_expect_eq(stats().in_use, 0);
    cr_expect_eq(stats().idle, 0);
    close_all();
    hostile_stop(peer);
}

/* Silence, a reply that trickles, and pushes without end: all end by the deadline, whether there is
 * more to send or not. */
Test(pipeline_stream, a_peer_that_stalls_is_found_out)
{
    static const hostile_step silent[] = {
        HOSTILE_GREETS, {HOSTILE_PAUSE, NULL, 5000}, {HOSTILE_END, NULL, 0}};
    static const hostile_step drip[] = {
        HOSTILE_GREETS,
        {HOSTILE_DRIP, ":1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n", 20},
        {HOSTILE_END, NULL, 0}};
    static const hostile_step flood[] = {HOSTILE_GREETS,
                                         {HOSTILE_FLOOD, ">2\r\n$10\r\ninvalidate\r\n_\r\n", 0},
                                         {HOSTILE_END, NULL, 0}};
    expect_timeout(silent, 10);
    expect_timeout(silent, 1000000);
    expect_timeout(drip, 10);
    expect_timeout(flood, 10);
    expect_timeout(flood, 1000000);
}

/* A long pipeline may take longer than one time-out, as long as it moves. */
Test(pipeline_stream, a_long_pipeline_may_take_long)
{
    enum { ROUND = 1000 };
    static char replies[ROUND * 4 + 1];
    for (int i = 0; i < ROUND; i++) {
        memcpy(replies + (size_t)i * 4, ":1\r\n", 5);
    }
    const hostile_step script[] = {HOSTILE_GREETS,
                                   {HOSTILE_AWAIT, "INCR", 0},
                                   {HOSTILE_SEND, replies, 0},
                                   {HOSTILE_PAUSE, NULL, 200},
                                   {HOSTILE_SEND, replies, 0},
                                   {HOSTILE_PAUSE, NULL, 200},
                                   {HOSTILE_SEND, replies, 0},
                                   {HOSTILE_PAUSE, NULL, 200},
                                   {HOSTILE_SEND, replies, 0},
                                   {HOSTILE_END, NULL, 0}};
    hostile *peer = hostile_start(script);
    int64_t taken;
    open_peer(peer, 400);
    cr_expect_eq(execute_for(4 * ROUND, &taken), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_geq(taken, 550);
    close_all();
    hostile_stop(peer);
}

/* Blocking commands extend the deadline by what they may wait. */
Test(pipeline_stream, blocking_commands)
{
    test_server *server = test_server_start(NULL);
    redisc_options options = {.timeout_ms = 200};
    const redisc_key_element *popped;
    cr_assert_eq(redisc_open(test_server_url(server), &options, &client), REDISC_OK);
    for (int kind = 0; kind < 3; kind++) {
        redisc_pipeline_options how = {.plain = kind > 0, .stream_bytes = kind == 2 ? 1 : 0};
        p = redisc_pipeline(client, &how);
        int64_t begun = test_now_ms();
        redisc_blpop(p, REDISC_STRS("none"), 0.4, &popped);
        redisc_blpop(p, REDISC_STRS("none"), 0.3, NULL);
        cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
        cr_expect_null(popped);
        int64_t taken = test_now_ms() - begun;
        cr_expect(kind == 0 ? taken < 150 : taken >= 690, "a transaction does not block: %lld ms",
                  (long long)taken);
        redisc_close(p);
    }
    redisc_close(client);
    test_server_stop(server);
}

Test(pipeline_stream, scripts_that_come_late)
{
    test_server *server = test_server_start(NULL);
    redisc_lua_script *script;
    const redisc_reply *reply[2];
    int64_t n[3];
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
    cr_assert_eq(redisc_lua_script_open("return redis.call('INCR', KEYS[1])", &script), REDISC_OK);
    p = redisc_pipeline(client, &(redisc_pipeline_options){.plain = true, .stream_bytes = 100});
    for (int i = 0; i < 2; i++) {
        redisc_incr(p, "n", &n[i]);
        redisc_lua_run(p, script, REDISC_STRS("n"), (redisc_str_list){NULL, 0}, &reply[i]);
    }
    redisc_incr(p, "n", &n[2]);
    cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(n[0], 1);
    cr_expect_eq(reply[0]->as.integer, 2);
    cr_expect_eq(reply[1]->as.integer, 4);
    cr_expect_eq(n[2], 5);
    redisc_free(reply[0]);
    redisc_free(reply[1]);
    redisc_lua_script_close(script);
    close_all();
    test_server_stop(server);
}
