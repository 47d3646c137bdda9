/* SPDX-License-Identifier: MIT */
/* Observers of a real server, and of a strange one. */
#include "calls.h"
#include "server.h"

#include "hostile.h"

#include <redisc/client.h>
#include <redisc/observer.h>

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 };

static bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}

static test_server *server;
static redisc *r;
static redisc_observer *o;

static void start(void)
{
    server = test_server_start(NULL);
}

static void stop(void)
{
    test_server_stop(server);
}

TestSuite(observer, .init = start, .fini = stop, .timeout = 60);

static void must(redisc_status status)
{
    cr_assert_eq(status, REDISC_OK, "%s: %s", redisc_status_name(status),
                 redisc_last_error()->text);
}

/* A test that runs in both protocols. */
#define TEST(name)                                                                                 \
    static void name(void);                                                                        \
    Test(observer, name)                                                                           \
    {                                                                                              \
        for (int protocol = 2; protocol <= 3; protocol++) {                                        \
            must(redisc_open(test_server_url(server),                                              \
                             &(redisc_options){.protocol = (redisc_protocol)protocol}, &r));       \
            must(test_status(r, REDISC_STRS("PING")));                                             \
            must(redisc_observer_open(r, &o));                                                     \
            name();                                                                                \
            redisc_observer_close(o);                                                              \
            redisc_close(r);                                                                       \
            test_server_restart(server);                                                           \
        }                                                                                          \
    }                                                                                              \
    static void name(void)

static const redisc_observed *next_command(void)
{
    const redisc_observed *command;
    must(redisc_observer_next(o, PATIENCE_MS, &command));
    cr_assert_not_null(command, "no command came");
    return command;
}

TEST(commands_are_told_with_all_that_belongs_to_them)
{
    redisc_str value = redisc_bytes("\0 \"quoted\" \\ \r\n\t\a\b\xff\x7f", 21);
    must(test_status(r, REDISC_STRS("SET", "key", value)));
    const redisc_observed *command = next_command();
    cr_assert_eq(command->words.count, 3);
    cr_assert_str_eq(command->words.items[0].data, "SET");
    cr_assert_str_eq(command->words.items[1].data, "key");
    cr_assert(redisc_str_equal(command->words.items[2], value));
    cr_assert_eq(command->db, 0);
    cr_assert_eq(strncmp(command->address.data, "unix:", 5), 0, "%s", command->address.data);
    cr_assert_gt(command->time, 1.6e9);
    cr_assert_float_eq(command->time, (double)command->time_us / 1e6, 1e-3);
    redisc_free(command);
}

TEST(scripts_are_told_as_such)
{
    must(test_status(r, REDISC_STRS("EVAL", "return redis.call('GET', 'k')", "0")));
    const redisc_observed *script = next_command();
    const redisc_observed *inner = next_command();
    cr_assert_str_eq(inner->address.data, "lua");
    cr_assert_str_eq(script->words.items[0].data, "EVAL");
    cr_assert_str_eq(inner->words.items[1].data, "k");
    redisc_free(script);
    redisc_free(inner);
}

TEST(long_commands_come_whole)
{
    enum { SIZE = 3 * 1024 * 1024 };
    char *large = malloc(SIZE);
    cr_assert_not_null(large);
    for (size_t i = 0; i < SIZE; i++) {
        large[i] = (char)(i * 2654435761u >> 13);
    }
    must(test_status(r, REDISC_STRS("SET", "large", redisc_bytes(large, SIZE))));
    must(test_status(r, REDISC_STRS("GET", "small")));
    const redisc_observed *command = next_command();
    cr_assert(redisc_str_equal(command->words.items[2], redisc_bytes(large, SIZE)));
    redisc_free(command);
    command = next_command();
    cr_assert_str_eq(command->words.items[1].data, "small");
    redisc_free(command);
    free(large);
}

TEST(commands_come_in_order)
{
    for (int i = 0; i < 1000; i++) {
        char number[16];
        snprintf(number, sizeof number, "%d", i);
        must(test_status(r, REDISC_STRS("ECHO", number)));
    }
    int64_t before = 0;
    for (int i = 0; i < 1000; i++) {
        const redisc_observed *command = next_command();
        cr_assert_eq(atoi(command->words.items[1].data), i);
        cr_assert_geq(command->time_us, before);
        before = command->time_us;
        redisc_free(command);
    }
}

TEST(time_outs_hold)
{
    const redisc_observed *command = (const redisc_observed *)1;
    int64_t begun = test_now_ms();
    must(redisc_observer_next(o, 0, &command));
    cr_assert_null(command);
    cr_assert_lt(test_now_ms() - begun, 50);
    must(redisc_observer_next(o, 60, &command));
    cr_assert_null(command);
    cr_assert_geq(test_now_ms() - begun, 59);
    cr_assert_lt(test_now_ms() - begun, 500);
}

TEST(a_lost_connection_is_told)
{
    const redisc_observed *command;
    must(test_status(r, REDISC_STRS("GET", "before")));
    test_sleep_ms(20);
    test_server_kill(server);
    redisc_status status = redisc_observer_next(o, -1, &command);
    if (status == REDISC_OK) {
        cr_assert_str_eq(command->words.items[1].data, "before");
        redisc_free(command);
        status = redisc_observer_next(o, -1, &command);
    }
    cr_assert_eq(status, REDISC_ERROR_CLOSED);
    cr_assert_null(command);
    cr_assert_eq(redisc_observer_next(o, -1, &command), REDISC_ERROR_CLOSED);
    test_server_restart(server);
}

TEST(a_child_must_not_use_it)
{
    pid_t child = fork();
    if (child == 0) {
        const redisc_observed *command;
        bool refused = redisc_observer_next(o, 0, &command) == REDISC_ERROR_CLOSED;
        redisc_observer_close(o);
        _exit(refused ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    must(test_status(r, REDISC_STRS("GET", "parent")));
    const redisc_observed *command = next_command();
    cr_assert_str_eq(command->words.items[1].data, "parent");
    redisc_free(command);
}

TEST(a_refusal_is_an_error)
{
    redisc *client;
    redisc_observer *none = (redisc_observer *)1;
    const redisc_observed *command;
    must(test_status(r,
                     REDISC_STRS("ACL", "SETUSER", "bob", "on", ">pw", "~*", "+@all", "-monitor")));
    must(redisc_open(test_server_url(server), &(redisc_options){.user = "bob", .password = "pw"},
                     &client));
    cr_assert_eq(redisc_observer_open(client, &none), REDISC_ERROR_NOPERM);
    cr_assert_str_eq(redisc_last_error()->command, "MONITOR");
    cr_assert_null(none);
    redisc_close(client);
    cr_assert_eq(redisc_observer_open(NULL, &none), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_observer_open(r, NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_observer_next(NULL, 0, &command), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_observer_next(o, 0, NULL), REDISC_ERROR_ARGUMENT);
    redisc_observer_close(NULL);
}

Test(observer, a_strange_server)
{
    static const hostile_step script[] = {
        HOSTILE_GREETS,
        {HOSTILE_AWAIT, "MONITOR\r\n", 0},
        {HOSTILE_SEND, "+OK\r\n+1.000000 [0 a] \"x\"\r\n+rubbish\r\n:5\r\n+1.0", 0},
        {HOSTILE_PAUSE, NULL, 30},
        {HOSTILE_DRIP, "00000 [0 a] \"y\"\r\n", 2},
        {HOSTILE_SEND,
         "+1.000000 [0 a] \"this is longer than the limit, and longer than that, and "
         "so on\"",
         0},
        {HOSTILE_FLOOD, "and on ", 100000},
        {HOSTILE_END, NULL, 0}};
    hostile *peer = hostile_start(script);
    const redisc_observed *command;
    must(redisc_open(NULL,
                     &(redisc_options){.host = "127.0.0.1",
                                       .port = (uint16_t)hostile_port(peer),
                                       .no_client_info = true,
                                       .max_reply_bytes = 100000,
                                       .timeout_ms = 1000},
                     &r));
    must(redisc_observer_open(r, &o));
    command = next_command();
    cr_assert_str_eq(command->words.items[0].data, "x");
    redisc_free(command);
    cr_assert_eq(redisc_observer_next(o, PATIENCE_MS, &command), REDISC_ERROR_PROTOCOL);
    cr_assert(error_says("a time at byte 0"));
    cr_assert_eq(redisc_observer_next(o, PATIENCE_MS, &command), REDISC_ERROR_PROTOCOL);
    must(redisc_observer_next(o, 5, &command));
    cr_assert_null(command);
    command = next_command();
    cr_assert_str_eq(command->words.items[0].data, "y");
    redisc_free(command);
    cr_assert_eq(redisc_observer_next(o, PATIENCE_MS, &command), REDISC_ERROR_LIMIT);
    cr_assert_eq(redisc_observer_next(o, PATIENCE_MS, &command), REDISC_ERROR_LIMIT);
    redisc_observer_close(o);
    redisc_close(r);
    hostile_stop(peer);
}
