/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A transport that writes down what goes through it, for checks of what servers answer.
 *
 * Each connection gets a file of its own in the folder that the environment's REDISC_TEST_RECORD
 * names: for each piece of bytes a line, `>17` for 17 bytes sent or `<5` for 5 received, and these
 * bytes.
 */
#ifndef REDISC_TESTS_RECORDING_H
#define REDISC_TESTS_RECORDING_H

#include <redisc/transport.h>

/** The transport, for a client's options; NULL, which means the usual one, unless
 * REDISC_TEST_RECORD is set. */
const redisc_transport_class *recording_transport(void);

#endif
