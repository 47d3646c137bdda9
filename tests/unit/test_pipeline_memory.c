/* SPDX-License-Identifier: MIT */
/* Every single allocation of pipelines, scripts, locks and iterators fails once: the call says so,
 * nothing leaks, and all goes on. */
#include "calls.h"
#include "failing.h"
#include "server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/iterator.h>
#include <redisc/lock.h>
#include <redisc/lua.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <string.h>

enum { LARGE = 100000 };

static test_server *server;
static redisc *other; /* with memory of its own: opened before */
static char large[LARGE + 1];

static void start(void)
{
    server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &other), REDISC_OK);
    memset(large, 'x', LARGE);
    cr_assert_eq(redisc_set(other, "large", large), REDISC_OK);
    cr_assert_eq(redisc_set(other, "text", "no list"), REDISC_OK);
    for (int i = 0; i < 100; i++) {
        char name[16];
        snprintf(name, sizeof name, "member:%d", i);
        redisc_sadd(other, "set", REDISC_STRS(name), NULL);
        redisc_hset(other, "hash", REDISC_PAIRS(name, name), NULL);
        redisc_zadd(other, "zset", REDISC_LIST(scored, {i, REDISC_STR(name)}), NULL);
    }
}

static void stop(void)
{
    redisc_close(other);
    test_server_stop(server);
}

TestSuite(pipeline_memory, .init = start, .fini = stop, .timeout = 300);

/* A client of one connection: whatever was left of it would be met by the next call. */
static redisc *open_client(void)
{
    redisc *client = NULL;
    redisc_options options = {.max_connections = 1};
    redisc_status status = redisc_open(test_server_url(server), &options, &client);
    cr_assert_eq(test_memory_told(status), client != NULL);
    return client;
}

static redisc *open_pipe(redisc *client, const redisc_pipeline_options *options)
{
    redisc *p = client == NULL ? NULL : redisc_pipeline(client, options);
    if (client != NULL && p == NULL) {
        cr_assert_not(test_memory_told(redisc_last_error()->status));
    }
    return p;
}

static redisc_pipeline_options how;

/* Five calls, of which the fourth fails. Whatever fails for lack of memory must be told; an error
 * that could not be kept, too. */
static void run_calls(redisc *p)
{
    const redisc_str *value = NULL;
    const redisc_str_list *values = NULL;
    int64_t n[2] = {0, 0};
    bool collected = test_memory_told(redisc_incr(p, "count", &n[0]));
    collected = test_memory_told(redisc_get(p, "large", &value)) && collected;
    collected =
        test_memory_told(redisc_mget(p, REDISC_STRS("text", "large"), &values)) && collected;
    collected = test_memory_told(redisc_lpush(p, "text", REDISC_STRS("x"), &n[1])) && collected;
    collected = test_memory_told(redisc_set(p, "copy", large)) && collected;
    redisc_status status = redisc_execute(p);
    if (status != REDISC_ERROR_WRONGTYPE) {
        cr_assert(test_memory_failed(), "%s", redisc_last_error()->text);
        cr_assert(status != REDISC_OK || !collected);
        test_memory_told(status);
    }
    cr_assert(!test_memory_failed() || test_memory_was_told());
    cr_assert_eq(n[1], 0);
    redisc_free(value);
    redisc_free(values);
    cr_assert_eq(redisc_pipeline_length(p), 0);
}

static void pipeline_scenario(void)
{
    redisc *client = open_client();
    redisc *p = open_pipe(client, &how);
    if (p != NULL) {
        run_calls(p);
        test_memory_is_back();
        int64_t n = 0;
        cr_assert_eq(redisc_incr(p, "count", &n), REDISC_QUEUED);
        cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
        cr_assert_gt(n, 0);
        cr_assert_eq(redisc_incr(client, "count", &n), REDISC_OK);
    }
    redisc_close(p);
    redisc_close(client);
}

Test(pipeline_memory, transactions)
{
    how = (redisc_pipeline_options){0};
    cr_expect_gt(test_memory_fails(pipeline_scenario), 20);
}

Test(pipeline_memory, plain_pipelines)
{
    how = (redisc_pipeline_options){.plain = true};
    cr_expect_gt(test_memory_fails(pipeline_scenario), 20);
}

Test(pipeline_memory, streams)
{
    how = (redisc_pipeline_options){.plain = true, .stream_bytes = 1};
    cr_expect_gt(test_memory_fails(pipeline_scenario), 20);
}

/* However it ends, the connection must not go back to the pool while it watches. */
static void watch_scenario(void)
{
    redisc *client = open_client();
    redisc *p = open_pipe(client, NULL);
    if (p != NULL) {
        const redisc_str *value = NULL;
        bool fine = test_memory_told(redisc_watch(p, REDISC_STRS("watched"))) &&
                    test_memory_told(redisc_get(p, "text", &value)) &&
                    test_memory_told(redisc_multi(p)) &&
                    test_memory_told(redisc_set(p, "copy", large));
        redisc_status status = fine ? redisc_execute(p) : redisc_pipeline_reset(p);
        test_memory_told(status);
        redisc_free(value);
        test_memory_is_back();
        cr_assert_eq(redisc_set(other, "watched", "changed"), REDISC_OK);
        cr_assert_eq(redisc_set(p, "copy", "y"), REDISC_QUEUED);
        cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    }
    redisc_close(p);
    redisc_close(client);
}

Test(pipeline_memory, watching)
{
    cr_expect_gt(test_memory_fails(watch_scenario), 10);
}

static redisc_status count_up(redisc *p, void *context)
{
    redisc_status status = redisc_multi(p);
    return status < 0 ? status : redisc_incr(p, "count", context);
}

static void transaction_scenario(void)
{
    redisc *client = open_client();
    int64_t n = 0;
    if (client != NULL &&
        test_memory_told(redisc_transaction(client, REDISC_STRS("count"), count_up, &n, NULL))) {
        cr_assert_gt(n, 0);
    }
    redisc_close(client);
}

Test(pipeline_memory, transaction_helper)
{
    cr_expect_gt(test_memory_fails(transaction_scenario), 10);
}

/* The server knows no script when the next run begins. */
static void flush_scripts(void)
{
    test_memory_is_back();
    cr_assert_eq(REDISC_CALL(other, NULL, "SCRIPT", "FLUSH"), REDISC_OK);
    cr_assert_eq(REDISC_CALL(other, NULL, "FUNCTION", "FLUSH"), REDISC_OK);
}

static void run_script(redisc *client, const redisc_lua_script *script)
{
    const redisc_reply *reply = NULL;
    redisc_status status =
        redisc_lua_run(client, script, REDISC_STRS("text"), REDISC_STRS(large), &reply);
    cr_assert_eq(test_memory_told(status), reply != NULL);
    redisc_free(reply);
    redisc *p = open_pipe(client, NULL);
    if (p != NULL) {
        bool queued = test_memory_told(
            redisc_lua_run(p, script, REDISC_STRS("text"), REDISC_STRS("y"), &reply));
        bool done = test_memory_told(redisc_execute(p));
        cr_assert_eq(reply != NULL, queued && done);
        redisc_free(reply);
    }
    redisc_close(p);
}

static void lua_scenario(void)
{
    static const char library_source[] =
        "#!lua name=mylib\n"
        "redis.register_function('echo', function(keys, args) return args end)";
    redisc *client = open_client();
    redisc_lua_script *script = NULL;
    redisc_lua_library *library = NULL;
    const redisc_reply *reply = NULL;
    if (client != NULL && test_memory_told(redisc_lua_script_open("return ARGV", &script))) {
        run_script(client, script);
    }
    if (client != NULL && test_memory_told(redisc_lua_library_open(library_source, &library))) {
        redisc_status status = redisc_lua_call(client, library, "echo", (redisc_str_list){NULL, 0},
                                               REDISC_STRS("1"), &reply);
        cr_assert_eq(test_memory_told(status), reply != NULL);
        redisc_free(reply);
    }
    redisc_lua_script_close(script);
    redisc_lua_library_close(library);
    redisc_close(client);
    flush_scripts();
}

Test(pipeline_memory, scripts)
{
    cr_expect_gt(test_memory_fails(lua_scenario), 20);
}

/* A script that can't be loaded: its error is told, or that there is no memory. */
static void broken_script_scenario(void)
{
    redisc *client = open_client();
    redisc_lua_script *script = NULL;
    redisc *p = open_pipe(client, NULL);
    if (p != NULL && test_memory_told(redisc_lua_script_open("return return", &script)) &&
        test_memory_told(redisc_lua_run(p, script, REDISC_STRS("a"), REDISC_STRS("b"), NULL))) {
        redisc_status status = redisc_execute(p);
        cr_assert(redisc_is(status, REDISC_ERROR_SERVER) || !test_memory_told(status));
    }
    redisc_lua_script_close(script);
    redisc_close(p);
    redisc_close(client);
}

Test(pipeline_memory, scripts_that_do_not_compile)
{
    cr_expect_gt(test_memory_fails(broken_script_scenario), 10);
}

/* A lock that could not be told to be had must not be had. */
static void lock_scenario(void)
{
    redisc *client = open_client();
    redisc_lock *lock = NULL;
    bool held = false, owned = false;
    redisc_lock_options options = {.timeout_ms = 60000, .dont_wait = true};
    if (client != NULL && test_memory_told(redisc_lock_open(client, "lock", &options, &lock))) {
        cr_assert_eq(test_memory_told(redisc_lock_acquire(lock, &held)), held);
        if (held) {
            test_memory_told(redisc_lock_extend(lock, 1000));
            test_memory_told(redisc_lock_reacquire(lock));
            cr_assert_eq(test_memory_told(redisc_lock_owned(lock, &owned)), owned);
            bool released = test_memory_told(redisc_lock_release(lock));
            test_memory_is_back();
            redisc_status again = redisc_lock_release(lock);
            cr_assert(again == REDISC_ERROR_LOCK || (again == REDISC_OK && !released));
        }
        test_memory_is_back();
        cr_assert_eq(redisc_lock_locked(lock, &held), REDISC_OK);
        cr_assert_not(held);
    }
    redisc_lock_close(lock);
    redisc_close(client);
}

Test(pipeline_memory, locks)
{
    cr_expect_gt(test_memory_fails(lock_scenario), 20);
}

static void walk(redisc_status status, redisc_iterator *it, bool (*next)(redisc_iterator *it))
{
    if (test_memory_told(status)) {
        int count = 0;
        while (next(it)) {
            count++;
        }
        cr_assert_eq(test_memory_told(redisc_iterator_status(it)), count >= 3);
    }
    redisc_iterator_close(it);
}

static bool next_string(redisc_iterator *it)
{
    redisc_str element;
    return redisc_next_string(it, &element) && element.len > 0;
}

static bool next_pair(redisc_iterator *it)
{
    redisc_pair element;
    return redisc_next_pair(it, &element) && redisc_str_equal(element.key, element.value);
}

static bool next_scored(redisc_iterator *it)
{
    redisc_scored element;
    return redisc_next_scored(it, &element) && element.member.len > 0;
}

static void iterator_scenario(void)
{
    redisc *client = open_client();
    redisc_iterator *it = NULL;
    redisc_iterator_options options = {.match = REDISC_STR("*"), .page_size = 2000};
    if (client != NULL) {
        redisc_status status = redisc_iterate_keys(client, &options, &it);
        walk(status, it, next_string);
        status = redisc_iterate_hash(client, "hash", &options, &it);
        walk(status, it, next_pair);
        status = redisc_iterate_set(client, "set", &options, &it);
        walk(status, it, next_string);
        status = redisc_iterate_scored(client, "zset", &options, &it);
        walk(status, it, next_scored);
    }
    redisc_close(client);
}

Test(pipeline_memory, iterators)
{
    cr_expect_gt(test_memory_fails(iterator_scenario), 20);
}
