/* SPDX-License-Identifier: MIT */
/* Pipelines that send as they collect, and how much memory all kinds take. */
#include "calls.h"
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

static long long server_peak(void)
{
    const redisc_reply *reply;
    cr_assert_eq(REDISC_CALL(client, &reply, "INFO", "memory"), REDISC_OK);
    const char *at = strstr(reply->as.text.data, "used_memory_peak:");
    cr_assert_not_null(at);
    long long peak = strtoll(strchr(at, ':') + 1, NULL, 10);
    redisc_free(reply);
    return peak;
}

/* However many replies are large, the server need not keep more than a few of them. */
Test(pipeline_stream, the_server_keeps_little)
{
    enum { LEN = 256 * 1024, GETS = 4000 };
    char *bytes = malloc(LEN);
    cr_assert_not_null(bytes);
    memset(bytes, 'x', LEN);
    test_server *server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
    cr_assert_eq(redisc_set(client, "a key that takes some room", redisc_bytes(bytes, LEN)), 0);
    for (size_t stream_bytes = 0; stream_bytes <= 65536; stream_bytes += 65536) {
        p = redisc_pipeline(
            client, &(redisc_pipeline_options){.plain = true, .stream_bytes = stream_bytes});
        const redisc_str *last;
        for (int i = 0; i < GETS; i++) {
            cr_assert_eq(redisc_get(p, "a key that takes some room", i == GETS - 1 ? &last : NULL),
                         REDISC_QUEUED);
        }
        cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
        cr_expect_eq(last->len, LEN);
        redisc_free(last);
        redisc_close(p);
    }
    cr_expect_lt(server_peak(), 100LL * 1024 * 1024, "%lld bytes", server_peak());
    redisc_close(client);
    test_server_stop(server);
    free(bytes);
}

/* Replies that come before their commands were sent belong to something else. */
Test(pipeline_stream, replies_before_their_commands)
{
    enum { MANY = 10000 };
    char *replies = malloc(MANY * 4 + 1);
    cr_assert_not_null(replies);
    for (size_t i = 0; i < MANY; i++) {
        memcpy(replies + i * 4, ":1\r\n", 5);
    }
    test_script script = SCRIPT(replies);
    open_pipe(&script, 0);
    for (int i = 0; i < MANY; i++) {
        redisc_incr(p, "n", NULL);
    }
    cr_expect_eq(redisc_execute(p), REDISC_ERROR_PROTOCOL);
    cr_expect_eq(script.closed, 1);
    close_all();
    free(replies);
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
