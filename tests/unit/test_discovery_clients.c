/* SPDX-License-Identifier: MIT */
/* Discovery: clients that follow their master. */
#include "calls.h"
#include "connecting.h"
#include "watched.h"

#include <redisc/commands.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SOON_MS = 3000 };

TestSuite(discovery_clients, .init = watched_start, .fini = watched_stop, .timeout = 60);

static void says(const char *part)
{
    cr_assert(error_says(part), "\"%s\" is not in \"%s\"", part, redisc_last_error()->text);
}

/* In a thread of its own: a failover takes place in a while. */
static void *name_master_later(void *nothing)
{
    test_sleep_ms(150);
    oracle_answer(servers[1], "ROLE", role_master);
    name_master(servers[1], 2);
    return nothing;
}

Test(discovery_clients, a_server_that_is_no_master_is_not_used)
{
    redisc_discovery *d = open_discovery(0);
    name_master_by(sentinels[0], oracle_port(servers[1]), "master", 2, 1);
    redisc *client = open_master_client(d, 5000);
    cr_expect_eq(asks(client), 0, "another sentinel is asked");
    cr_expect_eq(oracle_asked(servers[1], "INCR"), 0);
    cr_expect_eq(discovery_stats(d).refusals, 1);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, without_a_master_the_deadline_ends_it)
{
    redisc_discovery *d = open_discovery(0);
    name_master(servers[1], 1);
    redisc *client = open_master_client(d, 700);
    int64_t value;
    int64_t before_ms = test_now_ms();
    redisc_status status = redisc_incr(client, "x", &value);
    /* Between two questions mostly, and now and then while one waits for its answer. */
    if (status != REDISC_ERROR_TIMEOUT) {
        cr_expect_eq(status, REDISC_ERROR_DEMOTED, "%s: %s", redisc_status_name(status),
                     redisc_last_error()->text);
        says("the sentinels hold it for the master, but it is a replica");
    }
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_expect_lt(test_now_ms() - before_ms, SOON_MS);
    cr_expect_geq(discovery_stats(d).refusals, 1);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, role_by_info_where_role_is_not_allowed)
{
    redisc_discovery *d = open_discovery(0);
    oracle_answer(servers[0], "ROLE", "-NOPERM this user has no permissions\r\n");
    oracle_answer(servers[0], "INFO replication", "$26\r\n# Replication\r\nrole:master\r\n");
    redisc *client = open_master_client(d, 5000);
    oracle_answer(servers[0], "INFO replication", "$28\r\n# Replication\r\nrole:master\r\n\r\n");
    cr_expect_eq(asks(client), 0);
    redisc_close(client);
    client = open_master_client(d, 300);
    oracle_answer(servers[0], "INFO", "-NOPERM this user has no permissions\r\n");
    int64_t value;
    cr_expect_lt(redisc_incr(client, "x", &value), 0);
    says("asking for its role");
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, a_push_moves_the_clients)
{
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    redisc *pinned;
    cr_assert_eq(asks(client), 0);
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    cr_assert_eq(asks(pinned), 0);
    redisc *pipeline = redisc_pipeline(client, NULL);
    oracle_answer(servers[0], "WATCH", "+OK\r\n");
    cr_assert_eq(redisc_watch(pipeline, REDISC_STRS("x")), REDISC_OK, "%s",
                 redisc_last_error()->text);
    cr_assert_eq(asks(client), 0); /* and one that is idle */
    /* A failover, which the old master does not know of. */
    oracle_answer(servers[1], "ROLE", role_master);
    name_master(servers[1], 2);
    char push[160];
    char text[96];
    snprintf(text, sizeof text, "mymaster 127.0.0.1 %d 127.0.0.1 %d", oracle_port(servers[0]),
             oracle_port(servers[1]));
    snprintf(push, sizeof push, "*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n$%zu\r\n%s\r\n",
             strlen(text), text);
    oracle_say(sentinels[0], push);
    int64_t begun_ms = test_now_ms();
    while (asks(client) != 1) {
        cr_assert_lt(test_now_ms() - begun_ms, SOON_MS);
        test_sleep_ms(5);
    }
    cr_expect_eq(discovery_stats(d).pushes, 1);
    unsigned written = oracle_asked(servers[0], "INCR");
    int64_t value;
    cr_expect_eq(redisc_incr(pinned, "x", &value), REDISC_ERROR_CLOSED);
    says("no longer the master");
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    redisc_multi(pipeline);
    redisc_incr(pipeline, "x", &value);
    cr_expect_eq(redisc_execute(pipeline), REDISC_ERROR_WATCH);
    for (int i = 0; i < 100; i++) {
        cr_assert_eq(asks(client), 1);
    }
    cr_expect_eq(oracle_asked(servers[0], "INCR"), written, "nothing more went to the old master");
    redisc_close(pipeline);
    redisc_close(pinned);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, senseless_pushes_change_nothing)
{
    static const char *const pushes[] = {
        "*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n$0\r\n\r\n",
        "*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n$8\r\nmymaster\r\n",
        "*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n*1\r\n:1\r\n",
        "*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n:1\r\n",
        "*3\r\n$7\r\nmessage\r\n$5\r\nother\r\n$31\r\nmymaster 127.0.0.1 1 127.0.0.1 2\r\n",
        "*3\r\n$7\r\nmessage\r\n$14\r\n+switch-master\r\n$27\r\nother 127.0.0.1 1 127.0.0.1 2\r\n",
        "+OK\r\n",
        "$-1\r\n",
        "-ERR what\r\n",
        "no protocol at all\r\n",
    };
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    for (size_t i = 0; i < sizeof pushes / sizeof pushes[0]; i++) {
        cr_assert_eq(asks(client), 0);
        oracle_say(sentinels[0], pushes[i]);
        test_sleep_ms(110);
        cr_expect_eq(asks(client), 0, "%s", pushes[i]);
    }
    cr_expect_eq(discovery_stats(d).pushes, 0);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, a_lost_listener_makes_the_client_ask)
{
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    cr_assert_eq(asks(client), 0);
    oracle_answer(servers[1], "ROLE", role_master);
    name_master(servers[1], 2);
    oracle_stop(sentinels[0]); /* the one that was listened to: its push never comes */
    sentinels[0] = NULL;
    int64_t begun_ms = test_now_ms();
    while (asks(client) != 1) {
        cr_assert_lt(test_now_ms() - begun_ms, SOON_MS);
        test_sleep_ms(5);
    }
    cr_expect_eq(discovery_stats(d).pushes, 0);
    while (discovery_stats(d).listens < 2) { /* another sentinel is listened to */
        cr_assert_lt(test_now_ms() - begun_ms, SOON_MS);
        test_sleep_ms(5);
        cr_assert_eq(asks(client), 1);
    }
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, a_silent_sentinel_is_asked_whether_it_lives)
{
    enum { QUIET_MS = 5100 };
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    cr_assert_eq(asks(client), 0);
    test_sleep_ms(QUIET_MS);
    cr_assert_eq(asks(client), 0);
    cr_expect_eq(oracle_asked(sentinels[0], "PING"), 1);
    cr_expect_eq(discovery_stats(d).listens, 1, "it lives");
    /* From now on it says nothing more. */
    oracle_answer(sentinels[0], "", ORACLE_SILENT);
    oracle_answer(servers[1], "ROLE", role_master);
    name_master_by(sentinels[1], oracle_port(servers[1]), "master", 2, 2);
    name_master_by(sentinels[2], oracle_port(servers[1]), "master", 2, 2);
    test_sleep_ms(QUIET_MS);
    int64_t begun_ms = test_now_ms();
    while (asks(client) != 1) {
        cr_assert_lt(test_now_ms() - begun_ms, SOON_MS);
    }
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, a_child_has_its_own_connections)
{
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    cr_assert_eq(asks(client), 0);
    fflush(NULL);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(20); /* a child that hangs is ended */
        int64_t value = 0;
        bool fine = redisc_incr(client, "x", &value) == REDISC_OK && value == 0 &&
                    discovered(d) == 0 && discovery_stats(d).listens == 1;
        redisc_close(client);
        redisc_discovery_close(d);
        _exit(fine ? 0 : 1);
    }
    cr_expect_eq(asks(client), 0);
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_expect_eq(asks(client), 0);
    cr_expect_eq(discovery_stats(d).listens, 1);
    redisc_close(client);
    redisc_discovery_close(d);
}

/* In a thread of its own: looks for the master, which takes a while. */
static void *discover(void *d)
{
    const redisc_server_address *address;
    redisc_discover_master(d, "mymaster", &address);
    redisc_free(address);
    return NULL;
}

Test(discovery_clients, a_child_does_not_wait_for_the_threads_of_its_parent)
{
    enum { ASKERS = 2 };
    redisc_discovery *d = open_discovery(0);
    for (int i = 0; i < SENTINELS; i++) {
        oracle_answer(sentinels[i], "SENTINEL", ORACLE_SILENT);
    }
    pthread_t askers[ASKERS];
    for (int i = 0; i < ASKERS; i++) {
        cr_assert_eq(pthread_create(&askers[i], NULL, discover, d), 0);
    }
    while (oracle_asked(sentinels[0], "SENTINEL") == 0) {
        test_sleep_ms(5);
    }
    test_sleep_ms(100); /* by now the other one waits for what the first one learns */
    fflush(NULL);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        alarm(20); /* a child that hangs is ended */
        redisc_discovery_close(d);
        _exit(0);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    for (int i = 0; i < ASKERS; i++) {
        pthread_join(askers[i], NULL);
    }
    redisc_discovery_close(d);
}

Test(discovery_clients, where_nobody_may_listen_the_client_asks_now_and_then)
{
    for (int i = 0; i < SENTINELS; i++) {
        oracle_answer(sentinels[i], "SUBSCRIBE", "-NOPERM no permissions\r\n");
    }
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    cr_assert_eq(asks(client), 0);
    oracle_answer(servers[1], "ROLE", role_master);
    name_master(servers[1], 2);
    int64_t begun_ms = test_now_ms();
    while (asks(client) != 1) {
        cr_assert_lt(test_now_ms() - begun_ms, 20000);
        test_sleep_ms(5);
    }
    cr_expect_eq(discovery_stats(d).listens, 0);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, readonly_makes_the_client_ask_again)
{
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    cr_assert_eq(asks(client), 0);
    oracle_answer(servers[0], "ROLE", role_slave);
    oracle_answer(servers[0], "INCR", "-READONLY You can't write against a read only replica.\r\n");
    oracle_answer(servers[1], "ROLE", role_master);
    name_master(servers[1], 2);
    int64_t value;
    cr_expect_eq(redisc_incr(client, "x", &value), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(value, 1, "it was not executed before, so it is sent again");
    cr_expect_eq(asks(client), 1);
    cr_expect_eq(oracle_asked(servers[0], "INCR"), 2, "it was asked no more");
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, readonly_is_an_error_of_the_connection)
{
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    redisc *once;
    cr_assert_eq(asks(client), 0);
    oracle_answer(servers[0], "INCR", "-READONLY You can't write against a read only replica.\r\n");
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.max_tries = 1}, &once), REDISC_OK);
    int64_t value;
    redisc_status status = redisc_incr(once, "x", &value);
    cr_expect_eq(status, REDISC_ERROR_DEMOTED, "%s", redisc_last_error()->text);
    cr_expect(redisc_is(status, REDISC_ERROR_CONNECTION));
    cr_expect_eq(redisc_last_error()->delivery, REDISC_ANSWERED);
    cr_expect_str_eq(redisc_last_error()->word, "READONLY");
    says("the master has become a replica: READONLY");
    redisc_pool_stats stats;
    redisc_pool_statistics(redisc_pool_of(client), &stats);
    cr_expect_eq(stats.idle, 0, "its connection is closed");
    redisc_close(once);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, a_master_that_comes_later_is_waited_for)
{
    redisc_discovery *d = open_discovery(0);
    for (int i = 0; i < SENTINELS; i++) {
        name_address(sentinels[i], oracle_port(servers[0]));
        name_master_by(sentinels[i], oracle_port(servers[0]), "master,s_down,o_down", 2, 1);
    }
    redisc *client = open_master_client(d, 10000);
    pthread_t other;
    cr_assert_eq(pthread_create(&other, NULL, name_master_later, NULL), 0);
    cr_expect_eq(asks(client), 1);
    pthread_join(other, NULL);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, readonly_in_a_pipeline_ends_its_connection)
{
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    cr_assert_eq(asks(client), 0);
    oracle_answer(servers[0], "ROLE", role_slave);
    oracle_answer(servers[0], "INCR", "-READONLY You can't write against a read only replica.\r\n");
    oracle_answer(servers[1], "ROLE", role_master);
    name_master(servers[1], 2);
    redisc *pipeline = redisc_pipeline(client, &(redisc_pipeline_options){.plain = true});
    int64_t one, two;
    redisc_strlen(pipeline, "x", &one);
    redisc_incr(pipeline, "x", &two);
    cr_expect_eq(redisc_execute(pipeline), REDISC_ERROR_DEMOTED, "%s", redisc_last_error()->text);
    says("Command # 2 (INCR x)");
    cr_expect_eq(redisc_execute(pipeline), REDISC_OK);
    redisc_incr(pipeline, "x", &two);
    cr_expect_eq(redisc_execute(pipeline), REDISC_OK);
    cr_expect_eq(two, 1);
    redisc_close(pipeline);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, readonly_of_a_replica_is_what_it_is)
{
    redisc_discovery *d = open_discovery(0);
    name_replicas((const char *[]){"slave", "slave"});
    redisc *client = open_replica_client(d, REDISC_REPLICA_FIRST);
    oracle_answer(servers[1], "INCR", "-READONLY You can't write against a read only replica.\r\n");
    int64_t value;
    cr_expect_eq(redisc_incr(client, "x", &value), REDISC_ERROR_READONLY);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_clients, a_blocked_call_of_a_demoted_master)
{
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    oracle_answer(servers[0], "BLPOP",
                  "-UNBLOCKED force unblock from blocking operation, instance state changed "
                  "(master -> replica?)\r\n");
    redisc *pinned;
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    cr_expect_eq(test_status(pinned, REDISC_STRS("BLPOP", "x", "5")), REDISC_ERROR_DEMOTED);
    oracle_answer(servers[0], "BLPOP", "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    redisc_close(pinned);
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(test_status(pinned, REDISC_STRS("BLPOP", "x", "5")), REDISC_ERROR_UNBLOCKED);
    redisc_close(pinned);
    redisc_close(client);
    redisc_discovery_close(d);
}

static redisc_status count_connects(redisc *connection, void *context)
{
    (void)connection;
    ++*(int *)context;
    return REDISC_OK;
}

Test(discovery_clients, on_connect_runs_where_the_role_is_right)
{
    int connects = 0;
    redisc_discovery *d = open_discovery(0);
    name_master_by(sentinels[0], oracle_port(servers[1]), "master", 2, 1);
    redisc *client;
    redisc_options options = {.on_connect = count_connects, .on_connect_context = &connects};
    cr_assert_eq(redisc_master_for(d, "mymaster", &options, &client), REDISC_OK);
    cr_expect_eq(asks(client), 0);
    cr_expect_eq(discovery_stats(d).refusals, 1);
    cr_expect_eq(connects, 1);
    redisc_close(client);
    redisc_discovery_close(d);
}
