/* SPDX-License-Identifier: MIT */
/*
 * Names that take their time. The program has a getaddrinfo() of its own, which is asked instead of
 * the system's: some names are stuck until the test lets them go.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include "calls.h"
#include "connecting.h"
#include "server.h"

#include "resolver.h"

#include <redisc/client.h>

#include <criterion/criterion.h>

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int (*resolve_function)(const char *, const char *, const struct addrinfo *,
                                struct addrinfo **);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool stuck = true;
static unsigned asked;   /* for names */
static unsigned waiting; /* look-ups that are stuck */
static unsigned most_waiting;
static bool in_caller; /* a name was looked up by the thread that called */
static pthread_t caller;
static bool signals_blocked = true;

/* Names that end in ".stuck" are stuck, and lead to 127.0.0.1 when they are let go. */
static void wait_if_stuck(const char *host)
{
    const char *end = strstr(host, ".stuck");
    sigset_t blocked;
    pthread_mutex_lock(&mutex);
    asked++;
    in_caller = in_caller || pthread_equal(pthread_self(), caller);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    signals_blocked = signals_blocked && sigismember(&blocked, SIGTERM) == 1;
    waiting += end != NULL;
    most_waiting = waiting > most_waiting ? waiting : most_waiting;
    while (end != NULL && stuck) {
        pthread_cond_wait(&changed, &mutex);
    }
    waiting -= end != NULL;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

int getaddrinfo(const char *restrict host, const char *restrict port,
                const struct addrinfo *restrict hints, struct addrinfo **restrict result)
{
    void *found = dlsym(RTLD_NEXT, "getaddrinfo");
    resolve_function system_resolver;
    memcpy(&system_resolver, &found, sizeof found);
    if ((hints->ai_flags & AI_NUMERICHOST) == 0) {
        wait_if_stuck(host);
        if (strstr(host, ".stuck") != NULL) {
            return system_resolver("127.0.0.1", port, hints, result);
        }
        if (strcmp(host, "no.such") == 0) {
            return EAI_NONAME;
        }
    }
    return system_resolver(host, port, hints, result);
}

static void let_go(void)
{
    pthread_mutex_lock(&mutex);
    stuck = false;
    pthread_cond_broadcast(&changed);
    while (waiting > 0) {
        pthread_cond_wait(&changed, &mutex);
    }
    pthread_mutex_unlock(&mutex);
}

static unsigned count(const unsigned *figure)
{
    pthread_mutex_lock(&mutex);
    unsigned value = *figure;
    pthread_mutex_unlock(&mutex);
    return value;
}

static void start(void)
{
    caller = pthread_self();
}

TestSuite(resolver, .init = start, .timeout = 60);

static redisc *open_client(const char *host, int port, int64_t timeout_ms)
{
    redisc_options options = {.host = host, .port = (uint16_t)port, .timeout_ms = timeout_ms};
    redisc *client;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    return client;
}

Test(resolver, a_stuck_name_holds_nobody_beyond_the_deadline)
{
    redisc *client = open_client("a.stuck", 6379, 80);
    for (int i = 0; i < 5; i++) {
        int64_t start_ms = test_now_ms();
        cr_expect_eq(test_status(client, REDISC_STRS("INCR", "n")), REDISC_ERROR_TIMEOUT);
        cr_expect_geq(test_now_ms() - start_ms, 80);
        cr_expect_lt(test_now_ms() - start_ms, 1500);
        cr_expect(error_says("connecting to a.stuck:6379: the name was not looked up before"), "%s",
                  redisc_last_error()->text);
        cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    }
    redisc_close(client);
    cr_expect_eq(count(&asked), 1, "one look-up is enough");
    cr_expect_not(in_caller);
    cr_expect(signals_blocked);
    let_go();
}

Test(resolver, a_late_name_is_used)
{
    test_server *server = test_server_start(NULL);
    redisc *client = open_client("b.stuck", test_server_port(server), 5000), *hasty;
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.timeout_ms = 30}, &hasty), REDISC_OK);
    cr_expect_eq(test_status(hasty, REDISC_STRS("PING")), REDISC_ERROR_TIMEOUT);
    let_go();
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK, "%s",
                 redisc_last_error()->text);
    redisc_close(hasty);
    redisc_close(client);
    test_server_stop(server);
}

/* Callers of one name share a look-up; the one that comes last gets it, too. */
typedef struct call {
    redisc *client;
    redisc_status status;
} call;

static void *ping(void *argument)
{
    call *self = argument;
    self->status = test_status(self->client, REDISC_STRS("PING"));
    return NULL;
}

Test(resolver, many_callers_share_one_look_up)
{
    enum { CALLERS = 20 };
    test_server *server = test_server_start(NULL);
    pthread_t threads[CALLERS];
    call calls[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        calls[i].client = open_client("c.stuck", test_server_port(server), 20000);
        cr_assert_eq(pthread_create(&threads[i], NULL, ping, &calls[i]), 0);
    }
    test_sleep_ms(50);
    cr_expect_eq(count(&most_waiting), 1);
    let_go();
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        cr_expect_eq(calls[i].status, REDISC_OK);
        redisc_close(calls[i].client);
    }
    test_server_stop(server);
}

Test(resolver, threads_are_limited)
{
    enum { NAMES = 40 };
    for (int i = 0; i < NAMES; i++) {
        char name[32];
        redisc_lookup *found;
        snprintf(name, sizeof name, "n%d.stuck", i);
        cr_expect_eq(redisc_resolve(name, 1, redisc_deadline_after(2), &found),
                     REDISC_ERROR_TIMEOUT);
        cr_expect_null(found);
    }
    cr_expect_leq(count(&most_waiting), 32);
    let_go();
    redisc_lookup *found;
    cr_expect_eq(redisc_resolve("n99.stuck", 1, redisc_deadline_after(10000), &found), REDISC_OK);
    cr_expect_not_null(redisc_lookup_addresses(found));
    redisc_lookup_release(found);
    redisc_lookup_release(NULL);
}

Test(resolver, addresses_need_no_thread)
{
    const char *const hosts[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; i < 2; i++) {
        redisc_lookup *found;
        cr_expect_eq(redisc_resolve(hosts[i], 1, redisc_deadline_after(0), &found), REDISC_OK);
        redisc_lookup_release(found);
    }
    cr_expect_eq(asked, 0);
}

Test(resolver, no_deadline_needs_no_thread)
{
    redisc_lookup *found;
    cr_expect_eq(redisc_resolve("localhost", 1, redisc_deadline_never(), &found), REDISC_OK);
    redisc_lookup_release(found);
    cr_expect_eq(asked, 1);
    cr_expect(in_caller);
}

Test(resolver, a_name_that_does_not_exist)
{
    redisc *client = open_client("no.such", 6379, 5000);
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_ERROR_RESOLVE);
    cr_expect(error_says("connecting to no.such:6379: "), "%s", redisc_last_error()->text);
    cr_expect_eq(redisc_last_error()->tries, 8);
    cr_expect_eq(count(&asked), 8);
    redisc_close(client);
}

/* The child can't wait for a thread of its parent's. */
Test(resolver, a_child_looks_up_anew)
{
    redisc_lookup *found;
    cr_expect_eq(redisc_resolve("d.stuck", 1, redisc_deadline_after(10), &found),
                 REDISC_ERROR_TIMEOUT);
    while (count(&waiting) == 0) {
        test_sleep_ms(1);
    }
    pthread_mutex_lock(&mutex);
    pid_t child = fork();
    if (child == 0) {
        stuck = false;
        pthread_mutex_unlock(&mutex);
        redisc_status status = redisc_resolve("d.stuck", 1, redisc_deadline_after(10000), &found);
        redisc_lookup_release(found);
        _exit(status == REDISC_OK ? 0 : 1);
    }
    pthread_mutex_unlock(&mutex);
    int ended;
    cr_assert_eq(waitpid(child, &ended, 0), child);
    cr_expect(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    let_go();
}
