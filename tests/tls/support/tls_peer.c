/* SPDX-License-Identifier: MIT */
#include "tls_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct tls_peer {
    tls_peer_options options;
    SSL_CTX *context;
    int listening;
    int stop[2];
    int port;
    atomic_uint clients;
    pthread_t thread;
};

static void must(bool done, const char *what)
{
    if (!done) {
        fprintf(stderr, "tls peer: %s failed\n", what);
        abort();
    }
}

static void serve(tls_peer *peer, int client)
{
    SSL *ssl = SSL_new(peer->context);
    must(ssl != NULL && SSL_set_fd(ssl, client) == 1, "SSL_new");
    atomic_fetch_add(&peer->clients, 1);
    if (SSL_accept(ssl) == 1) {
        peer->options.play(ssl, peer->options.context);
    }
    SSL_free(ssl);
    close(client);
}

static void *run(void *context)
{
    tls_peer *peer = context;
    /* A client that goes is no reason to die. */
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    struct pollfd wanted[2] = {{.fd = peer->listening, .events = POLLIN},
                               {.fd = peer->stop[0], .events = POLLIN}};
    while (poll(wanted, 2, -1) > 0 && wanted[1].revents == 0) {
        int client = accept(peer->listening, NULL, NULL);
        if (client >= 0) {
            serve(peer, client);
        }
    }
    return NULL;
}

static void listen_on(tls_peer *peer, const char *path)
{
    struct sockaddr_in port = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    socklen_t size = sizeof port;
    peer->listening = socket(path == NULL ? AF_INET : AF_UNIX, SOCK_STREAM, 0);
    if (path != NULL) {
        snprintf(local.sun_path, sizeof local.sun_path, "%s", path);
        must(bind(peer->listening, (struct sockaddr *)&local, sizeof local) == 0, "bind");
    } else {
        must(bind(peer->listening, (struct sockaddr *)&port, sizeof port) == 0, "bind");
        must(getsockname(peer->listening, (struct sockaddr *)&port, &size) == 0, "getsockname");
        peer->port = ntohs(port.sin_port);
    }
    must(listen(peer->listening, 16) == 0, "listen");
}

tls_peer *tls_peer_start(authority *ca, const tls_peer_options *options)
{
    tls_peer *peer = calloc(1, sizeof *peer);
    must(peer != NULL, "calloc");
    peer->options = *options;
    peer->context = SSL_CTX_new(TLS_server_method());
    must(peer->context != NULL, "SSL_CTX_new");
    if (options->version != 0) {
        SSL_CTX_set_max_proto_version(peer->context, options->version);
    }
    if (options->ciphers != NULL) {
        must(SSL_CTX_set_cipher_list(peer->context, options->ciphers) == 1, "the ciphers");
    }
    if (options->certificate != NULL) {
        char file[64];
        snprintf(file, sizeof file, "%s.pem", options->certificate);
        must(SSL_CTX_use_certificate_chain_file(peer->context, authority_path(ca, file)) == 1,
             "the certificate");
        snprintf(file, sizeof file, "%s.key", options->certificate);
        must(SSL_CTX_use_PrivateKey_file(peer->context, authority_path(ca, file),
                                         SSL_FILETYPE_PEM) == 1,
             "the key");
    }
    listen_on(peer, options->path);
    must(pipe(peer->stop) == 0, "pipe");
    must(pthread_create(&peer->thread, NULL, run, peer) == 0, "pthread_create");
    return peer;
}

int tls_peer_port(const tls_peer *peer)
{
    return peer->port;
}

unsigned tls_peer_clients(tls_peer *peer)
{
    return atomic_load(&peer->clients);
}

void tls_peer_stop(tls_peer *peer)
{
    must(write(peer->stop[1], "", 1) == 1, "write");
    pthread_join(peer->thread, NULL);
    close(peer->listening);
    close(peer->stop[0]);
    close(peer->stop[1]);
    SSL_CTX_free(peer->context);
    free(peer);
}

void tls_peer_send(SSL *ssl, const char *bytes, size_t len, size_t piece)
{
    for (size_t sent = 0; sent < len; sent += piece) {
        size_t part = len - sent < piece ? len - sent : piece;
        if (SSL_write(ssl, bytes + sent, (int)part) <= 0) {
            return;
        }
    }
}

bool tls_peer_answer(SSL *ssl, int *how)
{
    static const char hello[] = "%1\r\n$5\r\nproto\r\n:3\r\n";
    char said[2048];
    int count = SSL_read(ssl, said, sizeof said - 1);
    if (count <= 0) {
        *how = SSL_get_error(ssl, count);
        return false;
    }
    said[count] = '\0';
    if (strstr(said, "HELLO") != NULL) {
        tls_peer_send(ssl, hello, sizeof hello - 1, sizeof hello);
    } else {
        tls_peer_send(ssl, "+PONG\r\n", 7, 7);
    }
    return true;
}
