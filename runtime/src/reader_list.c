/* SPDX-License-Identifier: MIT */
/* Opening aggregates, and taking lists of the built-in types. */
#include "copy.h"
#include "reader.h"

#include <string.h>

static bool is_list(redisc_node_type kind)
{
    return kind == REDISC_NODE_ARRAY || kind == REDISC_NODE_SET || kind == REDISC_NODE_MAP ||
           kind == REDISC_NODE_PUSH;
}

bool redisc_take_array(redisc_reader *in, size_t *count)
{
    if (in->status != REDISC_OK || !is_list(redisc_reader_peek(in))) {
        return redisc_reader_mismatch(in, "an array");
    }
    *count = redisc_node_length(in->at++);
    return true;
}

bool redisc_take_optional_array(redisc_reader *in, size_t *count, bool *is_nil)
{
    *is_nil = in->status == REDISC_OK && redisc_take_nil(in);
    if (*is_nil) {
        *count = 0;
        return true;
    }
    return redisc_take_array(in, count);
}

/* Whether the array that comes next consists of arrays. */
static bool holds_arrays(const redisc_reader *in)
{
    return redisc_node_length(in->at) > 0 && in->at + 1 < in->end &&
           is_list(redisc_node_kind(in->at + 1));
}

bool redisc_take_rows(redisc_reader *in, size_t width, size_t *count, bool *nested)
{
    if (in->status != REDISC_OK || !is_list(redisc_reader_peek(in))) {
        return redisc_reader_mismatch(in, "an array");
    }
    size_t values = redisc_node_length(in->at);
    *nested = redisc_node_kind(in->at) != REDISC_NODE_MAP && holds_arrays(in);
    if (!*nested && values % width != 0) {
        return redisc_reader_mismatch(in, "an array of whole records");
    }
    *count = *nested ? values : values / width;
    in->at++;
    return true;
}

bool redisc_take_row(redisc_reader *in, size_t width, size_t *extra)
{
    const redisc_node *before = in->at;
    size_t count = 0;
    if (!redisc_take_array(in, &count)) {
        return false;
    }
    if (count < width) {
        in->at = before;
        return redisc_reader_mismatch(in, "an array with more values");
    }
    *extra = count - width;
    return true;
}

bool redisc_take_map(redisc_reader *in, size_t *count, bool *nested)
{
    return redisc_take_rows(in, 2, count, nested);
}

void redisc_enter_lone(redisc_reader *in, bool for_list)
{
    redisc_node_type kind = redisc_reader_peek(in);
    size_t count = kind >= REDISC_NODE_ARRAY ? redisc_node_length(in->at) : 0;
    if (kind == REDISC_NODE_MAP && count == 2) {
        in->at += redisc_node_kind(in->at + 1) < REDISC_NODE_ARRAY ? 2 : 0;
    } else if (kind >= REDISC_NODE_ARRAY && kind != REDISC_NODE_MAP && count == 1) {
        redisc_node_type inner = redisc_node_kind(in->at + 1);
        in->at += !for_list || is_list(inner) || inner == REDISC_NODE_NIL ? 1 : 0;
    }
}

bool redisc_take_pair_head(redisc_reader *in)
{
    if (in->status != REDISC_OK || !is_list(redisc_reader_peek(in)) ||
        redisc_node_length(in->at) != 2) {
        return redisc_reader_mismatch(in, "an array of two");
    }
    in->at++;
    return true;
}

/* A short string in the input, copied without a call if the room lasts; all else the general way.
 */
static inline bool take_short_string(redisc_reader *in, redisc_str *value)
{
    const redisc_node *node = in->at;
    if (node < in->end && redisc_node_kind(node) == REDISC_NODE_STRING) {
        size_t len = redisc_node_length(node);
        char *room = in->room;
        if ((size_t)(in->room_end - room) > len) {
            redisc_copy_short(room, redisc_node_bytes(in->reply, node), len);
            room[len] = '\0';
            in->room = room + len + 1;
            in->at = node + 1;
            *value = redisc_bytes(room, len);
            return true;
        }
    }
    return redisc_take_string(in, value);
}

/*
 * Takes plain strings of up to 32 bytes as long as they come, each by two moves whatever its
 * length; what is written too much is written over by the next one. Returns how many.
 */
static size_t take_padded_strings(redisc_reader *in, redisc_str *items, size_t count)
{
    const redisc_node *node = in->at;
    const redisc_parsed *reply = in->reply;
    char *room = in->room;
    size_t taken = 0;
    while (taken < count && (size_t)(in->room_end - room) > REDISC_PADDING) {
        size_t len = redisc_node_length(node);
        if (redisc_node_kind(node) != REDISC_NODE_STRING || len > REDISC_PADDING) {
            break;
        }
        const char *bytes = redisc_node_bytes(reply, node);
        memcpy(room, bytes, 16);
        memcpy(room + 16, bytes + 16, 16);
        room[len] = '\0';
        items[taken] = redisc_bytes(room, len);
        room += len + 1;
        node++;
        taken++;
    }
    in->at = node;
    in->room = room;
    return taken;
}

static bool take_strings(redisc_reader *in, redisc_str_list *list, bool nils)
{
    size_t count = 0;
    if (!redisc_take_array(in, &count)) {
        return false;
    }
    redisc_str *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (in->reply->padded) {
            i += take_padded_strings(in, items + i, count - i);
            if (i == count) {
                break;
            }
        }
        if (nils && redisc_take_nil(in)) {
            items[i] = redisc_bytes(NULL, 0);
        } else if (!take_short_string(in, &items[i])) {
            return false;
        }
    }
    *list = (redisc_str_list){items, count};
    return true;
}

bool redisc_take_str_list(redisc_reader *in, redisc_str_list *list)
{
    return take_strings(in, list, false);
}

bool redisc_take_optional_str_list(redisc_reader *in, redisc_str_list *list)
{
    return take_strings(in, list, true);
}

/* Lists of fixed-size values: room for all, then one after the other. */
#define TAKE_VALUES(name, type, take)                                                              \
    bool redisc_take_##name##_list(redisc_reader *in, redisc_##name##_list *list)                  \
    {                                                                                              \
        size_t count = 0;                                                                          \
        if (!redisc_take_array(in, &count)) {                                                      \
            return false;                                                                          \
        }                                                                                          \
        type *items = redisc_reader_room(in, count * sizeof *items);                               \
        if (items == NULL) {                                                                       \
            return false;                                                                          \
        }                                                                                          \
        for (size_t i = 0; i < count; i++) {                                                       \
            if (!take(in, &items[i])) {                                                            \
                return false;                                                                      \
            }                                                                                      \
        }                                                                                          \
        *list = (redisc_##name##_list){items, count};                                              \
        return true;                                                                               \
    }

/* Integers are mostly just that; the general way knows the others. */
static inline bool take_plain_integer(redisc_reader *in, int64_t *value)
{
    if (in->at < in->end && redisc_node_kind(in->at) == REDISC_NODE_INTEGER) {
        *value = in->at++->as.integer;
        return true;
    }
    return redisc_take_integer(in, value);
}

TAKE_VALUES(integer, int64_t, take_plain_integer)
TAKE_VALUES(double, double, redisc_take_double)
TAKE_VALUES(boolean, bool, redisc_take_boolean)
TAKE_VALUES(optional_integer, redisc_optional_integer, redisc_take_optional_integer)
TAKE_VALUES(optional_double, redisc_optional_double, redisc_take_optional_double)
TAKE_VALUES(str_list, redisc_str_list, redisc_take_str_list)

bool redisc_take_pair_list(redisc_reader *in, redisc_pair_list *list)
{
    size_t count = 0;
    bool nested = false;
    if (!redisc_take_map(in, &count, &nested)) {
        return false;
    }
    redisc_pair *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if ((nested && !redisc_take_pair_head(in)) || !take_short_string(in, &items[i].key)) {
            return false;
        }
        if (redisc_take_nil(in)) {
            items[i].value = redisc_bytes(NULL, 0);
        } else if (!take_short_string(in, &items[i].value)) {
            return false;
        }
    }
    *list = (redisc_pair_list){items, count};
    return true;
}

bool redisc_take_scored_list(redisc_reader *in, redisc_scored_list *list)
{
    size_t count = 0;
    bool nested = false;
    if (!redisc_take_rows(in, 2, &count, &nested)) {
        return false;
    }
    redisc_scored *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if ((nested && !redisc_take_pair_head(in)) || !take_short_string(in, &items[i].member) ||
            !redisc_take_double(in, &items[i].score)) {
            return false;
        }
    }
    *list = (redisc_scored_list){items, count};
    return true;
}
