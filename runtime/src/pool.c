/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include "pool_wait.h"

enum {
    /*
     * A connection that was used within this time is not checked before use: in a tight loop a
     * check would double the system calls, and it could not catch more than the few milliseconds in
     * which the peer may die anyway. What the check is for, servers that restarted or dropped idle
     * connections, takes longer.
     */
    FRESH_MS = 10,
    /* What an idle connection's output buffer may keep. */
    KEEP_BYTES = 64 * 1024
};

/* The used_ms of a connection that was never used: newer than any other. */
static const int64_t NEW = INT64_MAX;

void redisc_pool_close_list(redisc_connection *connections)
{
    while (connections != NULL) {
        redisc_connection *next = connections->next;
        redisc_connection_close(connections);
        connections = next;
    }
}

static redisc_pool_places *places_of(redisc_pool *pool, bool blocking)
{
    return blocking ? &pool->blocking : &pool->places;
}

/* Frees a place that was taken in this process; a forked child has no places of its parent. Needs
 * the lock. */
static void free_place(redisc_pool *pool, bool blocking, unsigned fork_count)
{
    redisc_pool_places *places = places_of(pool, blocking);
    if (fork_count == redisc_fork_count() && !redisc_pool_hand_over(places, NULL)) {
        places->in_use--;
    }
}

/* Closes a connection and frees its place. */
static void discard(redisc_pool *pool, redisc_connection *connection)
{
    unsigned fork_count = connection->fork_count;
    bool lost = connection->broken;
    bool blocking = connection->blocking;
    bool outdated = redisc_connection_outdated(connection);
    redisc_connection_close(connection);
    pthread_mutex_lock(&pool->lock);
    redisc_connection *others = outdated ? redisc_pool_unlink_outdated(pool) : NULL;
    if (fork_count == redisc_fork_count()) {
        pool->counts.closed++;
        pool->counts.errors += lost;
        pool->to_replace += lost;
    }
    free_place(pool, blocking, fork_count);
    pthread_mutex_unlock(&pool->lock);
    redisc_pool_close_list(others);
}

/* Connects for a caller who has a place; frees the place if that fails. */
static redisc_connection *open_new(redisc_pool *pool, bool blocking, redisc_deadline deadline)
{
    unsigned fork_count = redisc_fork_count();
    redisc_connection *connection = redisc_pool_connect(pool, deadline);
    pthread_mutex_lock(&pool->lock);
    if (connection == NULL) {
        free_place(pool, blocking, fork_count);
    } else {
        pool->counts.opened++;
        if (pool->to_replace > 0) {
            pool->to_replace--;
            pool->counts.reconnects++;
        }
    }
    pthread_mutex_unlock(&pool->lock);
    if (connection != NULL) {
        connection->used_ms = NEW;
    }
    return connection;
}

/* Takes a place while no connection is idle, and what came with it; *taken tells whether there was
 * one. Needs the lock. */
static redisc_connection *take_place(redisc_pool *pool, redisc_pool_places *places,
                                     redisc_deadline deadline, bool *taken)
{
    *taken = true;
    if (places->in_use < places->most) {
        places->in_use++;
        return NULL;
    }
    if (pool->config->options.pool_blocks) {
        return redisc_pool_wait(pool, places, deadline, taken);
    }
    *taken = false;
    redisc_fail(REDISC_ERROR_POOL_EXHAUSTED, "too many connections: all %lu%s are in use",
                (unsigned long)places->most,
                places == &pool->blocking ? " for blocking commands" : "");
    return NULL;
}

/* The ways that may take a while: connecting, waiting. Called with the lock, returns without. */
static redisc_connection *take_slowly(redisc_pool *pool, bool blocking, redisc_deadline deadline)
{
    redisc_connection *inherited = pool->inherited;
    pool->inherited = NULL;
    bool taken;
    redisc_connection *connection = take_place(pool, places_of(pool, blocking), deadline, &taken);
    pthread_mutex_unlock(&pool->lock);
    redisc_pool_close_list(inherited);
    if (taken && connection == NULL) {
        connection = open_new(pool, blocking, deadline);
    }
    return connection;
}

/* Looking after it as after one that has grown keeps a test off the usual way back. */
static void note_blocking(redisc_connection *connection)
{
    connection->blocking = connection->grown = true;
}

/* Whether a connection's last use began too long ago. A new one's is later than any time. */
static bool is_too_idle(const redisc_pool *pool, const redisc_connection *connection)
{
    int64_t most_ms = pool->config->options.max_idle_ms;
    return most_ms > 0 && connection->used_ms < redisc_now_ms() - most_ms;
}

/* Closes a dead, outdated or too long idle connection and gives another for its place: idle or new.
 */
static redisc_connection *swap_dead(redisc_pool *pool, redisc_connection *dead,
                                    redisc_deadline deadline)
{
    bool blocking = dead->blocking;
    bool outdated = redisc_connection_outdated(dead);
    bool lost = dead->broken || !(outdated || is_too_idle(pool, dead));
    redisc_connection_close(dead);
    int64_t now_ms = redisc_now_ms();
    pthread_mutex_lock(&pool->lock);
    redisc_connection *others = outdated ? redisc_pool_unlink_outdated(pool) : NULL;
    pool->counts.closed++;
    pool->counts.errors += lost;
    pool->to_replace += lost;
    if (lost && pool->suspect_ms < now_ms) {
        pool->suspect_ms = now_ms;
    }
    redisc_connection *connection = pool->idle;
    if (connection != NULL) {
        pool->idle = connection->next;
        pool->idle_count--;
    }
    pthread_mutex_unlock(&pool->lock);
    redisc_pool_close_list(others);
    connection = connection != NULL ? connection : open_new(pool, blocking, deadline);
    if (blocking && connection != NULL) {
        note_blocking(connection);
    }
    return connection;
}

/* Whether a connection may be used: one that was used after `fresh_ms` needs no look. */
static bool is_fit(const redisc_pool *pool, redisc_connection *connection, int64_t fresh_ms)
{
    return !redisc_connection_outdated(connection) &&
           (connection->used_ms > fresh_ms ||
            (!is_too_idle(pool, connection) && redisc_connection_quiet(connection)));
}

/* Gives the connection if it is fit for use, else another one. */
static redisc_connection *first_fit(redisc_pool *pool, redisc_connection *connection,
                                    int64_t fresh_ms, redisc_deadline deadline)
{
    while (connection != NULL && !is_fit(pool, connection, fresh_ms)) {
        connection = swap_dead(pool, connection, deadline);
        fresh_ms = NEW - 1;
    }
    if (connection != NULL) {
        connection->used_ms = redisc_now_ms(); /* connecting or waiting may have taken a while */
    }
    return connection;
}

/* Both kinds of taking; inlined, for one of them is the hottest path that there is. */
static inline redisc_connection *take(redisc_pool *pool, bool blocking, int64_t now_ms,
                                      int64_t timeout_ms)
{
    pthread_mutex_lock(&pool->lock);
    if (now_ms >= pool->look_ms) {
        redisc_pool_follow(pool, now_ms, redisc_deadline_from(now_ms, timeout_ms));
    }
    int64_t fresh_ms = now_ms - FRESH_MS;
    if (fresh_ms < pool->suspect_ms) {
        fresh_ms = pool->suspect_ms;
    }
    redisc_connection *connection = pool->idle;
    if (connection != NULL) {
        pool->idle = connection->next;
        pool->idle_count--;
        places_of(pool, blocking)->in_use++;
        pthread_mutex_unlock(&pool->lock);
        if (blocking) {
            note_blocking(connection);
        }
        if (connection->used_ms > fresh_ms && !redisc_connection_outdated(connection)) {
            connection->used_ms = now_ms;
            return connection;
        }
    }
    redisc_deadline deadline = redisc_deadline_from(now_ms, timeout_ms);
    if (connection == NULL) {
        connection = take_slowly(pool, blocking, deadline);
        if (blocking && connection != NULL) {
            note_blocking(connection);
        }
    }
    return first_fit(pool, connection, fresh_ms, deadline);
}

redisc_connection *redisc_pool_take(redisc_pool *pool, int64_t now_ms, int64_t timeout_ms)
{
    return take(pool, false, now_ms, timeout_ms);
}

redisc_connection *redisc_pool_take_blocking(redisc_pool *pool, int64_t now_ms, int64_t timeout_ms)
{
    return take(pool, true, now_ms, timeout_ms);
}

redisc_connection *redisc_pool_replace(redisc_pool *pool, redisc_connection *broken,
                                       redisc_deadline deadline)
{
    redisc_connection *connection = swap_dead(pool, broken, deadline);
    return first_fit(pool, connection, NEW - 1, deadline);
}

/* Called with the lock, returns without. */
static void give_slowly(redisc_pool *pool, redisc_connection *connection)
{
    bool outdated = connection->generation != pool->generation;
    if (!outdated) {
        redisc_pool_hand_over(&pool->places, connection);
    }
    pthread_mutex_unlock(&pool->lock);
    if (outdated) {
        discard(pool, connection);
    }
}

static void push_idle(redisc_pool *pool, redisc_connection *connection)
{
    connection->next = pool->idle;
    pool->idle = connection;
    pool->idle_count++;
}

/* A blocking command's connection comes back, to be idle if it isn't one too many. */
static bool make_idle(redisc_pool *pool, redisc_connection *connection)
{
    pool->blocking.in_use--;
    if (pool->places.in_use + pool->idle_count >= pool->places.most) {
        pool->counts.closed++;
        return false;
    }
    connection->blocking = false;
    push_idle(pool, connection);
    return true;
}

static void give_blocking(redisc_pool *pool, redisc_connection *connection)
{
    pthread_mutex_lock(&pool->lock);
    bool outdated = connection->generation != pool->generation;
    bool kept = outdated || redisc_pool_hand_over(&pool->blocking, connection) ||
                make_idle(pool, connection);
    pthread_mutex_unlock(&pool->lock);
    if (outdated) {
        discard(pool, connection);
    } else if (!kept) {
        redisc_connection_close(connection);
    }
}

void redisc_pool_give(redisc_pool *pool, redisc_connection *connection)
{
    if (redisc_parser_pending(connection->parser) > 0) {
        /* What was received but not asked for would be taken for the next command's reply. */
        connection->broken = true;
    }
    if (connection->broken || connection->changed || redisc_connection_outdated(connection)) {
        discard(pool, connection);
        return;
    }
    if (connection->grown || connection->out.capacity > KEEP_BYTES) {
        redisc_connection_shrink(connection);
        connection->grown = false;
        if (connection->blocking) {
            give_blocking(pool, connection);
            return;
        }
    }
    pthread_mutex_lock(&pool->lock);
    if (connection->generation != pool->generation || pool->places.waiters.first != NULL) {
        give_slowly(pool, connection);
        return;
    }
    push_idle(pool, connection);
    pool->places.in_use--;
    pthread_mutex_unlock(&pool->lock);
}

void redisc_pool_disconnect(redisc_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    redisc_connection *idle = pool->idle;
    redisc_connection *inherited = pool->inherited;
    pool->counts.closed += pool->idle_count;
    pool->idle = pool->inherited = NULL;
    pool->idle_count = 0;
    pool->generation++;
    pthread_mutex_unlock(&pool->lock);
    redisc_pool_close_list(idle);
    redisc_pool_close_list(inherited);
}
