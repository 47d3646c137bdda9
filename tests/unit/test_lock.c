/* SPDX-License-Identifier: MIT */
/* Locks against a real server. */
#include "../support/server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/lock.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

static test_server *server;
static redisc *r;

static void start(void)
{
    server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &r), REDISC_OK);
}

static void stop(void)
{
    redisc_close(r);
    test_server_stop(server);
}

TestSuite(lock, .init = start, .fini = stop, .timeout = 60);

static redisc_lock *made(redisc_lock_options options)
{
    redisc_lock *lock = NULL;
    cr_assert_eq(redisc_lock_open(r, "foo", &options, &lock), REDISC_OK, "%s",
                 redisc_last_error()->text);
    return lock;
}

static bool try_to_get(redisc_lock *lock)
{
    bool held = false;
    cr_assert_eq(redisc_lock_acquire(lock, &held), REDISC_OK, "%s", redisc_last_error()->text);
    return held;
}

static int64_t ttl(void)
{
    int64_t ms = -3;
    cr_assert_eq(redisc_pttl(r, "foo", &ms), REDISC_OK);
    return ms;
}

static bool is_locked(redisc_lock *lock)
{
    bool locked;
    cr_assert_eq(redisc_lock_locked(lock, &locked), REDISC_OK);
    return locked;
}

static bool is_owned(redisc_lock *lock)
{
    bool owned;
    cr_assert_eq(redisc_lock_owned(lock, &owned), REDISC_OK);
    return owned;
}

Test(lock, one_holder_at_a_time)
{
    redisc_lock *lock = made((redisc_lock_options){.dont_wait = true});
    redisc_lock *other = made((redisc_lock_options){.dont_wait = true});
    cr_assert_not(is_locked(lock));
    cr_assert(try_to_get(lock));
    cr_assert(is_locked(other));
    cr_assert(is_owned(lock));
    cr_assert_not(is_owned(other));
    cr_assert_eq(ttl(), -1, "no time-out");
    cr_assert_not(try_to_get(other));
    cr_assert_eq(redisc_lock_acquire(other, NULL), REDISC_ERROR_LOCK);
    cr_assert_eq(redisc_lock_release(lock), REDISC_OK);
    cr_assert(try_to_get(other));
    cr_assert_eq(redisc_lock_release(other), REDISC_OK);
    cr_assert_eq(ttl(), -2);
    redisc_lock_close(lock);
    redisc_lock_close(other);
}

Test(lock, it_expires)
{
    redisc_lock *lock = made((redisc_lock_options){.timeout_ms = 50, .sleep_ms = 5});
    redisc_lock *other = made((redisc_lock_options){.timeout_ms = 5000, .sleep_ms = 5});
    cr_assert(try_to_get(lock));
    cr_assert_leq(ttl(), 50);
    cr_assert(try_to_get(other), "waits until the first one expires");
    cr_assert_eq(redisc_lock_release(lock), REDISC_ERROR_LOCK);
    cr_assert_not_null(strstr(redisc_last_error()->text, "no longer owned"));
    cr_assert(is_owned(other), "the other one's lock is untouched");
    redisc_lock_close(lock);
    redisc_lock_close(other);
}

Test(lock, waiting_has_a_limit)
{
    redisc_lock *lock = made((redisc_lock_options){0});
    redisc_lock *other = made((redisc_lock_options){.wait_ms = 60, .sleep_ms = 20});
    cr_assert(try_to_get(lock));
    struct timespec before;
    struct timespec after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    cr_assert_not(try_to_get(other));
    clock_gettime(CLOCK_MONOTONIC, &after);
    double waited = (double)(after.tv_sec - before.tv_sec) * 1e3 +
                    (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    cr_assert_geq(waited, 55);
    bool held = true;
    cr_assert_eq(redisc_lock_acquire_within(other, 0, &held), REDISC_OK);
    cr_assert_not(held);
    redisc_lock_close(lock);
    redisc_lock_close(other);
}

Test(lock, wrong_use_is_told)
{
    redisc_lock *lock;
    redisc_lock_options sleepy = {.timeout_ms = 100, .sleep_ms = 200};
    cr_assert_eq(redisc_lock_open(r, "foo", &sleepy, &lock), REDISC_ERROR_LOCK);
    cr_assert_null(lock);
    cr_assert_not_null(strstr(redisc_last_error()->text, "sleep_ms"));
    redisc_lock_close(made((redisc_lock_options){.timeout_ms = 100, .sleep_ms = 100}));
    lock = made((redisc_lock_options){0});
    cr_assert_eq(redisc_lock_release(lock), REDISC_ERROR_LOCK);
    cr_assert_not_null(strstr(redisc_last_error()->text, "unlocked"));
    cr_assert_eq(redisc_lock_extend(lock, 100), REDISC_ERROR_LOCK);
    cr_assert(try_to_get(lock));
    cr_assert_eq(redisc_lock_extend(lock, 100), REDISC_ERROR_LOCK);
    cr_assert_not_null(strstr(redisc_last_error()->text, "no time-out"));
    cr_assert_eq(redisc_lock_extend(lock, 0), REDISC_ERROR_ARGUMENT);
    redisc_lock_close(lock);
    cr_assert_eq(redisc_lock_release(NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_lock_acquire(NULL, NULL), REDISC_ERROR_ARGUMENT);
    bool held = true;
    cr_assert_eq(redisc_lock_acquire(NULL, &held), REDISC_ERROR_ARGUMENT);
    cr_assert_not(held);
    cr_assert_eq(redisc_lock_open(NULL, "foo", NULL, &lock), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_lock_open(r, redisc_bytes(NULL, 0), NULL, &lock), REDISC_ERROR_ARGUMENT);
}

Test(lock, extend_and_reacquire)
{
    redisc_lock *lock = made((redisc_lock_options){.timeout_ms = 10000});
    cr_assert(try_to_get(lock));
    cr_assert_eq(redisc_lock_extend(lock, 10000), REDISC_OK);
    cr_assert_gt(ttl(), 16000);
    cr_assert_leq(ttl(), 20000);
    cr_assert_eq(redisc_lock_reacquire(lock), REDISC_OK);
    cr_assert_leq(ttl(), 10000);
    redisc_set(r, "foo", "somebody else");
    cr_assert_eq(redisc_lock_extend(lock, 100), REDISC_ERROR_LOCK);
    cr_assert_eq(redisc_lock_reacquire(lock), REDISC_ERROR_LOCK);
    cr_assert_eq(redisc_lock_release(lock), REDISC_ERROR_LOCK);
    const redisc_str *value;
    redisc_get(r, "foo", &value);
    cr_assert_str_eq(value->data, "somebody else");
    redisc_free(value);
    redisc_lock_close(lock);
}

Test(lock, a_pipeline_cannot_lock)
{
    redisc *p = redisc_pipeline(r, NULL);
    redisc_lock *lock;
    cr_assert_eq(redisc_lock_open(p, "foo", NULL, &lock), REDISC_OK);
    bool held;
    cr_assert_eq(redisc_lock_acquire(lock, &held), REDISC_ERROR_UNSUPPORTED);
    cr_assert_not(held);
    redisc_pipeline_reset(p);
    redisc_lock_close(lock);
    redisc_close(p);
}

static void *release_from_another_thread(void *lock)
{
    static redisc_status status;
    status = redisc_lock_release(lock);
    return &status;
}

static redisc_status released_elsewhere(redisc_lock *lock)
{
    pthread_t thread;
    void *status;
    cr_assert_eq(pthread_create(&thread, NULL, release_from_another_thread, lock), 0);
    pthread_join(thread, &status);
    return *(redisc_status *)status;
}

Test(lock, threads_have_tokens_of_their_own)
{
    redisc_lock *lock = made((redisc_lock_options){.timeout_ms = 10000});
    cr_assert(try_to_get(lock));
    cr_assert_eq(released_elsewhere(lock), REDISC_ERROR_LOCK);
    cr_assert(is_owned(lock));
    cr_assert_eq(redisc_lock_release(lock), REDISC_OK);
    redisc_lock_close(lock);
    lock = made((redisc_lock_options){.timeout_ms = 10000, .shared_token = true});
    cr_assert(try_to_get(lock));
    cr_assert_eq(released_elsewhere(lock), REDISC_OK);
    cr_assert_not(is_locked(lock));
    redisc_lock_close(lock);
}

enum { THREADS = 8, ROUNDS = 20 };

static int inside;
static int most_inside;
static int64_t rounds;

static void *lock_and_count(void *unused)
{
    redisc_lock *lock = made((redisc_lock_options){.timeout_ms = 10000, .sleep_ms = 1});
    for (int i = 0; i < ROUNDS; i++) {
        cr_assert(try_to_get(lock));
        inside++;
        most_inside = inside > most_inside ? inside : most_inside;
        rounds++;
        inside--;
        cr_assert_eq(redisc_lock_release(lock), REDISC_OK);
    }
    redisc_lock_close(lock);
    return unused;
}

Test(lock, threads_exclude_each_other)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_create(&threads[i], NULL, lock_and_count, NULL), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    cr_assert_eq(most_inside, 1);
    cr_assert_eq(rounds, THREADS * ROUNDS);
}

/* A transport that loses the reply to one command, which the server has executed. */
static bool loses;

static redisc_status open_lossy(const struct redisc_options *options, void *context,
                                int64_t timeout_ms, void **transport)
{
    return redisc_transport_builtin(options)->open(options, context, timeout_ms, transport);
}

static const redisc_transport_class *inner(void)
{
    static const redisc_options socket = {.path = "/"};
    return redisc_transport_builtin(&socket);
}

static ptrdiff_t read_lossy(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    ptrdiff_t count = inner()->read(transport, bytes, size, timeout_ms);
    bool lost = loses && count > 0;
    loses = loses && !lost;
    return lost ? REDISC_TRANSPORT_CLOSED : count;
}

static ptrdiff_t write_lossy(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    return inner()->write(transport, bytes, size, timeout_ms);
}

static void close_lossy(void *transport)
{
    inner()->close(transport);
}

static int lossy_descriptor(void *transport)
{
    return inner()->descriptor(transport);
}

/* The lock is had though its answer was lost: nobody else could get it, so it must be told. A
 * release whose answer was lost can be said again. */
Test(lock, an_answer_is_lost)
{
    static const redisc_transport_class lossy = {.name = "lossy",
                                                 .open = open_lossy,
                                                 .read = read_lossy,
                                                 .write = write_lossy,
                                                 .close = close_lossy,
                                                 .descriptor = lossy_descriptor};
    redisc_options options = {.path = test_server_path(server), .transport = &lossy};
    redisc *faulty;
    redisc_lock *lock;
    bool held = false;
    cr_assert_eq(redisc_open(NULL, &options, &faulty), REDISC_OK);
    cr_assert_eq(redisc_set(faulty, "other", "x"), REDISC_OK, "%s", redisc_last_error()->text);
    cr_assert_eq(redisc_lock_open(faulty, "foo", NULL, &lock), REDISC_OK);
    loses = true;
    cr_assert_eq(redisc_lock_acquire(lock, &held), REDISC_OK, "%s", redisc_last_error()->text);
    cr_assert(held);
    cr_assert_not(loses);
    cr_assert(is_owned(lock));
    loses = true;
    cr_assert_eq(redisc_lock_release(lock), REDISC_ERROR_CLOSED);
    redisc_status again = redisc_lock_release(lock);
    cr_assert(again == REDISC_OK || again == REDISC_ERROR_LOCK, "by then it is released");
    cr_assert_not(is_locked(lock));
    redisc_set(r, "foo", "somebody else");
    loses = true;
    cr_assert_eq(redisc_lock_acquire_within(lock, 0, &held), REDISC_ERROR_CLOSED);
    cr_assert_not(held);
    redisc_lock_close(lock);
    redisc_close(faulty);
}
