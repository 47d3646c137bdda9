/* SPDX-License-Identifier: MIT */
/*
 * The route by sentinels: what a client of a master or of replicas asks for a connection, and tells
 * of what it meets.
 */
#include "discovery.h"

#include "random.h"

#include <stdio.h>

enum {
    LOOK_MS = 100,           /* between two looks at the listener */
    CHECK_MS = 250,          /* what a caller may lose by asking while nobody listens */
    FIRST_CHECK_MS = 500,    /* after it that is done again, */
    MOST_CHECK_MS = 15000,   /* doubling up to this */
    LEAST_ATTEMPT_MS = 1000, /* for one server, if there is so much time; else a third of it */
    FIRST_PAUSE_MS = 20,     /* before the sentinels are asked again, */
    MOST_PAUSE_MS = 300,     /* doubling up to this */
    MOST_PATIENCE_MS = 60000 /* how long a master is waited for without a deadline */
};

typedef struct discovery_route {
    redisc_route route;
    redisc_discovery *d; /* counted reference */
    redisc_service *service;
    redisc_server_role role;
    redisc_replica_choice choice;
    atomic_uint turn;     /* of the replicas */
    atomic_uint no_moves; /* what a route to replicas counts: never */
} discovery_route;

static discovery_route *route_of(redisc_route *route)
{
    return (discovery_route *)route;
}

/* Connects to one server; the check comes with it. */
static redisc_connection *connect_to(redisc_config *config, const char *host, uint16_t port,
                                     redisc_server_role found, unsigned moves,
                                     redisc_deadline deadline)
{
    redisc_config *own = redisc_config_at(config, host, port);
    if (own == NULL) {
        return NULL;
    }
    own->found = found;
    own->moves = moves;
    redisc_connection *connection = redisc_connection_open(own, deadline);
    redisc_config_release(own);
    return connection;
}

/* Whether the master that the sentinels name, or another one, may be there soon. */
static bool is_passing(redisc_status status)
{
    return status == REDISC_ERROR_TIMEOUT || status == REDISC_ERROR_PROTOCOL ||
           (redisc_is(status, REDISC_ERROR_CONNECTION) &&
            !redisc_is(status, REDISC_ERROR_AUTHENTICATION) && status != REDISC_ERROR_TLS);
}

/* A part of the time for one attempt: a master that vanished without a word must not take all of
 * it, for another one may be named meanwhile. */
static redisc_deadline attempt_limit(redisc_deadline deadline)
{
    int64_t left = redisc_deadline_left(deadline);
    int64_t part = left / 3 > LEAST_ATTEMPT_MS ? left / 3 : LEAST_ATTEMPT_MS;
    return redisc_deadline_earlier(deadline, redisc_deadline_after(part));
}

/* Until when a master is waited for. */
static redisc_deadline patience(redisc_config *config, redisc_deadline deadline)
{
    int64_t connect_ms = config->options.connect_timeout_ms;
    redisc_deadline limit = redisc_deadline_after(connect_ms < 0 ? MOST_PATIENCE_MS : connect_ms);
    return redisc_deadline_earlier(deadline, limit);
}

/* Sleeps a while, at random so that not all come back at once; false if there is no time for it. */
static bool pause_before(unsigned tries, redisc_deadline deadline)
{
    int64_t pause = (int64_t)FIRST_PAUSE_MS << (tries < 5 ? tries : 5);
    pause = pause < MOST_PAUSE_MS ? pause : MOST_PAUSE_MS;
    pause -= (int64_t)redisc_random_below((uint64_t)pause / 2);
    int64_t left = redisc_deadline_left(deadline);
    if (left >= 0 && left <= pause) {
        return false;
    }
    redisc_sleep_ms(pause);
    return true;
}

/* One try: asks, and connects. *again: another one may fare better, now or in a while. */
static redisc_connection *try_master(discovery_route *self, redisc_config *config,
                                     redisc_deadline deadline, bool *again)
{
    redisc_master_place master;
    redisc_status status = redisc_service_find(self->d, self->service, deadline, &master, again);
    if (status != REDISC_OK) {
        return NULL;
    }
    redisc_connection *connection = connect_to(config, master.host, master.port, REDISC_ROLE_MASTER,
                                               master.moves, attempt_limit(deadline));
    *again = connection == NULL && is_passing(redisc_last_error()->status);
    return connection;
}

static redisc_connection *open_master(discovery_route *self, redisc_config *config,
                                      redisc_deadline deadline)
{
    deadline = patience(config, deadline);
    for (unsigned tries = 0;; tries++) {
        bool again = false;
        redisc_connection *connection = try_master(self, config, deadline, &again);
        if (connection != NULL && !redisc_connection_outdated(connection)) {
            return connection;
        }
        if (connection != NULL) { /* it has moved meanwhile */
            redisc_connection_close(connection);
            again = true;
            redisc_fail(REDISC_ERROR_DEMOTED, "the master was replaced while it was connected to");
        }
        if (!again || !pause_before(tries, deadline)) {
            return NULL;
        }
    }
}

/* Where among `count` replicas to begin. */
static size_t first_of(discovery_route *self, size_t count)
{
    if (self->choice == REDISC_REPLICA_FIRST) {
        return 0;
    }
    if (self->choice == REDISC_REPLICA_RANDOM) {
        return (size_t)redisc_random_below(count - 1);
    }
    return atomic_fetch_add_explicit(&self->turn, 1, memory_order_relaxed) % count;
}

/* The replicas in turn; NULL with the last one's error, if there is any. */
static redisc_connection *open_listed(discovery_route *self, redisc_config *config,
                                      const redisc_server_address_list *list,
                                      redisc_deadline deadline)
{
    size_t first = list->count == 0 ? 0 : first_of(self, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const redisc_server_address *at = &list->items[(first + i) % list->count];
        /* The master comes last and wants its share, too. */
        redisc_deadline share = redisc_deadline_share(deadline, list->count - i + 1);
        redisc_connection *connection =
            connect_to(config, at->host, at->port, REDISC_ROLE_REPLICA, 0, share);
        if (connection != NULL || !is_passing(redisc_last_error()->status)) {
            return connection;
        }
    }
    return NULL;
}

/* The master in the place of replicas. */
static redisc_connection *open_instead(discovery_route *self, redisc_config *config,
                                       redisc_deadline deadline)
{
    redisc_master_place master;
    bool hopeful;
    return redisc_service_find(self->d, self->service, deadline, &master, &hopeful) != REDISC_OK
               ? NULL
               : connect_to(config, master.host, master.port, REDISC_ROLE_MASTER, 0, deadline);
}

/* Neither a replica nor the master can be had: the text says both. */
static void fail_both(const discovery_route *self, size_t count, const redisc_error_copy *replicas)
{
    redisc_error_copy master;
    redisc_error_save(&master);
    char why[64];
    snprintf(why, sizeof why, "the sentinels know %zu usable ones", count);
    redisc_fail(REDISC_ERROR_REPLICA_NOT_FOUND,
                "no replica found for `%.64s`: %.180s; and the master: %.180s", self->service->name,
                replicas->error.status == REDISC_OK ? why : replicas->text, master.text);
}

static redisc_connection *open_replica(discovery_route *self, redisc_config *config,
                                       redisc_deadline deadline)
{
    deadline = patience(config, deadline);
    const redisc_server_address_list *list;
    redisc_error_copy why = {.error.status = REDISC_OK};
    redisc_status status = redisc_discovery_replicas(self->d, self->service->name, deadline, &list);
    size_t count = status == REDISC_OK ? list->count : 0;
    redisc_connection *connection =
        status == REDISC_OK ? open_listed(self, config, list, deadline) : NULL;
    redisc_free(list);
    if (connection != NULL) {
        return connection;
    }
    if (status != REDISC_OK || count > 0) {
        redisc_error_save(&why);
        if (why.error.status != REDISC_ERROR_REPLICA_NOT_FOUND && !is_passing(why.error.status)) {
            return NULL;
        }
    }
    connection = open_instead(self, config, deadline);
    if (connection == NULL && is_passing(redisc_last_error()->status)) {
        fail_both(self, count, &why);
    }
    return connection;
}

static redisc_connection *open_route(redisc_route *route, struct redisc_config *config,
                                     redisc_deadline deadline)
{
    discovery_route *self = route_of(route);
    return self->role == REDISC_ROLE_MASTER ? open_master(self, config, deadline)
                                            : open_replica(self, config, deadline);
}

static redisc_status ask_role(redisc *handle, redisc_server_role *role)
{
    const redisc_reply *reply;
    redisc_str text;
    redisc_status status = redisc_discovery_ask_role(handle, &text, &reply);
    bool master = text.data != NULL && redisc_str_equal(text, redisc_text("master"));
    bool replica = text.data != NULL && (redisc_str_equal(text, redisc_text("slave")) ||
                                         redisc_str_equal(text, redisc_text("replica")));
    if (status == REDISC_OK && !master && !replica) {
        status = redisc_fail(REDISC_ERROR_PROTOCOL, "it is neither a master nor a replica");
    }
    redisc_free(reply);
    *role = master ? REDISC_ROLE_MASTER : REDISC_ROLE_REPLICA;
    return status;
}

static redisc_status check_route(redisc_route *route, struct redisc_connection *connection,
                                 redisc_deadline deadline)
{
    discovery_route *self = route_of(route);
    const redisc_config *config = connection->config;
    redisc *handle = redisc_connection_handle_until(connection, deadline);
    if (handle == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    redisc_server_role role;
    redisc_status status = ask_role(handle, &role);
    redisc_close(handle);
    if (status != REDISC_OK) {
        redisc_error_prefix("asking for its role");
        return status;
    }
    if (role == config->found) {
        return REDISC_OK;
    }
    if (config->found == REDISC_ROLE_MASTER) {
        redisc_service_doubt(self->d, self->service, config->moves);
        redisc_discovery_avoid_first(self->d);
        return redisc_fail(REDISC_ERROR_DEMOTED,
                           "the sentinels hold it for the master, but it is a replica");
    }
    return redisc_fail(REDISC_ERROR_CONNECT,
                       "the sentinels hold it for a replica, but it is a master");
}

/* What a server says that has been made a replica. Nothing of the call was executed. */
static bool says_demoted(void)
{
    const redisc_error *error = redisc_last_error();
    return error->status == REDISC_ERROR_READONLY ||
           (error->status == REDISC_ERROR_UNBLOCKED &&
            strstr(error->text, "instance state changed") != NULL);
}

static redisc_status judge_route(redisc_route *route, struct redisc_connection *connection)
{
    discovery_route *self = route_of(route);
    if (self->role != REDISC_ROLE_MASTER || !says_demoted()) {
        return redisc_last_error()->status;
    }
    redisc_service_doubt(self->d, self->service, connection->config->moves);
    redisc_error_prefix("the master has become a replica");
    return redisc_error_becomes(REDISC_ERROR_DEMOTED);
}

/* Whether the sentinels have to be asked because nobody listens to them. Needs the lock. */
static bool is_check_due(discovery_route *self, int64_t now_ms)
{
    redisc_service *service = self->service;
    unsigned number = redisc_listener_number(&self->d->listener);
    if (service->master.host[0] == '\0' || (number != 0 && service->heard == number) ||
        now_ms < service->check_ms) {
        return false;
    }
    int64_t pause = (int64_t)FIRST_CHECK_MS << (service->checks < 5 ? service->checks : 5);
    service->checks++;
    service->check_ms = now_ms + (pause < MOST_CHECK_MS ? pause : MOST_CHECK_MS);
    return true;
}

static int64_t look_route(redisc_route *route, int64_t now_ms, redisc_deadline deadline)
{
    discovery_route *self = route_of(route);
    if (self->role != REDISC_ROLE_MASTER) {
        return INT64_MAX;
    }
    redisc_listener_look(self->d, now_ms, deadline);
    pthread_mutex_lock(&self->d->lock);
    bool due = is_check_due(self, now_ms);
    pthread_mutex_unlock(&self->d->lock);
    if (due) {
        redisc_error_copy before;
        redisc_master_place master;
        bool hopeful;
        redisc_deadline limit = redisc_deadline_from(now_ms, CHECK_MS);
        redisc_error_save(&before);
        redisc_service_find(self->d, self->service, redisc_deadline_earlier(deadline, limit),
                            &master, &hopeful);
        redisc_error_restore(&before);
    }
    return now_ms + LOOK_MS;
}

static size_t describe_route(redisc_route *route, char *text, size_t size)
{
    discovery_route *self = route_of(route);
    redisc_discovery *d = self->d;
    char place[REDISC_ADDRESS_SIZE] = "not known yet";
    pthread_mutex_lock(&d->lock);
    const redisc_master_place *master = &self->service->master;
    if (master->host[0] != '\0') {
        redisc_options_endpoint(&(redisc_options){.host = master->host, .port = master->port},
                                place);
    }
    pthread_mutex_unlock(&d->lock);
    int len = snprintf(text, size, "%s `%.64s` by %zu sentinel%s (master: %s)",
                       self->role == REDISC_ROLE_MASTER ? "master" : "replicas of",
                       self->service->name, d->count, d->count == 1 ? "" : "s", place);
    return len < 0 ? 0 : (size_t)len;
}

static void close_route(redisc_route *route)
{
    redisc_discovery_close(route_of(route)->d);
    redisc_release(route);
}

static const redisc_route_class route_class = {.open = open_route,
                                               .check = check_route,
                                               .judge = judge_route,
                                               .look = look_route,
                                               .describe = describe_route,
                                               .close = close_route};

redisc_route *redisc_discovery_route(redisc_discovery *d, const char *name, redisc_server_role role,
                                     redisc_replica_choice choice)
{
    redisc_service *service = redisc_discovery_service(d, name);
    discovery_route *self = service == NULL ? NULL : redisc_allocate_zeroed(sizeof *self);
    if (self == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a route");
        return NULL;
    }
    self->route.is = &route_class;
    self->route.moves = role == REDISC_ROLE_MASTER ? &service->moves : &self->no_moves;
    atomic_init(&self->route.references, 1);
    atomic_init(&self->turn, (unsigned)redisc_random_below(UINT32_MAX / 2));
    self->d = redisc_discovery_retain(d);
    self->service = service;
    self->role = role;
    self->choice = choice;
    return &self->route;
}

redisc_route *redisc_route_new(const redisc_options *options,
                               const redisc_options *sentinel_options)
{
    redisc_discovery *d;
    if (redisc_discovery_from_options(options, sentinel_options, &d) != REDISC_OK) {
        return NULL;
    }
    redisc_route *route =
        redisc_discovery_route(d, options->master_name, options->role, options->replica_choice);
    redisc_discovery_close(d);
    return route;
}

redisc_discovery *redisc_route_discovery(const redisc_route *route)
{
    return route == NULL || route->is != &route_class ? NULL : ((const discovery_route *)route)->d;
}
