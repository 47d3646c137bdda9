/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Tests in a program with a main of its own, for where Criterion can't go: ThreadSanitizer,
 * valgrind, callgrind.
 *
 *     static void many_threads(void) { … PLAIN_ASSERT(sum == 8000); … }
 *
 *     int main(int argc, char **argv)
 *     {
 *         static const plain_test tests[] = {{"many_threads", many_threads}};
 *         return plain_main(argc, argv, tests, sizeof tests / sizeof *tests);
 *     }
 *
 * The output is TAP. Names given as arguments select tests.
 */
#ifndef REDISC_TESTS_PLAIN_H
#define REDISC_TESTS_PLAIN_H

#include <stddef.h>

typedef struct plain_test {
    const char *name;
    void (*run)(void);
} plain_test;

/** Runs the tests one after the other; 0 if all of them passed. */
int plain_main(int argc, char **argv, const plain_test *tests, size_t count);

/** Ends the running test as skipped, with a reason; in its main thread only. */
_Noreturn void plain_skip(const char *reason);

/** Says what failed and ends the process: any thread may call it. */
_Noreturn void plain_fail(const char *file, int line, const char *what);

#define PLAIN_ASSERT(condition) ((condition) ? (void)0 : plain_fail(__FILE__, __LINE__, #condition))

#endif
