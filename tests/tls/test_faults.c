/* SPDX-License-Identifier: MIT */
/* Peers that misbehave, connections that end, processes that fork, memory that is out. */
#include "connecting.h"
#include "failing.h"
#include "hostile.h"
#include "secured.h"
#include "tls_peer.h"

#include <redisc/redisc.h>

#include <criterion/criterion.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static secured s;

static void start(void)
{
    secured_start(&s, &secured_good, NULL);
}

static void stop(void)
{
    secured_stop(&s);
}

static void fine(redisc_status status)
{
    cr_assert_geq(status, REDISC_OK, "%s", redisc_last_error()->text);
}

/* Options for a peer on this port, with the authority of the test. */
static redisc_options options_for(authority *ca, int port)
{
    return (redisc_options){.tls = true,
                            .port = (uint16_t)port,
                            .host = "127.0.0.1",
                            .timeout_ms = 10000,
                            .no_client_info = true,
                            .tls_ca_file = authority_path(ca, "ca.pem")};
}

/* Talks to a peer that follows a script without TLS. */
static void meets(const hostile_step *script, redisc_status status, const char *parts)
{
    fine(redisc_tls_enable());
    authority *ca = authority_new("authority");
    hostile *peer = hostile_start(script);
    redisc_options options = options_for(ca, hostile_port(peer));
    options.connect_timeout_ms = status == REDISC_ERROR_TIMEOUT ? 100 : 10000;
    secured_refuses(&options, status, parts);
    hostile_stop(peer);
    authority_free(ca);
}

Test(faults, silence)
{
    static const hostile_step script[] = {{HOSTILE_END, NULL, 0}};
    meets(script, REDISC_ERROR_TIMEOUT,
          "connecting to 127.0.0.1:|TLS: the handshake did not end within 1|said nothing");
}

Test(faults, silence_in_the_middle)
{
    static const hostile_step script[] = {{HOSTILE_SEND, "\x16\x03\x03", 0},
                                          {HOSTILE_END, NULL, 0}};
    meets(script, REDISC_ERROR_TIMEOUT, "TLS: the handshake did not end within 1");
}

/* One byte at a time, on and on, is no answer either. */
Test(faults, a_drip)
{
    static const hostile_step script[] = {
        {HOSTILE_DRIP, "\x16\x03\x03\x3f\x3f\x02\x01......................................", 20},
        {HOSTILE_FLOOD, ".", 0},
        {HOSTILE_END, NULL, 0}};
    meets(script, REDISC_ERROR_TIMEOUT, "TLS: the handshake did not end within 1");
}

Test(faults, closing_at_once)
{
    static const hostile_step script[] = {{HOSTILE_CLOSE, NULL, 0}, {HOSTILE_END, NULL, 0}};
    meets(script, REDISC_ERROR_CLOSED, "TLS: the|during the handshake");
}

Test(faults, closing_in_the_middle)
{
    static const hostile_step script[] = {
        {HOSTILE_SEND, "\x16\x03\x03", 0}, {HOSTILE_CLOSE, NULL, 0}, {HOSTILE_END, NULL, 0}};
    meets(script, REDISC_ERROR_CLOSED, "TLS: the|during the handshake");
}

Test(faults, a_reset)
{
    static const hostile_step script[] = {
        {HOSTILE_AWAIT, "\x16\x03", 0}, {HOSTILE_RESET, NULL, 0}, {HOSTILE_END, NULL, 0}};
    meets(script, REDISC_ERROR_CLOSED, "during the handshake: Connection reset");
}

Test(faults, nonsense)
{
    static const hostile_step script[] = {
        {HOSTILE_SEND, "\x16\x03\x03\x01\x01 nothing that a server would say .................", 0},
        {HOSTILE_FLOOD, "nonsense", 1000},
        {HOSTILE_END, NULL, 0}};
    meets(script, REDISC_ERROR_TLS, "connecting to 127.0.0.1:|TLS: ");
}

Test(faults, a_server_without_tls)
{
    static const hostile_step script[] = {{HOSTILE_SEND, "-ERR what's that?\r\n", 0},
                                          {HOSTILE_END, NULL, 0}};
    meets(script, REDISC_ERROR_TLS,
          "the server does not speak TLS here: it said \"-ERR what's tha|in plain text");
}

Test(faults, the_port_without_tls, .init = start, .fini = stop)
{
    redisc_options options = s.options;
    options.port = (uint16_t)test_server_port(s.server);
    options.connect_timeout_ms = 2000;
    cr_assert_lt(secured_ping(&options), 0);
    cr_assert(error_says("speak TLS"), "%s", redisc_last_error()->text);
}

/* A client without TLS at the port with TLS. */
Test(faults, the_port_with_tls, .init = start, .fini = stop)
{
    redisc_options options = s.options;
    options.tls = false;
    cr_assert_lt(secured_ping(&options), 0);
    cr_assert(error_says("TLS"), "%s", redisc_last_error()->text);
}

/* What a play saw and did. */
typedef struct scene {
    atomic_int how;     /* the client went: an SSL_ERROR_… */
    atomic_uint spoken; /* commands */
    unsigned last;      /* after so many answers it goes */
    bool goodbye;       /* and says so */
} scene;

static void play(SSL *ssl, void *context)
{
    scene *c = context;
    int how = SSL_ERROR_NONE;
    while ((c->last == 0 || c->spoken < c->last) && tls_peer_answer(ssl, &how)) {
        c->spoken++;
    }
    c->how = how;
    if (c->goodbye) {
        SSL_shutdown(ssl);
    }
}

typedef struct stage {
    authority *ca;
    tls_peer *peer;
    redisc_options options;
} stage;

static stage set_stage(tls_play how, void *context, int version)
{
    stage st = {.ca = authority_new("authority")};
    fine(redisc_tls_enable());
    authority_issue(st.ca, "server", &secured_good);
    st.peer = tls_peer_start(
        st.ca, &(tls_peer_options){
                   .certificate = "server", .version = version, .play = how, .context = context});
    st.options = options_for(st.ca, tls_peer_port(st.peer));
    return st;
}

static void clear_stage(stage *st)
{
    tls_peer_stop(st->peer);
    authority_free(st->ca);
}

Test(faults, closing_says_goodbye)
{
    scene c = {.spoken = 0};
    stage st = set_stage(play, &c, 0);
    fine(secured_ping(&st.options));
    clear_stage(&st);
    cr_assert_eq(c.how, SSL_ERROR_ZERO_RETURN);
    cr_assert_eq(c.spoken, 2);
}

static void ends(bool goodbye)
{
    scene c = {.last = 2, .goodbye = goodbye};
    stage st = set_stage(play, &c, 0);
    st.options.protocol = REDISC_PROTOCOL_RESP2;
    redisc_connection *connection = open_connection(&st.options);
    redisc *r = redisc_connection_handle(connection);
    const redisc_reply *reply;
    fine(ask(r, REDISC_STRS("PING"), -1, &reply));
    redisc_free(reply);
    fine(ask(r, REDISC_STRS("PING"), -1, &reply));
    redisc_free(reply);
    cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, &reply), REDISC_ERROR_CLOSED);
    cr_assert(error_says("127.0.0.1:"), "%s", redisc_last_error()->text);
    redisc_close(r);
    redisc_connection_close(connection);
    clear_stage(&st);
}

Test(faults, an_end_with_a_goodbye)
{
    ends(true);
}

Test(faults, an_end_without_a_goodbye)
{
    ends(false);
}

/* Bytes that the descriptor no longer shows: the transport tells of them. */
Test(faults, bytes_that_are_held)
{
    scene c = {.spoken = 0};
    stage st = set_stage(play, &c, 0);
    const redisc_transport_class *tls = redisc_tls_transport();
    redisc_tls_context *context;
    void *transport;
    char byte;
    fine(redisc_tls_context_open(&st.options, &context));
    fine(tls->open(&st.options, context, 10000, &transport));
    cr_assert_not(tls->pending(transport));
    cr_assert_eq(tls->read(transport, &byte, 1, 0), REDISC_TRANSPORT_TIMEOUT);
    cr_assert_eq(tls->write(transport, "PING\r\n", 6, 10000), 6);
    for (const char *expected = "+PONG\r\n"; *expected != '\0'; expected++) {
        cr_assert_eq(tls->read(transport, &byte, 1, 10000), 1);
        cr_assert_eq(byte, *expected);
        cr_assert_eq(tls->pending(transport), expected[1] != '\0');
    }
    tls->close(transport);
    redisc_tls_context_close(context);
    clear_stage(&st);
}

/* Key updates between the bytes of a reply; the client has to answer them. */
static void play_with_keys(SSL *ssl, void *context)
{
    int how;
    (void)context;
    while (tls_peer_answer(ssl, &how)) {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        tls_peer_send(ssl, ">1\r\n+push\r\n", 11, 1);
    }
}

Test(faults, keys_that_change)
{
    stage st = set_stage(play_with_keys, NULL, 0);
    redisc_connection *connection = open_connection(&st.options);
    redisc *r = redisc_connection_handle(connection);
    for (int i = 0; i < 20; i++) {
        const redisc_reply *reply;
        fine(ask(r, REDISC_STRS("PING"), -1, &reply));
        cr_assert_str_eq(reply->as.text.data, "PONG");
        redisc_free(reply);
    }
    redisc_close(r);
    redisc_connection_close(connection);
    clear_stage(&st);
}

/* The server wants to renegotiate. It is refused, and goes on or not; nobody hangs. */
static void play_again(SSL *ssl, void *context)
{
    int how;
    (void)context;
    while (tls_peer_answer(ssl, &how)) {
        SSL_renegotiate(ssl);
        if (SSL_do_handshake(ssl) != 1) {
            return;
        }
    }
}

Test(faults, renegotiation)
{
    stage st = set_stage(play_again, NULL, TLS1_2_VERSION);
    st.options.timeout_ms = 2000;
    redisc *r = secured_open(&st.options);
    for (int i = 0; i < 3; i++) {
        redisc_status status = redisc_ping(r);
        cr_assert(status == REDISC_OK || redisc_is(status, REDISC_ERROR_CONNECTION) ||
                      status == REDISC_ERROR_TIMEOUT,
                  "%s", redisc_last_error()->text);
    }
    redisc_close(r);
    clear_stage(&st);
}

/* A reply in records of a byte each, and one of several records at once. */
static void play_pieces(SSL *ssl, void *context)
{
    enum { LEN = 70000 };
    static char reply[LEN + 16];
    int head = snprintf(reply, sizeof reply, "$%d\r\n", LEN);
    memset(reply + head, 'x', LEN);
    memcpy(reply + head + LEN, "\r\n", 2);
    char said[512];
    (void)context;
    for (size_t i = 0; SSL_read(ssl, said, sizeof said) > 0; i++) {
        static const size_t pieces[] = {1, 5000, 16384, LEN + 16};
        tls_peer_send(ssl, reply, (size_t)head + LEN + 2, pieces[i % 4]);
    }
}

Test(faults, records_of_all_sizes)
{
    stage st = set_stage(play_pieces, NULL, 0);
    st.options.protocol = REDISC_PROTOCOL_RESP2;
    st.options.timeout_ms = 60000;
    redisc *r = secured_open(&st.options);
    for (int i = 0; i < 4; i++) {
        const redisc_str *value;
        fine(redisc_get(r, "key", &value));
        cr_assert_eq(value->len, 70000);
        redisc_free(value);
    }
    redisc_close(r);
    clear_stage(&st);
}

/* Without certificates: TLS 1.2 has suites for that, and "optional" may be content with them. */
Test(faults, no_certificate_at_all)
{
    scene c = {.spoken = 0};
    authority *ca = authority_new("authority");
    fine(redisc_tls_enable());
    tls_peer *peer = tls_peer_start(ca, &(tls_peer_options){.version = TLS1_2_VERSION,
                                                            .ciphers = "aNULL:@SECLEVEL=0",
                                                            .play = play,
                                                            .context = &c});
    redisc_options options = options_for(ca, tls_peer_port(peer));
    options.tls_ciphers = "aNULL:@SECLEVEL=0";
    secured_refuses(&options, REDISC_ERROR_TLS, "shows no certificate|`tls_verify`");
    options.tls_verify = REDISC_TLS_VERIFY_OPTIONAL;
    fine(secured_ping(&options));
    options.tls_ciphers = NULL;
    secured_refuses(&options, REDISC_ERROR_TLS, "TLS: the server refuses: no common cipher");
    tls_peer_stop(peer);
    authority_free(ca);
}

/* Ends without running what the parent has set up. */
static void wait_for_child(pid_t child)
{
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d", status);
}

Test(faults, a_child_says_nothing_on_its_parents_connection)
{
    scene c = {.spoken = 0};
    stage st = set_stage(play, &c, 0);
    redisc *r = secured_open(&st.options);
    fine(redisc_ping(r));
    pid_t child = fork();
    if (child == 0) {
        redisc_close(r);
        _exit(0);
    }
    wait_for_child(child);
    fine(redisc_ping(r));
    cr_assert_eq(tls_peer_clients(st.peer), 1, "the connection was not lost");
    redisc_close(r);
    clear_stage(&st);
    cr_assert_eq(c.how, SSL_ERROR_ZERO_RETURN);
}

Test(faults, a_child_makes_its_own, .init = start, .fini = stop)
{
    redisc *r = secured_open(&s.options);
    fine(redisc_set(r, "who", "parent"));
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == 0) {
            bool good = redisc_set(r, "who", "child") == REDISC_OK;
            redisc_close(r);
            _exit(good ? 0 : 1);
        }
        wait_for_child(child);
        const redisc_str *value;
        fine(redisc_get(r, "who", &value));
        cr_assert_str_eq(value->data, "child");
        redisc_free(value);
        fine(redisc_set(r, "who", "parent"));
    }
    redisc_close(r);
}

Test(faults, no_signal, .init = start, .fini = stop)
{
    signal(SIGPIPE, SIG_DFL);
    redisc *r = secured_open(&s.options);
    redisc *pinned;
    fine(redisc_pin(r, &pinned));
    fine(redisc_ping(pinned));
    test_server_kill(s.server);
    cr_assert_lt(redisc_ping(pinned), 0);
    cr_assert_lt(redisc_ping(pinned), 0);
    redisc_close(pinned);
    test_server_restart(s.server);
    fine(redisc_ping(r));
    redisc_close(r);
}

/* The memory that OpenSSL takes for itself. */
static bool openssl_memory_is_out;

static void *openssl_allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_memory_is_out ? NULL : malloc(size);
}

static void *openssl_reallocate(void *memory, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return openssl_memory_is_out ? NULL : realloc(memory, size);
}

static void openssl_release(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    free(memory);
}

/* OpenSSL takes them only before its first allocation. */
__attribute__((constructor)) static void hook_openssl_memory(void)
{
    CRYPTO_set_mem_functions(openssl_allocate, openssl_reallocate, openssl_release);
}

Test(faults, openssl_lacks_memory_for_a_record, .init = start, .fini = stop)
{
    redisc *r = secured_open(&s.options);
    redisc *pinned;
    fine(redisc_pin(r, &pinned));
    fine(redisc_ping(pinned));
    openssl_memory_is_out = true;
    redisc_status status = redisc_ping(pinned);
    openssl_memory_is_out = false;
    cr_expect_eq(status, REDISC_ERROR_MEMORY, "%s: %s", redisc_status_name(status),
                 redisc_last_error()->text);
    redisc_close(pinned);
    fine(redisc_ping(r));
    redisc_close(r);
}

static redisc_options lean;

static void scenario(void)
{
    redisc *r = NULL;
    const redisc_str *value = NULL;
    redisc_tls_context *context = NULL;
    if (test_memory_told(redisc_tls_enable()) &&
        test_memory_told(redisc_tls_context_open(&lean, &context))) {
        redisc_options options = lean;
        options.tls_context = context;
        if (test_memory_told(redisc_open(NULL, &options, &r)) &&
            test_memory_told(redisc_set(r, "key", "value")) &&
            test_memory_told(redisc_get(r, "key", &value))) {
            cr_assert_str_eq(value->data, "value");
        }
        if (r != NULL) {
            redisc_pool_disconnect(redisc_pool_of(r));
            test_memory_told(redisc_ping(r));
        }
        test_memory_told(redisc_tls_context_reload(context));
    }
    redisc_free(value);
    redisc_close(r);
    redisc_tls_context_close(context);
}

Test(faults, each_allocation_may_fail, .init = start, .fini = stop)
{
    authority_issue(s.ca, "client", &(certificate){.subject = "client", .password = "s3cret"});
    lean = s.options;
    lean.tls_cert_file = authority_path(s.ca, "client.pem");
    lean.tls_key_file = authority_path(s.ca, "client.key");
    lean.tls_key_password = "s3cret";
    cr_expect_gt(test_memory_fails(scenario), 20);
}
