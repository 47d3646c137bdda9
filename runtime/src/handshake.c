/* SPDX-License-Identifier: MIT */
#include "handshake.h"

#include "number.h"

#include <redisc/version.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* One command of the handshake. */
typedef enum step { STEP_HELLO, STEP_AUTH, STEP_NAME, STEP_INFO, STEP_SELECT } step;

enum {
    MOST_STEPS = 6,
    MOST_WORDS = 7,
    WORDS_ROOM = 512, /* for all words that don't come from the options */
    SHOWN_PREFIX = 8  /* so much of a password in a text is taken for the password */
};

typedef struct handshake {
    redisc_connection *connection;
    const redisc_options *options;
    redisc_deadline deadline;
    step steps[MOST_STEPS]; /* whose replies are to come */
    size_t count;
    bool refused; /* the server doesn't know HELLO */
} handshake;

static const char *const step_names[] = {[STEP_HELLO] = "HELLO",
                                         [STEP_AUTH] = "AUTH",
                                         [STEP_NAME] = "CLIENT SETNAME",
                                         [STEP_INFO] = "CLIENT SETINFO",
                                         [STEP_SELECT] = "SELECT"};

static bool authenticates(const redisc_options *options)
{
    return options->user != NULL || options->password != NULL;
}

/* A password can be empty: for a user that needs none. */
static const char *password_of(const redisc_options *options)
{
    return options->password == NULL ? "" : options->password;
}

static size_t text_size(const char *text)
{
    return text == NULL ? 0 : strlen(text);
}

/* Room for all commands of a round, at once: growing would leave copies of the password behind. */
static redisc_status reserve(const handshake *h)
{
    const redisc_options *o = h->options;
    return redisc_buffer_reserve(&h->connection->out, WORDS_ROOM + text_size(o->user) +
                                                          text_size(o->password) +
                                                          text_size(o->client_name));
}

static void put_head(redisc_buffer *out, char mark, size_t number)
{
    char *at = out->data + out->end;
    *at++ = mark;
    at += redisc_write_unsigned(at, number);
    memcpy(at, "\r\n", 2);
    out->end = (size_t)(at + 2 - out->data);
}

/* Encodes a command, within the room that was reserved. The words end with NULL. */
static void put(handshake *h, step s, const char *const words[MOST_WORDS + 1])
{
    redisc_buffer *out = &h->connection->out;
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    put_head(out, '*', count);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(words[i]);
        put_head(out, '$', len);
        memcpy(out->data + out->end, words[i], len);
        memcpy(out->data + out->end + len, "\r\n", 2);
        out->end += len + 2;
    }
    h->steps[h->count++] = s;
}

static void put_hello(handshake *h)
{
    const redisc_options *o = h->options;
    const char *words[MOST_WORDS + 1] = {"HELLO", "3"};
    size_t count = 2;
    if (authenticates(o)) {
        words[count++] = "AUTH";
        words[count++] = o->user == NULL ? "default" : o->user;
        words[count++] = password_of(o);
    }
    if (o->client_name != NULL) {
        words[count++] = "SETNAME";
        words[count++] = o->client_name;
    }
    put(h, STEP_HELLO, words);
}

/* What HELLO would do, for servers that don't know it. */
static void put_auth_and_name(handshake *h)
{
    const redisc_options *o = h->options;
    if (o->user != NULL) {
        put(h, STEP_AUTH, (const char * [MOST_WORDS + 1]){"AUTH", o->user, password_of(o)});
    } else if (o->password != NULL) {
        put(h, STEP_AUTH, (const char * [MOST_WORDS + 1]){"AUTH", o->password});
    }
    if (o->client_name != NULL) {
        put(h, STEP_NAME, (const char * [MOST_WORDS + 1]){"CLIENT", "SETNAME", o->client_name});
    }
}

static void put_info(handshake *h)
{
    if (h->options->no_client_info) {
        return;
    }
    put(h, STEP_INFO, (const char * [MOST_WORDS + 1]){"CLIENT", "SETINFO", "LIB-NAME", "redisc"});
    put(h, STEP_INFO,
        (const char * [MOST_WORDS + 1]){"CLIENT", "SETINFO", "LIB-VER", REDISC_VERSION});
}

static void put_select(handshake *h)
{
    if (h->options->db == 0) {
        return;
    }
    char db[16];
    snprintf(db, sizeof db, "%" PRIu32, h->options->db);
    put(h, STEP_SELECT, (const char * [MOST_WORDS + 1]){"SELECT", db});
}

/* Whether a server's text repeats the password, or the beginning of it. */
static bool shows_password(const handshake *h, redisc_str text)
{
    const char *password = password_of(h->options);
    size_t len = strlen(password);
    len = len < SHOWN_PREFIX ? len : SHOWN_PREFIX;
    for (size_t i = 0; len > 0 && i + len <= text.len; i++) {
        if (memcmp(text.data + i, password, len) == 0) {
            return true;
        }
    }
    return false;
}

static bool contains(redisc_str text, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (strncasecmp(text.data + i, word, len) == 0) {
            return true;
        }
    }
    return false;
}

/* The narrowest kind that fits an error of a step. */
static redisc_status kind_of(step s, redisc_str text)
{
    redisc_status kind = redisc_server_error_kind(text);
    if (kind != REDISC_ERROR_SERVER) {
        return kind;
    }
    if (s == STEP_AUTH) {
        return contains(text, "invalid password") ? REDISC_ERROR_WRONGPASS
                                                  : REDISC_ERROR_AUTHENTICATION;
    }
    return s == STEP_HELLO ? REDISC_ERROR_CONNECT : REDISC_ERROR_CONNECTION;
}

/* Says what kind of error it is instead of what the server said. A word that is known is none of
 * the password. */
static void hide(redisc_str text)
{
    redisc_status kind = redisc_last_error()->status;
    if (redisc_server_error_kind(text) == REDISC_ERROR_SERVER) {
        redisc_fail(kind, "%s", redisc_status_text(kind));
    } else {
        redisc_error_reword(redisc_status_text(kind));
    }
}

static redisc_status fail_step(const handshake *h, step s, redisc_str text)
{
    redisc_status kind = kind_of(s, text);
    redisc_fail_server(text);
    redisc_error_becomes(kind);
    if (shows_password(h, text)) {
        hide(text);
    }
    if (s == STEP_SELECT) {
        redisc_error_prefix("database %" PRIu32, h->options->db);
    } else {
        redisc_error_prefix("%s", step_names[s]);
    }
    return kind;
}

/* Old servers, and proxies before new ones. */
static bool is_unknown_command(redisc_str text)
{
    return redisc_server_error_kind(text) == REDISC_ERROR_NOPROTO ||
           contains(text, "unknown command") || contains(text, "unsupported") ||
           contains(text, "not supported");
}

static redisc_status judge_hello(handshake *h, const redisc_parsed *reply)
{
    const redisc_node *root = reply->nodes;
    redisc_node_type kind = redisc_node_kind(root);
    if (kind == REDISC_NODE_MAP || kind == REDISC_NODE_ARRAY) {
        h->connection->protocol = 3;
        return REDISC_OK;
    }
    if (kind != REDISC_NODE_ERROR) {
        return redisc_fail(REDISC_ERROR_PROTOCOL, "HELLO: neither a map nor an error came");
    }
    redisc_str text = redisc_bytes(redisc_node_bytes(reply, root), redisc_node_length(root));
    if (!is_unknown_command(text)) {
        return fail_step(h, STEP_HELLO, text);
    }
    h->refused = true;
    if (h->options->protocol == REDISC_PROTOCOL_RESP3) {
        return redisc_fail(REDISC_ERROR_NOPROTO,
                           "the server does not know RESP3, which the options demand");
    }
    return REDISC_OK;
}

static redisc_status judge(handshake *h, step s, const redisc_parsed *reply)
{
    if (s == STEP_HELLO) {
        return judge_hello(h, reply);
    }
    /* What a server answers that has refused HELLO doesn't count: all is said again. */
    if (s == STEP_INFO || h->refused) {
        return REDISC_OK;
    }
    const redisc_node *root = reply->nodes;
    if (redisc_node_kind(root) == REDISC_NODE_ERROR) {
        return fail_step(h, s,
                         redisc_bytes(redisc_node_bytes(reply, root), redisc_node_length(root)));
    }
    if (redisc_node_kind(root) != REDISC_NODE_SIMPLE) {
        return redisc_fail(REDISC_ERROR_PROTOCOL, "%s: neither OK nor an error came",
                           step_names[s]);
    }
    return REDISC_OK;
}

/* What a server of TLS does when it is spoken to in plain text: it hangs up. */
static void hint_at_tls(const handshake *h)
{
    const redisc_options *o = h->options;
    if (o->tls || o->transport != NULL || o->path != NULL ||
        redisc_last_error()->status != REDISC_ERROR_CLOSED ||
        redisc_parser_pending(h->connection->parser) > 0) {
        return;
    }
    char text[REDISC_ERROR_TEXT_SIZE];
    snprintf(text, sizeof text, "%.300s (if it speaks TLS at this port: rediss://)",
             redisc_last_error()->text);
    redisc_error_reword(text);
}

/* Sends what was put and receives as many replies. */
static redisc_status exchange(handshake *h)
{
    redisc_connection *connection = h->connection;
    redisc_buffer *out = &connection->out;
    redisc_operation all = {.out = out, .start = out->start};
    size_t used = out->end;
    redisc_delivery delivery;
    redisc_status status = h->count == 0
                               ? REDISC_OK
                               : redisc_connection_send(connection, &all, h->deadline, &delivery);
    redisc_wipe(out->data, used);
    redisc_connection_forget(&all);
    for (size_t i = 0; status == REDISC_OK && i < h->count; i++) {
        redisc_parsed reply;
        connection->used_ms = redisc_now_ms();
        status = redisc_connection_receive(connection, &reply, h->deadline);
        if (status == REDISC_OK) {
            status = judge(h, h->steps[i], &reply);
            redisc_parser_consume(connection->parser);
        } else if (i == 0) {
            hint_at_tls(h);
        }
    }
    return status;
}

/* Whether to try RESP3 at all. */
static bool says_hello(const redisc_options *options)
{
    return options->protocol != REDISC_PROTOCOL_RESP2 &&
           (options->parser != REDISC_PARSER_HIREDIS || redisc_hiredis_knows_resp3());
}

redisc_status redisc_handshake(redisc_connection *connection, redisc_deadline deadline)
{
    handshake h = {
        .connection = connection, .options = &connection->config->options, .deadline = deadline};
    redisc_status status = reserve(&h);
    if (status != REDISC_OK) {
        return status;
    }
    if (says_hello(h.options)) {
        put_hello(&h);
    } else {
        put_auth_and_name(&h);
    }
    put_info(&h);
    put_select(&h);
    status = exchange(&h);
    if (status != REDISC_OK || !h.refused) {
        return status;
    }
    h.refused = false;
    h.count = 0;
    put_auth_and_name(&h);
    put_select(&h);
    return exchange(&h);
}
