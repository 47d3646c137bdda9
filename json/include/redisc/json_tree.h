/* SPDX-License-Identifier: MIT */
/**
 * @file
 * JSON documents as trees of cJSON: a library of its own, libredisc_json, so that redisc itself
 * needs no cJSON.
 *
 *     cJSON *user = NULL;
 *     redisc_json_get_tree(r, "user:1", &user);           // NULL: there is no such key
 *     cJSON_SetNumberValue(cJSON_GetObjectItem(user, "age"), 42);
 *     redisc_json_set_tree(r, "user:1", "$", user, NULL);
 *     cJSON_Delete(user);
 *
 * The commands are those of the JSON module; <redisc/commands_json.h> has them with texts. Trees
 * belong to the caller, who deletes them with cJSON_Delete(); memory for them comes from
 * cJSON_InitHooks().
 *
 * What a tree can't hold is an error, never a silent change: a NUL in a string, half a surrogate
 * pair, a number of more than 63 characters, nesting beyond CJSON_NESTING_LIMIT. Numbers are
 * doubles: integers beyond 2^53 lose digits.
 *
 * Functions that read need their reply at once. On a handle that collects calls (a pipeline, a
 * codec) they are refused with REDISC_ERROR_UNSUPPORTED, and nothing is queued: take the text there
 * with redisc_json_get() and give it to redisc_json_parse() after redisc_execute(). Functions that
 * only write run on every handle; the tree may be changed or deleted as soon as they return.
 *
 * Every function returns REDISC_OK, REDISC_QUEUED, or a failure, of which redisc_last_error() tells
 * more. A text that is no JSON is REDISC_ERROR_ENCODING, with line and column; nesting too deep is
 * REDISC_ERROR_LIMIT.
 *
 * Thread safety: that of the handle. A tree belongs to one thread at a time.
 */
#ifndef REDISC_JSON_TREE_H
#define REDISC_JSON_TREE_H

#include <redisc/commands_json.h>

#include <cjson/cJSON.h>

REDISC_BEGIN_DECLS

/**
 * Makes a tree of a JSON text.
 * @param text the whole of it has to be one JSON value; `data` NULL (nil) gives NULL
 * @param tree delete with cJSON_Delete(); NULL after a failure
 */
REDISC_API redisc_status redisc_json_parse(redisc_str text, cJSON **tree);

/**
 * Makes the shortest JSON text of a tree. A tree that has no text is REDISC_ERROR_ARGUMENT, saying
 * where: a number that is not finite, an item without a type, a member without a name.
 * @param text NUL-terminated; free with cJSON_free(); NULL after a failure
 */
REDISC_API redisc_status redisc_json_print(const cJSON *tree, char **text);

/**
 * JSON.GET key: the whole document.
 * @param tree NULL if there is no such key
 */
REDISC_API redisc_status redisc_json_get_tree(redisc *r, redisc_str key, cJSON **tree);

/**
 * JSON.GET key paths…: parts of a document.
 * @param options its paths; NULL for the whole document
 * @param tree with one path (`$.a`) an array of what it fits, with several an object of such arrays
 *     by path; NULL if there is no such key
 */
REDISC_API redisc_status redisc_json_get_tree_with(redisc *r, redisc_str key,
                                                   const redisc_json_get_options *options,
                                                   cJSON **tree);

/**
 * JSON.MGET keys… path: the same part of several documents.
 * @param trees an array of as many pointers as there are keys: an array of what the path fits, or
 *     NULL if there is no such key. Delete each one; after a failure all are NULL
 */
REDISC_API redisc_status redisc_json_mget_tree(redisc *r, redisc_str_list keys, redisc_str path,
                                               cJSON **trees);

/**
 * JSON.ARRPOP key: takes the last element of a document that is an array.
 * @param tree the element; NULL if the array is empty or there is no such key
 */
REDISC_API redisc_status redisc_json_arrpop_tree(redisc *r, redisc_str key, cJSON **tree);

/**
 * JSON.ARRPOP key path index: takes an element out of each array that a path fits.
 * @param options which ones; NULL for none
 * @param tree an array of the elements taken, with null for what is empty or no array
 */
REDISC_API redisc_status redisc_json_arrpop_tree_with(redisc *r, redisc_str key,
                                                      const redisc_json_arrpop_options *options,
                                                      cJSON **tree);

/**
 * JSON.SET key path value.
 * @param stored false if the path fits nothing; may be NULL
 */
REDISC_API redisc_status redisc_json_set_tree(redisc *r, redisc_str key, redisc_str path,
                                              const cJSON *value, bool *stored);

/**
 * JSON.SET with options.
 * @param options NULL for none
 * @param stored false if a condition does not hold or the path fits nothing; may be NULL
 */
REDISC_API redisc_status redisc_json_set_tree_with(redisc *r, redisc_str key, redisc_str path,
                                                   const cJSON *value,
                                                   const redisc_json_set_options *options,
                                                   bool *stored);

/** What to set where. */
typedef struct redisc_json_tree_setting {
    redisc_str key;     /**< the document */
    redisc_str path;    /**< a JSONPath; `$` is the whole document */
    const cJSON *value; /**< what to put there */
} redisc_json_tree_setting;

/** A list of them: REDISC_LIST(json_tree_setting, {.key = …}, …). */
typedef struct redisc_json_tree_setting_list {
    const redisc_json_tree_setting *items; /**< the first one */
    size_t count;                          /**< how many */
} redisc_json_tree_setting_list;

/**
 * JSON.MSET: sets values of several documents, all or none.
 * @param stored false if a path fits nothing; may be NULL
 */
REDISC_API redisc_status redisc_json_mset_tree(redisc *r, redisc_json_tree_setting_list settings,
                                               bool *stored);

/**
 * JSON.MERGE key path value: merges a value into a document as RFC 7396 has it; null deletes.
 * @param merged false if the path fits nothing; may be NULL
 */
REDISC_API redisc_status redisc_json_merge_tree(redisc *r, redisc_str key, redisc_str path,
                                                const cJSON *value, bool *merged);

/**
 * JSON.ARRAPPEND key path values…
 * @param values an array: its elements are appended, one by one
 * @param lengths as redisc_json_arrappend() gives them; free with redisc_free()
 */
REDISC_API redisc_status redisc_json_arrappend_tree(redisc *r, redisc_str key, redisc_str path,
                                                    const cJSON *values,
                                                    const redisc_optional_integer_list **lengths);

/**
 * JSON.ARRINSERT key path index values…
 * @param index the position before which they go, from 0; negative numbers count from the end
 * @param values an array: its elements are inserted, one by one
 * @param lengths as redisc_json_arrinsert() gives them; free with redisc_free()
 */
REDISC_API redisc_status redisc_json_arrinsert_tree(redisc *r, redisc_str key, redisc_str path,
                                                    int64_t index, const cJSON *values,
                                                    const redisc_optional_integer_list **lengths);

/**
 * JSON.ARRINDEX key path value: finds a value in arrays.
 * @param indexes as redisc_json_arrindex() gives them; free with redisc_free()
 */
REDISC_API redisc_status redisc_json_arrindex_tree(redisc *r, redisc_str key, redisc_str path,
                                                   const cJSON *value,
                                                   const redisc_optional_integer_list **indexes);

REDISC_END_DECLS

#if REDISC_MACROS
/** @cond The same functions with C strings. */
#define redisc_json_parse(text, tree) redisc_json_parse(REDISC_STR(text), (tree))
#define redisc_json_get_tree(r, key, tree) redisc_json_get_tree((r), REDISC_STR(key), (tree))
#define redisc_json_get_tree_with(r, key, ...)                                                     \
    redisc_json_get_tree_with((r), REDISC_STR(key), __VA_ARGS__)
#define redisc_json_mget_tree(r, keys, path, trees)                                                \
    redisc_json_mget_tree((r), (keys), REDISC_STR(path), (trees))
#define redisc_json_arrpop_tree(r, key, tree) redisc_json_arrpop_tree((r), REDISC_STR(key), (tree))
#define redisc_json_arrpop_tree_with(r, key, ...)                                                  \
    redisc_json_arrpop_tree_with((r), REDISC_STR(key), __VA_ARGS__)
#define redisc_json_set_tree(r, key, path, ...)                                                    \
    redisc_json_set_tree((r), REDISC_STR(key), REDISC_STR(path), __VA_ARGS__)
#define redisc_json_set_tree_with(r, key, path, ...)                                               \
    redisc_json_set_tree_with((r), REDISC_STR(key), REDISC_STR(path), __VA_ARGS__)
#define redisc_json_merge_tree(r, key, path, ...)                                                  \
    redisc_json_merge_tree((r), REDISC_STR(key), REDISC_STR(path), __VA_ARGS__)
#define redisc_json_arrappend_tree(r, key, path, ...)                                              \
    redisc_json_arrappend_tree((r), REDISC_STR(key), REDISC_STR(path), __VA_ARGS__)
#define redisc_json_arrinsert_tree(r, key, path, ...)                                              \
    redisc_json_arrinsert_tree((r), REDISC_STR(key), REDISC_STR(path), __VA_ARGS__)
#define redisc_json_arrindex_tree(r, key, path, ...)                                               \
    redisc_json_arrindex_tree((r), REDISC_STR(key), REDISC_STR(path), __VA_ARGS__)
/** @endcond */
#endif

#endif
