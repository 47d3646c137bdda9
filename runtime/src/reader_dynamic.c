/* SPDX-License-Identifier: MIT */
/* From parsed nodes to the dynamic tree, all in one block. */
#include "reader.h"

static const redisc_reply_type types[] = {
    [REDISC_NODE_NIL] = REDISC_REPLY_NIL,       [REDISC_NODE_STRING] = REDISC_REPLY_STRING,
    [REDISC_NODE_SIMPLE] = REDISC_REPLY_STATUS, [REDISC_NODE_VERBATIM] = REDISC_REPLY_VERBATIM,
    [REDISC_NODE_LARGE] = REDISC_REPLY_STRING,  [REDISC_NODE_BIG] = REDISC_REPLY_BIG,
    [REDISC_NODE_ERROR] = REDISC_REPLY_ERROR,   [REDISC_NODE_INTEGER] = REDISC_REPLY_INTEGER,
    [REDISC_NODE_DOUBLE] = REDISC_REPLY_DOUBLE, [REDISC_NODE_BOOLEAN] = REDISC_REPLY_BOOLEAN,
    [REDISC_NODE_ARRAY] = REDISC_REPLY_ARRAY,   [REDISC_NODE_SET] = REDISC_REPLY_SET,
    [REDISC_NODE_MAP] = REDISC_REPLY_MAP,       [REDISC_NODE_PUSH] = REDISC_REPLY_PUSH,
};

/* Everything but aggregates. */
static bool take_leaf(redisc_reader *in, redisc_reply *value)
{
    const redisc_node *node = in->at;
    switch (value->type) {
    case REDISC_REPLY_NIL:
        in->at++;
        return true;
    case REDISC_REPLY_INTEGER:
        return redisc_take_integer(in, &value->as.integer);
    case REDISC_REPLY_DOUBLE:
        return redisc_take_double(in, &value->as.real);
    case REDISC_REPLY_BOOLEAN:
        return redisc_take_boolean(in, &value->as.boolean);
    case REDISC_REPLY_ERROR: {
        redisc_str text = {redisc_node_bytes(in->reply, node), redisc_node_length(node)};
        value->kind = redisc_server_error_kind(text);
        in->at++;
        return redisc_reader_copy(in, text, &value->as.text);
    }
    default:
        return redisc_take_string(in, &value->as.text);
    }
}

/* Recursion is bounded by the parser's limit of depth. */
bool redisc_take_dynamic(redisc_reader *in, redisc_reply *value)
{
    if (in->status != REDISC_OK || in->at >= in->end) {
        return redisc_reader_mismatch(in, "a value");
    }
    redisc_node_type kind = redisc_node_kind(in->at);
    *value = (redisc_reply){.type = types[kind]};
    if (kind < REDISC_NODE_ARRAY) {
        return take_leaf(in, value);
    }
    size_t count = redisc_node_length(in->at++);
    redisc_reply *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!redisc_take_dynamic(in, &items[i])) {
            return false;
        }
    }
    value->as.list.items = items;
    value->as.list.count = count;
    return true;
}

static bool read_dynamic(redisc_reader *in, void *out)
{
    size_t nodes = (size_t)(in->end - in->at) - 1;
    /* A little slack: arrays that follow text are aligned. */
    size_t more = nodes * (sizeof(redisc_reply) + 8) + in->reply->text;
    redisc_reply *root = redisc_reader_begin(in, sizeof *root, more);
    if (root == NULL || !redisc_take_dynamic(in, root)) {
        return false;
    }
    *(const redisc_reply **)out = root;
    return true;
}

const redisc_result redisc_reads_dynamic = {sizeof(void *), read_dynamic, "any value", 0, false};
