/* SPDX-License-Identifier: MIT */
#include "hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TICK_MS = 5, SMALL_BUFFER = 4096 };

struct hostile {
    const hostile_step *script;
    int listener;
    int port;
    pthread_t thread;
    atomic_bool stopping;
    pthread_mutex_t mutex; /* for what follows */
    unsigned clients;
    char *heard; /* NUL-terminated */
    size_t heard_len;
    size_t heard_room;
};

/* One client being served. */
typedef struct visit {
    hostile *peer;
    int client;
    size_t seen; /* how far AWAIT has got in what was heard: nothing to find before it */
    bool gone;
} visit;

static void die(const char *what)
{
    fprintf(stderr, "hostile peer: %s: %s\n", what, strerror(errno));
    abort();
}

/* Waits for an event in ticks, so that a stop is seen; false if it must end. */
static bool wait_for(visit *v, short events)
{
    struct pollfd wanted = {.fd = v->client, .events = events};
    while (!atomic_load(&v->peer->stopping)) {
        if (poll(&wanted, 1, TICK_MS) > 0) {
            return true;
        }
    }
    return false;
}

static void remember(hostile *peer, const char *bytes, size_t len)
{
    pthread_mutex_lock(&peer->mutex);
    if (peer->heard_room - peer->heard_len <= len) {
        size_t room = (peer->heard_room + len) * 2;
        char *longer = realloc(peer->heard, room);
        if (longer == NULL) {
            die("memory");
        }
        peer->heard = longer;
        peer->heard_room = room;
    }
    memcpy(peer->heard + peer->heard_len, bytes, len);
    peer->heard_len += len;
    peer->heard[peer->heard_len] = '\0';
    pthread_mutex_unlock(&peer->mutex);
}

/* Reads what there is; false when the client is gone or the peer is to stop. */
static bool listen_once(visit *v)
{
    static _Thread_local char bytes[65536];
    if (!wait_for(v, POLLIN)) {
        return false;
    }
    ssize_t count = recv(v->client, bytes, sizeof bytes, 0);
    if (count <= 0) {
        v->gone = true;
        return false;
    }
    remember(v->peer, bytes, (size_t)count);
    return true;
}

static bool has_come(visit *v, const char *text)
{
    hostile *peer = v->peer;
    size_t len = strlen(text);
    pthread_mutex_lock(&peer->mutex);
    const char *found = peer->heard == NULL ? NULL : strstr(peer->heard + v->seen, text);
    if (found != NULL) {
        v->seen = (size_t)(found - peer->heard) + len;
    } else if (peer->heard_len >= v->seen + len) {
        v->seen = peer->heard_len - len + 1; /* not all of it again the next time */
    }
    pthread_mutex_unlock(&peer->mutex);
    return found != NULL;
}

static void say(visit *v, const char *text, size_t len)
{
    while (len > 0 && !v->gone && wait_for(v, POLLOUT)) {
        ssize_t count = send(v->client, text, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno != EAGAIN) {
            v->gone = true;
            return;
        }
        text += count < 0 ? 0 : count;
        len -= count < 0 ? 0 : (size_t)count;
    }
}

static void pause_ms(hostile *peer, size_t milliseconds)
{
    for (size_t waited = 0; waited < milliseconds && !atomic_load(&peer->stopping);) {
        size_t tick = milliseconds - waited < TICK_MS ? milliseconds - waited : TICK_MS;
        poll(NULL, 0, (int)tick);
        waited += tick;
    }
}

static void reset(visit *v)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(v->client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    v->gone = true;
}

static void flood(visit *v, const hostile_step *step)
{
    size_t len = strlen(step->text);
    for (size_t i = 0; (step->number == 0 || i < step->number) && !v->gone; i++) {
        if (atomic_load(&v->peer->stopping)) {
            return;
        }
        say(v, step->text, len);
    }
}

static void play(visit *v, const hostile_step *step)
{
    switch (step->action) {
    case HOSTILE_AWAIT:
        while (!has_come(v, step->text) && listen_once(v)) {
        }
        break;
    case HOSTILE_SEND:
        say(v, step->text, strlen(step->text));
        break;
    case HOSTILE_FLOOD:
        flood(v, step);
        break;
    case HOSTILE_DRIP:
        for (const char *at = step->text; *at != '\0' && !v->gone; at++) {
            say(v, at, 1);
            pause_ms(v->peer, step->number);
        }
        break;
    case HOSTILE_PAUSE:
        pause_ms(v->peer, step->number);
        break;
    case HOSTILE_CLOSE:
        v->gone = true;
        break;
    case HOSTILE_RESET:
        reset(v);
        break;
    case HOSTILE_END:
        break;
    }
}

static void receive_client(hostile *peer, int client)
{
    pthread_mutex_lock(&peer->mutex);
    peer->clients++;
    visit v = {.peer = peer, .client = client, .seen = peer->heard_len};
    pthread_mutex_unlock(&peer->mutex);
    for (const hostile_step *step = peer->script; step->action != HOSTILE_END && !v.gone; step++) {
        play(&v, step);
    }
    while (!v.gone && listen_once(&v)) {
    }
    close(client);
}

static void *serve(void *argument)
{
    hostile *peer = argument;
    struct pollfd wanted = {.fd = peer->listener, .events = POLLIN};
    while (!atomic_load(&peer->stopping)) {
        if (poll(&wanted, 1, TICK_MS) <= 0) {
            continue;
        }
        int client = accept(peer->listener, NULL, NULL);
        if (client >= 0) {
            receive_client(peer, client);
        }
    }
    return NULL;
}

hostile *hostile_start(const hostile_step *script)
{
    hostile *peer = calloc(1, sizeof *peer);
    if (peer == NULL) {
        die("memory");
        return NULL;
    }
    peer->script = script;
    pthread_mutex_init(&peer->mutex, NULL);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int small = SMALL_BUFFER; /* so that a send blocks soon */
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (peer->listener < 0 ||
        setsockopt(peer->listener, SOL_SOCKET, SO_SNDBUF, &small, sizeof small) != 0 ||
        setsockopt(peer->listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) != 0 ||
        bind(peer->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(peer->listener, 8) != 0 ||
        getsockname(peer->listener, (struct sockaddr *)&address, &size) != 0) {
        die("listening");
    }
    peer->port = ntohs(address.sin_port);
    if (pthread_create(&peer->thread, NULL, serve, peer) != 0) {
        die("thread");
    }
    return peer;
}

int hostile_port(const hostile *peer)
{
    return peer->port;
}

unsigned hostile_clients(hostile *peer)
{
    pthread_mutex_lock(&peer->mutex);
    unsigned clients = peer->clients;
    pthread_mutex_unlock(&peer->mutex);
    return clients;
}

char *hostile_heard(hostile *peer)
{
    pthread_mutex_lock(&peer->mutex);
    char *copy = calloc(1, peer->heard_len + 1);
    if (copy == NULL) {
        die("memory");
    } else if (peer->heard_len > 0) {
        memcpy(copy, peer->heard, peer->heard_len);
    }
    pthread_mutex_unlock(&peer->mutex);
    return copy;
}

void hostile_stop(hostile *peer)
{
    if (peer == NULL) {
        return;
    }
    atomic_store(&peer->stopping, true);
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    pthread_mutex_destroy(&peer->mutex);
    free(peer->heard);
    free(peer);
}
