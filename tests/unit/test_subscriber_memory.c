/* SPDX-License-Identifier: MIT */
/* Every single allocation of a subscriber or an observer fails once: the call says so, nothing
 * leaks, and all goes on. */
#include "subscribing.h"

#include <redisc/alloc.h>
#include <redisc/observer.h>

#include <stdlib.h>

TestSuite(subscriber_memory, .init = start, .fini = stop, .timeout = 300);

/* Counts what is alive, and lets one allocation fail. The tests' own client allocates, too, so it
 * is only one thread's turn that counts. */
typedef struct meter {
    long live;
    long until_failure; /* 0: the next one; negative: none */
    bool failed;
} meter;

static meter m;

static void release(void *memory, void *context)
{
    meter *counter = context;
    counter->live -= memory != NULL;
    free(memory);
}

static bool fails(meter *counter)
{
    bool now = counter->until_failure-- == 0;
    counter->failed = counter->failed || now;
    return now;
}

static void *allocate(size_t size, void *context)
{
    meter *counter = context;
    void *memory = fails(counter) ? NULL : malloc(size);
    counter->live += memory != NULL;
    return memory;
}

static void *reallocate(void *memory, size_t size, void *context)
{
    meter *counter = context;
    void *moved = fails(counter) ? NULL : realloc(memory, size);
    counter->live += moved != NULL && memory == NULL;
    return moved;
}

static const redisc_allocator metered = {allocate, reallocate, release, &m};

static bool worked(redisc_status status)
{
    cr_assert(status == REDISC_OK || (status == REDISC_ERROR_MEMORY && m.failed), "%s: %s",
              redisc_status_name(status), redisc_last_error()->text);
    return status == REDISC_OK;
}

/* Runs `body` with its n-th allocation failing, for each n. */
static void fail_each(void (*body)(redisc *client))
{
    long n = 0;
    redisc_set_allocator(&metered);
    do {
        m = (meter){.until_failure = -1};
        redisc *client;
        cr_assert_eq(redisc_open(test_server_url(server), NULL, &client), REDISC_OK);
        cr_assert_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK);
        m.until_failure = n++;
        body(client);
        redisc_close(client);
        cr_assert_eq(m.live, 0, "allocation %ld failed, and %ld blocks were lost", n, m.live);
    } while (m.failed);
    cr_expect_gt(n, 15);
    redisc_set_allocator(NULL);
}

/* Without an allocation of its own that may fail. */
static void publish_by(redisc *client, const char *channel, size_t size)
{
    long left = m.until_failure;
    char *data = malloc(size + 1);
    cr_assert_not_null(data);
    memset(data, 'x', size);
    data[size] = '\0';
    m.until_failure = -1;
    cr_assert_geq(test_integer(client, REDISC_STRS("PUBLISH", channel, data)), 0);
    m.until_failure = left;
    free(data);
}

/* Nothing may be read if the first subscription has failed. */
static void read_some(redisc_subscriber *subscriber, int most)
{
    const redisc_message *message = NULL;
    if (!redisc_subscriber_subscribed(subscriber)) {
        return;
    }
    for (int i = 0; i < most; i++) {
        if (worked(redisc_subscriber_next(subscriber, 100, &message)) && message == NULL) {
            return;
        }
        redisc_free(message);
    }
}

/* In the end, when there is memory again, all that could be subscribed is, and works. */
static void check(redisc *client, redisc_subscriber *subscriber, bool subscribed)
{
    m.until_failure = -1;
    must(redisc_subscriber_subscribe(subscriber, REDISC_STRS("last"), NULL, NULL));
    cr_assert(redisc_subscriber_subscribed(subscriber));
    read_some(subscriber, 100);
    cr_assert_eq(test_integer(client, REDISC_STRS("PUBLISH", "last", "x")), 1);
    cr_assert_eq(test_integer(client, REDISC_STRS("PUBLISH", "a", "x")), subscribed);
    read_some(subscriber, 100);
}

static void use_subscriber(redisc *client)
{
    redisc_subscriber *subscriber;
    seen what = {0};
    if (!worked(redisc_subscriber_open(client, NULL, &subscriber))) {
        cr_assert_null(subscriber);
        return;
    }
    bool subscribed =
        worked(redisc_subscriber_subscribe(subscriber, REDISC_STRS("a", "b"), NULL, NULL));
    worked(redisc_subscriber_psubscribe(subscriber, REDISC_STRS("p*"), note, &what));
    read_some(subscriber, 10);
    publish_by(client, "a", 10);
    publish_by(client, "a", 300000);
    publish_by(client, "pattern", 10);
    read_some(subscriber, 10);
    worked(redisc_subscriber_unsubscribe(subscriber, REDISC_STRS("b")));
    read_some(subscriber, 10);
    check(client, subscriber, subscribed);
    redisc_subscriber_close(subscriber);
}

static void lose_connection(redisc *client)
{
    redisc_subscriber *subscriber;
    if (!worked(redisc_subscriber_open(client, NULL, &subscriber))) {
        return;
    }
    if (!worked(redisc_subscriber_subscribe(subscriber, REDISC_STRS("a"), NULL, NULL))) {
        redisc_subscriber_close(subscriber);
        return;
    }
    long left = m.until_failure;
    m.until_failure = -1;
    test_integer(client, REDISC_STRS("CLIENT", "KILL", "TYPE", "pubsub"));
    m.until_failure = left;
    read_some(subscriber, 10);
    check(client, subscriber, true);
    redisc_subscriber_close(subscriber);
}

static void use_observer(redisc *client)
{
    redisc_observer *observer;
    const redisc_observed *command;
    if (!worked(redisc_observer_open(client, &observer))) {
        cr_assert_null(observer);
        return;
    }
    publish_by(client, "channel", 100);
    publish_by(client, "channel", 300000);
    for (int i = 0; i < 4; i++) {
        if (worked(redisc_observer_next(observer, 50, &command)) && command == NULL) {
            break;
        }
        redisc_free(command);
    }
    redisc_observer_close(observer);
}

Test(subscriber_memory, each_allocation_of_a_subscriber_may_fail)
{
    fail_each(use_subscriber);
}

Test(subscriber_memory, each_allocation_of_connecting_again_may_fail)
{
    fail_each(lose_connection);
}

Test(subscriber_memory, each_allocation_of_an_observer_may_fail)
{
    fail_each(use_observer);
}
