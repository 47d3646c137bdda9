/* SPDX-License-Identifier: MIT */
/* Subscribers and several threads: fit for ThreadSanitizer. */
#include "calls.h"
#include "plain.h"
#include "server.h"

#include <redisc/client.h>
#include <redisc/subscriber.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 20000 };

static test_server *server;
static redisc *r;
static redisc_subscriber *s;

static void begin(const redisc_subscriber_options *options)
{
    server = test_server_start(NULL);
    PLAIN_ASSERT(redisc_open(test_server_url(server), NULL, &r) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_open(r, options, &s) == REDISC_OK);
}

static void end(void)
{
    redisc_subscriber_close(s);
    redisc_close(r);
    test_server_stop(server);
}

static void publish_to(int64_t receivers, const char *channel, const char *data)
{
    int64_t patience = test_now_ms() + PATIENCE_MS;
    while (test_integer(r, REDISC_STRS("PUBLISH", channel, data)) != receivers) {
        PLAIN_ASSERT(test_now_ms() < patience);
        test_sleep_ms(2);
    }
}

/* Reads in a thread, each call without a time-out, until "end" comes; counts what it got. */
typedef struct reader {
    pthread_t thread;
    int messages;
    int wakes;
} reader;

static void *read_until_end(void *argument)
{
    reader *self = argument;
    for (bool more = true; more;) {
        const redisc_message *message;
        PLAIN_ASSERT(redisc_subscriber_next(s, -1, &message) == REDISC_OK);
        if (message == NULL) {
            self->wakes++;
            continue;
        }
        self->messages += message->type == REDISC_MESSAGE_MESSAGE;
        more = message->data.data == NULL || strcmp(message->data.data, "end") != 0;
        redisc_free(message);
    }
    return NULL;
}

static void start_reader(reader *self)
{
    memset(self, 0, sizeof *self);
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("main"), NULL, NULL) == REDISC_OK);
    PLAIN_ASSERT(pthread_create(&self->thread, NULL, read_until_end, self) == 0);
    test_sleep_ms(20);
}

static void end_reader(reader *self)
{
    publish_to(1, "main", "end");
    PLAIN_ASSERT(pthread_join(self->thread, NULL) == 0);
}

static void others_change_what_a_waiting_thread_reads(void)
{
    reader self;
    begin(NULL);
    start_reader(&self);
    for (int i = 0; i < 20; i++) {
        PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("x", "y"), NULL, NULL) ==
                     REDISC_OK);
        publish_to(1, "x", "1");
        publish_to(1, "y", "2");
        PLAIN_ASSERT(redisc_subscriber_unsubscribe(s, REDISC_STRS("x", "y")) == REDISC_OK);
        publish_to(0, "x", "3");
        publish_to(0, "y", "4");
    }
    end_reader(&self);
    PLAIN_ASSERT(self.messages >= 41);
    end();
}

static void others_wake_it(void)
{
    reader self;
    begin(NULL);
    start_reader(&self);
    for (int i = 0; i < 20; i++) {
        PLAIN_ASSERT(redisc_subscriber_wake(s) == REDISC_OK);
        test_sleep_ms(2);
    }
    end_reader(&self);
    PLAIN_ASSERT(self.wakes >= 1 && self.wakes <= 20);
    end();
}

static void only_one_thread_reads(void)
{
    reader self;
    const redisc_message *message;
    begin(NULL);
    start_reader(&self);
    PLAIN_ASSERT(redisc_subscriber_next(s, 0, &message) == REDISC_ERROR_SUBSCRIBER);
    PLAIN_ASSERT(strstr(redisc_last_error()->text, "another thread reads") != NULL);
    PLAIN_ASSERT(redisc_subscriber_run(s) == REDISC_ERROR_SUBSCRIBER);
    end_reader(&self);
    end();
}

/* Many threads change and ask while one reads and connections are cut. */

static atomic_bool enough;

static void *change_all_the_time(void *argument)
{
    int number = *(int *)argument;
    char name[32];
    redisc_subscriber_stats stats;
    snprintf(name, sizeof name, "own:%d", number);
    while (!atomic_load(&enough)) {
        PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS(name, "shared"), NULL, NULL) ==
                     REDISC_OK);
        PLAIN_ASSERT(redisc_subscriber_psubscribe(s, REDISC_STRS("p*"), NULL, NULL) == REDISC_OK);
        redisc_subscriber_statistics(s, &stats);
        PLAIN_ASSERT(redisc_subscriber_subscribed(s) && stats.subscriptions >= 1);
        (void)redisc_subscriber_descriptor(s);
        test_integer(r, REDISC_STRS("PUBLISH", name, "x"));
        PLAIN_ASSERT(redisc_subscriber_unsubscribe(s, REDISC_STRS(name)) == REDISC_OK);
        PLAIN_ASSERT(redisc_subscriber_punsubscribe(s, (redisc_str_list){0}) == REDISC_OK);
        PLAIN_ASSERT(redisc_subscriber_wake(s) == REDISC_OK);
    }
    return NULL;
}

static void many_threads_and_lost_connections(void)
{
    enum { THREADS = 6 };
    pthread_t threads[THREADS];
    int numbers[THREADS];
    reader self;
    begin(&(redisc_subscriber_options){.wait_ms = 5, .max_wait_ms = 20});
    start_reader(&self);
    atomic_store(&enough, false);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        PLAIN_ASSERT(pthread_create(&threads[i], NULL, change_all_the_time, &numbers[i]) == 0);
    }
    for (int i = 0; i < 15; i++) {
        test_sleep_ms(40);
        PLAIN_ASSERT(test_integer(r, REDISC_STRS("CLIENT", "KILL", "TYPE", "pubsub")) >= 0);
    }
    atomic_store(&enough, true);
    for (int i = 0; i < THREADS; i++) {
        PLAIN_ASSERT(pthread_join(threads[i], NULL) == 0);
    }
    /* What is subscribed in the end is what is wanted. */
    PLAIN_ASSERT(redisc_subscriber_unsubscribe(s, REDISC_STRS("shared")) == REDISC_OK);
    publish_to(0, "shared", "x");
    publish_to(0, "own:1", "x");
    publish_to(0, "pattern", "x");
    end_reader(&self);
    redisc_subscriber_stats stats;
    redisc_subscriber_statistics(s, &stats);
    PLAIN_ASSERT(stats.losses >= 10 && stats.connections == stats.losses + 1);
    PLAIN_ASSERT(stats.subscriptions == 1);
    end();
}

/* Nobody reads: the threads themselves send their changes. */
static void threads_subscribe_at_once(void)
{
    enum { THREADS = 6 };
    pthread_t threads[THREADS];
    int numbers[THREADS];
    begin(NULL);
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("first"), NULL, NULL) == REDISC_OK);
    atomic_store(&enough, false);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        PLAIN_ASSERT(pthread_create(&threads[i], NULL, change_all_the_time, &numbers[i]) == 0);
    }
    int64_t over = test_now_ms() + 300;
    while (test_now_ms() < over) { /* now and then somebody reads, too */
        const redisc_message *message;
        PLAIN_ASSERT(redisc_subscriber_next(s, 1, &message) == REDISC_OK);
        redisc_free(message);
    }
    atomic_store(&enough, true);
    for (int i = 0; i < THREADS; i++) {
        PLAIN_ASSERT(pthread_join(threads[i], NULL) == 0);
    }
    publish_to(1, "first", "x");
    publish_to(1, "shared", "x");
    publish_to(0, "own:0", "x");
    end();
}

/* The thread of the library. */

static void count(redisc_subscriber *subscriber, const redisc_message *message, void *context)
{
    (void)subscriber;
    (void)message;
    atomic_fetch_add((atomic_int *)context, 1);
}

static void wait_for_count(atomic_int *counter, int least)
{
    int64_t patience = test_now_ms() + PATIENCE_MS;
    while (atomic_load(counter) < least) {
        PLAIN_ASSERT(test_now_ms() < patience);
        test_sleep_ms(1);
    }
}

static void a_thread_runs_the_handlers(void)
{
    atomic_int handled = 0, more = 0;
    begin(NULL);
    for (int round = 1; round <= 3; round++) {
        PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("c"), count, &handled) ==
                     REDISC_OK);
        PLAIN_ASSERT(redisc_subscriber_start_thread(s) == REDISC_OK);
        PLAIN_ASSERT(redisc_subscriber_start_thread(s) == REDISC_ERROR_SUBSCRIBER);
        publish_to(1, "c", "x");
        wait_for_count(&handled, round);
        PLAIN_ASSERT(redisc_subscriber_psubscribe(s, REDISC_STRS("more*"), count, &more) ==
                     REDISC_OK);
        PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("d"), NULL, NULL) ==
                     REDISC_ERROR_SUBSCRIBER);
        publish_to(1, "more", "x");
        wait_for_count(&more, round);
        PLAIN_ASSERT(redisc_subscriber_stop(s) == REDISC_OK);
        PLAIN_ASSERT(!redisc_subscriber_subscribed(s));
        publish_to(0, "c", "x");
    }
    PLAIN_ASSERT(redisc_subscriber_stop(s) == REDISC_OK);
    end();
}

static void a_thread_ends_with_the_last_subscription(void)
{
    atomic_int handled = 0;
    begin(NULL);
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("c"), count, &handled) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_start_thread(s) == REDISC_OK);
    publish_to(1, "c", "x");
    wait_for_count(&handled, 1);
    PLAIN_ASSERT(redisc_subscriber_unsubscribe(s, (redisc_str_list){0}) == REDISC_OK);
    publish_to(0, "c", "x");
    int64_t patience = test_now_ms() + PATIENCE_MS;
    while (redisc_subscriber_descriptor(s) != -1) {
        PLAIN_ASSERT(test_now_ms() < patience);
        test_sleep_ms(1);
    }
    /* And can be started anew, without stop(). The ended run may still be on its way out. */
    PLAIN_ASSERT(redisc_subscriber_stop(s) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("c"), count, &handled) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_start_thread(s) == REDISC_OK);
    publish_to(1, "c", "x");
    wait_for_count(&handled, 2);
    end(); /* closing stops it */
}

static void a_thread_survives_lost_connections(void)
{
    atomic_int handled = 0;
    begin(&(redisc_subscriber_options){.wait_ms = 5, .max_wait_ms = 20});
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("c"), count, &handled) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_start_thread(s) == REDISC_OK);
    for (int i = 1; i <= 5; i++) {
        test_integer(r, REDISC_STRS("CLIENT", "KILL", "TYPE", "pubsub"));
        publish_to(1, "c", "x");
        wait_for_count(&handled, i);
    }
    test_server_restart(server);
    publish_to(1, "c", "x");
    wait_for_count(&handled, 6);
    end();
}

static void a_thread_tells_why_it_ended(void)
{
    atomic_int handled = 0;
    redisc *bob;
    begin(NULL);
    redisc_subscriber_close(s);
    PLAIN_ASSERT(test_status(r, REDISC_STRS("ACL", "SETUSER", "bob", "on", ">pw", "+@all",
                                            "resetchannels", "&may")) == REDISC_OK);
    PLAIN_ASSERT(redisc_open(test_server_url(server),
                             &(redisc_options){.user = "bob", .password = "pw"},
                             &bob) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_open(bob, NULL, &s) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("may"), count, &handled) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_start_thread(s) == REDISC_OK);
    publish_to(1, "may", "x");
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("never"), count, &handled) ==
                 REDISC_OK);
    int64_t patience = test_now_ms() + PATIENCE_MS;
    while (redisc_subscriber_subscribed(s)) {
        PLAIN_ASSERT(test_now_ms() < patience);
        test_sleep_ms(1);
    }
    PLAIN_ASSERT(redisc_subscriber_stop(s) == REDISC_ERROR_NOPERM);
    PLAIN_ASSERT(strstr(redisc_last_error()->text, "never") != NULL);
    PLAIN_ASSERT(redisc_subscriber_stop(s) == REDISC_OK);
    redisc_close(bob);
    end();
}

static atomic_bool closed;

static void close_it(redisc_subscriber *subscriber, const redisc_message *message, void *context)
{
    (void)message;
    (void)context;
    redisc_subscriber_close(subscriber);
    atomic_store(&closed, true);
}

static void a_handler_closes_its_thread(void)
{
    begin(NULL);
    atomic_store(&closed, false);
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("c"), close_it, NULL) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_start_thread(s) == REDISC_OK);
    publish_to(1, "c", "x");
    publish_to(0, "c", "x");
    PLAIN_ASSERT(atomic_load(&closed));
    test_sleep_ms(50); /* nobody can wait for a thread that was let go */
    s = NULL;
    end();
}

static void *stop_soon(void *unused)
{
    test_sleep_ms(30);
    PLAIN_ASSERT(redisc_subscriber_stop(s) == REDISC_OK);
    return unused;
}

static void another_thread_stops_listening(void)
{
    atomic_int handled = 0;
    pthread_t stopper;
    begin(NULL);
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("c"), NULL, NULL) == REDISC_OK);
    PLAIN_ASSERT(pthread_create(&stopper, NULL, stop_soon, NULL) == 0);
    PLAIN_ASSERT(redisc_subscriber_listen(s, count, &handled) == REDISC_OK);
    PLAIN_ASSERT(pthread_join(stopper, NULL) == 0);
    PLAIN_ASSERT(redisc_subscriber_subscribed(s));
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("c"), count, &handled) == REDISC_OK);
    PLAIN_ASSERT(pthread_create(&stopper, NULL, stop_soon, NULL) == 0);
    PLAIN_ASSERT(redisc_subscriber_run(s) == REDISC_OK);
    PLAIN_ASSERT(pthread_join(stopper, NULL) == 0);
    PLAIN_ASSERT(!redisc_subscriber_subscribed(s));
    end();
}

/* While the server is away, too. */
static void it_can_be_stopped_while_it_connects_again(void)
{
    atomic_int handled = 0;
    begin(NULL);
    PLAIN_ASSERT(redisc_subscriber_subscribe(s, REDISC_STRS("c"), count, &handled) == REDISC_OK);
    PLAIN_ASSERT(redisc_subscriber_start_thread(s) == REDISC_OK);
    test_server_kill(server);
    test_sleep_ms(150);
    int64_t begun = test_now_ms();
    PLAIN_ASSERT(redisc_subscriber_stop(s) == REDISC_OK);
    PLAIN_ASSERT(test_now_ms() - begun < 2000);
    end();
}

int main(int argc, char **argv)
{
    static const plain_test tests[] = {
        {"others_change_what_a_waiting_thread_reads", others_change_what_a_waiting_thread_reads},
        {"others_wake_it", others_wake_it},
        {"only_one_thread_reads", only_one_thread_reads},
        {"many_threads_and_lost_connections", many_threads_and_lost_connections},
        {"threads_subscribe_at_once", threads_subscribe_at_once},
        {"a_thread_runs_the_handlers", a_thread_runs_the_handlers},
        {"a_thread_ends_with_the_last_subscription", a_thread_ends_with_the_last_subscription},
        {"a_thread_survives_lost_connections", a_thread_survives_lost_connections},
        {"a_thread_tells_why_it_ended", a_thread_tells_why_it_ended},
        {"a_handler_closes_its_thread", a_handler_closes_its_thread},
        {"another_thread_stops_listening", another_thread_stops_listening},
        {"it_can_be_stopped_while_it_connects_again", it_can_be_stopped_while_it_connects_again},
    };
    return plain_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
