/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a line of MONITOR. What is accepted must be what was written: writing it again in
 * the server's way and reading that gives the same. What is refused must say so.
 */
#include "observer.h"

#include <redisc/status.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, redisc_last_error()->text);
        abort();
    }
}

static char *write_word(char *to, redisc_str word)
{
    *to++ = '"';
    for (size_t i = 0; i < word.len; i++) {
        to += sprintf(to, "\\x%02x", (unsigned)(unsigned char)word.data[i]);
    }
    *to++ = '"';
    return to;
}

/* The line in its strictest form: each byte escaped. */
static char *write_line(const redisc_observed *observed, size_t *len)
{
    size_t room = 64 + observed->address.len;
    for (size_t i = 0; i < observed->words.count; i++) {
        room += 3 + 4 * observed->words.items[i].len;
    }
    char *line = malloc(room + 1);
    must(line != NULL, "memory");
    int head = sprintf(line, "%lld.%06lld [%lld ", (long long)(observed->time_us / 1000000),
                       (long long)(observed->time_us % 1000000), (long long)observed->db);
    char *at = line + head;
    memcpy(at, observed->address.data, observed->address.len);
    at += observed->address.len;
    *at++ = ']';
    for (size_t i = 0; i < observed->words.count; i++) {
        *at++ = ' ';
        at = write_word(at, observed->words.items[i]);
    }
    *len = (size_t)(at - line);
    must(*len <= room, "room");
    return line;
}

static void must_be_the_same(const redisc_observed *a, const redisc_observed *b)
{
    must(a->time_us == b->time_us && a->db == b->db, "time and database");
    must(redisc_str_equal(a->address, b->address), "address");
    must(a->words.count == b->words.count, "words");
    for (size_t i = 0; i < a->words.count; i++) {
        must(redisc_str_equal(a->words.items[i], b->words.items[i]), "word");
        must(a->words.items[i].data[a->words.items[i].len] == '\0', "NUL");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = malloc(size > 0 ? size : 1); /* just large enough, so that no byte more is read */
    if (line == NULL) {
        return 0;
    }
    memcpy(line, data, size);
    const redisc_observed *observed;
    redisc_status status = redisc_observer_parse(redisc_bytes(line, size), &observed);
    if (status == REDISC_OK) {
        must(observed->words.count > 0, "no word");
        must(observed->time_us >= 0, "time");
        size_t len;
        char *again = write_line(observed, &len);
        const redisc_observed *second;
        must(redisc_observer_parse(redisc_bytes(again, len), &second) == REDISC_OK, "again");
        must_be_the_same(observed, second);
        redisc_free(second);
        free(again);
    } else {
        must(status == REDISC_ERROR_PROTOCOL && observed == NULL, "refusal");
        must(strstr(redisc_last_error()->text, " at byte ") != NULL, "place");
    }
    redisc_free(observed);
    free(line);
    return 0;
}
