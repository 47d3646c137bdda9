/* SPDX-License-Identifier: MIT */
#include "proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { TICK_MS = 2, MOST_SESSIONS = 64, CHUNK = 16384 };

/* A client's connection and the server's. What the client said outlives both. */
typedef struct session {
    struct session *next;
    int client; /* -1: over */
    int server;
    size_t left; /* bytes until the cut; SIZE_MAX: none */
    char *passed;
    size_t passed_len;
} session;

struct proxy {
    int listener;
    int port;
    struct sockaddr_un target;
    pthread_t thread;
    atomic_bool stopping;
    pthread_mutex_t mutex; /* for what follows */
    session *sessions;
    size_t cut_within;
    uint64_t sequence;
    unsigned clients;
    unsigned cuts;
};

static void die(const char *what)
{
    fprintf(stderr, "proxy: %s: %s\n", what, strerror(errno));
    abort();
}

static void *must_have(void *memory)
{
    if (memory == NULL) {
        die("memory");
    }
    return memory;
}

static size_t next_cut(proxy *p)
{
    p->sequence = p->sequence * 6364136223846793005u + 1442695040888963407u;
    return p->cut_within == 0 ? SIZE_MAX : (size_t)((p->sequence >> 33) % p->cut_within) + 1;
}

static void keep(session *s, const char *bytes, size_t len)
{
    s->passed = must_have(realloc(s->passed, s->passed_len + len + 1));
    memcpy(s->passed + s->passed_len, bytes, len);
    s->passed_len += len;
    s->passed[s->passed_len] = '\0';
}

static void end_session(session *s)
{
    close(s->client);
    close(s->server);
    s->client = s->server = -1;
}

static bool send_all(int to, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t count = send(to, bytes, len, MSG_NOSIGNAL);
        if (count <= 0) {
            return false;
        }
        bytes += count;
        len -= (size_t)count;
    }
    return true;
}

/* Passes on what there is, as far as the cut allows. */
static void pass(proxy *p, session *s, bool up)
{
    char bytes[CHUNK];
    ssize_t count = recv(up ? s->client : s->server, bytes, sizeof bytes, 0);
    size_t len = count > 0 ? (size_t)count : 0;
    len = len < s->left ? len : s->left;
    bool sent = count > 0 && send_all(up ? s->server : s->client, bytes, len);
    pthread_mutex_lock(&p->mutex);
    if (up) {
        keep(s, bytes, len);
    }
    s->left -= s->left == SIZE_MAX ? 0 : len;
    p->cuts += s->left == 0;
    if (!sent || s->left == 0) {
        end_session(s);
    }
    pthread_mutex_unlock(&p->mutex);
}

static void receive_client(proxy *p)
{
    int client = accept(p->listener, NULL, NULL);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    if (client < 0 || server < 0) {
        die("accepting");
    }
    if (connect(server, (const struct sockaddr *)&p->target, sizeof p->target) != 0) {
        close(client); /* the server is down */
        close(server);
        return;
    }
    session *s = must_have(calloc(1, sizeof *s));
    pthread_mutex_lock(&p->mutex);
    *s = (session){.next = p->sessions, .client = client, .server = server, .left = next_cut(p)};
    p->sessions = s;
    p->clients++;
    pthread_mutex_unlock(&p->mutex);
}

/* One round: what can be read, of those that are not over. */
static void serve_once(proxy *p)
{
    struct pollfd wanted[2 * MOST_SESSIONS + 1] = {{.fd = p->listener, .events = POLLIN}};
    session *of[MOST_SESSIONS];
    nfds_t count = 0;
    for (session *s = p->sessions; s != NULL && count < MOST_SESSIONS; s = s->next) {
        if (s->client >= 0) {
            wanted[1 + 2 * count] = (struct pollfd){.fd = s->client, .events = POLLIN};
            wanted[2 + 2 * count] = (struct pollfd){.fd = s->server, .events = POLLIN};
            of[count++] = s;
        }
    }
    if (poll(wanted, 1 + 2 * count, TICK_MS) <= 0) {
        return;
    }
    for (nfds_t i = 0; i < count; i++) {
        if (wanted[1 + 2 * i].revents != 0) {
            pass(p, of[i], true);
        }
        if (of[i]->client >= 0 && wanted[2 + 2 * i].revents != 0) {
            pass(p, of[i], false);
        }
    }
    if (wanted[0].revents != 0) {
        receive_client(p);
    }
}

static void *serve(void *argument)
{
    proxy *p = argument;
    while (!atomic_load(&p->stopping)) {
        serve_once(p);
    }
    return NULL;
}

proxy *proxy_start(const char *socket_path)
{
    proxy *p = must_have(calloc(1, sizeof *p));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    p->target.sun_family = AF_UNIX;
    snprintf(p->target.sun_path, sizeof p->target.sun_path, "%s", socket_path);
    pthread_mutex_init(&p->mutex, NULL);
    p->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (p->listener < 0 ||
        bind(p->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(p->listener, MOST_SESSIONS) != 0 ||
        getsockname(p->listener, (struct sockaddr *)&address, &size) != 0) {
        die("listening");
    }
    p->port = ntohs(address.sin_port);
    if (pthread_create(&p->thread, NULL, serve, p) != 0) {
        die("thread");
    }
    return p;
}

int proxy_port(const proxy *p)
{
    return p->port;
}

void proxy_cut_within(proxy *p, size_t most)
{
    pthread_mutex_lock(&p->mutex);
    p->cut_within = most;
    pthread_mutex_unlock(&p->mutex);
}

static unsigned read_figure(proxy *p, const unsigned *figure)
{
    pthread_mutex_lock(&p->mutex);
    unsigned value = *figure;
    pthread_mutex_unlock(&p->mutex);
    return value;
}

unsigned proxy_clients(proxy *p)
{
    return read_figure(p, &p->clients);
}

unsigned proxy_cuts(proxy *p)
{
    return read_figure(p, &p->cuts);
}

unsigned proxy_passed(proxy *p, const char *text)
{
    unsigned count = 0;
    pthread_mutex_lock(&p->mutex);
    for (const session *s = p->sessions; s != NULL; s = s->next) {
        const char *at = s->passed;
        while (at != NULL && (at = strstr(at, text)) != NULL) {
            count++;
            at++;
        }
    }
    pthread_mutex_unlock(&p->mutex);
    return count;
}

void proxy_stop(proxy *p)
{
    if (p == NULL) {
        return;
    }
    atomic_store(&p->stopping, true);
    pthread_join(p->thread, NULL);
    for (session *s = p->sessions; s != NULL;) {
        session *next = s->next;
        if (s->client >= 0) {
            end_session(s);
        }
        free(s->passed);
        free(s);
        s = next;
    }
    close(p->listener);
    pthread_mutex_destroy(&p->mutex);
    free(p);
}
