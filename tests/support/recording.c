/* SPDX-License-Identifier: MIT */
#include "recording.h"

#include <redisc/options.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct recording {
    const redisc_transport_class *usual;
    void *transport;
    FILE *file;
} recording;

static const char *record_folder(void)
{
    const char *folder = getenv("REDISC_TEST_RECORD");
    return folder == NULL || *folder == '\0' ? NULL : folder;
}

/* Tests are processes of their own, so the process and a number tell connections apart. */
static FILE *open_record(void)
{
    static unsigned connections;
    char path[512];
    snprintf(path, sizeof path, "%s/%ld-%u", record_folder(), (long)getpid(), connections++);
    return fopen(path, "wb");
}

static void note(recording *r, char direction, const void *bytes, ptrdiff_t count)
{
    if (count > 0) {
        fprintf(r->file, "%c%td\n", direction, count);
        fwrite(bytes, 1, (size_t)count, r->file);
    }
}

static redisc_status recording_open(const redisc_options *options, void *context,
                                    int64_t timeout_ms, void **transport)
{
    recording *r = malloc(sizeof *r);
    FILE *file = open_record();
    if (r == NULL || file == NULL) {
        free(r);
        if (file != NULL) {
            fclose(file);
        }
        return redisc_transport_error(REDISC_ERROR_CONNECT, "no record can be made");
    }
    *r = (recording){.usual = redisc_transport_builtin(options), .file = file};
    redisc_status status = r->usual->open(options, context, timeout_ms, &r->transport);
    if (status != REDISC_OK) {
        fclose(file);
        free(r);
        return status;
    }
    *transport = r;
    return REDISC_OK;
}

static ptrdiff_t recording_read(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    recording *r = transport;
    ptrdiff_t count = r->usual->read(r->transport, bytes, size, timeout_ms);
    note(r, '<', bytes, count);
    return count;
}

static ptrdiff_t recording_write(void *transport, const void *bytes, size_t size,
                                 int64_t timeout_ms)
{
    recording *r = transport;
    ptrdiff_t count = r->usual->write(r->transport, bytes, size, timeout_ms);
    note(r, '>', bytes, count);
    return count;
}

static void recording_close(void *transport)
{
    recording *r = transport;
    r->usual->close(r->transport);
    fclose(r->file);
    free(r);
}

static int recording_descriptor(void *transport)
{
    const recording *r = transport;
    return r->usual->descriptor == NULL ? -1 : r->usual->descriptor(r->transport);
}

const redisc_transport_class *recording_transport(void)
{
    static const redisc_transport_class transport = {
        .name = "recording",
        .open = recording_open,
        .read = recording_read,
        .write = recording_write,
        .close = recording_close,
        .descriptor = recording_descriptor,
    };
    return record_folder() == NULL ? NULL : &transport;
}
