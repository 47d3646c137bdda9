/* SPDX-License-Identifier: MIT */
#include "connecting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPEN_MS = 10000 };

redisc_connection *try_to_open(const redisc_options *options)
{
    redisc_config *config = redisc_config_new(options);
    if (config == NULL) {
        return NULL;
    }
    redisc_connection *connection = redisc_connection_open(config, redisc_deadline_after(OPEN_MS));
    redisc_config_release(config);
    return connection;
}

redisc_connection *open_connection(const redisc_options *options)
{
    redisc_connection *connection = try_to_open(options);
    if (connection == NULL) {
        fprintf(stderr, "no connection: %s\n", redisc_last_error()->text);
        abort();
    }
    return connection;
}

redisc_status ask(redisc *r, redisc_str_list words, int64_t wait_ms, const redisc_reply **reply)
{
    static const redisc_operation_info asked = {.name = "ASKED", .words = ""};
    redisc_operation c;
    if (!redisc_operation_begin(&c, r, &asked, words.count, redisc_room_str_list(words))) {
        return c.status;
    }
    redisc_put_str_list(&c, words, "words");
    c.wait_ms = wait_ms;
    return redisc_operation_end(&c, &redisc_reads_dynamic, reply);
}

/* Ends the process when memory is out. */
static char *copy_of(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy == NULL) {
        abort();
        return NULL;
    }
    return memcpy(copy, text, size);
}

char *answer(redisc_connection *connection, redisc_str_list words)
{
    redisc *r = redisc_connection_handle(connection);
    const redisc_reply *reply = NULL;
    redisc_str text = redisc_bytes(NULL, 0);
    if (r == NULL || ask(r, words, -1, &reply) != REDISC_OK) {
        fprintf(stderr, "%.*s: %s\n", (int)words.items[0].len, words.items[0].data,
                redisc_last_error()->text);
        abort();
    }
    redisc_close(r);
    char digits[32];
    if (reply->type == REDISC_REPLY_INTEGER) {
        snprintf(digits, sizeof digits, "%lld", (long long)reply->as.integer);
        text = redisc_text(digits);
    } else if (redisc_reply_string(reply, &text) != REDISC_OK) {
        fprintf(stderr, "%s\n", redisc_last_error()->text);
        abort();
    }
    char *copy = copy_of(text.data == NULL ? "(nil)" : text.data);
    redisc_free(reply);
    return copy;
}

bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}
