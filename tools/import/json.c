/* SPDX-License-Identifier: MIT */
/* A command's facts as JSON: names, numbers and structure, nothing that was written for people. */
#include "facts.h"

#include <stdlib.h>

/* Adds an item to an object; without memory for either, the object is given up. */
static cJSON *with(cJSON *object, const char *key, cJSON *item)
{
    if (object == NULL || item == NULL || !cJSON_AddItemToObject(object, key, item)) {
        cJSON_Delete(item);
        cJSON_Delete(object);
        return NULL;
    }
    return object;
}

static cJSON *with_item(cJSON *array, cJSON *item)
{
    if (array == NULL || item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        cJSON_Delete(array);
        return NULL;
    }
    return array;
}

static cJSON *with_number(cJSON *object, const char *key, int64_t number)
{
    return with(object, key, cJSON_CreateNumber((double)number));
}

/* Only if there is such a string; in results they end with a NUL. */
static cJSON *with_text(cJSON *object, const char *key, redisc_str text)
{
    return text.data == NULL ? object : with(object, key, cJSON_CreateString(text.data));
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Words in the order of the alphabet, since servers give them in any. */
static cJSON *sorted_words(redisc_str_list list)
{
    const char **texts = calloc(list.count == 0 ? 1 : list.count, sizeof *texts);
    cJSON *array = texts == NULL ? NULL : cJSON_CreateArray();
    for (size_t i = 0; array != NULL && i < list.count; i++) {
        texts[i] = list.items[i].data == NULL ? "" : list.items[i].data;
    }
    if (array != NULL && list.count > 1) {
        qsort(texts, list.count, sizeof *texts, by_text);
    }
    for (size_t i = 0; array != NULL && i < list.count; i++) {
        array = with_item(array, cJSON_CreateString(texts[i]));
    }
    free(texts);
    return array;
}

static cJSON *with_words(cJSON *object, const char *key, redisc_str_list list)
{
    return list.count == 0 ? object : with(object, key, sorted_words(list));
}

static bool is(redisc_str text, const char *expected)
{
    return redisc_str_equal(text, redisc_text(expected));
}

static cJSON *with_begin(cJSON *object, const redisc_key_spec_begin *begin)
{
    cJSON *spec = cJSON_CreateObject();
    if (is(begin->type, "index")) {
        spec = with_number(spec, "index", begin->values.index);
    } else if (is(begin->type, "keyword")) {
        spec = with_text(spec, "keyword", begin->values.keyword);
        spec = with_number(spec, "startfrom", begin->values.startfrom);
    }
    cJSON *search = with_text(cJSON_CreateObject(), "type", begin->type);
    return with(object, "begin_search", with(search, "spec", spec));
}

static cJSON *with_find(cJSON *object, const redisc_key_spec_find *find)
{
    cJSON *spec = cJSON_CreateObject();
    if (is(find->type, "range")) {
        spec = with_number(spec, "lastkey", find->values.lastkey);
        spec = with_number(spec, "keystep", find->values.keystep);
        spec = with_number(spec, "limit", find->values.limit);
    } else if (is(find->type, "keynum")) {
        spec = with_number(spec, "keynumidx", find->values.keynumidx);
        spec = with_number(spec, "firstkey", find->values.firstkey);
        spec = with_number(spec, "keystep", find->values.keystep);
    }
    cJSON *search = with_text(cJSON_CreateObject(), "type", find->type);
    return with(object, "find_keys", with(search, "spec", spec));
}

static cJSON *json_of_key_specs(redisc_key_spec_list list)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; array != NULL && i < list.count; i++) {
        const redisc_key_spec *spec = &list.items[i];
        cJSON *object = with(cJSON_CreateObject(), "flags", sorted_words(spec->flags));
        array =
            with_item(array, with_find(with_begin(object, &spec->begin_search), &spec->find_keys));
    }
    return array;
}

/* As deep as the server's tree: the parser bounds that. */
static cJSON *json_of_arguments(redisc_command_argument_list list)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; array != NULL && i < list.count; i++) {
        const redisc_command_argument *argument = &list.items[i];
        cJSON *object = with_text(cJSON_CreateObject(), "name", argument->name);
        object = with_text(object, "type", argument->type);
        object = with_text(object, "token", argument->token);
        object = with_words(object, "flags", argument->flags);
        if (argument->key_spec_index.has_value) {
            object = with_number(object, "key_spec_index", argument->key_spec_index.value);
        }
        object = with_text(object, "since", argument->since);
        object = with_text(object, "deprecated_since", argument->deprecated_since);
        if (argument->arguments.count != 0) {
            object = with(object, "arguments", json_of_arguments(argument->arguments));
        }
        array = with_item(array, object);
    }
    return array;
}

static cJSON *with_docs(cJSON *object, const redisc_command_documentation *docs)
{
    object = with_text(object, "group", docs->group);
    object = with_text(object, "module", docs->module);
    object = with_text(object, "since", docs->since);
    object = with_text(object, "deprecated_since", docs->deprecated_since);
    object = with_words(object, "doc_flags", docs->doc_flags);
    if (docs->history.count != 0) {
        cJSON *history = cJSON_CreateArray();
        for (size_t i = 0; history != NULL && i < docs->history.count; i++) {
            history = with_item(history, cJSON_CreateString(docs->history.items[i].version.data));
        }
        object = with(object, "history", history);
    }
    if (docs->arguments.count != 0) {
        object = with(object, "arguments", json_of_arguments(docs->arguments));
    }
    return object;
}

cJSON *json_of_command(const redisc_command_details *command,
                       const redisc_command_documentation *docs)
{
    cJSON *object = with_number(cJSON_CreateObject(), "arity", command->arity);
    object = with(object, "flags", sorted_words(command->flags));
    if (command->key_specs.count != 0) {
        object = with(object, "key_specs", json_of_key_specs(command->key_specs));
    } else if (command->first_key != 0) {
        object = with_number(object, "first_key", command->first_key);
        object = with_number(object, "last_key", command->last_key);
        object = with_number(object, "step", command->step);
    }
    object = with_words(object, "tips", command->tips);
    return docs == NULL ? object : with_docs(object, docs);
}
