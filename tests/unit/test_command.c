/* SPDX-License-Identifier: MIT */
/* The encoder, seen through a handle that only keeps the bytes. */
#include "command.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

typedef struct keeper {
    redisc handle;
    redisc_buffer out;
    bool copies;
    bool slotted;
    int ended;
    int abandoned;
    redisc_operation last;
} keeper;

static bool keeper_begin(redisc_operation *c)
{
    keeper *self = (keeper *)c->handle;
    c->out = &self->out;
    c->copies = self->copies;
    c->slotted = self->slotted;
    return true;
}

static redisc_status keeper_end(redisc_operation *c, const redisc_result *result, void *out)
{
    (void)result;
    (void)out;
    ((keeper *)c->handle)->ended++;
    ((keeper *)c->handle)->last = *c;
    return REDISC_OK;
}

static void keeper_abandon(redisc_operation *c)
{
    ((keeper *)c->handle)->abandoned++;
    c->out->end = c->start;
}

static void keeper_close(redisc *r)
{
    redisc_buffer_free(&((keeper *)r)->out);
}

static const redisc_handle_class keeper_class = {
    .name = "keeper",
    .begin = keeper_begin,
    .end = keeper_end,
    .abandon = keeper_abandon,
    .close = keeper_close,
};

static const redisc_operation_info echo = {
    .name = "ECHO", .words = "$4\r\nECHO\r\n", .words_len = 10};
static const redisc_operation_info mget = {
    .name = "MGET", .words = "$4\r\nMGET\r\n", .words_len = 10};

static keeper made(bool copies)
{
    keeper k = {.handle.is = &keeper_class, .copies = copies};
    redisc_buffer_init(&k.out, 1 << 24);
    return k;
}

static redisc_status send_echo(keeper *k, redisc_str text)
{
    redisc_operation c;
    if (!redisc_operation_begin(&c, &k->handle, &echo, 2, redisc_room_str(text))) {
        return c.status;
    }
    redisc_put_str(&c, text, "text");
    return redisc_operation_end(&c, &redisc_reads_string, NULL);
}

static void assert_output(const keeper *k, const char *expected)
{
    cr_assert_eq(redisc_buffer_len(&k->out), strlen(expected), "%.*s",
                 (int)redisc_buffer_len(&k->out), redisc_buffer_content(&k->out));
    cr_assert_eq(memcmp(redisc_buffer_content(&k->out), expected, strlen(expected)), 0);
}

Test(command, a_simple_one)
{
    keeper k = made(true);
    cr_assert_eq(send_echo(&k, redisc_text("hello")), REDISC_OK);
    assert_output(&k, "*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n");
    redisc_close(&k.handle);
}

/* Around each step of the short copies, of the table of heads, and of what counts as large. */
Test(command, strings_of_every_length)
{
    static char text[3 * REDISC_LARGE];
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)(i * 31 + i / 251);
    }
    for (size_t len = 0; len <= sizeof text; len += len < 1100 ? 1 : 977) {
        keeper k = made(true);
        char head[40];
        int head_len = snprintf(head, sizeof head, "*2\r\n$4\r\nECHO\r\n$%zu\r\n", len);
        cr_assert_eq(send_echo(&k, redisc_bytes(text, len)), REDISC_OK);
        const char *sent = redisc_buffer_content(&k.out);
        cr_assert_eq(redisc_buffer_len(&k.out), (size_t)head_len + len + 2, "length %zu", len);
        cr_assert_eq(memcmp(sent, head, (size_t)head_len), 0, "head of length %zu", len);
        cr_assert_eq(memcmp(sent + head_len, text, len), 0, "bytes of length %zu", len);
        cr_assert_eq(memcmp(sent + head_len + len, "\r\n", 2), 0);
        redisc_close(&k.handle);
    }
}

Test(command, many_words_are_counted)
{
    keeper k = made(true);
    redisc_str keys[12];
    for (int i = 0; i < 12; i++) {
        keys[i] = redisc_text("k");
    }
    redisc_str_list list = {keys, 12};
    redisc_operation c;
    cr_assert(
        redisc_operation_begin(&c, &k.handle, &mget, 1 + list.count, redisc_room_str_list(list)));
    redisc_put_key_list(&c, list, "keys");
    cr_assert_eq(redisc_operation_end(&c, &redisc_reads_str_list, NULL), REDISC_OK);
    cr_assert_eq(strncmp(redisc_buffer_content(&k.out), "*13\r\n$4\r\nMGET\r\n$1\r\nk\r\n", 22), 0);
    redisc_close(&k.handle);
}

Test(command, numbers)
{
    keeper k = made(true);
    redisc_operation c;
    cr_assert(redisc_operation_begin(&c, &k.handle, &mget, 8, 8 * REDISC_ROOM_DOUBLE));
    redisc_put_integer(&c, INT64_MIN);
    redisc_put_unsigned(&c, UINT64_MAX);
    redisc_put_double(&c, 0.1, "d");
    redisc_put_double(&c, INFINITY, "d");
    redisc_put_double(&c, -3, "d");
    redisc_put_score_bound(&c, redisc_score(-INFINITY), "b");
    redisc_put_score_bound(&c, redisc_score_exclusive(2.5), "b");
    cr_assert_eq(redisc_operation_end(&c, &redisc_reads_str_list, NULL), REDISC_OK);
    assert_output(&k, "*8\r\n$4\r\nMGET\r\n$20\r\n-9223372036854775808\r\n"
                      "$20\r\n18446744073709551615\r\n$3\r\n0.1\r\n$3\r\ninf\r\n$2\r\n-3\r\n"
                      "$4\r\n-inf\r\n$4\r\n(2.5\r\n");
    redisc_close(&k.handle);
}

Test(command, large_strings_are_referred_to)
{
    keeper k = made(false);
    static char text[2 * REDISC_LARGE];
    cr_assert_eq(send_echo(&k, redisc_bytes(text, sizeof text)), REDISC_OK);
    assert_output(&k, "*2\r\n$4\r\nECHO\r\n$32768\r\n\r\n");
    cr_assert_eq(k.last.large_count, 1);
    cr_assert_eq(k.last.large[0].bytes.data, text);
    cr_assert_eq(k.last.large[0].offset, strlen("*2\r\n$4\r\nECHO\r\n$32768\r\n"));
    redisc_close(&k.handle);
}

/* More large strings than can be referred to, behind and before short ones, in a buffer that has to
 * grow meanwhile. */
Test(command, further_large_strings_are_copied)
{
    keeper k = made(false);
    static char text[REDISC_LARGE];
    memset(text, 'x', sizeof text);
    enum { COUNT = REDISC_LARGE_MAX + 3 };
    redisc_str strings[2 * COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        strings[2 * i] = redisc_bytes(text, sizeof text);
        strings[2 * i + 1] = redisc_text("short");
    }
    redisc_str_list list = {strings, 2 * COUNT};
    redisc_operation c;
    cr_assert(
        redisc_operation_begin(&c, &k.handle, &mget, 1 + list.count, redisc_room_str_list(list)));
    redisc_put_str_list(&c, list, "keys");
    cr_assert_eq(redisc_operation_end(&c, &redisc_reads_str_list, NULL), REDISC_OK);
    cr_assert_eq(k.last.large_count, REDISC_LARGE_MAX);
    size_t copied = redisc_buffer_len(&k.out);
    cr_assert_gt(copied, 3 * sizeof text);
    cr_assert_lt(copied, 4 * sizeof text);
    cr_assert_eq(memcmp(redisc_buffer_content(&k.out) + copied - 11, "$5\r\nshort\r\n", 11), 0);
    redisc_close(&k.handle);
}

Test(command, bad_arguments_are_named_and_nothing_stays)
{
    keeper k = made(true);
    cr_assert_eq(send_echo(&k, redisc_text("first")), REDISC_OK);
    size_t before = redisc_buffer_len(&k.out);
    cr_assert_eq(send_echo(&k, redisc_bytes(NULL, 0)), REDISC_ERROR_ARGUMENT);
    cr_assert_str_eq(redisc_last_error()->text, "ECHO: `text` is NULL");
    cr_assert_str_eq(redisc_last_error()->command, "ECHO");
    cr_assert_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    cr_assert_eq(redisc_buffer_len(&k.out), before);
    cr_assert_eq(k.ended, 1);
    cr_assert_eq(k.abandoned, 1);
    redisc_close(&k.handle);
}

Test(command, a_string_longer_than_the_output_may_be)
{
    keeper k = made(true);
    cr_assert_eq(send_echo(&k, redisc_bytes("x", SIZE_MAX / 2)), REDISC_ERROR_LIMIT);
    cr_assert_not_null(strstr(redisc_last_error()->text, "`text`"));
    cr_assert_eq(redisc_buffer_len(&k.out), 0);
    redisc_close(&k.handle);
}

Test(command, results_are_zeroed_on_failure)
{
    keeper k = made(true);
    redisc_operation c;
    const redisc_str *text = (const redisc_str *)(uintptr_t)1;
    cr_assert(redisc_operation_begin(&c, &k.handle, &echo, 2, REDISC_ROOM_DOUBLE));
    redisc_put_double(&c, NAN, "score");
    cr_assert_eq(redisc_operation_end(&c, &redisc_reads_string, (void *)&text),
                 REDISC_ERROR_ARGUMENT);
    cr_assert_null(text);
    cr_assert_not_null(strstr(redisc_last_error()->text, "`score`"));
    redisc_close(&k.handle);
}

Test(command, a_list_without_items_is_told)
{
    keeper k = made(true);
    redisc_operation c;
    redisc_str_list list = {NULL, 3};
    cr_assert(redisc_operation_begin(&c, &k.handle, &mget, 4, redisc_room_str_list(list)));
    redisc_put_key_list(&c, list, "keys");
    cr_assert_eq(redisc_operation_end(&c, &redisc_reads_str_list, NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_str_eq(redisc_last_error()->text, "MGET: `keys` has a count but its items are NULL");
    redisc_close(&k.handle);
}

Test(command, no_handle)
{
    redisc_operation c;
    cr_assert_not(redisc_operation_begin(&c, NULL, &echo, 2, 0));
    cr_assert_eq(c.status, REDISC_ERROR_ARGUMENT);
    cr_assert_str_eq(redisc_last_error()->text, "ECHO: the handle is NULL");
}

Test(command, keys_of_two_slots)
{
    keeper k = made(true);
    k.slotted = true;
    redisc_str keys[] = {redisc_text("foo"), redisc_text("bar")};
    redisc_str_list list = {keys, 2};
    redisc_operation c;
    cr_assert(redisc_operation_begin(&c, &k.handle, &mget, 3, redisc_room_str_list(list)));
    redisc_put_key_list(&c, list, "keys");
    cr_assert_eq(c.slot, 12182);
    cr_assert_eq(redisc_operation_end(&c, &redisc_reads_str_list, NULL), REDISC_ERROR_CROSSSLOT);
    redisc_close(&k.handle);
}

static int64_t wait_of_seconds(double seconds)
{
    keeper k = made(true);
    redisc_operation c;
    redisc_operation_begin(&c, &k.handle, &echo, 2, 0);
    redisc_operation_wait_seconds(&c, seconds, "timeout");
    int64_t wait_ms = c.status == REDISC_OK ? c.wait_ms : -2;
    redisc_operation_end(&c, &redisc_reads_string, NULL);
    redisc_close(&k.handle);
    return wait_ms;
}

Test(command, waits)
{
    cr_assert_eq(wait_of_seconds(0), 0);
    cr_assert_eq(wait_of_seconds(1.5), 1500);
    cr_assert_eq(wait_of_seconds(0.0001), 1, "a little is not for ever");
    cr_assert_eq(wait_of_seconds(-1), -2);
    cr_assert_eq(wait_of_seconds(NAN), -2);
    cr_assert_eq(wait_of_seconds(INFINITY), -2);
}
