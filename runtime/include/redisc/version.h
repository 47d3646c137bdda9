/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Which redisc this is. The build reads the numbers from here.
 */
#ifndef REDISC_VERSION_H
#define REDISC_VERSION_H

/** The first number: raised when programs have to be changed. */
#define REDISC_VERSION_MAJOR 0
/** The second number: raised when something was added. */
#define REDISC_VERSION_MINOR 1
/** The third number: raised for corrections. */
#define REDISC_VERSION_PATCH 0

/** The version as text. */
#define REDISC_VERSION "0.1.0"

#endif
