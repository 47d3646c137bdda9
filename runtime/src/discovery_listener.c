/* SPDX-License-Identifier: MIT */
/*
 * Listening to one of the sentinels, without a thread: one connection that is subscribed to
 * +switch-master. What comes waits in the socket until somebody looks, which costs a system call,
 * and is done at most every LOOK_MS.
 */
#include "discovery.h"

#include "deadline.h"

enum {
    LOOK_MS = 100,
    OPEN_MS = 250,      /* what a caller may lose by a sentinel that can't be listened to */
    QUIET_MS = 5000,    /* after it a silent sentinel is asked whether it lives */
    PATIENCE_MS = 5000, /* for the answer */
    REOPEN_MS = 1000    /* at most so often is another one tried */
};

static const char subscribe[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$14\r\n+switch-master\r\n";
static const char ping[] = "*1\r\n$4\r\nPING\r\n";

/* What a message of the sentinel came to. */
typedef struct hearing {
    redisc_discovery *d;
    bool confirmed; /* it is subscribed */
    bool refused;
} hearing;

/* The string at that place of a message without nested values; nil if there is none. */
static redisc_str text_at(const redisc_parsed *message, size_t place)
{
    if (place >= message->count) {
        return redisc_bytes(NULL, 0);
    }
    const redisc_node *node = &message->nodes[place];
    redisc_node_type kind = redisc_node_kind(node);
    bool is_text = kind == REDISC_NODE_STRING || kind == REDISC_NODE_SIMPLE;
    return is_text ? redisc_bytes(redisc_node_bytes(message, node), redisc_node_length(node))
                   : redisc_bytes(NULL, 0);
}

static bool is_word(redisc_str text, const char *word)
{
    return text.data != NULL && redisc_str_equal(text, redisc_text(word));
}

/* Cuts the first word off. */
static redisc_str next_word(redisc_str *text)
{
    redisc_str word = {text->data, 0};
    while (word.len < text->len && text->data[word.len] != ' ') {
        word.len++;
    }
    size_t skip = word.len < text->len ? word.len + 1 : word.len;
    text->data += skip;
    text->len -= skip;
    return word;
}

static bool is_master(const redisc_service *service, redisc_str host, redisc_str port)
{
    uint64_t number = 0;
    return service->known && redisc_str_equal(host, redisc_text(service->master.host)) &&
           redisc_read_unsigned(port.data, port.len, &number) && number == service->master.port;
}

/*
 * "mymaster 10.0.0.1 6379 10.0.0.2 6379". The new address is not taken on trust, but connections to
 * another one are outdated, and no sentinel that still knows the old state of things is believed.
 */
static void switched(redisc_discovery *d, redisc_str text)
{
    redisc_str name = next_word(&text);
    redisc_str old_host = next_word(&text);
    redisc_str old_port = next_word(&text);
    redisc_str new_host = next_word(&text);
    redisc_str new_port = next_word(&text);
    pthread_mutex_lock(&d->lock);
    for (redisc_service *service = d->services; service != NULL; service = service->next) {
        if (!redisc_str_equal(name, redisc_text(service->name)) || new_port.len == 0 ||
            is_master(service, new_host, new_port)) {
            continue;
        }
        d->stats.pushes++;
        if (is_master(service, old_host, old_port)) {
            service->master.epoch++;
        }
        service->known = false;
        atomic_fetch_add_explicit(&service->moves, 1, memory_order_acq_rel);
    }
    pthread_mutex_unlock(&d->lock);
}

static void hear(hearing *h, const redisc_parsed *message)
{
    const redisc_node *root = message->nodes;
    redisc_node_type kind = redisc_node_kind(root);
    if (kind == REDISC_NODE_ERROR) {
        h->refused = true;
    }
    if ((kind != REDISC_NODE_ARRAY && kind != REDISC_NODE_PUSH) || redisc_node_length(root) < 3) {
        return;
    }
    redisc_str what = text_at(message, 1);
    if (is_word(what, "subscribe")) {
        h->confirmed = true;
    } else if (is_word(what, "message") && is_word(text_at(message, 2), "+switch-master")) {
        redisc_str text = text_at(message, 3);
        if (text.data != NULL) {
            switched(h->d, text);
        }
    }
}

static void on_push(redisc_connection *connection, const redisc_parsed *push, void *context)
{
    (void)connection;
    hear(context, push);
}

/* Hears all that was received; false if it makes no sense. */
static bool hear_all(hearing *h, redisc_connection *connection)
{
    redisc_parsed message;
    connection->on_push = on_push;
    connection->on_push_context = h;
    redisc_parse result;
    while ((result = redisc_connection_take(connection, &message)) == REDISC_PARSE_REPLY) {
        hear(h, &message);
        redisc_parser_consume(connection->parser);
    }
    return result == REDISC_PARSE_MORE;
}

static bool say(redisc_connection *connection, const char *command, size_t len,
                redisc_deadline deadline)
{
    redisc_operation c = {.out = &connection->out, .start = connection->out.end};
    redisc_delivery delivery;
    if (redisc_buffer_append(&connection->out, command, len) != REDISC_OK) {
        return false;
    }
    bool said = redisc_connection_send(connection, &c, deadline, &delivery) == REDISC_OK;
    redisc_connection_forget(&c);
    return said;
}

/* Receives once, waiting as long as the deadline allows; *heard: something came. False: it is lost.
 */
static bool receive(redisc_connection *connection, redisc_deadline deadline, bool *heard)
{
    ptrdiff_t count = redisc_connection_read_some(connection, redisc_deadline_left(deadline));
    *heard = count > 0;
    return count > 0 || count == REDISC_TRANSPORT_AGAIN || count == REDISC_TRANSPORT_TIMEOUT;
}

/* A new connection that is subscribed; NULL if there is none to be had. */
static redisc_connection *connect_to(redisc_discovery *d, size_t watcher, redisc_deadline deadline)
{
    redisc_pool *pool = redisc_pool_of(d->watchers[watcher].client);
    redisc_connection *connection = redisc_connection_open(pool->config, deadline);
    hearing h = {.d = d};
    bool alive = connection != NULL && say(connection, subscribe, sizeof subscribe - 1, deadline);
    while (alive && !h.confirmed && !h.refused) {
        bool heard;
        alive = !redisc_deadline_passed(deadline) && receive(connection, deadline, &heard) &&
                hear_all(&h, connection);
    }
    if (!alive || h.refused) {
        redisc_connection_close(connection);
        return NULL;
    }
    return connection;
}

/* Makes the listener busy, if it isn't. Needs the lock. */
static bool claim(redisc_listener *listener)
{
    bool free = !listener->busy;
    listener->busy = true;
    return free;
}

bool redisc_listener_open(redisc_discovery *d, size_t watcher, redisc_deadline deadline)
{
    redisc_listener *listener = &d->listener;
    int64_t now_ms = redisc_now_ms();
    pthread_mutex_lock(&d->lock);
    bool due = !listener->listening &&
               (listener->opened_ms == INT64_MIN || now_ms - listener->opened_ms >= REOPEN_MS) &&
               claim(listener);
    pthread_mutex_unlock(&d->lock);
    if (!due) {
        return false;
    }
    redisc_error_copy before;
    redisc_error_save(&before);
    redisc_connection_close(listener->connection);
    listener->connection = connect_to(
        d, watcher, redisc_deadline_earlier(deadline, redisc_deadline_from(now_ms, OPEN_MS)));
    redisc_error_restore(&before);
    bool opened = listener->connection != NULL;
    now_ms = redisc_now_ms();
    pthread_mutex_lock(&d->lock);
    listener->busy = false;
    listener->listening = opened;
    listener->number += opened;
    listener->opened_ms = listener->looked_ms = listener->heard_ms = now_ms;
    listener->pinged = false;
    d->stats.listens += opened;
    pthread_mutex_unlock(&d->lock);
    return opened;
}

/* Hears what has come, without waiting; false: the connection is lost. */
static bool drain(redisc_discovery *d, bool *heard)
{
    redisc_connection *connection = d->listener.connection;
    hearing h = {.d = d};
    *heard = false;
    if (connection->fork_count != redisc_fork_count()) {
        return false;
    }
    for (bool more = true; more;) {
        if (!receive(connection, (redisc_deadline){.at_ms = 0}, &more) ||
            !hear_all(&h, connection)) {
            return false;
        }
        *heard = *heard || more;
    }
    return true;
}

/* After a time without a look the sentinel may have gone without a word: it has to answer now. */
static bool lives(redisc_discovery *d, redisc_deadline deadline)
{
    redisc_connection *connection = d->listener.connection;
    hearing h = {.d = d};
    bool heard = false;
    while (!heard) {
        if (redisc_deadline_passed(deadline) || !receive(connection, deadline, &heard) ||
            !hear_all(&h, connection)) {
            return false;
        }
    }
    return true;
}

/* Looks, for the thread that has made the listener busy; false: the connection is lost. */
static bool look(redisc_discovery *d, int64_t now_ms, bool was_idle, redisc_deadline deadline,
                 bool *heard)
{
    redisc_listener *listener = &d->listener;
    if (!drain(d, heard)) {
        return false;
    }
    if (*heard || now_ms - listener->heard_ms < QUIET_MS) {
        return true;
    }
    if (listener->pinged) {
        return now_ms - listener->heard_ms < QUIET_MS + PATIENCE_MS;
    }
    if (!say(listener->connection, ping, sizeof ping - 1, redisc_deadline_from(now_ms, OPEN_MS))) {
        return false;
    }
    listener->pinged = true;
    *heard = was_idle;
    return !was_idle ||
           lives(d, redisc_deadline_earlier(deadline, redisc_deadline_from(now_ms, OPEN_MS)));
}

void redisc_listener_look(redisc_discovery *d, int64_t now_ms, redisc_deadline deadline)
{
    redisc_listener *listener = &d->listener;
    pthread_mutex_lock(&d->lock);
    int64_t since_ms = now_ms - listener->looked_ms;
    bool due = listener->listening && since_ms >= LOOK_MS && claim(listener);
    if (due) {
        listener->looked_ms = now_ms;
    }
    pthread_mutex_unlock(&d->lock);
    if (!due) {
        return;
    }
    redisc_error_copy before;
    redisc_error_save(&before);
    bool heard = false;
    bool alive = look(d, now_ms, since_ms >= QUIET_MS, deadline, &heard);
    redisc_error_restore(&before);
    if (!alive) {
        redisc_connection_close(listener->connection);
        listener->connection = NULL;
    }
    pthread_mutex_lock(&d->lock);
    listener->busy = false;
    listener->listening = alive;
    if (heard) {
        listener->heard_ms = now_ms;
        listener->pinged = false;
    }
    pthread_mutex_unlock(&d->lock);
}
