/* SPDX-License-Identifier: MIT */
/* Loading the scripts that a pipeline's calls need, just before them and in the same write. */
#include "encoded.h"
#include "pipeline.h"

/* The source that a loading command ends with. */
static redisc_str source_of(const char **at)
{
    redisc_str word = redisc_bytes(NULL, 0);
    for (size_t words = redisc_encoded_head(at); words > 0; words--) {
        word = redisc_encoded_word(at);
    }
    return word;
}

static bool is_there_already(const redisc_pipe *pipe, redisc_str source)
{
    const char *at = pipe->load_count == 0 ? NULL : redisc_buffer_content(&pipe->loads);
    for (size_t i = 0; i < pipe->load_count; i++) {
        if (redisc_str_equal(source_of(&at), source)) {
            return true;
        }
    }
    return false;
}

redisc_status redisc_pipe_load(redisc_pipe *pipe, const redisc_operation_info *info, size_t words,
                               redisc_str source)
{
    if (is_there_already(pipe, source)) {
        return REDISC_OK;
    }
    redisc_buffer *loads = &pipe->loads;
    redisc_status status = redisc_buffer_reserve(loads, info->words_len + source.len + 64);
    if (status != REDISC_OK) {
        redisc_error_about(info->name, REDISC_NOT_SENT, 0);
        return status;
    }
    char digits[REDISC_INTEGER_SIZE];
    size_t len = redisc_write_unsigned(digits, source.len);
    char count[] = {'*', (char)('1' + (int)words), '\r', '\n'};
    redisc_buffer_append(loads, count, sizeof count);
    redisc_buffer_append(loads, info->words, info->words_len);
    redisc_buffer_append(loads, "$", 1);
    redisc_buffer_append(loads, digits, len);
    redisc_buffer_append(loads, "\r\n", 2);
    redisc_buffer_append(loads, source.data, source.len);
    redisc_buffer_append(loads, "\r\n", 2);
    pipe->load_count++;
    return REDISC_OK;
}

redisc_status redisc_pipe_prefix_loads(redisc_pipe *pipe)
{
    redisc_buffer *out = &pipe->out;
    size_t prefix = redisc_buffer_len(&pipe->loads);
    if (prefix == 0) {
        return REDISC_OK;
    }
    redisc_status status = redisc_buffer_reserve(out, prefix);
    if (status != REDISC_OK) {
        return status;
    }
    char *start = out->data + out->start;
    memmove(start + prefix, start, redisc_buffer_len(out));
    memcpy(start, redisc_buffer_content(&pipe->loads), prefix);
    out->end += prefix;
    pipe->prefix = prefix;
    return REDISC_OK;
}

void redisc_pipe_on_loaded(redisc_pipe *pipe, const redisc_parsed *reply)
{
    static const redisc_operation_info loading = {.name = "SCRIPT LOAD", .words = ""};
    const redisc_node *root = reply->nodes;
    pipe->loads_open--;
    if (redisc_node_kind(root) != REDISC_NODE_ERROR) {
        return;
    }
    redisc_status status =
        redisc_fail_server(redisc_bytes(redisc_node_bytes(reply, root), redisc_node_length(root)));
    redisc_pipe_judge(pipe, &loading, status);
    if (pipe->load_error == NULL) {
        redisc_error_about(loading.name, REDISC_ANSWERED, 1);
        pipe->load_error =
            redisc_error_clone(); /* no memory: then the call's own error has to do */
    }
}

void redisc_pipe_forget_loads(redisc_pipe *pipe)
{
    redisc_buffer_consume(&pipe->loads, redisc_buffer_len(&pipe->loads));
    pipe->load_count = pipe->loads_open = pipe->prefix = 0;
}
