/* SPDX-License-Identifier: MIT */
/* A server that sentinels name: REDISC_SENTINELS says where these are, if there are any. */
#include "tour.h"

#include <stdlib.h>

static const char greeting[] = TOUR_KEY("greeting");

static void ask(tour *t, redisc_discovery *d)
{
    const redisc_server_address *address;
    const redisc_server_address_list *replicas;
    STEP(t, redisc_discover_master(d, "mymaster", &address));
    gives_words(t, address == NULL ? "nil" : address->host, "127.0.0.1");
    redisc_free(address);
    STEP(t, redisc_discover_replicas(d, "mymaster", &replicas));
    gives_integer(t, replicas == NULL ? -1 : (int64_t)replicas->count, 0);
    redisc_free(replicas);
    STEP(t, redisc_discover_master(d, "other", &address));
    fails(t, REDISC_ERROR_MASTER_NOT_FOUND);
}

static void use(tour *t, redisc *master, redisc *replica)
{
    const redisc_role_details *role;
    const redisc_str *value;
    STEP(t, redisc_set(master, greeting, "hello"));
    gives_ok(t);
    STEP(t, redisc_role(master, &role));
    gives_words(t, role == NULL ? "nil" : role->role.data, "master");
    redisc_free(role);
    say(t, "without a replica the master stands in for it");
    STEP(t, redisc_get(replica, greeting, &value));
    gives_string(t, value, "hello");
    STEP(t, redisc_del(master, REDISC_STRS(greeting), NULL));
    gives_ok(t);
}

static void run(tour *t)
{
    const char *sentinels = getenv("REDISC_SENTINELS");
    redisc_discovery *d;
    redisc *master, *replica;
    if (sentinels == NULL) {
        say(t, "REDISC_SENTINELS names none");
        return;
    }
    STEP(t, redisc_discovery_open(sentinels, NULL, &d));
    gives_ok(t);
    ask(t, d);
    STEP(t, redisc_master_for(d, "mymaster", NULL, &master));
    gives_ok(t);
    STEP(t, redisc_replica_for(d, "mymaster", NULL, &replica));
    gives_ok(t);
    use(t, master, replica);
    redisc_close(master);
    redisc_close(replica);
    redisc_discovery_close(d);
}

const tour_part tour_sentinels = {"Sentinels", run, TOUR_ONCE, NULL};
