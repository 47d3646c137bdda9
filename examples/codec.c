/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The codec: the same typed calls without any I/O, for an event loop or a transport of one's own.
 * Here the "network" is a few bytes in this file, so no server is needed.
 */
#include <redisc/redisc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(void)
{
    fprintf(stderr, "codec: %s\n", redisc_last_error()->text);
    return EXIT_FAILURE;
}

/* What an event loop does when its socket can be written to: here it is printed. */
static void send_output(redisc *codec)
{
    redisc_str bytes;
    redisc_codec_output(codec, &bytes);
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.data[i] != '\r') {
            putchar(bytes.data[i] == '\n' ? ' ' : bytes.data[i]);
        }
    }
    putchar('\n');
    redisc_codec_sent(codec, bytes.len);
}

int main(void)
{
    redisc *codec;
    if (redisc_codec_open(NULL, &codec) != REDISC_OK) {
        return fail();
    }
    const redisc_str *name; /* filled when the replies are fed, so it has to live until then */
    int64_t visits;
    redisc_get(codec, "name", &name);      /* REDISC_QUEUED */
    redisc_incr(codec, "visits", &visits); /* REDISC_QUEUED */
    redisc_lpush(codec, "name", REDISC_STRS("x"), NULL);
    send_output(codec);

    static const char received[] = "$3\r\nAnn\r\n:42\r\n-WRONGTYPE no list\r\n";
    redisc_status status = REDISC_OK;
    for (size_t i = 0; i < strlen(received); i++) { /* in any portions, here byte by byte */
        redisc_status fed = redisc_codec_feed(codec, received + i, 1);
        status = fed < 0 ? fed : status;
    }
    if (name == NULL || visits != 42 || status != REDISC_ERROR_WRONGTYPE) {
        return fail();
    }
    printf("name is %s, visits are %" PRId64 "\n", name->data, visits);
    printf("the third call failed: %s\n", redisc_error_at(codec, 2)->text);
    redisc_free(name);
    redisc_close(codec);
    return EXIT_SUCCESS;
}
