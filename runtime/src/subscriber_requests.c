/* SPDX-License-Identifier: MIT */
/* What a subscriber asks of the server, and what is answered. */
#include "subscriber.h"

#include "number.h"

#include <stdio.h>
#include <string.h>

enum {
    MOST_NAMES = 256,       /* in one command */
    MOST_BYTES = 64 * 1024, /* of one command, if it has more than one name */
    HEAD_BYTES = 64,        /* what begins a command, at most */
    SHOWN_BYTES = 64        /* of a name in a message */
};

static const char *const command_names[2][3] = {{"UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"},
                                                {"SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"}};

static const char *command_name(const redisc_request *request)
{
    return command_names[request->subscribes][request->kind];
}

static bool subscribes(const redisc_name *name)
{
    return name->wanted && (!name->asked || name->again);
}

static bool unsubscribes(const redisc_name *name)
{
    return !name->wanted && name->asked;
}

/* The first wish that still has to be sent: some are granted by themselves. */
static redisc_name *first_wish(redisc_names *names)
{
    redisc_name *name;
    while ((name = names->first_wish) != NULL && !subscribes(name) && !unsubscribes(name)) {
        redisc_names_granted(names);
        if (redisc_name_is_idle(name)) {
            redisc_names_remove(names, name);
        }
    }
    return name;
}

static size_t wire_size(const redisc_name *name)
{
    return name->len + REDISC_INTEGER_SIZE + 5;
}

/* How many wishes, from `name` on, fit into one command. */
static size_t alike(const redisc_name *name, size_t limit)
{
    const redisc_name *first = name;
    size_t most = limit < MOST_BYTES ? limit : MOST_BYTES;
    size_t size = HEAD_BYTES;
    size_t count = 0;
    do {
        count++;
        size += wire_size(name);
        name = name->after;
    } while (name != NULL && !first->alone && !name->alone && count < MOST_NAMES &&
             name->kind == first->kind && subscribes(name) == subscribes(first) &&
             unsubscribes(name) == unsubscribes(first) && size + wire_size(name) <= most);
    return count;
}

static void put_head(redisc_buffer *out, char mark, size_t number)
{
    char *at = out->data + out->end;
    *at++ = mark;
    at += redisc_write_unsigned(at, number);
    memcpy(at, "\r\n", 2);
    out->end = (size_t)(at + 2 - out->data);
}

static void put_word(redisc_buffer *out, redisc_str word)
{
    put_head(out, '$', word.len);
    memcpy(out->data + out->end, word.data, word.len);
    memcpy(out->data + out->end + word.len, "\r\n", 2);
    out->end += word.len + 2;
}

static redisc_status encode(redisc_buffer *out, const redisc_request *request)
{
    size_t size = HEAD_BYTES;
    for (size_t i = 0; i < request->count; i++) {
        size += wire_size(request->names[i]);
    }
    redisc_status status = redisc_buffer_reserve(out, size);
    if (status != REDISC_OK) {
        return status;
    }
    put_head(out, '*', 1 + request->count);
    put_word(out, redisc_text(request->ping ? "PING" : command_name(request)));
    for (size_t i = 0; i < request->count; i++) {
        put_word(out, redisc_bytes(request->names[i]->text, request->names[i]->len));
    }
    return REDISC_OK;
}

static void push_request(redisc_subscriber *s, redisc_request *request)
{
    if (s->first_request == NULL) {
        s->first_request = request;
    } else {
        s->last_request->next = request;
    }
    s->last_request = request;
}

static void pop_request(redisc_subscriber *s)
{
    redisc_request *request = s->first_request;
    s->first_request = request->next;
    redisc_release(request);
}

/* Its wishes are requests now. */
static void grant(redisc_names *names, const redisc_request *request)
{
    for (size_t i = 0; i < request->count; i++) {
        redisc_name *name = request->names[i];
        redisc_names_granted(names);
        name->outstanding++;
        name->asked = request->subscribes;
        name->again = name->alone = false;
    }
}

/* Makes a request of the first wishes and encodes it; *none: there are none. Needs the lock. */
static redisc_status next_request(redisc_subscriber *s, bool *none)
{
    redisc_name *name = first_wish(&s->names);
    *none = name == NULL;
    if (*none) {
        return REDISC_OK;
    }
    redisc_buffer *out = &s->connection->out;
    size_t count = alike(name, out->limit);
    redisc_request *request =
        redisc_allocate_zeroed(sizeof *request + count * sizeof(redisc_name *));
    if (request == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for subscribing %zu names", count);
    }
    request->kind = name->kind;
    request->subscribes = name->wanted;
    request->count = count;
    for (size_t i = 0; i < count; i++, name = name->after) {
        request->names[i] = name;
    }
    redisc_status status = encode(out, request);
    if (status != REDISC_OK) {
        redisc_release(request);
        return status;
    }
    grant(&s->names, request);
    push_request(s, request);
    return REDISC_OK;
}

/* Sends what was encoded; whether that worked, the connection tells. */
static void send_encoded(redisc_subscriber *s)
{
    redisc_buffer *out = &s->connection->out;
    redisc_operation all = {.out = out, .start = out->start};
    redisc_delivery delivery;
    redisc_connection_send(s->connection, &all, redisc_deadline_after(s->timeout_ms), &delivery);
    redisc_connection_forget(&all);
}

redisc_status redisc_subscriber_send_wishes(redisc_subscriber *s)
{
    while (redisc_subscriber_connected(s)) {
        bool none;
        pthread_mutex_lock(&s->lock);
        redisc_status status = next_request(s, &none);
        pthread_mutex_unlock(&s->lock);
        if (status != REDISC_OK || none) {
            return status;
        }
        send_encoded(s);
    }
    return REDISC_OK;
}

void redisc_subscriber_ping(redisc_subscriber *s)
{
    redisc_request *request = redisc_allocate_zeroed(sizeof *request);
    if (request == NULL) {
        return; /* the next time, then */
    }
    request->ping = true;
    if (encode(&s->connection->out, request) != REDISC_OK) {
        redisc_release(request);
        return;
    }
    push_request(s, request);
    send_encoded(s);
    s->pinged = true;
    pthread_mutex_lock(&s->lock);
    s->stats.pings++;
    pthread_mutex_unlock(&s->lock);
}

bool redisc_subscriber_ponged(redisc_subscriber *s)
{
    bool due = s->first_request != NULL && s->first_request->ping;
    if (due) {
        pop_request(s);
    }
    return due;
}

static void remove_if_idle(redisc_names *names, redisc_name *name)
{
    if (redisc_name_is_idle(name)) {
        redisc_names_remove(names, name);
    }
}

/* The server ended a subscription by itself: the slot of a sharded channel has moved away. Asking
 * again tells where to. */
static void unsubscribed_by_server(redisc_names *names, redisc_name *name)
{
    if (name == NULL || !name->asked || name->outstanding > 0) {
        return;
    }
    name->asked = false;
    if (name->wanted) {
        redisc_names_wish(names, name);
    } else {
        redisc_names_remove(names, name);
    }
}

void redisc_subscriber_confirmed(redisc_subscriber *s, redisc_name_kind kind, bool subscribed,
                                 redisc_str text)
{
    redisc_request *request = s->first_request;
    redisc_name *name = NULL;
    if (request != NULL && !request->ping && request->kind == kind &&
        request->subscribes == subscribed) {
        name = request->names[request->answered];
    }
    pthread_mutex_lock(&s->lock);
    if (name != NULL && redisc_str_equal(redisc_bytes(name->text, name->len), text)) {
        name->outstanding--;
        if (++request->answered == request->count) {
            pop_request(s);
        }
        remove_if_idle(&s->names, name);
    } else if (!subscribed && text.data != NULL) {
        unsubscribed_by_server(&s->names, redisc_names_find(&s->names, kind, text));
    }
    pthread_mutex_unlock(&s->lock);
}

/* What a refusal means for one of several names: it may have been for another's sake. */
static void ask_alone(redisc_names *names, redisc_name *name)
{
    if (name->outstanding == 0 && name->wanted) {
        name->asked = false;
        name->alone = true;
        redisc_names_wish(names, name);
    }
}

/* It is given up, unless something newer was asked or wished for. */
static void give_up(redisc_name *name)
{
    if (name->outstanding == 0) {
        name->asked = false;
        name->wanted = name->wanted && name->wishes;
    }
}

/* Takes the refusal apart; the text of the name if it was only one. Needs the lock. */
static void refuse_names(redisc_names *names, const redisc_request *request)
{
    for (size_t i = request->answered; i < request->count; i++) {
        redisc_name *name = request->names[i];
        name->outstanding--;
        if (request->count > 1) {
            ask_alone(names, name);
        } else {
            give_up(name);
        }
        remove_if_idle(names, name);
    }
}

static void name_of_refused(const redisc_request *request, char shown[SHOWN_BYTES])
{
    const redisc_name *name = request->names[request->answered];
    size_t len = name->len < SHOWN_BYTES - 1 ? name->len : SHOWN_BYTES - 1;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)name->text[i];
        shown[i] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    shown[len] = '\0';
}

redisc_status redisc_subscriber_refused(redisc_subscriber *s, redisc_str error)
{
    redisc_request *request = s->first_request;
    if (redisc_subscriber_ponged(s)) {
        return REDISC_OK; /* whatever it says: it lives */
    }
    redisc_status status = redisc_fail_server(error);
    if (request == NULL) {
        s->connection->broken = true;
        return status;
    }
    if (redisc_is(status, REDISC_ERROR_CONNECTION) || !request->subscribes) {
        s->connection->broken = true; /* a new one may fare better, but not without a password */
        return redisc_is(status, REDISC_ERROR_AUTHENTICATION) ? status : REDISC_OK;
    }
    bool only_one = request->count == 1;
    if (only_one) {
        char shown[SHOWN_BYTES];
        name_of_refused(request, shown);
        redisc_error_prefix("%s %s", command_name(request), shown);
        redisc_error_about(command_name(request), REDISC_ANSWERED, 1);
    }
    pthread_mutex_lock(&s->lock);
    refuse_names(&s->names, request);
    pthread_mutex_unlock(&s->lock);
    pop_request(s);
    return only_one ? status : REDISC_OK;
}

void redisc_subscriber_forget_requests(redisc_subscriber *s)
{
    while (s->first_request != NULL) {
        pop_request(s);
    }
}
