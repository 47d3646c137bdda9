/* SPDX-License-Identifier: MIT */
#include "command.h"

#include "slot.h"

#include <math.h>
#include <stdio.h>

bool redisc_operation_open(redisc_operation *c, redisc *r, const redisc_operation_info *info,
                           size_t room)
{
    c->status = REDISC_OK;
    if (r == NULL) {
        c->status = redisc_fail(REDISC_ERROR_ARGUMENT, "%s: the handle is NULL", info->name);
        redisc_error_about(info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    c->handle = r;
    c->info = info;
    c->copies = false;
    c->slotted = false;
    c->slot = -1;
    c->wait_ms = -1;
    c->large_count = 0;
    c->tries = 0;
    if (!r->is->begin(c)) {
        return false;
    }
    c->status = redisc_buffer_reserve(c->out, room);
    c->start = c->out->end; /* after reserving, which may move the content */
    if (c->status != REDISC_OK) {
        r->is->abandon(c);
        redisc_error_about(info->name, REDISC_NOT_SENT, 0);
        return false;
    }
    c->at = c->out->data + c->out->end;
    c->end = c->at + room;
    return true;
}

char *redisc_put_count(char *at, size_t argc)
{
    *at++ = '*';
    at += redisc_write_unsigned(at, argc);
    memcpy(at, "\r\n", 2);
    return at + 2;
}

void redisc_operation_fail(redisc_operation *c, redisc_status status, const char *format, ...)
{
    if (c->status != REDISC_OK) {
        return;
    }
    char text[REDISC_ERROR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    c->status = redisc_fail(status, "%s: %s", c->info->name, text);
}

/* Grows the output so that `more` bytes fit besides what was reserved for the arguments to come. */
static bool make_room(redisc_operation *c, size_t more)
{
    redisc_buffer *out = c->out;
    size_t reserved = (size_t)(c->end - c->at);
    size_t before = c->start - out->start;
    out->end = (size_t)(c->at - out->data);
    redisc_status status = redisc_buffer_reserve(out, reserved + more);
    c->start = out->start + before; /* reserving may have moved the content, even if it failed */
    c->at = out->data + out->end;
    if (status != REDISC_OK) {
        redisc_error_prefix("%s", c->info->name);
        c->status = c->status == REDISC_OK ? status : c->status;
        c->end = c->at + reserved;
        return false;
    }
    c->end = c->at + reserved + more;
    return true;
}

static void put_bulk_head(redisc_operation *c, size_t len)
{
    *c->at++ = '$';
    c->at += redisc_write_unsigned(c->at, len);
    memcpy(c->at, "\r\n", 2);
    c->at += 2;
}

/* Refers to the string where it is; the bytes behind it go on in the buffer. */
static void refer_to(redisc_operation *c, redisc_str s)
{
    put_bulk_head(c, s.len);
    c->large[c->large_count++] =
        (redisc_large){.offset = (size_t)(c->at - c->out->data) - c->start, .bytes = s};
    memcpy(c->at, "\r\n", 2);
    c->at += 2;
}

void redisc_put_other_str(redisc_operation *c, redisc_str s, const char *name)
{
    if (s.data == NULL) {
        redisc_operation_fail(c, REDISC_ERROR_ARGUMENT, "`%s` is NULL", name);
        return;
    }
    if (s.len > c->out->limit) {
        redisc_operation_fail(c, REDISC_ERROR_LIMIT,
                              "`%s` has %zu bytes, more than the limit of %zu for the output", name,
                              s.len, c->out->limit);
        return;
    }
    bool large = s.len >= REDISC_LARGE;
    if (large && !c->copies && c->large_count < REDISC_LARGE_MAX) {
        refer_to(c, s);
        return;
    }
    if (large && !make_room(c, s.len)) {
        return;
    }
    put_bulk_head(c, s.len);
    memcpy(c->at, s.data, s.len);
    c->at += s.len;
    memcpy(c->at, "\r\n", 2);
    c->at += 2;
}

void redisc_put_slot(redisc_operation *c, redisc_str key)
{
    if (key.data == NULL) {
        return; /* redisc_put_str refuses it, with its name */
    }
    int32_t slot = (int32_t)redisc_slot(key);
    if (c->slot < 0) {
        c->slot = slot;
    } else if (c->slot != slot) {
        redisc_operation_fail(
            c, REDISC_ERROR_CROSSSLOT,
            "the key of slot %d does not live together with the first one, of slot %d", (int)slot,
            (int)c->slot);
    }
}

static void put_digits(redisc_operation *c, const char *digits, size_t len)
{
    memcpy(c->at, redisc_bulk_heads[len], 8);
    c->at += redisc_bulk_heads[len][7];
    memcpy(c->at, digits, REDISC_DOUBLE_SIZE);
    memcpy(c->at + len, "\r\n", 2);
    c->at += len + 2;
}

void redisc_put_integer(redisc_operation *c, int64_t value)
{
    char digits[REDISC_DOUBLE_SIZE];
    put_digits(c, digits, redisc_write_integer(digits, value));
}

void redisc_put_unsigned(redisc_operation *c, uint64_t value)
{
    char digits[REDISC_DOUBLE_SIZE];
    put_digits(c, digits, redisc_write_unsigned(digits, value));
}

void redisc_put_double(redisc_operation *c, double value, const char *name)
{
    if (isnan(value)) {
        redisc_operation_fail(c, REDISC_ERROR_ARGUMENT, "`%s` is not a number (NaN)", name);
        return;
    }
    char digits[REDISC_DOUBLE_SIZE];
    put_digits(c, digits, redisc_write_double(digits, value));
}

void redisc_put_score_bound(redisc_operation *c, redisc_score_bound bound, const char *name)
{
    if (isnan(bound.score)) {
        redisc_operation_fail(c, REDISC_ERROR_ARGUMENT, "`%s` is not a number (NaN)", name);
        return;
    }
    char text[REDISC_DOUBLE_SIZE + 1];
    text[0] = '(';
    size_t len = redisc_write_double(text + 1, bound.score);
    if (bound.exclusive) {
        put_digits(c, text, len + 1);
    } else {
        put_digits(c, text + 1, len);
    }
}

bool redisc_operation_need(redisc_operation *c, const void *items, size_t count, const char *name)
{
    if (count == 0) {
        redisc_operation_fail(c, REDISC_ERROR_ARGUMENT, "`%s` is empty", name);
    } else if (items == NULL) {
        redisc_operation_fail(c, REDISC_ERROR_ARGUMENT, "`%s` has a count but its items are NULL",
                              name);
    }
    return c->status == REDISC_OK;
}

/* An empty list is fine here: who needs an item has said so before. */
static bool usable(redisc_operation *c, redisc_str_list list, const char *name)
{
    return list.count == 0 || redisc_operation_need(c, list.items, list.count, name);
}

void redisc_put_str_list(redisc_operation *c, redisc_str_list list, const char *name)
{
    if (!usable(c, list, name)) {
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        redisc_put_str(c, list.items[i], name);
    }
}

void redisc_put_key_list(redisc_operation *c, redisc_str_list list, const char *name)
{
    if (!usable(c, list, name)) {
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        redisc_put_key(c, list.items[i], name);
    }
}

void redisc_operation_wait_milliseconds(redisc_operation *c, int64_t milliseconds, const char *name)
{
    if (milliseconds < 0) {
        redisc_operation_fail(c, REDISC_ERROR_ARGUMENT, "`%s` is negative", name);
        return;
    }
    c->wait_ms = milliseconds;
}

void redisc_operation_wait_seconds(redisc_operation *c, double seconds, const char *name)
{
    /* Servers take no more than this, and it keeps the conversion within an int64_t. */
    const double longest = 9e15 / 1000;
    if (!(seconds >= 0 && seconds <= longest)) {
        redisc_operation_fail(c, REDISC_ERROR_ARGUMENT, "`%s` is negative, too large or no number",
                              name);
        return;
    }
    /* Rounded up: less than a millisecond must not become 0, which is for ever. */
    c->wait_ms = (int64_t)ceil(seconds * 1000);
}

redisc_status redisc_operation_close(redisc_operation *c)
{
    redisc_error_copy before;
    redisc_error_save(&before);
    redisc_status status = redisc_operation_end(c, &redisc_reads_closed, NULL);
    if (status != REDISC_ERROR_CLOSED || redisc_last_error()->delivery != REDISC_UNKNOWN) {
        return status;
    }
    redisc_error_restore(&before); /* it is no failure, so it leaves no trace */
    return REDISC_OK;
}

redisc_status redisc_operation_end(redisc_operation *c, const redisc_result *result, void *out)
{
    if (out != NULL) {
        if (result->size == 8) {
            memset(out, 0, 8);
        } else {
            memset(out, 0, result->size);
        }
    }
    if (c->status != REDISC_OK) {
        redisc_status status = c->status;
        redisc_error_about(c->info->name, REDISC_NOT_SENT, 0);
        c->handle->is->abandon(c);
        return status;
    }
    c->out->end = (size_t)(c->at - c->out->data);
    return c->handle->is->end(c, result, out);
}
