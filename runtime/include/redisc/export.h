/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What marks the public symbols, and what every other public header needs of the compiler.
 */
#ifndef REDISC_EXPORT_H
#define REDISC_EXPORT_H

/** Marks what the shared library exports; everything else is hidden. */
#if defined(__GNUC__) || defined(__clang__)
#define REDISC_API __attribute__((visibility("default")))
#else
#define REDISC_API
#endif

#ifdef __cplusplus
#define REDISC_BEGIN_DECLS extern "C" {
#define REDISC_END_DECLS }
#else
#define REDISC_BEGIN_DECLS
#define REDISC_END_DECLS
#endif

/**
 * The C11 convenience macros that let generated functions take C strings wherever they take a
 * redisc_str. Define REDISC_NO_MACROS before including to have the bare functions only. C++ needs
 * no macros: redisc_str converts implicitly there.
 */
#if !defined(REDISC_NO_MACROS) && !defined(__cplusplus) && defined(__STDC_VERSION__) &&            \
    __STDC_VERSION__ >= 201112L
#define REDISC_MACROS 1
#else
#define REDISC_MACROS 0
#endif

#endif
