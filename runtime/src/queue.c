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

/* Keeps the last error for those calls. Without memory, what the caller returns has to do. */
static void keep_failure(redisc_queue *queue, size_t first, size_t end)
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
    redisc_error *error = redisc_error_clone();
    if (error != NULL) {
        queue->failures[queue->failure_count++] = (redisc_call_failure){first, end, error};
    }
}

static redisc_status finish(redisc_queue *queue, redisc_status status)
{
    size_t place = queue->first++;
    if (status < 0) {
        redisc_error_about(queue->slots[place].info->name, REDISC_ANSWERED, 1);
        keep_failure(queue, place, place + 1);
    }
    return status;
}

redisc_status redisc_queue_answer(redisc_queue *queue, redisc_parsed *reply)
{
    const redisc_call_slot *slot = &queue->slots[queue->first];
    return finish(queue, redisc_read_reply(reply, slot->result, slot->out));
}

redisc_status redisc_queue_answer_part(redisc_queue *queue, const redisc_parsed *reply,
                                       size_t *place)
{
    const redisc_call_slot *slot = &queue->slots[queue->first];
    return finish(queue, redisc_read_value(reply, *place, slot->result, slot->out, place));
}

void redisc_queue_fail(redisc_queue *queue, size_t end, redisc_delivery delivery)
{
    if (end <= queue->first) {
        return;
    }
    bool unnamed = redisc_last_error()->command[0] == '\0' && end == queue->first + 1;
    redisc_error_about(unnamed ? queue->slots[queue->first].info->name : NULL, delivery, 1);
    keep_failure(queue, queue->first, end);
    queue->first = end;
}

void redisc_queue_step(redisc_queue *queue)
{
    queue->first++;
}

const redisc_error *redisc_queue_error(const redisc_queue *queue, size_t place)
{
    size_t low = 0;
    size_t high = queue->failure_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (queue->failures[middle].end <= place) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < queue->failure_count && queue->failures[low].first <= place;
    return found ? queue->failures[low].error : NULL;
}

static void drop_failures(redisc_queue *queue)
{
    for (size_t i = 0; i < queue->failure_count; i++) {
        redisc_release(queue->failures[i].error);
    }
    queue->failure_count = 0;
}

void redisc_queue_forget(redisc_queue *queue)
{
    drop_failures(queue);
    size_t open = redisc_queue_open(queue);
    if (open > 0 && queue->first > 0) {
        memmove(queue->slots, queue->slots + queue->first, open * sizeof *queue->slots);
    }
    queue->first = 0;
    queue->count = open;
}

void redisc_queue_rewind(redisc_queue *queue)
{
    drop_failures(queue);
    queue->first = 0;
}
