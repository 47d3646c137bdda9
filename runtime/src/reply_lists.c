/* SPDX-License-Identifier: MIT */
/* From a dynamic reply to lists of one type, each a result in one block: head, items, text. */
#include "alloc.h"
#include "error.h"

#include <redisc/reply.h>

#include <string.h>

/* The items to convert. */
typedef struct source {
    const redisc_reply *items;
    size_t count;
} source;

static redisc_status at_item(redisc_status status, size_t place)
{
    if (status < 0) {
        redisc_error_prefix("item %zu", place);
    }
    return status;
}

static redisc_status no_memory(size_t count)
{
    return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a list of %zu items", count);
}

/* Checks that all items are strings or nil, and adds up what their text takes. */
static redisc_status measure(const source *from, size_t *size)
{
    redisc_status status = REDISC_OK;
    *size = 0;
    for (size_t i = 0; i < from->count && status == REDISC_OK; i++) {
        redisc_str text;
        status = at_item(redisc_reply_string(&from->items[i], &text), i);
        *size += text.len + 1;
    }
    return status;
}

/* A copy in *room, which is advanced; nil stays nil. */
static redisc_str copy(const redisc_reply *item, char **room)
{
    redisc_str text;
    redisc_reply_string(item, &text);
    if (text.data == NULL) {
        return text;
    }
    char *to = *room;
    memcpy(to, text.data, text.len);
    to[text.len] = '\0';
    *room += text.len + 1;
    return redisc_bytes(to, text.len);
}

redisc_status redisc_reply_str_list(const redisc_reply *reply, const redisc_str_list **list)
{
    source from;
    size_t text;
    *list = NULL;
    redisc_status status = redisc_reply_list(reply, &from.items, &from.count);
    if (status == REDISC_OK) {
        status = measure(&from, &text);
    }
    if (status != REDISC_OK || reply->type == REDISC_REPLY_NIL) {
        return status;
    }
    redisc_block *block =
        redisc_block_new(sizeof(redisc_str_list) + from.count * sizeof(redisc_str) + text);
    if (block == NULL) {
        return no_memory(from.count);
    }
    redisc_str_list *head = redisc_block_payload(block);
    redisc_str *items = (redisc_str *)(head + 1);
    char *room = (char *)(items + from.count);
    for (size_t i = 0; i < from.count; i++) {
        items[i] = copy(&from.items[i], &room);
    }
    *head = (redisc_str_list){items, from.count};
    *list = head;
    return REDISC_OK;
}

redisc_status redisc_reply_pair_list(const redisc_reply *reply, const redisc_pair_list **list)
{
    source from;
    size_t text;
    *list = NULL;
    redisc_status status = redisc_reply_map(reply, &from.items, &from.count);
    from.count *= 2;
    if (status == REDISC_OK) {
        status = measure(&from, &text);
    }
    if (status != REDISC_OK || reply->type == REDISC_REPLY_NIL) {
        return status;
    }
    size_t pairs = from.count / 2;
    redisc_block *block =
        redisc_block_new(sizeof(redisc_pair_list) + pairs * sizeof(redisc_pair) + text);
    if (block == NULL) {
        return no_memory(pairs);
    }
    redisc_pair_list *head = redisc_block_payload(block);
    redisc_pair *items = (redisc_pair *)(head + 1);
    char *room = (char *)(items + pairs);
    for (size_t i = 0; i < pairs; i++) {
        items[i].key = copy(&from.items[2 * i], &room);
        items[i].value = copy(&from.items[2 * i + 1], &room);
    }
    *head = (redisc_pair_list){items, pairs};
    *list = head;
    return REDISC_OK;
}

/* Lists of numbers differ in the type alone. */
#define NUMBER_LIST(name, list_type, item)                                                         \
    redisc_status redisc_reply_##name##_list(const redisc_reply *reply, const list_type **list)    \
    {                                                                                              \
        source from;                                                                               \
        *list = NULL;                                                                              \
        redisc_status status = redisc_reply_list(reply, &from.items, &from.count);                 \
        if (status != REDISC_OK || reply->type == REDISC_REPLY_NIL) {                              \
            return status;                                                                         \
        }                                                                                          \
        redisc_block *block = redisc_block_new(sizeof(list_type) + from.count * sizeof(item));     \
        if (block == NULL) {                                                                       \
            return no_memory(from.count);                                                          \
        }                                                                                          \
        list_type *head = redisc_block_payload(block);                                             \
        item *items = (item *)(head + 1);                                                          \
        for (size_t i = 0; i < from.count && status == REDISC_OK; i++) {                           \
            status = at_item(redisc_reply_##name(&from.items[i], &items[i]), i);                   \
        }                                                                                          \
        if (status != REDISC_OK) {                                                                 \
            redisc_block_free(block);                                                              \
            return status;                                                                         \
        }                                                                                          \
        *head = (list_type){items, from.count};                                                    \
        *list = head;                                                                              \
        return REDISC_OK;                                                                          \
    }

NUMBER_LIST(integer, redisc_integer_list, int64_t)
NUMBER_LIST(double, redisc_double_list, double)
