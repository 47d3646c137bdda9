/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A master with two replicas, and three sentinels that watch them, all of which say what the test
 * wants them to say. At first all is well: the master is servers[0].
 *
 * A server answers INCR and STRLEN by its number. Whatever goes wrong here ends the process.
 */
#ifndef REDISC_TESTS_WATCHED_H
#define REDISC_TESTS_WATCHED_H

#include "oracle.h"

#include <redisc/discovery.h>

enum { SENTINELS = 3, SERVERS = 3 };

extern oracle *sentinels[SENTINELS];
extern oracle *servers[SERVERS];
extern char sentinel_list[96];   /* "127.0.0.1:port,…" */
extern const char role_master[]; /* what ROLE says of a master */
extern const char role_slave[];  /* and of a replica */

void watched_start(void);
void watched_stop(void);

/* What SENTINEL MASTER, or one of SENTINEL REPLICAS, says of a server. In static memory. */
const char *state_of(int port, const char *flags, int others, int epoch);
/* What one sentinel holds for the master, or all of them. */
void name_master_by(oracle *sentinel, int port, const char *flags, int others, int epoch);
void name_master(oracle *server, int epoch);
/* What it says when it knows no more than the address. */
void name_address(oracle *sentinel, int port);
/* The flags of servers[1] and servers[2]. */
void name_replicas(const char *flags[SERVERS - 1]);

redisc_discovery *open_discovery(uint32_t min_others);
/* Which server is named as the master; -1: none is found, -2: another one. */
int discovered(redisc_discovery *d);
redisc *open_master_client(redisc_discovery *d, int64_t timeout_ms);
/* Any client of the master's replicas. */
redisc *open_replica_client(redisc_discovery *d, redisc_replica_choice choice);
/* Which server answers a write of the client. */
int64_t asks(redisc *client);
redisc_discovery_stats discovery_stats(redisc_discovery *d);

#endif
