/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Memory that runs out once: a scenario is run again and again, and each time a later one of its
 * allocations fails, until all of them have.
 *
 *     static void scenario(void) { … if (test_memory_told(redisc_get(r, "key", &value))) … }
 *
 *     Test(client_memory, each_allocation_may_fail)
 *     {
 *         cr_expect_gt(test_memory_fails(scenario), 20);
 *     }
 *
 * For one thread at a time.
 */
#ifndef REDISC_TESTS_FAILING_H
#define REDISC_TESTS_FAILING_H

#include <redisc/status.h>

#include <stddef.h>

/**
 * Runs the scenario until none of its allocations fails, and answers how many there are. A test
 * fails if a scenario leaves something allocated.
 */
long test_memory_fails(void (*scenario)(void));

/** Within a scenario: notes a status. True if it is a success; else it must be
 * REDISC_ERROR_MEMORY, and an allocation must have failed. */
bool test_memory_told(redisc_status status);

/** Whether an allocation of this run has failed. */
bool test_memory_failed(void);

/** Whether a status of this run told of it. */
bool test_memory_was_told(void);

/** Memory that counts as the library's own, for another library's hooks. */
void *test_memory_allocate(size_t size);
void test_memory_release(void *memory);

/** From now on nothing fails any more in this run. */
void test_memory_is_back(void);

#endif
