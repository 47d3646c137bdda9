/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What the compiler can't know: which way is the usual one, and which is so rare that it should not
 * burden the function that calls it.
 */
#ifndef REDISC_SRC_HINT_H
#define REDISC_SRC_HINT_H

#if defined(__GNUC__)
#define REDISC_LIKELY(condition) __builtin_expect(!!(condition), 1)
#define REDISC_NOINLINE __attribute__((noinline))
#else
#define REDISC_LIKELY(condition) (condition)
#define REDISC_NOINLINE
#endif

#endif
