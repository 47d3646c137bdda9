/* SPDX-License-Identifier: MIT */
#include "error.h"

#include "alloc.h"

#include <stdio.h>
#include <string.h>

/* Static storage for each thread: making an error must not need memory. */
static _Thread_local redisc_error_copy last = {
    .error = {.status = REDISC_OK, .command = "", .word = "", .text = ""}};

const redisc_error *redisc_last_error(void)
{
    return &last.error;
}

static void start(redisc_status status, const char *format, va_list arguments)
{
    vsnprintf(last.text, sizeof last.text, format, arguments);
    last.word[0] = '\0';
    last.error = (redisc_error){.status = status,
                                .delivery = REDISC_NOT_SENT,
                                .command = "",
                                .word = last.word,
                                .text = last.text};
}

/* Appends as much as fits; the text stays terminated. */
static void append(char *text, size_t size, const char *more)
{
    size_t len = strlen(text);
    size_t fits = strlen(more);
    fits = fits < size - len - 1 ? fits : size - len - 1;
    memcpy(text + len, more, fits);
    text[len + fits] = '\0';
}

redisc_status redisc_fail(redisc_status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    start(status, format, arguments);
    va_end(arguments);
    return status;
}

redisc_status redisc_fail_errno(redisc_status status, int error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    start(status, format, arguments);
    va_end(arguments);
    char reason[128];
    if (strerror_r(error, reason, sizeof reason) != 0) {
        snprintf(reason, sizeof reason, "error %d", error);
    }
    append(last.text, sizeof last.text, ": ");
    append(last.text, sizeof last.text, reason);
    return status;
}

typedef struct word_kind {
    const char *word;
    redisc_status kind;
} word_kind;

static const word_kind word_kinds[] = {
    {"WRONGTYPE", REDISC_ERROR_WRONGTYPE},
    {"NOSCRIPT", REDISC_ERROR_NOSCRIPT},
    {"EXECABORT", REDISC_ERROR_EXECABORT},
    {"READONLY", REDISC_ERROR_READONLY},
    {"LOADING", REDISC_ERROR_LOADING},
    {"MASTERDOWN", REDISC_ERROR_MASTERDOWN},
    {"NOAUTH", REDISC_ERROR_NOAUTH},
    {"WRONGPASS", REDISC_ERROR_WRONGPASS},
    {"NOPERM", REDISC_ERROR_NOPERM},
    {"MOVED", REDISC_ERROR_MOVED},
    {"ASK", REDISC_ERROR_ASK},
    {"TRYAGAIN", REDISC_ERROR_TRYAGAIN},
    {"CLUSTERDOWN", REDISC_ERROR_CLUSTERDOWN},
    {"CROSSSLOT", REDISC_ERROR_CROSSSLOT},
    {"BUSY", REDISC_ERROR_BUSY},
    {"BUSYGROUP", REDISC_ERROR_BUSYGROUP},
    {"NOGROUP", REDISC_ERROR_NOGROUP},
    {"OOM", REDISC_ERROR_OOM},
    {"MISCONF", REDISC_ERROR_MISCONF},
    {"NOREPLICAS", REDISC_ERROR_NOREPLICAS},
    {"UNKILLABLE", REDISC_ERROR_UNKILLABLE},
    {"NOTBUSY", REDISC_ERROR_NOTBUSY},
    {"NOPROTO", REDISC_ERROR_NOPROTO},
    {"BUSYKEY", REDISC_ERROR_BUSYKEY},
    {"INPROG", REDISC_ERROR_INPROG},
    {"NOGOODSLAVE", REDISC_ERROR_NOGOODSLAVE},
    {"NOMASTERLINK", REDISC_ERROR_NOMASTERLINK},
    {"IOERR", REDISC_ERROR_IOERR},
    {"UNBLOCKED", REDISC_ERROR_UNBLOCKED},
};

static size_t first_word(redisc_str reply)
{
    size_t len = 0;
    while (len < reply.len && reply.data[len] != ' ') {
        len++;
    }
    return len;
}

redisc_status redisc_server_error_kind(redisc_str reply)
{
    redisc_str word = {reply.data, first_word(reply)};
    for (size_t i = 0; i < sizeof word_kinds / sizeof word_kinds[0]; i++) {
        if (redisc_str_equal(word, redisc_text(word_kinds[i].word))) {
            return word_kinds[i].kind;
        }
    }
    return REDISC_ERROR_SERVER;
}

/* A server's text may hold anything; a line for people holds no control characters. */
static void copy_printable(char *to, size_t size, redisc_str from)
{
    size_t len = from.len < size - 1 ? from.len : size - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)from.data[i];
        to[i] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    to[len] = '\0';
}

redisc_status redisc_fail_server(redisc_str reply)
{
    redisc_status kind = redisc_server_error_kind(reply);
    redisc_fail(kind, "%s", "");
    copy_printable(last.word, sizeof last.word, redisc_bytes(reply.data, first_word(reply)));
    copy_printable(last.text, sizeof last.text, reply);
    last.error.delivery = REDISC_ANSWERED;
    return kind;
}

redisc_status redisc_error_becomes(redisc_status status)
{
    last.error.status = status;
    return status;
}

void redisc_error_reword(const char *text)
{
    last.text[0] = '\0';
    append(last.text, sizeof last.text, text);
}

void redisc_error_about(const char *command, redisc_delivery delivery, unsigned tries)
{
    if (command != NULL) {
        last.error.command = command;
    }
    last.error.delivery = delivery;
    last.error.tries = tries;
}

void redisc_error_prefix(const char *format, ...)
{
    char text[REDISC_ERROR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    append(text, sizeof text, ": ");
    append(text, sizeof text, last.text);
    memcpy(last.text, text, sizeof text);
}

/* Points the texts of a copied error at its own storage. */
static void adopt(redisc_error_copy *copy)
{
    copy->error.word = copy->word;
    copy->error.text = copy->text;
}

void redisc_error_save(redisc_error_copy *copy)
{
    *copy = last;
    adopt(copy);
}

redisc_status redisc_error_restore(const redisc_error_copy *copy)
{
    last = *copy;
    adopt(&last);
    return last.error.status;
}

redisc_error *redisc_error_clone(void)
{
    size_t word = strlen(last.word) + 1;
    size_t text = strlen(last.text) + 1;
    redisc_error *clone = redisc_allocate(sizeof *clone + word + text);
    if (clone == NULL) {
        return NULL;
    }
    char *words = (char *)(clone + 1);
    memcpy(words, last.word, word);
    memcpy(words + word, last.text, text);
    *clone = last.error;
    clone->word = words;
    clone->text = words + word;
    return clone;
}

redisc_status redisc_set_last_error(const redisc_error *error)
{
    redisc_error whole = *error;
    whole.command = error->command == NULL ? "" : error->command;
    whole.word = error->word == NULL ? "" : error->word;
    whole.text = error->text == NULL ? "" : error->text;
    return redisc_error_recall(&whole);
}

redisc_status redisc_error_recall(const redisc_error *clone)
{
    redisc_error_copy copy = {.error = *clone};
    append(copy.word, sizeof copy.word, clone->word);
    append(copy.text, sizeof copy.text, clone->text);
    return redisc_error_restore(&copy);
}
