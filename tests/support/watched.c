/* SPDX-License-Identifier: MIT */
#include "watched.h"

#include <redisc/commands.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

oracle *sentinels[SENTINELS];
oracle *servers[SERVERS];
char sentinel_list[96];

const char role_master[] = "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n";
const char role_slave[] = "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:"
                          "0\r\n";
static const char nobody[] = "-ERR No such master with that name\r\n";

static size_t put_pair(char *to, size_t room, const char *name, const char *value)
{
    return (size_t)snprintf(to, room, "$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(name), name,
                            strlen(value), value);
}

const char *state_of(int port, const char *flags, int others, int epoch)
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

void name_master_by(oracle *sentinel, int port, const char *flags, int others, int epoch)
{
    oracle_answer(sentinel, "SENTINEL MASTER mymaster", state_of(port, flags, others, epoch));
}

void name_master(oracle *server, int epoch)
{
    for (int i = 0; i < SENTINELS; i++) {
        name_master_by(sentinels[i], oracle_port(server), "master", 2, epoch);
    }
}

void name_address(oracle *sentinel, int port)
{
    char reply[64];
    char number[8];
    snprintf(number, sizeof number, "%d", port);
    snprintf(reply, sizeof reply, "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n", strlen(number),
             number);
    oracle_answer(sentinel, "SENTINEL GET-MASTER-ADDR-BY-NAME mymaster", reply);
}

void name_replicas(const char *flags[SERVERS - 1])
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

void watched_start(void)
{
    size_t len = 0;
    for (int i = 0; i < SENTINELS; i++) {
        sentinels[i] = oracle_start();
        len += (size_t)snprintf(sentinel_list + len, sizeof sentinel_list - len, "%s127.0.0.1:%d",
                                i == 0 ? "" : ",", oracle_port(sentinels[i]));
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

void watched_stop(void)
{
    for (int i = 0; i < SENTINELS; i++) {
        oracle_stop(sentinels[i]);
    }
    for (int i = 0; i < SERVERS; i++) {
        oracle_stop(servers[i]);
    }
}

/* Ends the process if a call failed that the test needs. */
static void need(redisc_status status)
{
    if (status != REDISC_OK) {
        fprintf(stderr, "%s\n", redisc_last_error()->text);
        abort();
    }
}

redisc_discovery *open_discovery(uint32_t min_others)
{
    redisc_discovery_options options = {.min_other_sentinels = min_others,
                                        .sentinel_options = &(redisc_options){.timeout_ms = 1000}};
    redisc_discovery *d;
    need(redisc_discovery_open(sentinel_list, &options, &d));
    return d;
}

int discovered(redisc_discovery *d)
{
    const redisc_server_address *address;
    redisc_status status = redisc_discover_master(d, "mymaster", &address);
    if (status == REDISC_ERROR_MASTER_NOT_FOUND && address == NULL) {
        return -1;
    }
    need(status);
    int found = -2;
    for (int i = 0; i < SERVERS; i++) {
        bool same =
            strcmp(address->host, "127.0.0.1") == 0 && address->port == oracle_port(servers[i]);
        found = same ? i : found;
    }
    redisc_free(address);
    return found;
}

redisc *open_master_client(redisc_discovery *d, int64_t timeout_ms)
{
    redisc *client;
    need(redisc_master_for(d, "mymaster", &(redisc_options){.timeout_ms = timeout_ms}, &client));
    return client;
}

redisc *open_replica_client(redisc_discovery *d, redisc_replica_choice choice)
{
    redisc *client;
    redisc_options options = {.timeout_ms = 2000, .replica_choice = choice};
    need(redisc_replica_for(d, "mymaster", &options, &client));
    return client;
}

int64_t asks(redisc *client)
{
    int64_t number;
    need(redisc_incr(client, "who are you", &number));
    return number;
}

redisc_discovery_stats discovery_stats(redisc_discovery *d)
{
    redisc_discovery_stats stats;
    redisc_discovery_statistics(d, &stats);
    return stats;
}
