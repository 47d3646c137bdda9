/* SPDX-License-Identifier: MIT */
/* Looking into a dynamic reply. */
#include "error.h"
#include "number.h"

#include <redisc/reply.h>

#include <string.h>

static const char *const names[] = {"nil",    "string",  "status",     "error",           "integer",
                                    "double", "boolean", "big number", "verbatim string", "array",
                                    "set",    "map",     "push"};

const char *redisc_reply_type_name(redisc_reply_type type)
{
    size_t place = (size_t)type;
    return place < sizeof names / sizeof names[0] ? names[place] : "unknown type";
}

static redisc_status mismatch(const redisc_reply *reply, const char *expected)
{
    if (reply == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "the reply is NULL");
    }
    if (reply->type == REDISC_REPLY_ERROR) {
        return redisc_fail_server(reply->as.text);
    }
    const char *name = redisc_reply_type_name(reply->type);
    const char *article = strchr("aeiou", name[0]) != NULL ? "an" : "a";
    return reply->type == REDISC_REPLY_NIL
               ? redisc_fail(REDISC_ERROR_REPLY_TYPE, "expected %s, the reply is nil", expected)
               : redisc_fail(REDISC_ERROR_REPLY_TYPE, "expected %s, the reply is %s %s", expected,
                             article, name);
}

static bool has_text(const redisc_reply *reply)
{
    return reply->type == REDISC_REPLY_STRING || reply->type == REDISC_REPLY_STATUS ||
           reply->type == REDISC_REPLY_BIG || reply->type == REDISC_REPLY_VERBATIM;
}

redisc_status redisc_reply_integer(const redisc_reply *reply, int64_t *value)
{
    *value = 0;
    if (reply != NULL && reply->type == REDISC_REPLY_INTEGER) {
        *value = reply->as.integer;
        return REDISC_OK;
    }
    if (reply != NULL && has_text(reply) &&
        redisc_read_integer(reply->as.text.data, reply->as.text.len, value)) {
        return REDISC_OK;
    }
    return mismatch(reply, "an integer");
}

redisc_status redisc_reply_double(const redisc_reply *reply, double *value)
{
    *value = 0;
    if (reply != NULL && reply->type == REDISC_REPLY_DOUBLE) {
        *value = reply->as.real;
        return REDISC_OK;
    }
    if (reply != NULL && reply->type == REDISC_REPLY_INTEGER) {
        *value = (double)reply->as.integer;
        return REDISC_OK;
    }
    if (reply != NULL && has_text(reply) &&
        redisc_read_double(reply->as.text.data, reply->as.text.len, value)) {
        return REDISC_OK;
    }
    return mismatch(reply, "a number");
}

redisc_status redisc_reply_boolean(const redisc_reply *reply, bool *value)
{
    *value = false;
    if (reply != NULL && reply->type == REDISC_REPLY_BOOLEAN) {
        *value = reply->as.boolean;
        return REDISC_OK;
    }
    if (reply != NULL && reply->type == REDISC_REPLY_INTEGER && reply->as.integer >= 0 &&
        reply->as.integer <= 1) {
        *value = reply->as.integer == 1;
        return REDISC_OK;
    }
    return mismatch(reply, "a boolean");
}

redisc_status redisc_reply_string(const redisc_reply *reply, redisc_str *value)
{
    *value = redisc_bytes(NULL, 0);
    if (reply != NULL && has_text(reply)) {
        *value = reply->as.text;
        return REDISC_OK;
    }
    return reply != NULL && reply->type == REDISC_REPLY_NIL ? REDISC_OK
                                                            : mismatch(reply, "a string");
}

static bool is_nil(const redisc_reply *reply)
{
    return reply != NULL && reply->type == REDISC_REPLY_NIL;
}

redisc_status redisc_reply_list(const redisc_reply *reply, const redisc_reply **items,
                                size_t *count)
{
    *items = NULL;
    *count = 0;
    if (reply != NULL && reply->type >= REDISC_REPLY_ARRAY && reply->type <= REDISC_REPLY_PUSH) {
        *items = reply->as.list.items;
        *count = reply->as.list.count;
        return REDISC_OK;
    }
    return is_nil(reply) ? REDISC_OK : mismatch(reply, "a list");
}

redisc_status redisc_reply_map(const redisc_reply *reply, const redisc_reply **items, size_t *pairs)
{
    *items = NULL;
    *pairs = 0;
    if (is_nil(reply)) {
        return REDISC_OK;
    }
    if (reply == NULL || (reply->type != REDISC_REPLY_MAP && reply->type != REDISC_REPLY_ARRAY)) {
        return mismatch(reply, "a map");
    }
    size_t count = reply->as.list.count;
    if (count % 2 != 0) {
        return redisc_fail(REDISC_ERROR_REPLY_TYPE,
                           "expected a map, the reply is an array of %zu items, an odd number",
                           count);
    }
    *items = reply->as.list.items;
    *pairs = count / 2;
    return REDISC_OK;
}

const redisc_reply *redisc_reply_field(const redisc_reply *reply, redisc_str name)
{
    if (reply == NULL || (reply->type != REDISC_REPLY_MAP && reply->type != REDISC_REPLY_ARRAY)) {
        return NULL;
    }
    for (size_t i = 0; i + 1 < reply->as.list.count; i += 2) {
        const redisc_reply *key = &reply->as.list.items[i];
        if (has_text(key) && redisc_str_equal(key->as.text, name)) {
            return key + 1;
        }
    }
    return NULL;
}
