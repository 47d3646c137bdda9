/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What a connection says first: protocol, password, name, database.
 */
#ifndef REDISC_SRC_HANDSHAKE_H
#define REDISC_SRC_HANDSHAKE_H

#include "connection.h"

/*
 * Agrees on the protocol, authenticates, gives the client's and the library's name and selects the
 * database, in one round trip; in two with a server that doesn't know HELLO. No text of an error
 * holds the password, even if the server's does.
 */
redisc_status redisc_handshake(redisc_connection *connection, redisc_deadline deadline);

#endif
