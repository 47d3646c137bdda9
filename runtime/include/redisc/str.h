/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The small value types that commands take and give: strings, lists, optional numbers.
 *
 * All of them are plain values. As arguments they only borrow what they point to, for the time of
 * the call. In results they belong to the result's block, which redisc_free() releases.
 */
#ifndef REDISC_STR_H
#define REDISC_STR_H

#include <redisc/export.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#include <cstring>
#include <string>
#endif

/**
 * Bytes with their length: binary-safe. In results `data` has a NUL after its last byte, which
 * `len` does not count. `data == NULL` means nil or absent; the empty string has data and len 0.
 */
typedef struct redisc_str {
    const char *data; /**< the bytes; NULL is nil */
    size_t len;       /**< how many */
#ifdef __cplusplus
    redisc_str() : data(nullptr), len(0)
    {
    }
    redisc_str(const char *bytes, size_t length) : data(bytes), len(length)
    {
    }
    redisc_str(const char *text) : data(text), len(text == nullptr ? 0 : std::strlen(text))
    {
    }
    redisc_str(const std::string &text) : data(text.data()), len(text.size())
    {
    }
#endif
} redisc_str;

/** @p len bytes at @p data, which may hold NULs; borrowed. */
static inline redisc_str redisc_bytes(const void *data, size_t len)
{
    redisc_str s;
    s.data = (const char *)data;
    s.len = len;
    return s;
}

/** A NUL-terminated string, borrowed; nil for NULL. */
static inline redisc_str redisc_text(const char *text)
{
    return redisc_bytes(text, text == NULL ? 0 : strlen(text));
}

/** The string itself: one leg of REDISC_STR. */
static inline redisc_str redisc_str_itself(redisc_str s)
{
    return s;
}

/** What a pointer to a string points to, nil for NULL: lets a result be an argument again. */
static inline redisc_str redisc_str_at(const redisc_str *s)
{
    return s == NULL ? redisc_bytes(NULL, 0) : *s;
}

/** Whether both hold the same bytes (or both are nil). */
static inline bool redisc_str_equal(redisc_str a, redisc_str b)
{
    if (a.len != b.len || (a.data == NULL) != (b.data == NULL)) {
        return false;
    }
    return a.len == 0 || memcmp(a.data, b.data, a.len) == 0;
}

/** Names and values: a hash's fields, a configuration, MSET's keys. */
typedef struct redisc_pair {
    redisc_str key;   /**< the name */
    redisc_str value; /**< its value */
} redisc_pair;

/** A member of a sorted set with its score. */
typedef struct redisc_scored {
    double score;      /**< may be infinite, never NaN from a server */
    redisc_str member; /**< the member */
} redisc_scored;

/** A bound of a range of scores. Infinity (math.h's INFINITY) is no bound. */
typedef struct redisc_score_bound {
    double score;   /**< the score */
    bool exclusive; /**< true: without the score itself */
} redisc_score_bound;

/** The score itself is within the range. */
static inline redisc_score_bound redisc_score(double score)
{
    redisc_score_bound bound;
    bound.score = score;
    bound.exclusive = false;
    return bound;
}

/** Everything up to the score (or from it), but not the score itself. */
static inline redisc_score_bound redisc_score_exclusive(double score)
{
    redisc_score_bound bound;
    bound.score = score;
    bound.exclusive = true;
    return bound;
}

/** An integer that may be absent. */
typedef struct redisc_optional_integer {
    bool has_value; /**< false: nil, or not given; then value is 0 */
    int64_t value;  /**< the integer */
} redisc_optional_integer;

/** A double that may be absent. */
typedef struct redisc_optional_double {
    bool has_value; /**< false: nil, or not given; then value is 0 */
    double value;   /**< the number */
} redisc_optional_double;

/** A boolean that may be absent. */
typedef struct redisc_optional_boolean {
    bool has_value; /**< false: nil, or not given; then value is false */
    bool value;     /**< the boolean */
} redisc_optional_boolean;

/** A present integer, for option fields where 0 means something: `.block = redisc_integer(0)`. */
static inline redisc_optional_integer redisc_integer(int64_t value)
{
    redisc_optional_integer present;
    present.has_value = true;
    present.value = value;
    return present;
}

/** A present double, for option fields. */
static inline redisc_optional_double redisc_double(double value)
{
    redisc_optional_double present;
    present.has_value = true;
    present.value = value;
    return present;
}

/** Declares redisc_<name>_list, a counted array of @p item; the same type serves arguments and
 * results. */
#define REDISC_DECLARE_LIST(name, item)                                                            \
    typedef struct redisc_##name##_list {                                                          \
        const item *items; /**< the items; may be NULL if count is 0 */                            \
        size_t count;      /**< how many */                                                        \
    } redisc_##name##_list

/** Strings; in results of commands that may answer nil for an item, that item's data is NULL. */
REDISC_DECLARE_LIST(str, redisc_str);
/** Integers. */
REDISC_DECLARE_LIST(integer, int64_t);
/** Doubles. */
REDISC_DECLARE_LIST(double, double);
/** Booleans. */
REDISC_DECLARE_LIST(boolean, bool);
/** Names and values, in the server's order. */
REDISC_DECLARE_LIST(pair, redisc_pair);
/** Members with their scores. */
REDISC_DECLARE_LIST(scored, redisc_scored);
/** Integers of which some may be nil. */
REDISC_DECLARE_LIST(optional_integer, redisc_optional_integer);
/** Doubles of which some may be nil. */
REDISC_DECLARE_LIST(optional_double, redisc_optional_double);
/** Lists of strings. */
REDISC_DECLARE_LIST(str_list, redisc_str_list);

/**
 * The value of a name in a list of pairs, nil if it isn't there (the first one if it is there more
 * than once). Compares one by one.
 */
static inline redisc_str redisc_pair_value(const redisc_pair_list *pairs, redisc_str key)
{
    size_t i;
    for (i = 0; pairs != NULL && i < pairs->count; i++) {
        if (redisc_str_equal(pairs->items[i].key, key)) {
            return pairs->items[i].value;
        }
    }
    return redisc_bytes(NULL, 0);
}

#if REDISC_MACROS

/** Any string as redisc_str: a C string, a redisc_str, or a pointer to one. */
#define REDISC_STR(s)                                                                              \
    _Generic((s), char *                                                                           \
             : redisc_text, const char *                                                           \
             : redisc_text, redisc_str                                                             \
             : redisc_str_itself, redisc_str *                                                     \
             : redisc_str_at, const redisc_str *                                                   \
             : redisc_str_at)(s)

/**
 * A list of structs from its items: REDISC_LIST(scored, {.score = 1, .member = REDISC_STR("a")},
 * …). Lives as long as the enclosing block.
 */
#define REDISC_LIST(name, ...)                                                                     \
    ((redisc_##name##_list){(const redisc_##name[]){__VA_ARGS__},                                  \
                            sizeof((const redisc_##name[]){__VA_ARGS__}) / sizeof(redisc_##name)})

/** A redisc_integer_list from integers; lives as long as the enclosing block. */
#define REDISC_INTEGERS(...)                                                                       \
    ((redisc_integer_list){(const int64_t[]){__VA_ARGS__},                                         \
                           sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)})

/** A redisc_double_list from doubles; lives as long as the enclosing block. */
#define REDISC_DOUBLES(...)                                                                        \
    ((redisc_double_list){(const double[]){__VA_ARGS__},                                           \
                          sizeof((const double[]){__VA_ARGS__}) / sizeof(double)})

/**
 * A redisc_str_list from up to 64 strings of any kind that REDISC_STR takes:
 * REDISC_STRS("a", "b"). Lives as long as the enclosing block.
 */
#define REDISC_STRS(...)                                                                           \
    ((redisc_str_list){(const redisc_str[]){REDISC_EACH_STR_(__VA_ARGS__)},                        \
                       sizeof((const redisc_str[]){REDISC_EACH_STR_(__VA_ARGS__)}) /               \
                           sizeof(redisc_str)})

/**
 * A redisc_pair_list from up to 32 names and values, in turn: REDISC_PAIRS("name", "Ann", "age",
 * "7"). An odd number of strings does not compile. Lives as long as the enclosing block.
 */
#define REDISC_PAIRS(...)                                                                          \
    ((redisc_pair_list){(const redisc_pair[]){REDISC_EACH_PAIR_(__VA_ARGS__)},                     \
                        sizeof((const redisc_pair[]){REDISC_EACH_PAIR_(__VA_ARGS__)}) /            \
                            sizeof(redisc_pair)})

/**
 * A redisc_scored_list from up to 32 scores and members, in turn: REDISC_SCORED(1, "one", 2.5,
 * "two"). Lives as long as the enclosing block.
 */
#define REDISC_SCORED(...)                                                                         \
    ((redisc_scored_list){(const redisc_scored[]){REDISC_EACH_SCORED_(__VA_ARGS__)},               \
                          sizeof((const redisc_scored[]){REDISC_EACH_SCORED_(__VA_ARGS__)}) /      \
                              sizeof(redisc_scored)})

/** No string: nil, for an argument or an item. */
#define REDISC_NIL ((redisc_str){NULL, 0})

#include <redisc/each.h>

#endif

#ifdef __cplusplus
/** Any string as redisc_str. */
inline redisc_str REDISC_STR(redisc_str s)
{
    return s;
}
#endif

#endif
