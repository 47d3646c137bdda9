/* SPDX-License-Identifier: MIT */
/* Asking the sentinels in turn. */
#include "discovery.h"

#include "condition.h"

#include <inttypes.h>

/* A round of questions about a master. */
typedef struct round {
    redisc_discovery *d;
    const redisc_service *service;
    redisc_deadline deadline;
    int64_t epoch; /* of the newest state of things that was ever seen */
    redisc_faults faults;
    bool hopeful;
    size_t outdated; /* sentinels that know less than was known before */
    size_t best;     /* the one of them that knows most, and what it says */
    redisc_master_place best_place;
} round;

static void count_question(redisc_discovery *d, bool answered)
{
    pthread_mutex_lock(&d->lock);
    d->stats.asked++;
    d->stats.answers += answered;
    pthread_mutex_unlock(&d->lock);
}

/* A view of things from before the last failover: from a sentinel that was cut off, say. */
static void note_outdated(round *r, size_t watcher, const redisc_master_place *place)
{
    redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND,
                "it is behind: it knows epoch %" PRId64 ", and %" PRId64 " was seen", place->epoch,
                r->epoch);
    if (r->outdated == 0 || place->epoch > r->best_place.epoch) {
        r->best = watcher;
        r->best_place = *place;
    }
    r->outdated++;
    r->hopeful = true;
}

/*
 * Listens to the sentinel that has just answered, if nobody listens yet, and asks it once more
 * then: what happened before it was listened to would be missed.
 */
static bool listen_to(round *r, size_t watcher, redisc_master_place *place)
{
    if (!redisc_listener_open(r->d, watcher, r->deadline)) {
        return true;
    }
    redisc_verdict verdict = redisc_watcher_master(&r->d->watchers[watcher], r->service->name,
                                                   r->d->min_others, r->deadline, place);
    count_question(r->d, verdict == REDISC_VERDICT_GOOD);
    return verdict == REDISC_VERDICT_GOOD && place->epoch >= r->epoch;
}

/* Asks one; true if that ends the round, with *status. */
static bool ask_one(round *r, size_t watcher, size_t left, redisc_master_place *place,
                    redisc_status *status)
{
    redisc_verdict verdict =
        redisc_watcher_master(&r->d->watchers[watcher], r->service->name, r->d->min_others,
                              redisc_deadline_share(r->deadline, left), place);
    count_question(r->d, verdict == REDISC_VERDICT_GOOD);
    if (verdict == REDISC_VERDICT_GOOD && place->epoch < r->epoch) {
        note_outdated(r, watcher, place);
    } else if (verdict == REDISC_VERDICT_GOOD && listen_to(r, watcher, place)) {
        redisc_discovery_prefer(r->d, watcher);
        *status = REDISC_OK;
        return true;
    }
    r->hopeful = r->hopeful || verdict == REDISC_VERDICT_HOPEFUL;
    if (redisc_last_error()->status == REDISC_ERROR_MEMORY) {
        *status = REDISC_ERROR_MEMORY;
        return true;
    }
    redisc_faults_add(&r->faults, &r->d->watchers[watcher]);
    return false;
}

static redisc_status ask_all(round *r, redisc_master_place *place)
{
    unsigned char order[REDISC_MOST_SERVERS];
    size_t count = r->d->count;
    redisc_status status;
    redisc_discovery_order(r->d, order);
    for (size_t i = 0; i < count; i++) {
        if (ask_one(r, order[i], count - i, place, &status)) {
            return status;
        }
    }
    /* If most of them know nothing newer, then what was seen before is no more: somebody has set
     * the sentinels up anew. */
    if (r->outdated * 2 > count) {
        *place = r->best_place;
        redisc_discovery_prefer(r->d, r->best);
        return REDISC_OK;
    }
    return redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND, "no master found for `%.64s`: %s",
                       r->service->name, r->faults.text);
}

/* Notes what a round has learned. Needs the lock. */
static void note_round(redisc_discovery *d, redisc_service *service, redisc_status status,
                       unsigned heard, redisc_master_place *place)
{
    if (status != REDISC_OK) {
        redisc_error_save(&service->failure);
        return;
    }
    service->failure.error.status = REDISC_OK;
    bool other =
        strcmp(service->master.host, place->host) != 0 || service->master.port != place->port;
    if (other && service->master.host[0] != '\0') {
        d->stats.switches++;
        if (service->known) {
            atomic_fetch_add_explicit(&service->moves, 1, memory_order_acq_rel);
        }
    }
    place->moves = atomic_load_explicit(&service->moves, memory_order_relaxed);
    service->master = *place;
    service->known = true;
    service->heard = heard;
    service->checks = heard != 0 ? 0 : service->checks;
}

/* Takes what another thread's round has learned. Needs the lock. */
static redisc_status take_over(const redisc_service *service, redisc_master_place *master,
                               bool *hopeful)
{
    *hopeful = service->hopeful;
    *master = service->master;
    return service->failure.error.status == REDISC_OK ? REDISC_OK
                                                      : redisc_error_restore(&service->failure);
}

/* Waits for the round that another thread has begun; false if time is over before. Needs the lock.
 */
static bool wait_for_round(redisc_discovery *d, redisc_service *service, redisc_deadline deadline)
{
    uint64_t rounds = service->rounds;
    int64_t left = redisc_deadline_left(deadline);
    while (service->asking && service->rounds == rounds && left != 0) {
        redisc_condition_wait(&service->answered, &d->lock, left);
        left = redisc_deadline_left(deadline);
    }
    return service->rounds != rounds;
}

redisc_status redisc_service_find(redisc_discovery *d, redisc_service *service,
                                  redisc_deadline deadline, redisc_master_place *master,
                                  bool *hopeful)
{
    *hopeful = false;
    pthread_mutex_lock(&d->lock);
    while (service->asking) {
        if (wait_for_round(d, service, deadline)) {
            redisc_status status = take_over(service, master, hopeful);
            pthread_mutex_unlock(&d->lock);
            return status;
        }
        if (redisc_deadline_passed(deadline)) {
            pthread_mutex_unlock(&d->lock);
            return redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND,
                               "no master found for `%.64s`: no sentinel answered in time",
                               service->name);
        }
    }
    service->asking = true;
    round r = {.d = d, .service = service, .deadline = deadline, .epoch = service->master.epoch};
    pthread_mutex_unlock(&d->lock);
    redisc_faults_init(&r.faults, d->count);
    *master = (redisc_master_place){0};
    redisc_status status = ask_all(&r, master);
    pthread_mutex_lock(&d->lock);
    if (status == REDISC_OK && r.epoch < service->master.epoch &&
        master->epoch < service->master.epoch) {
        r.hopeful = true;
        status =
            redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND,
                        "no master found for `%.64s`: it was replaced while the sentinels were "
                        "asked for it",
                        service->name);
    }
    note_round(d, service, status, redisc_listener_number(&d->listener), master);
    *hopeful = service->hopeful = r.hopeful;
    service->asking = false;
    service->rounds++;
    pthread_cond_broadcast(&service->answered);
    pthread_mutex_unlock(&d->lock);
    return status;
}

void redisc_service_doubt(redisc_discovery *d, redisc_service *service, unsigned moves)
{
    pthread_mutex_lock(&d->lock);
    d->stats.refusals++;
    if (atomic_load_explicit(&service->moves, memory_order_relaxed) == moves && service->known) {
        service->known = false;
        atomic_fetch_add_explicit(&service->moves, 1, memory_order_acq_rel);
    }
    pthread_mutex_unlock(&d->lock);
}

redisc_status redisc_discover_master(redisc_discovery *d, const char *name,
                                     const redisc_server_address **address)
{
    if (d == NULL || name == NULL || address == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_discover_master: `%s` is NULL",
                           d == NULL      ? "discovery"
                           : name == NULL ? "name"
                                          : "address");
    }
    *address = NULL;
    redisc_service *service = redisc_discovery_service(d, name);
    if (service == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    redisc_master_place master;
    bool hopeful;
    int64_t timeout_ms = redisc_pooled_of(d->watchers[0].client)->timeout_ms;
    redisc_status status =
        redisc_service_find(d, service, redisc_deadline_after(timeout_ms), &master, &hopeful);
    if (status != REDISC_OK) {
        return status;
    }
    size_t size = strlen(master.host) + 1;
    redisc_block *block = redisc_block_new(sizeof(redisc_server_address) + size);
    if (block == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for an address");
    }
    redisc_server_address *result = redisc_block_payload(block);
    char *host = memcpy(result + 1, master.host, size);
    *result = (redisc_server_address){.host = host, .port = master.port};
    *address = result;
    return REDISC_OK;
}

redisc_status redisc_discovery_replicas(redisc_discovery *d, const char *name,
                                        redisc_deadline deadline,
                                        const redisc_server_address_list **addresses)
{
    unsigned char order[REDISC_MOST_SERVERS];
    redisc_faults faults;
    bool answered = false;
    redisc_faults_init(&faults, d->count);
    redisc_discovery_order(d, order);
    *addresses = NULL;
    for (size_t i = 0; i < d->count; i++) {
        const redisc_watcher *watcher = &d->watchers[order[i]];
        const redisc_server_address_list *found;
        redisc_status status = redisc_watcher_replicas(
            watcher, name, redisc_deadline_share(deadline, d->count - i), &found);
        count_question(d, status == REDISC_OK);
        if (status == REDISC_OK && (found->count > 0 || !answered)) {
            redisc_free(*addresses);
            *addresses = found;
            answered = true;
        } else if (status == REDISC_OK) {
            redisc_free(found);
        } else {
            redisc_faults_add(&faults, watcher);
        }
        if (status == REDISC_ERROR_MEMORY) {
            redisc_free(*addresses);
            *addresses = NULL;
            return status;
        }
        if (answered && (*addresses)->count > 0) {
            return REDISC_OK;
        }
    }
    return answered ? REDISC_OK
                    : redisc_fail(REDISC_ERROR_REPLICA_NOT_FOUND,
                                  "no replicas found for `%.64s`: %s", name, faults.text);
}

redisc_status redisc_discover_replicas(redisc_discovery *d, const char *name,
                                       const redisc_server_address_list **addresses)
{
    if (d == NULL || name == NULL || addresses == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_discover_replicas: `%s` is NULL",
                           d == NULL      ? "discovery"
                           : name == NULL ? "name"
                                          : "addresses");
    }
    int64_t timeout_ms = redisc_pooled_of(d->watchers[0].client)->timeout_ms;
    return redisc_discovery_replicas(d, name, redisc_deadline_after(timeout_ms), addresses);
}
