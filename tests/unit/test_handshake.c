/* SPDX-License-Identifier: MIT */
/* What a connection says first, to servers of all kinds, played by a scripted peer. */
#include "connecting.h"
#include "hostile.h"

#include <criterion/criterion.h>
#include <redisc/version.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static redisc_options with_password(void)
{
    return (redisc_options){.password = "s3cret", .client_name = "me", .db = 2};
}

/* Opens against a script; the connection, or NULL. What the peer heard is in *heard. */
static redisc_connection *meet(const hostile_step *script, redisc_options options, char **heard)
{
    hostile *peer = hostile_start(script);
    options.host = "127.0.0.1";
    options.port = (uint16_t)hostile_port(peer);
    options.connect_timeout_ms =
        options.connect_timeout_ms == 0 ? 5000 : options.connect_timeout_ms;
    redisc_connection *connection = try_to_open(&options);
    while (hostile_clients(peer) == 0) { /* it comes to the client when it likes */
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (heard != NULL) {
        *heard = hostile_heard(peer);
    }
    hostile_stop(peer);
    return connection;
}

static void refused(const hostile_step *script, redisc_options options, redisc_status status,
                    const char *part)
{
    cr_assert_null(meet(script, options, NULL));
    cr_assert_eq(redisc_last_error()->status, status, "%s", redisc_last_error()->text);
    cr_assert(error_says(part), "%s", redisc_last_error()->text);
    cr_assert(error_says("connecting to 127.0.0.1:"), "%s", redisc_last_error()->text);
    cr_assert_not(error_says("s3cret"), "%s", redisc_last_error()->text);
    cr_assert_not(error_says("s3c"), "%s", redisc_last_error()->text);
}

Test(handshake, is_one_write)
{
    static const hostile_step script[] = {{HOSTILE_AWAIT, "SELECT\r\n$1\r\n2\r\n", 0},
                                          {HOSTILE_SEND, "%1\r\n+proto\r\n:3\r\n", 0},
                                          {HOSTILE_SEND, "-ERR unknown subcommand\r\n+OK\r\n", 0},
                                          {HOSTILE_SEND, "+OK\r\n", 0},
                                          {HOSTILE_END, NULL, 0}};
    redisc_options options = with_password();
    options.user = "ann";
    char *heard;
    redisc_connection *connection = meet(script, options, &heard);
    cr_assert_not_null(connection, "%s", redisc_last_error()->text);
    cr_assert_eq(connection->protocol, 3);
    cr_assert_str_eq(
        heard, "*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n$3\r\nann\r\n$6\r\ns3cret"
               "\r\n$7\r\nSETNAME\r\n$2\r\nme\r\n"
               "*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$8\r\nLIB-NAME\r\n$6\r\nredisc"
               "\r\n*4\r\n$6\r\nCLIENT\r\n$7\r\nSETINFO\r\n$7\r\nLIB-VER\r\n$5\r\n" REDISC_VERSION
               "\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n");
    for (size_t i = 0; i + 6 <= connection->out.capacity; i++) {
        cr_assert_neq(memcmp(connection->out.data + i, "s3cret", 6), 0, "the password is left");
    }
    free(heard);
    redisc_connection_close(connection);
}

Test(handshake, is_nothing_if_there_is_nothing_to_say)
{
    static const hostile_step script[] = {{HOSTILE_END, NULL, 0}};
    char *heard;
    redisc_connection *connection =
        meet(script, (redisc_options){.protocol = REDISC_PROTOCOL_RESP2, .no_client_info = true},
             &heard);
    cr_assert_not_null(connection);
    cr_assert_str_eq(heard, "");
    free(heard);
    redisc_connection_close(connection);
}

#define UNKNOWN_HELLO                                                                              \
    "-ERR unknown command `HELLO`, with args beginning with: `3`, `AUTH`, `default`, `s3cret`, "   \
    "`SETNAME`, \r\n"

/* A server of before version 6: all is said again in its way. */
Test(handshake, falls_back_to_resp2)
{
    static const hostile_step script[] = {
        {HOSTILE_AWAIT, "SELECT\r\n$1\r\n2\r\n", 0},
        {HOSTILE_SEND, UNKNOWN_HELLO, 0},
        {HOSTILE_SEND, "-NOAUTH Authentication required.\r\n", 0},
        {HOSTILE_SEND, "-NOAUTH Authentication required.\r\n", 0},
        {HOSTILE_SEND, "-NOAUTH Authentication required.\r\n", 0},
        {HOSTILE_AWAIT, "*2\r\n$4\r\nAUTH\r\n$6\r\ns3cret\r\n", 0},
        {HOSTILE_AWAIT, "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$2\r\nme\r\n", 0},
        {HOSTILE_AWAIT, "*2\r\n$6\r\nSELECT\r\n$1\r\n2\r\n", 0},
        {HOSTILE_SEND, "+OK\r\n+OK\r\n+OK\r\n", 0},
        {HOSTILE_END, NULL, 0}};
    redisc_connection *connection = meet(script, with_password(), NULL);
    cr_assert_not_null(connection, "%s", redisc_last_error()->text);
    cr_assert_eq(connection->protocol, 2);
    redisc_connection_close(connection);
    redisc_options options = with_password();
    options.protocol = REDISC_PROTOCOL_RESP3;
    refused(script, options, REDISC_ERROR_NOPROTO, "does not know RESP3");
}

/* One that doesn't know HELLO, and nothing else to say. */
Test(handshake, falls_back_without_a_second_round)
{
    static const hostile_step script[] = {{HOSTILE_AWAIT, "3\r\n", 0},
                                          {HOSTILE_SEND,
                                           "-NOPROTO unsupported protocol version\r\n"
                                           "-ERR what?\r\n-ERR what?\r\n",
                                           0},
                                          {HOSTILE_END, NULL, 0}};
    redisc_connection *connection = meet(script, (redisc_options){0}, NULL);
    cr_assert_not_null(connection, "%s", redisc_last_error()->text);
    cr_assert_eq(connection->protocol, 2);
    redisc_connection_close(connection);
}

/* A fall-back whose AUTH is answered like this. */
static void auth_is_refused(const char *reply, const char *user, redisc_status status,
                            const char *part)
{
    const hostile_step script[] = {{HOSTILE_AWAIT, "SELECT\r\n$1\r\n2\r\n", 0},
                                   {HOSTILE_SEND, UNKNOWN_HELLO "-ERR\r\n-ERR\r\n-ERR\r\n", 0},
                                   {HOSTILE_AWAIT, "AUTH", 0},
                                   {HOSTILE_SEND, reply, 0},
                                   {HOSTILE_END, NULL, 0}};
    redisc_options options = with_password();
    options.user = user;
    refused(script, options, status, part);
}

Test(handshake, old_servers_refuse_passwords_in_their_words)
{
    auth_is_refused("-ERR invalid password\r\n", NULL, REDISC_ERROR_WRONGPASS,
                    "AUTH: ERR invalid password");
    auth_is_refused("-ERR Client sent AUTH, but no password is set\r\n", NULL,
                    REDISC_ERROR_AUTHENTICATION, "no password is set");
    auth_is_refused("-ERR wrong number of arguments for 'auth' command\r\n", "ann",
                    REDISC_ERROR_AUTHENTICATION, "wrong number of arguments");
    auth_is_refused("-WRONGPASS no s3cret here\r\n", NULL, REDISC_ERROR_WRONGPASS,
                    "AUTH: wrong user name or password");
    auth_is_refused("-ERR no s3cret here\r\n", NULL, REDISC_ERROR_AUTHENTICATION,
                    "AUTH: authentication failed");
    auth_is_refused(":1\r\n", NULL, REDISC_ERROR_PROTOCOL, "AUTH: neither OK nor an error");
}

/* Answers to HELLO alone. */
static void hello_is_refused(const char *reply, redisc_status status, const char *word,
                             const char *part)
{
    const hostile_step script[] = {{HOSTILE_AWAIT, "SELECT\r\n$1\r\n2\r\n", 0},
                                   {HOSTILE_SEND, reply, 0},
                                   {HOSTILE_CLOSE, NULL, 0},
                                   {HOSTILE_END, NULL, 0}};
    refused(script, with_password(), status, part);
    cr_assert_str_eq(redisc_last_error()->word, word);
}

Test(handshake, hello_is_refused)
{
    hello_is_refused("-WRONGPASS invalid username-password pair or user is disabled.\r\n",
                     REDISC_ERROR_WRONGPASS, "WRONGPASS",
                     "HELLO: WRONGPASS invalid username-password pair");
    hello_is_refused("-NOAUTH HELLO must be called with\r\n", REDISC_ERROR_NOAUTH, "NOAUTH",
                     "HELLO: NOAUTH");
    hello_is_refused("-LOADING Redis is loading\r\n", REDISC_ERROR_LOADING, "LOADING",
                     "HELLO: LOADING");
    hello_is_refused("-MASTERDOWN Link with MASTER is down\r\n", REDISC_ERROR_MASTERDOWN,
                     "MASTERDOWN", "HELLO: MASTERDOWN");
    hello_is_refused("-ERR max number of clients reached\r\n", REDISC_ERROR_CONNECT, "ERR",
                     "ERR max number of clients reached");
    hello_is_refused("-DENIED Redis is running in protected mode\r\n", REDISC_ERROR_CONNECT,
                     "DENIED", "DENIED");
    hello_is_refused("-ERR odd s3cret\r\n", REDISC_ERROR_CONNECT, "", "HELLO: connection refused");
    hello_is_refused("-s3cret\r\n", REDISC_ERROR_CONNECT, "", "HELLO: connection refused");
    hello_is_refused("-NOPERM s3cret\r\n", REDISC_ERROR_NOPERM, "NOPERM",
                     "HELLO: user lacks the permission");
    hello_is_refused(":1\r\n", REDISC_ERROR_PROTOCOL, "", "HELLO: neither a map nor an error");
    hello_is_refused("HTTP/1.1 400 Bad Request\r\n\r\n", REDISC_ERROR_PROTOCOL, "", "");
    hello_is_refused("", REDISC_ERROR_CLOSED, "", "closed the connection without a reply");
    hello_is_refused("%7\r\n$6\r\nser", REDISC_ERROR_CLOSED, "", "after 11 bytes of the reply");
}

/* The server closes before it has read: its words count, not the broken pipe. */
Test(handshake, refused_at_the_door)
{
    static const hostile_step script[] = {
        {HOSTILE_SEND, "-ERR max number of clients reached\r\n", 0},
        {HOSTILE_CLOSE, NULL, 0},
        {HOSTILE_END, NULL, 0}};
    for (int i = 0; i < 20; i++) {
        hostile *peer = hostile_start(script);
        redisc_options options = {.host = "127.0.0.1", .port = (uint16_t)hostile_port(peer)};
        cr_assert_null(try_to_open(&options));
        cr_assert(redisc_is(redisc_last_error()->status, REDISC_ERROR_CONNECTION));
        cr_assert_str_eq(redisc_last_error()->word, "ERR");
        hostile_stop(peer);
    }
}

Test(handshake, select_is_refused)
{
    static const hostile_step script[] = {
        {HOSTILE_AWAIT, "SELECT\r\n$1\r\n2\r\n", 0},
        {HOSTILE_SEND, "%0\r\n+OK\r\n+OK\r\n-ERR SELECT is not allowed in cluster mode\r\n", 0},
        {HOSTILE_END, NULL, 0}};
    refused(script, with_password(), REDISC_ERROR_CONNECTION,
            "database 2: ERR SELECT is not allowed in cluster mode");
}

Test(handshake, silence_ends_in_time)
{
    static const hostile_step script[] = {{HOSTILE_END, NULL, 0}};
    redisc_options options = with_password();
    options.connect_timeout_ms = 150;
    int64_t before = redisc_now_ms();
    refused(script, options, REDISC_ERROR_TIMEOUT, "no reply came before the deadline");
    int64_t took = redisc_now_ms() - before;
    cr_assert(took >= 140 && took < 5000, "%lld ms", (long long)took);
}

Test(handshake, slow_servers_are_waited_for)
{
    static const hostile_step script[] = {{HOSTILE_AWAIT, "SELECT\r\n$1\r\n2\r\n", 0},
                                          {HOSTILE_DRIP, "%1\r\n+proto\r\n:3\r\n", 5},
                                          {HOSTILE_DRIP, ">1\r\n+surprise\r\n", 1},
                                          {HOSTILE_DRIP, "+OK\r\n+OK\r\n+OK\r\n", 5},
                                          {HOSTILE_END, NULL, 0}};
    redisc_connection *connection = meet(script, with_password(), NULL);
    cr_assert_not_null(connection, "%s", redisc_last_error()->text);
    cr_assert_eq(connection->pushes, 1);
    redisc_connection_close(connection);
    redisc_options options = with_password();
    options.connect_timeout_ms = 60;
    refused(script, options, REDISC_ERROR_TIMEOUT, "deadline");
}
