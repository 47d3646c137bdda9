/* SPDX-License-Identifier: MIT */
#include "retry.h"

#include "random.h"

enum {
    /* A command that so many connections in a row did not survive is sent no more: it may be the
     * reason. */
    MOST_UNANSWERED = 3
};

/* What is done before the next try. */
typedef enum remedy {
    WAIT,      /* pauses */
    RECONNECT, /* another connection; the first time at once, then after a pause */
    CONNECT,   /* the pool connects when it's time */
    MOVE       /* looks anew where the server is, and pauses */
} remedy;

/* What is known of the command decides with the status. What is not here is final. */
static const struct {
    redisc_status status;
    redisc_delivery delivery;
    remedy remedy;
} rules[] = {
    /* Not executed, as not a byte of it has left: */
    {REDISC_ERROR_CONNECTION, REDISC_NOT_SENT, CONNECT},
    {REDISC_ERROR_RESOLVE, REDISC_NOT_SENT, CONNECT},
    {REDISC_ERROR_CONNECT, REDISC_NOT_SENT, CONNECT},
    {REDISC_ERROR_TIMEOUT, REDISC_NOT_SENT, CONNECT},
    {REDISC_ERROR_CLOSED, REDISC_NOT_SENT, RECONNECT},
    {REDISC_ERROR_MASTER_NOT_FOUND, REDISC_NOT_SENT, CONNECT},
    {REDISC_ERROR_REPLICA_NOT_FOUND, REDISC_NOT_SENT, CONNECT},
    {REDISC_ERROR_DEMOTED, REDISC_NOT_SENT, CONNECT},
    /* Perhaps executed: only what does no harm when it's executed twice, or what may be. */
    {REDISC_ERROR_CONNECTION, REDISC_UNKNOWN, RECONNECT},
    {REDISC_ERROR_CLOSED, REDISC_UNKNOWN, RECONNECT},
    /* Not executed, as the server refused to: it says so of all commands, or of all writes. */
    {REDISC_ERROR_LOADING, REDISC_ANSWERED, WAIT},
    {REDISC_ERROR_MASTERDOWN, REDISC_ANSWERED, WAIT},
    {REDISC_ERROR_BUSY, REDISC_ANSWERED, WAIT},
    {REDISC_ERROR_TRYAGAIN, REDISC_ANSWERED, WAIT},
    {REDISC_ERROR_CLUSTERDOWN, REDISC_ANSWERED, WAIT},
    {REDISC_ERROR_READONLY, REDISC_ANSWERED, MOVE},
    {REDISC_ERROR_DEMOTED, REDISC_ANSWERED, RECONNECT},
    /* The same, said while connecting: */
    {REDISC_ERROR_LOADING, REDISC_NOT_SENT, CONNECT},
    {REDISC_ERROR_MASTERDOWN, REDISC_NOT_SENT, CONNECT},
    {REDISC_ERROR_BUSY, REDISC_NOT_SENT, CONNECT},
};

enum { RULES = sizeof rules / sizeof rules[0] };

/* Its place in the table; RULES: none. */
static size_t find_rule(redisc_status status, redisc_delivery delivery)
{
    size_t i = 0;
    while (i < RULES && (rules[i].status != status || rules[i].delivery != delivery)) {
        i++;
    }
    return i;
}

redisc_retry redisc_retry_begin(redisc_pool *pool, const redisc_operation_info *info, int32_t most,
                                bool allowed, redisc_deadline deadline)
{
    return (redisc_retry){.pool = pool,
                          .deadline = deadline,
                          .most = most,
                          .harmless = redisc_is_harmless(info),
                          .allowed = allowed,
                          .scripted = (info->flags & REDISC_COMMAND_SCRIPT) != 0,
                          .tries = 1};
}

/* Whether another try is allowed at all, as far as the command goes. */
static bool may_run_again(const redisc_retry *retry, redisc_delivery delivery)
{
    bool twice = retry->harmless || retry->allowed;
    switch (delivery) {
    case REDISC_NOT_SENT:
        return true;
    case REDISC_UNKNOWN:
        return twice && retry->unanswered < MOST_UNANSWERED;
    default:
        return twice || !retry->scripted;
    }
}

/* Who comes when the pool has found out with as many tries as this call has that there is no
 * server doesn't find it out once more. */
static bool is_enough(const redisc_retry *retry, bool connected)
{
    if (retry->most < 0) {
        return false;
    }
    uint32_t most = (uint32_t)retry->most;
    return retry->tries >= most || (!connected && redisc_pool_failed_connects(retry->pool) >= most);
}

static int64_t pause_for(redisc_retry *retry, remedy what, bool connected)
{
    const redisc_options *options = &retry->pool->config->options;
    if (!connected || what == CONNECT || (what == RECONNECT && retry->losses <= 1)) {
        return 0;
    }
    return redisc_backoff_ms(options->retry_wait_ms, options->retry_max_wait_ms, ++retry->pauses);
}

/* A server is asked once more: its name may lead elsewhere by now. */
static bool can_move(redisc_retry *retry)
{
    return retry->moves++ == 0;
}

bool redisc_retry_again(redisc_retry *retry, redisc_retry_end end, int64_t *pause_ms)
{
    retry->unanswered += end.delivery == REDISC_UNKNOWN;
    retry->losses += end.connected && end.delivery != REDISC_ANSWERED;
    size_t rule = find_rule(end.status, end.delivery);
    if (rule == RULES || !may_run_again(retry, end.delivery) || is_enough(retry, end.connected) ||
        (rules[rule].remedy == MOVE && !can_move(retry))) {
        return false;
    }
    *pause_ms = pause_for(retry, rules[rule].remedy, end.connected);
    int64_t left = redisc_deadline_left(retry->deadline);
    if (left >= 0 && *pause_ms >= left) {
        return false;
    }
    retry->tries++;
    return true;
}

redisc_delivery redisc_retry_delivery(const redisc_retry *retry, redisc_delivery last)
{
    bool doubtful = retry->unanswered > 0 && !(retry->harmless && last == REDISC_ANSWERED);
    return doubtful ? REDISC_UNKNOWN : last;
}

bool redisc_retry_refused(redisc_status status)
{
    return find_rule(status, REDISC_ANSWERED) < RULES;
}

bool redisc_retry_distrusts(redisc_status status)
{
    size_t rule = find_rule(status, REDISC_ANSWERED);
    return rule < RULES && rules[rule].remedy == MOVE;
}
