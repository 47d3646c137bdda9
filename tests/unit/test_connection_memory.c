/* SPDX-License-Identifier: MIT */
/* Each allocation of a connection's life fails once: nothing leaks, crashes or lies. */
#include "connecting.h"
#include "server.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

static struct {
    long live;
    long until_failure; /* negative: no failure any more */
} blocks;

static bool fails_now(void)
{
    return blocks.until_failure-- == 0;
}

static void *counted_allocate(size_t size, void *context)
{
    (void)context;
    void *memory = fails_now() ? NULL : malloc(size);
    blocks.live += memory != NULL ? 1 : 0;
    return memory;
}

static void *counted_reallocate(void *old, size_t size, void *context)
{
    (void)context;
    void *memory = fails_now() ? NULL : realloc(old, size);
    blocks.live += memory != NULL && old == NULL ? 1 : 0;
    return memory;
}

static void counted_release(void *memory, void *context)
{
    (void)context;
    blocks.live -= memory != NULL ? 1 : 0;
    free(memory);
}

static redisc_status set_on_connect(redisc *r, void *context)
{
    (void)context;
    return ask(r, REDISC_STRS("SET", "k", "v"), -1, NULL);
}

static redisc_status check_reply(redisc *r, redisc_str_list words, redisc_str expected)
{
    const redisc_reply *reply;
    redisc_status status = ask(r, words, -1, &reply);
    if (status == REDISC_OK) {
        cr_assert(redisc_str_equal(reply->as.text, expected));
        redisc_free(reply);
    } else {
        cr_assert_null(reply);
    }
    return status;
}

/* What a connection does in its life; the first failure ends it. */
static redisc_status live(const redisc_options *options, redisc_str large)
{
    redisc_connection *connection = try_to_open(options);
    if (connection == NULL) {
        return redisc_last_error()->status;
    }
    redisc *r = redisc_connection_handle(connection);
    redisc *derived = NULL;
    redisc_status status = r == NULL ? REDISC_ERROR_MEMORY : REDISC_OK;
    if (status == REDISC_OK) {
        status = redisc_with(r, &(redisc_call_options){.timeout_ms = 9000}, &derived);
    }
    if (status == REDISC_OK) {
        status = check_reply(derived, REDISC_STRS("GET", "k"), redisc_text("v"));
    }
    if (status == REDISC_OK) {
        status = check_reply(r, REDISC_STRS("SET", "large", large), redisc_text("OK"));
    }
    if (status == REDISC_OK) {
        status = check_reply(r, REDISC_STRS("GET", "large"), large);
    }
    if (status != REDISC_OK && r != NULL && !connection->broken) {
        blocks.until_failure = -1;
        cr_assert_eq(check_reply(r, REDISC_STRS("GET", "k"), redisc_text("v")), REDISC_OK,
                     "a connection that isn't broken works on: %s", redisc_last_error()->text);
    }
    redisc_close(derived);
    redisc_close(r);
    redisc_connection_close(connection);
    return status;
}

static void survive(redisc_options options)
{
    const size_t size = 200000;
    char *bytes = malloc(size);
    memset(bytes, 'x', size);
    redisc_allocator allocator = {counted_allocate, counted_reallocate, counted_release, NULL};
    redisc_set_allocator(&allocator);
    redisc_status status = REDISC_ERROR_MEMORY;
    long n = 0;
    for (; status != REDISC_OK; n++) {
        cr_assert_lt(n, 1000);
        blocks.until_failure = n;
        status = live(&options, redisc_bytes(bytes, size));
        cr_assert(status == REDISC_OK || status == REDISC_ERROR_MEMORY, "allocation %ld: %s: %s", n,
                  redisc_status_name(status), redisc_last_error()->text);
        cr_assert_eq(blocks.live, 0, "allocation %ld: %ld blocks are left", n, blocks.live);
    }
    cr_assert_gt(n, 10, "so few allocations?");
    redisc_set_allocator(NULL);
    free(bytes);
}

Test(connection_memory, each_allocation_may_fail)
{
    test_server *server = test_server_start(NULL);
    const redisc_protocol protocols[] = {REDISC_PROTOCOL_RESP2, REDISC_PROTOCOL_RESP3};
    for (size_t i = 0; i < 2; i++) {
        redisc_options options = {.path = test_server_path(server),
                                  .protocol = protocols[i],
                                  .client_name = "me",
                                  .user = "default",
                                  .password = "any",
                                  .db = 1,
                                  .encoding = REDISC_ENCODING_UTF8,
                                  .on_connect = set_on_connect};
        survive(options);
        options.path = NULL;
        options.host = "127.0.0.1";
        options.port = (uint16_t)test_server_port(server);
        survive(options);
    }
    test_server_stop(server);
}
