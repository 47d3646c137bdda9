/* SPDX-License-Identifier: MIT */
/* Every single allocation of a discovery fails once. */
#include "calls.h"
#include "failing.h"
#include "oracle.h"

#include <redisc/commands.h>
#include <redisc/discovery.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

static oracle *sentinel;
static oracle *server;
static char list[64];
static char url[128];

static size_t put_words(char *to, size_t room, const char *const *words, size_t count)
{
    size_t len = (size_t)snprintf(to, room, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(to + len, room - len, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]);
    }
    return len;
}

static void start(void)
{
    char port[8];
    char state[512];
    char replicas[520];
    sentinel = oracle_start();
    server = oracle_start();
    snprintf(list, sizeof list, "127.0.0.1:%d", oracle_port(sentinel));
    snprintf(url, sizeof url, "redis+sentinel://%s/mymaster", list);
    snprintf(port, sizeof port, "%d", oracle_port(server));
    const char *const master[] = {"ip",    "127.0.0.1", "port",         port,
                                  "flags", "master",    "config-epoch", "1"};
    put_words(state, sizeof state, master, sizeof master / sizeof master[0]);
    snprintf(replicas, sizeof replicas, "*1\r\n%s", state);
    oracle_answer(sentinel, "SENTINEL MASTER", state);
    oracle_answer(sentinel, "SENTINEL REPLICAS", replicas);
    oracle_answer(server, "ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n");
    oracle_answer(server, "INCR", ":1\r\n");
}

static void stop(void)
{
    oracle_stop(sentinel);
    oracle_stop(server);
}

TestSuite(discovery_memory, .init = start, .fini = stop, .timeout = 120);

static void client_scenario(void)
{
    redisc *client = NULL;
    int64_t value;
    if (test_memory_told(redisc_open(url, NULL, &client))) {
        test_memory_told(redisc_incr(client, "x", &value));
        test_memory_is_back();
        cr_assert_eq(redisc_incr(client, "x", &value), REDISC_OK, "%s", redisc_last_error()->text);
    }
    redisc_close(client);
}

Test(discovery_memory, a_client)
{
    cr_expect_gt(test_memory_fails(client_scenario), 20);
}

static void discovery_scenario(void)
{
    redisc_discovery *d = NULL;
    redisc *client = NULL;
    const redisc_server_address *address = NULL;
    const redisc_server_address_list *replicas = NULL;
    if (test_memory_told(redisc_discovery_open(list, NULL, &d))) {
        test_memory_told(redisc_discover_master(d, "mymaster", &address));
        test_memory_told(redisc_discover_replicas(d, "mymaster", &replicas));
        test_memory_told(redisc_master_for(d, "mymaster", NULL, &client));
    }
    redisc_free(address);
    redisc_free(replicas);
    redisc_close(client);
    redisc_discovery_close(d);
}

Test(discovery_memory, a_discovery)
{
    cr_expect_gt(test_memory_fails(discovery_scenario), 20);
}
