/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A command under way: the generated function encodes it straight into the handle's output, then
 * hands it over.
 *
 *     redisc_operation c;
 *     if (!redisc_operation_begin(&c, r, &command_set, 3, redisc_room_str(key) +
 * redisc_room_str(value))) { return c.status;
 *     }
 *     redisc_put_key(&c, key, "key");
 *     redisc_put_str(&c, value, "value");
 *     return redisc_operation_end(&c, &redisc_reads_ok, NULL);
 *
 * Room is reserved once, for the whole command, so the put_ functions check nothing but their own
 * argument. Strings of REDISC_LARGE bytes and more are not copied where the handle sends at once.
 */
#ifndef REDISC_SRC_COMMAND_H
#define REDISC_SRC_COMMAND_H

#include "buffer.h"
#include "copy.h"
#include "number.h"
#include "reader.h"

#include <redisc/handle.h>

enum {
    REDISC_LARGE = 16 * 1024, /* strings from here on are sent from where they are */
    REDISC_LARGE_MAX = 8, /* how many of them one command may refer to; further ones are copied */
    REDISC_LENGTHS = 1024 /* lengths below it come from a table */
};

/* What the specification knows of a command. */
enum {
    REDISC_COMMAND_READONLY = 1 << 0,
    REDISC_COMMAND_REPEATABLE =
        1 << 1, /* running it twice does no harm; read-only ones are it too */
    REDISC_COMMAND_BLOCKING =
        1 << 2, /* may wait on the server: redisc_operation_wait() says how long */
    REDISC_COMMAND_CONNECTION =
        1 << 3,                    /* changes the state of its connection: not on a pooled client */
    REDISC_COMMAND_SCRIPT = 1 << 4 /* may run code whose errors look like the server's own */
};

typedef struct redisc_operation_info {
    const char *name;  /* "CLIENT LIST" */
    const char *words; /* "$6\r\nCLIENT\r\n$4\r\nLIST\r\n" */
    uint32_t words_len;
    uint32_t flags;
    const char *state; /* CONNECTION: why it is refused on a pooled client; else NULL */
} redisc_operation_info;

/* A string that is sent from the caller's memory: it belongs between the bytes before and after
 * `offset`. */
typedef struct redisc_large {
    size_t offset; /* into the command's bytes */
    redisc_str bytes;
} redisc_large;

typedef struct redisc_operation {
    char *at;  /* where the next byte goes */
    char *end; /* end of the reserved room */
    redisc *handle;
    const redisc_operation_info *info;
    redisc_buffer *out;   /* where it is encoded */
    size_t start;         /* offset of its first byte in out->data */
    redisc_status status; /* sticky */
    bool copies;          /* the handle keeps the bytes: large strings are copied */
    bool slotted;         /* the handle wants the hash slot of the keys */
    int32_t slot;         /* of the first key; -1: no key yet */
    int64_t wait_ms;      /* a blocking command's own time-out; 0 for ever, -1 doesn't block */
    int64_t begun_ms;     /* when it began, for the handles that have a deadline */
    void *place;          /* the handle's own: the connection it encodes for */
    uint16_t large_count;
    uint16_t tries; /* that have failed before it was begun */
    redisc_large large[REDISC_LARGE_MAX];
} redisc_operation;

/* What a kind of handle can do. */
typedef struct redisc_handle_class {
    const char *name; /* "client", "connection", "codec" */
    /*
     * Prepares c->out (with everything before this command left alone), c->copies, c->slotted,
     * c->place. c->info is set. May connect. False: c->status and the last error are set, and there
     * is no end() or abandon() to follow.
     */
    bool (*begin)(redisc_operation *c);
    /* Sends and reads, or queues. The bytes are out->data[c->start … out->end). Fills `out` if it
     * answers REDISC_OK; it is zeroed. */
    redisc_status (*end)(redisc_operation *c, const redisc_result *result, void *out);
    /* An argument was bad: cut out->end back to c->start and forget it. */
    void (*abandon)(redisc_operation *c);
    redisc_status (*with)(redisc *r, const redisc_call_options *options, redisc **derived);
    void (*close)(redisc *r);
    /* Buffering handles: the error of the call at that place, or NULL. NULL on immediate ones. */
    const redisc_error *(*error_at)(redisc *r, size_t place);
    /* Whether it keeps the next call for later instead of answering it; NULL: never. */
    bool (*collects)(const redisc *r);
} redisc_handle_class;

struct redisc {
    const redisc_handle_class *is;
};

/* Whether the next call on the handle will be kept for later, so that its variable must live on. */
static inline bool redisc_collects(const redisc *r)
{
    return r->is->collects != NULL && r->is->collects(r);
}

/* "$0\r\n" … "$1023\r\n", padded to 8 bytes; the last byte of the 8 is the text's length. */
extern const char redisc_bulk_heads[REDISC_LENGTHS][8];

/* The rest of redisc_operation_begin: asks the handle and reserves; false after failing. */
bool redisc_operation_open(redisc_operation *c, redisc *r, const redisc_operation_info *info,
                           size_t room);
/* Writes "*<argc>\r\n" for 10 words and more. */
char *redisc_put_count(char *at, size_t argc);
/* The slow ways of the put_ functions. */
void redisc_put_other_str(redisc_operation *c, redisc_str s, const char *name);
void redisc_put_slot(redisc_operation *c, redisc_str key);
/* Marks the command as failed, unless it is already: "SET: `value` is NULL". */
void redisc_operation_fail(redisc_operation *c, redisc_status status, const char *format, ...)
    REDISC_PRINTF(3, 4);

/* How many bytes an argument takes at most, with its head and CR LF and slack for block moves. */
static inline size_t redisc_room_str(redisc_str s)
{
    return (s.len < REDISC_LARGE ? s.len : 0) + 32;
}

enum {
    REDISC_ROOM_WORD = 32, /* a constant word of up to 24 bytes */
    REDISC_ROOM_INTEGER = 48,
    REDISC_ROOM_DOUBLE = 64,
    REDISC_ROOM_HEAD = 32
};

static inline size_t redisc_room_str_list(redisc_str_list list)
{
    size_t room = 0;
    for (size_t i = 0; list.items != NULL && i < list.count; i++) {
        room += redisc_room_str(list.items[i]);
    }
    return room;
}

/*
 * Begins a command of `argc` words in all, of which the info's are the first, with `room` bytes for
 * the others. False: return c->status. A constant argc below 10 costs one move.
 */
static inline bool redisc_operation_begin(redisc_operation *c, redisc *r,
                                          const redisc_operation_info *info, size_t argc,
                                          size_t room)
{
    if (!redisc_operation_open(c, r, info, room + info->words_len + REDISC_ROOM_HEAD)) {
        return false;
    }
    char *at = c->at;
    if (argc < 10) {
        memcpy(at, "*0\r\n", 4);
        at[1] = (char)('0' + (int)argc);
        at += 4;
    } else {
        at = redisc_put_count(at, argc);
    }
    memcpy(at, info->words, info->words_len);
    c->at = at + info->words_len;
    return true;
}

/* One argument: a bulk string. `name` is the parameter's, for messages; nil is refused. */
static inline void redisc_put_str(redisc_operation *c, redisc_str s, const char *name)
{
    if (s.len >= REDISC_LENGTHS || s.data == NULL) {
        redisc_put_other_str(c, s, name);
        return;
    }
    const char *head = redisc_bulk_heads[s.len];
    char *at = c->at;
    memcpy(at, head, 8);
    at += head[7];
    redisc_copy_short(at, s.data, s.len);
    at += s.len;
    memcpy(at, "\r\n", 2);
    c->at = at + 2;
}

/* A key: like any string, but it decides where the command goes. */
static inline void redisc_put_key(redisc_operation *c, redisc_str key, const char *name)
{
    if (c->slotted) {
        redisc_put_slot(c, key);
    }
    redisc_put_str(c, key, name);
}

/* A constant word, given as it is on the wire: "$2\r\nNX\r\n". */
#define redisc_put_word(c, literal)                                                                \
    (memcpy((c)->at, literal, sizeof(literal) - 1), (void)((c)->at += sizeof(literal) - 1))

void redisc_put_integer(redisc_operation *c, int64_t value);
void redisc_put_unsigned(redisc_operation *c, uint64_t value);
/* A number that commands take: NaN is refused, naming the parameter. */
void redisc_put_double(redisc_operation *c, double value, const char *name);
void redisc_put_score_bound(redisc_operation *c, redisc_score_bound bound, const char *name);
void redisc_put_str_list(redisc_operation *c, redisc_str_list list, const char *name);
void redisc_put_key_list(redisc_operation *c, redisc_str_list list, const char *name);

/* Says how long a BLOCKING command may wait on the server, as its argument says: 0 is for ever.
 * Refuses negative values and NaN. */
void redisc_operation_wait_seconds(redisc_operation *c, double seconds, const char *name);
void redisc_operation_wait_milliseconds(redisc_operation *c, int64_t milliseconds,
                                        const char *name);

/*
 * Checks a list before its items are used. False, with the command failed, if there are no items
 * though some are needed
 * ("DEL: `keys` is empty") or if items is NULL with a count. Call it before looping over items.
 */
bool redisc_operation_need(redisc_operation *c, const void *items, size_t count, const char *name);

/* Ends the command: runs or queues it. */
redisc_status redisc_operation_end(redisc_operation *c, const redisc_result *result, void *out);
/* The same for a command that the server answers by closing the connection. */
redisc_status redisc_operation_close(redisc_operation *c);

/*
 * Refuses a call before anything is begun: two options that exclude each other, an enum out of
 * range, an option missing. Zeroes the result (as every failing call does). All return
 * REDISC_ERROR_ARGUMENT.
 */
redisc_status redisc_refuse_both(const redisc_operation_info *info, const redisc_result *result,
                                 void *out, const char *one, const char *other);
redisc_status redisc_refuse_value(const redisc_operation_info *info, const redisc_result *result,
                                  void *out, const char *name, int64_t value);
redisc_status redisc_refuse_missing(const redisc_operation_info *info, const redisc_result *result,
                                    void *out, const char *name);
/* A list that is empty though an item is needed (count 0), or that has a count but no items. */
redisc_status redisc_refuse_list(const redisc_operation_info *info, const redisc_result *result,
                                 void *out, const char *name, size_t count);

/* For when redisc_operation_begin() said false: zeroes the result and returns c->status. */
redisc_status redisc_refuse_begin(const redisc_operation *c, const redisc_result *result,
                                  void *out);

/* The options given of those that exclude each other: the first two, NULL for none. */
typedef struct redisc_choice {
    const char *one;
    const char *other;
} redisc_choice;

/* Notes one of them, if it is given. */
static inline void redisc_choose(redisc_choice *choice, bool given, const char *name)
{
    if (given && choice->one == NULL) {
        choice->one = name;
    } else if (given && choice->other == NULL) {
        choice->other = name;
    }
}

#endif
