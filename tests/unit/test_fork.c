/* SPDX-License-Identifier: MIT */
/* Parents and children with a client between them. */
#include "calls.h"
#include "server.h"

#include <redisc/client.h>

#include <criterion/criterion.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATIENCE_S = 20 }; /* with a child that hangs */

static test_server *server;

static void start(void)
{
    server = test_server_start(NULL);
}

static void stop(void)
{
    test_server_stop(server);
}

TestSuite(fork, .init = start, .fini = stop, .timeout = 60);

static redisc *open_client(const redisc_options *options)
{
    redisc *client;
    cr_assert_eq(redisc_open(test_server_url(server), options, &client), REDISC_OK);
    return client;
}

/* Waits for the child, whose exit status is the line of its first failed check, or 0. */
static void expect_success(pid_t child)
{
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status), "the child was ended by signal %d", WTERMSIG(status));
    cr_assert_eq(WEXITSTATUS(status), 0, "check %d failed in the child", WEXITSTATUS(status));
}

/* Sets and gets values with the process's own mark in them: a reply that was meant for another
 * process can't have the right one. */
static bool keeps_its_own_replies(redisc *client, const char *mark, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        char key[64], value[64];
        snprintf(key, sizeof key, "%s:%d", mark, i);
        snprintf(value, sizeof value, "value of %s:%d", mark, i);
        if (!test_answers(client, REDISC_STRS("SET", key, value), "OK") ||
            !test_answers(client, REDISC_STRS("GET", key), value)) {
            return false;
        }
    }
    return true;
}

static int child_with_idle_connection(redisc *client, int64_t parents_id)
{
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    if (stats.idle != 0 || stats.in_use != 0 || stats.opened != 0) {
        return 1;
    }
    if (test_connection_id(client) <= parents_id) {
        return 2;
    }
    if (!keeps_its_own_replies(client, "child", 300)) {
        return 3;
    }
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    if (stats.idle != 1 || stats.opened != 1) {
        return 4;
    }
    redisc_close(client);
    return 0;
}

Test(fork, parent_and_child_both_go_on)
{
    redisc *client = open_client(NULL);
    int64_t id = test_connection_id(client);
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_S);
        _exit(child_with_idle_connection(client, id));
    }
    cr_expect(keeps_its_own_replies(client, "parent", 300));
    cr_expect_eq(test_connection_id(client), id, "the parent's connection was lost");
    expect_success(child);
    cr_expect_eq(test_connection_id(client), id, "the child has closed the parent's connection");
    redisc_close(client);
}

static int grandchild(redisc *client)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_S);
        _exit(keeps_its_own_replies(client, "grandchild", 50) ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (status != 0) {
        return 1;
    }
    return keeps_its_own_replies(client, "child", 50) ? 0 : 2;
}

Test(fork, unused_children_may_fork_again)
{
    redisc *client = open_client(NULL);
    int64_t id = test_connection_id(client);
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_S);
        _exit(grandchild(client));
    }
    expect_success(child);
    cr_expect_eq(test_connection_id(client), id);
    redisc_close(client);
}

static int child_with_pinned(redisc *client, redisc *pinned)
{
    if (test_status(pinned, REDISC_STRS("PING")) != REDISC_ERROR_CONNECTION ||
        redisc_last_error()->delivery != REDISC_NOT_SENT) {
        return 1;
    }
    redisc_close(pinned);
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    if (stats.in_use != 0 || stats.idle != 0) {
        return 2;
    }
    return keeps_its_own_replies(client, "child", 10) ? 0 : 3;
}

Test(fork, a_pinned_connection_stays_with_the_parent)
{
    redisc *client = open_client(&(redisc_options){.max_connections = 1});
    redisc *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    int64_t id = test_connection_id(pinned);
    pid_t child = fork();
    if (child == 0) {
        alarm(PATIENCE_S);
        _exit(child_with_pinned(client, pinned));
    }
    expect_success(child);
    cr_expect_eq(test_connection_id(pinned), id);
    redisc_close(pinned);
    redisc_close(client);
}

static atomic_bool enough;

static void *keep_calling(void *client)
{
    uintptr_t wrong = 0;
    int64_t seen = 0;
    while (!atomic_load(&enough)) {
        int64_t n = test_integer(client, REDISC_STRS("INCR", "shared"));
        wrong += n <= seen;
        seen = n;
    }
    return (void *)wrong;
}

enum { THREADS = 4, FORKS = 30 };

Test(fork, at_any_moment_under_load)
{
    redisc *client = open_client(
        &(redisc_options){.max_connections = 2, .pool_blocks = true, .timeout_ms = 30000});
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        pthread_create(&threads[i], NULL, keep_calling, client);
    }
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(PATIENCE_S);
            _exit(keeps_its_own_replies(client, "child", 3) ? 0 : 1);
        }
        expect_success(child);
    }
    atomic_store(&enough, true);
    for (int i = 0; i < THREADS; i++) {
        void *wrong;
        pthread_join(threads[i], &wrong);
        cr_expect_eq((uintptr_t)wrong, 0);
    }
    redisc_close(client);
}
