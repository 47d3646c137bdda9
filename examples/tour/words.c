/* SPDX-License-Identifier: MIT */
#include "words.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void add(words *w, const char *format, ...)
{
    size_t room = sizeof w->text - w->len;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(w->text + w->len, room, format, arguments);
    va_end(arguments);
    if (len > 0) {
        w->len += (size_t)len < room ? (size_t)len : room - 1;
    }
}

void add_string(words *w, redisc_str s)
{
    if (s.data == NULL) {
        add(w, "nil");
        return;
    }
    add(w, "\"");
    for (size_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.data[i];
        add(w, byte < 0x80 && isprint(byte) ? "%c" : "\\x%02x", byte);
    }
    add(w, "\"");
}

/* What stands between the items of a list. */
static void add_gap(words *w, size_t i)
{
    if (i > 0) {
        add(w, ", ");
    }
}

void add_strings(words *w, redisc_str_list list)
{
    add(w, "[");
    for (size_t i = 0; i < list.count; i++) {
        add_gap(w, i);
        add_string(w, list.items[i]);
    }
    add(w, "]");
}

void add_integers(words *w, redisc_integer_list list)
{
    add(w, "[");
    for (size_t i = 0; i < list.count; i++) {
        add_gap(w, i);
        add(w, "%" PRId64, list.items[i]);
    }
    add(w, "]");
}

void add_booleans(words *w, redisc_boolean_list list)
{
    add(w, "[");
    for (size_t i = 0; i < list.count; i++) {
        add_gap(w, i);
        add(w, "%s", list.items[i] ? "true" : "false");
    }
    add(w, "]");
}

void add_pairs(words *w, redisc_pair_list list)
{
    add(w, "{");
    for (size_t i = 0; i < list.count; i++) {
        add_gap(w, i);
        add_string(w, list.items[i].key);
        add(w, ": ");
        add_string(w, list.items[i].value);
    }
    add(w, "}");
}

void add_scored(words *w, redisc_scored_list list)
{
    add(w, "[");
    for (size_t i = 0; i < list.count; i++) {
        add_gap(w, i);
        add_string(w, list.items[i].member);
        add(w, " %.15g", list.items[i].score);
    }
    add(w, "]");
}

static void add_children(words *w, const redisc_reply *reply)
{
    add(w, "[");
    for (size_t i = 0; i < reply->as.list.count; i++) {
        add_gap(w, i);
        add_reply(w, &reply->as.list.items[i]);
    }
    add(w, "]");
}

void add_reply(words *w, const redisc_reply *reply)
{
    switch (reply->type) {
    case REDISC_REPLY_INTEGER:
        add(w, "%" PRId64, reply->as.integer);
        break;
    case REDISC_REPLY_DOUBLE:
        add(w, "%.15g", reply->as.real);
        break;
    case REDISC_REPLY_BOOLEAN:
        add(w, "%s", reply->as.boolean ? "true" : "false");
        break;
    case REDISC_REPLY_STRING:
    case REDISC_REPLY_STATUS:
    case REDISC_REPLY_ERROR:
    case REDISC_REPLY_BIG:
    case REDISC_REPLY_VERBATIM:
        add_string(w, reply->as.text);
        break;
    case REDISC_REPLY_ARRAY:
    case REDISC_REPLY_SET:
    case REDISC_REPLY_MAP:
    case REDISC_REPLY_PUSH:
        add_children(w, reply);
        break;
    default:
        add(w, "nil");
    }
}
