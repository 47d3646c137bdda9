/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Three sentinels, one master, two replicas, all private, each server behind a wire that can be cut
 * (forwarder.h). Everybody, the sentinels and the replicas as well, knows the servers by their
 * wires' ports.
 */
#ifndef REDISC_TESTS_SENTINELS_H
#define REDISC_TESTS_SENTINELS_H

#include "forwarder.h"
#include "server.h"

#include <redisc/handle.h>

enum { TEST_SERVERS = 3, TEST_SENTINELS = 3, TEST_DOWN_MS = 500 };

typedef struct test_sentinels {
    test_server *servers[TEST_SERVERS];
    forwarder *wires[TEST_SERVERS];
    redisc *direct[TEST_SERVERS]; /* clients of the servers that don't use the wires */
    test_server *sentinels[TEST_SENTINELS];
    redisc *askers[TEST_SENTINELS]; /* clients of the sentinels */
    char list[96];                  /* "127.0.0.1:1,127.0.0.1:2,127.0.0.1:3" */
    char url[128];                  /* "redis+sentinel://app@…/mymaster" */
} test_sentinels;

/* Starts all; returns when all know each other and the replicas are in step. `server_config` is
 * more of the servers' configuration, or NULL. Server 0 is the master. */
test_sentinels *test_sentinels_start(const char *server_config);
/* Kills all. NULL is allowed. */
void test_sentinels_stop(test_sentinels *all);

/* Which server the sentinels hold for the master; -1 if they don't agree. */
int test_sentinels_master(test_sentinels *all);
/* Waits until they agree on one that isn't `old`, and answers which it is. */
int test_sentinels_await_other(test_sentinels *all, int old);
/* Waits until all three servers are alive and in step under one master. */
void test_sentinels_await_calm(test_sentinels *all);
/* SENTINEL FAILOVER; returns when the sentinels agree on the new master, and which it is. */
int test_sentinels_failover(test_sentinels *all);
/* Keeps the sentinels away from a server, as if they were cut off from it: nobody else is. They are
 * its user `watcher`, all others are `app`. */
void test_sentinels_isolate(test_sentinels *all, int server);
/* Lets them in again. */
void test_sentinels_join(test_sentinels *all, int server);

#endif
