/* SPDX-License-Identifier: MIT */
#include "random.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

bool redisc_random_bytes(void *bytes, size_t size)
{
    int descriptor = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return false;
    }
    char *at = bytes;
    size_t left = size;
    while (left > 0) {
        ssize_t count = read(descriptor, at, left);
        if (count <= 0 && errno != EINTR) {
            break;
        }
        at += count > 0 ? count : 0;
        left -= count > 0 ? (size_t)count : 0;
    }
    close(descriptor);
    return left == 0;
}

uint64_t redisc_random_below(uint64_t most)
{
    static atomic_uint_fast64_t calls;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t x = (uint64_t)now.tv_nsec ^ (uint64_t)getpid() << 32;
    x += (atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    x ^= x >> 31;
    return most == UINT64_MAX ? x : x % (most + 1);
}

int64_t redisc_backoff_ms(int64_t base_ms, int64_t most_ms, unsigned failures)
{
    int64_t pause = base_ms < most_ms ? base_ms : most_ms;
    for (unsigned i = 1; i < failures && pause > 0 && pause < most_ms; i++) {
        pause = pause > most_ms / 2 ? most_ms : pause * 2;
    }
    return pause > 0 ? (int64_t)redisc_random_below((uint64_t)pause) : 0;
}

void redisc_sleep_ms(int64_t milliseconds)
{
    if (milliseconds > 0) {
        struct timespec rest = {.tv_sec = (time_t)(milliseconds / 1000),
                                .tv_nsec = (long)(milliseconds % 1000) * 1000000};
        nanosleep(&rest, NULL);
    }
}
