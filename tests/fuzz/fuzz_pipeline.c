/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a server's answer to a pipeline, a transaction, a stream and a watched transaction,
 * with scripts to load: nothing may crash, leak, or stay in use; what was answered is whole, what
 * was not is zero. The first three bytes choose how, the rest is what the server says.
 */
#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/lua.h>
#include <redisc/pipeline.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALLS = 8 };

/* What the server says, to however many connections there are. */
typedef struct server {
    const uint8_t *bytes;
    size_t left;
    size_t piece;     /* at most so many bytes at once */
    size_t closes_in; /* reads until it closes a connection; 0: when all is said */
    size_t connections;
} server;

static redisc_status open_line(const struct redisc_options *options, void *context,
                               int64_t timeout_ms, void **transport)
{
    (void)options;
    (void)timeout_ms;
    server *self = context;
    if (self->connections++ > 8) {
        return redisc_transport_error(REDISC_ERROR_CONNECT, "enough");
    }
    *transport = self;
    return REDISC_OK;
}

static ptrdiff_t read_line(void *transport, void *bytes, size_t size, int64_t timeout_ms)
{
    (void)timeout_ms;
    server *self = transport;
    if (self->left == 0 || (self->closes_in > 0 && --self->closes_in == 0)) {
        return REDISC_TRANSPORT_CLOSED;
    }
    size_t len = self->left < size ? self->left : size;
    len = len < self->piece ? len : self->piece;
    memcpy(bytes, self->bytes, len);
    self->bytes += len;
    self->left -= len;
    return (ptrdiff_t)len;
}

static ptrdiff_t write_line(void *transport, const void *bytes, size_t size, int64_t timeout_ms)
{
    (void)transport;
    (void)bytes;
    (void)timeout_ms;
    return (ptrdiff_t)size;
}

static void close_line(void *transport)
{
    (void)transport;
}

static const redisc_transport_class fuzzed = {.name = "fuzzed",
                                              .open = open_line,
                                              .read = read_line,
                                              .write = write_line,
                                              .close = close_line};

/* Where the results go. */
typedef struct results {
    int64_t number;
    const redisc_str *string;
    const redisc_str_list *strings;
    const redisc_scored_list *scored;
    const redisc_pair_list *pairs;
    const redisc_reply *reply;
    redisc_optional_double score;
} results;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Looks at every byte, so that a sanitizer sees what is not there. */
static unsigned look_at(redisc_str text)
{
    unsigned sum = 0;
    for (size_t i = 0; i < text.len; i++) {
        sum += (unsigned char)text.data[i];
    }
    require(text.data == NULL || text.data[text.len] == '\0');
    return sum;
}

static unsigned look_at_reply(const redisc_reply *reply)
{
    const redisc_reply *items;
    size_t count;
    redisc_str text;
    unsigned sum = 0;
    if (redisc_reply_string(reply, &text) == REDISC_OK) {
        return look_at(text);
    }
    if (redisc_reply_list(reply, &items, &count) == REDISC_OK) {
        for (size_t i = 0; i < count; i++) {
            sum += look_at_reply(&items[i]);
        }
    }
    return sum;
}

static unsigned look_at_all(const results *r)
{
    unsigned sum = r->string == NULL ? 0 : look_at(*r->string);
    for (size_t i = 0; r->strings != NULL && i < r->strings->count; i++) {
        sum += look_at(r->strings->items[i]);
    }
    for (size_t i = 0; r->scored != NULL && i < r->scored->count; i++) {
        sum += look_at(r->scored->items[i].member);
    }
    for (size_t i = 0; r->pairs != NULL && i < r->pairs->count; i++) {
        sum += look_at(r->pairs->items[i].key) + look_at(r->pairs->items[i].value);
    }
    return sum + (r->reply == NULL ? 0 : look_at_reply(r->reply));
}

static void free_all(results *r)
{
    redisc_free(r->string);
    redisc_free(r->strings);
    redisc_free(r->scored);
    redisc_free(r->pairs);
    redisc_free(r->reply);
    memset(r, 0, sizeof *r);
}

/* How many calls were collected. */
static size_t collect(redisc *p, const redisc_lua_script *script, results *r)
{
    size_t count = 0;
    count += redisc_incr(p, "n", &r->number) == REDISC_QUEUED;
    count += redisc_get(p, "s", &r->string) == REDISC_QUEUED;
    count += redisc_mget(p, REDISC_STRS("a", "b"), &r->strings) == REDISC_QUEUED;
    count += redisc_zrange_withscores(p, "z", 0, -1, &r->scored) == REDISC_QUEUED;
    count += redisc_hgetall(p, "h", &r->pairs) == REDISC_QUEUED;
    count +=
        redisc_lua_run(p, script, REDISC_STRS("k"), REDISC_STRS("1"), &r->reply) == REDISC_QUEUED;
    count += redisc_zscore(p, "z", "m", &r->score) == REDISC_QUEUED;
    count += redisc_set(p, "s", "v") == REDISC_QUEUED;
    return count;
}

/* Results are there or zero, as the errors say. */
static void check(redisc *p, redisc_status status, bool keeps_errors, size_t count,
                  const results *r)
{
    bool failed = false;
    for (size_t i = 0; i < count; i++) {
        const redisc_error *error = redisc_error_at(p, i);
        failed = failed || error != NULL;
        require(error == NULL || (error->status < 0 && error->text != NULL));
    }
    require(status <= 0 && (status == REDISC_OK || redisc_last_error()->status == status));
    require(status != REDISC_OK || keeps_errors || !failed);
    require(count == 0 || redisc_error_at(p, 0) == NULL || r->number == 0);
    require(count < 2 || redisc_error_at(p, 1) == NULL || r->string == NULL);
    require(count < 6 || redisc_error_at(p, 5) == NULL || r->reply == NULL);
    require(redisc_pipeline_length(p) == 0);
}

static void run_round(redisc *p, const redisc_lua_script *script, bool watches, bool keeps_errors)
{
    results now = {0};
    if (watches && redisc_watch(p, REDISC_STRS("n")) == REDISC_OK) {
        redisc_get(p, "s", &now.string);
        look_at_all(&now);
        free_all(&now);
        require(redisc_multi(p) == REDISC_OK);
    }
    size_t count = collect(p, script, &now);
    redisc_status status = redisc_execute(p);
    check(p, status, keeps_errors, count, &now);
    look_at_all(&now);
    free_all(&now);
}

static void run_all(redisc *client, const redisc_pipeline_options *how, bool watches)
{
    redisc_lua_script *script;
    redisc *p = redisc_pipeline(client, how);
    require(p != NULL && redisc_lua_script_open("return 1", &script) == REDISC_OK);
    for (int round = 0; round < 3; round++) {
        run_round(p, script, watches, how->keep_errors);
        redisc_pool_stats stats;
        redisc_pool_statistics(redisc_pool_of(client), &stats);
        require(stats.in_use == 0);
    }
    results dropped = {0};
    collect(p, script, &dropped);
    redisc_close(p);
    free_all(&dropped);
    redisc_lua_script_close(script);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3) {
        return 0;
    }
    server peer = {.bytes = data + 3,
                   .left = size - 3,
                   .piece = 1 + (size_t)data[1] * 4,
                   .closes_in = data[2]};
    redisc_options options = {
        .protocol = REDISC_PROTOCOL_RESP2,
        .parser = (data[0] & 1) != 0 ? REDISC_PARSER_HIREDIS : REDISC_PARSER_NATIVE,
        .encoding = (data[0] & 2) != 0 ? REDISC_ENCODING_UTF8 : REDISC_ENCODING_BYTES,
        .no_client_info = true,
        .retry_wait_ms = -1,
        .transport = &fuzzed,
        .transport_context = &peer};
    redisc_pipeline_options how = {.plain = (data[0] & 4) != 0,
                                   .keep_errors = (data[0] & 8) != 0,
                                   .stream_bytes = (data[0] & 16) != 0 ? 64 : 0};
    redisc *client;
    if (redisc_open(NULL, &options, &client) != REDISC_OK) {
        return 0; /* built without hiredis */
    }
    run_all(client, &how, (data[0] & 32) != 0);
    redisc_close(client);
    return 0;
}
