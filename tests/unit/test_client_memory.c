/* SPDX-License-Identifier: MIT */
/* Every single allocation fails once: the call says so, nothing leaks, and the client goes on. */
#include "calls.h"
#include "server.h"

#include <redisc/alloc.h>
#include <redisc/callback.h>
#include <redisc/client.h>

#include <criterion/criterion.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static test_server *server;

static void start(void)
{
    server = test_server_start(NULL);
}

static void stop(void)
{
    test_server_stop(server);
}

TestSuite(client_memory, .init = start, .fini = stop, .timeout = 120);

/* Counts what is alive, and lets one allocation fail. */
typedef struct meter {
    long live;
    size_t bytes;
    long until_failure; /* 0: the next one; negative: none */
    bool failed;
} meter;

/* Stands before each block, to know its size. */
typedef union block_head {
    size_t size;
    max_align_t alignment;
} block_head;

static void release(void *memory, void *context)
{
    meter *counter = context;
    if (memory != NULL) {
        block_head *head = (block_head *)memory - 1;
        counter->live--;
        counter->bytes -= head->size;
        free(head);
    }
}

static bool fails(meter *counter)
{
    bool now = counter->until_failure-- == 0;
    counter->failed = counter->failed || now;
    return now;
}

static void *allocate(size_t size, void *context)
{
    meter *counter = context;
    block_head *head = fails(counter) ? NULL : malloc(sizeof *head + size);
    if (head == NULL) {
        return NULL;
    }
    head->size = size;
    counter->live++;
    counter->bytes += size;
    return head + 1;
}

static void *reallocate(void *memory, size_t size, void *context)
{
    void *moved = allocate(size, context);
    if (moved != NULL && memory != NULL) {
        size_t old = ((block_head *)memory - 1)->size;
        memcpy(moved, memory, old < size ? old : size);
        release(memory, context);
    }
    return moved;
}

static meter m;

/* Whether a call worked. Else it must say that there is no memory; or, after that, that the pinned
 * connection did not survive it. */
static bool worked(redisc_status status)
{
    bool told = status == REDISC_ERROR_MEMORY || (m.failed && status == REDISC_ERROR_CLOSED);
    cr_assert(status == REDISC_OK || told, "%s: %s", redisc_status_name(status),
              redisc_last_error()->text);
    return status == REDISC_OK;
}

static redisc_status keep(const redisc_callback_call *call, const redisc_reply *reply,
                          void **result)
{
    (void)call;
    *result = (void *)(uintptr_t)reply;
    return REDISC_OK;
}

static void run_commands(redisc *r, const char *large)
{
    const redisc_reply *reply = NULL;
    void *result = NULL;
    worked(test_status(r, REDISC_STRS("SET", "small", "value")));
    worked(test_status(r, REDISC_STRS("SET", "large", large)));
    worked(redisc_call(r, REDISC_STRS("GET", "large"), &reply));
    redisc_free(reply);
    worked(redisc_call(r, REDISC_STRS("MGET", "small", "large", "none"), &reply));
    redisc_free(reply);
    worked(redisc_call_as(r, REDISC_STRS("GET", "small"), NULL, &result));
    redisc_free(result);
}

static void run_all(const char *large)
{
    redisc *client = NULL, *derived = NULL, *pinned = NULL;
    if (!worked(redisc_open(test_server_url(server), NULL, &client))) {
        cr_assert_null(client);
        return;
    }
    worked(redisc_set_callback(client, "GET", keep, NULL));
    run_commands(client, large);
    if (worked(redisc_with(client, &(redisc_call_options){.timeout_ms = 4000}, &derived))) {
        run_commands(derived, large);
    }
    if (worked(redisc_pin(client, &pinned))) {
        run_commands(pinned, large);
    }
    redisc_close(pinned);
    redisc_close(derived);
    m.until_failure = -1; /* whatever failed before, now all is well */
    cr_assert_eq(test_status(client, REDISC_STRS("SET", "n", "5")), REDISC_OK, "%s",
                 redisc_last_error()->text);
    cr_assert_eq(test_integer(client, REDISC_STRS("INCR", "n")), 6);
    redisc_close(client);
}

Test(client_memory, each_allocation_may_fail)
{
    char *large = malloc(200001);
    cr_assert_not_null(large);
    memset(large, 'x', 200000);
    large[200000] = '\0';
    const redisc_allocator allocator = {allocate, reallocate, release, &m};
    redisc_set_allocator(&allocator);
    long n = 0;
    do {
        m = (meter){.until_failure = n++};
        run_all(large);
        cr_assert_eq(m.live, 0, "allocation %ld failed, and %ld blocks were lost", n, m.live);
    } while (m.failed);
    cr_expect_gt(n, 20);
    redisc_set_allocator(NULL);
    free(large);
}

enum { WORDS = 20001 };

/* Sends and gets some hundred kilobytes in small pieces, so that both buffers grow. */
static void move_much(redisc *client)
{
    redisc_str *words = malloc(WORDS * sizeof *words);
    cr_assert_not_null(words);
    words[0] = redisc_text("RPUSH");
    for (size_t i = 1; i < WORDS; i++) {
        words[i] = redisc_text("element of the list");
    }
    cr_assert_eq(test_integer(client, (redisc_str_list){words, WORDS}), WORDS - 2);
    free(words);
    const redisc_reply *reply;
    cr_assert_eq(
        redisc_call(client, REDISC_STRS("LRANGE", "element of the list", "0", "-1"), &reply),
        REDISC_OK);
    cr_assert_eq(reply->as.list.count, WORDS - 2);
    redisc_free(reply);
}

Test(client_memory, an_idle_connection_keeps_little)
{
    m = (meter){.until_failure = -1};
    const redisc_allocator allocator = {allocate, reallocate, release, &m};
    redisc_set_allocator(&allocator);
    redisc *client;
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
    cr_assert_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK);
    size_t at_first = m.bytes;
    move_much(client);
    cr_expect_leq(m.bytes, at_first + 4096, "%zu bytes, %zu at first", m.bytes, at_first);
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.opened, 1);
    redisc_close(client);
    cr_expect_eq(m.live, 0);
    redisc_set_allocator(NULL);
}
