/* SPDX-License-Identifier: MIT */
/*
 * A line with the name of a result, then any bytes as replies: each that is complete is read as
 * that result. A reader gives a result or says what is wrong; it keeps to the reply's memory and
 * leaks nothing.
 */
#include "parsed_text.h"
#include "results.h"

#include <redisc/alloc.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUT_SIZE = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const named_result *result_named(const char *name, size_t len)
{
    for (size_t i = 0; i < named_result_count; i++) {
        const named_result *one = &named_results[i];
        if (strlen(one->name) == len && memcmp(one->name, name, len) == 0) {
            return one;
        }
    }
    return NULL;
}

static void read_one(redisc_parsed *reply, const named_result *named)
{
    union {
        const void *pointer;
        char bytes[OUT_SIZE];
    } out;
    const redisc_result *result = named->result;
    if (result->size > sizeof out) {
        abort();
    }
    redisc_status status = redisc_read_reply(reply, result, &out);
    if (status < 0 && redisc_last_error()->status != status) {
        fprintf(stderr, "%s: the last error is another one\n", redisc_status_name(status));
        abort();
    }
    if (status == REDISC_OK && named->is_block) {
        redisc_free(out.pointer);
    }
}

static bool read_complete(redisc_parser *parser, const named_result *result)
{
    redisc_parsed reply;
    redisc_parse parse;
    while ((parse = redisc_parser_next(parser, &reply)) == REDISC_PARSE_REPLY) {
        read_one(&reply, result);
        redisc_parser_consume(parser);
    }
    return parse == REDISC_PARSE_MORE;
}

static void read_all(redisc_parser *parser, const named_result *result, const char *bytes,
                     size_t len)
{
    bool fine = true;
    while (fine && len > 0) {
        size_t room_size;
        char *room = redisc_parser_room(parser, &room_size);
        if (room == NULL) {
            return;
        }
        size_t piece = room_size < len ? room_size : len;
        memcpy(room, bytes, piece);
        redisc_parser_filled(parser, piece);
        bytes += piece;
        len -= piece;
        fine = read_complete(parser, result);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = size == 0 ? NULL : memchr(text, '\n', size);
    const named_result *result = end == NULL ? NULL : result_named(text, (size_t)(end - text));
    if (result == NULL) {
        return 0;
    }
    redisc_parser *parser = redisc_native_parser_new(&test_limits);
    if (parser == NULL) {
        abort();
    }
    read_all(parser, result, end + 1, size - (size_t)(end + 1 - text));
    redisc_parser_free(parser);
    return 0;
}
