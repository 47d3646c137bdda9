/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A peer that answers commands by a table, to any number of clients at once: a sentinel or a server
 * that says what a test wants it to say.
 *
 * A command is known by its words with blanks between; a row of the table fits all commands that
 * begin with its words, and the newest row that fits is taken. At first there are rows for the
 * handshake over RESP2 and for subscribing; any other command is answered by an error.
 */
#ifndef REDISC_TESTS_ORACLE_H
#define REDISC_TESTS_ORACLE_H

typedef struct oracle oracle;

/* What a row may hold in the place of a reply. */
#define ORACLE_SILENT "silent" /* no answer, ever */
#define ORACLE_CLOSE "close"   /* the connection is closed instead */

/* Starts one on a port of the loopback interface. Aborts the test if it can't. */
oracle *oracle_start(void);
int oracle_port(const oracle *peer);
/* Adds a row. */
void oracle_answer(oracle *peer, const char *words, const char *reply);
/* How many commands that began with these words have come. */
unsigned oracle_asked(oracle *peer, const char *words);
/* Says something to all clients that have subscribed. */
void oracle_say(oracle *peer, const char *text);
/* Closes all connections. */
void oracle_cut(oracle *peer);
/* Closes everything and frees it. NULL is allowed. */
void oracle_stop(oracle *peer);

#endif
