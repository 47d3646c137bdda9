/* SPDX-License-Identifier: MIT */
/* The commands of <redisc/json_tree.h>: the generated functions, with trees in the texts' place. */
#define REDISC_NO_MACROS
#include "json_text.h"

#include <redisc/json_tree.h>

#include <string.h>

/* Reading */

/* Whether a tree can be made right after the call; if not, that is an error. */
static redisc_status check_reading(const char *command, redisc *r, const void *out)
{
    if (out == NULL) {
        return redisc_json_fail(REDISC_ERROR_ARGUMENT, command, false,
                                "the pointer to the result is NULL");
    }
    if (redisc_is_collecting(r)) {
        return redisc_json_fail(REDISC_ERROR_UNSUPPORTED, command, false,
                                "this handle collects calls, and a tree is made when the reply is "
                                "there: take the text, and give it to redisc_json_parse()");
    }
    return REDISC_OK;
}

/* The tree of a reply, which is freed. */
static redisc_status parse_reply(const char *command, const redisc_str *text, cJSON **tree)
{
    redisc_status status = text == NULL ? REDISC_OK : redisc_json_parse_for(command, *text, tree);
    redisc_free(text);
    return status;
}

redisc_status redisc_json_get_tree_with(redisc *r, redisc_str key,
                                        const redisc_json_get_options *options, cJSON **tree)
{
    redisc_status status = check_reading("JSON.GET", r, tree);
    if (status != REDISC_OK) {
        return status;
    }
    *tree = NULL;
    const redisc_str *text = NULL;
    status = redisc_json_get_with(r, key, options, &text);
    return status == REDISC_OK ? parse_reply("JSON.GET", text, tree) : status;
}

redisc_status redisc_json_get_tree(redisc *r, redisc_str key, cJSON **tree)
{
    return redisc_json_get_tree_with(r, key, NULL, tree);
}

/* Trees of some texts, or none at all. */
static redisc_status parse_all(const char *command, const redisc_str_list *texts, cJSON **trees)
{
    for (size_t i = 0; i < texts->count; i++) {
        redisc_status status = redisc_json_parse_for(command, texts->items[i], &trees[i]);
        if (status != REDISC_OK) {
            while (i-- > 0) {
                cJSON_Delete(trees[i]);
                trees[i] = NULL;
            }
            return status;
        }
    }
    return REDISC_OK;
}

redisc_status redisc_json_mget_tree(redisc *r, redisc_str_list keys, redisc_str path, cJSON **trees)
{
    redisc_status status = check_reading("JSON.MGET", r, trees);
    if (status != REDISC_OK) {
        return status;
    }
    for (size_t i = 0; i < keys.count; i++) {
        trees[i] = NULL;
    }
    const redisc_str_list *texts = NULL;
    status = redisc_json_mget(r, keys, path, &texts);
    if (status != REDISC_OK) {
        return status;
    }
    if (texts->count != keys.count) {
        status = redisc_json_fail(REDISC_ERROR_REPLY_TYPE, "JSON.MGET", true,
                                  "%zu values came for %zu keys", texts->count, keys.count);
    } else {
        status = parse_all("JSON.MGET", texts, trees);
    }
    redisc_free(texts);
    return status;
}

redisc_status redisc_json_arrpop_tree(redisc *r, redisc_str key, cJSON **tree)
{
    redisc_status status = check_reading("JSON.ARRPOP", r, tree);
    if (status != REDISC_OK) {
        return status;
    }
    *tree = NULL;
    const redisc_str *text = NULL;
    status = redisc_json_arrpop(r, key, &text);
    return status == REDISC_OK ? parse_reply("JSON.ARRPOP", text, tree) : status;
}

/* Appends the tree of a text, or null, to an array. */
static redisc_status append_parsed(const char *command, cJSON *array, redisc_str text)
{
    cJSON *item = NULL;
    redisc_status status = redisc_json_parse_for(command, text, &item);
    if (status == REDISC_OK && item == NULL) {
        item = cJSON_CreateNull();
    }
    if (status == REDISC_OK && !cJSON_AddItemToArray(array, item)) {
        status = redisc_json_fail(REDISC_ERROR_MEMORY, command, true, "no memory for a tree");
    }
    return status;
}

redisc_status redisc_json_arrpop_tree_with(redisc *r, redisc_str key,
                                           const redisc_json_arrpop_options *options, cJSON **tree)
{
    redisc_status status = check_reading("JSON.ARRPOP", r, tree);
    if (status != REDISC_OK) {
        return status;
    }
    *tree = NULL;
    /* Before anything is taken out of the document. */
    cJSON *array = cJSON_CreateArray();
    if (array == NULL) {
        return redisc_json_fail(REDISC_ERROR_MEMORY, "JSON.ARRPOP", false, "no memory for a tree");
    }
    const redisc_str_list *texts = NULL;
    status = redisc_json_arrpop_with(r, key, options, &texts);
    for (size_t i = 0; texts != NULL && i < texts->count && status == REDISC_OK; i++) {
        status = append_parsed("JSON.ARRPOP", array, texts->items[i]);
    }
    redisc_free(texts);
    if (status != REDISC_OK) {
        cJSON_Delete(array);
        return status;
    }
    *tree = array;
    return REDISC_OK;
}

/* Writing */

static redisc_str str_of(const char *text)
{
    return (redisc_str){text, strlen(text)};
}

redisc_status redisc_json_set_tree_with(redisc *r, redisc_str key, redisc_str path,
                                        const cJSON *value, const redisc_json_set_options *options,
                                        bool *stored)
{
    char *text = NULL;
    redisc_status status = redisc_json_print_for("JSON.SET", value, &text);
    if (status == REDISC_OK) {
        status = redisc_json_set_with(r, key, path, str_of(text), options, stored);
    } else if (stored != NULL) {
        *stored = false;
    }
    cJSON_free(text);
    return status;
}

redisc_status redisc_json_set_tree(redisc *r, redisc_str key, redisc_str path, const cJSON *value,
                                   bool *stored)
{
    return redisc_json_set_tree_with(r, key, path, value, NULL, stored);
}

redisc_status redisc_json_merge_tree(redisc *r, redisc_str key, redisc_str path, const cJSON *value,
                                     bool *merged)
{
    char *text = NULL;
    redisc_status status = redisc_json_print_for("JSON.MERGE", value, &text);
    if (status == REDISC_OK) {
        status = redisc_json_merge(r, key, path, str_of(text), merged);
    } else if (merged != NULL) {
        *merged = false;
    }
    cJSON_free(text);
    return status;
}

redisc_status redisc_json_arrindex_tree(redisc *r, redisc_str key, redisc_str path,
                                        const cJSON *value,
                                        const redisc_optional_integer_list **indexes)
{
    char *text = NULL;
    redisc_status status = redisc_json_print_for("JSON.ARRINDEX", value, &text);
    if (status == REDISC_OK) {
        status = redisc_json_arrindex(r, key, path, str_of(text), indexes);
    } else if (indexes != NULL) {
        *indexes = NULL;
    }
    cJSON_free(text);
    return status;
}

/* Memory for some items of a list, all zero. NULL is an error, told. */
static void *make_items(const char *command, size_t count, size_t size)
{
    void *items = count > 0 && size <= SIZE_MAX / count ? cJSON_malloc(count * size) : NULL;
    if (items == NULL) {
        redisc_json_fail(REDISC_ERROR_MEMORY, command, false, "no memory for %zu texts", count);
        return NULL;
    }
    return memset(items, 0, count * size);
}

static void free_texts(redisc_str *texts, size_t count)
{
    for (size_t i = 0; texts != NULL && i < count; i++) {
        cJSON_free((void *)(uintptr_t)texts[i].data);
    }
    cJSON_free(texts);
}

/* The texts of an array's elements; free them with free_texts(), after a failure too. */
static redisc_status print_elements(const char *command, const cJSON *array, redisc_str **texts,
                                    size_t *count)
{
    *texts = NULL;
    *count = 0;
    if (!cJSON_IsArray(array) || array->child == NULL) {
        return redisc_json_fail(REDISC_ERROR_ARGUMENT, command, false,
                                "`values` has to be an array that is not empty");
    }
    for (const cJSON *item = array->child; item != NULL; item = item->next) {
        ++*count;
    }
    *texts = make_items(command, *count, sizeof **texts);
    if (*texts == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    redisc_status status = REDISC_OK;
    redisc_str *next = *texts;
    for (const cJSON *item = array->child; item != NULL && status == REDISC_OK; item = item->next) {
        char *text = NULL;
        status = redisc_json_print_for(command, item, &text);
        *next++ = text == NULL ? (redisc_str){NULL, 0} : str_of(text);
    }
    return status;
}

redisc_status redisc_json_arrappend_tree(redisc *r, redisc_str key, redisc_str path,
                                         const cJSON *values,
                                         const redisc_optional_integer_list **lengths)
{
    redisc_str *texts;
    size_t count;
    redisc_status status = print_elements("JSON.ARRAPPEND", values, &texts, &count);
    if (status == REDISC_OK) {
        status = redisc_json_arrappend(r, key, path, (redisc_str_list){texts, count}, lengths);
    } else if (lengths != NULL) {
        *lengths = NULL;
    }
    free_texts(texts, count);
    return status;
}

redisc_status redisc_json_arrinsert_tree(redisc *r, redisc_str key, redisc_str path, int64_t index,
                                         const cJSON *values,
                                         const redisc_optional_integer_list **lengths)
{
    redisc_str *texts;
    size_t count;
    redisc_status status = print_elements("JSON.ARRINSERT", values, &texts, &count);
    if (status == REDISC_OK) {
        status =
            redisc_json_arrinsert(r, key, path, index, (redisc_str_list){texts, count}, lengths);
    } else if (lengths != NULL) {
        *lengths = NULL;
    }
    free_texts(texts, count);
    return status;
}

/* The settings with texts; those that were made are freed by the caller, after a failure too. */
static redisc_status print_settings(redisc_json_tree_setting_list given, redisc_json_setting *items)
{
    redisc_status status = REDISC_OK;
    for (size_t i = 0; i < given.count && status == REDISC_OK; i++) {
        char *text = NULL;
        status = redisc_json_print_for("JSON.MSET", given.items[i].value, &text);
        items[i].key = given.items[i].key;
        items[i].path = given.items[i].path;
        items[i].value = text == NULL ? (redisc_str){NULL, 0} : str_of(text);
    }
    return status;
}

redisc_status redisc_json_mset_tree(redisc *r, redisc_json_tree_setting_list settings, bool *stored)
{
    if (stored != NULL) {
        *stored = false;
    }
    if (settings.count == 0 || settings.items == NULL) {
        return redisc_json_fail(REDISC_ERROR_ARGUMENT, "JSON.MSET", false, "`settings` is empty");
    }
    redisc_json_setting *items = make_items("JSON.MSET", settings.count, sizeof *items);
    if (items == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    redisc_status status = print_settings(settings, items);
    if (status == REDISC_OK) {
        redisc_json_setting_list list = {items, settings.count};
        status = redisc_json_mset(r, list, stored);
    }
    for (size_t i = 0; i < settings.count; i++) {
        cJSON_free((void *)(uintptr_t)items[i].value.data);
    }
    cJSON_free(items);
    return status;
}
