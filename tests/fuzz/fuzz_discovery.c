/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what sentinels answer: to each command the bytes up to the next 0xff, and the end of
 * the connection where there are none. What is taken for an address has to look like one; whatever
 * else comes has to be refused.
 */
#include <redisc/discovery.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *answers;
static size_t left;
static const uint8_t *answer; /* the one under way */
static size_t answer_left;

static redisc_status open_transport(const redisc_options *options, void *context,
                                    int64_t timeout_ms, void **transport)
{
    (void)options;
    (void)timeout_ms;
    answer_left = 0;
    *transport = context;
    return REDISC_OK;
}

static ptrdiff_t read_answer(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)timeout_ms;
    size_t len = size < answer_left ? size : answer_left;
    if (len == 0) {
        return REDISC_TRANSPORT_CLOSED;
    }
    memcpy(bytes, answer, len);
    answer += len;
    answer_left -= len;
    return (ptrdiff_t)len;
}

static ptrdiff_t write_command(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)bytes;
    (void)timeout_ms;
    const uint8_t *end = left == 0 ? NULL : memchr(answers, 0xff, left);
    size_t len = end == NULL ? left : (size_t)(end - answers);
    answer = answers;
    answer_left = len;
    answers += end == NULL ? len : len + 1;
    left -= end == NULL ? len : len + 1;
    return (ptrdiff_t)size;
}

static void close_transport(void *transport)
{
    (void)transport;
}

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, redisc_last_error()->text);
        abort();
    }
}

static void must_be_address(const redisc_server_address *address)
{
    must(address->port > 0 && address->host[0] != '\0', "an address");
    for (const char *at = address->host; *at != '\0'; at++) {
        must((unsigned char)*at > ' ' && *at != 0x7f, "a host");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const redisc_transport_class transport = {.name = "fuzz",
                                                     .open = open_transport,
                                                     .read = read_answer,
                                                     .write = write_command,
                                                     .close = close_transport};
    static int context;
    const redisc_options options = {.transport = &transport,
                                    .transport_context = &context,
                                    .protocol = REDISC_PROTOCOL_RESP2,
                                    .no_client_info = true,
                                    .max_tries = 1,
                                    .retry_wait_ms = -1};
    redisc_discovery *d;
    const redisc_server_address *address;
    const redisc_server_address_list *replicas;
    answers = data;
    left = size;
    must(redisc_discovery_open("a,b", &(redisc_discovery_options){.sentinel_options = &options},
                               &d) == REDISC_OK,
         "open");
    redisc_status status = redisc_discover_master(d, "mymaster", &address);
    if (status == REDISC_OK) {
        must_be_address(address);
    } else {
        must(status == REDISC_ERROR_MASTER_NOT_FOUND && address == NULL, "no master");
    }
    redisc_free(address);
    status = redisc_discover_replicas(d, "mymaster", &replicas);
    for (size_t i = 0; status == REDISC_OK && i < replicas->count; i++) {
        must_be_address(&replicas->items[i]);
    }
    must(status == REDISC_OK || (status == REDISC_ERROR_REPLICA_NOT_FOUND && replicas == NULL),
         "no replicas");
    redisc_free(replicas);
    redisc_discovery_close(d);
    return 0;
}
