/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What generated readers of records are made of, beyond reader.h: telling what comes next, words
 * and names, parts of arrays. Small enough to be compiled into each of them.
 */
#ifndef REDISC_SRC_READER_PIECES_H
#define REDISC_SRC_READER_PIECES_H

#include "reader.h"

#include <string.h>

static inline bool redisc_text_comes(const redisc_reader *in)
{
    redisc_node_type kind = redisc_reader_peek(in);
    return kind >= REDISC_NODE_STRING && kind <= REDISC_NODE_BIG;
}

/* An array, a set, a map: whatever holds values. */
static inline bool redisc_list_comes(const redisc_reader *in)
{
    redisc_node_type kind = redisc_reader_peek(in);
    return kind >= REDISC_NODE_ARRAY && kind <= REDISC_NODE_MAP;
}

static inline bool redisc_map_comes(const redisc_reader *in)
{
    return redisc_reader_peek(in) == REDISC_NODE_MAP;
}

static inline bool redisc_integer_comes(const redisc_reader *in)
{
    return redisc_reader_peek(in) == REDISC_NODE_INTEGER;
}

static inline bool redisc_double_comes(const redisc_reader *in)
{
    return redisc_reader_peek(in) == REDISC_NODE_DOUBLE;
}

static inline bool redisc_boolean_comes(const redisc_reader *in)
{
    return redisc_reader_peek(in) == REDISC_NODE_BOOLEAN;
}

static inline bool redisc_nil_comes(const redisc_reader *in)
{
    return in->at < in->end && redisc_node_kind(in->at) == REDISC_NODE_NIL;
}

static inline bool redisc_error_comes(const redisc_reader *in)
{
    return redisc_reader_peek(in) == REDISC_NODE_ERROR;
}

static inline bool redisc_name_is(redisc_str name, const char *word)
{
    return name.len == strlen(word) && memcmp(name.data, word, name.len) == 0;
}

/* Whether a name begins so; it is then what stands behind that. */
static inline bool redisc_name_begins(redisc_str *name, const char *with)
{
    size_t len = strlen(with);
    if (name->len < len || memcmp(name->data, with, len) != 0) {
        return false;
    }
    *name = redisc_bytes(name->data + len, name->len - len);
    return true;
}

/* Steps over values that this version of the library does not know. */
static inline bool redisc_skip_values(redisc_reader *in, size_t count)
{
    for (size_t i = 0; i < count && in->status == REDISC_OK; i++) {
        redisc_reader_skip(in);
    }
    return in->status == REDISC_OK;
}

/* Takes a nil or an empty array, which some commands give instead. */
static inline bool redisc_take_nothing(redisc_reader *in)
{
    bool empty = redisc_reader_peek(in) == REDISC_NODE_ARRAY && redisc_node_length(in->at) == 0;
    in->at += empty ? 1 : 0;
    return empty || redisc_take_nil(in);
}

/* Room for all texts of the reply, and for lists: no item takes more for each of its values. */
static inline size_t redisc_text_and_items(const redisc_reader *in)
{
    return in->reply->text + in->reply->count * sizeof(redisc_str);
}

/* Whether the call gave an option that decides on what its result has. */
static inline bool redisc_given(const redisc_reader *in, unsigned option)
{
    return (in->result->given & option) != 0;
}

/* What is left of an array as records of `width` values each: nested or flat. */
static inline bool redisc_rest_rows(redisc_reader *in, size_t left, size_t width, size_t *count,
                                    bool *nested)
{
    *nested = redisc_list_comes(in);
    if (!*nested && left % width != 0) {
        return redisc_reader_mismatch(in, "an array of whole records");
    }
    *count = *nested ? left : left / width;
    return true;
}

#endif
