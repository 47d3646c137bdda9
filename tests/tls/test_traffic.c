/* SPDX-License-Identifier: MIT */
/* All that goes over a connection goes over TLS, too. */
#include "secured.h"
#include "tls_peer.h"

#include <redisc/redisc.h>

#include <criterion/criterion.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static secured s;

static void start(void)
{
    secured_start(&s, &secured_good, NULL);
}

static void start_1_2(void)
{
    secured_start(&s, &secured_good, "tls-auth-clients no\ntls-protocols \"TLSv1.2\"");
}

static void stop(void)
{
    secured_stop(&s);
}

static void fine(redisc_status status)
{
    cr_assert_geq(status, REDISC_OK, "%s", redisc_last_error()->text);
}

/* Bytes of all values that tell their place and their number. */
static char *pattern(size_t len, unsigned number)
{
    char *bytes = malloc(len + 1);
    cr_assert_not_null(bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(i * 31 + i / 251 + number);
    }
    return bytes;
}

static void set_and_get(redisc *r, size_t len)
{
    char *bytes = pattern(len, (unsigned)len);
    const redisc_str *value;
    fine(redisc_set(r, "key", redisc_bytes(bytes, len)));
    fine(redisc_get(r, "key", &value));
    cr_assert_eq(value->len, len);
    cr_assert_arr_eq(value->data, bytes, len);
    redisc_free(value);
    free(bytes);
}

static void values_of_all_sizes(void)
{
    static const size_t sizes[] = {0,     1,     4091,  4096,  16353, 16354,   16383,  16384,
                                   16385, 32768, 65535, 65536, 70000, 1 << 20, 5000000};
    const redisc_parser_choice parsers[] = {REDISC_PARSER_NATIVE, REDISC_PARSER_HIREDIS};
    for (size_t p = 0; p < 2; p++) {
        for (int protocol = 2; protocol <= 3; protocol++) {
            redisc_options options = s.options;
            options.parser = parsers[p];
            options.protocol = protocol == 2 ? REDISC_PROTOCOL_RESP2 : REDISC_PROTOCOL_AUTO;
            redisc *r;
            if (redisc_open(NULL, &options, &r) == REDISC_ERROR_UNSUPPORTED) {
                continue; /* built without hiredis */
            }
            for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
                set_and_get(r, sizes[i]);
            }
            redisc_close(r);
        }
    }
}

Test(traffic, values_1_3, .init = start, .fini = stop)
{
    values_of_all_sizes();
}

Test(traffic, values_1_2, .init = start_1_2, .fini = stop)
{
    values_of_all_sizes();
}

/* Large and small strings by turns, so that pieces of both kinds meet in the records. */
Test(traffic, lists_of_large_strings, .init = start, .fini = stop)
{
    redisc *r = secured_open(&s.options);
    char *bytes = pattern(100000, 1);
    redisc_str items[40];
    for (size_t i = 0; i < 40; i++) {
        items[i] = redisc_bytes(bytes + i, i % 3 == 0 ? 7 : 16384 + i * 2000);
    }
    int64_t length;
    const redisc_str_list *back;
    fine(redisc_rpush(r, "list", (redisc_str_list){items, 40}, &length));
    fine(redisc_lrange(r, "list", 0, -1, &back));
    cr_assert_eq(back->count, 40);
    for (size_t i = 0; i < 40; i++) {
        cr_assert(redisc_str_equal(back->items[i], items[i]), "element %zu", i);
    }
    redisc_free(back);
    free(bytes);
    redisc_close(r);
}

Test(traffic, pipelines, .init = start, .fini = stop)
{
    enum { COUNT = 300, LEN = 200000 };
    static const redisc_str *values[COUNT];
    static int64_t numbers[COUNT];
    redisc *r = secured_open(&s.options);
    redisc *p = redisc_pipeline(r, &(redisc_pipeline_options){.plain = true});
    char *bytes = pattern(LEN, 7);
    fine(redisc_set(r, "big", redisc_bytes(bytes, LEN)));
    for (int i = 0; i < COUNT; i++) {
        fine(redisc_set(p, "other", redisc_bytes(bytes, LEN)));
        fine(redisc_incr(p, "number", &numbers[i]));
        fine(redisc_get(p, "big", &values[i]));
    }
    fine(redisc_execute(p));
    for (int i = 0; i < COUNT; i++) {
        cr_assert_eq(numbers[i], i + 1);
        cr_assert_eq(values[i]->len, LEN);
        cr_assert_arr_eq(values[i]->data, bytes, LEN);
        redisc_free(values[i]);
    }
    free(bytes);
    redisc_close(p);
    p = redisc_pipeline(r, NULL);
    int64_t number;
    fine(redisc_incr(p, "number", &number));
    fine(redisc_execute(p));
    cr_assert_eq(number, COUNT + 1);
    redisc_close(p);
    redisc_close(r);
}

Test(traffic, blocking_commands, .init = start, .fini = stop)
{
    redisc_options options = s.options;
    options.timeout_ms = 300;
    redisc *r = secured_open(&options);
    const redisc_key_element *popped;
    fine(redisc_blpop(r, REDISC_STRS("nothing"), 0.5, &popped));
    cr_assert_null(popped);
    redisc *pinned;
    fine(redisc_pin(r, &pinned));
    fine(redisc_ping(pinned));
    redisc_close(pinned);
    redisc_close(r);
}

/* Only when the descriptor says so does an event loop look: nothing may be left behind it. */
Test(traffic, subscriber_in_an_event_loop, .init = start, .fini = stop)
{
    enum { COUNT = 3000 };
    redisc *r = secured_open(&s.options);
    redisc_subscriber *subscriber;
    fine(redisc_subscriber_open(r, NULL, &subscriber));
    fine(redisc_subscriber_subscribe(subscriber, REDISC_STRS("news"), NULL, NULL));
    const redisc_message *message;
    fine(redisc_subscriber_next(subscriber, 10000, &message));
    cr_assert_eq(message->type, REDISC_MESSAGE_SUBSCRIBE);
    redisc_free(message);
    redisc *p = redisc_pipeline(r, NULL);
    char *bytes = pattern(100, 3);
    for (int i = 0; i < COUNT; i++) {
        fine(redisc_publish(p, "news", redisc_bytes(bytes, 100), NULL));
    }
    fine(redisc_execute(p));
    redisc_close(p);
    int got = 0;
    while (got < COUNT) {
        struct pollfd wanted = {.fd = redisc_subscriber_descriptor(subscriber), .events = POLLIN};
        cr_assert_eq(poll(&wanted, 1, 10000), 1, "only %d messages came", got);
        fine(redisc_subscriber_next(subscriber, 0, &message));
        while (message != NULL) {
            cr_assert_eq(message->data.len, 100);
            redisc_free(message);
            got++;
            fine(redisc_subscriber_next(subscriber, 0, &message));
        }
    }
    free(bytes);
    redisc_subscriber_close(subscriber);
    redisc_close(r);
}

static void count_message(redisc_subscriber *subscriber, const redisc_message *message,
                          void *context)
{
    (void)subscriber;
    *(int *)context += message->type == REDISC_MESSAGE_MESSAGE;
}

Test(traffic, dispatch_takes_all, .init = start, .fini = stop)
{
    enum { COUNT = 40, LEN = 30000 };
    redisc *r = secured_open(&s.options);
    redisc_subscriber *subscriber;
    int got = 0;
    fine(redisc_subscriber_open(r, NULL, &subscriber));
    fine(redisc_subscriber_subscribe(subscriber, REDISC_STRS("news"), NULL, NULL));
    const redisc_message *message;
    fine(redisc_subscriber_next(subscriber, 10000, &message));
    redisc_free(message);
    redisc *p = redisc_pipeline(r, NULL);
    char *bytes = pattern(LEN, 3);
    for (int i = 0; i < COUNT; i++) {
        fine(redisc_publish(p, "news", redisc_bytes(bytes, LEN), NULL));
    }
    fine(redisc_execute(p));
    redisc_close(p);
    while (got < COUNT) {
        struct pollfd wanted = {.fd = redisc_subscriber_descriptor(subscriber), .events = POLLIN};
        cr_assert_eq(poll(&wanted, 1, 10000), 1, "only %d messages came", got);
        fine(redisc_subscriber_dispatch(subscriber, count_message, &got));
    }
    free(bytes);
    redisc_subscriber_close(subscriber);
    redisc_close(r);
}

Test(traffic, observer, .init = start, .fini = stop)
{
    redisc *r = secured_open(&s.options);
    redisc_observer *o;
    const redisc_observed *seen;
    char *bytes = pattern(20000, 3);
    fine(redisc_observer_open(r, &o));
    fine(redisc_set(r, "key", redisc_bytes(bytes, 20000)));
    bool there = false;
    while (!there) { /* a new connection's handshake comes before it */
        fine(redisc_observer_next(o, 10000, &seen));
        there = redisc_str_equal(seen->words.items[0], redisc_text("SET"));
        cr_assert(!there || seen->words.items[2].len == 20000);
        redisc_free(seen);
    }
    free(bytes);
    redisc_observer_close(o);
    redisc_close(r);
}

static void serve_all(SSL *ssl, void *context)
{
    (void)context;
    int how;
    while (tls_peer_answer(ssl, &how)) {
    }
}

Test(traffic, over_a_unix_socket, .init = start, .fini = stop)
{
    const char *path = authority_path(s.ca, "socket");
    tls_peer *peer = tls_peer_start(
        s.ca, &(tls_peer_options){.certificate = "server", .path = path, .play = serve_all});
    redisc_options options = s.options;
    options.path = path;
    options.no_client_info = true;
    secured_refuses(&options, REDISC_ERROR_ARGUMENT, "`tls_server_name` is needed");
    options.tls_server_name = "localhost";
    fine(secured_ping(&options));
    options.tls_server_name = "elsewhere";
    secured_refuses(&options, REDISC_ERROR_TLS, "not for `elsewhere`|socket: TLS: ");
    options.tls_server_name = NULL;
    options.tls_no_name_check = true;
    fine(secured_ping(&options));
    char url[600];
    snprintf(url, sizeof url, "unix://%s?tls=yes&ssl_cert_reqs=none&no_client_info=yes", path);
    redisc *r;
    fine(redisc_open(url, NULL, &r));
    fine(redisc_ping(r));
    redisc_close(r);
    tls_peer_stop(peer);
}

/* The transport may be used by one's own, too. */
static const redisc_transport_class *wrapped;
static size_t bytes_read;

static ptrdiff_t counting_read(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    ptrdiff_t count = wrapped->read(transport, bytes, size, timeout_ms);
    bytes_read += count > 0 ? (size_t)count : 0;
    return count;
}

Test(traffic, wrapped_by_a_transport_of_ones_own, .init = start, .fini = stop)
{
    redisc_tls_context *context;
    fine(redisc_tls_context_open(&s.options, &context));
    wrapped = redisc_tls_transport();
    redisc_transport_class counting = *wrapped;
    counting.name = "counting";
    counting.read = counting_read;
    redisc_options options = s.options;
    options.tls = false;
    options.transport = &counting;
    options.transport_context = context;
    redisc *r = secured_open(&options);
    set_and_get(r, 100000);
    cr_assert_gt(bytes_read, 100000);
    redisc_close(r);
    options.transport_context = NULL;
    secured_refuses(&options, REDISC_ERROR_ARGUMENT, "transport counting|context is NULL");
    redisc_tls_context_close(context);
    redisc_tls_context_close(NULL);
}
