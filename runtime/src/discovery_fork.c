/* SPDX-License-Identifier: MIT */
/* Discoveries and fork(). */
#include "discovery.h"

#include "condition.h"

/* Threads that asked or listened at the moment of the fork are not here. What the listener's
 * connection is, is unknown if one used it then: it is left alone. */
static void forget_parent(void *owner)
{
    redisc_discovery *d = owner;
    for (redisc_service *service = d->services; service != NULL; service = service->next) {
        service->asking = false;
        redisc_condition_init(&service->answered); /* the parent's threads wait for the old one */
    }
    if (d->listener.busy) {
        d->listener.connection = NULL;
    }
    d->listener.busy = d->listener.listening = false;
    d->listener.opened_ms = INT64_MIN;
    d->stats = (redisc_discovery_stats){0};
}

bool redisc_discovery_survive_forks(redisc_discovery *d)
{
    d->forkable = (redisc_forkable){.lock = &d->lock, .forget_parent = forget_parent, .owner = d};
    return redisc_forkable_add(&d->forkable);
}
