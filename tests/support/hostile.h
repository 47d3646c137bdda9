/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A peer that does exactly what a test tells it: sends these bytes, stays silent, closes. It
 * listens on a TCP port of the loopback interface and plays its script to each client, one client
 * after the other. After the script it reads on until the client goes.
 */
#ifndef REDISC_TESTS_HOSTILE_H
#define REDISC_TESTS_HOSTILE_H

#include <stddef.h>

typedef enum hostile_action {
    HOSTILE_END,   /* of the script */
    HOSTILE_AWAIT, /* reads until `text` has come, behind what earlier AWAITs saw */
    HOSTILE_SEND,  /* sends `text` at once, without reading meanwhile */
    HOSTILE_FLOOD, /* sends `text` over and over, `number` times; 0: until the client goes */
    HOSTILE_DRIP,  /* sends `text` byte by byte, `number` milliseconds apart */
    HOSTILE_PAUSE, /* does nothing for `number` milliseconds */
    HOSTILE_CLOSE, /* closes the connection */
    HOSTILE_RESET  /* closes it so that the client sees a reset */
} hostile_action;

typedef struct hostile_step {
    hostile_action action;
    const char *text; /* without NULs */
    size_t number;
} hostile_step;

/* What a server without surprises answers to the handshake (with no_client_info). */
#define HOSTILE_GREETS                                                                             \
    {HOSTILE_AWAIT, "HELLO\r\n", 0}, {HOSTILE_AWAIT, "3\r\n", 0},                                  \
    {                                                                                              \
        HOSTILE_SEND, "%1\r\n$5\r\nproto\r\n:3\r\n", 0                                             \
    }

typedef struct hostile hostile;

/* Starts it. The script ends with HOSTILE_END and must live as long as the peer. Aborts the test if
 * it can't. */
hostile *hostile_start(const hostile_step *script);
int hostile_port(const hostile *peer);
/* How many clients have come. */
unsigned hostile_clients(hostile *peer);
/* A copy of all that clients have said (without NULs in between, it is text); free() it. */
char *hostile_heard(hostile *peer);
/* Closes everything and frees it. */
void hostile_stop(hostile *peer);

#endif
