/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Which redisc this is. The build reads the numbers from here.
 */
#ifndef REDISC_VERSION_H
#define REDISC_VERSION_H

#define REDISC_VERSION_MAJOR 0
#define REDISC_VERSION_MINOR 1
#define REDISC_VERSION_PATCH 0

/** The version as text. */
#define REDISC_VERSION "0.1.0"

#endif
