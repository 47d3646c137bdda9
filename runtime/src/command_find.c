/* SPDX-License-Identifier: MIT */
/* From a command's words to what is known of it. */
#include "command_table.h"

#include "word.h"

/*
 * Commands that must not slip through when they are called by their words, though nothing is
 * generated for them because they are no functions of a client; and blocking ones that a library
 * generated for fewer commands would wait for too short a time.
 */
#define KEPT(word, its_flags, why)                                                                 \
    {                                                                                              \
        .info = {.name = (word), .words = "", .flags = (its_flags), .state = (why)},               \
    }
#define TRANSACTION(word)                                                                          \
    KEPT(word, REDISC_COMMAND_CONNECTION,                                                          \
         "A transaction belongs to one connection, so use a pipeline, or pin a connection.")
#define STREAM(word)                                                                               \
    KEPT(word, REDISC_COMMAND_CONNECTION | REDISC_COMMAND_UNANSWERED,                              \
         "It turns its connection into a stream, which a call with one reply can't follow.")
#define SUBSCRIPTION(word)                                                                         \
    KEPT(word, REDISC_COMMAND_CONNECTION | REDISC_COMMAND_UNANSWERED,                              \
         "Messages are no replies, so use a subscriber.")
#define MODE(word)                                                                                 \
    KEPT(word, REDISC_COMMAND_CONNECTION,                                                          \
         "The mode belongs to one connection, so pin a connection.")
#define BLOCKS(word, its_flags)                                                                    \
    {                                                                                              \
        .info = {.name = (word), .words = "", .flags = REDISC_COMMAND_BLOCKING | (its_flags)},     \
        .wait_unit = REDISC_WAIT_MILLISECONDS, .wait_token = "BLOCK"                               \
    }

/* Sorted by name. */
static const redisc_command_entry kept[] = {
    MODE("ASKING"),
    KEPT("CLIENT REPLY", REDISC_COMMAND_CONNECTION | REDISC_COMMAND_UNANSWERED,
         "Without replies there is no telling whether a command worked."),
    TRANSACTION("DISCARD"),
    TRANSACTION("EXEC"),
    KEPT("MONITOR", REDISC_COMMAND_CONNECTION | REDISC_COMMAND_UNANSWERED,
         "What it tells is no reply, so use an observer."),
    TRANSACTION("MULTI"),
    SUBSCRIPTION("PSUBSCRIBE"),
    STREAM("PSYNC"),
    SUBSCRIPTION("PUNSUBSCRIBE"),
    MODE("READONLY"),
    MODE("READWRITE"),
    MODE("REPLCONF"),
    MODE("SCRIPT DEBUG"),
    SUBSCRIPTION("SSUBSCRIBE"),
    SUBSCRIPTION("SUBSCRIBE"),
    SUBSCRIPTION("SUNSUBSCRIBE"),
    STREAM("SYNC"),
    SUBSCRIPTION("UNSUBSCRIBE"),
    TRANSACTION("UNWATCH"),
    TRANSACTION("WATCH"),
    BLOCKS("XREAD", REDISC_COMMAND_READONLY | REDISC_COMMAND_REPEATABLE),
    BLOCKS("XREADGROUP", 0),
};

/* One character of the name as it would stand in the table; 0 at the end. */
static char name_at(redisc_str first, redisc_str second, size_t at)
{
    if (at < first.len) {
        return redisc_upper(first.data[at]);
    }
    if (second.data == NULL || at > first.len + second.len) {
        return '\0';
    }
    return at == first.len ? ' ' : redisc_upper(second.data[at - first.len - 1]);
}

/* Orders the words against a name of the table; a NUL in them is no end. */
static int compare(redisc_str first, redisc_str second, const char *name)
{
    size_t len = first.len + (second.data == NULL ? 0 : second.len + 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char mine = (unsigned char)name_at(first, second, i);
        unsigned char its = (unsigned char)name[i];
        if (mine != its || its == 0) {
            return mine < its ? -1 : 1;
        }
    }
    return name[len] == '\0' ? 0 : -1;
}

static const redisc_command_entry *search(const redisc_command_entry *entries, size_t count,
                                          redisc_str first, redisc_str second)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(first, second, entries[middle].info.name);
        if (order == 0) {
            return &entries[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* The specification knows best, except about what can't be a plain call at all. */
static const redisc_command_entry *find(redisc_str first, redisc_str second)
{
    const redisc_command_entry *own = search(kept, sizeof kept / sizeof kept[0], first, second);
    if (own != NULL && own->info.state != NULL) {
        return own;
    }
    const redisc_command_entry *specified =
        search(redisc_command_entries, redisc_command_entry_count, first, second);
    return specified != NULL ? specified : own;
}

const redisc_command_entry *redisc_command_find(redisc_str_list words)
{
    const redisc_str none = redisc_bytes(NULL, 0);
    const redisc_command_entry *entry = NULL;
    if (words.count > 1 && words.items[1].data != NULL) {
        entry = find(words.items[0], words.items[1]);
    }
    return entry != NULL ? entry : find(words.items[0], none);
}
