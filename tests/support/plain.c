/* SPDX-License-Identifier: MIT */
#include "plain.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *running;
static int number;
static jmp_buf skip_to;
static const char *volatile skip_reason;

void plain_skip(const char *reason)
{
    skip_reason = reason;
    longjmp(skip_to, 1);
}

void plain_fail(const char *file, int line, const char *what)
{
    printf("not ok %d - %s\n# %s:%d: %s\n", number, running, file, line, what);
    fflush(stdout);
    /* Other threads may still run; there is nothing to clean up after them. */
    _Exit(1);
}

static bool selected(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], name) == 0) {
            return true;
        }
    }
    return argc < 2;
}

static void run_one(const plain_test *test)
{
    if (setjmp(skip_to) == 0) {
        test->run();
        printf("ok %d - %s\n", number, test->name);
    } else {
        printf("ok %d - %s # SKIP %s\n", number, test->name, skip_reason);
    }
    fflush(stdout);
}

int plain_main(int argc, char **argv, const plain_test *tests, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (selected(argc, argv, tests[i].name)) {
            running = tests[i].name;
            number++;
            run_one(&tests[i]);
        }
    }
    printf("1..%d\n", number);
    return number == 0;
}
