/* SPDX-License-Identifier: MIT */
/**
 * @file
 * A tour of redisc: typed calls of the groups of commands, pipelines, scripts, locks, publish and
 * subscribe, over RESP2 and RESP3, each shown as the call and what it gave.
 *
 *     REDISC_URL=redis://localhost:6379 tour
 *     REDISC_URL=… REDISC_SENTINELS=localhost:26379 tour      with sentinels that watch `mymaster`
 *
 * REDISC_TLS_URL=rediss://… is the same server over TLS, which is shown then, too.
 *
 * All its keys and channels begin with "redisc:tour:"; the keys are deleted again, and it touches
 * nothing else. It ends with status 0 if every call gave what it had to.
 */
#include "tour/tour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const tour_part *const parts[] = {
    &tour_strings, &tour_bitmaps,   &tour_hyperloglogs, &tour_keys,        &tour_hashes,
    &tour_lists,   &tour_sets,      &tour_sorted_sets,  &tour_geo,         &tour_connection,
    &tour_legacy,  &tour_errors,    &tour_script,       &tour_callbacks,   &tour_pipelines,
    &tour_lua,     &tour_iterators, &tour_locks,        &tour_subscribers, &tour_observers,
    &tour_threads, &tour_sentinels};

/* The same server, spoken to in two ways. */
typedef struct clients {
    redisc *resp2;
    redisc *resp3;
} clients;

static const char *paint(const tour *t, const char *code)
{
    return t->colour ? code : "";
}

static bool wants_colour(void)
{
    const char *no_color = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && (no_color == NULL || *no_color == '\0') && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

/* Deletes a part's keys: the tour leaves nothing behind, and trips over nothing either. */
static void clear(redisc *r, const char *const *keys)
{
    for (; keys != NULL && *keys != NULL; keys++) {
        redisc_del(r, REDISC_STRS(*keys), NULL);
    }
}

/* Runs a part with one client; what it printed, to be freed. */
static char *run_with(tour *t, const tour_part *part, redisc *client)
{
    char *lines = NULL;
    size_t len = 0;
    t->out = open_memstream(&lines, &len);
    if (t->out == NULL) {
        perror("tour");
        exit(EXIT_FAILURE);
    }
    t->redis = client;
    clear(client, part->keys);
    part->run(t);
    clear(client, part->keys);
    fclose(t->out);
    t->out = stdout;
    return lines;
}

static void print_heading(const tour *t, const char *title, const char *remark)
{
    printf("\n%s%s%s  %s%s%s\n", paint(t, "\033[1;36m"), title, paint(t, "\033[0m"),
           paint(t, "\033[2m"), remark, paint(t, "\033[0m"));
}

static void run_part(tour *t, const tour_part *part, clients both)
{
    char *resp2 = part->show == TOUR_ONCE ? NULL : run_with(t, part, both.resp2);
    char *resp3 = run_with(t, part, both.resp3);
    bool same = resp2 != NULL && strcmp(resp2, resp3) == 0;
    if (part->show == TOUR_ONCE) {
        print_heading(t, part->title, "over RESP3");
    } else if (same && part->show == TOUR_SAME) {
        print_heading(t, part->title, "the same over RESP2 and RESP3");
    } else {
        print_heading(t, part->title, "over RESP2");
        fputs(resp2, stdout);
        print_heading(t, part->title, "over RESP3");
        t->surprises += part->show == TOUR_SAME;
    }
    fputs(resp3, stdout);
    free(resp2);
    free(resp3);
}

static redisc *open_client(const char *url, redisc_protocol protocol)
{
    const redisc_options options = {.protocol = protocol, .client_name = "redisc-tour"};
    redisc *client;
    if (redisc_open(url, &options, &client) != REDISC_OK) {
        fprintf(stderr, "tour: %s\n", redisc_last_error()->text);
        exit(EXIT_FAILURE);
    }
    return client;
}

/* Which server it is; ends the program if there is none. */
static void greet(tour *t, const char *url, redisc *client)
{
    char pool[200];
    redisc_pool_describe(redisc_pool_of(client), pool, sizeof pool);
    redisc *pinned = NULL;
    const redisc_hello_info *server = NULL;
    if (redisc_pin(client, &pinned) != REDISC_OK || redisc_hello(pinned, &server) != REDISC_OK) {
        fprintf(stderr, "tour: %s\n", redisc_last_error()->text);
        if (url == NULL) {
            fprintf(stderr, "REDISC_URL says where the server is, if it is elsewhere.\n");
        }
        exit(EXIT_FAILURE);
    }
    printf("%sA tour of redisc %s%s with %s %s\n", paint(t, "\033[1m"), REDISC_VERSION,
           paint(t, "\033[0m"), server->server.data, server->version.data);
    printf("%s%s; all keys begin with %s%s\n", paint(t, "\033[2m"), pool, TOUR_KEY(""),
           paint(t, "\033[0m"));
    redisc_free(server);
    redisc_close(pinned);
}

int main(void)
{
    tour t = {.out = stdout, .colour = wants_colour()};
    double start = tour_clock();
    const char *url = getenv("REDISC_URL");
    clients both = {open_client(url, REDISC_PROTOCOL_RESP2),
                    open_client(url, REDISC_PROTOCOL_RESP3)};
    greet(&t, url, both.resp3);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        run_part(&t, parts[i], both);
    }
#ifdef REDISC_TOUR_TLS
    if (getenv("REDISC_TLS_URL") != NULL) {
        run_part(&t, &tour_tls, both);
    }
#endif
    redisc_close(both.resp2);
    redisc_close(both.resp3);

    printf("\n%s%u steps in %.1f ms, the calls took %.1f ms of it%s\n", paint(&t, "\033[1m"),
           t.calls, (tour_clock() - start) * 1000, t.seconds * 1000, paint(&t, "\033[0m"));
    if (t.surprises > 0) {
        printf("%s%u of them not as expected%s\n", paint(&t, "\033[1;31m"), t.surprises,
               paint(&t, "\033[0m"));
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
