/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Does one side of one case, in a process of its own so that no side inherits another's heap.
 *
 *     bench_times --list                         the cases: kind, tab, name
 *     bench_times NAME SIDE [PATH PORT]          reads orders from standard input, one a line:
 *         digest              → a digest of all values and bytes that came out
 *         round MILLISECONDS  → nanoseconds of one operation, median and mean, and CPU nanoseconds
 *         count RUNS          → operations and allocations of that many runs
 *         held                → bytes that one operation keeps while it waits to be sent
 *
 * SIDE is redisc, hiredis or floor. bench.py gives the orders. A side that can't do the case ends
 * with status 3.
 */
#include "allocations.h"
#include "work.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

enum { CANNOT = 3, MOST_RUNS = 4096 };

_Noreturn void bench_fail(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

void *bench_allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL) {
        bench_fail("memory", "there is none");
    }
    return memory;
}

/* FNV-1a */
void bench_digest(bench_sink *sink, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++) {
        sink->sum = (sink->sum ^ at[i]) * UINT64_C(0x100000001b3);
    }
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The one function that callgrind looks at: it collects from its entry to its return. */
__attribute__((noinline)) void bench_measured(bench_work *work);
void bench_measured(bench_work *work)
{
    work->run(work);
    __asm__ volatile("" ::: "memory"); /* no tail call: the return has to be seen */
}

static void prepare(bench_work *work)
{
    if (work->prepare != NULL) {
        work->prepare(work);
    }
}

static void settle(bench_work *work)
{
    if (work->settle != NULL) {
        work->settle(work);
    }
}

/* One run outside of what is measured, so that buffers have their size and caches are warm. */
static void warm_up(bench_work *work)
{
    prepare(work);
    work->run(work);
    settle(work);
}

static void answer_digest(bench_work *work)
{
    warm_up(work);
    work->sink = (bench_sink){.every_byte = true, .sum = UINT64_C(0xcbf29ce484222325)};
    warm_up(work);
    printf("%016" PRIx64 "\n", work->sink.sum);
    work->sink = (bench_sink){.every_byte = false};
}

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The median of many short runs: what else ran on the machine meanwhile hits few of them. */
static void answer_round(bench_work *work, long milliseconds)
{
    static int64_t took[MOST_RUNS];
    size_t runs = 0;
    int64_t cpu = 0;
    int64_t spent = 0;
    warm_up(work);
    while (runs < MOST_RUNS && (runs == 0 || spent < milliseconds * 1000000)) {
        prepare(work);
        int64_t cpu_before = nanoseconds(CLOCK_PROCESS_CPUTIME_ID);
        int64_t before = nanoseconds(CLOCK_MONOTONIC);
        bench_measured(work);
        took[runs] = nanoseconds(CLOCK_MONOTONIC) - before;
        cpu += nanoseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_before;
        spent += took[runs++];
        settle(work);
    }
    qsort(took, runs, sizeof *took, by_value);
    double operations = (double)work->operations;
    printf("%.3f %.3f %.3f\n", (double)took[runs / 2] / operations,
           (double)spent / (double)runs / operations, (double)cpu / (double)runs / operations);
}

static void answer_count(bench_work *work, long runs)
{
    int64_t allocations = 0;
    warm_up(work);
    for (long i = 0; i < runs; i++) {
        prepare(work);
        int64_t before = bench_allocations();
        bench_measured(work);
        allocations += bench_allocations() - before;
        settle(work);
    }
    printf("%zu %" PRId64 "\n", work->operations * (size_t)runs,
           bench_allocations() < 0 ? -1 : allocations);
}

/* Bytes of the heap that are in use; -1: nobody knows. */
static int64_t used_bytes(void)
{
#ifdef __GLIBC__
#if __GLIBC_PREREQ(2, 33)
    struct mallinfo2 now = mallinfo2();
    return (int64_t)(now.uordblks + now.hblkhd);
#endif
#endif
    return -1;
}

/* The first time of all, so that buffers have not grown yet. */
static void answer_held(bench_work *work)
{
    if (work->queue == NULL || used_bytes() < 0) {
        printf("-1\n");
        return;
    }
    int64_t before = used_bytes();
    work->queue(work);
    printf("%.1f\n", (double)(used_bytes() - before) / (double)work->depth);
    work->flush(work);
}

static void take_orders(bench_work *work)
{
    char line[80];
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *number = strchr(line, ' ');
        long value = number == NULL ? 0 : strtol(number, NULL, 10);
        if (strncmp(line, "digest", 6) == 0) {
            answer_digest(work);
        } else if (strncmp(line, "round ", 6) == 0) {
            answer_round(work, value);
        } else if (strncmp(line, "count ", 6) == 0) {
            answer_count(work, value);
        } else if (strncmp(line, "held", 4) == 0) {
            answer_held(work);
        } else {
            bench_fail("no such order", line);
        }
        fflush(stdout);
    }
}

static void list(const char *kind, const char *(*name)(size_t))
{
    for (size_t i = 0; name(i) != NULL; i++) {
        printf("%s\t%s\n", kind, name(i));
    }
}

static bench_side side_named(const char *name)
{
    static const char *const names[] = {
        [BENCH_REDISC] = "redisc", [BENCH_HIREDIS] = "hiredis", [BENCH_FLOOR] = "floor"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            return (bench_side)i;
        }
    }
    bench_fail("no such side", name);
}

static bench_work *open_work(const char *name, bench_side side, const bench_addresses *addresses)
{
    bench_work *work = bench_open_encoding(name, side);
    work = work != NULL ? work : bench_open_decoding(name, side);
    if (addresses->path != NULL) {
        work = work != NULL ? work : bench_open_round_trips(name, side, addresses);
        work = work != NULL ? work : bench_open_pipelines(name, side, addresses);
        work = work != NULL ? work : bench_open_messages(name, side, addresses);
    }
    return work;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        list("encode", bench_encoding_name);
        list("decode", bench_decoding_name);
        list("sync", bench_round_trips_name);
        list("pipeline", bench_pipelines_name);
        list("message", bench_messages_name);
        return EXIT_SUCCESS;
    }
    if (argc != 3 && argc != 5) {
        bench_fail("usage", "bench_times --list | NAME SIDE [PATH PORT]");
    }
#ifdef __GLIBC__
    /* As in a process that has run for a while: large blocks stay with it. */
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
    const bench_addresses addresses = {.path = argc == 5 ? argv[3] : NULL,
                                       .port = argc == 5 ? (int)strtol(argv[4], NULL, 10) : 0};
    bench_work *work = open_work(argv[1], side_named(argv[2]), &addresses);
    if (work == NULL) {
        return CANNOT;
    }
    take_orders(work);
    work->close(work);
    return EXIT_SUCCESS;
}
