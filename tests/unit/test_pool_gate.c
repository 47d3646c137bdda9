/* SPDX-License-Identifier: MIT */
/* Connecting while a server is in trouble: how many connects it sees, and who fails with which. */
#include "calls.h"
#include "server.h"

#include "client.h"

#include <criterion/criterion.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(pool_gate, .timeout = 60);

/* A server that refuses as long as it is down, and counts. */
typedef struct door {
    atomic_bool down;
    atomic_uint connects;
    atomic_uint now;  /* connects under way */
    atomic_uint most; /* of them at once */
    int connect_ms;   /* what each takes */
    const redisc_transport_class *real;
    redisc_options target;
} door;

static redisc_status open_door(const struct redisc_options *options, void *context,
                               int64_t timeout_ms, void **transport)
{
    (void)options;
    door *self = context;
    unsigned now = atomic_fetch_add(&self->now, 1) + 1;
    unsigned most = atomic_load(&self->most);
    while (now > most && !atomic_compare_exchange_weak(&self->most, &most, now)) {
    }
    atomic_fetch_add(&self->connects, 1);
    bool down = atomic_load(&self->down);
    bool in_time = timeout_ms < 0 || timeout_ms > self->connect_ms;
    test_sleep_ms(in_time ? self->connect_ms : (int)timeout_ms);
    redisc_status status;
    if (!in_time) {
        status = redisc_transport_error(REDISC_ERROR_TIMEOUT, "the door opens too slowly");
    } else if (down) {
        status = redisc_transport_error(REDISC_ERROR_CONNECT, "the door is closed");
    } else {
        status = self->real->open(&self->target, NULL, timeout_ms, transport);
    }
    atomic_fetch_sub(&self->now, 1);
    return status;
}

static redisc_transport_class behind_door;

/* A client behind the door, which is closed at first. */
static redisc *open_client(door *self, const test_server *server, redisc_options options)
{
    self->target = (redisc_options){.path = server == NULL ? "/none" : test_server_path(server),
                                    .timeout_ms = 5000};
    self->real = redisc_transport_builtin(&self->target);
    behind_door = *self->real;
    behind_door.name = "door";
    behind_door.open = open_door;
    atomic_store(&self->down, true);
    options.transport = &behind_door;
    options.transport_context = self;
    redisc *client;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK, "%s", redisc_last_error()->text);
    return client;
}

enum { CALLERS = 16 };

typedef struct call {
    redisc *client;
    redisc_status status;
    unsigned tries;
} call;

static void *ping(void *argument)
{
    call *self = argument;
    self->status = test_status(self->client, REDISC_STRS("PING"));
    self->tries = self->status == REDISC_OK ? 0 : redisc_last_error()->tries;
    return NULL;
}

static void begin_calls(redisc *client, pthread_t threads[CALLERS], call calls[CALLERS])
{
    for (int i = 0; i < CALLERS; i++) {
        calls[i].client = client;
        cr_assert_eq(pthread_create(&threads[i], NULL, ping, &calls[i]), 0);
    }
}

static void end_calls(pthread_t threads[CALLERS])
{
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
    }
}

Test(pool_gate, one_connect_answers_for_all_who_wait)
{
    door self = {.connect_ms = 2};
    redisc *client = open_client(&self, NULL, (redisc_options){.retry_max_wait_ms = 10});
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_ERROR_CONNECT);
    cr_expect_eq(redisc_last_error()->tries, 8);
    cr_expect_eq(atomic_load(&self.connects), 8);
    pthread_t threads[CALLERS];
    call calls[CALLERS];
    atomic_store(&self.most, 0);
    begin_calls(client, threads, calls);
    end_calls(threads);
    for (int i = 0; i < CALLERS; i++) {
        cr_expect_eq(calls[i].status, REDISC_ERROR_CONNECT);
        cr_expect_eq(calls[i].tries, 1, "it is known by then");
    }
    cr_expect_leq(atomic_load(&self.connects), 8u + CALLERS);
    cr_expect_eq(atomic_load(&self.most), 1);
    cr_expect_eq(redisc_pool_failed_connects(redisc_pool_of(client)) > 8, true);
    redisc_close(client);
}

/* Many calls for a while: the server sees few connects of them, however many there are. */
Test(pool_gate, connects_are_spaced)
{
    door self = {.connect_ms = 0};
    redisc *client = open_client(
        &self, NULL,
        (redisc_options){.retry_wait_ms = 40, .retry_max_wait_ms = 40, .timeout_ms = 400});
    int64_t start_ms = test_now_ms();
    pthread_t threads[CALLERS];
    call calls[CALLERS];
    unsigned made = 0;
    while (test_now_ms() - start_ms < 600) {
        begin_calls(client, threads, calls);
        end_calls(threads);
        made += CALLERS;
    }
    /* One per pause, which is 20 ms on the average: some 30; without the gate, one per try. */
    cr_expect_leq(atomic_load(&self.connects), 150);
    cr_expect_geq(made, CALLERS);
    redisc_close(client);
}

Test(pool_gate, opens_for_all_when_the_server_is_back)
{
    test_server *server = test_server_start(NULL);
    door self = {.connect_ms = 1};
    redisc *client = open_client(
        &self, server,
        (redisc_options){.max_tries = -1, .retry_max_wait_ms = 20, .timeout_ms = 30000});
    pthread_t threads[CALLERS];
    call calls[CALLERS];
    begin_calls(client, threads, calls);
    test_sleep_ms(100);
    atomic_store(&self.down, false);
    end_calls(threads);
    for (int i = 0; i < CALLERS; i++) {
        cr_expect_eq(calls[i].status, REDISC_OK);
    }
    cr_expect_eq(redisc_pool_failed_connects(redisc_pool_of(client)), 0);
    redisc_close(client);
    test_server_stop(server);
}

/* The pause is longer than the call may take: it fails with what is known, in time. */
Test(pool_gate, no_call_waits_beyond_its_deadline)
{
    door self = {.connect_ms = 0};
    redisc *client = open_client(&self, NULL,
                                 (redisc_options){.retry_wait_ms = 1000000000,
                                                  .retry_max_wait_ms = 1000000000,
                                                  .timeout_ms = 60});
    int64_t start_ms = test_now_ms();
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_ERROR_CONNECT);
        cr_expect(strstr(redisc_last_error()->text, "the door is closed") != NULL, "%s",
                  redisc_last_error()->text);
        cr_expect_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    }
    cr_expect_lt(test_now_ms() - start_ms, 3000);
    cr_expect_leq(atomic_load(&self.connects), 3);
    redisc_close(client);
}

/* A caller in a hurry says nothing of the server. */
Test(pool_gate, a_callers_own_deadline_is_no_failure_of_the_server)
{
    test_server *server = test_server_start(NULL);
    door self = {.connect_ms = 0};
    redisc *client = open_client(&self, server, (redisc_options){0}), *hasty;
    atomic_store(&self.down, false);
    self.connect_ms = 30;
    cr_assert_eq(redisc_with(client, &(redisc_call_options){.timeout_ms = 10}, &hasty), REDISC_OK);
    cr_expect_eq(test_status(hasty, REDISC_STRS("PING")), REDISC_ERROR_TIMEOUT, "%s",
                 redisc_last_error()->text);
    cr_expect_eq(redisc_pool_failed_connects(redisc_pool_of(client)), 0);
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_OK);
    redisc_close(hasty);
    redisc_close(client);
    test_server_stop(server);
}

/* What its parent found out is for the parent: it may have other servers, or later ones. */
Test(pool_gate, is_open_in_a_child)
{
    door self = {.connect_ms = 0};
    test_server *server = test_server_start(NULL);
    redisc *client = open_client(&self, server,
                                 (redisc_options){.max_tries = 1,
                                                  .retry_wait_ms = 1000000000,
                                                  .retry_max_wait_ms = 1000000000,
                                                  .timeout_ms = 5000});
    cr_expect_eq(test_status(client, REDISC_STRS("PING")), REDISC_ERROR_CONNECT);
    atomic_store(&self.down, false);
    pid_t child = fork();
    if (child == 0) {
        _exit(test_status(client, REDISC_STRS("PING")) == REDISC_OK ? 0 : 1);
    }
    int ended;
    cr_assert_eq(waitpid(child, &ended, 0), child);
    cr_expect(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
    cr_expect_eq(redisc_pool_failed_connects(redisc_pool_of(client)), 1);
    redisc_close(client);
    test_server_stop(server);
}

Test(pool_gate, a_restart_passes_unnoticed)
{
    test_server *server = test_server_start(NULL);
    redisc_options options = {.max_tries = -1, .timeout_ms = 30000};
    redisc *client;
    cr_assert_eq(redisc_open(test_server_url(server), &options, &client), REDISC_OK);
    cr_expect_eq(test_integer(client, REDISC_STRS("INCR", "n")), 1);
    test_server_kill(server);
    pthread_t threads[CALLERS];
    call calls[CALLERS];
    begin_calls(client, threads, calls);
    test_server_restart(server);
    end_calls(threads);
    for (int i = 0; i < CALLERS; i++) {
        cr_expect_eq(calls[i].status, REDISC_OK);
    }
    redisc_close(client);
    test_server_stop(server);
}
