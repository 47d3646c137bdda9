/* SPDX-License-Identifier: MIT */
#include "tour.h"

#include "words.h"

#include <inttypes.h>

static void run(tour *t)
{
    redisc *r = t->redis;
    const redisc_str *text;
    const redisc_connection_info *info;

    STEP(t, redisc_ping(r));
    gives_ok(t);
    STEP(t, redisc_echo(r, "is anybody there?", &text));
    gives_string(t, text, "is anybody there?");
    STEP(t, redisc_client_info(r, &info));
    words result = {0};
    if (info != NULL) {
        add(&result, "id %" PRId64 ", name %s, RESP%" PRId64, info->id, info->name.data,
            info->resp);
    }
    /* Only the server knows the id; and the URL may give another name. */
    gives_words(t, result.text, info != NULL ? result.text : "a connection");
    redisc_free(info);
}

const tour_part tour_connection = {"Connection", run, TOUR_EACH, NULL};
