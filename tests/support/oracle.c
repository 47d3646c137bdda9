/* SPDX-License-Identifier: MIT */
#include "oracle.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_CLIENTS = 64, MOST_ROWS = 64, TICK_MS = 5, ROOM = 4096, HEARD = 64 * 1024 };

typedef struct client {
    int socket;
    bool subscribed;
    size_t len;
    char bytes[ROOM]; /* of commands that are not complete */
} client;

typedef struct row {
    char words[64];
    char *reply;
} row;

struct oracle {
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t mutex; /* for all that follows */
    bool stopping;
    client clients[MOST_CLIENTS];
    size_t count;
    row rows[MOST_ROWS];
    size_t row_count;
    char heard[HEARD]; /* all commands, a line each */
    size_t heard_len;
};

static void die(const char *what)
{
    fprintf(stderr, "oracle: %s: %s\n", what, strerror(errno));
    abort();
}

static void add_row(oracle *peer, const char *words, const char *reply)
{
    if (peer->row_count == MOST_ROWS) {
        die("too many rows");
    }
    row *to = &peer->rows[peer->row_count++];
    snprintf(to->words, sizeof to->words, "%s", words);
    to->reply = strdup(reply);
    if (to->reply == NULL) {
        die("memory");
    }
}

static bool begins_with(const char *text, const char *words)
{
    return strncmp(text, words, strlen(words)) == 0;
}

static void say(client *to, const char *text)
{
    for (size_t len = strlen(text); len > 0;) {
        ssize_t sent = send(to->socket, text, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        text += sent;
        len -= (size_t)sent;
    }
}

static void remember(oracle *peer, const char *words)
{
    size_t room = HEARD - peer->heard_len;
    int len = snprintf(peer->heard + peer->heard_len, room, "\n%s", words);
    peer->heard_len += len > 0 && (size_t)len < room ? (size_t)len : 0;
}

/* False: the client is to go. */
static bool answer(oracle *peer, client *from, const char *words)
{
    remember(peer, words);
    from->subscribed = from->subscribed || begins_with(words, "SUBSCRIBE");
    for (size_t i = peer->row_count; i > 0; i--) {
        const row *at = &peer->rows[i - 1];
        if (!begins_with(words, at->words)) {
            continue;
        }
        if (strcmp(at->reply, ORACLE_CLOSE) == 0) {
            return false;
        }
        if (strcmp(at->reply, ORACLE_SILENT) != 0) {
            say(from, at->reply);
        }
        return true;
    }
    say(from, "-ERR unknown command\r\n");
    return true;
}

/* Takes "*2\r\n$4\r\nPING\r\n…" as its words; how many bytes it was, 0 if it isn't complete. */
static size_t take_command(const client *from, char words[ROOM])
{
    const char *at = from->bytes;
    const char *end = from->bytes + from->len;
    words[0] = '\0';
    const char *line = memchr(at, '\n', (size_t)(end - at));
    if (line == NULL) {
        return 0;
    }
    long count = strtol(at + 1, NULL, 10);
    at = line + 1;
    size_t used = 0;
    for (long i = 0; i < count; i++) {
        line = memchr(at, '\n', (size_t)(end - at));
        long len = line == NULL ? 0 : strtol(at + 1, NULL, 10);
        if (line == NULL || end - line - 1 < len + 2) {
            return 0;
        }
        used += (size_t)snprintf(words + used, ROOM - used, "%s%.*s", i == 0 ? "" : " ", (int)len,
                                 line + 1);
        at = line + 1 + len + 2;
    }
    return (size_t)(at - from->bytes);
}

static bool hear(oracle *peer, client *from)
{
    ssize_t count =
        recv(from->socket, from->bytes + from->len, sizeof from->bytes - from->len, MSG_DONTWAIT);
    if (count <= 0) {
        return count < 0 && errno == EAGAIN;
    }
    from->len += (size_t)count;
    char words[ROOM];
    for (size_t used; (used = take_command(from, words)) > 0;) {
        if (!answer(peer, from, words)) {
            return false;
        }
        memmove(from->bytes, from->bytes + used, from->len - used);
        from->len -= used;
    }
    return true;
}

static void drop(oracle *peer, size_t at)
{
    close(peer->clients[at].socket);
    peer->clients[at] = peer->clients[--peer->count];
}

static void serve_once(oracle *peer)
{
    struct pollfd wanted[MOST_CLIENTS + 1] = {{.fd = peer->listener, .events = POLLIN}};
    pthread_mutex_lock(&peer->mutex);
    size_t count = peer->count;
    for (size_t i = 0; i < count; i++) {
        wanted[i + 1] = (struct pollfd){.fd = peer->clients[i].socket, .events = POLLIN};
    }
    pthread_mutex_unlock(&peer->mutex);
    poll(wanted, (nfds_t)count + 1, TICK_MS);
    pthread_mutex_lock(&peer->mutex);
    /* Clients may have been cut meanwhile. */
    for (size_t i = count < peer->count ? count : peer->count; i > 0; i--) {
        if (!hear(peer, &peer->clients[i - 1])) {
            drop(peer, i - 1);
        }
    }
    if (wanted[0].revents != 0 && peer->count < MOST_CLIENTS) {
        int made = accept(peer->listener, NULL, NULL);
        if (made >= 0) {
            peer->clients[peer->count++] = (client){.socket = made};
        }
    }
    pthread_mutex_unlock(&peer->mutex);
}

static void *serve(void *argument)
{
    oracle *peer = argument;
    for (bool stopping = false; !stopping;) {
        serve_once(peer);
        pthread_mutex_lock(&peer->mutex);
        stopping = peer->stopping;
        pthread_mutex_unlock(&peer->mutex);
    }
    return NULL;
}

oracle *oracle_start(void)
{
    oracle *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        die("memory");
        return NULL;
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (peer->listener < 0 ||
        bind(peer->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(peer->listener, MOST_CLIENTS) != 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size) != 0) {
        die("listening");
    }
    peer->port = ntohs(address.sin_port);
    add_row(peer, "CLIENT SETINFO", "+OK\r\n");
    add_row(peer, "PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    add_row(peer, "SUBSCRIBE", "*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n");
    pthread_mutex_init(&peer->mutex, NULL);
    if (pthread_create(&peer->thread, NULL, serve, peer) != 0) {
        die("thread");
    }
    return peer;
}

int oracle_port(const oracle *peer)
{
    return peer->port;
}

void oracle_answer(oracle *peer, const char *words, const char *reply)
{
    pthread_mutex_lock(&peer->mutex);
    add_row(peer, words, reply);
    pthread_mutex_unlock(&peer->mutex);
}

unsigned oracle_asked(oracle *peer, const char *words)
{
    char line[80];
    snprintf(line, sizeof line, "\n%s", words);
    unsigned asked = 0;
    pthread_mutex_lock(&peer->mutex);
    for (const char *at = peer->heard; (at = strstr(at, line)) != NULL; at++) {
        asked++;
    }
    pthread_mutex_unlock(&peer->mutex);
    return asked;
}

void oracle_say(oracle *peer, const char *text)
{
    pthread_mutex_lock(&peer->mutex);
    for (size_t i = 0; i < peer->count; i++) {
        if (peer->clients[i].subscribed) {
            say(&peer->clients[i], text);
        }
    }
    pthread_mutex_unlock(&peer->mutex);
}

void oracle_cut(oracle *peer)
{
    pthread_mutex_lock(&peer->mutex);
    while (peer->count > 0) {
        drop(peer, 0);
    }
    pthread_mutex_unlock(&peer->mutex);
}

void oracle_stop(oracle *peer)
{
    if (peer == NULL) {
        return;
    }
    pthread_mutex_lock(&peer->mutex);
    peer->stopping = true;
    pthread_mutex_unlock(&peer->mutex);
    pthread_join(peer->thread, NULL);
    oracle_cut(peer);
    close(peer->listener);
    pthread_mutex_destroy(&peer->mutex);
    for (size_t i = 0; i < peer->row_count; i++) {
        free(peer->rows[i].reply);
    }
    free(peer);
}
