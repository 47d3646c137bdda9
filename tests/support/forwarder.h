/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A wire that can be cut: a TCP port of the loopback interface whose connections go on to another
 * port.
 */
#ifndef REDISC_TESTS_FORWARDER_H
#define REDISC_TESTS_FORWARDER_H

typedef enum forwarder_state {
    FORWARDER_OPEN,
    FORWARDER_CUT,   /* connections are reset, new ones too */
    FORWARDER_SILENT /* nothing passes any more, and nobody is told: new connections are taken, but
                        lead nowhere */
} forwarder_state;

typedef struct forwarder forwarder;

/* Starts one, open; the way leads nowhere until forwarder_lead(). Aborts the test if it can't. */
forwarder *forwarder_start(void);
/* Where connections go from now on. */
void forwarder_lead(forwarder *way, int port);
int forwarder_port(const forwarder *way);
/* Changes its state, and returns when that has happened. */
void forwarder_set(forwarder *way, forwarder_state state);
/* Cuts everything and frees it. NULL is allowed. */
void forwarder_stop(forwarder *way);

#endif
