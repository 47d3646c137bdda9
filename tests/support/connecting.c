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
    static const redisc_command_info asked = {.name = "ASKED", .words = ""};
    redisc_command c;
    if (!redisc_command_begin(&c, r, &asked, words.count, redisc_room_str_list(words))) {
        return c.status;
    }
    redisc_put_str_list(&c, words, "words");
    c.wait_ms = wait_ms;
    return redisc_command_end(&c, &redisc_reads_dynamic, reply);
}

bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}
