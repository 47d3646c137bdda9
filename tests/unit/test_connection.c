/* SPDX-License-Identifier: MIT */
/* Connections to a real server. */
#include "connecting.h"
#include "server.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static test_server *server;
static redisc_options options;

static void start(void)
{
    server = test_server_start("bind 127.0.0.1 -::1");
    options = (redisc_options){.path = test_server_path(server)};
}

static void stop(void)
{
    test_server_stop(server);
}

TestSuite(connection, .init = start, .fini = stop);

/* The text of a reply to the words. */
static char *answer(redisc_connection *connection, redisc_str_list words)
{
    redisc *r = redisc_connection_handle(connection);
    const redisc_reply *reply;
    redisc_status status = ask(r, words, -1, &reply);
    redisc_close(r);
    cr_assert_eq(status, REDISC_OK, "%.*s: %s", (int)words.items[0].len, words.items[0].data,
                 redisc_last_error()->text);
    redisc_str text = redisc_bytes(NULL, 0);
    char digits[32];
    if (reply->type == REDISC_REPLY_INTEGER) {
        snprintf(digits, sizeof digits, "%lld", (long long)reply->as.integer);
        text = redisc_text(digits);
    } else {
        cr_assert_eq(redisc_reply_string(reply, &text), REDISC_OK);
    }
    char *copy = strdup(text.data == NULL ? "(nil)" : text.data);
    redisc_free(reply);
    return copy;
}

static void answers(redisc_connection *connection, redisc_str_list words, const char *expected)
{
    char *text = answer(connection, words);
    cr_assert_str_eq(text, expected);
    free(text);
}

static void refused(const redisc_options *wrong, redisc_status status, const char *part)
{
    cr_assert_null(try_to_open(wrong));
    cr_assert_eq(redisc_last_error()->status, status, "%s: %s",
                 redisc_status_name(redisc_last_error()->status), redisc_last_error()->text);
    cr_assert(error_says(part), "%s", redisc_last_error()->text);
    cr_assert(error_says("connecting to "), "%s", redisc_last_error()->text);
    cr_assert_not(error_says("s3cret"), "%s", redisc_last_error()->text);
}

Test(connection, speaks_the_protocol_asked_for)
{
    const struct {
        redisc_protocol asked;
        int got;
    } cases[] = {{REDISC_PROTOCOL_AUTO, 3}, {REDISC_PROTOCOL_RESP2, 2}, {REDISC_PROTOCOL_RESP3, 3}};
    for (size_t i = 0; i < 3; i++) {
        options.protocol = cases[i].asked;
        redisc_connection *connection = open_connection(&options);
        cr_assert_eq(connection->protocol, cases[i].got);
        answers(connection, REDISC_STRS("PING"), "PONG");
        char *info = answer(connection, REDISC_STRS("CLIENT", "INFO"));
        cr_assert_not_null(strstr(info, cases[i].got == 3 ? "resp=3" : "resp=2"), "%s", info);
        free(info);
        cr_assert(redisc_connection_quiet(connection));
        cr_assert_not(connection->broken);
        redisc_connection_close(connection);
    }
}

Test(connection, through_hiredis)
{
    options.parser = REDISC_PARSER_HIREDIS;
    redisc_connection *connection = try_to_open(&options);
    if (connection == NULL) {
        cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_UNSUPPORTED);
        return;
    }
    cr_assert_eq(connection->protocol, redisc_hiredis_knows_resp3() ? 3 : 2);
    answers(connection, REDISC_STRS("SET", "key", "value"), "OK");
    answers(connection, REDISC_STRS("GET", "key"), "value");
    redisc_connection_close(connection);
}

Test(connection, over_tcp)
{
    const char *const hosts[] = {"127.0.0.1", "localhost", NULL, "::1"};
    int probe = socket(AF_INET6, SOCK_STREAM, 0);
    struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    size_t count =
        probe >= 0 && bind(probe, (const struct sockaddr *)&any, sizeof any) == 0 ? 4 : 3;
    close(probe);
    for (size_t i = 0; i < count; i++) {
        options = (redisc_options){.host = hosts[i],
                                   .port = (uint16_t)test_server_port(server),
                                   .keepalive_idle_s = 7,
                                   .keepalive_interval_s = 3,
                                   .keepalive_count = 2};
        redisc_connection *connection = open_connection(&options);
        answers(connection, REDISC_STRS("PING"), "PONG");
        int socket = connection->transport->descriptor(connection->state);
        int value = 0;
        socklen_t size = sizeof value;
        cr_assert_eq(getsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
        cr_assert_neq(value, 0);
        cr_assert_eq(getsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &value, &size), 0);
        cr_assert_neq(value, 0);
#ifdef TCP_KEEPIDLE
        cr_assert_eq(getsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &value, &size), 0);
        cr_assert_eq(value, 7);
#endif
        cr_assert(fcntl(socket, F_GETFD) & FD_CLOEXEC);
        redisc_connection_close(connection);
    }
    options = (redisc_options){.port = (uint16_t)test_server_port(server), .no_delay_off = true};
    redisc_connection *connection = open_connection(&options);
    int value = 1;
    socklen_t size = sizeof value;
    cr_assert_eq(getsockopt(connection->transport->descriptor(connection->state), IPPROTO_TCP,
                            TCP_NODELAY, &value, &size),
                 0);
    cr_assert_eq(value, 0);
    redisc_connection_close(connection);
}

Test(connection, says_why_it_cannot_connect)
{
    options = (redisc_options){.host = "127.0.0.1", .port = (uint16_t)test_server_port(server)};
    test_server_kill(server);
    refused(&options, REDISC_ERROR_CONNECT, "(127.0.0.1): Connection refused");
    cr_assert(redisc_is(redisc_last_error()->status, REDISC_ERROR_CONNECTION));
    options.host = "localhost";
    refused(&options, REDISC_ERROR_CONNECT, "connecting to localhost:");
    options.host = "no such host..";
    refused(&options, REDISC_ERROR_RESOLVE, "connecting to no such host..:");
    refused(&(redisc_options){.path = "/nonexistent/socket"}, REDISC_ERROR_CONNECT,
            "connecting to /nonexistent/socket: No such file");
    char path[300];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    refused(&(redisc_options){.path = path}, REDISC_ERROR_CONNECT, "the path has 299 bytes");
}

static void set_up_users(void)
{
    redisc_connection *connection = open_connection(&options);
    answers(connection, REDISC_STRS("ACL", "SETUSER", "ann", "on", ">s3cret-of-ann", "~*", "+@all"),
            "OK");
    answers(connection, REDISC_STRS("ACL", "SETUSER", "bob", "on", "nopass", "~*", "+get"), "OK");
    answers(connection, REDISC_STRS("CONFIG", "SET", "requirepass", "s3cret"), "OK");
    redisc_connection_close(connection);
}

Test(connection, authenticates)
{
    set_up_users();
    const redisc_protocol protocols[] = {REDISC_PROTOCOL_RESP2, REDISC_PROTOCOL_RESP3};
    for (size_t i = 0; i < 2; i++) {
        redisc_options o = options;
        o.protocol = protocols[i];
        o.password = "s3cret";
        redisc_connection *connection = open_connection(&o);
        answers(connection, REDISC_STRS("ACL", "WHOAMI"), "default");
        redisc_connection_close(connection);
        o.user = "ann";
        o.password = "s3cret-of-ann";
        connection = open_connection(&o);
        answers(connection, REDISC_STRS("ACL", "WHOAMI"), "ann");
        redisc_connection_close(connection);
        o.password = "s3cret-wrong";
        refused(&o, REDISC_ERROR_WRONGPASS, "WRONGPASS");
        o.user = NULL;
        refused(&o, REDISC_ERROR_WRONGPASS, "WRONGPASS");
        o.user = "nobody";
        refused(&o, REDISC_ERROR_WRONGPASS, "WRONGPASS");
        cr_assert(redisc_is(redisc_last_error()->status, REDISC_ERROR_AUTHENTICATION));
    }
}

Test(connection, users_without_password_and_rights)
{
    set_up_users();
    redisc_options o = options;
    o.user = "bob"; /* needs no password, and may not tell a name, nor PING */
    redisc_connection *connection = open_connection(&o);
    answers(connection, REDISC_STRS("GET", "nothing"), "(nil)");
    redisc *r = redisc_connection_handle(connection);
    cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, NULL), REDISC_ERROR_NOPERM);
    cr_assert_not(connection->broken);
    redisc_close(r);
    redisc_connection_close(connection);
    o.db = 1;
    refused(&o, REDISC_ERROR_NOPERM, "database 1");
}

Test(connection, demanded_authentication)
{
    set_up_users();
    refused(&options, REDISC_ERROR_NOAUTH, "HELLO: NOAUTH");
    options.protocol = REDISC_PROTOCOL_RESP2;
    options.db = 1;
    refused(&options, REDISC_ERROR_NOAUTH, "database 1: NOAUTH");
    options.db = 0; /* then nothing of the handshake needs it; the first command does */
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    cr_assert_eq(ask(r, REDISC_STRS("GET", "k"), -1, NULL), REDISC_ERROR_NOAUTH);
    cr_assert(connection->broken, "another connection may fare better");
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection, superfluous_password)
{
    options.protocol = REDISC_PROTOCOL_RESP2;
    options.password = "s3cret";
    refused(&options, REDISC_ERROR_AUTHENTICATION, "AUTH: ERR AUTH <password> called without");
}

Test(connection, selects_the_database)
{
    redisc_connection *first = open_connection(&options);
    options.db = 3;
    const redisc_protocol protocols[] = {REDISC_PROTOCOL_RESP2, REDISC_PROTOCOL_RESP3};
    for (size_t i = 0; i < 2; i++) {
        options.protocol = protocols[i];
        redisc_connection *third = open_connection(&options);
        answers(third, REDISC_STRS("SET", "where", "three"), "OK");
        redisc_connection_close(third);
    }
    answers(first, REDISC_STRS("GET", "where"), "(nil)");
    answers(first, REDISC_STRS("SELECT", "3"), "OK");
    answers(first, REDISC_STRS("GET", "where"), "three");
    redisc_connection_close(first);
    options.db = 99;
    refused(&options, REDISC_ERROR_CONNECTION, "database 99: ERR DB index is out of range");
}

Test(connection, tells_names)
{
    options.client_name = "my-client";
    const redisc_protocol protocols[] = {REDISC_PROTOCOL_RESP2, REDISC_PROTOCOL_RESP3};
    for (size_t i = 0; i < 4; i++) {
        options.protocol = protocols[i % 2];
        options.no_client_info = i >= 2;
        redisc_connection *connection = open_connection(&options);
        answers(connection, REDISC_STRS("CLIENT", "GETNAME"), "my-client");
        char *info = answer(connection, REDISC_STRS("CLIENT", "INFO"));
        if (strstr(info, "lib-name=") != NULL) { /* servers from 7.2 on */
            cr_assert_eq(strstr(info, "lib-name=redisc") != NULL, !options.no_client_info, "%s",
                         info);
        }
        free(info);
        redisc_connection_close(connection);
    }
}

static int calls;

static redisc_status count_and_set(redisc *r, void *context)
{
    calls++;
    return ask(r, REDISC_STRS("SET", "context", (const char *)context), -1, NULL);
}

static redisc_status fail_with_server(redisc *r, void *context)
{
    (void)context;
    return ask(r, REDISC_STRS("NOSUCHCOMMAND"), -1, NULL);
}

static redisc_status fail_on_its_own(redisc *r, void *context)
{
    (void)r;
    (void)context;
    return REDISC_ERROR_LOCK;
}

static redisc_status kill_connection(redisc *r, void *context)
{
    (void)context;
    ask(r, REDISC_STRS("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"), -1, NULL);
    ask(r, REDISC_STRS("PING"), -1, NULL);
    return REDISC_OK;
}

static redisc_status dawdle(redisc *r, void *context)
{
    (void)context;
    return ask(r, REDISC_STRS("BLPOP", "nothing", "0"), 0, NULL);
}

Test(connection, runs_on_connect_each_time)
{
    options.on_connect = count_and_set;
    options.on_connect_context = "it";
    for (int i = 1; i <= 3; i++) {
        redisc_connection *connection = open_connection(&options);
        cr_assert_eq(calls, i);
        answers(connection, REDISC_STRS("GET", "context"), "it");
        cr_assert_not(connection->changed);
        redisc_connection_close(connection);
    }
}

Test(connection, on_connect_can_refuse)
{
    options.on_connect = fail_with_server;
    refused(&options, REDISC_ERROR_SERVER, "on_connect: ERR unknown command");
    options.on_connect = fail_on_its_own;
    refused(&options, REDISC_ERROR_LOCK, "on_connect: lock error");
    options.on_connect = kill_connection;
    refused(&options, REDISC_ERROR_CLOSED, "on_connect");
    options.on_connect = dawdle;
    options.connect_timeout_ms = 200;
    int64_t before = redisc_now_ms();
    refused(&options, REDISC_ERROR_TIMEOUT, "on_connect");
    cr_assert(redisc_now_ms() - before < 2000, "on_connect is within the connect timeout");
}

Test(connection, notices_that_the_server_is_gone)
{
    redisc_connection *connection = open_connection(&options);
    redisc_connection *idle = open_connection(&options);
    cr_assert(redisc_connection_quiet(idle));
    redisc *r = redisc_connection_handle(connection);
    test_server_kill(server);
    cr_assert_not(redisc_connection_quiet(idle));
    cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, NULL), REDISC_ERROR_CLOSED);
    cr_assert(error_says(test_server_path(server)), "%s", redisc_last_error()->text);
    cr_assert(connection->broken);
    cr_assert_not(redisc_connection_quiet(connection));
    cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, NULL), REDISC_ERROR_CLOSED);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    redisc_close(r);
    redisc_connection_close(connection);
    redisc_connection_close(idle);
    refused(&options, REDISC_ERROR_CONNECT, "Connection refused");
    test_server_restart(server);
    connection = open_connection(&options);
    answers(connection, REDISC_STRS("PING"), "PONG");
    redisc_connection_close(connection);
}

/* A large command into a dead connection must not end the process by a signal. */
Test(connection, no_sigpipe)
{
    const size_t size = 16u << 20;
    char *large = calloc(1, size);
    for (int tcp = 0; tcp < 2; tcp++) {
        options = tcp ? (redisc_options){.port = (uint16_t)test_server_port(server)}
                      : (redisc_options){.path = test_server_path(server)};
        redisc_connection *connection = open_connection(&options);
        redisc *r = redisc_connection_handle(connection);
        test_server_kill(server);
        cr_assert_eq(ask(r, REDISC_STRS("SET", "k", redisc_bytes(large, size)), -1, NULL),
                     REDISC_ERROR_CLOSED);
        cr_assert(connection->broken);
        redisc_close(r);
        redisc_connection_close(connection);
        test_server_restart(server);
    }
    free(large);
}

Test(connection, keeps_the_deadline)
{
    options.timeout_ms = 150;
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    int64_t before = redisc_now_ms();
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "1"), -1, NULL), REDISC_ERROR_TIMEOUT);
    int64_t took = redisc_now_ms() - before;
    cr_assert(took >= 140 && took < 600, "%lld ms", (long long)took);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_assert_eq(redisc_last_error()->tries, 1);
    cr_assert_str_eq(redisc_last_error()->command, "ASKED");
    cr_assert(error_says("no reply came before the deadline"));
    cr_assert(connection->broken, "its reply would be taken for the next one's");
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection, derived_handles_have_their_own_timeout)
{
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    redisc *hasty;
    cr_assert_eq(redisc_with(r, &(redisc_call_options){.timeout_ms = 50}, &hasty), REDISC_OK);
    cr_assert_eq(ask(hasty, REDISC_STRS("PING"), -1, NULL), REDISC_OK);
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "0.2"), -1, NULL), REDISC_OK);
    int64_t before = redisc_now_ms();
    cr_assert_eq(ask(hasty, REDISC_STRS("BLPOP", "nothing", "1"), -1, NULL), REDISC_ERROR_TIMEOUT);
    cr_assert(redisc_now_ms() - before < 500);
    redisc_close(hasty);
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection, blocking_commands_wait_longer)
{
    options.timeout_ms = 100;
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    const redisc_reply *reply;
    int64_t before = redisc_now_ms();
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "1"), 1000, &reply), REDISC_OK);
    cr_assert_eq(reply->type, REDISC_REPLY_NIL);
    cr_assert(redisc_now_ms() - before >= 900);
    redisc_free(reply);
    before = redisc_now_ms();
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "0.4"), 0, &reply), REDISC_OK, "for ever");
    cr_assert(redisc_now_ms() - before >= 390);
    redisc_free(reply);
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "2"), 100, NULL), REDISC_ERROR_TIMEOUT);
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection, large_values)
{
    const size_t size = 20u << 20;
    char *large = malloc(size);
    for (size_t i = 0; i < size; i++) {
        large[i] = (char)(i * 2654435761u >> 13);
    }
    for (int tcp = 0; tcp < 2; tcp++) {
        options = tcp ? (redisc_options){.port = (uint16_t)test_server_port(server)}
                      : (redisc_options){.path = test_server_path(server)};
        redisc_connection *connection = open_connection(&options);
        redisc *r = redisc_connection_handle(connection);
        redisc_str value = redisc_bytes(large, size);
        redisc_str tenth = redisc_bytes(large, size / 10);
        redisc_str_list words =
            REDISC_STRS("MSET", "a", value, "b", "small", "c", tenth, "d", tenth, "e", tenth, "f",
                        tenth, "g", tenth, "h", tenth, "i", tenth, "j", tenth);
        cr_assert_eq(ask(r, words, -1, NULL), REDISC_OK, "%s", redisc_last_error()->text);
        const redisc_reply *reply;
        cr_assert_eq(ask(r, REDISC_STRS("MGET", "a", "b", "j"), -1, &reply), REDISC_OK, "%s",
                     redisc_last_error()->text);
        cr_assert_eq(reply->as.list.count, 3);
        cr_assert(redisc_str_equal(reply->as.list.items[0].as.text, value));
        cr_assert(redisc_str_equal(reply->as.list.items[1].as.text, redisc_text("small")));
        cr_assert(redisc_str_equal(reply->as.list.items[2].as.text, tenth));
        redisc_free(reply);
        cr_assert_lt(connection->out.capacity, size, "large strings are not copied");
        redisc_connection_shrink(connection);
        cr_assert_leq(connection->out.capacity, 1024);
        redisc_close(r);
        redisc_connection_close(connection);
    }
    free(large);
}

/* The server refuses at the first bytes and closes: its words are heard, not just a reset. */
Test(connection, hears_why_the_server_closes)
{
    const size_t size = 24u << 20;
    char *large = calloc(1, size);
    redisc_connection *connection = open_connection(&options);
    answers(connection, REDISC_STRS("CONFIG", "SET", "proto-max-bulk-len", "1048576"), "OK");
    redisc *r = redisc_connection_handle(connection);
    redisc_status status = ask(r, REDISC_STRS("SET", "k", redisc_bytes(large, size)), -1, NULL);
    cr_assert_lt(status, 0);
    cr_assert(error_says("invalid bulk length"), "%s", redisc_last_error()->text);
    redisc_close(r);
    redisc_connection_close(connection);
    free(large);
}

Test(connection, refused_arguments_leave_it_usable)
{
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    cr_assert_eq(ask(r, REDISC_STRS("GET", redisc_bytes(NULL, 0)), -1, NULL),
                 REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_buffer_len(&connection->out), 0);
    cr_assert_eq(ask(r, REDISC_STRS("GET"), -1, NULL), REDISC_ERROR_SERVER);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_ANSWERED);
    cr_assert_not(connection->broken);
    cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, NULL), REDISC_OK);
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection, limits_the_output)
{
    options.max_output_bytes = 4096;
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    char text[5000];
    memset(text, 'x', sizeof text);
    cr_assert_eq(ask(r, REDISC_STRS("SET", "k", redisc_bytes(text, sizeof text)), -1, NULL),
                 REDISC_ERROR_LIMIT);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_assert_eq(ask(r, REDISC_STRS("PING"), -1, NULL), REDISC_OK);
    redisc_close(r);
    redisc_connection_close(connection);
    options.max_output_bytes = 64;
    cr_assert_null(try_to_open(&options));
    cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_LIMIT);
}

Test(connection, limits_the_reply)
{
    options.max_bulk_bytes = 1000;
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    cr_assert_eq(ask(r, REDISC_STRS("SETRANGE", "k", "1000", "x"), -1, NULL), REDISC_OK);
    cr_assert_lt(ask(r, REDISC_STRS("GET", "k"), -1, NULL), 0);
    cr_assert(connection->broken);
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection, insists_on_utf8)
{
    options.encoding = REDISC_ENCODING_UTF8;
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    const redisc_reply *reply;
    cr_assert_eq(ask(r, REDISC_STRS("SET", "good", "gr\xc3\xbc\xc3\x9f"), -1, NULL), REDISC_OK);
    cr_assert_eq(ask(r, REDISC_STRS("SET", "bad", "gr\xfc"), -1, NULL), REDISC_OK);
    cr_assert_eq(ask(r, REDISC_STRS("GET", "good"), -1, &reply), REDISC_OK);
    redisc_free(reply);
    cr_assert_eq(ask(r, REDISC_STRS("MGET", "good", "bad"), -1, &reply), REDISC_ERROR_ENCODING);
    cr_assert_null(reply);
    cr_assert(error_says("ASKED: value 2 of the reply is not UTF-8, from byte 2 on"), "%s",
              redisc_last_error()->text);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_ANSWERED);
    cr_assert_not(connection->broken);
    cr_assert_eq(ask(r, REDISC_STRS("GET", "good"), -1, &reply), REDISC_OK);
    redisc_free(reply);
    redisc_close(r);
    redisc_connection_close(connection);
}

/* The parent's connection is of no use in a child, and the child's end doesn't hurt it. */
Test(connection, a_forked_child_leaves_it_alone)
{
    redisc_connection *connection = open_connection(&options);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        redisc *r = redisc_connection_handle(connection);
        bool refused_there = !redisc_connection_quiet(connection) &&
                             ask(r, REDISC_STRS("PING"), -1, NULL) == REDISC_ERROR_CLOSED &&
                             error_says("parent process");
        redisc_close(r);
        redisc_connection_close(connection);
        redisc_connection *own = open_connection(&options);
        refused_there = refused_there && redisc_connection_quiet(own);
        redisc_connection_close(own);
        _exit(refused_there ? 0 : 1);
    }
    int status = -1;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_assert(redisc_connection_quiet(connection));
    answers(connection, REDISC_STRS("PING"), "PONG");
    redisc_connection_close(connection);
}

/* A command that was not answered moves to another connection and runs there. */
Test(connection, commands_move_to_another_connection)
{
    static const redisc_command_info info = {
        .name = "ECHO", .words = "$4\r\nECHO\r\n", .words_len = 10};
    redisc_connection *dead = open_connection(&options);
    test_server_kill(server);
    test_server_restart(server);
    redisc *r = redisc_connection_handle(dead);
    redisc_command c;
    cr_assert(redisc_command_begin(&c, r, &info, 2, redisc_room_str(redisc_text("moved"))));
    redisc_put_str(&c, redisc_text("moved"), "message");
    c.out->end = (size_t)(c.at - c.out->data);
    redisc_delivery delivery;
    const redisc_str *text = NULL;
    cr_assert_eq(redisc_connection_run(dead, &c, &redisc_reads_string, &text,
                                       redisc_deadline_after(1000), &delivery),
                 REDISC_ERROR_CLOSED);
    cr_assert_neq(delivery, REDISC_ANSWERED);
    redisc_connection *fresh = open_connection(&options);
    cr_assert_eq(redisc_connection_adopt(fresh, &c), REDISC_OK);
    cr_assert_eq(redisc_buffer_len(&dead->out), 0);
    redisc_close(r);
    redisc_connection_close(dead);
    cr_assert_eq(redisc_connection_run(fresh, &c, &redisc_reads_string, &text,
                                       redisc_deadline_after(1000), &delivery),
                 REDISC_OK);
    cr_assert_eq(delivery, REDISC_ANSWERED);
    cr_assert_str_eq(text->data, "moved");
    cr_assert_eq(redisc_buffer_len(&fresh->out), 0);
    redisc_free(text);
    redisc_connection_close(fresh);
}

static void on_alarm(int number)
{
    (void)number;
}

/* Signals in the middle of waiting change nothing. */
Test(connection, signals_do_not_disturb)
{
    options.timeout_ms = 3000;
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    struct sigaction action = {.sa_handler = on_alarm};
    sigaction(SIGUSR1, &action, NULL);
    fflush(NULL);
    pid_t target = getpid();
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 60; i++) {
            nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
            kill(target, SIGUSR1);
        }
        _exit(0);
    }
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "0.2"), -1, NULL), REDISC_OK, "%s",
                 redisc_last_error()->text);
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "0.2"), 1000, NULL), REDISC_OK, "%s",
                 redisc_last_error()->text);
    while (waitpid(child, NULL, 0) < 0) {
    }
    redisc_close(r);
    redisc_connection_close(connection);
}
