/* SPDX-License-Identifier: MIT */
/* Taking a line of MONITOR apart. */
#define REDISC_NO_MACROS
#include "observer.h"

#include "alloc.h"
#include "error.h"
#include "number.h"

#include <string.h>

enum { MICROSECONDS = 1000000, MICROSECOND_DIGITS = 6 };

/* A place in a line. */
typedef struct scan {
    const char *at;
    const char *end;
    const char *begin;
} scan;

static redisc_status fault(const scan *in, const char *expected)
{
    return redisc_fail(REDISC_ERROR_PROTOCOL, "MONITOR: expected %s at byte %zu of the line",
                       expected, (size_t)(in->at - in->begin));
}

/* Takes the text before the next `mark` and steps over that; false if there is none. */
static bool take_until(scan *in, const char *mark, redisc_str *text)
{
    size_t size = strlen(mark);
    for (const char *at = in->at; (size_t)(in->end - at) >= size; at++) {
        if (memcmp(at, mark, size) == 0) {
            *text = redisc_bytes(in->at, (size_t)(at - in->at));
            in->at = at + size;
            return true;
        }
    }
    return false;
}

/* Seconds, a dot, six digits. */
static bool read_time(redisc_str text, redisc_observed *observed)
{
    const char *dot = text.len == 0 ? NULL : memchr(text.data, '.', text.len);
    uint64_t seconds;
    uint64_t fraction;
    if (dot == NULL || text.data + text.len - dot != MICROSECOND_DIGITS + 1 ||
        !redisc_read_unsigned(text.data, (size_t)(dot - text.data), &seconds) ||
        !redisc_read_unsigned(dot + 1, MICROSECOND_DIGITS, &fraction) ||
        seconds > INT64_MAX / MICROSECONDS - 1) {
        return false;
    }
    observed->time_us = (int64_t)(seconds * MICROSECONDS + fraction);
    observed->time = (double)seconds + (double)fraction / 1e6;
    return true;
}

/* "1339518083.107412 [0 127.0.0.1:60866] ", up to the first word. An address may hold brackets and
 * blanks, but words always follow it. */
static redisc_status read_origin(scan *in, redisc_observed *observed)
{
    scan before = *in;
    redisc_str text;
    if (!take_until(in, " [", &text) || !read_time(text, observed)) {
        return fault(&before, "a time");
    }
    before = *in;
    if (!take_until(in, " ", &text) || !redisc_read_integer(text.data, text.len, &observed->db)) {
        return fault(&before, "a database");
    }
    before = *in;
    if (!take_until(in, "] \"", &observed->address)) {
        return fault(&before, "an address and a word");
    }
    in->at--;
    return REDISC_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* What stands behind a backslash, as one byte; how many bytes that takes, 0 if it is wrong. */
static size_t unescape(const char *at, const char *end, char *byte)
{
    static const char names[] = "nrtab\\\"";
    static const char bytes[] = "\n\r\t\a\b\\\"";
    if (end - at >= 3 && *at == 'x' && hex_digit(at[1]) >= 0 && hex_digit(at[2]) >= 0) {
        *byte = (char)(hex_digit(at[1]) << 4 | hex_digit(at[2]));
        return 3;
    }
    const char *name = at < end && *at != '\0' ? strchr(names, *at) : NULL;
    if (name == NULL) {
        return 0;
    }
    *byte = bytes[name - names];
    return 1;
}

/* Takes a quoted word; its bytes go to `to` unless that is NULL. *len counts them. */
static bool take_word(scan *in, char *to, size_t *len)
{
    *len = 0;
    if (in->at == in->end || *in->at != '"') {
        return false;
    }
    const char *at = in->at + 1;
    while (at < in->end && *at != '"') {
        char byte = *at++;
        if (byte == '\\') {
            size_t size = unescape(at, in->end, &byte);
            if (size == 0) {
                in->at = at - 1;
                return false;
            }
            at += size;
        }
        if (to != NULL) {
            to[*len] = byte;
        }
        ++*len;
    }
    if (at == in->end) {
        in->at = at;
        return false;
    }
    in->at = at + 1;
    return true;
}

/* Counts the words and their bytes with a NUL each. */
static redisc_status measure(scan in, size_t *count, size_t *size)
{
    *count = *size = 0;
    for (;;) {
        size_t len;
        if (!take_word(&in, NULL, &len)) {
            return fault(&in, "a quoted word");
        }
        ++*count;
        *size += len + 1;
        if (in.at == in.end) {
            return REDISC_OK;
        }
        if (*in.at != ' ') {
            return fault(&in, "a blank");
        }
        in.at++;
    }
}

/* The words have been measured, so they are in order. */
static void fill_words(scan *in, redisc_str *words, size_t count, char *room)
{
    for (size_t i = 0; i < count; i++) {
        size_t len;
        take_word(in, room, &len);
        room[len] = '\0';
        words[i] = redisc_bytes(room, len);
        room += len + 1;
        in->at += in->at < in->end; /* the blank */
    }
}

redisc_status redisc_observer_parse(redisc_str line, const redisc_observed **observed)
{
    redisc_observed head = {0};
    scan in = {.at = line.data, .end = line.data + line.len, .begin = line.data};
    size_t count;
    size_t size;
    *observed = NULL;
    redisc_status status = read_origin(&in, &head);
    if (status == REDISC_OK) {
        status = measure(in, &count, &size);
    }
    if (status != REDISC_OK) {
        return status;
    }
    size += head.address.len + 1;
    redisc_block *block = redisc_block_new(sizeof head + count * sizeof(redisc_str) + size);
    if (block == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a command of %zu words", count);
    }
    redisc_observed *copy = redisc_block_payload(block);
    redisc_str *words = (redisc_str *)(copy + 1);
    char *room = (char *)(words + count);
    *copy = head;
    memcpy(room, head.address.data, head.address.len);
    room[head.address.len] = '\0';
    copy->address.data = room;
    copy->words.items = words;
    copy->words.count = count;
    fill_words(&in, words, count, room + head.address.len + 1);
    *observed = copy;
    return REDISC_OK;
}
