/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What the specification knows of each command, found by name: for commands that are called by
 * their words. The table itself is generated.
 */
#ifndef REDISC_SRC_COMMAND_TABLE_H
#define REDISC_SRC_COMMAND_TABLE_H

#include "command.h"

enum {
    /* Besides the flags of command.h: it is answered by more or fewer replies than one, so that it
     * can't be a call; info.state says why. */
    REDISC_COMMAND_UNANSWERED = 1 << 8
};

/* The unit of a blocking command's own time-out. */
typedef enum redisc_wait_unit {
    REDISC_WAIT_NONE,
    REDISC_WAIT_SECONDS, /* may have a fraction */
    REDISC_WAIT_MILLISECONDS
} redisc_wait_unit;

typedef struct redisc_command_entry {
    redisc_operation_info info; /* name in upper case, "CLIENT LIST"; words "" and words_len 0 */
    redisc_wait_unit wait_unit;
    int wait_word; /* which word of the call holds the time-out: 0 is the command's own first word,
                      -1 the last word of all */
    const char *wait_token; /* not NULL: instead, the word that follows this one ("BLOCK"), if it is
                               there at all */
} redisc_command_entry;

/* Sorted by info.name as strcmp() does. It refers to nothing but constants of its own, so that
 * linking it does not pull in the commands' functions. */
extern const redisc_command_entry redisc_command_entries[];
extern const size_t redisc_command_entry_count;

/*
 * The entry of a command called by its words: "CLIENT", "list" finds CLIENT LIST; what has no entry
 * of two words is looked up by its first alone. Case does not matter. NULL if it is unknown.
 */
const redisc_command_entry *redisc_command_find(redisc_str_list words);

#endif
