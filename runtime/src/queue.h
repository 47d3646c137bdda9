/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Calls that wait for their replies, in order, and the errors of those that failed.
 *
 * A call that waits takes one redisc_call_slot (24 bytes on 64-bit machines), and up to as much
 * again while the row grows by doubling. The slots of finished calls are used again, so a queue
 * whose calls are answered as they come needs memory for those that are open.
 */
#ifndef REDISC_SRC_QUEUE_H
#define REDISC_SRC_QUEUE_H

#include "command.h"

/* A call whose result comes later. */
typedef struct redisc_call_slot {
    const redisc_operation_info *info;
    const redisc_result *result;
    void *out; /* the caller's variable, already zeroed */
} redisc_call_slot;

/* Calls that failed for one reason: a single one, or all from `first` to before `end`. */
typedef struct redisc_call_failure {
    size_t first;
    size_t end;
    redisc_error *error;
} redisc_call_failure;

typedef struct redisc_queue {
    redisc_call_slot *slots; /* of the calls from `dropped` on */
    size_t dropped;          /* finished ones whose slots are used again */
    size_t first;            /* the first one that is open */
    size_t count;            /* all, finished ones included */
    size_t capacity;
    redisc_call_failure *failures; /* in order, no two overlap */
    size_t failure_count;
    size_t failure_capacity;
    bool unkept; /* there was no memory to keep a failure: see redisc_queue_kept() */
    size_t unkept_from;
    bool utf8; /* replies have to be UTF-8 */
    /* Gets each call's failure before it is kept, as the last error; answers its status. NULL: none
     * looks at it. */
    redisc_status (*judge)(void *context, const redisc_operation_info *info, redisc_status status);
    void *judge_context;
} redisc_queue;

void redisc_queue_free(redisc_queue *queue);
redisc_status redisc_queue_push(redisc_queue *queue, const redisc_operation_info *info,
                                const redisc_result *result, void *out);

static inline size_t redisc_queue_open(const redisc_queue *queue)
{
    return queue->count - queue->first;
}

/* A call that is open, or finished but not dropped. */
static inline const redisc_call_slot *redisc_queue_slot(const redisc_queue *queue, size_t place)
{
    return &queue->slots[place - queue->dropped];
}

/* Reads the reply into the first open call, which is finished then. Answers its status. */
redisc_status redisc_queue_answer(redisc_queue *queue, redisc_parsed *reply);
/* The same for one value within a reply, at *place, which steps over it. */
redisc_status redisc_queue_answer_part(redisc_queue *queue, const redisc_parsed *reply,
                                       size_t *place);
/*
 * Fails the open calls up to before `end` with this thread's last error (its command, if it names
 * none, is left out), for they have one reason.
 */
void redisc_queue_fail(redisc_queue *queue, size_t end, redisc_delivery delivery);
/*
 * OK, or fails with REDISC_ERROR_MEMORY: there was none to keep why a call failed. Its caller could
 * not be told, so the whole must fail; from that call on all count as failed.
 */
redisc_status redisc_queue_kept(const redisc_queue *queue);
/* Why the call at that place failed, or NULL. */
const redisc_error *redisc_queue_error(const redisc_queue *queue, size_t place);
/* Forgets finished calls and all errors; places count from the first open call. */
void redisc_queue_forget(redisc_queue *queue);
/* Opens all calls again, without errors: for another try. Only if none was pushed since the first
 * one was finished. */
void redisc_queue_rewind(redisc_queue *queue);
/* Gives memory back that is more than an idle queue should keep. No call may be open. */
void redisc_queue_shrink(redisc_queue *queue);

#endif
