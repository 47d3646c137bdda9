/* SPDX-License-Identifier: MIT */
/* Many threads, one client over TLS: each gets its own values, whatever happens meanwhile. */
#include "plain.h"
#include "random.h"
#include "secured.h"

#include <redisc/redisc.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, ROUNDS = 150, LARGE = 40000 };

typedef struct worker {
    redisc *client;
    int number;
    pthread_t thread;
} worker;

static atomic_bool done;

static void must(redisc_status status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", redisc_last_error()->text);
    }
    PLAIN_ASSERT(status >= 0);
}

/* Values that nobody else writes. */
static void *work(void *context)
{
    const worker *self = context;
    char *bytes = malloc(LARGE);
    PLAIN_ASSERT(bytes != NULL);
    char key[32];
    snprintf(key, sizeof key, "key:%d", self->number);
    for (int i = 0; i < ROUNDS; i++) {
        size_t len = i % 10 == 0 ? LARGE : 20;
        memset(bytes, 'a' + (self->number + i) % 26, len);
        const redisc_str *value;
        must(redisc_set(self->client, key, redisc_bytes(bytes, len)));
        must(redisc_get(self->client, key, &value));
        PLAIN_ASSERT(value != NULL && value->len == len && memcmp(value->data, bytes, len) == 0);
        redisc_free(value);
    }
    free(bytes);
    return NULL;
}

static void start_workers(worker workers[THREADS], redisc *client)
{
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.client = client, .number = i};
        PLAIN_ASSERT(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
}

static void join_workers(worker workers[THREADS])
{
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
    }
}

static void one_client(void)
{
    secured s;
    secured_start(&s, &secured_good, NULL);
    redisc *client = secured_open(&s.options);
    worker workers[THREADS];
    start_workers(workers, client);
    join_workers(workers);
    redisc_close(client);
    secured_stop(&s);
}

/* Takes connections away and reads the files again, over and over. */
static void *disturb(void *context)
{
    redisc *client = context;
    redisc_tls_context *own;
    redisc_options options = {.tls = true};
    must(redisc_tls_context_open(&options, &own));
    while (!atomic_load(&done)) {
        redisc_pool_disconnect(redisc_pool_of(client));
        must(redisc_tls_context_reload(own));
        redisc_sleep_ms(2);
    }
    redisc_tls_context_close(own);
    return NULL;
}

static void reloading_and_reconnecting(void)
{
    secured s;
    secured_start(&s, &secured_good, NULL);
    redisc_tls_context *context;
    must(redisc_tls_context_open(&s.options, &context));
    s.options.tls_context = context;
    redisc *client = secured_open(&s.options);
    worker workers[THREADS];
    pthread_t disturber;
    atomic_store(&done, false);
    PLAIN_ASSERT(pthread_create(&disturber, NULL, disturb, client) == 0);
    start_workers(workers, client);
    for (int i = 0; i < 20; i++) {
        must(redisc_tls_context_reload(context));
        redisc_sleep_ms(5);
    }
    join_workers(workers);
    atomic_store(&done, true);
    pthread_join(disturber, NULL);
    redisc_tls_statistics now;
    redisc_tls_context_statistics(context, &now);
    PLAIN_ASSERT(now.handshakes > 0 && now.failed == 0);
    redisc_close(client);
    redisc_tls_context_close(context);
    secured_stop(&s);
}

/* AddressSanitizer's own allocator can be locked for ever in a child of many threads. */
static bool child_may_allocate(void)
{
#if defined(__SANITIZE_ADDRESS__)
    return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    return false;
#else
    return true;
#endif
#else
    return true;
#endif
}

/* Children are made while other threads shake hands: each can make a connection of its own. */
static void forking(void)
{
    if (!child_may_allocate()) {
        plain_skip("AddressSanitizer's allocator does not survive such a fork");
    }
    secured s;
    secured_start(&s, &secured_good, NULL);
    /* ThreadSanitizer allows no thread in such a child, and looking up a name starts one. */
    s.options.host = "127.0.0.1";
    redisc *client = secured_open(&s.options);
    worker workers[THREADS];
    pthread_t disturber;
    atomic_store(&done, false);
    PLAIN_ASSERT(pthread_create(&disturber, NULL, disturb, client) == 0);
    start_workers(workers, client);
    for (int i = 0; i < 10; i++) {
        pid_t child = fork();
        PLAIN_ASSERT(child >= 0);
        if (child == 0) {
            alarm(60);
            bool good = redisc_ping(client) == REDISC_OK;
            if (!good) {
                fprintf(stderr, "child: %s\n", redisc_last_error()->text);
            }
            _exit(good ? 0 : 1);
        }
        int status;
        PLAIN_ASSERT(waitpid(child, &status, 0) == child);
        PLAIN_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    join_workers(workers);
    atomic_store(&done, true);
    pthread_join(disturber, NULL);
    redisc_close(client);
    secured_stop(&s);
}

int main(int argc, char **argv)
{
    static const plain_test tests[] = {{"one_client", one_client},
                                       {"reloading_and_reconnecting", reloading_and_reconnecting},
                                       {"forking", forking}};
    return plain_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
