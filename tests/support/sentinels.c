/* SPDX-License-Identifier: MIT */
#include "sentinels.h"

#include "calls.h"

#include <redisc/client.h>
#include <redisc/commands.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AWAIT_MS = 60000, STEP_MS = 20 };

static const char name[] = "mymaster";

static void die(const char *what)
{
    fprintf(stderr, "test sentinels: %s (last error: %s)\n", what, redisc_last_error()->text);
    abort();
}

static void must(redisc_status status, const char *what)
{
    if (status != REDISC_OK) {
        die(what);
    }
}

static redisc *open_direct(test_server *server, const redisc_options *options)
{
    redisc *client;
    must(redisc_open(test_server_url(server), options, &client), "a client");
    return client;
}

static void start_server(test_sentinels *all, int at, const char *more)
{
    char config[512];
    char replicaof[64] = "";
    all->wires[at] = forwarder_start();
    if (at > 0) {
        snprintf(replicaof, sizeof replicaof, "replicaof 127.0.0.1 %d\n",
                 forwarder_port(all->wires[0]));
    }
    snprintf(config, sizeof config,
             "%s"
             "replica-announce-ip 127.0.0.1\n"
             "replica-announce-port %d\n"
             "repl-diskless-sync-delay 0\n"
             "masteruser app\n"
             "masterauth any\n"
             "user default off\n"
             "user app on nopass ~* &* +@all\n"
             "user watcher on nopass ~* &* +@all\n"
             "%s",
             replicaof, forwarder_port(all->wires[at]), more == NULL ? "" : more);
    all->servers[at] = test_server_start(config);
    forwarder_lead(all->wires[at], test_server_port(all->servers[at]));
    all->direct[at] = open_direct(all->servers[at], &(redisc_options){.user = "app"});
}

static void set(redisc *asker, const char *what, const char *value)
{
    must(redisc_sentinel_set(asker, name, REDISC_PAIRS(what, value)), what);
}

static void start_sentinel(test_sentinels *all, int at)
{
    all->sentinels[at] = test_server_start_sentinel();
    redisc *asker = all->askers[at] = open_direct(all->sentinels[at], NULL);
    /* All that sentinels do now and then, more often: the tests should not take minutes. But four
     * publish periods and five ping periods have to be more than a second each, or a server that is
     * being made the master is made a replica again, or held for too ill for it. */
    must(redisc_sentinel_debug_set(asker, REDISC_PAIRS("PING-PERIOD", "300", "INFO-PERIOD", "200",
                                                       "ASK-PERIOD", "100", "PUBLISH-PERIOD", "500",
                                                       "MIN-LINK-RECONNECT-PERIOD", "200",
                                                       "SLAVE-RECONF-TIMEOUT", "1000")),
         "SENTINEL DEBUG");
    must(redisc_sentinel_monitor(asker, name, "127.0.0.1", forwarder_port(all->wires[0]), 2),
         "SENTINEL MONITOR");
    char down[16];
    snprintf(down, sizeof down, "%d", TEST_DOWN_MS);
    set(asker, "down-after-milliseconds", down);
    set(asker, "failover-timeout", "2000");
    set(asker, "parallel-syncs", "2");
    set(asker, "auth-user", "watcher");
    set(asker, "auth-pass", "any");
}

test_sentinels *test_sentinels_start(const char *server_config)
{
    test_sentinels *all = calloc(1, sizeof *all);
    if (all == NULL) {
        die("memory");
        return NULL;
    }
    for (int i = 0; i < TEST_SERVERS; i++) {
        start_server(all, i, server_config);
    }
    for (int i = 0; i < TEST_SENTINELS; i++) {
        start_sentinel(all, i);
    }
    snprintf(all->list, sizeof all->list, "127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d",
             test_server_port(all->sentinels[0]), test_server_port(all->sentinels[1]),
             test_server_port(all->sentinels[2]));
    snprintf(all->url, sizeof all->url, "redis+sentinel://app@%s/%s", all->list, name);
    test_sentinels_await_calm(all);
    return all;
}

void test_sentinels_stop(test_sentinels *all)
{
    if (all == NULL) {
        return;
    }
    for (int i = 0; i < TEST_SENTINELS; i++) {
        redisc_close(all->askers[i]);
        test_server_stop(all->sentinels[i]);
    }
    for (int i = 0; i < TEST_SERVERS; i++) {
        redisc_close(all->direct[i]);
        forwarder_stop(all->wires[i]);
        test_server_stop(all->servers[i]);
    }
    free(all);
}

static int server_at(const test_sentinels *all, int64_t port)
{
    for (int i = 0; i < TEST_SERVERS; i++) {
        if (port == forwarder_port(all->wires[i])) {
            return i;
        }
    }
    return -1;
}

/* The master by the state that one sentinel knows, and not by who is about to be it. */
static int master_by(test_sentinels *all, int sentinel)
{
    const redisc_sentinel_master_state *state;
    if (redisc_sentinel_master(all->askers[sentinel], name, &state) != REDISC_OK) {
        return -1;
    }
    int at = server_at(all, state->port);
    redisc_free(state);
    return at;
}

int test_sentinels_master(test_sentinels *all)
{
    int master = -1;
    for (int i = 0; i < TEST_SENTINELS; i++) {
        if (test_server_process(all->sentinels[i]) == 0) {
            continue;
        }
        int said = master_by(all, i);
        if (said < 0 || (master >= 0 && said != master)) {
            return -1;
        }
        master = said;
    }
    return master;
}

int test_sentinels_await_other(test_sentinels *all, int old)
{
    for (int waited = 0; waited < AWAIT_MS; waited += STEP_MS) {
        int master = test_sentinels_master(all);
        if (master >= 0 && master != old) {
            return master;
        }
        test_sleep_ms(STEP_MS);
    }
    die("no other master");
    return -1;
}

/* Whether a sentinel sees the others, and both replicas in step with the master. */
static bool is_calm_by(test_sentinels *all, int sentinel)
{
    const redisc_sentinel_master_state *state;
    const redisc_sentinel_replica_state_list *replicas;
    redisc *asker = all->askers[sentinel];
    if (redisc_sentinel_master(asker, name, &state) != REDISC_OK) {
        return false;
    }
    bool calm = state->num_other_sentinels == TEST_SENTINELS - 1 && !state->flags.s_down &&
                !state->flags.o_down && !state->flags.failover_in_progress &&
                redisc_str_equal(state->role_reported, redisc_text("master"));
    int64_t master_port = state->port;
    redisc_free(state);
    if (!calm || redisc_sentinel_replicas(asker, name, &replicas) != REDISC_OK) {
        return false;
    }
    size_t good = 0;
    for (size_t i = 0; i < replicas->count; i++) {
        const redisc_sentinel_replica_state *replica = &replicas->items[i];
        good += !replica->flags.s_down && !replica->flags.disconnected &&
                server_at(all, replica->port) >= 0 &&
                redisc_str_equal(replica->master_link_status, redisc_text("ok")) &&
                redisc_str_equal(replica->role_reported, redisc_text("slave")) &&
                replica->master_port == master_port;
    }
    redisc_free(replicas);
    return good == TEST_SERVERS - 1;
}

void test_sentinels_await_calm(test_sentinels *all)
{
    for (int waited = 0; waited < AWAIT_MS; waited += STEP_MS) {
        bool calm = test_sentinels_master(all) >= 0;
        for (int i = 0; calm && i < TEST_SENTINELS; i++) {
            calm = is_calm_by(all, i);
        }
        if (calm) {
            return;
        }
        test_sleep_ms(STEP_MS);
    }
    die("the servers don't come to rest");
}

/* Asks for a failover, of any sentinel that will do it. */
static void ask_for_failover(test_sentinels *all)
{
    for (int waited = 0; waited < AWAIT_MS; waited += STEP_MS) {
        if (redisc_sentinel_failover(all->askers[waited / STEP_MS % TEST_SENTINELS], name) ==
            REDISC_OK) {
            return;
        }
        test_sleep_ms(STEP_MS);
    }
    die("no failover");
}

int test_sentinels_failover(test_sentinels *all)
{
    enum { TRIES = 5, TRY_MS = 8000 };
    int old = test_sentinels_master(all);
    for (int i = 0; i < TRIES; i++) {
        ask_for_failover(all); /* sentinels give up at times */
        for (int waited = 0; waited < TRY_MS; waited += STEP_MS) {
            int master = test_sentinels_master(all);
            if (master >= 0 && master != old) {
                return master;
            }
            test_sleep_ms(STEP_MS);
        }
    }
    die("no failover succeeds");
    return -1;
}

void test_sentinels_isolate(test_sentinels *all, int server)
{
    int64_t killed;
    must(redisc_acl_setuser(all->direct[server], "watcher", REDISC_STRS("off")), "ACL SETUSER");
    must(redisc_client_kill_with(all->direct[server],
                                 &(redisc_client_kill_options){.user = REDISC_STR("watcher")},
                                 &killed),
         "CLIENT KILL");
}

void test_sentinels_join(test_sentinels *all, int server)
{
    must(redisc_acl_setuser(all->direct[server], "watcher", REDISC_STRS("on")), "ACL SETUSER");
}
