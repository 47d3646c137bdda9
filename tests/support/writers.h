/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Threads that write through one client while masters come and go. With each acknowledgement comes
 * the name of the server that gave it, so that a write to a master that its thread had already left
 * is seen.
 *
 * Whatever goes wrong ends the process with a message.
 */
#ifndef REDISC_TESTS_WRITERS_H
#define REDISC_TESTS_WRITERS_H

#include <redisc/handle.h>

#include <stdbool.h>

typedef struct test_writers test_writers;

/* Starts them. Ports of the servers tell these apart; the first one is the master. */
test_writers *test_writers_start(redisc *client, int threads, const int ports[3]);
/* Something begins: what they suffer from now on is counted anew. `moves`: there will be another
 * master, once. */
void test_writers_begin(test_writers *all, const char *phase, bool moves);
/* Waits until each of them writes to that server, and keeps to it for a while. Prints how long the
 * calls took and how many failed. */
void test_writers_await(test_writers *all, int server);
/* Ends the threads and frees all. */
void test_writers_stop(test_writers *all);

#endif
