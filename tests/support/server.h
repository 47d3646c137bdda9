/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A real server of one's own for a test: private Unix socket and loopback TCP port, nothing kept on
 * disk but a temporary folder that goes with it.
 *
 * The program is the one that the environment's REDISC_TEST_SERVER names, or redis-server. Whatever
 * goes wrong here ends the test's process with a message: without a server there is nothing to
 * test.
 *
 * On Linux the server dies with the thread that started it, so start it from the test's main
 * thread.
 */
#ifndef REDISC_TESTS_SERVER_H
#define REDISC_TESTS_SERVER_H

typedef struct test_server test_server;

/**
 * Starts a server and waits until it answers.
 * @param extra_config further lines of its configuration file ("maxclients 5\n"), or NULL
 */
test_server *test_server_start(const char *extra_config);

/** The same with a port for TLS, too; `extra_config` names the certificates (tls-cert-file …). */
test_server *test_server_start_tls(const char *extra_config);

/** Starts a sentinel that watches nothing yet. */
test_server *test_server_start_sentinel(void);

/** The lines that let a server take DEBUG, if it knows them: Redis 6.2 allows DEBUG anyway. */
const char *test_server_debug_config(void);

/** Its Unix socket. */
const char *test_server_path(const test_server *server);

/** Its port on 127.0.0.1. */
int test_server_port(const test_server *server);

/** Its port for TLS on 127.0.0.1; 0 if it has none. */
int test_server_tls_port(const test_server *server);

/** "unix:///…", for redisc_open(). */
const char *test_server_url(const test_server *server);

/** "redis://127.0.0.1:port", for redisc_open(). */
const char *test_server_tcp_url(const test_server *server);

/** What it is, and its version: "redis 7.0.15", "valkey 8.0.1". */
const char *test_server_version(test_server *server);

/** Its process; 0 while it is dead. */
int test_server_process(const test_server *server);

/** Kills it at once (SIGKILL), as a crash would. Its data are lost. */
void test_server_kill(test_server *server);

/** Starts it again with the same socket and port; kills it first if it lives. */
void test_server_restart(test_server *server);

/** Kills it, removes its folder and frees it. NULL is allowed. */
void test_server_stop(test_server *server);

#endif
