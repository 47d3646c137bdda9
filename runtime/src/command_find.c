/* SPDX-License-Identifier: MIT */
/* From a command's words to what is known of it. */
#include "command_table.h"

#include "word.h"

/* A command of which nothing is generated because it is no function of a client, but which must not
 * slip through when it is called by its words. */
#define STATEFUL(name, flags, why)                                                                 \
    {                                                                                              \
        {name, "", 0, REDISC_COMMAND_CONNECTION | (flags), why}, REDISC_WAIT_NONE, 0, NULL         \
    }
#define TRANSACTION(name)                                                                          \
    STATEFUL(name, 0, "a transaction belongs to one connection; use a pinned handle")
#define STREAM(name)                                                                               \
    STATEFUL(name, REDISC_COMMAND_UNANSWERED,                                                      \
             "it turns its connection into a stream, which a call with one reply can't follow")
#define ROUTING(name)                                                                              \
    STATEFUL(name, 0, "it changes what its connection may do; use a pinned handle")

static const redisc_command_entry stateful[] = {
    TRANSACTION("MULTI"),   TRANSACTION("EXEC"),  TRANSACTION("DISCARD"), TRANSACTION("WATCH"),
    TRANSACTION("UNWATCH"), STREAM("SUBSCRIBE"),  STREAM("UNSUBSCRIBE"),  STREAM("PSUBSCRIBE"),
    STREAM("PUNSUBSCRIBE"), STREAM("SSUBSCRIBE"), STREAM("SUNSUBSCRIBE"), STREAM("MONITOR"),
    STREAM("SYNC"),         STREAM("PSYNC"),      ROUTING("REPLCONF"),    ROUTING("SCRIPT DEBUG"),
    ROUTING("ASKING"),      ROUTING("READONLY"),  ROUTING("READWRITE"),
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

static const redisc_command_entry *find(redisc_str first, redisc_str second)
{
    size_t low = 0;
    size_t high = redisc_command_entry_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(first, second, redisc_command_entries[middle].info.name);
        if (order == 0) {
            return &redisc_command_entries[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    for (size_t i = 0; i < sizeof stateful / sizeof stateful[0]; i++) {
        if (compare(first, second, stateful[i].info.name) == 0) {
            return &stateful[i];
        }
    }
    return NULL;
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
