/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
    READY_MS = 20000, /* how long a start may take on a busy machine */
    STEP_MS = 5,
    PORT_TRIES = 5 /* another process may take the port between our look and the server's bind */
};

struct test_server {
    pid_t process; /* 0: none */
    int port;
    int tls_port; /* 0: none */
    bool is_sentinel;
    char *extra_config;
    char folder[80];
    char path[104]; /* what the smallest sockaddr_un takes */
    char config[104];
    char log[104];
    char url[112];
    char tcp_url[48];
    char version[64];
};

/* Ends the test's process: a message, and the server's last words. */
static void give_up(const test_server *server, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("test server: ", stderr);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    FILE *log = server == NULL ? NULL : fopen(server->log, "r");
    if (log != NULL) {
        char line[512];
        while (fgets(line, sizeof line, log) != NULL) {
            fputs(line, stderr);
        }
        fclose(log);
    }
    abort();
}

static void pause_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

static const char *server_program(void)
{
    const char *program = getenv("REDISC_TEST_SERVER");
    return program == NULL || *program == '\0' ? "redis-server" : program;
}

/* A port that nobody listens on just now. */
static int free_port(void)
{
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (probe < 0 || bind(probe, (const struct sockaddr *)&address, sizeof address) != 0 ||
        getsockname(probe, (struct sockaddr *)&address, &size) != 0) {
        give_up(NULL, "no free port: %s", strerror(errno));
    }
    close(probe);
    return ntohs(address.sin_port);
}

static void make_folder(test_server *server)
{
    const char *parent = getenv("TMPDIR");
    /* A Unix socket's path has to be short. */
    if (parent == NULL || *parent == '\0' || strlen(parent) > 48) {
        parent = "/tmp";
    }
    snprintf(server->folder, sizeof server->folder, "%s/redisc-XXXXXX", parent);
    if (mkdtemp(server->folder) == NULL) {
        give_up(NULL, "no folder %s: %s", server->folder, strerror(errno));
    }
    snprintf(server->path, sizeof server->path, "%s/socket", server->folder);
    snprintf(server->config, sizeof server->config, "%s/config", server->folder);
    snprintf(server->log, sizeof server->log, "%s/log", server->folder);
    snprintf(server->url, sizeof server->url, "unix://%s", server->path);
}

static void choose_port(test_server *server)
{
    server->port = free_port();
    snprintf(server->tcp_url, sizeof server->tcp_url, "redis://127.0.0.1:%d", server->port);
    FILE *file = fopen(server->config, "w");
    if (file == NULL) {
        give_up(server, "can't write %s: %s", server->config, strerror(errno));
    }
    fprintf(file,
            "port %d\nbind 127.0.0.1\nunixsocket %s\nunixsocketperm 700\ndir %s\nlogfile %s\n"
            "daemonize no\n",
            server->port, server->path, server->folder, server->log);
    if (server->tls_port != 0) {
        server->tls_port = free_port();
        fprintf(file, "tls-port %d\n", server->tls_port);
    }
    if (!server->is_sentinel) {
        fprintf(file, "save \"\"\nappendonly no\ndatabases 16\n%s\n", server->extra_config);
    }
    fclose(file);
}

/* In the child: becomes the server. */
static void become_server(const test_server *server, pid_t test)
{
#ifdef __linux__
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != test) {
        _exit(127);
    }
#else
    (void)test;
#endif
    /* Its words go to its log; what the server can't say there is said on stderr. */
    int nothing = open("/dev/null", O_RDWR);
    if (nothing >= 0) {
        dup2(nothing, STDIN_FILENO);
        dup2(nothing, STDOUT_FILENO);
    }
    /* The test's descriptors are not the server's. */
    for (int descriptor = STDERR_FILENO + 1; descriptor < 256; descriptor++) {
        close(descriptor);
    }
    const char *mode = server->is_sentinel ? "--sentinel" : NULL;
    execlp(server_program(), server_program(), server->config, mode, (char *)NULL);
    fprintf(stderr, "test server: can't run %s: %s\n", server_program(), strerror(errno));
    _exit(127);
}

/* Whether it answers a PING. An error does (-NOAUTH, with a password), but for -LOADING. */
static bool answers(const test_server *server)
{
    int s = socket(AF_UNIX, SOCK_STREAM, 0);
    if (s < 0) {
        give_up(server, "no socket: %s", strerror(errno));
    }
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", server->path);
    char answer[64] = "";
    size_t got = 0;
    if (connect(s, (const struct sockaddr *)&address, sizeof address) == 0 &&
        write(s, "PING\r\n", 6) == 6) {
        struct pollfd wait = {.fd = s, .events = POLLIN};
        while (strchr(answer, '\n') == NULL && got + 1 < sizeof answer &&
               poll(&wait, 1, 1000) > 0) {
            ssize_t more = read(s, answer + got, sizeof answer - 1 - got);
            if (more <= 0) {
                break;
            }
            got += (size_t)more;
        }
    }
    close(s);
    return got > 0 && strncmp(answer, "-LOADING", 8) != 0;
}

/* Starts the process and waits until it answers; false if it ended instead. */
static bool run_server(test_server *server)
{
    unlink(server->path); /* a killed one leaves it behind */
    pid_t test = getpid();
    fflush(NULL);
    server->process = fork();
    if (server->process < 0) {
        give_up(server, "no process: %s", strerror(errno));
    }
    if (server->process == 0) {
        become_server(server, test);
    }
    for (int waited = 0; waited < READY_MS; waited += STEP_MS) {
        if (answers(server)) {
            return true;
        }
        if (waitpid(server->process, NULL, WNOHANG) == server->process) {
            server->process = 0;
            return false;
        }
        pause_ms(STEP_MS);
    }
    give_up(server, "%s did not answer in time", server_program());
    return false;
}

/* "Redis server v=7.0.15 sha=…" or "Valkey server v=8.0.1 …" as "redis 7.0.15". */
static void find_version(test_server *server)
{
    char command[512];
    snprintf(command, sizeof command, "'%s' --version", server_program());
    FILE *output = popen(command, "r");
    char line[256] = "";
    if (output == NULL || fgets(line, sizeof line, output) == NULL) {
        give_up(server, "%s doesn't tell its version", server_program());
    }
    pclose(output);
    char name[16] = "";
    char number[32] = "";
    if (sscanf(line, "%15s server v=%31s", name, number) != 2) {
        give_up(server, "%s says an unknown version: %s", server_program(), line);
    }
    for (char *c = name; *c != '\0'; c++) {
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + ('a' - 'A') : *c);
    }
    snprintf(server->version, sizeof server->version, "%s %s", name, number);
}

static test_server *start(const char *extra_config, bool is_sentinel, bool has_tls)
{
    test_server *server = calloc(1, sizeof *server);
    char *extra = server == NULL ? NULL : malloc(strlen(extra_config ? extra_config : "") + 1);
    if (server == NULL || extra == NULL) {
        give_up(NULL, "no memory");
        return NULL;
    }
    strcpy(extra, extra_config ? extra_config : "");
    server->extra_config = extra;
    server->is_sentinel = is_sentinel;
    server->tls_port = has_tls ? 1 : 0;
    make_folder(server);
    for (int tries = 0; tries < PORT_TRIES; tries++) {
        choose_port(server);
        if (run_server(server)) {
            return server;
        }
    }
    give_up(server, "%s does not start", server_program());
    return NULL;
}

test_server *test_server_start(const char *extra_config)
{
    return start(extra_config, false, false);
}

test_server *test_server_start_tls(const char *extra_config)
{
    return start(extra_config, false, true);
}

test_server *test_server_start_sentinel(void)
{
    return start(NULL, true, false);
}

const char *test_server_debug_config(void)
{
    test_server probe = {0};
    find_version(&probe);
    return strncmp(probe.version, "redis 6.", 8) == 0 ? "" : "enable-debug-command yes\n";
}

const char *test_server_path(const test_server *server)
{
    return server->path;
}

int test_server_port(const test_server *server)
{
    return server->port;
}

int test_server_tls_port(const test_server *server)
{
    return server->tls_port;
}

const char *test_server_url(const test_server *server)
{
    return server->url;
}

const char *test_server_tcp_url(const test_server *server)
{
    return server->tcp_url;
}

const char *test_server_version(test_server *server)
{
    if (server->version[0] == '\0') {
        find_version(server);
    }
    return server->version;
}

int test_server_process(const test_server *server)
{
    return (int)server->process;
}

void test_server_kill(test_server *server)
{
    if (server->process > 0) {
        kill(server->process, SIGKILL);
        while (waitpid(server->process, NULL, 0) < 0 && errno == EINTR) {
        }
        server->process = 0;
    }
}

void test_server_restart(test_server *server)
{
    test_server_kill(server);
    if (!run_server(server)) {
        give_up(server, "%s does not start again", server_program());
    }
}

/* With all that the server wrote there. */
static void remove_folder(const char *folder)
{
    DIR *listing = opendir(folder);
    struct dirent *entry;
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            unlink(path) != 0) {
            remove_folder(path);
        }
    }
    if (listing != NULL) {
        closedir(listing);
    }
    if (rmdir(folder) != 0) {
        fprintf(stderr, "test server: %s is left: %s\n", folder, strerror(errno));
    }
}

void test_server_stop(test_server *server)
{
    if (server == NULL) {
        return;
    }
    test_server_kill(server);
    remove_folder(server->folder);
    free(server->extra_config);
    free(server);
}
