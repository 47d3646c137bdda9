/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <string.h>

void redisc_queue_free(redisc_queue *queue)
{
    redisc_queue_forget(queue);
    redisc_release(queue->slots);
    redisc_release(queue->failures);
    *queue = (redisc_queue){0};
}

static redisc_status grow(redisc_queue *queue)
{
    size_t capacity = queue->capacity == 0 ? 16 : queue->capacity * 2;
    redisc_call_slot *slots = redisc_reallocate(queue->slots, capacity * sizeof *slots);
    if (slots == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for %zu queued calls", capacity);
    }
    queue->slots = slots;
    queue->capacity = capacity;
    return REDISC_OK;
}

redisc_status redisc_queue_push(redisc_queue *queue, const redisc_command_info *info,
                                const redisc_result *result, void *out)
{
    if (queue->count == queue->capacity) {
        redisc_status status = grow(queue);
        if (status != REDISC_OK) {
            return status;
        }
    }
    queue->slots[queue->count++] = (redisc_call_slot){info, result, out};
    return REDISC_OK;
}

/* Keeps the last error for that place. Without memory the status alone has to do. */
static void keep_failure(redisc_queue *queue, size_t place)
{
    if (queue->failure_count == queue->failure_capacity) {
        size_t capacity = queue->failure_capacity == 0 ? 8 : queue->failure_capacity * 2;
        redisc_call_failure *failures =
            redisc_reallocate(queue->failures, capacity * sizeof *failures);
        if (failures == NULL) {
            return;
        }
        queue->failures = failures;
        queue->failure_capacity = capacity;
    }
    redisc_error_copy *copy = redisc_allocate(sizeof *copy);
    if (copy == NULL) {
        return;
    }
    redisc_error_save(copy);
    queue->failures[queue->failure_count++] = (redisc_call_failure){place, copy};
}

redisc_status redisc_queue_answer(redisc_queue *queue, redisc_parsed *reply)
{
    size_t place = queue->first++;
    const redisc_call_slot *slot = &queue->slots[place];
    redisc_status status = redisc_read_reply(reply, slot->result, slot->out);
    if (status < 0) {
        redisc_error_about(slot->info->name, REDISC_ANSWERED, 1);
        keep_failure(queue, place);
    }
    return status;
}

void redisc_queue_fail_first(redisc_queue *queue, redisc_delivery delivery)
{
    size_t place = queue->first++;
    redisc_error_about(queue->slots[place].info->name, delivery, 1);
    keep_failure(queue, place);
}

const redisc_error *redisc_queue_error(const redisc_queue *queue, size_t place)
{
    size_t low = 0;
    size_t high = queue->failure_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (queue->failures[middle].place < place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < queue->failure_count && queue->failures[low].place == place) {
        return &queue->failures[low].copy->error;
    }
    return NULL;
}

void redisc_queue_forget(redisc_queue *queue)
{
    for (size_t i = 0; i < queue->failure_count; i++) {
        redisc_release(queue->failures[i].copy);
    }
    queue->failure_count = 0;
    size_t open = redisc_queue_open(queue);
    if (open > 0 && queue->first > 0) {
        memmove(queue->slots, queue->slots + queue->first, open * sizeof *queue->slots);
    }
    queue->first = 0;
    queue->count = open;
}
