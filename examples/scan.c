/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Walks through the keys of a database and counts them by their types.
 *
 *     REDISC_URL=redis://localhost:6379 scan 'user:*'
 *
 * SCAN gives a page at a time and keeps nothing on the server. A key that is there all the time is
 * given at least once, maybe more than once; so these counts may be a little too high.
 */
#include <redisc/redisc.h>

#include <stdio.h>
#include <stdlib.h>

typedef struct tally {
    char type[32];
    unsigned long keys;
} tally;

enum { TYPES = 16 };

/* The tally of a type, a new one if it is the first of its kind; the last one takes what is left.
 */
static tally *tally_of(tally all[TYPES], redisc_str type)
{
    tally *at = all;
    while (at < all + TYPES - 1 && at->keys > 0 && !redisc_str_equal(redisc_text(at->type), type)) {
        at++;
    }
    if (at->keys == 0) {
        snprintf(at->type, sizeof at->type, "%s", type.data);
    }
    return at;
}

static redisc_status count_page(redisc *r, const redisc_scan_page *page, tally all[TYPES])
{
    for (size_t i = 0; i < page->keys.count; i++) {
        const redisc_str *type;
        redisc_status status = redisc_type(r, page->keys.items[i], &type);
        if (status != REDISC_OK) {
            return status;
        }
        tally_of(all, *type)->keys++;
        redisc_free(type);
    }
    return REDISC_OK;
}

static redisc_status count_keys(redisc *r, const char *pattern, tally all[TYPES])
{
    const redisc_scan_options options = {.match = redisc_text(pattern), .count = 1000};
    uint64_t cursor = 0;
    redisc_status status;
    do {
        const redisc_scan_page *page;
        status = redisc_scan_with(r, cursor, &options, &page);
        if (status != REDISC_OK) {
            break;
        }
        cursor = page->cursor;
        status = count_page(r, page, all);
        redisc_free(page);
    } while (status == REDISC_OK && cursor != 0);
    return status;
}

int main(int argc, char **argv)
{
    redisc *r;
    tally all[TYPES] = {{"", 0}};
    redisc_status status = redisc_open(getenv("REDISC_URL"), NULL, &r);
    if (status == REDISC_OK) {
        status = count_keys(r, argc > 1 ? argv[1] : "*", all);
        redisc_close(r);
    }
    if (status != REDISC_OK) {
        fprintf(stderr, "scan: %s\n", redisc_last_error()->text);
        return EXIT_FAILURE;
    }
    for (int i = 0; i < TYPES && all[i].keys > 0; i++) {
        printf("%8lu %s\n", all[i].keys, all[i].type);
    }
    return EXIT_SUCCESS;
}
