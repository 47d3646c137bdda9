/* SPDX-License-Identifier: MIT */
/* From what the server says to messages. */
#include "subscriber.h"

#include "reader.h"
#include "utf8.h"

#include <stdio.h>
#include <string.h>

/* A message by its first word. */
typedef struct message_form {
    const char *word;
    redisc_message_type type;
    redisc_name_kind kind;
    bool published; /* else the server confirms something */
    bool subscribed;
} message_form;

static const message_form forms[] = {
    {"message", REDISC_MESSAGE_MESSAGE, REDISC_NAME_CHANNEL, true, false},
    {"pmessage", REDISC_MESSAGE_PMESSAGE, REDISC_NAME_PATTERN, true, false},
    {"smessage", REDISC_MESSAGE_SMESSAGE, REDISC_NAME_SHARD, true, false},
    {"subscribe", REDISC_MESSAGE_SUBSCRIBE, REDISC_NAME_CHANNEL, false, true},
    {"unsubscribe", REDISC_MESSAGE_UNSUBSCRIBE, REDISC_NAME_CHANNEL, false, false},
    {"psubscribe", REDISC_MESSAGE_PSUBSCRIBE, REDISC_NAME_PATTERN, false, true},
    {"punsubscribe", REDISC_MESSAGE_PUNSUBSCRIBE, REDISC_NAME_PATTERN, false, false},
    {"ssubscribe", REDISC_MESSAGE_SSUBSCRIBE, REDISC_NAME_SHARD, false, true},
    {"sunsubscribe", REDISC_MESSAGE_SUNSUBSCRIBE, REDISC_NAME_SHARD, false, false},
};

static bool is_short_string(const redisc_node *node)
{
    return redisc_node_kind(node) == REDISC_NODE_STRING ||
           redisc_node_kind(node) == REDISC_NODE_SIMPLE;
}

/* A string where it is; nil for what is none. */
static redisc_str text_of(const redisc_parsed *reply, const redisc_node *node)
{
    if (redisc_node_kind(node) == REDISC_NODE_LARGE) {
        return *(const redisc_str *)redisc_block_payload(node->as.large);
    }
    return is_short_string(node)
               ? redisc_bytes(redisc_node_bytes(reply, node), redisc_node_length(node))
               : redisc_bytes(NULL, 0);
}

/* The word that a list begins with; nil if it doesn't begin with one. */
static redisc_str first_word(const redisc_parsed *reply)
{
    return redisc_node_length(reply->nodes) == 0 ? redisc_bytes(NULL, 0)
                                                 : text_of(reply, &reply->nodes[1]);
}

/* NULL for kinds that nobody knows yet. */
static const message_form *form_of(redisc_str word)
{
    for (size_t i = 0; word.data != NULL && i < sizeof forms / sizeof *forms; i++) {
        if (redisc_str_equal(word, redisc_text(forms[i].word))) {
            return &forms[i];
        }
    }
    return NULL;
}

static bool read_message(redisc_reader *in, void *out)
{
    size_t count;
    redisc_str word;
    if (!redisc_take_array(in, &count) || !redisc_take_view(in, &word)) {
        return false;
    }
    const message_form *form = form_of(word);
    redisc_message *message = redisc_reader_begin(in, sizeof *message, in->reply->text + 8);
    if (message == NULL) {
        return false;
    }
    message->type = form->type;
    *(const redisc_message **)out = message;
    if (form->type == REDISC_MESSAGE_PMESSAGE && !redisc_take_string(in, &message->pattern)) {
        return false;
    }
    if (form->published) {
        return redisc_take_string(in, &message->channel) && redisc_take_string(in, &message->data);
    }
    return redisc_take_optional_string(in, &message->channel) &&
           redisc_take_integer(in, &message->count);
}

static const redisc_result reads_message = {sizeof(const redisc_message *), read_message,
                                            "a message", 0, false};

/* Makes the message; a reply of another shape dooms the connection. */
static bool make(redisc_subscriber *s, redisc_parsed *reply, const redisc_message **message)
{
    redisc_status status = redisc_read_reply(reply, &reads_message, (void *)message);
    if (status != REDISC_OK && status != REDISC_ERROR_MEMORY) {
        s->connection->broken = true;
    }
    return status == REDISC_OK;
}

/* Whether a message keeps to the encoding that the options ask for. */
static bool keeps_encoding(const redisc_subscriber *s, const message_form *form,
                           const redisc_parsed *reply)
{
    size_t value;
    size_t at;
    if (s->connection->config->options.encoding != REDISC_ENCODING_UTF8 ||
        redisc_utf8_check(reply, &value, &at)) {
        return true;
    }
    redisc_fail(REDISC_ERROR_ENCODING,
                "subscriber: value %zu of a %s is not UTF-8, from byte %zu on", value, form->word,
                at);
    return false;
}

/* Who gets a message. */
typedef struct recipient {
    redisc_message_handler handler;
    void *context;
} recipient;

static recipient fallback(const redisc_reading *how)
{
    return (recipient){how->handler, how->context};
}

static recipient recipient_of(redisc_subscriber *s, const redisc_reading *how,
                              const message_form *form, const redisc_message *message)
{
    redisc_str text = form->kind == REDISC_NAME_PATTERN ? message->pattern : message->channel;
    recipient found = fallback(how);
    pthread_mutex_lock(&s->lock);
    s->stats.messages++;
    const redisc_name *name = redisc_names_find(&s->names, form->kind, text);
    if (name != NULL && name->handler != NULL) {
        found = (recipient){name->handler, name->context};
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

static redisc_step hand_over(redisc_subscriber *s, recipient to, const redisc_message *message,
                             const redisc_message **given)
{
    if (to.handler == NULL) {
        *given = message;
        return REDISC_STEP_GIVEN;
    }
    to.handler(s, message, to.context);
    redisc_free(message);
    return REDISC_STEP_HANDLED;
}

static redisc_step published(redisc_subscriber *s, const redisc_reading *how,
                             const message_form *form, redisc_parsed *reply,
                             const redisc_message **given)
{
    const redisc_message *message;
    bool fine = keeps_encoding(s, form, reply) && make(s, reply, &message);
    redisc_parser_consume(s->connection->parser);
    if (!fine) {
        return REDISC_STEP_FAILED;
    }
    recipient to = recipient_of(s, how, form, message);
    if (to.handler == NULL && how->drops) {
        redisc_free(message);
        return REDISC_STEP_PASSED;
    }
    return hand_over(s, to, message, given);
}

/* A name, or nil if nothing was subscribed, and an integer. */
static bool is_confirmation(const redisc_parsed *reply)
{
    return redisc_node_length(reply->nodes) >= 3 &&
           (redisc_node_kind(&reply->nodes[2]) == REDISC_NODE_NIL ||
            redisc_node_kind(&reply->nodes[2]) == REDISC_NODE_LARGE ||
            is_short_string(&reply->nodes[2])) &&
           redisc_node_kind(&reply->nodes[3]) == REDISC_NODE_INTEGER;
}

static redisc_step confirmed(redisc_subscriber *s, const redisc_reading *how,
                             const message_form *form, redisc_parsed *reply,
                             const redisc_message **given)
{
    const redisc_message *message = NULL;
    bool fine = is_confirmation(reply);
    if (!fine) {
        s->connection->broken = true;
        redisc_fail(REDISC_ERROR_REPLY_TYPE, "subscriber: a %s without a name and a count",
                    form->word);
    } else {
        redisc_subscriber_confirmed(s, form->kind, form->subscribed,
                                    text_of(reply, &reply->nodes[2]));
        fine = how->ignores || make(s, reply, &message);
    }
    redisc_parser_consume(s->connection->parser);
    if (!fine) {
        return REDISC_STEP_FAILED;
    }
    return how->ignores ? REDISC_STEP_PASSED : hand_over(s, fallback(how), message, given);
}

static redisc_step error_reply(redisc_subscriber *s, const redisc_parsed *reply)
{
    const redisc_node *root = reply->nodes;
    redisc_status status = redisc_subscriber_refused(
        s, redisc_bytes(redisc_node_bytes(reply, root), redisc_node_length(root)));
    redisc_parser_consume(s->connection->parser);
    return status == REDISC_OK ? REDISC_STEP_PASSED : REDISC_STEP_FAILED;
}

/* A list, as RESP2 has it, or a push. Those that are none of ours are passed over. */
static redisc_step list_reply(redisc_subscriber *s, const redisc_reading *how, redisc_parsed *reply,
                              const redisc_message **given)
{
    redisc_str word = first_word(reply);
    const message_form *form = form_of(word);
    if (form != NULL) {
        return form->published ? published(s, how, form, reply, given)
                               : confirmed(s, how, form, reply, given);
    }
    if (redisc_str_equal(word, redisc_text("pong"))) {
        redisc_subscriber_ponged(s);
    }
    redisc_parser_consume(s->connection->parser);
    return REDISC_STEP_PASSED;
}

/* Nothing else answers what a subscriber sends but PONG. */
static redisc_step other_reply(redisc_subscriber *s, const redisc_parsed *reply)
{
    bool pong = redisc_node_kind(reply->nodes) == REDISC_NODE_SIMPLE && redisc_subscriber_ponged(s);
    redisc_parser_consume(s->connection->parser);
    if (pong) {
        return REDISC_STEP_PASSED;
    }
    s->connection->broken = true;
    redisc_fail(REDISC_ERROR_PROTOCOL, "subscriber: a reply came that nothing was asked for");
    return REDISC_STEP_FAILED;
}

redisc_step redisc_subscriber_step(redisc_subscriber *s, const redisc_reading *how,
                                   const redisc_message **message)
{
    redisc_parser *parser = s->connection->parser;
    redisc_parsed reply;
    redisc_parse parsed =
        redisc_parser_pending(parser) > 0 ? redisc_parser_next(parser, &reply) : REDISC_PARSE_MORE;
    if (parsed == REDISC_PARSE_MORE) {
        return REDISC_STEP_MORE;
    }
    if (parsed == REDISC_PARSE_FAILED) {
        s->connection->broken = true;
        return REDISC_STEP_FAILED;
    }
    switch (redisc_node_kind(reply.nodes)) {
    case REDISC_NODE_ARRAY:
    case REDISC_NODE_PUSH:
        return list_reply(s, how, &reply, message);
    case REDISC_NODE_ERROR:
        return error_reply(s, &reply);
    default:
        return other_reply(s, &reply);
    }
}
