/* SPDX-License-Identifier: MIT */
/* What a pipeline says of calls that failed. */
#include "encoded.h"
#include "pipeline.h"

#include <stdio.h>
#include <string.h>

size_t redisc_pipe_offset(const redisc_pipe *pipe, size_t place)
{
    const char *start = redisc_buffer_content(&pipe->out);
    const char *end = start + redisc_buffer_len(&pipe->out);
    const char *first = start + pipe->prefix;
    const char *at = redisc_pipe_atomic(pipe) ? redisc_encoded_skip(first) : first;
    for (size_t i = 0; i < place && at < end; i++) {
        at = redisc_encoded_skip(at);
    }
    return (size_t)(at - start);
}

/* Appends a word, printable; false when the text is full, which then ends in "...". */
static bool append_word(char *text, size_t size, redisc_str word)
{
    size_t len = strlen(text);
    if (len > 0 && len + 5 < size) {
        text[len++] = ' ';
    }
    for (size_t i = 0; i < word.len; i++) {
        if (len + 5 > size) {
            memcpy(text + len, "...", 4);
            return false;
        }
        unsigned char byte = (unsigned char)word.data[i];
        text[len++] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    text[len] = '\0';
    return true;
}

void redisc_pipe_words(const redisc_pipe *pipe, size_t place, char *text, size_t size)
{
    text[0] = '\0';
    if (pipe->streaming) {
        snprintf(text, size, "%s", pipe->queue.slots[place].info->name);
        return;
    }
    const char *at = redisc_buffer_content(&pipe->out) + redisc_pipe_offset(pipe, place);
    size_t words = redisc_encoded_head(&at);
    while (words-- > 0 && append_word(text, size, redisc_encoded_word(&at))) {
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

static bool of_one_call(const redisc_error *error)
{
    return error->delivery == REDISC_ANSWERED && error->status != REDISC_ERROR_WATCH &&
           error->status != REDISC_ERROR_EXECABORT;
}

redisc_status redisc_pipe_report(const redisc_pipe *pipe, redisc_status status)
{
    const redisc_call_failure *failure = telling(&pipe->queue);
    if (status < 0 || failure == NULL) {
        return status;
    }
    bool discarded = failure->error->status == REDISC_ERROR_WATCH ||
                     pipe->queue.failures[0].error->status == REDISC_ERROR_EXECABORT ||
                     failure->error->status == REDISC_ERROR_EXECABORT;
    if (pipe->options.keep_errors && !discarded) {
        return REDISC_OK;
    }
    bool unloaded =
        pipe->load_error != NULL && redisc_is(failure->error->status, REDISC_ERROR_SERVER);
    status = redisc_error_recall(unloaded ? pipe->load_error : failure->error);
    if (of_one_call(failure->error)) {
        char words[160];
        redisc_pipe_words(pipe, failure->first, words, sizeof words);
        redisc_error_prefix("Command # %zu (%s) of pipeline caused error", failure->first + 1,
                            words);
    }
    return status;
}
