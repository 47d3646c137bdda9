/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Decoding, redisc's side: the calls that the replies answer, and what a program does with the
 * results.
 */
#include "decode.h"

redisc_status bench_call_ok(redisc *codec, decoded *result)
{
    (void)result;
    return redisc_set(codec, "key", "value");
}

redisc_status bench_call_integer(redisc *codec, decoded *result)
{
    return redisc_incr(codec, "key", &result->integer);
}

redisc_status bench_call_string(redisc *codec, decoded *result)
{
    return redisc_get(codec, "key", &result->string);
}

redisc_status bench_call_strings(redisc *codec, decoded *result)
{
    return redisc_lrange(codec, "key", 0, -1, &result->strings);
}

redisc_status bench_call_strings_or_nil(redisc *codec, decoded *result)
{
    return redisc_mget(codec, REDISC_STRS("key", "other"), &result->strings);
}

redisc_status bench_call_integers(redisc *codec, decoded *result)
{
    return redisc_lpos_count(codec, "key", "element", 0, &result->integers);
}

redisc_status bench_call_pairs(redisc *codec, decoded *result)
{
    return redisc_hgetall(codec, "key", &result->pairs);
}

redisc_status bench_call_scored(redisc *codec, decoded *result)
{
    return redisc_zrange_withscores(codec, "key", 0, -1, &result->scored);
}

redisc_status bench_call_entries(redisc *codec, decoded *result)
{
    return REDISC_CALL(codec, &result->reply, "XRANGE", "key", "-", "+");
}

static void take_str(bench_sink *sink, redisc_str s)
{
    bench_take_str(sink, s.data, s.len);
}

void bench_take_oks(bench_sink *sink, const decoded *results, size_t count)
{
    (void)results;
    for (size_t i = 0; i < count; i++) {
        bench_take_integer(sink, 1);
    }
}

void bench_take_integers(bench_sink *sink, const decoded *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bench_take_integer(sink, results[i].integer);
    }
}

void bench_take_strings(bench_sink *sink, const decoded *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        take_str(sink, *results[i].string);
        redisc_free(results[i].string);
    }
}

void bench_take_string_lists(bench_sink *sink, const decoded *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const redisc_str_list *list = results[i].strings;
        for (size_t j = 0; j < list->count; j++) {
            if (list->items[j].data == NULL) {
                bench_take_integer(sink, -1);
            } else {
                take_str(sink, list->items[j]);
            }
        }
        redisc_free(list);
    }
}

void bench_take_integer_lists(bench_sink *sink, const decoded *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const redisc_integer_list *list = results[i].integers;
        for (size_t j = 0; j < list->count; j++) {
            bench_take_integer(sink, list->items[j]);
        }
        redisc_free(list);
    }
}

void bench_take_pair_lists(bench_sink *sink, const decoded *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const redisc_pair_list *list = results[i].pairs;
        for (size_t j = 0; j < list->count; j++) {
            take_str(sink, list->items[j].key);
            take_str(sink, list->items[j].value);
        }
        redisc_free(list);
    }
}

void bench_take_scored_lists(bench_sink *sink, const decoded *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const redisc_scored_list *list = results[i].scored;
        for (size_t j = 0; j < list->count; j++) {
            take_str(sink, list->items[j].member);
            bench_take_double(sink, list->items[j].score);
        }
        redisc_free(list);
    }
}

void bench_take_entry_lists(bench_sink *sink, const decoded *results, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const redisc_reply *reply = results[i].reply;
        for (size_t j = 0; j < reply->as.list.count; j++) {
            const redisc_reply *entry = reply->as.list.items[j].as.list.items;
            take_str(sink, entry[0].as.text);
            for (size_t k = 0; k < entry[1].as.list.count; k++) {
                take_str(sink, entry[1].as.list.items[k].as.text);
            }
        }
        redisc_free(reply);
    }
}
