/* SPDX-License-Identifier: MIT */
#define REDISC_NO_MACROS
#include "json_text.h"

#include "json_check.h"

#include <redisc/json_tree.h>

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 400, NAME_SIZE = 32, EXCERPT = 20, PATH_SIZE = 200 };

redisc_status redisc_json_fail(redisc_status status, const char *command, bool answered,
                               const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char what[MESSAGE_SIZE];
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    char text[MESSAGE_SIZE + NAME_SIZE];
    snprintf(text, sizeof text, "%s: %s", command == NULL ? "JSON" : command, what);
    redisc_error error = {.status = status,
                          .delivery = answered ? REDISC_ANSWERED : REDISC_NOT_SENT,
                          .tries = answered ? 1 : 0,
                          .command = command,
                          .text = text};
    return redisc_set_last_error(&error);
}

/* Texts to trees */

/* Where a fault is, for people: lines and columns count bytes from 1. */
static redisc_status fail_at(const char *command, redisc_str text, const redisc_json_fault *fault)
{
    size_t line = 1;
    size_t column = 1;
    for (size_t i = 0; i < fault->at; i++) {
        column = text.data[i] == '\n' ? 1 : column + 1;
        line += text.data[i] == '\n';
    }
    char excerpt[EXCERPT + 1];
    size_t len = 0;
    while (len < EXCERPT && fault->at + len < text.len) {
        char c = text.data[fault->at + len];
        excerpt[len++] = (char)(c >= 0x20 && c < 0x7F ? c : '?');
    }
    excerpt[len] = '\0';
    return redisc_json_fail(fault->status, command, command != NULL,
                            "%s at line %zu, column %zu (byte %zu)%s%s%s", fault->what, line,
                            column, fault->at, len > 0 ? ": \"" : "", excerpt, len > 0 ? "\"" : "");
}

redisc_status redisc_json_parse_for(const char *command, redisc_str text, cJSON **tree)
{
    *tree = NULL;
    if (text.data == NULL) {
        return REDISC_OK;
    }
    redisc_json_fault fault;
    if (!redisc_json_check(text, &fault)) {
        return fail_at(command, text, &fault);
    }
    *tree = cJSON_ParseWithLength(text.data, text.len);
    /* It is JSON, so there is but one reason left. */
    return *tree != NULL ? REDISC_OK
                         : redisc_json_fail(REDISC_ERROR_MEMORY, command, command != NULL,
                                            "no memory for the tree of %zu bytes", text.len);
}

redisc_status redisc_json_parse(redisc_str text, cJSON **tree)
{
    if (tree == NULL) {
        return redisc_json_fail(REDISC_ERROR_ARGUMENT, NULL, false, "`tree` is NULL");
    }
    return redisc_json_parse_for(NULL, text, tree);
}

/* Trees to texts */

/* A way through a tree, without recursion: the items from the root down to the present one. */
typedef struct json_way {
    const cJSON *items[CJSON_NESTING_LIMIT + 1];
    size_t depth; /* of the present one; the root's is 0 */
} json_way;

/* The place of the present item: $.a[2].b, cut at the end if need be. */
static void describe_place(const json_way *way, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "$");
    for (size_t i = 1; i <= way->depth && used < size; i++) {
        const cJSON *parent = way->items[i - 1];
        int more = 0;
        if (cJSON_IsObject(parent)) {
            const char *name = way->items[i]->string;
            more = snprintf(text + used, size - used, ".%s", name == NULL ? "" : name);
        } else {
            size_t place = 0;
            for (const cJSON *item = parent->child; item != way->items[i]; item = item->next) {
                place++;
            }
            more = snprintf(text + used, size - used, "[%zu]", place);
        }
        used += (size_t)more;
    }
}

/* Why an item has no text; NULL if it has one. */
static const char *fault_of(const json_way *way)
{
    const cJSON *item = way->items[way->depth];
    if (way->depth > 0 && cJSON_IsObject(way->items[way->depth - 1]) && item->string == NULL) {
        return "a member without a name";
    }
    switch (item->type & 0xFF) {
    case cJSON_False:
    case cJSON_True:
    case cJSON_NULL:
    case cJSON_Array:
    case cJSON_Object:
        return NULL;
    case cJSON_Number:
        return isfinite(item->valuedouble) ? NULL : "a number that is not finite";
    case cJSON_String:
        return item->valuestring == NULL ? "a string without a text" : NULL;
    case cJSON_Raw:
        return item->valuestring == NULL ? "raw JSON without a text" : NULL;
    default:
        return "an item without a type";
    }
}

/* Goes to the next item, downwards first; false if there is none. *deep: it is nested too deeply.
 */
static bool next_item(json_way *way, bool *deep)
{
    const cJSON *item = way->items[way->depth];
    bool holds = cJSON_IsArray(item) || cJSON_IsObject(item);
    if (holds && item->child != NULL) {
        if (way->depth == CJSON_NESTING_LIMIT) {
            *deep = true;
            return false;
        }
        way->items[++way->depth] = item->child;
        return true;
    }
    while (way->depth > 0 && way->items[way->depth]->next == NULL) {
        way->depth--;
    }
    if (way->depth == 0) {
        return false; /* the root's own neighbours are not part of it */
    }
    way->items[way->depth] = way->items[way->depth]->next;
    return true;
}

/* cJSON would write null for a number that is not finite, and recurse without a limit. */
static redisc_status check_tree(const char *command, const cJSON *tree)
{
    json_way way;
    way.depth = 0;
    way.items[0] = tree;
    bool deep = false;
    do {
        const char *what = fault_of(&way);
        if (what != NULL) {
            char place[PATH_SIZE];
            describe_place(&way, place, sizeof place);
            return redisc_json_fail(REDISC_ERROR_ARGUMENT, command, false, "%s at %s", what, place);
        }
    } while (next_item(&way, &deep));
    return deep ? redisc_json_fail(REDISC_ERROR_LIMIT, command, false,
                                   "the tree is nested deeper than %d", CJSON_NESTING_LIMIT)
                : REDISC_OK;
}

redisc_status redisc_json_print_for(const char *command, const cJSON *tree, char **text)
{
    *text = NULL;
    if (tree == NULL) {
        return redisc_json_fail(REDISC_ERROR_ARGUMENT, command, false, "the tree is NULL");
    }
    redisc_status status = check_tree(command, tree);
    if (status != REDISC_OK) {
        return status;
    }
    *text = cJSON_PrintUnformatted(tree);
    return *text != NULL ? REDISC_OK
                         : redisc_json_fail(REDISC_ERROR_MEMORY, command, false,
                                            "no memory for the text of a tree");
}

redisc_status redisc_json_print(const cJSON *tree, char **text)
{
    if (text == NULL) {
        return redisc_json_fail(REDISC_ERROR_ARGUMENT, NULL, false, "`text` is NULL");
    }
    return redisc_json_print_for(NULL, tree, text);
}
