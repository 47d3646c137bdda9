/* SPDX-License-Identifier: MIT */
/* Discovery: what sentinels say, and what is made of it. */
#include "calls.h"
#include "connecting.h"
#include "watched.h"

#include <redisc/commands.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOON_MS = 3000 };

TestSuite(discovery, .init = watched_start, .fini = watched_stop, .timeout = 60);

static void says(const char *part)
{
    cr_assert(error_says(part), "\"%s\" is not in \"%s\"", part, redisc_last_error()->text);
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
        cr_assert_eq(redisc_discovery_open(sentinel_list, &options, &d), REDISC_OK);
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

Test(discovery, sentinels_have_a_password_of_their_own)
{
    for (int i = 0; i < SENTINELS; i++) {
        oracle_answer(sentinels[i], "AUTH", "-WRONGPASS\r\n");
        oracle_answer(sentinels[i], "AUTH watcher secret", "+OK\r\n");
    }
    oracle_answer(servers[0], "AUTH", "-WRONGPASS\r\n");
    oracle_answer(servers[0], "AUTH app other", "+OK\r\n");
    redisc *client;
    redisc_options options = {.sentinels = sentinel_list,
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
    snprintf(url, sizeof url, "redis+sentinel://%s/mymaster/0?timeout_ms=3000", sentinel_list);
    cr_assert_eq(redisc_open(url, NULL, &client), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(asks(client), 0);
    cr_assert_not_null(redisc_discovery_of(client));
    cr_expect_eq(discovery_stats(redisc_discovery_of(client)).switches, 0);
    redisc_pool_describe(redisc_pool_of(client), text, sizeof text);
    char expected[160];
    snprintf(expected, sizeof expected,
             "pool of master `mymaster` by 3 sentinels (master: 127.0.0.1:%d) db 0, 1 idle, 0 in "
             "use, no limit",
             oracle_port(servers[0]));
    cr_expect_str_eq(text, expected);
    redisc_close(client);
    snprintf(url, sizeof url, "valkey+sentinel://%s/mymaster?role=replica&replica_choice=first",
             sentinel_list);
    cr_assert_eq(redisc_open(url, NULL, &client), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(goes_to(client), 1);
    redisc_close(client);
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
