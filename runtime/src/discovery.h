/* SPDX-License-Identifier: MIT */
/**
 * @file
 * What a discovery is made of.
 *
 * A `watcher` is a sentinel, with a client of its own to ask it. A `service` is a master's name and
 * what is known of it. The `listener` is one connection to one of the sentinels, which tells by
 * itself when a master was replaced; nobody waits for it, but who takes a connection out of a pool
 * looks now and then whether it has said something (redisc_listener_look()).
 *
 * The lock is never held while something is sent or waited for on a network.
 */
#ifndef REDISC_SRC_DISCOVERY_H
#define REDISC_SRC_DISCOVERY_H

#include "client.h"
#include "server_list.h"

#include <redisc/discovery.h>

typedef struct redisc_watcher {
    redisc *client;
    char address[REDISC_ADDRESS_SIZE];
} redisc_watcher;

/* Where a master is, as a sentinel says. */
typedef struct redisc_master_place {
    char host[REDISC_HOST_SIZE];
    uint16_t port;
    int64_t epoch;  /* grows with each failover */
    unsigned moves; /* the service's when it was noted */
} redisc_master_place;

typedef struct redisc_service {
    struct redisc_service *next;
    atomic_uint moves; /* goes up when what is connected to is no longer the master */
    /* The discovery's lock guards what follows. */
    redisc_master_place master; /* the last one that was found */
    bool known;                 /* and it is not in doubt */
    unsigned heard;             /* the listener's number when it was found; 0: none */
    int64_t check_ms;           /* when to ask again while nobody listens */
    unsigned checks;            /* how often that was done in a row */
    bool asking;                /* a thread asks; the others wait for what it learns */
    uint64_t rounds;            /* of asking, that are over */
    redisc_error_copy failure;  /* of the last round; status OK: it was none */
    bool hopeful; /* after a failure: a sentinel knows the service, so it may come back */
    pthread_cond_t answered;
    char name[];
} redisc_service;

typedef struct redisc_listener {
    redisc_connection *connection; /* of the thread that made it busy */
    /* The discovery's lock guards what follows. */
    bool busy;
    unsigned number; /* of the connection, from 1; another one after each loss */
    bool listening;
    int64_t opened_ms; /* when it was tried last */
    int64_t looked_ms;
    int64_t heard_ms; /* when something came last */
    bool pinged;      /* and nothing has come since */
} redisc_listener;

struct redisc_discovery {
    atomic_uint references;
    redisc_watcher *watchers; /* never change */
    size_t count;
    uint32_t min_others;
    pthread_mutex_t lock;                     /* guards what follows */
    unsigned char order[REDISC_MOST_SERVERS]; /* in which the watchers are asked */
    redisc_service *services;                 /* never removed */
    redisc_listener listener;
    redisc_discovery_stats stats;
    redisc_forkable forkable;
};

/* discovery.c */

/* The service of that name, new if need be; NULL if there is no memory for it. */
redisc_service *redisc_discovery_service(redisc_discovery *d, const char *name);
/* The order in which to ask. */
void redisc_discovery_order(redisc_discovery *d, unsigned char order[REDISC_MOST_SERVERS]);
/* That one is asked first from now on. */
void redisc_discovery_prefer(redisc_discovery *d, size_t watcher);
/* The one that is asked first is asked last from now on. */
void redisc_discovery_avoid_first(redisc_discovery *d);
redisc_discovery *redisc_discovery_retain(redisc_discovery *d);
/* With options for the sentinels that are as those for the servers, where none are given. */
redisc_status redisc_discovery_from_options(const redisc_options *options,
                                            const redisc_options *sentinel_options,
                                            redisc_discovery **discovery);

/* discovery_fork.c */

/* Makes it safe to fork with a new discovery; false if there is no memory for that. */
bool redisc_discovery_survive_forks(redisc_discovery *d);

/* discovery_ask.c */

/* Asks all sentinels at most once, or waits for the thread that does. *hopeful, after a failure: it
 * may be another one soon. */
redisc_status redisc_service_find(redisc_discovery *d, redisc_service *service,
                                  redisc_deadline deadline, redisc_master_place *master,
                                  bool *hopeful);
/* Asks them in turn for replicas: see redisc_discover_replicas(). */
redisc_status redisc_discovery_replicas(redisc_discovery *d, const char *name,
                                        redisc_deadline deadline,
                                        const redisc_server_address_list **addresses);
/* A connection that was made at that count of moves has shown that `master` isn't what it is said
 * to be, or not any more. */
void redisc_service_doubt(redisc_discovery *d, redisc_service *service, unsigned moves);

/* discovery_words.c */

typedef enum redisc_question {
    REDISC_QUESTION_MASTER,   /* a master's state */
    REDISC_QUESTION_ADDRESS,  /* where it is, or is going to be */
    REDISC_QUESTION_REPLICAS, /* its replicas' states */
    REDISC_QUESTION_ROLE
} redisc_question;

/* Asks a sentinel about the master of that name. Free the reply, in any case. */
redisc_status redisc_discovery_ask(redisc *r, redisc_question question, const char *name,
                                   const redisc_reply **reply);
/* Asks a server what it is: "master", "slave"; nil if it says something else. The text is in the
 * reply, which is to be freed in any case. */
redisc_status redisc_discovery_ask_role(redisc *r, redisc_str *role, const redisc_reply **reply);

/* discovery_replies.c: single questions to single sentinels */

typedef enum redisc_verdict {
    REDISC_VERDICT_GOOD,
    REDISC_VERDICT_UNKNOWN, /* it can't be asked, or knows nothing of use */
    REDISC_VERDICT_HOPEFUL, /* it knows the service, but at the moment there is no master */
    REDISC_VERDICT_MEMORY
} redisc_verdict;

/* What a sentinel says of a master. After a bad verdict the last error tells why. */
redisc_verdict redisc_watcher_master(const redisc_watcher *watcher, const char *name,
                                     uint32_t min_others, redisc_deadline deadline,
                                     redisc_master_place *master);
/* What it says of the master's replicas, held for down or not: free it. */
redisc_status redisc_watcher_replicas(const redisc_watcher *watcher, const char *name,
                                      redisc_deadline deadline,
                                      const redisc_server_address_list **addresses);

/* What all the sentinels said, for one error's text. */
typedef struct redisc_faults {
    size_t share; /* bytes for each */
    size_t len;
    char text[REDISC_ERROR_TEXT_SIZE];
} redisc_faults;

void redisc_faults_init(redisc_faults *faults, size_t count);
/* Adds the last error as what that sentinel said. */
void redisc_faults_add(redisc_faults *faults, const redisc_watcher *watcher);

/* discovery_listener.c */

/* Begins to listen to that sentinel unless somebody listens to one; true if it is new. */
bool redisc_listener_open(redisc_discovery *d, size_t watcher, redisc_deadline deadline);
/* Hears what was said meanwhile. The deadline is for the rare case that the sentinel has to be
 * asked whether it lives. */
void redisc_listener_look(redisc_discovery *d, int64_t now_ms, redisc_deadline deadline);
/* The number of the connection that is listening; 0: none is. Needs the lock. */
static inline unsigned redisc_listener_number(const redisc_listener *listener)
{
    return listener->listening ? listener->number : 0;
}

/* discovery_route.c */

/* What clients of that master or of its replicas find their servers by. NULL: no memory. */
redisc_route *redisc_discovery_route(redisc_discovery *d, const char *name, redisc_server_role role,
                                     redisc_replica_choice choice);
/* The discovery behind a route, borrowed; NULL if it is none of a discovery. */
redisc_discovery *redisc_route_discovery(const redisc_route *route);

#endif
