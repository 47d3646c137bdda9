/* SPDX-License-Identifier: MIT */
/* Results whose memory is used again, on every kind of handle that can make them. */
#include "failing.h"
#include "server.h"

#include <redisc/redisc.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE = 100000, ITEMS = 500 };

static test_server *server;
static redisc *other;
static redisc_arena *arena;
static char large[LARGE + 1];

static void fill(redisc *r)
{
    memset(large, 'x', LARGE);
    cr_assert_eq(redisc_set(r, "large", large), REDISC_OK);
    cr_assert_eq(redisc_set(r, "small", "value"), REDISC_OK);
    for (int i = 0; i < ITEMS; i++) {
        char name[16];
        snprintf(name, sizeof name, "item:%d", i);
        redisc_rpush(r, "list", REDISC_STRS(name), NULL);
        redisc_zadd(r, "zset", REDISC_LIST(scored, {i, REDISC_STR(name)}), NULL);
    }
}

static void start(void)
{
    server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &other), REDISC_OK);
    fill(other);
    arena = redisc_arena_new();
    cr_assert_not_null(arena);
}

static void stop(void)
{
    redisc_arena_free(arena);
    redisc_close(other);
    test_server_stop(server);
}

TestSuite(arena, .init = start, .fini = stop, .timeout = 120);

static redisc *with_arena(redisc *r)
{
    redisc *derived;
    cr_assert_eq(redisc_with(r, &(redisc_call_options){.arena = arena}, &derived), REDISC_OK);
    return derived;
}

/* Results of every shape; what they hold is right however many of them there are. */
static void check_results(redisc *r)
{
    const redisc_str *small, *big, *nothing;
    const redisc_str_list *list, *both;
    const redisc_scored_list *scored;
    const redisc_reply *reply;
    cr_assert_eq(redisc_get(r, "small", &small), REDISC_OK);
    cr_assert_eq(redisc_get(r, "large", &big), REDISC_OK);
    cr_assert_eq(redisc_get(r, "nothing", &nothing), REDISC_OK);
    cr_assert_eq(redisc_lrange(r, "list", 0, -1, &list), REDISC_OK);
    cr_assert_eq(redisc_mget(r, REDISC_STRS("large", "none", "large"), &both), REDISC_OK);
    cr_assert_eq(redisc_zrange_withscores(r, "zset", 0, -1, &scored), REDISC_OK);
    cr_assert_eq(REDISC_CALL(r, &reply, "MGET", "small", "large"), REDISC_OK);
    cr_expect_str_eq(small->data, "value");
    cr_expect_str_eq(big->data, large);
    cr_expect_null(nothing);
    cr_expect_eq(list->count, ITEMS);
    cr_expect_str_eq(list->items[ITEMS - 1].data, "item:499");
    cr_expect_str_eq(both->items[2].data, large);
    cr_expect_null(both->items[1].data);
    cr_expect_eq(scored->items[ITEMS - 1].score, ITEMS - 1);
    cr_expect_str_eq(scored->items[7].member.data, "item:7");
    cr_expect_str_eq(reply->as.list.items[0].as.text.data, "value");
    cr_expect_str_eq(reply->as.list.items[1].as.text.data, large);
    redisc_free(list); /* does nothing, so all is still there */
    redisc_free(big);
    redisc_free(reply);
    cr_expect_str_eq(list->items[0].data, "item:0");
    cr_expect_str_eq(big->data, large);
    cr_expect_str_eq(reply->as.list.items[0].as.text.data, "value");
}

Test(arena, of_a_client)
{
    redisc *r = with_arena(other);
    for (int round = 0; round < 5; round++) {
        check_results(r);
        if (round != 2) { /* clearing late is all right */
            redisc_arena_clear(arena);
        }
    }
    redisc_close(r);
}

Test(arena, of_a_pinned_handle)
{
    redisc *pinned;
    cr_assert_eq(redisc_pin(other, &pinned), REDISC_OK);
    redisc *r = with_arena(pinned);
    check_results(r);
    redisc_close(r);
    redisc_close(pinned);
}

Test(arena, of_pipelines)
{
    const redisc_pipeline_options ways[] = {
        {.plain = true}, {.plain = true, .stream_bytes = 100}, {0}};
    redisc *r = with_arena(other);
    const redisc_str *got[ITEMS];
    for (size_t way = 0; way < 3; way++) {
        redisc *p = redisc_pipeline(r, &ways[way]);
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < ITEMS; i++) {
                redisc_get(p, i % 50 == 49 ? "large" : "small", &got[i]);
            }
            cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
            for (int i = 0; i < ITEMS; i++) {
                cr_expect_str_eq(got[i]->data, i % 50 == 49 ? large : "value");
                redisc_free(got[i]);
            }
            redisc_arena_clear(arena);
        }
        redisc_close(p);
    }
    redisc_close(r);
}

/* While keys are watched its calls run at once. */
Test(arena, of_a_watching_pipeline)
{
    redisc *r = with_arena(other);
    redisc *p = redisc_pipeline(r, NULL);
    const redisc_str *value;
    cr_assert_eq(redisc_watch(p, REDISC_STRS("small")), REDISC_OK);
    cr_assert_eq(redisc_get(p, "small", &value), REDISC_OK);
    cr_expect_str_eq(value->data, "value");
    redisc_close(p);
    redisc_close(r);
}

Test(arena, errors_and_results_nobody_wants)
{
    redisc *r = with_arena(other);
    const redisc_str_list *list;
    cr_expect_eq(redisc_lrange(r, "small", 0, -1, &list), REDISC_ERROR_WRONGTYPE);
    cr_expect_null(list);
    cr_expect_eq(redisc_get(r, "large", NULL), REDISC_OK);
    cr_expect_eq(redisc_mget(r, REDISC_STRS("large", "small"), NULL), REDISC_OK);
    redisc_close(r);
}

static size_t allocated;

static void *counted(size_t size, void *context)
{
    (void)context;
    allocated++;
    return malloc(size);
}

static void *recounted(void *memory, size_t size, void *context)
{
    (void)context;
    allocated++;
    return realloc(memory, size);
}

static void release(void *memory, void *context)
{
    (void)context;
    free(memory);
}

/* In the steady state nothing is allocated; what is cleared is used again. */
Test(arena, memory_is_used_again, .init = NULL, .fini = NULL)
{
    static const redisc_allocator counting = {counted, recounted, release, NULL};
    static const char replies[] = "$5\r\nvalue\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n";
    redisc_set_allocator(&counting);
    redisc_arena *own = redisc_arena_new();
    redisc *codec;
    cr_assert_eq(redisc_codec_open(NULL, &codec), REDISC_OK);
    redisc_codec_use_arena(codec, own);
    size_t warm = 0;
    for (int round = 0; round < 1000; round++) {
        const redisc_str *value;
        const redisc_str_list *list;
        redisc_str output;
        redisc_get(codec, "key", &value);
        redisc_lrange(codec, "key", 0, 1, &list);
        cr_assert_eq(redisc_codec_feed(codec, replies, sizeof replies - 1), REDISC_OK);
        cr_expect_str_eq(value->data, "value");
        cr_expect_str_eq(list->items[1].data, "b");
        cr_expect_eq((uintptr_t)list->items % _Alignof(redisc_str), 0);
        redisc_codec_output(codec, &output);
        redisc_codec_sent(codec, output.len);
        redisc_codec_forget(codec);
        redisc_arena_clear(own);
        warm = round == 10 ? allocated : warm;
    }
    cr_expect_eq(allocated, warm);
    redisc_codec_use_arena(codec, NULL);
    redisc_close(codec);
    redisc_arena_free(own);
    redisc_set_allocator(NULL);
    redisc_arena_clear(NULL);
    redisc_arena_free(NULL);
    redisc_codec_use_arena(NULL, NULL);
}

/* Every single allocation fails once: the call says so, and nothing leaks. */
static void scenario(void)
{
    static const char replies[] = "$5\r\nvalue\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$100000\r\n";
    redisc_arena *own = redisc_arena_new();
    redisc *codec = NULL;
    if (own == NULL || !test_memory_told(redisc_codec_open(NULL, &codec))) {
        cr_assert(test_memory_failed());
        redisc_arena_free(own);
        return;
    }
    redisc_codec_use_arena(codec, own);
    const redisc_str *value = NULL, *big = NULL;
    const redisc_str_list *list = NULL;
    test_memory_told(redisc_get(codec, "key", &value));
    test_memory_told(redisc_lrange(codec, "key", 0, 1, &list));
    test_memory_told(redisc_get(codec, "large", &big));
    bool fine = redisc_codec_open_calls(codec) == 3 &&
                test_memory_told(redisc_codec_feed(codec, replies, sizeof replies - 1)) &&
                test_memory_told(redisc_codec_feed(codec, large, LARGE)) &&
                test_memory_told(redisc_codec_feed(codec, "\r\n", 2));
    if (fine) {
        cr_assert_str_eq(value->data, "value");
        cr_assert_str_eq(list->items[1].data, "b");
        cr_assert_eq(big->len, LARGE);
    } else {
        cr_assert(test_memory_failed());
    }
    redisc_close(codec);
    redisc_arena_free(own);
}

Test(arena, each_allocation_may_fail)
{
    cr_expect_gt(test_memory_fails(scenario), 8);
}
