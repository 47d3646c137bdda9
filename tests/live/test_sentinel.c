/* SPDX-License-Identifier: MIT */
/* Failovers of real servers under real sentinels. */
#include "calls.h"
#include "sentinels.h"
#include "writers.h"

#include <redisc/commands.h>
#include <redisc/discovery.h>

#include <criterion/criterion.h>

#include <stdio.h>

enum { THREADS = 4 };

static test_sentinels *all;
static redisc *client;
static test_writers *writers;

static void check(redisc_status status)
{
    cr_assert_eq(status, REDISC_OK, "%s", redisc_last_error()->text);
}

static void start(void)
{
    all = test_sentinels_start(NULL);
    check(redisc_open(all->url, &(redisc_options){.timeout_ms = 2000}, &client));
    int ports[TEST_SERVERS];
    for (int i = 0; i < TEST_SERVERS; i++) {
        ports[i] = test_server_port(all->servers[i]);
    }
    writers = test_writers_start(client, THREADS, ports);
}

static void stop(void)
{
    test_writers_stop(writers);
    redisc_close(client);
    test_sentinels_stop(all);
}

TestSuite(sentinel, .init = start, .fini = stop, .timeout = 300);

/* What a client of the replicas is, and whether it reads what was written. */
static void check_replicas(void)
{
    redisc *reader;
    const redisc_role_details *role;
    char url[160];
    snprintf(url, sizeof url, "%s?role=replica", all->url);
    check(redisc_open(url, NULL, &reader));
    for (int i = 0; i < 4; i++) {
        redisc_pool_disconnect(redisc_pool_of(reader));
        check(redisc_role(reader, &role));
        cr_expect_str_eq(role->role.data, "slave");
        redisc_free(role);
    }
    const redisc_server_address_list *replicas;
    check(redisc_discover_replicas(redisc_discovery_of(reader), "mymaster", &replicas));
    cr_expect_eq(replicas->count, TEST_SERVERS - 1);
    redisc_free(replicas);
    redisc_close(reader);
}

static int failover_on_request(void)
{
    test_writers_begin(writers, "SENTINEL FAILOVER", true);
    int master = test_sentinels_failover(all);
    test_writers_await(writers, master);
    test_sentinels_await_calm(all);
    return master;
}

static int kill_the_master(int master)
{
    test_writers_begin(writers, "the master is killed", true);
    test_server_kill(all->servers[master]);
    int next = test_sentinels_await_other(all, master);
    test_writers_await(writers, next);
    test_writers_begin(writers, "it comes back, to be a replica", false);
    test_server_restart(all->servers[master]);
    test_sentinels_await_calm(all);
    test_writers_await(writers, next);
    return next;
}

static int silence_the_master(int master)
{
    test_writers_begin(writers, "the master's wire is silent", true);
    forwarder_set(all->wires[master], FORWARDER_SILENT);
    int next = test_sentinels_await_other(all, master);
    test_writers_await(writers, next);
    test_writers_begin(writers, "the wire speaks again", false);
    forwarder_set(all->wires[master], FORWARDER_OPEN);
    test_sentinels_await_calm(all);
    test_writers_await(writers, next);
    return next;
}

/* The clients still reach the old master, which answers them well: only what the sentinels say by
 * themselves can tell. */
static int isolate_the_master(int master)
{
    test_writers_begin(writers, "the sentinels can't reach the master, but its clients can", true);
    test_sentinels_isolate(all, master);
    int next = test_sentinels_await_other(all, master);
    test_writers_await(writers, next);
    cr_expect_gt(test_server_process(all->servers[master]), 0);
    test_writers_begin(writers, "the sentinels are back, and demote it", false);
    test_sentinels_join(all, master);
    test_sentinels_await_calm(all);
    test_writers_await(writers, next);
    return next;
}

Test(sentinel, clients_follow_the_master)
{
    check_replicas();
    int master = failover_on_request();
    master = kill_the_master(master);
    master = silence_the_master(master);
    uint64_t pushes;
    redisc_discovery_stats stats;
    redisc_discovery_statistics(redisc_discovery_of(client), &stats);
    pushes = stats.pushes;
    master = isolate_the_master(master);
    redisc_discovery_statistics(redisc_discovery_of(client), &stats);
    cr_expect_gt(stats.pushes, pushes, "the push told");
    check_replicas();
    const redisc_server_address *address;
    check(redisc_discover_primary(redisc_discovery_of(client), "mymaster", &address));
    cr_expect_eq(address->port, forwarder_port(all->wires[master]));
    redisc_free(address);
}
