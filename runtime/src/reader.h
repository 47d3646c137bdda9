/* SPDX-License-Identifier: MIT */
/**
 * @file
 * From a parsed reply to a typed result. Generated readers are made of these pieces.
 *
 * A reader walks the nodes in order. Each take_ function takes one value (with all that belongs to
 * it), or fails: then `status` is set, the last error says what was expected, what came and where,
 * and every later take fails too, so callers may check once. Results are built in one block, whose
 * size the reader states first (redisc_reader_begin); if it guessed too small a further block is
 * chained, so a wrong guess costs an allocation and nothing else.
 */
#ifndef REDISC_SRC_READER_H
#define REDISC_SRC_READER_H

#include "error.h"
#include "node.h"

#include <redisc/reply.h>
#include <redisc/str.h>

#include <string.h>

typedef struct redisc_result redisc_result;

typedef struct redisc_reader {
    const redisc_node *at;  /* the next node */
    const redisc_node *end; /* behind the last one */
    redisc_parsed *reply;
    redisc_status status;        /* sticky */
    const redisc_result *result; /* the type being read */
    redisc_block *block;         /* the result's first block, NULL before redisc_reader_begin */
    char *room;                  /* free space in the newest block */
    char *room_end;
} redisc_reader;

/*
 * How the generated function's result is read: `read` fills the caller's variable of `size` bytes
 * at `out` (zeroed before; NULL only if there are 0 bytes). Returns false after setting in->status.
 */
struct redisc_result {
    size_t size;
    bool (*read)(redisc_reader *in, void *out);
    const char *what; /* the reply type's name: "string?", "list of scored" */
    unsigned given;   /* options of the call that decide on what its result has */
    bool small;       /* its reply is some bytes long, whatever the value: a number, OK */
};

/*
 * Reads a whole reply into the caller's variable. An error reply becomes its status. `out` may be
 * NULL: then the result is read and dropped. On failure *out is zero.
 */
redisc_status redisc_read_reply(redisc_parsed *reply, const redisc_result *result, void *out);

/* The slow ways of redisc_read_leaf(): for results of any size, and after failing. */
redisc_status redisc_read_other_leaf(redisc_reader *in, const redisc_result *result, void *out);
redisc_status redisc_read_leaf_failed(redisc_reader *in, const redisc_result *result, void *out);

/*
 * The same for one of many replies that redisc_parser_leaves() gave, with one reader for all of
 * them: `in` begins with nothing but its `reply`, which is filled but for `nodes` and `text`.
 */
static inline redisc_status redisc_read_leaf(redisc_reader *in, const redisc_node *leaf,
                                             const redisc_result *result, void *out)
{
    in->reply->nodes = leaf;
    in->reply->text = redisc_node_length(leaf) + 1; /* or less */
    in->at = leaf;
    in->end = leaf + 1;
    in->result = result;
    in->block = NULL;
    in->room = in->room_end = NULL;
    if (result->size != (out == NULL ? 0 : sizeof(uint64_t))) {
        return redisc_read_other_leaf(in, result, out);
    }
    if (out != NULL) {
        memset(out, 0, sizeof(uint64_t));
    }
    return result->read(in, out) ? REDISC_OK : redisc_read_leaf_failed(in, result, out);
}

/*
 * The same for one value within a reply (an item of EXEC's array): the nodes from `first` to its
 * end. *next, if not NULL, is the place of what follows. Large strings of that value go to its
 * result, so each value may be read once.
 */
redisc_status redisc_read_value(const redisc_parsed *reply, size_t first,
                                const redisc_result *result, void *out, size_t *next);

/* Fails: "expected an integer, got the string "abc" (item 3)". */
bool redisc_reader_mismatch(redisc_reader *in, const char *expected);

/* Steps over one value with all its children. */
bool redisc_reader_skip(redisc_reader *in);

/* The kind of the next value; NIL at the end. */
static inline redisc_node_type redisc_reader_peek(const redisc_reader *in)
{
    return in->at < in->end ? redisc_node_kind(in->at) : REDISC_NODE_NIL;
}

/* Takes a nil if one comes next: true if so. */
static inline bool redisc_take_nil(redisc_reader *in)
{
    if (in->at < in->end && redisc_node_kind(in->at) == REDISC_NODE_NIL) {
        in->at++;
        return true;
    }
    return false;
}

/* Starts the result: a zeroed payload of `size` bytes at the head of a block with `more` bytes of
 * room for what hangs on it. */
void *redisc_reader_begin(redisc_reader *in, size_t size, size_t more);
/* Room in the result, aligned for any type (`size` a multiple of nothing in particular), not
 * zeroed; NULL after failing. */
void *redisc_reader_room(redisc_reader *in, size_t size);

/* Scalars. */
bool redisc_take_integer(redisc_reader *in, int64_t *value);
bool redisc_take_unsigned(redisc_reader *in, uint64_t *value);
bool redisc_take_double(redisc_reader *in, double *value);
bool redisc_take_boolean(redisc_reader *in, bool *value);
bool redisc_take_optional_integer(redisc_reader *in, redisc_optional_integer *value);
bool redisc_take_optional_double(redisc_reader *in, redisc_optional_double *value);
bool redisc_take_optional_boolean(redisc_reader *in, redisc_optional_boolean *value);
/* Takes a string that must be `word`; a star at its end stands for all that begins so, one in front
 * for all that ends so. */
bool redisc_take_word(redisc_reader *in, const char *word);
/* Takes a string that is `yes` (true) or `no` (false), likewise. */
bool redisc_take_either(redisc_reader *in, const char *yes, const char *no, bool *value);

/* Strings, copied into the result with a NUL behind. Optional: nil gives data NULL. */
bool redisc_take_string(redisc_reader *in, redisc_str *value);
bool redisc_take_optional_string(redisc_reader *in, redisc_str *value);
/* The text of an error that stands within a reply in a value's place. */
bool redisc_take_error(redisc_reader *in, redisc_str *value);
/* The bytes where they are, not copied: for field names. Valid until the reply is consumed. */
bool redisc_take_view(redisc_reader *in, redisc_str *value);

/*
 * Opens an aggregate: array or set, and for maps both keys and values count. Its children are the
 * next values. redisc_take_optional_array: *is_nil tells whether nil came instead (then *count is
 * 0).
 */
bool redisc_take_array(redisc_reader *in, size_t *count);
bool redisc_take_optional_array(redisc_reader *in, size_t *count, bool *is_nil);
/*
 * Opens names and values: a map, a flat array of even length, or an array of pairs (*nested: each
 * entry is an array of two of its own, to be opened by redisc_take_pair_head). *count = number of
 * pairs.
 */
bool redisc_take_map(redisc_reader *in, size_t *count, bool *nested);
bool redisc_take_pair_head(redisc_reader *in);

/* Opens a list of records with `width` values each: nested or flat. *count = number of records,
 * *nested as it came. */
bool redisc_take_rows(redisc_reader *in, size_t width, size_t *count, bool *nested);
/* Opens one nested record of at least `width` values; *extra = how many more it has (skip them at
 * the end). */
bool redisc_take_row(redisc_reader *in, size_t width, size_t *extra);

/* Steps into what a value stands alone in: an array of one, or a map of one name with its value.
 * For a list that is so only if what stands alone is one, or nil. */
void redisc_enter_lone(redisc_reader *in, bool for_list);

/* Lists within a record, and the dynamic tree. */
bool redisc_take_str_list(redisc_reader *in, redisc_str_list *list);
bool redisc_take_optional_str_list(redisc_reader *in, redisc_str_list *list); /* items may be nil */
bool redisc_take_integer_list(redisc_reader *in, redisc_integer_list *list);
bool redisc_take_double_list(redisc_reader *in, redisc_double_list *list);
bool redisc_take_boolean_list(redisc_reader *in, redisc_boolean_list *list);
bool redisc_take_optional_integer_list(redisc_reader *in, redisc_optional_integer_list *list);
bool redisc_take_optional_double_list(redisc_reader *in, redisc_optional_double_list *list);
bool redisc_take_pair_list(redisc_reader *in, redisc_pair_list *list);
bool redisc_take_str_list_list(redisc_reader *in, redisc_str_list_list *list);
bool redisc_take_scored_list(redisc_reader *in, redisc_scored_list *list);
bool redisc_take_dynamic(redisc_reader *in, redisc_reply *value);

/*
 * Text forms. Splits "name=value name=value" at blanks: *rest is advanced; false at the end. A
 * value runs to the next blank.
 */
bool redisc_text_field(redisc_str *rest, redisc_str *name, redisc_str *value);
/* Splits off a line (without its CR LF or LF); false at the end. Empty lines are given too. */
bool redisc_text_line(redisc_str *rest, redisc_str *line);
/* Splits off the next name and value: "name:value" between blanks, or on a line of its own. What
 * has no `assign` is passed over; false at the end. */
bool redisc_text_pair(redisc_str *rest, char assign, redisc_str *name, redisc_str *value);
bool redisc_text_line_pair(redisc_str *rest, char assign, redisc_str *name, redisc_str *value);
/* Splits off what stands before the next `separator`, or all if it does not come. At the end:
 * false, and *part stays as it was. */
bool redisc_text_part(redisc_str *rest, char separator, redisc_str *part);
/* How many lines that are not empty, or parts, a text has. */
size_t redisc_count_lines(redisc_str text);
size_t redisc_count_parts(redisc_str text, char separator);
/* Numbers in a text; 0 and 1 for booleans. */
bool redisc_take_text_integer(redisc_reader *in, redisc_str text, int64_t *value);
bool redisc_take_text_unsigned(redisc_reader *in, redisc_str text, uint64_t *value);
bool redisc_take_text_double(redisc_reader *in, redisc_str text, double *value);
bool redisc_take_text_boolean(redisc_reader *in, redisc_str text, bool *value);
/* Takes an array of strings, or a text whose parts they are. */
bool redisc_take_words(redisc_reader *in, char separator, redisc_str_list *list);
/* A copy of a part of a text, in the result. */
bool redisc_reader_copy(redisc_reader *in, redisc_str part, redisc_str *copy);

/* Results of the built-in reply types, for generated functions. */
extern const redisc_result redisc_reads_ok;          /* ok            no out */
extern const redisc_result redisc_reads_closed;      /* no reply: the server closes */
extern const redisc_result redisc_reads_pong;        /* word:PONG     no out */
extern const redisc_result redisc_reads_optional_ok; /* ok?           bool */
extern const redisc_result redisc_reads_integer;     /* int64_t */
extern const redisc_result redisc_reads_optional_integer;
extern const redisc_result redisc_reads_unsigned; /* uint64_t */
extern const redisc_result redisc_reads_double;
extern const redisc_result redisc_reads_optional_double;
extern const redisc_result redisc_reads_boolean; /* bool */
extern const redisc_result redisc_reads_optional_boolean;
extern const redisc_result redisc_reads_string; /* const redisc_str * */
extern const redisc_result redisc_reads_optional_string;
extern const redisc_result redisc_reads_str_list;           /* const redisc_str_list * */
extern const redisc_result redisc_reads_optional_str_list;  /* [string]? : nil list gives NULL */
extern const redisc_result redisc_reads_str_list_with_nils; /* [string?] */
extern const redisc_result redisc_reads_integer_list;
extern const redisc_result redisc_reads_double_list;
extern const redisc_result redisc_reads_boolean_list;
extern const redisc_result redisc_reads_optional_integer_list; /* [integer?]? no: [integer?] */
extern const redisc_result redisc_reads_optional_double_list;  /* [double?] */
extern const redisc_result redisc_reads_pair_list;             /* {string} */
extern const redisc_result redisc_reads_optional_pair_list;    /* {string}? */
extern const redisc_result redisc_reads_str_list_list;
extern const redisc_result redisc_reads_scored_list; /* [scored] */
extern const redisc_result redisc_reads_dynamic;     /* const redisc_reply * */
extern const redisc_result
    redisc_reads_json_optional_double_list; /* [double?], or JSON text of it */

#endif
