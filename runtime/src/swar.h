/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Decimal digits eight at a time, in one register ("SIMD within a register"): worth it where
 * nothing predicts how many digits there are, or where there are many.
 */
#ifndef REDISC_SRC_SWAR_H
#define REDISC_SRC_SWAR_H

#include <stdint.h>
#include <string.h>

#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define REDISC_HAVE_SWAR 1

static inline uint64_t redisc_eight_bytes(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    return bytes;
}

/* How many of the eight bytes, from the first, are digits. */
static inline unsigned redisc_leading_digits(uint64_t bytes)
{
    uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t lower = bytes ^ UINT64_C(0x3030303030303030); /* 0 … 9 for digits */
    uint64_t above = ((lower & ~high) + UINT64_C(0x7676767676767676)) | lower; /* bit 7: not */
    uint64_t others = above & high;
    return others == 0 ? 8 : (unsigned)__builtin_ctzll(others) / 8;
}

/* The value of eight digits. */
static inline uint64_t redisc_eight_digits(uint64_t bytes)
{
    bytes &= UINT64_C(0x0f0f0f0f0f0f0f0f);
    bytes = bytes * (10 * 256 + 1) >> 8; /* pairs, in every second byte */
    bytes = (bytes & UINT64_C(0x00ff00ff00ff00ff)) * (100 * 65536 + 1) >> 16;
    return (bytes & UINT64_C(0x0000ffff0000ffff)) * ((UINT64_C(10000) << 32) + 1) >> 32;
}

/* The value of the first `count` (1 to 8) bytes, which are digits. */
static inline uint64_t redisc_few_digits(uint64_t bytes, unsigned count)
{
    return redisc_eight_digits(bytes << (64 - 8 * count));
}

#endif

#endif
