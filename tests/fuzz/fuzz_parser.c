/* SPDX-License-Identifier: MIT */
/*
 * Any bytes, cut anywhere: the native parser must neither crash nor leak, and give the same replies
 * as when it is fed all at once, whether they are taken one by one or many at a time. The first two
 * bytes choose limits and pieces, the rest is fed.
 */
#include "parsed_text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const redisc_limits small_limits = {
    .depth = 4, .bulk_bytes = 100000, .elements = 20, .reply_bytes = 300};

/* Pieces of 1 to `most` bytes, as `seed` has it; all at once if `most` is 0. */
static test_text fed(const redisc_limits *limits, const char *bytes, size_t len, unsigned seed,
                     size_t most, bool rows)
{
    bool (*const feed)(redisc_parser *, const char *, size_t, test_text *) =
        rows ? test_feed_rows : test_feed;
    redisc_parser *parser = redisc_native_parser_new(limits);
    test_text text = {NULL, 0, 0};
    bool fine = true;
    if (parser == NULL) {
        abort();
    }
    test_text_add(&text, "", 0);
    for (size_t at = 0; at < len && fine;) {
        seed = seed * 1103515245 + 12345;
        size_t piece = most == 0 ? len : 1 + (seed >> 16) % most;
        piece = piece < len - at ? piece : len - at;
        fine = feed(parser, bytes + at, piece, &text);
        at += piece;
    }
    if (fine && redisc_parser_pending(parser) > 0) {
        test_text_add(&text, " more", 5);
    }
    redisc_parser_free(parser);
    return text;
}

/* Without the error's name: which limit or fault is met first may depend on the cuts. The mark
 * can't be part of a reply, where a quote follows. */
static size_t comparable(const test_text *text)
{
    const char *mark = strrchr(text->data, '!');
    bool failed = mark != NULL && strpbrk(mark, "\"]") == NULL;
    return failed ? (size_t)(mark - text->data) + 1 : text->len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const redisc_limits *limits = (data[0] & 1) != 0 ? &small_limits : &test_limits;
    const char *bytes = (const char *)data + 2;
    size_t len = size - 2;
    test_text whole = fed(limits, bytes, len, 0, 0, false);
    const size_t most[] = {1, (size_t)(data[0] >> 1) + 1, 0, 1, (size_t)(data[0] >> 1) + 1};
    for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
        test_text text = fed(limits, bytes, len, data[1], most[i], i >= 2);
        if (comparable(&text) != comparable(&whole) ||
            memcmp(text.data, whole.data, comparable(&text)) != 0) {
            fprintf(stderr, "whole: %s\nin pieces: %s\n", whole.data, text.data);
            abort();
        }
        test_text_free(&text);
    }
    test_text_free(&whole);
    return 0;
}
