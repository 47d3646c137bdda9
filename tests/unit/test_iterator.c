/* SPDX-License-Identifier: MIT */
#include "../support/server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/iterator.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>
#include <stdio.h>

enum { MANY = 1000 };

static test_server *server;
static redisc *r;
static unsigned char seen[MANY];

static void start(void)
{
    server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &r), REDISC_OK);
    redisc_pipeline_options plain = {.plain = true};
    redisc *p = redisc_pipeline(r, &plain);
    for (int i = 0; i < MANY; i++) {
        char name[16];
        char value[16];
        snprintf(name, sizeof name, "e:%d", i);
        snprintf(value, sizeof value, "%d", 2 * i);
        redisc_set(p, name, value);
        redisc_hset(p, "hash", REDISC_PAIRS(name, value), NULL);
        redisc_sadd(p, "set", REDISC_STRS(name), NULL);
        redisc_zadd(p, "zset", REDISC_LIST(scored, {i / 2.0, REDISC_STR(name)}), NULL);
    }
    cr_assert_eq(redisc_execute(p), REDISC_OK);
    redisc_close(p);
}

static void stop(void)
{
    redisc_close(r);
    test_server_stop(server);
}

TestSuite(iterator, .init = start, .fini = stop, .timeout = 60);

static int place_of(redisc_str name)
{
    char text[16];
    cr_assert_lt(name.len, sizeof text);
    snprintf(text, sizeof text, "%.*s", (int)name.len, name.data);
    int place = -1;
    cr_assert_eq(sscanf(text, "e:%d", &place), 1, "%s", text);
    return place;
}

static void assert_all_seen(const redisc_iterator *it)
{
    cr_assert_eq(redisc_iterator_status(it), REDISC_OK);
    for (int i = 0; i < MANY; i++) {
        cr_assert(seen[i], "e:%d", i);
    }
}

Test(iterator, keys)
{
    redisc_iterator *it;
    redisc_iterator_options options = {.match = {"e:*", 3}, .page_size = 37, .type = {"string", 6}};
    redisc_str key;
    cr_assert_eq(redisc_iterate_keys(r, &options, &it), REDISC_OK);
    while (redisc_next_string(it, &key)) {
        seen[place_of(key)] = 1;
    }
    assert_all_seen(it);
    redisc_iterator_close(it);
    int others = 0;
    cr_assert_eq(redisc_iterate_keys(r, NULL, &it), REDISC_OK);
    while (redisc_next_string(it, &key)) {
        others += key.data[1] == ':' ? 0 : 1;
    }
    cr_assert_geq(others, 3, "hash, set, zset");
    redisc_iterator_close(it);
}

Test(iterator, hash)
{
    redisc_iterator *it;
    redisc_pair pair;
    cr_assert_eq(redisc_iterate_hash(r, "hash", NULL, &it), REDISC_OK);
    while (redisc_next_pair(it, &pair)) {
        int place = place_of(pair.key);
        char value[16];
        snprintf(value, sizeof value, "%d", 2 * place);
        cr_assert_str_eq(pair.value.data, value);
        seen[place] = 1;
    }
    assert_all_seen(it);
    redisc_iterator_close(it);
}

Test(iterator, set)
{
    redisc_iterator *it;
    redisc_str member;
    cr_assert_eq(redisc_iterate_set(r, "set", NULL, &it), REDISC_OK);
    while (redisc_next_string(it, &member)) {
        seen[place_of(member)] = 1;
    }
    assert_all_seen(it);
    cr_assert_not(redisc_next_string(it, &member), "the end stays the end");
    redisc_iterator_close(it);
}

Test(iterator, scored)
{
    redisc_iterator *it;
    redisc_scored scored;
    cr_assert_eq(redisc_iterate_scored(r, "zset", NULL, &it), REDISC_OK);
    while (redisc_next_scored(it, &scored)) {
        int place = place_of(scored.member);
        cr_assert_eq(scored.score, place / 2.0);
        seen[place] = 1;
    }
    assert_all_seen(it);
    redisc_iterator_close(it);
}

Test(iterator, elements_may_go_during_the_walk)
{
    redisc_iterator *it;
    redisc_str member;
    int64_t left;
    cr_assert_eq(redisc_iterate_set(r, "set", NULL, &it), REDISC_OK);
    while (redisc_next_string(it, &member)) {
        redisc_srem(r, "set", REDISC_STRS(member), NULL);
    }
    cr_assert_eq(redisc_iterator_status(it), REDISC_OK);
    redisc_iterator_close(it);
    cr_assert_eq(redisc_scard(r, "set", &left), REDISC_OK);
    cr_assert_eq(left, 0);
}

Test(iterator, nothing_to_walk_over)
{
    redisc_iterator *it;
    redisc_pair pair;
    cr_assert_eq(redisc_iterate_hash(r, "none", NULL, &it), REDISC_OK);
    cr_assert_not(redisc_next_pair(it, &pair));
    cr_assert_eq(redisc_iterator_status(it), REDISC_OK);
    redisc_iterator_close(it);
    redisc_iterator_close(NULL);
}

Test(iterator, it_may_stop_in_the_middle)
{
    redisc_iterator *it;
    redisc_str member;
    cr_assert_eq(redisc_iterate_set(r, "set", NULL, &it), REDISC_OK);
    cr_assert(redisc_next_string(it, &member));
    redisc_iterator_close(it);
}

Test(iterator, failures)
{
    redisc_iterator *it;
    redisc_str element;
    redisc_pair pair;
    cr_assert_eq(redisc_iterate_set(r, "hash", NULL, &it), REDISC_OK);
    cr_assert_not(redisc_next_string(it, &element));
    cr_assert_eq(redisc_iterator_status(it), REDISC_ERROR_WRONGTYPE);
    cr_assert_not(redisc_next_string(it, &element));
    redisc_iterator_close(it);
    cr_assert_eq(redisc_iterate_set(r, "set", NULL, &it), REDISC_OK);
    cr_assert_not(redisc_next_pair(it, &pair));
    cr_assert_eq(redisc_iterator_status(it), REDISC_ERROR_ARGUMENT);
    redisc_iterator_close(it);
    cr_assert_eq(redisc_iterate_set(NULL, "set", NULL, &it), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_iterator_status(NULL), REDISC_ERROR_ARGUMENT);
    redisc *p = redisc_pipeline(r, NULL);
    cr_assert_eq(redisc_iterate_set(p, "set", NULL, &it), REDISC_OK);
    cr_assert_not(redisc_next_string(it, &element));
    cr_assert_eq(redisc_iterator_status(it), REDISC_ERROR_UNSUPPORTED);
    redisc_iterator_close(it);
    redisc_close(p);
}
