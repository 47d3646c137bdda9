/* SPDX-License-Identifier: MIT */
/* Discovery with sentinels and servers that say what the test wants. */
#include "calls.h"
#include "connecting.h"
#include "oracle.h"

#include <redisc/commands.h>
#include <redisc/discovery.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SENTINELS = 3, SERVERS = 3, SOON_MS = 3000 };

static oracle *sentinels[SENTINELS];
static oracle *servers[SERVERS];
static char list[96];

static const char role_master[] = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
static const char role_slave[] =
    "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:"
    "0\r\n";
static const char nobody[] = "-ERR No such master with that name\r\n";

static size_t put_pair(char *to, size_t room, const char *name, const char *value)
{
    return (size_t)snprintf(to, room, "$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(name), name,
                            strlen(value), value);
}

/* What SENTINEL MASTER, or one of SENTINEL REPLICAS, says of a server. */
static char *state_of(int port, const char *flags, int others, int epoch)
{
    static char text[1024];
    char number[4][16];
    snprintf(number[0], sizeof number[0], "%d", port);
    snprintf(number[1], sizeof number[1], "%d", others);
    snprintf(number[2], sizeof number[2], "%d", epoch);
    const char *pairs[][2] = {{"name", "mymaster"},
                              {"ip", "127.0.0.1"},
                              {"port", number[0]},
                              {"flags", flags},
                              {"num-other-sentinels", number[1]},
                              {"config-epoch", number[2]}};
    size_t count = sizeof pairs / sizeof pairs[0];
    size_t len = (size_t)snprintf(text, sizeof text, "*%zu\r\n", 2 * count);
    for (size_t i = 0; i < count; i++) {
        len += put_pair(text + len, sizeof text - len, pairs[i][0], pairs[i][1]);
    }
    return text;
}

static void name_master_by(oracle *sentinel, int port, const char *flags, int others, int epoch)
{
    oracle_answer(sentinel, "SENTINEL MASTER mymaster", state_of(port, flags, others, epoch));
}

static void name_master(oracle *server, int epoch)
{
    for (int i = 0; i < SENTINELS; i++) {
        name_master_by(sentinels[i], oracle_port(server), "master", 2, epoch);
    }
}

static void name_address(oracle *sentinel, int port)
{
    char reply[64];
    char number[8];
    snprintf(number, sizeof number, "%d", port);
    snprintf(reply, sizeof reply, "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n", strlen(number),
             number);
    oracle_answer(sentinel, "SENTINEL GET-MASTER-ADDR-BY-NAME mymaster", reply);
}

/* The servers from the second on. */
static void name_replicas(const char *flags[SERVERS - 1])
{
    char reply[2048];
    int len = snprintf(reply, sizeof reply, "*%d\r\n", SERVERS - 1);
    for (int i = 1; i < SERVERS; i++) {
        len += snprintf(reply + len, sizeof reply - (size_t)len, "%s",
                        state_of(oracle_port(servers[i]), flags[i - 1], 0, 0));
    }
    for (int i = 0; i < SENTINELS; i++) {
        oracle_answer(sentinels[i], "SENTINEL REPLICAS mymaster", reply);
    }
}

static void start(void)
{
    size_t len = 0;
    for (int i = 0; i < SENTINELS; i++) {
        sentinels[i] = oracle_start();
        len += (size_t)snprintf(list + len, sizeof list - len, "%s127.0.0.1:%d", i == 0 ? "" : ",",
                                oracle_port(sentinels[i]));
        oracle_answer(sentinels[i], "SENTINEL", nobody);
    }
    for (int i = 0; i < SERVERS; i++) {
        char self[16];
        servers[i] = oracle_start();
        snprintf(self, sizeof self, ":%d\r\n", i);
        oracle_answer(servers[i], "INCR", self); /* who are you? */
        oracle_answer(servers[i], "STRLEN", self);
        oracle_answer(servers[i], "ROLE", i == 0 ? role_master : role_slave);
    }
    name_master(servers[0], 1);
}

static void stop(void)
{
    for (int i = 0; i < SENTINELS; i++) {
        oracle_stop(sentinels[i]);
    }
    for (int i = 0; i < SERVERS; i++) {
        oracle_stop(servers[i]);
    }
}

TestSuite(discovery, .init = start, .fini = stop, .timeout = 60);

static redisc_discovery *open_discovery(uint32_t min_others)
{
    redisc_discovery_options options = {.min_other_sentinels = min_others,
                                        .sentinel_options = &(redisc_options){.timeout_ms = 1000}};
    redisc_discovery *d;
    cr_assert_eq(redisc_discovery_open(list, &options, &d), REDISC_OK, "%s",
                 redisc_last_error()->text);
    return d;
}

/* Which server is named as the master; -1: none. */
static int discovered(redisc_discovery *d)
{
    const redisc_server_address *address;
    redisc_status status = redisc_discover_master(d, "mymaster", &address);
    if (status != REDISC_OK) {
        cr_assert_eq(status, REDISC_ERROR_MASTER_NOT_FOUND, "%s", redisc_last_error()->text);
        cr_assert_null(address);
        return -1;
    }
    cr_assert_str_eq(address->host, "127.0.0.1");
    int found = -1;
    for (int i = 0; i < SERVERS; i++) {
        found = address->port == oracle_port(servers[i]) ? i : found;
    }
    redisc_free(address);
    return found;
}

static void says(const char *part)
{
    cr_assert(error_says(part), "\"%s\" is not in \"%s\"", part, redisc_last_error()->text);
}

static redisc *open_master_client(redisc_discovery *d, int64_t timeout_ms)
{
    redisc *client;
    cr_assert_eq(
        redisc_master_for(d, "mymaster", &(redisc_options){.timeout_ms = timeout_ms}, &client),
        REDISC_OK, "%s", redisc_last_error()->text);
    return client;
}

/* Which server answers a write of the client. */
static int64_t asks(redisc *client)
{
    int64_t number = TEST_NO_INTEGER;
    redisc_status status = redisc_incr(client, "who are you", &number);
    cr_assert_eq(status, REDISC_OK, "%s", redisc_last_error()->text);
    return number;
}

static redisc_discovery_stats stats_of(redisc_discovery *d)
{
    redisc_discovery_stats stats;
    redisc_discovery_statistics(d, &stats);
    return stats;
}

/* In a thread of its own: a failover takes place in a while. */
static void *name_master_later(void *nothing)
{
    test_sleep_ms(150);
    oracle_answer(servers[1], "ROLE", role_master);
    name_master(servers[1], 2);
    return nothing;
}

Test(discovery, finds_the_master)
{
    redisc_discovery *d = open_discovery(0);
    cr_expect_eq(discovered(d), 0);
    redisc_discovery_close(d);
}

Test(discovery, an_unknown_master_is_an_error_that_names_each_sentinel)
{
    redisc_discovery *d = open_discovery(0);
    const redisc_server_address *address;
    cr_expect_eq(redisc_discover_master(d, "other", &address), REDISC_ERROR_MASTER_NOT_FOUND);
    cr_expect(redisc_is(REDISC_ERROR_MASTER_NOT_FOUND, REDISC_ERROR_CONNECTION));
    says("no master found for `other`: ");
    for (int i = 0; i < SENTINELS; i++) {
        char address_of[32];
        snprintf(address_of, sizeof address_of, "127.0.0.1:%d", oracle_port(sentinels[i]));
        says(address_of);
    }
    says("No such master");
    redisc_discovery_close(d);
}

Test(discovery, the_sentinel_that_answers_moves_to_the_front)
{
    redisc_discovery *d = open_discovery(0);
    oracle_answer(sentinels[0], "SENTINEL", ORACLE_CLOSE);
    char expected[128];
    char text[128];
    snprintf(expected, sizeof expected, "sentinels 127.0.0.1:%d, 127.0.0.1:%d, 127.0.0.1:%d",
             oracle_port(sentinels[1]), oracle_port(sentinels[0]), oracle_port(sentinels[2]));
    cr_expect_eq(discovered(d), 0);
    cr_expect_eq(redisc_discovery_describe(d, text, sizeof text), strlen(expected));
    cr_expect_str_eq(text, expected);
    cr_expect_eq(redisc_discovery_describe(d, NULL, 0), strlen(expected));
    redisc_discovery_close(d);
}

Test(discovery, passes_over_sentinels_that_hold_the_master_for_down)
{
    redisc_discovery *d = open_discovery(0);
    name_address(sentinels[0], oracle_port(servers[0]));
    name_address(sentinels[1], oracle_port(servers[0]));
    name_master_by(sentinels[0], oracle_port(servers[0]), "master,s_down", 2, 1);
    name_master_by(sentinels[1], oracle_port(servers[0]), "s_down,o_down,master", 2, 1);
    cr_expect_eq(discovered(d), 0);
    name_address(sentinels[2], oracle_port(servers[0]));
    name_master_by(sentinels[2], oracle_port(servers[0]), "slave", 2, 1);
    cr_expect_eq(discovered(d), -1);
    says("so far the quorum does not");
    says("and so does the quorum");
    says("does not hold it for a master");
    redisc_discovery_close(d);
}

Test(discovery, during_a_failover_the_chosen_one_is_taken)
{
    redisc_discovery *d = open_discovery(0);
    name_master_by(sentinels[0], oracle_port(servers[0]), "master,o_down,failover_in_progress", 2,
                   2);
    name_address(sentinels[0], oracle_port(servers[2]));
    cr_expect_eq(discovered(d), 2);
    redisc_discovery_close(d);
}

Test(discovery, min_other_sentinels)
{
    redisc_discovery *d = open_discovery(2);
    name_master_by(sentinels[0], oracle_port(servers[1]), "master", 1, 1);
    cr_expect_eq(discovered(d), 0, "a sentinel that sees two others is asked instead");
    redisc_discovery_close(d);
    d = open_discovery(3);
    cr_expect_eq(discovered(d), -1);
    says("sees 2 other sentinels, and 3 are asked for");
    redisc_discovery_close(d);
}

Test(discovery, a_sentinel_that_is_behind_is_not_believed)
{
    redisc_discovery *d = open_discovery(0);
    name_master(servers[1], 5);
    cr_expect_eq(discovered(d), 1);
    name_master_by(sentinels[0], oracle_port(servers[0]), "master", 2, 4);
    cr_expect_eq(discovered(d), 1);
    oracle_answer(sentinels[1], "SENTINEL", ORACLE_CLOSE);
    oracle_answer(sentinels[2], "SENTINEL", ORACLE_CLOSE);
    cr_expect_eq(discovered(d), -1, "one of three is no majority");
    says("it is behind: it knows epoch 4, and 5 was seen");
    name_master(servers[2], 0); /* all of them were set up anew */
    cr_expect_eq(discovered(d), 2);
    redisc_discovery_close(d);
}

Test(discovery, valkey_without_the_old_names)
{
    redisc_discovery *d = open_discovery(0);
    for (int i = 0; i < SENTINELS; i++) {
        oracle_answer(sentinels[i], "SENTINEL",
                      "-ERR unknown subcommand 'X'. Try SENTINEL HELP.\r\n");
        oracle_answer(sentinels[i], "SENTINEL PRIMARY mymaster",
                      state_of(oracle_port(servers[1]), "master", 2, 1));
    }
    cr_expect_eq(discovered(d), 1);
    redisc_discovery_close(d);
}

Test(discovery, senseless_answers_are_passed_over)
{
    static const char *const replies[] = {
        "+OK\r\n",
        ":5\r\n",
        "$-1\r\n",
        "*0\r\n",
        "*1\r\n$4\r\nname\r\n",
        "*2\r\n$2\r\nip\r\n*0\r\n",
        "*4\r\n$2\r\nip\r\n$0\r\n\r\n$4\r\nport\r\n$4\r\n6379\r\n",
        "*6\r\n$2\r\nip\r\n$3\r\na b\r\n$4\r\nport\r\n$1\r\n6\r\n$5\r\nflags\r\n$6\r\nmaster\r\n",
        "*6\r\n$2\r\nip\r\n$1\r\na\r\n$4\r\nport\r\n$5\r\n65536\r\n$5\r\nflags\r\n$6\r\nmaster\r\n",
        "*6\r\n$2\r\nip\r\n$1\r\na\r\n$4\r\nport\r\n$2\r\n-1\r\n$5\r\nflags\r\n$6\r\nmaster\r\n",
        "*6\r\n$2\r\nip\r\n$1\r\na\r\n$4\r\nport\r\n$3\r\nabc\r\n$5\r\nflags\r\n$6\r\nmaster\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "*100000000\r\n",
        "-NOAUTH Authentication required.\r\n",
        "-LOADING x\r\n",
    };
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        redisc_discovery *d;
        redisc_options fast = {.timeout_ms = 600};
        redisc_discovery_options options = {.sentinel_options = &fast};
        cr_assert_eq(redisc_discovery_open(list, &options, &d), REDISC_OK);
        oracle_answer(sentinels[0], "SENTINEL MASTER", replies[i]);
        cr_expect_eq(discovered(d), 0, "%s", replies[i]);
        redisc_discovery_close(d);
    }
}

Test(discovery, all_down_names_each_fault)
{
    redisc_discovery *d = open_discovery(0);
    int ports[SENTINELS];
    for (int i = 0; i < SENTINELS; i++) {
        ports[i] = oracle_port(sentinels[i]);
    }
    oracle_stop(sentinels[0]);
    sentinels[0] = NULL;
    oracle_answer(sentinels[1], "SENTINEL", ORACLE_SILENT);
    oracle_answer(sentinels[2], "SENTINEL", "-NOAUTH Authentication required.\r\n");
    int64_t before_ms = test_now_ms();
    redisc *client = open_master_client(d, 1200);
    int64_t value;
    cr_expect_eq(redisc_incr(client, "x", &value), REDISC_ERROR_MASTER_NOT_FOUND);
    cr_expect_lt(test_now_ms() - before_ms, SOON_MS, "the deadline holds");
    cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    for (int i = 0; i < SENTINELS; i++) {
        char address[32];
        snprintf(address, sizeof address, "127.0.0.1:%d", ports[i]);
        says(address);
    }
    says("Connection refused");
    says("no reply came before the deadline");
    says("NOAUTH");
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, replicas)
{
    redisc_discovery *d = open_discovery(0);
    const redisc_server_address_list *found;
    name_replicas((const char *[]){"slave", "slave"});
    cr_assert_eq(redisc_discover_replicas(d, "mymaster", &found), REDISC_OK);
    cr_expect_eq(found->count, 2);
    cr_expect_eq(found->items[0].port, oracle_port(servers[1]));
    cr_expect_str_eq(found->items[1].host, "127.0.0.1");
    redisc_free(found);
    name_replicas((const char *[]){"slave,s_down", "slave"});
    cr_assert_eq(redisc_discover_replicas(d, "mymaster", &found), REDISC_OK);
    cr_expect_eq(found->count, 1);
    cr_expect_eq(found->items[0].port, oracle_port(servers[2]));
    redisc_free(found);
    name_replicas((const char *[]){"s_down,slave", "o_down,slave"});
    cr_assert_eq(redisc_discover_replicas(d, "mymaster", &found), REDISC_OK);
    cr_expect_eq(found->count, 0);
    redisc_free(found);
    cr_expect_eq(redisc_discover_replicas(d, "other", &found), REDISC_ERROR_REPLICA_NOT_FOUND);
    cr_expect_null(found);
    says("No such master");
    redisc_discovery_close(d);
}

static redisc *open_replica_client(redisc_discovery *d, redisc_replica_choice choice)
{
    redisc *client;
    redisc_options options = {.timeout_ms = 2000, .replica_choice = choice};
    cr_assert_eq(redisc_replica_for(d, "mymaster", &options, &client), REDISC_OK);
    return client;
}

/* Which server a new connection of the client leads to. */
static int64_t goes_to(redisc *client)
{
    int64_t number = TEST_NO_INTEGER;
    redisc_pool_disconnect(redisc_pool_of(client));
    redisc_status status = redisc_strlen(client, "who are you", &number);
    cr_assert_eq(status, REDISC_OK, "%s", redisc_last_error()->text);
    return number;
}

Test(discovery, replicas_in_turn)
{
    redisc_discovery *d = open_discovery(0);
    name_replicas((const char *[]){"slave", "slave"});
    redisc *client = open_replica_client(d, REDISC_REPLICA_ROUND_ROBIN);
    int64_t last = goes_to(client);
    cr_expect(last == 1 || last == 2);
    for (int i = 0; i < 6; i++) {
        int64_t now = goes_to(client);
        cr_expect_eq(now, 3 - last, "%d after %d", (int)now, (int)last);
        last = now;
    }
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, the_first_replica_or_any)
{
    redisc_discovery *d = open_discovery(0);
    name_replicas((const char *[]){"slave", "slave"});
    redisc *first = open_replica_client(d, REDISC_REPLICA_FIRST);
    redisc *any = open_replica_client(d, REDISC_REPLICA_RANDOM);
    bool met[SERVERS] = {false};
    for (int i = 0; i < 64; i++) {
        if (i < 3) {
            cr_expect_eq(goes_to(first), 1);
        }
        met[goes_to(any)] = true;
    }
    cr_expect(!met[0] && met[1] && met[2]);
    redisc_close(first);
    redisc_close(any);
    redisc_discovery_close(d);
}

Test(discovery, falls_back_to_the_master_then_fails)
{
    redisc_discovery *d = open_discovery(0);
    name_replicas((const char *[]){"slave", "slave"});
    redisc *client = open_replica_client(d, REDISC_REPLICA_ROUND_ROBIN);
    oracle_answer(servers[1], "ROLE", "-LOADING loading\r\n");
    cr_expect_eq(goes_to(client), 2, "one of them is not ready");
    cr_expect_eq(goes_to(client), 2);
    oracle_answer(servers[2], "ROLE", role_master);
    cr_expect_eq(goes_to(client), 0, "the other one is none any more");
    name_replicas((const char *[]){"slave,s_down", "slave,s_down"});
    cr_expect_eq(goes_to(client), 0);
    oracle_answer(servers[0], "ROLE", ORACLE_CLOSE);
    int64_t value;
    redisc_pool_disconnect(redisc_pool_of(client));
    cr_expect_eq(redisc_strlen(client, "x", &value), REDISC_ERROR_REPLICA_NOT_FOUND, "%s",
                 redisc_last_error()->text);
    says("no replica found for `mymaster`");
    says("the sentinels know 0 usable ones");
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, a_server_that_is_no_master_is_not_used)
{
    redisc_discovery *d = open_discovery(0);
    name_master_by(sentinels[0], oracle_port(servers[1]), "master", 2, 1);
    redisc *client = open_master_client(d, 5000);
    cr_expect_eq(asks(client), 0, "another sentinel is asked");
    cr_expect_eq(oracle_asked(servers[1], "INCR"), 0);
    cr_expect_eq(stats_of(d).refusals, 1);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, without_a_master_the_deadline_ends_it)
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
    cr_expect_geq(stats_of(d).refusals, 1);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, role_by_info_where_role_is_not_allowed)
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

Test(discovery, a_push_moves_the_clients)
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
    cr_expect_eq(stats_of(d).pushes, 1);
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

Test(discovery, senseless_pushes_change_nothing)
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
    cr_expect_eq(stats_of(d).pushes, 0);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, a_lost_listener_makes_the_client_ask)
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
    cr_expect_eq(stats_of(d).pushes, 0);
    while (stats_of(d).listens < 2) { /* another sentinel is listened to */
        cr_assert_lt(test_now_ms() - begun_ms, SOON_MS);
        test_sleep_ms(5);
        cr_assert_eq(asks(client), 1);
    }
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, a_silent_sentinel_is_asked_whether_it_lives)
{
    enum { QUIET_MS = 5100 };
    redisc_discovery *d = open_discovery(0);
    redisc *client = open_master_client(d, 5000);
    cr_assert_eq(asks(client), 0);
    test_sleep_ms(QUIET_MS);
    cr_assert_eq(asks(client), 0);
    cr_expect_eq(oracle_asked(sentinels[0], "PING"), 1);
    cr_expect_eq(stats_of(d).listens, 1, "it lives");
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

Test(discovery, a_child_has_its_own_connections)
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
                    discovered(d) == 0 && stats_of(d).listens == 1;
        redisc_close(client);
        redisc_discovery_close(d);
        _exit(fine ? 0 : 1);
    }
    cr_expect_eq(asks(client), 0);
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    cr_expect_eq(asks(client), 0);
    cr_expect_eq(stats_of(d).listens, 1);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, where_nobody_may_listen_the_client_asks_now_and_then)
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
    cr_expect_eq(stats_of(d).listens, 0);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, readonly_makes_the_client_ask_again)
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

Test(discovery, readonly_is_an_error_of_the_connection)
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

Test(discovery, a_master_that_comes_later_is_waited_for)
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

Test(discovery, readonly_in_a_pipeline_ends_its_connection)
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

Test(discovery, readonly_of_a_replica_is_what_it_is)
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

Test(discovery, a_blocked_call_of_a_demoted_master)
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

Test(discovery, sentinels_have_a_password_of_their_own)
{
    for (int i = 0; i < SENTINELS; i++) {
        oracle_answer(sentinels[i], "AUTH", "-WRONGPASS\r\n");
        oracle_answer(sentinels[i], "AUTH watcher secret", "+OK\r\n");
    }
    oracle_answer(servers[0], "AUTH", "-WRONGPASS\r\n");
    oracle_answer(servers[0], "AUTH app other", "+OK\r\n");
    redisc *client;
    redisc_options options = {.sentinels = list,
                              .master_name = "mymaster",
                              .user = "app",
                              .password = "other",
                              .sentinel_user = "watcher",
                              .sentinel_password = "secret"};
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(asks(client), 0);
    cr_expect_gt(oracle_asked(sentinels[0], "AUTH watcher secret"), 0);
    redisc_close(client);
    options.sentinel_password = "wrong";
    options.timeout_ms = 1000;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    int64_t value;
    cr_expect_eq(redisc_incr(client, "x", &value), REDISC_ERROR_MASTER_NOT_FOUND);
    says("WRONGPASS");
    redisc_close(client);
    options.sentinel_options = &(redisc_options){.user = "watcher", .password = "secret"};
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    cr_expect_eq(asks(client), 0);
    redisc_close(client);
}

Test(discovery, by_url)
{
    char url[256];
    redisc *client;
    char text[160];
    name_replicas((const char *[]){"slave", "slave"});
    snprintf(url, sizeof url, "redis+sentinel://%s/mymaster/0?timeout_ms=3000", list);
    cr_assert_eq(redisc_open(url, NULL, &client), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(asks(client), 0);
    cr_assert_not_null(redisc_discovery_of(client));
    cr_expect_eq(stats_of(redisc_discovery_of(client)).switches, 0);
    redisc_pool_describe(redisc_pool_of(client), text, sizeof text);
    char expected[160];
    snprintf(expected, sizeof expected,
             "pool of master `mymaster` by 3 sentinels (master: 127.0.0.1:%d) db 0, 1 idle, 0 in "
             "use, no limit",
             oracle_port(servers[0]));
    cr_expect_str_eq(text, expected);
    redisc_close(client);
    snprintf(url, sizeof url, "valkey+sentinel://%s/mymaster?role=replica&replica_choice=first",
             list);
    cr_assert_eq(redisc_open(url, NULL, &client), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(goes_to(client), 1);
    redisc_close(client);
}

static redisc_status count_connects(redisc *connection, void *context)
{
    (void)connection;
    ++*(int *)context;
    return REDISC_OK;
}

Test(discovery, on_connect_runs_where_the_role_is_right)
{
    int connects = 0;
    redisc_discovery *d = open_discovery(0);
    name_master_by(sentinels[0], oracle_port(servers[1]), "master", 2, 1);
    redisc *client;
    redisc_options options = {.on_connect = count_connects, .on_connect_context = &connects};
    cr_assert_eq(redisc_master_for(d, "mymaster", &options, &client), REDISC_OK);
    cr_expect_eq(asks(client), 0);
    cr_expect_eq(stats_of(d).refusals, 1);
    cr_expect_eq(connects, 1);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery, wrong_use)
{
    redisc_discovery *d;
    redisc *client;
    cr_expect_eq(redisc_discovery_open(NULL, NULL, &d), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_discovery_open("a,,b", NULL, &d), REDISC_ERROR_ARGUMENT);
    cr_expect_null(d);
    says("sentinels: a host is missing, at character 3");
    d = open_discovery(0);
    cr_expect_eq(redisc_master_for(d, NULL, NULL, &client), REDISC_ERROR_ARGUMENT);
    says("redisc_master_for: `name` is NULL");
    cr_expect_eq(redisc_replica_for(d, "x", &(redisc_options){.host = "h"}, &client),
                 REDISC_ERROR_ARGUMENT);
    says("option `host`");
    cr_expect_null(client);
    cr_expect_eq(redisc_discover_master(NULL, "x", NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_discover_replicas(d, "x", NULL), REDISC_ERROR_ARGUMENT);
    redisc_discovery_close(d);
    redisc_discovery_close(NULL);
    redisc_discovery_stats stats = {.asked = 7};
    redisc_discovery_statistics(NULL, &stats);
    cr_expect_eq(stats.asked, 0);
    cr_expect_null(redisc_discovery_of(NULL));
}
