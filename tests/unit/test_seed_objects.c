/* SPDX-License-Identifier: MIT */
/* What users of redis-py know of its scripts, locks and iterators, told in C. */
#include "server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/iterator.h>
#include <redisc/lock.h>
#include <redisc/lua.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

#include <string.h>

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

TestSuite(seed_objects, .init = start, .fini = stop, .timeout = 60);

/* Scripts. */

static const char multiply_source[] = "local value = tonumber(redis.call('GET', KEYS[1]))\n"
                                      "return value * ARGV[1]";

static int64_t taken(const redisc_reply *reply)
{
    int64_t value = -1;
    cr_expect_eq(redisc_reply_integer(reply, &value), REDISC_OK, "%s", redisc_last_error()->text);
    redisc_free(reply);
    return value;
}

static bool exists(const char *sha1)
{
    const redisc_boolean_list *exist;
    cr_assert_eq(redisc_script_exists(r, REDISC_STRS(sha1), &exist), REDISC_OK);
    bool first = exist->items[0];
    redisc_free(exist);
    return first;
}

Test(seed_objects, eval_and_evalsha)
{
    const redisc_reply *reply;
    const redisc_str *sha1;
    redisc_set(r, "a", "2");
    cr_expect_eq(redisc_eval(r, multiply_source, REDISC_STRS("a"), REDISC_STRS("3"), &reply), 0);
    cr_expect_eq(taken(reply), 6);
    cr_expect_eq(redisc_script_load(r, multiply_source, &sha1), REDISC_OK);
    cr_expect_eq(redisc_evalsha(r, *sha1, REDISC_STRS("a"), REDISC_STRS("3"), &reply), REDISC_OK);
    cr_expect_eq(taken(reply), 6);
    redisc_script_flush(r);
    cr_expect_eq(redisc_evalsha(r, *sha1, REDISC_STRS("a"), REDISC_STRS("3"), &reply),
                 REDISC_ERROR_NOSCRIPT);
    cr_expect(redisc_is(REDISC_ERROR_NOSCRIPT, REDISC_ERROR_SERVER), "the broader kind");
    cr_expect_null(reply);
    redisc_free(sha1);
}

Test(seed_objects, a_script_object)
{
    redisc_lua_script *multiply;
    const redisc_reply *reply;
    const redisc_str *sha1;
    redisc_set(r, "a", "2");
    cr_assert_eq(redisc_lua_script_open(multiply_source, &multiply), REDISC_OK);
    cr_expect_not(exists(redisc_lua_script_sha1(multiply)), "opening it asks no server");
    cr_expect_eq(redisc_lua_run(r, multiply, REDISC_STRS("a"), REDISC_STRS("3"), &reply), 0);
    cr_expect_eq(taken(reply), 6);
    cr_expect(exists(redisc_lua_script_sha1(multiply)));
    redisc_script_load(r, multiply_source, &sha1);
    cr_expect_str_eq(sha1->data, redisc_lua_script_sha1(multiply));
    redisc_free(sha1);
    redisc_script_flush(r);
    cr_expect_eq(redisc_lua_run(r, multiply, REDISC_STRS("a"), REDISC_STRS("3"), &reply), 0);
    cr_expect_eq(taken(reply), 6);
    redisc_lua_script_close(multiply);
}

Test(seed_objects, a_script_object_in_a_pipeline)
{
    redisc_lua_script *multiply;
    cr_assert_eq(redisc_lua_script_open(multiply_source, &multiply), REDISC_OK);
    redisc *p = redisc_pipeline(r, NULL);
    for (int i = 0; i < 2; i++) {
        const redisc_reply *reply;
        const redisc_str *value;
        cr_expect_not(exists(redisc_lua_script_sha1(multiply)));
        redisc_set(p, "a", "2");
        redisc_get(p, "a", &value);
        redisc_lua_run(p, multiply, REDISC_STRS("a"), REDISC_STRS("3"), &reply);
        cr_expect_not(exists(redisc_lua_script_sha1(multiply)), "not before it is executed");
        cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
        cr_expect_str_eq(value->data, "2");
        cr_expect_eq(taken(reply), 6);
        cr_expect(exists(redisc_lua_script_sha1(multiply)));
        redisc_free(value);
        redisc_script_flush(r);
    }
    redisc_close(p);
    redisc_lua_script_close(multiply);
}

/* {"name": "Joe"} as MessagePack, unpacked by the script; one that calls what is not there. */
Test(seed_objects, scripts_with_binary_arguments_and_errors)
{
    redisc_lua_script *hello, *broken;
    redisc_str_list none = {NULL, 0};
    const redisc_reply *reply;
    redisc_str text;
    cr_assert_eq(redisc_lua_script_open("local message = cmsgpack.unpack(ARGV[1])\n"
                                        "return \"hello \" .. message['name']",
                                        &hello),
                 REDISC_OK);
    cr_assert_eq(redisc_lua_script_open("local message = cmsgpack.unpack(ARGV[1])\n"
                                        "local names = message['name']\n"
                                        "return \"hello \" .. name",
                                        &broken),
                 REDISC_OK);
    redisc_str_list arguments = REDISC_STRS(redisc_bytes("\x81\xa4name\xa3Joe", 10));
    redisc *p = redisc_pipeline(r, NULL);
    redisc_lua_run(p, hello, none, arguments, &reply);
    cr_expect_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_expect_eq(redisc_reply_string(reply, &text), REDISC_OK);
    cr_expect_str_eq(text.data, "hello Joe");
    redisc_free(reply);
    redisc_lua_run(p, broken, none, arguments, &reply);
    cr_expect(redisc_is(redisc_execute(p), REDISC_ERROR_SERVER));
    cr_expect_null(reply);
    redisc_close(p);
    redisc_lua_script_close(hello);
    redisc_lua_script_close(broken);
}

/* What scripts give, as C's types. */
Test(seed_objects, typed_results_of_a_script)
{
    const redisc_reply *reply;
    const redisc_str_list *strings;
    const redisc_pair_list *pairs;
    const redisc_integer_list *integers;
    const redisc_reply *items;
    size_t count;
    redisc_str_list none = {NULL, 0};
    cr_assert_eq(
        redisc_eval(r, "return {ARGV, {1, 2, 3}, {'k', 'v'}, false, redis.status_reply('FINE')}",
                    none, REDISC_STRS("a", "b"), &reply),
        REDISC_OK);
    cr_assert_eq(redisc_reply_list(reply, &items, &count), REDISC_OK);
    cr_assert_eq(count, 5);
    cr_expect_eq(redisc_reply_str_list(&items[0], &strings), REDISC_OK);
    cr_expect_eq(redisc_reply_integer_list(&items[1], &integers), REDISC_OK);
    cr_expect_eq(redisc_reply_pair_list(&items[2], &pairs), REDISC_OK);
    cr_expect_eq(items[3].type, REDISC_REPLY_NIL);
    cr_expect_eq(items[4].type, REDISC_REPLY_STATUS);
    redisc_free(reply);
    cr_expect_str_eq(strings->items[1].data, "b");
    cr_expect_eq(integers->items[2], 3);
    cr_expect_str_eq(pairs->items[0].value.data, "v");
    redisc_free(strings);
    redisc_free(integers);
    redisc_free(pairs);
}

/* Locks. */

static redisc_lock *open_lock(redisc_lock_options options)
{
    redisc_lock *lock;
    cr_assert_eq(redisc_lock_open(r, "foo", &options, &lock), REDISC_OK, "%s",
                 redisc_last_error()->text);
    return lock;
}

static bool acquire(redisc_lock *lock)
{
    bool held;
    cr_assert_eq(redisc_lock_acquire(lock, &held), REDISC_OK, "%s", redisc_last_error()->text);
    return held;
}

static int64_t time_left(void)
{
    int64_t milliseconds;
    cr_assert_eq(redisc_pttl(r, "foo", &milliseconds), REDISC_OK);
    return milliseconds;
}

Test(seed_objects, a_lock_and_its_key)
{
    redisc_lock *lock = open_lock((redisc_lock_options){.dont_wait = true});
    const redisc_str *token;
    int64_t there;
    cr_expect(acquire(lock));
    redisc_get(r, "foo", &token);
    cr_expect_not_null(token);
    cr_expect_eq(time_left(), -1);
    redisc_free(token);
    cr_expect_eq(redisc_lock_release(lock), REDISC_OK);
    redisc_exists(r, REDISC_STRS("foo"), &there);
    cr_expect_eq(there, 0);
    redisc_lock_close(lock);
}

Test(seed_objects, competing_locks)
{
    redisc_lock *first = open_lock((redisc_lock_options){.dont_wait = true});
    redisc_lock *second = open_lock((redisc_lock_options){.dont_wait = true});
    cr_expect(acquire(first));
    cr_expect_not(acquire(second));
    cr_expect_eq(redisc_lock_release(first), REDISC_OK);
    cr_expect(acquire(second));
    cr_expect_not(acquire(first));
    cr_expect_eq(redisc_lock_release(second), REDISC_OK);
    redisc_lock_close(first);
    redisc_lock_close(second);
}

Test(seed_objects, a_lock_with_a_timeout)
{
    redisc_lock *lock = open_lock((redisc_lock_options){.timeout_ms = 9500, .dont_wait = true});
    cr_expect(acquire(lock));
    cr_expect_gt(time_left(), 8000);
    cr_expect_leq(time_left(), 9500);
    cr_expect_eq(redisc_lock_release(lock), REDISC_OK);
    redisc_lock_close(lock);
}

Test(seed_objects, releasing_a_lock_that_was_lost)
{
    redisc_lock *lock = open_lock((redisc_lock_options){.dont_wait = true});
    bool owned;
    cr_expect(acquire(lock));
    redisc_set(r, "foo", "a");
    cr_expect_eq(redisc_lock_release(lock), REDISC_ERROR_LOCK);
    cr_expect_eq(redisc_lock_owned(lock, &owned), REDISC_OK);
    cr_expect_not(owned, "the token is gone all the same");
    cr_expect_eq(redisc_lock_release(lock), REDISC_ERROR_LOCK);
    cr_expect_not_null(strstr(redisc_last_error()->text, "unlocked"));
    redisc_lock_close(lock);
}

Test(seed_objects, extending_a_lock)
{
    redisc_lock *lock = open_lock((redisc_lock_options){.timeout_ms = 10000, .dont_wait = true});
    cr_expect_eq(redisc_lock_extend(lock, 10000), REDISC_ERROR_LOCK, "it is not locked");
    cr_expect(acquire(lock));
    cr_expect_gt(time_left(), 8000);
    cr_expect_leq(time_left(), 10000);
    cr_expect_eq(redisc_lock_extend(lock, 10000), REDISC_OK);
    cr_expect_gt(time_left(), 16000);
    cr_expect_leq(time_left(), 20000);
    redisc_set(r, "foo", "a");
    cr_expect_eq(redisc_lock_extend(lock, 10000), REDISC_ERROR_LOCK, "it is no longer owned");
    redisc_lock_close(lock);
    redisc_del(r, REDISC_STRS("foo"), NULL);
    lock = open_lock((redisc_lock_options){.dont_wait = true});
    cr_expect(acquire(lock));
    cr_expect_eq(redisc_lock_extend(lock, 10000), REDISC_ERROR_LOCK, "it has no time-out");
    cr_expect_eq(redisc_lock_release(lock), REDISC_OK);
    redisc_lock_close(lock);
}

Test(seed_objects, many_lock_objects)
{
    enum { MANY = 3000 };
    static redisc_lock *locks[MANY];
    for (int i = 0; i < MANY; i++) {
        locks[i] = open_lock((redisc_lock_options){0});
    }
    cr_expect(acquire(locks[MANY - 1]));
    for (int i = 0; i < MANY; i++) {
        redisc_lock_close(locks[i]);
    }
}

/* Iterators. */

static size_t count_strings(redisc_iterator *it, const char *only)
{
    size_t count = 0;
    redisc_str element;
    while (redisc_next_string(it, &element)) {
        cr_expect(only == NULL || redisc_str_equal(element, redisc_text(only)));
        count++;
    }
    cr_expect_eq(redisc_iterator_status(it), REDISC_OK);
    redisc_iterator_close(it);
    return count;
}

Test(seed_objects, scan_iter_and_sscan_iter)
{
    redisc_iterator *it;
    redisc_iterator_options match = {.match = REDISC_STR("a")};
    redisc_mset(r, REDISC_PAIRS("a", "1", "b", "2", "c", "3"));
    redisc_iterate_keys(r, NULL, &it);
    cr_expect_eq(count_strings(it, NULL), 3);
    redisc_iterate_keys(r, &match, &it);
    cr_expect_eq(count_strings(it, "a"), 1);
    redisc_sadd(r, "s", REDISC_STRS("a", "2", "3"), NULL);
    redisc_iterate_set(r, "s", NULL, &it);
    cr_expect_eq(count_strings(it, NULL), 3);
    redisc_iterate_set(r, "s", &match, &it);
    cr_expect_eq(count_strings(it, "a"), 1);
}

Test(seed_objects, hscan_iter)
{
    redisc_iterator *it;
    redisc_iterator_options match = {.match = REDISC_STR("a")};
    redisc_pair pair;
    size_t count = 0;
    redisc_hset(r, "h", REDISC_PAIRS("a", "1", "b", "2", "c", "3"), NULL);
    redisc_iterate_hash(r, "h", NULL, &it);
    while (redisc_next_pair(it, &pair)) {
        cr_expect_eq(pair.value.data[0] - '1', pair.key.data[0] - 'a');
        count++;
    }
    cr_expect_eq(count, 3);
    redisc_iterator_close(it);
    redisc_iterate_hash(r, "h", &match, &it);
    cr_expect(redisc_next_pair(it, &pair));
    cr_expect_str_eq(pair.key.data, "a");
    cr_expect_not(redisc_next_pair(it, &pair));
    redisc_iterator_close(it);
}

Test(seed_objects, zscan_iter)
{
    redisc_iterator *it;
    redisc_iterator_options match = {.match = REDISC_STR("a")};
    redisc_scored scored;
    double sum = 0;
    redisc_zadd(
        r, "z",
        REDISC_LIST(scored, {1, REDISC_STR("a")}, {2, REDISC_STR("b")}, {3, REDISC_STR("c")}),
        NULL);
    redisc_iterate_scored(r, "z", NULL, &it);
    while (redisc_next_scored(it, &scored)) {
        sum += scored.score;
    }
    cr_expect_eq(sum, 6);
    redisc_iterator_close(it);
    redisc_iterate_scored(r, "z", &match, &it);
    cr_expect(redisc_next_scored(it, &scored));
    cr_expect_eq(scored.score, 1);
    cr_expect_not(redisc_next_scored(it, &scored));
    redisc_iterator_close(it);
}

/* An object on a handle that collects is refused before anything is collected, for the variables
 * would be gone when it executes. */
Test(seed_objects, objects_on_a_pipeline)
{
    redisc *p = redisc_pipeline(r, NULL);
    redisc_iterator *it;
    redisc_lock *lock;
    redisc_str element;
    bool is;
    redisc_iterate_keys(p, NULL, &it);
    cr_expect_not(redisc_next_string(it, &element));
    cr_expect_eq(redisc_iterator_status(it), REDISC_ERROR_UNSUPPORTED);
    redisc_iterator_close(it);
    cr_assert_eq(redisc_lock_open(p, "foo", NULL, &lock), REDISC_OK);
    cr_expect_eq(redisc_lock_acquire(lock, &is), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_lock_locked(lock, &is), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_lock_owned(lock, &is), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_pipeline_length(p), 0);
    cr_expect_eq(redisc_execute(p), REDISC_OK);
    /* While it watches it answers at once. */
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
    cr_expect_eq(redisc_lock_acquire(lock, &is), REDISC_OK);
    cr_expect(is);
    cr_expect_eq(redisc_lock_release(lock), REDISC_OK);
    redisc_lock_close(lock);
    redisc_close(p);
}
