/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Between the two halves of reading a URL: its parts (url.c) and its query options (url_option.c).
 */
#ifndef REDISC_SRC_URL_H
#define REDISC_SRC_URL_H

#include "error.h"

#include <redisc/options.h>
#include <redisc/str.h>

/* A URL being taken apart. */
typedef struct redisc_url_reader {
    const char *text;        /* the whole */
    redisc_options *options; /* what it fills in */
    char *room;              /* where the next decoded text goes: enough for all of them */
    bool guarded; /* a part of the password may have slid into another place: quote nothing */
} redisc_url_reader;

/* A piece of the URL's text. */
typedef struct redisc_url_part {
    const char *at;
    size_t len;
} redisc_url_part;

/*
 * Percent-decodes a part into the URL's memory, NUL-terminated, and gives it in *text. `what` is
 * the part's name for messages. Escapes that are broken or stand for a NUL are refused.
 */
redisc_status redisc_url_decode(redisc_url_reader *in, redisc_url_part part, const char *what,
                                const char **text);

/* Fails with REDISC_ERROR_URL: "URL: …, at character 12". */
redisc_status redisc_url_fail(const redisc_url_reader *in, const char *at, const char *format, ...)
    REDISC_PRINTF(3, 4);

/* Fails because of a part, which is quoted unless it may hold a secret: "URL: database `x` is
 * <problem>, at character 12". */
redisc_status redisc_url_refuse(const redisc_url_reader *in, redisc_url_part part, const char *what,
                                const char *problem);

/* Reads what stands behind the '?': option=value&… */
redisc_status redisc_url_query(redisc_url_reader *in, redisc_url_part query);

/* Reads host[:port],host[:port]… */
redisc_status redisc_url_sentinels(redisc_url_reader *in, redisc_url_part hosts);
/* Reads /name or /name/db; *db is what follows the name. */
redisc_status redisc_url_master_name(redisc_url_reader *in, redisc_url_part path,
                                     redisc_url_part *db);

#endif
