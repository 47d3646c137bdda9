/* SPDX-License-Identifier: MIT */
#include "client.h"

#include "call.h"
#include "word.h"

typedef struct callback_entry {
    struct callback_entry *next;
    redisc_callback function; /* NULL: removed */
    void *context;
    redisc_str name[2]; /* the second is nil for a name of one word */
    char text[];        /* what they point into */
} callback_entry;

struct redisc_callbacks {
    atomic_uint references;
    _Atomic(callback_entry *) newest;
};

static redisc_callbacks defaults;

redisc_callbacks *redisc_callbacks_new(void)
{
    redisc_callbacks *callbacks = redisc_allocate_zeroed(sizeof *callbacks);
    if (callbacks != NULL) {
        atomic_init(&callbacks->references, 1);
        atomic_init(&callbacks->newest, NULL);
    }
    return callbacks;
}

redisc_callbacks *redisc_callbacks_retain(redisc_callbacks *callbacks)
{
    atomic_fetch_add_explicit(&callbacks->references, 1, memory_order_relaxed);
    return callbacks;
}

void redisc_callbacks_release(redisc_callbacks *callbacks)
{
    if (atomic_fetch_sub_explicit(&callbacks->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    callback_entry *entry = atomic_load_explicit(&callbacks->newest, memory_order_relaxed);
    while (entry != NULL) {
        callback_entry *next = entry->next;
        redisc_release(entry);
        entry = next;
    }
    redisc_release(callbacks);
}

/* Splits "CLIENT LIST"; false unless it is one word or two with a blank between them. */
static bool split_name(redisc_str text, redisc_str name[2])
{
    const char *blank = memchr(text.data, ' ', text.len);
    size_t first = blank == NULL ? text.len : (size_t)(blank - text.data);
    name[0] = redisc_bytes(text.data, first);
    name[1] = blank == NULL ? redisc_bytes(NULL, 0) : redisc_bytes(blank + 1, text.len - first - 1);
    bool second_is_word =
        blank == NULL || (name[1].len > 0 && memchr(name[1].data, ' ', name[1].len) == NULL);
    return first > 0 && second_is_word;
}

static callback_entry *make_entry(const char *command, redisc_callback function, void *context)
{
    size_t len = strlen(command);
    callback_entry *entry = redisc_allocate(sizeof *entry + len + 1);
    if (entry == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a callback");
        return NULL;
    }
    memcpy(entry->text, command, len + 1);
    entry->function = function;
    entry->context = context;
    if (!split_name(redisc_bytes(entry->text, len), entry->name)) {
        redisc_release(entry);
        redisc_fail(REDISC_ERROR_ARGUMENT,
                    "callback: \"%.64s\" is not a command's name of one word or two", command);
        return NULL;
    }
    return entry;
}

static redisc_status add(redisc_callbacks *callbacks, const char *command, redisc_callback function,
                         void *context)
{
    if (command == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "callback: `command` is NULL");
    }
    callback_entry *entry = make_entry(command, function, context);
    if (entry == NULL) {
        return redisc_last_error()->status;
    }
    entry->next = atomic_load_explicit(&callbacks->newest, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&callbacks->newest, &entry->next, entry,
                                                  memory_order_release, memory_order_relaxed)) {
    }
    return REDISC_OK;
}

redisc_status redisc_set_callback(redisc *r, const char *command, redisc_callback callback,
                                  void *context)
{
    redisc_pooled *pooled = redisc_pooled_of(r);
    if (pooled == NULL) {
        return r == NULL
                   ? redisc_fail(REDISC_ERROR_ARGUMENT, "callback: the client is NULL")
                   : redisc_fail(REDISC_ERROR_UNSUPPORTED,
                                 "callback: a %s handle has no callbacks of its own", r->is->name);
    }
    return add(pooled->callbacks, command, callback, context);
}

redisc_status redisc_set_default_callback(const char *command, redisc_callback callback,
                                          void *context)
{
    return add(&defaults, command, callback, context);
}

static bool is_named(const callback_entry *entry, redisc_str_list words, size_t word_count)
{
    return redisc_same_word(entry->name[0], words.items[0]) &&
           (word_count == 1
                ? entry->name[1].data == NULL
                : entry->name[1].data != NULL && redisc_same_word(entry->name[1], words.items[1]));
}

static const callback_entry *find_named(redisc_callbacks *callbacks, redisc_str_list words,
                                        size_t word_count)
{
    const callback_entry *entry = atomic_load_explicit(&callbacks->newest, memory_order_acquire);
    while (entry != NULL && !is_named(entry, words, word_count)) {
        entry = entry->next;
    }
    return entry != NULL && entry->function != NULL ? entry : NULL;
}

/* The callback for a call; its longer name goes first. */
static const callback_entry *find(redisc_callbacks *callbacks, redisc_str_list words)
{
    const callback_entry *entry = words.count > 1 ? find_named(callbacks, words, 2) : NULL;
    return entry != NULL ? entry : find_named(callbacks, words, 1);
}

static const callback_entry *find_for(redisc *r, redisc_str_list words)
{
    redisc_pooled *pooled = redisc_pooled_of(r);
    const callback_entry *entry = pooled == NULL ? NULL : find(pooled->callbacks, words);
    return entry != NULL ? entry : find(&defaults, words);
}

/* Runs the callback so that the last error is exactly its own if it fails, and untouched if not. */
static redisc_status apply(const callback_entry *entry, redisc *r, redisc_str_list words,
                           void *options, const redisc_reply *reply, void **result)
{
    const redisc_callback_call call = {
        .handle = r, .words = words, .options = options, .context = entry->context};
    redisc_error_copy before;
    redisc_error_save(&before);
    redisc_fail(REDISC_OK, "%s", "");
    redisc_status status = entry->function(&call, reply, result);
    if (*result != reply || status < 0) {
        redisc_free(reply);
    }
    if (status >= 0) {
        redisc_error_restore(&before);
        return status;
    }
    *result = NULL;
    if (redisc_last_error()->status != status) {
        redisc_fail(status, "the callback for %s failed", entry->text);
    }
    redisc_call_error_about(words, REDISC_ANSWERED, 1);
    return status;
}

redisc_status redisc_call_as(redisc *r, redisc_str_list words, void *options, void **result)
{
    if (result == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_call_as: `result` is NULL");
    }
    *result = NULL;
    const redisc_reply *reply;
    redisc_status status = redisc_call_now(r, words, &reply);
    if (status < 0) {
        return status;
    }
    const callback_entry *entry = find_for(r, words);
    if (entry == NULL) {
        *result = (void *)(uintptr_t)reply;
        return status;
    }
    return apply(entry, r, words, options, reply, result);
}

redisc_status redisc_callback_error(redisc_status status, const char *text)
{
    return redisc_fail(status, "%s", text == NULL ? redisc_status_text(status) : text);
}
