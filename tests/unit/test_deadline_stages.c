/* SPDX-License-Identifier: MIT */
/* One deadline, passing at each stage of a call. */
#include "calls.h"
#include "connecting.h"
#include "hostile.h"

#include <redisc/client.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

TestSuite(deadline_stages, .timeout = 60);

enum { DEADLINE_MS = 150, GENEROUS_MS = 3000 };

/* A client that has a lot of time, and a handle of it that has not. */
static redisc *open_client(int port, redisc **hasty)
{
    redisc_options options = {.host = "127.0.0.1",
                              .port = (uint16_t)port,
                              .timeout_ms = 60000,
                              .max_tries = -1,
                              .retry_max_wait_ms = 20,
                              .no_client_info = true};
    redisc *client;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.timeout_ms = DEADLINE_MS}, hasty),
                 REDISC_OK);
    return client;
}

typedef redisc_status (*run_function)(redisc *r);

static redisc_status run_get(redisc *r)
{
    return test_status(r, REDISC_STRS("GET", "k"));
}

static redisc_status run_incr(redisc *r)
{
    return test_status(r, REDISC_STRS("INCR", "k"));
}

static redisc_status run_large_set(redisc *r)
{
    enum { LEN = 32 << 20 };
    char *bytes = malloc(LEN);
    cr_assert_not_null(bytes);
    memset(bytes, 'x', LEN);
    redisc_status status = test_status(r, REDISC_STRS("SET", "k", redisc_bytes(bytes, LEN)));
    free(bytes);
    return status;
}

static redisc_status run_pipeline(redisc *r)
{
    redisc *pipe = redisc_pipeline(r, &(redisc_pipeline_options){.plain = true});
    redisc_call(pipe, REDISC_STRS("GET", "k"), NULL);
    redisc_status status = redisc_execute(pipe);
    redisc_close(pipe);
    return status;
}

/* Runs it against the port: it has to end in time, with that status and delivery. */
static void ends_at(int port, run_function run, redisc_status expected, redisc_delivery delivery)
{
    redisc *hasty, *client = open_client(port, &hasty);
    int64_t start_ms = test_now_ms();
    redisc_status status = run(hasty);
    int64_t took_ms = test_now_ms() - start_ms;
    cr_expect_eq(status, expected, "%s: %s", redisc_status_name(status), redisc_last_error()->text);
    cr_expect_eq(redisc_last_error()->delivery, delivery, "%s", redisc_last_error()->text);
    cr_expect_lt(took_ms, GENEROUS_MS);
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.in_use, 0);
    redisc_close(hasty);
    redisc_close(client);
}

static void peer_ends_it(const hostile_step *script, run_function run, redisc_delivery delivery)
{
    hostile *peer = hostile_start(script);
    ends_at(hostile_port(peer), run, REDISC_ERROR_TIMEOUT, delivery);
    hostile_stop(peer);
}

/* The queue of connects is full and nobody takes any: no answer comes. (Where the system takes them
 * all the same, it is the handshake that is never answered.) */
Test(deadline_stages, connecting)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    enum { FILLING = 8 };
    int filling[FILLING];
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(listener, 0), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    for (int i = 0; i < FILLING; i++) {
        filling[i] = socket(AF_INET, SOCK_STREAM, 0);
        fcntl(filling[i], F_SETFL, O_NONBLOCK);
        (void)!connect(filling[i], (const struct sockaddr *)&address, sizeof address);
    }
    ends_at(ntohs(address.sin_port), run_incr, REDISC_ERROR_TIMEOUT, REDISC_NOT_SENT);
    for (int i = 0; i < FILLING; i++) {
        close(filling[i]);
    }
    close(listener);
}

Test(deadline_stages, handshake_without_an_answer)
{
    static const hostile_step script[] = {{HOSTILE_END, NULL, 0}};
    peer_ends_it(script, run_incr, REDISC_NOT_SENT);
}

Test(deadline_stages, handshake_byte_by_byte)
{
    static const hostile_step script[] = {{HOSTILE_AWAIT, "3\r\n", 0},
                                          {HOSTILE_DRIP, "%1\r\n$5\r\nproto\r\n:3\r\n", 40},
                                          {HOSTILE_END, NULL, 0}};
    peer_ends_it(script, run_incr, REDISC_NOT_SENT);
}

Test(deadline_stages, sending)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS, {HOSTILE_PAUSE, NULL, 2000}, {HOSTILE_END, NULL, 0}};
    peer_ends_it(script, run_large_set, REDISC_UNKNOWN);
}

Test(deadline_stages, receiving)
{
    static const hostile_step script[] = {HOSTILE_GREETS, {HOSTILE_END, NULL, 0}};
    peer_ends_it(script, run_incr, REDISC_UNKNOWN);
    peer_ends_it(script, run_pipeline, REDISC_UNKNOWN);
}

Test(deadline_stages, receiving_byte_by_byte)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS,
        {HOSTILE_AWAIT, "GET\r\n", 0},
        {HOSTILE_DRIP, "$40\r\n0123456789012345678901234567890123456789\r\n", 20},
        {HOSTILE_END, NULL, 0}};
    peer_ends_it(script, run_get, REDISC_UNKNOWN);
    peer_ends_it(script, run_pipeline, REDISC_UNKNOWN);
}

Test(deadline_stages, news_without_end)
{
    static const hostile_step script[] = {HOSTILE_GREETS,
                                          {HOSTILE_AWAIT, "GET\r\n", 0},
                                          {HOSTILE_FLOOD, ">2\r\n+news\r\n+and more\r\n", 0},
                                          {HOSTILE_END, NULL, 0}};
    peer_ends_it(script, run_get, REDISC_UNKNOWN);
}

/* Between two tries: what the server said last is told. */
Test(deadline_stages, trying_again)
{
    static const hostile_step script[] = {HOSTILE_GREETS,
                                          {HOSTILE_AWAIT, "k\r\n", 0},
                                          {HOSTILE_SEND, "-LOADING still\r\n", 0},
                                          {HOSTILE_END, NULL, 0}};
    hostile *peer = hostile_start(script);
    redisc *hasty, *client = open_client(hostile_port(peer), &hasty);
    int64_t start_ms = test_now_ms();
    redisc_status status = run_incr(hasty);
    cr_expect_lt(test_now_ms() - start_ms, GENEROUS_MS);
    cr_expect(status == REDISC_ERROR_LOADING || status == REDISC_ERROR_TIMEOUT, "%s",
              redisc_last_error()->text);
    cr_expect_gt(redisc_last_error()->tries, 1);
    cr_expect_eq(hostile_clients(peer) > 1, true);
    redisc_close(hasty);
    redisc_close(client);
    hostile_stop(peer);
}

/* No server at all, and no limit to the tries. */
Test(deadline_stages, connecting_in_vain)
{
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    cr_assert_eq(bind(listener, (const struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ends_at(ntohs(address.sin_port), run_incr, REDISC_ERROR_CONNECT, REDISC_NOT_SENT);
    close(listener);
}
