/* SPDX-License-Identifier: MIT */
/* What a pipeline says of calls that failed. */
#include "encoded.h"
#include "pipeline.h"
#include "word.h"

#include <stdio.h>
#include <string.h>

const char *redisc_pipe_first_call(const redisc_pipe *pipe)
{
    const char *at = redisc_buffer_content(&pipe->out) + pipe->prefix;
    return redisc_pipe_atomic(pipe) ? redisc_encoded_skip(at) : at;
}

/* Appends a word, printable; false when the text is full, which then ends in "...". */
static bool append_word(char text[REDISC_PIPE_WORDS], redisc_str word)
{
    size_t len = strlen(text);
    if (len > 0 && len + 5 < REDISC_PIPE_WORDS) {
        text[len++] = ' ';
    }
    for (size_t i = 0; i < word.len; i++) {
        if (len + 5 > REDISC_PIPE_WORDS) {
            memcpy(text + len, "...", 4);
            return false;
        }
        unsigned char byte = (unsigned char)word.data[i];
        text[len++] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    text[len] = '\0';
    return true;
}

/* Commands whose arguments may hold a password, after their one or two words. */
static bool has_secrets(const char *at)
{
    static const char *const names[][2] = {
        {"ACL", "SETUSER"}, {"AUTH", NULL}, {"CONFIG", "SET"}, {"HELLO", NULL}, {"MIGRATE", NULL}};
    bool has_second = redisc_encoded_head(&at) > 1;
    redisc_str first = redisc_encoded_word(&at);
    redisc_str second = has_second ? redisc_encoded_word(&at) : redisc_bytes("", 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (redisc_same_word(first, redisc_text(names[i][0])) &&
            (names[i][1] == NULL || redisc_same_word(second, redisc_text(names[i][1])))) {
            return true;
        }
    }
    return false;
}

void redisc_pipe_words(const redisc_pipe *pipe, size_t place, char text[REDISC_PIPE_WORDS])
{
    const char *at = redisc_pipe_first_call(pipe);
    for (size_t i = 0; i < place; i++) {
        at = redisc_encoded_skip(at);
    }
    text[0] = '\0';
    bool secret = has_secrets(at);
    size_t words = redisc_encoded_head(&at);
    words = secret ? 1 : words;
    while (words-- > 0 && append_word(text, redisc_encoded_word(&at))) {
    }
    if (secret) {
        append_word(text, redisc_text("..."));
    }
}

/* The failure that tells most: not one that only follows from another. */
static const redisc_call_failure *telling(const redisc_queue *queue)
{
    for (size_t i = 0; i < queue->failure_count; i++) {
        if (queue->failures[i].error->status != REDISC_ERROR_EXECABORT) {
            return &queue->failures[i];
        }
    }
    return queue->failure_count > 0 ? &queue->failures[0] : NULL;
}

/* Not for what EXEC itself said, which is true of all calls. */
static bool of_one_call(const redisc_error *error)
{
    return error->delivery == REDISC_ANSWERED && error->status != REDISC_ERROR_EXECABORT &&
           strcmp(error->command, "EXEC") != 0;
}

/* Whether a call failed because its script could not be loaded. */
static bool is_for_lack_of_script(const redisc_error *error)
{
    return error->status == REDISC_ERROR_NOSCRIPT ||
           (error->status == REDISC_ERROR_SERVER &&
            strstr(error->text, "Function not found") != NULL);
}

static void name_the_call(const redisc_pipe *pipe, const redisc_call_failure *failure)
{
    char words[REDISC_PIPE_WORDS];
    if (pipe->streaming) {
        snprintf(words, sizeof words, "%s", failure->error->command); /* the bytes are gone */
    } else {
        redisc_pipe_words(pipe, failure->first, words);
    }
    if (words[0] == '\0') {
        redisc_error_prefix("Command # %zu of pipeline caused error", failure->first + 1);
    } else {
        redisc_error_prefix("Command # %zu (%s) of pipeline caused error", failure->first + 1,
                            words);
    }
}

redisc_status redisc_pipe_report(const redisc_pipe *pipe, redisc_status status)
{
    const redisc_call_failure *failure = telling(&pipe->queue);
    if (status < 0 || failure == NULL) {
        return status;
    }
    if (pipe->options.keep_errors && !pipe->discarded) {
        return REDISC_OK;
    }
    bool unloaded = pipe->load_error != NULL && is_for_lack_of_script(failure->error);
    status = redisc_error_recall(unloaded ? pipe->load_error : failure->error);
    redisc_error_about(NULL, redisc_last_error()->delivery, pipe->tries);
    if (of_one_call(failure->error)) {
        name_the_call(pipe, failure);
    }
    return status;
}
