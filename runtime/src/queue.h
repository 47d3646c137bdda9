/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Calls that wait for their replies, in order, and the errors of those that failed.
 */
#ifndef REDISC_SRC_QUEUE_H
#define REDISC_SRC_QUEUE_H

#include "command.h"

/* A call whose result comes later. */
typedef struct redisc_call_slot {
    const redisc_command_info *info;
    const redisc_result *result;
    void *out; /* the caller's variable, already zeroed */
} redisc_call_slot;

/* A failed call. */
typedef struct redisc_call_failure {
    size_t place;
    redisc_error_copy *copy;
} redisc_call_failure;

typedef struct redisc_queue {
    redisc_call_slot *slots;
    size_t first; /* the first one that is open */
    size_t count; /* all, finished ones included */
    size_t capacity;
    redisc_call_failure *failures; /* in order of place */
    size_t failure_count;
    size_t failure_capacity;
} redisc_queue;

void redisc_queue_free(redisc_queue *queue);
redisc_status redisc_queue_push(redisc_queue *queue, const redisc_command_info *info,
                                const redisc_result *result, void *out);

static inline size_t redisc_queue_open(const redisc_queue *queue)
{
    return queue->count - queue->first;
}

/* Reads the reply into the first open call, which is finished then. Answers its status. */
redisc_status redisc_queue_answer(redisc_queue *queue, redisc_parsed *reply);
/* Fails the first open call with this thread's last error, as not answered. */
void redisc_queue_fail_first(redisc_queue *queue, redisc_delivery delivery);
/* Why the call at that place failed, or NULL. */
const redisc_error *redisc_queue_error(const redisc_queue *queue, size_t place);
/* Forgets finished calls and all errors; places count from the first open call. */
void redisc_queue_forget(redisc_queue *queue);

#endif
