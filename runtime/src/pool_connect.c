/* SPDX-License-Identifier: MIT */
/*
 * Connecting: when, and what is known of the servers that were connected to.
 *
 * While connects fail the pool's gate lets only one through at a time, with pauses that double, so
 * that a server in trouble isn't overrun by those who wait for it: one try answers for all who wait
 * meanwhile. The first one that succeeds opens the gate for everybody.
 */
#include "pool_wait.h"
#include "random.h"

void redisc_pool_distrust(redisc_pool *pool, const redisc_connection *connection)
{
    pthread_mutex_lock(&pool->lock);
    redisc_connection *idle = NULL;
    if (connection->generation == pool->generation) { /* nobody has noticed before */
        idle = pool->idle;
        pool->counts.closed += pool->idle_count;
        pool->idle = NULL;
        pool->idle_count = 0;
        pool->generation++;
    }
    pthread_mutex_unlock(&pool->lock);
    redisc_pool_close_list(idle);
}

/* Fails as the last connect did, with what is more to say of it. */
static void fail_like_last(const redisc_pool_gate *gate, const char *more)
{
    if (gate->why == NULL) { /* there was no memory to keep it */
        redisc_fail(REDISC_ERROR_CONNECT, "connecting: failed before");
    } else {
        redisc_error_recall(gate->why);
    }
    if (more != NULL) {
        redisc_error_prefix("%s", more);
    }
}

/* Waits for a turn, or for somebody else's try to tell how it stands. */
static bool wait_for_turn(redisc_pool *pool, redisc_pool_waiter *waiter, redisc_deadline deadline)
{
    redisc_pool_gate *gate = &pool->gate;
    uint64_t failures = gate->failures;
    while (gate->failed > 0) {
        int64_t now_ms = redisc_now_ms();
        int64_t left = redisc_deadline_left_at(deadline, now_ms);
        if (gate->failures != failures) {
            fail_like_last(gate, NULL);
            return false;
        }
        if (!gate->busy && now_ms >= gate->opens_ms) {
            gate->busy = true;
            return true;
        }
        if (left == 0) {
            fail_like_last(gate, "no other try is due before the deadline");
            return false;
        }
        int64_t pause = gate->busy ? left : gate->opens_ms - now_ms;
        redisc_pool_sleep(pool, waiter, left > 0 && left < pause ? left : pause);
    }
    return true;
}

/* A connect that has passed the gate. */
typedef struct passage {
    uint64_t failures;   /* how many there were by then */
    bool alone;          /* all others wait for this one */
    unsigned generation; /* of the pool, by then */
    unsigned fork_count;
} passage;

/* Before a connect: false if it isn't to be begun, after failing. */
static bool pass_gate(redisc_pool *pool, redisc_deadline deadline, passage *begun)
{
    redisc_pool_gate *gate = &pool->gate;
    bool passed = true;
    pthread_mutex_lock(&pool->lock);
    if (gate->failed > 0) {
        redisc_pool_waiter waiter;
        redisc_pool_queue_up(&gate->waiters, &waiter);
        passed = wait_for_turn(pool, &waiter, deadline);
        redisc_pool_step_out(&gate->waiters, &waiter);
    }
    *begun = (passage){.failures = gate->failures,
                       .alone = gate->failed > 0,
                       .generation = pool->generation,
                       .fork_count = redisc_fork_count()};
    pthread_mutex_unlock(&pool->lock);
    return passed;
}

/* Whether a failure says something of the server, or only of the one who tried. */
static bool tells_of_server(redisc_status status, redisc_deadline deadline)
{
    return !redisc_is(status, REDISC_ERROR_ARGUMENT) && status != REDISC_ERROR_MEMORY &&
           status != REDISC_ERROR_LIMIT &&
           !(status == REDISC_ERROR_TIMEOUT && redisc_deadline_passed(deadline));
}

/* Those that had begun before the last failure was known count as one with it. */
static void count_failure(redisc_pool *pool, uint64_t seen)
{
    redisc_pool_gate *gate = &pool->gate;
    const redisc_options *options = &pool->config->options;
    if (gate->failures != seen) {
        return;
    }
    gate->failures++;
    gate->failed += gate->failed < UINT32_MAX ? 1 : 0;
    int64_t pause =
        redisc_backoff_ms(options->retry_wait_ms, options->retry_max_wait_ms, gate->failed);
    gate->opens_ms = redisc_now_ms() + pause;
}

redisc_connection *redisc_pool_connect(redisc_pool *pool, redisc_deadline deadline)
{
    redisc_pool_gate *gate = &pool->gate;
    passage begun;
    if (!pass_gate(pool, deadline, &begun)) {
        return NULL;
    }
    redisc_connection *connection = redisc_connection_open(pool->config, deadline);
    bool tells = connection == NULL && tells_of_server(redisc_last_error()->status, deadline);
    redisc_error *why = tells ? redisc_error_clone() : NULL;
    pthread_mutex_lock(&pool->lock);
    if (begun.fork_count == redisc_fork_count()) { /* else it says nothing of this process's gate */
        pool->counts.errors += connection == NULL;
        gate->busy = gate->busy && !begun.alone;
        if (connection != NULL) {
            gate->failed = 0;
        } else if (tells) {
            count_failure(pool, begun.failures);
            redisc_error *before = gate->why;
            gate->why = why;
            why = before;
        }
        redisc_pool_wake_all(&gate->waiters);
    }
    pthread_mutex_unlock(&pool->lock);
    redisc_release(why);
    if (connection != NULL) {
        connection->generation = begun.generation;
    }
    return connection;
}

uint32_t redisc_pool_failed_connects(redisc_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    uint32_t failed = pool->gate.failed;
    pthread_mutex_unlock(&pool->lock);
    return failed;
}
