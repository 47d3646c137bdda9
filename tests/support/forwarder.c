/* SPDX-License-Identifier: MIT */
#include "forwarder.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MOST_PAIRS = 256, TICK_MS = 5, PIECE = 16384 };

/* The two ends of a connection; what one says is passed to the other. */
typedef struct pair {
    int ends[2];
} pair;

struct forwarder {
    int listener;
    int port;
    pthread_t thread;
    pthread_mutex_t mutex; /* for what follows */
    pthread_cond_t changed;
    int target;
    forwarder_state wanted;
    forwarder_state state; /* of the thread, which alone touches the pairs */
    bool stopping;
    pair pairs[MOST_PAIRS];
    size_t count;
};

static void die(const char *what)
{
    fprintf(stderr, "forwarder: %s: %s\n", what, strerror(errno));
    abort();
}

static int new_socket(void)
{
    int made = socket(AF_INET, SOCK_STREAM, 0);
    if (made < 0 || fcntl(made, F_SETFD, FD_CLOEXEC) != 0) {
        die("socket");
    }
    return made;
}

/* Closes so that the other side sees a reset. */
static void reset(int end)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    setsockopt(end, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    close(end);
}

static void drop_pair(forwarder *way, size_t at, void (*how)(int))
{
    for (int i = 0; i < 2; i++) {
        if (way->pairs[at].ends[i] >= 0) {
            how(way->pairs[at].ends[i]);
        }
    }
    way->pairs[at] = way->pairs[--way->count];
}

static void plain_close(int end)
{
    close(end);
}

static void drop_all(forwarder *way)
{
    while (way->count > 0) {
        drop_pair(way, 0, reset);
    }
}

static int connect_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int made = new_socket();
    if (port == 0 || connect(made, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(made);
        return -1;
    }
    return made;
}

static void accept_one(forwarder *way, int target)
{
    int client = accept(way->listener, NULL, NULL);
    if (client < 0) {
        return;
    }
    fcntl(client, F_SETFD, FD_CLOEXEC);
    int server = way->state == FORWARDER_OPEN ? connect_to(target) : -1;
    bool refused = way->state == FORWARDER_CUT || (way->state == FORWARDER_OPEN && server < 0);
    if (refused || way->count == MOST_PAIRS) {
        reset(client);
        if (server >= 0) {
            close(server);
        }
        return;
    }
    way->pairs[way->count++] = (pair){.ends = {client, server}};
}

/* Passes on what one end says; false: it is over. */
static bool pass(int from, int to)
{
    char bytes[PIECE];
    ssize_t count = recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count <= 0) {
        return count < 0 && (errno == EAGAIN || errno == EINTR);
    }
    for (ssize_t sent = 0; sent < count;) {
        ssize_t more = send(to, bytes + sent, (size_t)(count - sent), MSG_NOSIGNAL);
        if (more <= 0) {
            return false;
        }
        sent += more;
    }
    return true;
}

static void pass_all(forwarder *way)
{
    struct pollfd wanted[2 * MOST_PAIRS + 1] = {{.fd = way->listener, .events = POLLIN}};
    for (size_t i = 0; i < 2 * way->count; i++) {
        bool moves = way->state == FORWARDER_OPEN && way->pairs[i / 2].ends[1] >= 0;
        wanted[i + 1] =
            (struct pollfd){.fd = moves ? way->pairs[i / 2].ends[i % 2] : -1, .events = POLLIN};
    }
    if (poll(wanted, (nfds_t)(2 * way->count + 1), TICK_MS) <= 0) {
        return;
    }
    for (size_t i = way->count; i > 0; i--) {
        const int *ends = way->pairs[i - 1].ends;
        bool over = (wanted[2 * i - 1].revents != 0 && !pass(ends[0], ends[1])) ||
                    (wanted[2 * i].revents != 0 && !pass(ends[1], ends[0]));
        if (over) {
            drop_pair(way, i - 1, plain_close);
        }
    }
    if (wanted[0].revents != 0) {
        pthread_mutex_lock(&way->mutex);
        int target = way->target;
        pthread_mutex_unlock(&way->mutex);
        accept_one(way, target);
    }
}

/* Connections that led nowhere stay so; those that were silenced are over, as after a cut. */
static void change_state(forwarder *way)
{
    if (way->wanted != FORWARDER_SILENT) {
        drop_all(way);
    }
    way->state = way->wanted;
    pthread_cond_broadcast(&way->changed);
}

static void *serve(void *argument)
{
    forwarder *way = argument;
    for (;;) {
        pthread_mutex_lock(&way->mutex);
        if (way->state != way->wanted) {
            change_state(way);
        }
        bool stopping = way->stopping;
        pthread_mutex_unlock(&way->mutex);
        if (stopping) {
            drop_all(way);
            return NULL;
        }
        pass_all(way);
    }
}

forwarder *forwarder_start(void)
{
    forwarder *way = calloc(1, sizeof *way);
    if (way == NULL) {
        die("memory");
    }
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    way->listener = new_socket();
    if (bind(way->listener, (const struct sockaddr *)&address, sizeof address) != 0 ||
        listen(way->listener, 64) != 0 ||
        getsockname(way->listener, (struct sockaddr *)&address, &size) != 0) {
        die("listening");
    }
    way->port = ntohs(address.sin_port);
    pthread_mutex_init(&way->mutex, NULL);
    pthread_cond_init(&way->changed, NULL);
    if (pthread_create(&way->thread, NULL, serve, way) != 0) {
        die("thread");
    }
    return way;
}

void forwarder_lead(forwarder *way, int port)
{
    pthread_mutex_lock(&way->mutex);
    way->target = port;
    pthread_mutex_unlock(&way->mutex);
}

int forwarder_port(const forwarder *way)
{
    return way->port;
}

void forwarder_set(forwarder *way, forwarder_state state)
{
    pthread_mutex_lock(&way->mutex);
    way->wanted = state;
    while (way->state != state) {
        pthread_cond_wait(&way->changed, &way->mutex);
    }
    pthread_mutex_unlock(&way->mutex);
}

void forwarder_stop(forwarder *way)
{
    if (way == NULL) {
        return;
    }
    pthread_mutex_lock(&way->mutex);
    way->stopping = true;
    pthread_mutex_unlock(&way->mutex);
    pthread_join(way->thread, NULL);
    close(way->listener);
    pthread_cond_destroy(&way->changed);
    pthread_mutex_destroy(&way->mutex);
    free(way);
}
