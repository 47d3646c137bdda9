/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The dynamic reply: what scripts and commands called by their words give.
 *
 * A redisc_reply is a tree in one block. Free the root (which redisc_call() and its kin gave) with
 * redisc_free().
 */
#ifndef REDISC_REPLY_H
#define REDISC_REPLY_H

#include <redisc/status.h>
#include <redisc/str.h>

REDISC_BEGIN_DECLS

/** What a reply is. */
typedef enum redisc_reply_type {
    REDISC_REPLY_NIL = 0,      /**< nothing */
    REDISC_REPLY_STRING = 1,   /**< bulk or streamed string: text */
    REDISC_REPLY_STATUS = 2,   /**< simple string: text */
    REDISC_REPLY_ERROR = 3,    /**< error within an aggregate: text, kind */
    REDISC_REPLY_INTEGER = 4,  /**< integer */
    REDISC_REPLY_DOUBLE = 5,   /**< real */
    REDISC_REPLY_BOOLEAN = 6,  /**< boolean */
    REDISC_REPLY_BIG = 7,      /**< big number: text holds its digits */
    REDISC_REPLY_VERBATIM = 8, /**< verbatim string: text, without its format mark */
    REDISC_REPLY_ARRAY = 9,    /**< items */
    REDISC_REPLY_SET = 10,     /**< items */
    REDISC_REPLY_MAP = 11,     /**< items: key, value, key, value, … */
    REDISC_REPLY_PUSH = 12,    /**< items */
    REDISC_REPLY_TYPE_MAX_ = 0x7fffffff
} redisc_reply_type;

/** One value of a dynamic reply. */
typedef struct redisc_reply {
    redisc_reply_type type; /**< what it is, which tells what `as` holds */
    redisc_status kind;     /**< ERROR: its kind, REDISC_ERROR_WRONGTYPE … */
    union {
        redisc_str text; /**< STRING STATUS ERROR BIG VERBATIM */
        int64_t integer; /**< INTEGER */
        double real;     /**< DOUBLE */
        bool boolean;    /**< BOOLEAN */
        struct {
            const struct redisc_reply *items; /**< the first one */
            size_t count;                     /**< of items; a map's keys and values both count */
        } list;                               /**< ARRAY SET MAP PUSH */
    } as;                                     /**< the value, of the type */
} redisc_reply;

/** "nil", "string", "integer" …: for messages. */
REDISC_API const char *redisc_reply_type_name(redisc_reply_type type);

/*
 * Taking a reply apart. All of these fail with REDISC_ERROR_REPLY_TYPE, saying what was expected
 * and what the reply is, if it is of another type; if it is an error, they fail with that error.
 * What they give is zero then. NULL instead of a reply is REDISC_ERROR_ARGUMENT.
 */

/** The integer of an integer reply, or of a string that is one. */
REDISC_API redisc_status redisc_reply_integer(const redisc_reply *reply, int64_t *value);
/** The number of a double or integer reply, or of a string that is one. */
REDISC_API redisc_status redisc_reply_double(const redisc_reply *reply, double *value);
/** The boolean of a boolean reply, or of the integers 0 and 1. */
REDISC_API redisc_status redisc_reply_boolean(const redisc_reply *reply, bool *value);
/** The text of any string-like reply, nil for a nil. Borrowed from the reply. */
REDISC_API redisc_status redisc_reply_string(const redisc_reply *reply, redisc_str *value);

/**
 * The items of an array, set or push, or a map's keys and values in turn; none for a nil. Borrowed
 * from the reply.
 */
REDISC_API redisc_status redisc_reply_list(const redisc_reply *reply, const redisc_reply **items,
                                           size_t *count);
/**
 * The entries of a map, or of an array of names and values: entry i is items[2 * i], its value
 * items[2 * i + 1]; none for a nil. Borrowed from the reply.
 */
REDISC_API redisc_status redisc_reply_map(const redisc_reply *reply, const redisc_reply **items,
                                          size_t *pairs);
/** The value of a name in a map, or in an array of names and values; NULL if there is none.
 * Borrowed. */
REDISC_API const redisc_reply *redisc_reply_field(const redisc_reply *reply, redisc_str name);

/*
 * The same as results of their own, independent of the reply: free them with redisc_free(). A nil
 * gives NULL. An item of another type is an error that tells its place.
 */

/** A list of strings; items that are nil have `data` NULL. Numbers are not turned into text. */
REDISC_API redisc_status redisc_reply_str_list(const redisc_reply *reply,
                                               const redisc_str_list **list);
/** A list of integers: each item as redisc_reply_integer() takes it. */
REDISC_API redisc_status redisc_reply_integer_list(const redisc_reply *reply,
                                                   const redisc_integer_list **list);
/** A list of numbers: each item as redisc_reply_double() takes it. */
REDISC_API redisc_status redisc_reply_double_list(const redisc_reply *reply,
                                                  const redisc_double_list **list);
/** Names and values, both strings: a map, or an array of names and values. */
REDISC_API redisc_status redisc_reply_pair_list(const redisc_reply *reply,
                                                const redisc_pair_list **list);

REDISC_END_DECLS

#endif
