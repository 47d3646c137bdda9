/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The hash slot of a key: CRC16 (XMODEM) of the key, or of its hash tag, modulo 16384.
 */
#ifndef REDISC_SRC_SLOT_H
#define REDISC_SRC_SLOT_H

#include <redisc/str.h>

enum { REDISC_SLOTS = 16384 };

/* 0 … 16383. A tag is what stands between the first '{' and the next '}', if it isn't empty. */
unsigned redisc_slot(redisc_str key);

#endif
