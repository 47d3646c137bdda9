/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a URL. What is accepted must make sense; what is refused must say so in one line
 * without the secret, wherever that stands.
 */
#include "config.h"
#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char secret[] = "zQ7xS3cr3tW";

static void must(bool holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, redisc_last_error()->text);
        abort();
    }
}

static bool is_line(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

/* What a URL gave must be fit for a configuration, or be refused there by name. */
static void check_options(const redisc_options *options)
{
    must(options->host == NULL || options->host[0] != '\0', "empty host");
    must(options->path == NULL || options->path[0] != '\0', "empty path");
    must(options->db <= INT32_MAX, "database");
    redisc_config *config = redisc_config_new(options);
    if (config == NULL) {
        redisc_status status = redisc_last_error()->status;
        must(redisc_is(status, REDISC_ERROR_ARGUMENT), "configuration");
    } else {
        char address[REDISC_ADDRESS_SIZE];
        must(redisc_options_address(&config->options, address)[0] != '\0', "address");
    }
    redisc_config_release(config);
}

static void check_text(const char *text)
{
    redisc_url url;
    redisc_status status = redisc_url_parse(text, NULL, &url);
    if (status == REDISC_OK) {
        check_options(&url.options);
        redisc_url_free(&url);
        return;
    }
    must(status == REDISC_ERROR_URL, "status");
    must(is_line(redisc_last_error()->text), "control characters");
}

/* The same bytes behind a password, and as one: no text tells it. */
static void check_secret(const char *scheme, const char *before, const char *text)
{
    if (strstr(text, secret) != NULL || strstr(before, secret) != NULL) {
        return; /* there it is no secret */
    }
    size_t room = strlen(scheme) + strlen(before) + sizeof secret + strlen(text) + 8;
    char *whole = malloc(room);
    if (whole == NULL) {
        return;
    }
    snprintf(whole, room, "%s://%s%s@%s", scheme, before, secret, text);
    redisc_url url;
    if (redisc_url_parse(whole, NULL, &url) == REDISC_OK) {
        redisc_url_free(&url);
    } else {
        must(strstr(redisc_last_error()->text, secret) == NULL, "tells the password");
    }
    free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL) {
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    check_text(text);
    check_secret("redis", "user:", text);
    check_secret("unix", ":", text);
    /* The bytes slide in between the user and the password, as an unescaped password's would. */
    if (strchr(text, '@') == NULL && strlen(text) > 0) {
        char *front = malloc(size + 8);
        if (front != NULL) {
            snprintf(front, size + 8, "user:%s", text);
            check_secret("redis", front, "host:1/2");
            free(front);
        }
    }
    free(text);
    return 0;
}
