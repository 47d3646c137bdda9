/* SPDX-License-Identifier: MIT */
/* How long a pipeline may take. */
#include "calls.h"
#include "hostile.h"
#include "server.h"

#include "pipeline.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <string.h>

TestSuite(pipeline_deadline, .timeout = 60);

static redisc *client;
static redisc *p;

static void close_all(void)
{
    redisc_close(p);
    redisc_close(client);
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
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.in_use, 0);
    cr_expect_eq(stats.idle, 0);
    close_all();
    hostile_stop(peer);
}

/* Silence, a reply that trickles, and pushes without end: all end by the deadline, whether there is
 * more to send or not. */
Test(pipeline_deadline, a_peer_that_stalls_is_found_out)
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
Test(pipeline_deadline, a_long_pipeline_may_take_long)
{
    enum { ROUND = 1000 };
    static char replies[ROUND * 4 + 1];
    for (int i = 0; i < ROUND; i++) {
        memcpy(replies + (size_t)i * 4, ":1\r\n", 5);
    }
    const hostile_step script[] = {HOSTILE_GREETS,
                                   {HOSTILE_AWAIT, "INCR", 0},
                                   {HOSTILE_SEND, replies, 0},
                                   {HOSTILE_PAUSE, NULL, 250},
                                   {HOSTILE_SEND, replies, 0},
                                   {HOSTILE_PAUSE, NULL, 250},
                                   {HOSTILE_SEND, replies, 0},
                                   {HOSTILE_END, NULL, 0}};
    hostile *peer = hostile_start(script);
    int64_t taken;
    open_peer(peer, 400);
    cr_expect_eq(execute_for(3 * ROUND, &taken), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_geq(taken, 450);
    close_all();
    hostile_stop(peer);
}

/* Blocking commands extend the deadline by what they may wait. */
/* As for a single call: servers are a little late with what they were waiting for. */
Test(pipeline_deadline, a_short_timeout_leaves_blocking_commands_a_margin)
{
    enum { TIMEOUT_MS = 50, LEAST_MS = 250, WAIT_MS = 2000 };
    redisc_options options = {.timeout_ms = TIMEOUT_MS};
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    p = redisc_pipeline(client, &(redisc_pipeline_options){.plain = true});
    int64_t before = redisc_now_ms();
    redisc_incr(p, "n", NULL);
    redisc_deadline without = redisc_pipe_deadline(redisc_pipe_of(p));
    cr_expect_leq(without.at_ms, redisc_now_ms() + TIMEOUT_MS);
    redisc_blpop(p, REDISC_STRS("none"), 1.5, NULL);
    redisc_blpop(p, REDISC_STRS("none"), 0.5, NULL);
    redisc_deadline with = redisc_pipe_deadline(redisc_pipe_of(p));
    cr_expect_geq(with.at_ms, before + WAIT_MS + LEAST_MS);
    cr_expect_leq(with.at_ms, redisc_now_ms() + WAIT_MS + LEAST_MS);
    redisc_blpop(p, REDISC_STRS("none"), 0, NULL);
    cr_expect_eq(redisc_pipe_deadline(redisc_pipe_of(p)).at_ms, INT64_MAX);
    close_all();
}

Test(pipeline_deadline, blocking_commands)
{
    test_server *server = test_server_start(NULL);
    redisc_options options = {.timeout_ms = 600};
    const redisc_key_element *popped;
    cr_assert_eq(redisc_open(test_server_url(server), &options, &client), REDISC_OK);
    for (int kind = 0; kind < 3; kind++) {
        redisc_pipeline_options how = {.plain = kind > 0, .stream_bytes = kind == 2 ? 1 : 0};
        p = redisc_pipeline(client, &how);
        int64_t begun = test_now_ms();
        redisc_blpop(p, REDISC_STRS("none"), 1.0, &popped);
        redisc_blpop(p, REDISC_STRS("none"), 0.5, NULL);
        cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
        cr_expect_null(popped);
        int64_t taken = test_now_ms() - begun;
        cr_expect(kind == 0 ? taken < 1400 : taken >= 1490, "a transaction does not block: %lld ms",
                  (long long)taken);
        redisc_close(p);
    }
    redisc_close(client);
    test_server_stop(server);
}
