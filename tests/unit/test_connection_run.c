/* SPDX-License-Identifier: MIT */
/* Commands on a connection to a real server: in time, large, interrupted, after the server's end.
 */
#include "connecting.h"
#include "server.h"

#include <criterion/criterion.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static test_server *server;
static redisc_options options;

static void start(void)
{
    server = test_server_start(NULL);
    options = (redisc_options){.path = test_server_path(server)};
}

static void stop(void)
{
    test_server_stop(server);
}

TestSuite(connection_run, .init = start, .fini = stop);

static void answers(redisc_connection *connection, redisc_str_list words, const char *expected)
{
    char *text = answer(connection, words);
    cr_assert_str_eq(text, expected);
    free(text);
}

Test(connection_run, notices_that_the_server_is_gone)
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
    cr_assert_null(try_to_open(&options));
    cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_CONNECT);
    test_server_restart(server);
    connection = open_connection(&options);
    answers(connection, REDISC_STRS("PING"), "PONG");
    redisc_connection_close(connection);
}

/* A large command into a dead connection must not end the process by a signal. */
Test(connection_run, no_sigpipe)
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

Test(connection_run, keeps_the_deadline)
{
    options.timeout_ms = 150;
    options.connect_timeout_ms = 5000;
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    int64_t before = redisc_now_ms();
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "20"), -1, NULL), REDISC_ERROR_TIMEOUT);
    int64_t took = redisc_now_ms() - before;
    cr_assert(took >= 140 && took < 5000, "%lld ms", (long long)took);
    cr_assert_eq(redisc_last_error()->delivery, REDISC_UNKNOWN);
    cr_assert_eq(redisc_last_error()->tries, 1);
    cr_assert_str_eq(redisc_last_error()->command, "ASKED");
    cr_assert(error_says("no reply came before the deadline"));
    cr_assert(connection->broken, "its reply would be taken for the next one's");
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection_run, derived_handles_have_their_own_timeout)
{
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    redisc *hasty;
    cr_assert_eq(redisc_with(r, &(redisc_call_options){.timeout_ms = 100}, &hasty), REDISC_OK);
    cr_assert_eq(ask(hasty, REDISC_STRS("PING"), -1, NULL), REDISC_OK);
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "0.4"), -1, NULL), REDISC_OK);
    int64_t before = redisc_now_ms();
    cr_assert_eq(ask(hasty, REDISC_STRS("BLPOP", "nothing", "20"), -1, NULL), REDISC_ERROR_TIMEOUT);
    cr_assert(redisc_now_ms() - before < 5000);
    redisc_close(hasty);
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection_run, blocking_commands_wait_longer)
{
    options.timeout_ms = 100;
    options.connect_timeout_ms = 5000;
    redisc_connection *connection = open_connection(&options);
    redisc *r = redisc_connection_handle(connection);
    const redisc_reply *reply;
    int64_t before = redisc_now_ms();
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "0.6"), 1000, &reply), REDISC_OK);
    cr_assert_eq(reply->type, REDISC_REPLY_NIL);
    cr_assert(redisc_now_ms() - before >= 590);
    redisc_free(reply);
    before = redisc_now_ms();
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "0.6"), 0, &reply), REDISC_OK, "for ever");
    cr_assert(redisc_now_ms() - before >= 590);
    redisc_free(reply);
    cr_assert_eq(ask(r, REDISC_STRS("BLPOP", "nothing", "5"), 100, NULL), REDISC_ERROR_TIMEOUT);
    redisc_close(r);
    redisc_connection_close(connection);
}

Test(connection_run, deadlines_of_commands)
{
    redisc_operation c = {.wait_ms = -1};
    cr_assert_eq(redisc_operation_deadline(&c, 1000, 50).at_ms, 1050);
    cr_assert_eq(redisc_operation_deadline(&c, 1000, -1).at_ms, INT64_MAX);
    c.wait_ms = 0;
    cr_assert_eq(redisc_operation_deadline(&c, 1000, 50).at_ms, INT64_MAX);
    c.wait_ms = 2000;
    cr_assert_eq(redisc_operation_deadline(&c, 1000, 500).at_ms, 3500);
    cr_assert_eq(redisc_operation_deadline(&c, 1000, 50).at_ms, 3250, "servers are a little late");
    cr_assert_eq(redisc_operation_deadline(&c, 1000, -1).at_ms, INT64_MAX);
    c.wait_ms = INT64_MAX;
    cr_assert_eq(redisc_operation_deadline(&c, 1000, 50).at_ms, INT64_MAX);
}

Test(connection_run, large_values)
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
Test(connection_run, hears_why_the_server_closes)
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

Test(connection_run, refused_arguments_leave_it_usable)
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

Test(connection_run, limits_the_output)
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

Test(connection_run, limits_the_reply)
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

Test(connection_run, insists_on_utf8)
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
Test(connection_run, a_forked_child_leaves_it_alone)
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

static void on_alarm(int number)
{
    (void)number;
}

/* Signals in the middle of waiting change nothing. */
Test(connection_run, signals_do_not_disturb)
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
