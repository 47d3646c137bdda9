/* SPDX-License-Identifier: MIT */
/* Opening connections to a real server. */
#include "connecting.h"
#include "server.h"

#include <criterion/criterion.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
    cr_assert(redisc_now_ms() - before < 5000, "on_connect is within the connect timeout");
}
