/* SPDX-License-Identifier: MIT */
#include "example.h"

#include "recording.h"

#include <redisc/alloc.h>
#include <redisc/client.h>
#include <redisc/codec.h>

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { RUBBISH = 0xA5, FAULT_SIZE = 4096 };

static char fault_text[FAULT_SIZE];

__attribute__((format(printf, 2, 3))) static void fail(example_run *run, const char *format, ...)
{
    if (run->fault != NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault_text, sizeof fault_text, format, arguments);
    va_end(arguments);
    run->fault = fault_text;
}

void example_out(example_run *run, void *out, size_t size)
{
    memset(out, RUBBISH, size);
    run->out = out;
    run->out_size = size;
}

static void check_zeroed(example_run *run)
{
    for (size_t i = 0; run->out != NULL && i < run->out_size; i++) {
        if (((const unsigned char *)run->out)[i] != 0) {
            fail(run, "the call failed, but its result is not zeroed");
            return;
        }
    }
}

static void check_sent(example_run *run)
{
    redisc_str sent;
    redisc_codec_output(run->r, &sent);
    example_bytes expected = run->wire->sends;
    if (sent.len != expected.len || (sent.len > 0 && memcmp(sent.data, expected.data, sent.len))) {
        fail(run, "sent\n%.*s\ninstead of\n%.*s", (int)sent.len, sent.data == NULL ? "" : sent.data,
             (int)expected.len, expected.data == NULL ? "" : expected.data);
    }
    redisc_codec_sent(run->r, sent.len);
}

static example_bytes reply_of(const example_run *run)
{
    if (run->wire->reply.data != NULL) {
        return run->wire->reply;
    }
    return run->protocol == 2 ? run->wire->resp2 : run->wire->resp3;
}

static void feed(example_run *run)
{
    example_bytes reply = reply_of(run);
    if (reply.len == 0) { /* the server closes the connection instead */
        run->status = REDISC_OK;
        return;
    }
    size_t step = run->bytewise ? 1 : reply.len;
    for (size_t at = 0; at < reply.len; at += step) {
        run->status = redisc_codec_feed(run->r, reply.data + at, step);
        if (at + step < reply.len && run->status != REDISC_QUEUED) {
            fail(run, "%s before byte %zu of the reply", redisc_status_name(run->status), at + 1);
            return;
        }
    }
    if (run->status == REDISC_QUEUED) {
        fail(run, "the call still waits after its reply");
    }
}

bool example_answered(example_run *run)
{
    if (run->wire != NULL && run->status == REDISC_QUEUED) {
        check_sent(run);
        feed(run);
    } else if (run->wire != NULL) {
        if (run->status >= REDISC_OK || run->wire->sends.len > 0) {
            fail(run, "%s instead of REDISC_QUEUED: %s", redisc_status_name(run->status),
                 redisc_last_error()->text);
        }
        check_sent(run);
    }
    if (run->status != REDISC_OK) {
        check_zeroed(run);
    }
    return run->status == REDISC_OK;
}

void example_do(example_run *run, redisc_str_list words)
{
    if (redisc_call(run->r, words, NULL) != REDISC_OK) {
        fail(run, "preparing: %s", redisc_last_error()->text);
    }
}

/* What came out of the call: `description` is empty for calls without a result. */
static void compare(example_run *run, const char *description, const char *gives, const char *fails,
                    const char *message)
{
    const char *error = redisc_last_error()->text;
    if (fails == NULL) {
        if (run->status != REDISC_OK) {
            fail(run, "%s: %s", redisc_status_name(run->status), error);
        } else if (gives != NULL && strcmp(*description ? description : "ok", gives) != 0) {
            fail(run, "gave\n%s\ninstead of\n%s", description, gives);
        }
        return;
    }
    if (strcmp(redisc_status_name(run->status), fails) != 0) {
        fail(run, "%s instead of %s", redisc_status_name(run->status), fails);
    } else if (message != NULL && strstr(error, message) == NULL) {
        fail(run, "the message \"%s\" does not say \"%s\"", error, message);
    }
}

/* Makes the call with a stream for the description; the caller frees it. */
static char *called(example_run *run, void (*call)(example_run *run))
{
    char *description = NULL;
    size_t len = 0;
    run->text = open_memstream(&description, &len);
    if (run->text == NULL) {
        fail(run, "no memory");
        return NULL;
    }
    call(run);
    if (fclose(run->text) != 0) {
        fail(run, "no memory");
    }
    return description;
}

static void run_wire(example_run *run)
{
    const wire_example *example = run->wire;
    if (redisc_codec_open(NULL, &run->r) != REDISC_OK) {
        fail(run, "%s", redisc_last_error()->text);
        return;
    }
    char *description = called(run, example->call);
    if (description != NULL) {
        compare(run, description, example->gives, example->fails, example->message);
    }
    free(description);
    redisc_close(run->r);
}

static const char *with_name(const example_run *run, size_t number, const char *how)
{
    static char text[FAULT_SIZE + 64];
    snprintf(text, sizeof text, "example %zu, RESP%d%s: %s", number + 1, run->protocol, how,
             run->fault);
    return text;
}

const char *example_check_wire(const wire_example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (int mode = 0; mode < 4; mode++) {
            example_run run = {
                .wire = &examples[i], .protocol = 2 + mode / 2, .bytewise = mode % 2 == 1};
            bool sends = examples[i].sends.len > 0;
            if (sends && reply_of(&run).data == NULL) {
                continue; /* an example of the other protocol */
            }
            run_wire(&run);
            if (run.fault != NULL) {
                return with_name(&run, i, run.bytewise ? ", byte by byte" : "");
            }
        }
    }
    return NULL;
}

/* Each example finds its server empty. */
static void make_empty(example_run *run, example_on on)
{
    switch (on) {
    case EXAMPLE_ON_SENTINEL: /* an error if it watches nothing */
        redisc_call(run->r, REDISC_STRS("SENTINEL", "REMOVE", "mymaster"), NULL);
        break;
    case EXAMPLE_ON_CLUSTER:
        example_do(run, REDISC_STRS("FLUSHALL"));
        example_do(run, REDISC_STRS("CLUSTER", "RESET", "HARD"));
        break;
    default:
        example_do(run, REDISC_STRS("FLUSHALL"));
        break;
    }
}

static void run_live(example_run *run, const live_example *example)
{
    make_empty(run, example->on);
    if (run->fault != NULL) {
        return;
    }
    if (example->before != NULL) {
        example->before(run);
    }
    char *description = called(run, example->call);
    if (description != NULL) {
        compare(run, description, example->gives, example->fails, example->message);
    }
    free(description);
}

static void run_live_on(const example_server *server, example_run *run, const live_example *example)
{
    redisc_options options = {
        .path = server->paths[example->on],
        .protocol = run->protocol == 2 ? REDISC_PROTOCOL_RESP2 : REDISC_PROTOCOL_RESP3,
        .transport = recording_transport(),
    };
    redisc *client = NULL;
    if (redisc_open(NULL, &options, &client) != REDISC_OK) {
        fail(run, "%s", redisc_last_error()->text);
        return;
    }
    redisc *pinned = NULL;
    if (example->pinned && redisc_pin(client, &pinned) != REDISC_OK) {
        fail(run, "%s", redisc_last_error()->text);
    } else {
        run->r = example->pinned ? pinned : client;
        run_live(run, example);
    }
    redisc_close(pinned);
    redisc_close(client);
}

/* The version that the example needs of this server; 0: it is not for this product. */
static int needed(const example_server *server, const live_example *example)
{
    return strncmp(server->version, "valkey", 6) == 0 ? example->valkey : example->redis;
}

static int version_number(const char *version)
{
    int parts[3] = {0};
    const char *at = strchr(version, ' ');
    for (int i = 0; i < 3 && at != NULL; i++) {
        parts[i] = (int)strtol(at + 1, NULL, 10);
        at = strchr(at + 1, '.');
    }
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

static void say_skipped(const char *function, size_t number, const live_example *example)
{
    printf("skipped: %s, example %zu (needs", function, number + 1);
    const char *joint = "";
    if (example->redis != 0) {
        printf(" redis %d.%d", example->redis / 10000, example->redis / 100 % 100);
        joint = " or";
    }
    if (example->valkey != 0) {
        printf("%s valkey %d.%d", joint, example->valkey / 10000, example->valkey / 100 % 100);
    }
    printf(")\n");
}

const char *example_check_live(const example_server *server, const char *function,
                               const live_example *examples, size_t count, size_t *ran)
{
    *ran = 0;
    for (size_t i = 0; i < count; i++) {
        int needs = needed(server, &examples[i]);
        if (needs == 0 || version_number(server->version) < needs) {
            say_skipped(function, i, &examples[i]);
            continue;
        }
        for (int protocol = 2; protocol <= 3; protocol++) {
            example_run run = {.protocol = protocol};
            run_live_on(server, &run, &examples[i]);
            if (run.fault != NULL) {
                return with_name(&run, i, "");
            }
        }
        (*ran)++;
    }
    return NULL;
}
