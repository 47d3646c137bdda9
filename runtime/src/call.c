/* SPDX-License-Identifier: MIT */
#include "call.h"

#include "command_table.h"
#include "word.h"

#include <math.h>

enum { NAME_SIZE = 64 };

/* What is known of a command that is called by its words. */
typedef struct called {
    const redisc_command_entry *entry; /* NULL: not in the table */
    redisc_operation_info own;         /* then this is used; it lives as long as the call */
    char name[NAME_SIZE];
} called;

/* The last failed call's name, if it was one that the table does not have: an error's `command` has
 * to outlive the call. */
static _Thread_local char failed_name[NAME_SIZE];

/* What buffering handles may keep for such a command. */
static const redisc_operation_info unknown_command = {
    .name = "", .words = "", .flags = REDISC_COMMAND_SCRIPT};

static void write_name(char name[NAME_SIZE], redisc_str word)
{
    size_t len = word.len < NAME_SIZE - 1 ? word.len : NAME_SIZE - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)word.data[i];
        name[i] = byte > ' ' && byte < 0x7f ? redisc_upper(word.data[i]) : '?';
    }
    name[len] = '\0';
}

static const redisc_operation_info *look_up(called *what, redisc_str_list words)
{
    what->entry = redisc_command_find(words);
    if (what->entry != NULL) {
        return &what->entry->info;
    }
    write_name(what->name, words.items[0]);
    what->own =
        (redisc_operation_info){.name = what->name, .words = "", .flags = REDISC_COMMAND_SCRIPT};
    return &what->own;
}

/* The word that says how long the server may wait; nil if the call has none. */
static redisc_str wait_word(const redisc_command_entry *entry, redisc_str_list words)
{
    if (entry->wait_token != NULL) {
        for (size_t i = 1; i + 1 < words.count; i++) {
            if (redisc_same_word(words.items[i], redisc_text(entry->wait_token))) {
                return words.items[i + 1];
            }
        }
        return redisc_bytes(NULL, 0);
    }
    size_t count = words.count;
    size_t place = entry->wait_word < 0 ? count - 1 : (size_t)entry->wait_word;
    return place > 0 && place < count ? words.items[place] : redisc_bytes(NULL, 0);
}

/* A blocking command's deadline is longer by its own time-out. One that can't be read is left to
 * the server, which refuses it at once. */
static void put_wait(redisc_operation *c, const redisc_command_entry *entry, redisc_str_list words)
{
    if (entry == NULL || entry->wait_unit == REDISC_WAIT_NONE) {
        return;
    }
    redisc_str text = wait_word(entry, words);
    double value;
    if (text.data == NULL || !redisc_read_double(text.data, text.len, &value)) {
        return;
    }
    double milliseconds = entry->wait_unit == REDISC_WAIT_SECONDS ? value * 1000 : value;
    if (milliseconds >= 0 && milliseconds < 9e15) {
        c->wait_ms = (int64_t)ceil(milliseconds);
    }
}

static redisc_status check_words(redisc_str_list words)
{
    if (words.count == 0 || words.items == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_call: no words");
    }
    if (words.items[0].data == NULL || words.items[0].len == 0) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_call: the command's name is empty");
    }
    return REDISC_OK;
}

static redisc_status run(redisc *r, redisc_str_list words, const redisc_operation_info *info,
                         const redisc_command_entry *entry, bool now, const redisc_reply **reply)
{
    redisc_operation c;
    if (!redisc_operation_begin(&c, r, info, words.count, redisc_room_str_list(words))) {
        return c.status;
    }
    if ((info->flags & REDISC_COMMAND_UNANSWERED) != 0) {
        redisc_operation_fail(&c, REDISC_ERROR_UNSUPPORTED, "%s", info->state);
    }
    if (now && c.copies) {
        redisc_operation_fail(&c, REDISC_ERROR_UNSUPPORTED,
                              "a %s handle gives no result at once, so no callback can be applied",
                              r->is->name);
    }
    redisc_put_str_list(&c, words, "words");
    put_wait(&c, entry, words);
    if (c.copies && entry == NULL && c.status == REDISC_OK) {
        c.info = &unknown_command;
    }
    return redisc_operation_end(&c, &redisc_reads_dynamic, reply);
}

void redisc_call_error_about(redisc_str_list words, redisc_delivery delivery, unsigned tries)
{
    const redisc_command_entry *entry = redisc_command_find(words);
    if (entry == NULL) {
        write_name(failed_name, words.items[0]);
    }
    redisc_error_about(entry == NULL ? failed_name : entry->info.name, delivery, tries);
}

static redisc_status call(redisc *r, redisc_str_list words, bool now, const redisc_reply **reply)
{
    redisc_status status = check_words(words);
    if (status != REDISC_OK) {
        return status;
    }
    called what;
    const redisc_operation_info *info = look_up(&what, words);
    status = run(r, words, info, what.entry, now, reply);
    if (status < 0 && what.entry == NULL) {
        const redisc_error *error = redisc_last_error();
        redisc_call_error_about(words, error->delivery, error->tries);
    }
    return status;
}

redisc_status redisc_call(redisc *r, redisc_str_list words, const redisc_reply **reply)
{
    if (reply != NULL) {
        *reply = NULL;
    }
    return call(r, words, false, reply);
}

redisc_status redisc_call_now(redisc *r, redisc_str_list words, const redisc_reply **reply)
{
    *reply = NULL;
    return call(r, words, true, reply);
}
