/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Finding servers through Sentinel: who the master is now, and which replicas it has.
 *
 * Usually a client is all that is needed. It asks the sentinels each time it connects, sees that
 * what they name is a master indeed, and leaves a master that was replaced:
 *
 *     redisc_open("redis+sentinel://s1,s2,s3:26380/mymaster/0", NULL, &r);
 *     redisc_open("valkey+sentinel://s1,s2,s3/mymaster?role=replica", NULL, &reader);
 *     redisc_open(NULL, &(redisc_options){.sentinels = "s1,s2", .master_name = "mymaster"}, &r);
 *
 * With a redisc_discovery several clients share what is known and the connections to the sentinels,
 * and one can ask without a client:
 *
 *     redisc_discovery_open("s1,s2,s3", NULL, &d);
 *     redisc_master_for(d, "mymaster", NULL, &r);
 *     redisc_replica_for(d, "mymaster", NULL, &reader);
 *     redisc_discover_master(d, "mymaster", &address);
 *
 * What Valkey calls primary is the same thing; `primary` and `slave` may stand for `master` and
 * `replica` in the names of these functions.
 *
 * Thread safety: everything here may be called from any thread at any time. fork: parent and child
 * may both go on.
 */
#ifndef REDISC_DISCOVERY_H
#define REDISC_DISCOVERY_H

#include <redisc/client.h>

REDISC_BEGIN_DECLS

/** Sentinels that watch over masters; counted by reference: its clients keep it alive. */
typedef struct redisc_discovery redisc_discovery;

/** How to use the sentinels; all zero is the default. */
typedef struct redisc_discovery_options {
    uint32_t min_other_sentinels; /**< one that sees fewer others isn't believed; default 0 */
    /** How to connect to the sentinels themselves: user, password, TLS, time-outs …; host and port
     * are not used. Copied. NULL: the defaults, without user and password. */
    const redisc_options *sentinel_options;
} redisc_discovery_options;

/** Where a server is. */
typedef struct redisc_server_address {
    const char *host; /**< address, or name if the sentinels announce names */
    uint16_t port;    /**< TCP port */
} redisc_server_address;

/** Addresses of servers. */
REDISC_DECLARE_LIST(server_address, redisc_server_address);

/** What a discovery did so far. */
typedef struct redisc_discovery_stats {
    uint64_t asked;    /**< questions to single sentinels */
    uint64_t answers;  /**< good answers to them */
    uint64_t switches; /**< times that a master was seen to be another one than before */
    uint64_t pushes;   /**< of them, those that a sentinel told by itself */
    uint64_t refusals; /**< servers that turned out not to be what the sentinels said */
    uint64_t listens;  /**< times that listening to a sentinel began */
} redisc_discovery_stats;

/**
 * Makes a discovery; connects to nothing yet.
 * @param sentinels "host[:port],…", port 26379 if none is given, IPv6 addresses in brackets
 * @param options NULL: the defaults
 * @param discovery give it up with redisc_discovery_close(); NULL after a failure
 * @return REDISC_ERROR_ARGUMENT, REDISC_ERROR_UNSUPPORTED or REDISC_ERROR_MEMORY
 */
REDISC_API redisc_status redisc_discovery_open(const char *sentinels,
                                               const redisc_discovery_options *options,
                                               redisc_discovery **discovery);

/** Gives up the caller's reference; each open client of it holds one. NULL is allowed. */
REDISC_API void redisc_discovery_close(redisc_discovery *discovery);

/**
 * Asks the sentinels in turn who the master is, until one knows it; that one is asked first the
 * next time. Passed over are those that can't be reached, hold the master for down, see too few
 * others, or know less than another one knew before. May take as long as the sentinels'
 * timeout_ms.
 * @param name by which the sentinels know the master
 * @param address free with redisc_free(); NULL after a failure
 * @return REDISC_ERROR_MASTER_NOT_FOUND, with what each sentinel said
 */
REDISC_API redisc_status redisc_discover_master(redisc_discovery *discovery, const char *name,
                                                const redisc_server_address **address);

/**
 * Asks the sentinels in turn for the replicas that they don't hold for down, until one knows any.
 * @param name by which the sentinels know the master
 * @param addresses free with redisc_free(); empty if there are none; NULL after a failure
 * @return REDISC_ERROR_REPLICA_NOT_FOUND, with what each sentinel said, if none knows the master
 */
REDISC_API redisc_status redisc_discover_replicas(redisc_discovery *discovery, const char *name,
                                                  const redisc_server_address_list **addresses);

/**
 * Opens a client of the master, whichever it is at the time. Connects to nothing yet.
 * @param options as for redisc_open(); `host`, `path` and `sentinels` must not be set. Copied.
 * @param client close it with redisc_close(); NULL after a failure
 */
REDISC_API redisc_status redisc_master_for(redisc_discovery *discovery, const char *name,
                                           const redisc_options *options, redisc **client);

/** Opens a client of the replicas; `replica_choice` says of which. Without one that can be reached
 * it uses the master. Else like redisc_master_for(). */
REDISC_API redisc_status redisc_replica_for(redisc_discovery *discovery, const char *name,
                                            const redisc_options *options, redisc **client);

/** The discovery behind a client or a pinned handle, borrowed; NULL if it uses no sentinels. */
REDISC_API redisc_discovery *redisc_discovery_of(redisc *client);

/** A consistent snapshot of the figures. */
REDISC_API void redisc_discovery_statistics(redisc_discovery *discovery,
                                            redisc_discovery_stats *stats);

/**
 * One line for people, with the sentinels in the order in which they are asked: "sentinels
 * s2:26379, s1:26379". Never holds a password.
 * @param text gets at most @p size bytes with the NUL; may be NULL if size is 0
 * @return the length of the whole line without its NUL, as snprintf() has it
 */
REDISC_API size_t redisc_discovery_describe(redisc_discovery *discovery, char *text, size_t size);

/** redisc_discover_master() by its other name. */
#define redisc_discover_primary redisc_discover_master
/** redisc_discover_replicas() by its other name. */
#define redisc_discover_slaves redisc_discover_replicas
/** redisc_master_for() by its other name. */
#define redisc_primary_for redisc_master_for
/** redisc_replica_for() by its other name. */
#define redisc_slave_for redisc_replica_for
/** REDISC_ROLE_MASTER by its other name. */
#define REDISC_ROLE_PRIMARY REDISC_ROLE_MASTER
/** REDISC_ROLE_REPLICA by its other name. */
#define REDISC_ROLE_SLAVE REDISC_ROLE_REPLICA
/** REDISC_ERROR_MASTER_NOT_FOUND by its other name. */
#define REDISC_ERROR_PRIMARY_NOT_FOUND REDISC_ERROR_MASTER_NOT_FOUND
/** REDISC_ERROR_REPLICA_NOT_FOUND by its other name. */
#define REDISC_ERROR_SLAVE_NOT_FOUND REDISC_ERROR_REPLICA_NOT_FOUND

REDISC_END_DECLS

#endif
