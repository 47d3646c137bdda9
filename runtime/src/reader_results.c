/* SPDX-License-Identifier: MIT */
/* The built-in list types as whole results: one block, sized from the reply's head. */
#include "reader.h"

/*
 * Starts a list's block. The text of all the reply's strings is an upper bound for the strings'
 * room; where numbers come as text (RESP2's scores) `digits` says to leave every second string out.
 */
static void *begin_list(redisc_reader *in, size_t head, size_t item, bool digits)
{
    if (redisc_reader_peek(in) < REDISC_NODE_ARRAY) {
        redisc_reader_mismatch(in, "an array");
        return NULL;
    }
    size_t text = in->reply->text;
    size_t count = redisc_node_length(in->at);
    if (digits && in->at + 1 < in->end && redisc_node_kind(in->at + 1) == REDISC_NODE_STRING) {
        for (const redisc_node *score = in->at + 2; score < in->end; score += 2) {
            text -=
                redisc_node_kind(score) == REDISC_NODE_STRING ? redisc_node_length(score) + 1 : 0;
        }
        count /= 2;
    }
    return redisc_reader_begin(in, head, count * item + text + REDISC_PADDING);
}

#define READS_LIST(name, item, take, digits)                                                       \
    static bool read_##name(redisc_reader *in, void *out)                                          \
    {                                                                                              \
        redisc_##item##_list *list = begin_list(in, sizeof *list, sizeof *list->items, digits);    \
        if (list == NULL || !take(in, list)) {                                                     \
            return false;                                                                          \
        }                                                                                          \
        *(const redisc_##item##_list **)out = list;                                                \
        return true;                                                                               \
    }                                                                                              \
    const redisc_result redisc_reads_##name = {sizeof(void *), read_##name, "a list", 0, false};

READS_LIST(str_list, str, redisc_take_str_list, false)
READS_LIST(str_list_with_nils, str, redisc_take_optional_str_list, false)
READS_LIST(integer_list, integer, redisc_take_integer_list, false)
READS_LIST(double_list, double, redisc_take_double_list, false)
READS_LIST(boolean_list, boolean, redisc_take_boolean_list, false)
READS_LIST(optional_integer_list, optional_integer, redisc_take_optional_integer_list, false)
READS_LIST(optional_double_list, optional_double, redisc_take_optional_double_list, false)
READS_LIST(pair_list, pair, redisc_take_pair_list, false)
READS_LIST(str_list_list, str_list, redisc_take_str_list_list, false)
READS_LIST(scored_list, scored, redisc_take_scored_list, true)

static bool read_optional_str_list(redisc_reader *in, void *out)
{
    return redisc_take_nil(in) || read_str_list(in, out);
}

static bool read_optional_pair_list(redisc_reader *in, void *out)
{
    return redisc_take_nil(in) || read_pair_list(in, out);
}

const redisc_result redisc_reads_optional_str_list = {sizeof(void *), read_optional_str_list,
                                                      "a list or nil", 0, false};
const redisc_result redisc_reads_optional_pair_list = {sizeof(void *), read_optional_pair_list,
                                                       "names and values, or nil", 0, false};
