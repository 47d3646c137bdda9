/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include "utf8.h"

#include <string.h>

enum { KEPT_SLOTS = 16 * 1024 /* by an idle queue */ };

void redisc_queue_free(redisc_queue *queue)
{
    redisc_queue_forget(queue);
    redisc_release(queue->slots);
    redisc_release(queue->failures);
    *queue = (redisc_queue){0};
}

/* Moves the open calls to the front of the row. */
static void drop_finished(redisc_queue *queue)
{
    size_t finished = queue->first - queue->dropped;
    size_t open = redisc_queue_open(queue);
    if (open > 0 && finished > 0) {
        memmove(queue->slots, queue->slots + finished, open * sizeof *queue->slots);
    }
    queue->dropped = queue->first;
}

/* Uses the slots of finished calls again if they are the half of all at least, so that moving costs
 * no more than pushing did; else gets more. */
static redisc_status make_room(redisc_queue *queue)
{
    if (queue->capacity > 0 && queue->first - queue->dropped >= queue->capacity / 2) {
        drop_finished(queue);
        return REDISC_OK;
    }
    size_t capacity = queue->capacity == 0 ? 16 : queue->capacity * 2;
    redisc_call_slot *slots = redisc_reallocate(queue->slots, capacity * sizeof *slots);
    if (slots == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for %zu queued calls", capacity);
    }
    queue->slots = slots;
    queue->capacity = capacity;
    return REDISC_OK;
}

redisc_status redisc_queue_push(redisc_queue *queue, const redisc_operation_info *info,
                                const redisc_result *result, void *out)
{
    if (queue->count - queue->dropped == queue->capacity) {
        redisc_status status = make_room(queue);
        if (status != REDISC_OK) {
            return status;
        }
    }
    queue->slots[queue->count - queue->dropped] = (redisc_call_slot){info, result, out};
    queue->count++;
    return REDISC_OK;
}

static bool grow_failures(redisc_queue *queue)
{
    size_t capacity = queue->failure_capacity == 0 ? 8 : queue->failure_capacity * 2;
    redisc_call_failure *failures = redisc_reallocate(queue->failures, capacity * sizeof *failures);
    if (failures == NULL) {
        return false;
    }
    queue->failures = failures;
    queue->failure_capacity = capacity;
    return true;
}

/* Keeps the last error for those calls. */
static void keep_failure(redisc_queue *queue, size_t first, size_t end)
{
    if (queue->unkept) {
        return;
    }
    bool room = queue->failure_count < queue->failure_capacity || grow_failures(queue);
    redisc_error *error = room ? redisc_error_clone() : NULL;
    if (error == NULL) {
        queue->unkept = true;
        queue->unkept_from = first;
        return;
    }
    queue->failures[queue->failure_count++] = (redisc_call_failure){first, end, error};
}

redisc_status redisc_queue_kept(const redisc_queue *queue)
{
    if (!queue->unkept) {
        return REDISC_OK;
    }
    return redisc_fail(REDISC_ERROR_MEMORY, "no memory to keep why command # %zu failed",
                       queue->unkept_from + 1);
}

static redisc_status finish(redisc_queue *queue, redisc_status status)
{
    size_t place = queue->first++;
    if (status < 0) {
        const redisc_operation_info *info = redisc_queue_slot(queue, place)->info;
        if (queue->judge != NULL) {
            status = queue->judge(queue->judge_context, info, status);
        }
        redisc_error_about(info->name, REDISC_ANSWERED, 1);
        keep_failure(queue, place, place + 1);
    }
    return status;
}

redisc_status redisc_queue_answer(redisc_queue *queue, redisc_parsed *reply)
{
    const redisc_call_slot *slot = redisc_queue_slot(queue, queue->first);
    redisc_status status = queue->utf8 ? redisc_utf8_require(reply, slot->info->name) : REDISC_OK;
    if (status == REDISC_OK) {
        status = redisc_read_reply(reply, slot->result, slot->out);
    }
    return finish(queue, status);
}

/* Insists on UTF-8 in a part of a reply. A part that isn't is read all the same, and dropped, for
 * its large strings have to go. */
static redisc_status require_utf8(const redisc_call_slot *slot, const redisc_parsed *reply,
                                  size_t *place)
{
    redisc_parsed part = *reply;
    size_t after = redisc_node_after(reply->nodes, *place);
    part.nodes += *place;
    part.count = after - *place;
    if (redisc_utf8_require(&part, slot->info->name) == REDISC_OK) {
        return REDISC_OK;
    }
    redisc_error_copy why;
    redisc_error_save(&why);
    redisc_read_value(reply, *place, slot->result, NULL, place);
    return redisc_error_restore(&why);
}

redisc_status redisc_queue_answer_part(redisc_queue *queue, const redisc_parsed *reply,
                                       size_t *place)
{
    const redisc_call_slot *slot = redisc_queue_slot(queue, queue->first);
    redisc_status status = queue->utf8 ? require_utf8(slot, reply, place) : REDISC_OK;
    if (status == REDISC_OK) {
        status = redisc_read_value(reply, *place, slot->result, slot->out, place);
    }
    return finish(queue, status);
}

void redisc_queue_fail(redisc_queue *queue, size_t end, redisc_delivery delivery)
{
    if (end <= queue->first) {
        return;
    }
    bool unnamed = redisc_last_error()->command[0] == '\0' && end == queue->first + 1;
    redisc_error_about(unnamed ? redisc_queue_slot(queue, queue->first)->info->name : NULL,
                       delivery, 1);
    keep_failure(queue, queue->first, end);
    queue->first = end;
}

const redisc_error *redisc_queue_error(const redisc_queue *queue, size_t place)
{
    static const redisc_error unkept = {.status = REDISC_ERROR_MEMORY,
                                        .delivery = REDISC_UNKNOWN,
                                        .tries = 1,
                                        .command = "",
                                        .word = "",
                                        .text = "there was no memory to keep why the call failed"};
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
    if (low < queue->failure_count && queue->failures[low].first <= place) {
        return queue->failures[low].error;
    }
    bool lost = queue->unkept && place >= queue->unkept_from && place < queue->first;
    return lost ? &unkept : NULL;
}

static void drop_failures(redisc_queue *queue)
{
    for (size_t i = 0; i < queue->failure_count; i++) {
        redisc_release(queue->failures[i].error);
    }
    queue->failure_count = 0;
    queue->unkept = false;
}

void redisc_queue_forget(redisc_queue *queue)
{
    drop_failures(queue);
    drop_finished(queue);
    queue->count = redisc_queue_open(queue);
    queue->first = queue->dropped = 0;
}

void redisc_queue_rewind(redisc_queue *queue)
{
    drop_failures(queue);
    queue->first = queue->dropped;
}

void redisc_queue_shrink(redisc_queue *queue)
{
    if (queue->capacity <= KEPT_SLOTS) {
        return;
    }
    redisc_release(queue->slots);
    queue->slots = NULL;
    queue->capacity = 0;
    queue->dropped = queue->count;
}
