/* SPDX-License-Identifier: MIT */
#include "tls_context.h"

#include "tls_error.h"
#include "tls_gate.h"

#include <redisc/alloc.h>

#include <openssl/crypto.h>
#include <string.h>
#include <sys/stat.h>

enum { WATCHED = 3, TEXTS = 7 };

/* What tells that a file was replaced or written anew. */
typedef struct stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed;
} stamp;

struct redisc_tls_context {
    atomic_uint references;
    redisc_tls_wanted wanted; /* its strings lie in `texts` */
    redisc_tls_setup *setup;  /* this and what follows: needs redisc_tls_lock() */
    stamp stamps[WATCHED];    /* of the files that `setup` was made from */
    redisc_tls_statistics statistics;
    size_t size; /* of the whole block */
    char texts[];
};

static void look_at_files(const redisc_tls_context *context, stamp stamps[WATCHED])
{
    const redisc_tls_wanted *wanted = &context->wanted;
    const char *files[WATCHED] = {wanted->ca_file, wanted->cert_file, wanted->key_file};
    memset(stamps, 0, WATCHED * sizeof stamps[0]);
    for (size_t i = 0; i < WATCHED; i++) {
        struct stat found;
        if (files[i] == NULL || stat(files[i], &found) != 0) {
            continue;
        }
        stamps[i].device = found.st_dev;
        stamps[i].inode = found.st_ino;
        stamps[i].size = found.st_size;
#ifdef __APPLE__
        stamps[i].changed = found.st_mtimespec;
#else
        stamps[i].changed = found.st_mtim;
#endif
    }
}

static bool same_stamps(const stamp *a, const stamp *b)
{
    for (size_t i = 0; i < WATCHED; i++) {
        if (a[i].device != b[i].device || a[i].inode != b[i].inode || a[i].size != b[i].size ||
            a[i].changed.tv_sec != b[i].changed.tv_sec ||
            a[i].changed.tv_nsec != b[i].changed.tv_nsec) {
            return false;
        }
    }
    return true;
}

/* Reads the files. The stamps are taken before: who writes meanwhile is seen the next time. */
static redisc_status read_files(redisc_tls_context *context, redisc_tls_setup **setup,
                                stamp stamps[WATCHED])
{
    look_at_files(context, stamps);
    redisc_tls_enter();
    redisc_status status = redisc_tls_setup_new(&context->wanted, setup);
    redisc_tls_leave();
    return status;
}

/* The options' texts in the order of redisc_tls_wanted. Empty ones are none. */
static redisc_tls_wanted wanted_of(const redisc_options *options)
{
    redisc_tls_wanted wanted = {.ca_file = options->tls_ca_file,
                                .ca_dir = options->tls_ca_dir,
                                .cert_file = options->tls_cert_file,
                                .key_file = options->tls_key_file,
                                .key_password = options->tls_key_password,
                                .ciphers = options->tls_ciphers,
                                .ciphersuites = options->tls_ciphersuites,
                                .min_version = options->tls_min_version};
    return wanted;
}

static void list_texts(redisc_tls_wanted *wanted, const char **texts[TEXTS])
{
    const char **all[TEXTS] = {&wanted->ca_file,     &wanted->ca_dir,       &wanted->cert_file,
                               &wanted->key_file,    &wanted->key_password, &wanted->ciphers,
                               &wanted->ciphersuites};
    memcpy(texts, all, sizeof all);
}

/* A context without a setup yet. NULL: no memory. */
static redisc_tls_context *new_context(const redisc_options *options)
{
    redisc_tls_wanted wanted = wanted_of(options);
    const char **texts[TEXTS];
    list_texts(&wanted, texts);
    size_t size = sizeof(redisc_tls_context);
    for (size_t i = 0; i < TEXTS; i++) {
        size += *texts[i] == NULL ? 0 : strlen(*texts[i]) + 1;
    }
    redisc_tls_context *context = redisc_allocate(size);
    if (context == NULL) {
        return NULL;
    }
    *context = (redisc_tls_context){.size = size};
    atomic_init(&context->references, 1);
    char *room = context->texts;
    for (size_t i = 0; i < TEXTS; i++) {
        size_t len = *texts[i] == NULL ? 0 : strlen(*texts[i]);
        if (len == 0) {
            *texts[i] = NULL;
            continue;
        }
        memcpy(room, *texts[i], len + 1);
        *texts[i] = room;
        room += len + 1;
    }
    context->wanted = wanted;
    return context;
}

redisc_status redisc_tls_context_open(const redisc_options *options, redisc_tls_context **context)
{
    static const redisc_options defaults = {.tls = true};
    if (context == NULL) {
        return redisc_tls_fail(REDISC_ERROR_ARGUMENT, "redisc_tls_context_open: `context` is NULL");
    }
    *context = NULL;
    options = options == NULL ? &defaults : options;
    redisc_tls_context *made = redisc_tls_gate_open() ? new_context(options) : NULL;
    if (made == NULL) {
        return redisc_tls_no_memory();
    }
    redisc_status status = read_files(made, &made->setup, made->stamps);
    if (status != REDISC_OK) {
        redisc_tls_context_close(made);
        return status;
    }
    *context = made;
    return REDISC_OK;
}

redisc_tls_context *redisc_tls_context_retain(redisc_tls_context *context)
{
    atomic_fetch_add_explicit(&context->references, 1, memory_order_relaxed);
    return context;
}

void redisc_tls_context_close(redisc_tls_context *context)
{
    if (context != NULL &&
        atomic_fetch_sub_explicit(&context->references, 1, memory_order_acq_rel) == 1) {
        redisc_tls_setup_release(context->setup);
        OPENSSL_cleanse(context, context->size);
        redisc_release(context);
    }
}

redisc_status redisc_tls_context_reload(redisc_tls_context *context)
{
    if (context == NULL) {
        return redisc_tls_fail(REDISC_ERROR_ARGUMENT,
                               "redisc_tls_context_reload: `context` is NULL");
    }
    redisc_tls_setup *setup;
    stamp stamps[WATCHED];
    redisc_status status = read_files(context, &setup, stamps);
    if (status != REDISC_OK) {
        return status;
    }
    redisc_tls_lock();
    redisc_tls_setup *old = context->setup;
    context->setup = setup;
    memcpy(context->stamps, stamps, sizeof stamps);
    context->statistics.reloads++;
    redisc_tls_unlock();
    redisc_tls_setup_release(old);
    return REDISC_OK;
}

redisc_tls_setup *redisc_tls_context_setup(redisc_tls_context *context)
{
    stamp stamps[WATCHED];
    look_at_files(context, stamps);
    redisc_tls_lock();
    bool same = same_stamps(stamps, context->stamps);
    redisc_tls_unlock();
    if (!same) {
        redisc_tls_context_reload(context); /* if it fails the earlier setup serves on */
    }
    redisc_tls_lock();
    redisc_tls_setup *setup = redisc_tls_setup_retain(context->setup);
    redisc_tls_unlock();
    return setup;
}

const char *redisc_tls_context_trusted(const redisc_tls_context *context)
{
    if (context->wanted.ca_file != NULL) {
        return context->wanted.ca_file;
    }
    return context->wanted.ca_dir != NULL ? context->wanted.ca_dir : "the system's";
}

bool redisc_tls_context_has_certificate(const redisc_tls_context *context)
{
    return context->wanted.cert_file != NULL;
}

void redisc_tls_context_count(redisc_tls_context *context, bool done, bool resumed)
{
    redisc_tls_lock();
    context->statistics.handshakes += done;
    context->statistics.resumed += done && resumed;
    context->statistics.failed += !done;
    redisc_tls_unlock();
}

void redisc_tls_context_statistics(redisc_tls_context *context, redisc_tls_statistics *statistics)
{
    if (statistics == NULL) {
        return;
    }
    if (context == NULL) {
        *statistics = (redisc_tls_statistics){0};
        return;
    }
    redisc_tls_lock();
    *statistics = context->statistics;
    redisc_tls_unlock();
}
