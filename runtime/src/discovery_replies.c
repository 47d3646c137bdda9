/* SPDX-License-Identifier: MIT */
/* Single questions to single sentinels, and what to make of their answers. */
#include "discovery.h"

#include <redisc/commands_sentinel.h>

#include <inttypes.h>
#include <stdio.h>

static bool is_memory(void)
{
    return redisc_last_error()->status == REDISC_ERROR_MEMORY;
}

static redisc_verdict bad(redisc_verdict verdict)
{
    return is_memory() ? REDISC_VERDICT_MEMORY : verdict;
}

/* A handle whose calls end by the deadline and by the sentinels' own time-out; NULL after failing.
 */
static redisc *handle_until(const redisc_watcher *watcher, redisc_deadline deadline)
{
    redisc *handle;
    int64_t left = redisc_deadline_left(deadline);
    int64_t usual = redisc_pooled_of(watcher->client)->timeout_ms;
    if (left < 0 || (usual >= 0 && usual < left)) {
        left = usual;
    }
    redisc_call_options options = {.timeout_ms = left == 0 ? 1 : left};
    return redisc_with(watcher->client, &options, &handle) == REDISC_OK ? handle : NULL;
}

/* Servers that have done with the word master know the commands by primary only, and the other way
 * round. */
static bool knows_other_name(redisc_status status)
{
    return status == REDISC_ERROR_SERVER &&
           (strstr(redisc_last_error()->text, "nknown subcommand") != NULL ||
            strstr(redisc_last_error()->text, "nknown sentinel subcommand") != NULL);
}

static redisc_status ask_state(redisc *handle, const char *name,
                               const redisc_sentinel_master_state **state)
{
    redisc_status status = redisc_sentinel_master(handle, name, state);
    if (status != REDISC_OK && knows_other_name(status)) {
        status = redisc_sentinel_primary(handle, name, state);
    }
    return status;
}

static redisc_status ask_address(redisc *handle, const char *name,
                                 const redisc_sentinel_address **address)
{
    redisc_status status = redisc_sentinel_get_master_addr_by_name(handle, name, address);
    if (status != REDISC_OK && knows_other_name(status)) {
        status = redisc_sentinel_get_primary_addr_by_name(handle, name, address);
    }
    return status;
}

/* Whether a sentinel's answer can be an address: everything may come from out there. */
static bool is_address(redisc_str host, int64_t port)
{
    if (host.data == NULL || host.len == 0 || host.len >= REDISC_HOST_SIZE || port < 1 ||
        port > UINT16_MAX) {
        return false;
    }
    for (size_t i = 0; i < host.len; i++) {
        unsigned char byte = (unsigned char)host.data[i];
        if (byte <= ' ' || byte == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool note_place(redisc_master_place *master, redisc_str host, int64_t port)
{
    if (!is_address(host, port)) {
        redisc_fail(REDISC_ERROR_PROTOCOL, "its answer holds no address that makes sense");
        return false;
    }
    memcpy(master->host, host.data, host.len);
    master->host[host.len] = '\0';
    master->port = (uint16_t)port;
    return true;
}

/*
 * A failover is under way, or the master is down. As soon as a new one is chosen, this question is
 * answered with it, though the state still tells of the old one.
 */
static redisc_verdict judge_trouble(redisc *handle, const char *name,
                                    const redisc_sentinel_master_state *state,
                                    redisc_master_place *master)
{
    bool down = state->flags.s_down || state->flags.o_down;
    const redisc_sentinel_address *address = NULL;
    redisc_status status = ask_address(handle, name, &address);
    if (status != REDISC_OK) {
        return bad(REDISC_VERDICT_UNKNOWN);
    }
    bool chosen = address != NULL && is_address(address->host, address->port) &&
                  (address->port != state->port || !redisc_str_equal(address->host, state->ip));
    bool noted = chosen ? note_place(master, address->host, address->port)
                        : !down && note_place(master, state->ip, state->port);
    redisc_free(address);
    if (!chosen && down) {
        redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND, "it holds the master for down (%s)",
                    state->flags.o_down ? "and so does the quorum" : "so far the quorum does not");
        return REDISC_VERDICT_HOPEFUL;
    }
    return noted ? REDISC_VERDICT_GOOD : REDISC_VERDICT_UNKNOWN;
}

static redisc_verdict judge(redisc *handle, const char *name, uint32_t min_others,
                            const redisc_sentinel_master_state *state, redisc_master_place *master)
{
    if (!state->flags.master) {
        redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND, "it does not hold it for a master");
        return REDISC_VERDICT_HOPEFUL;
    }
    if (state->num_other_sentinels < (int64_t)min_others) {
        redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND,
                    "it sees %" PRId64 " other sentinels, and %" PRIu32 " are asked for",
                    state->num_other_sentinels, min_others);
        return REDISC_VERDICT_UNKNOWN;
    }
    master->epoch = state->config_epoch;
    if (state->flags.s_down || state->flags.o_down || state->flags.failover_in_progress) {
        return judge_trouble(handle, name, state, master);
    }
    return note_place(master, state->ip, state->port) ? REDISC_VERDICT_GOOD
                                                      : REDISC_VERDICT_UNKNOWN;
}

redisc_verdict redisc_watcher_master(const redisc_watcher *watcher, const char *name,
                                     uint32_t min_others, redisc_deadline deadline,
                                     redisc_master_place *master)
{
    redisc *handle = handle_until(watcher, deadline);
    if (handle == NULL) {
        return REDISC_VERDICT_MEMORY;
    }
    const redisc_sentinel_master_state *state = NULL;
    redisc_verdict verdict;
    if (ask_state(handle, name, &state) != REDISC_OK) {
        verdict = bad(REDISC_VERDICT_UNKNOWN);
    } else if (state == NULL) {
        redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND, "it knows no master of that name");
        verdict = REDISC_VERDICT_UNKNOWN;
    } else {
        verdict = judge(handle, name, min_others, state, master);
    }
    redisc_free(state);
    redisc_close(handle);
    return verdict;
}

static bool is_usable(const redisc_sentinel_replica_state *replica)
{
    return !replica->flags.s_down && !replica->flags.o_down &&
           is_address(replica->ip, replica->port);
}

/* A result: the list, its items, their names, in one block. */
static const redisc_server_address_list *
make_list(const redisc_sentinel_replica_state_list *replicas)
{
    size_t count = 0;
    size_t text = 0;
    for (size_t i = 0; i < replicas->count; i++) {
        if (is_usable(&replicas->items[i])) {
            count++;
            text += replicas->items[i].ip.len + 1;
        }
    }
    redisc_server_address_list *list;
    redisc_block *block = redisc_block_new(sizeof *list + count * sizeof *list->items + text);
    if (block == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for the addresses");
        return NULL;
    }
    list = redisc_block_payload(block);
    redisc_server_address *items = (redisc_server_address *)(list + 1);
    char *host = (char *)(items + count);
    *list = (redisc_server_address_list){.items = items, .count = 0};
    for (size_t i = 0; i < replicas->count; i++) {
        const redisc_sentinel_replica_state *replica = &replicas->items[i];
        if (is_usable(replica)) {
            memcpy(host, replica->ip.data, replica->ip.len);
            host[replica->ip.len] = '\0';
            items[list->count++] =
                (redisc_server_address){.host = host, .port = (uint16_t)replica->port};
            host += replica->ip.len + 1;
        }
    }
    return list;
}

redisc_status redisc_watcher_replicas(const redisc_watcher *watcher, const char *name,
                                      redisc_deadline deadline,
                                      const redisc_server_address_list **addresses)
{
    *addresses = NULL;
    redisc *handle = handle_until(watcher, deadline);
    if (handle == NULL) {
        return REDISC_ERROR_MEMORY;
    }
    const redisc_sentinel_replica_state_list *replicas = NULL;
    redisc_status status = redisc_sentinel_replicas(handle, name, &replicas);
    if (status != REDISC_OK && knows_other_name(status)) {
        status = redisc_sentinel_slaves(handle, name, &replicas);
    }
    if (status == REDISC_OK) {
        *addresses = make_list(replicas);
        status = *addresses == NULL ? REDISC_ERROR_MEMORY : REDISC_OK;
    }
    redisc_free(replicas);
    redisc_close(handle);
    return status;
}

void redisc_faults_init(redisc_faults *faults, size_t count)
{
    enum { LEAST = 40, HEAD = 96 };
    size_t share = (sizeof faults->text - HEAD) / count;
    *faults = (redisc_faults){.share = share < LEAST ? LEAST : share};
}

void redisc_faults_add(redisc_faults *faults, const redisc_watcher *watcher)
{
    const char *text = redisc_last_error()->text;
    bool named = strstr(text, watcher->address) != NULL;
    char *to = faults->text + faults->len;
    size_t room = sizeof faults->text - faults->len;
    size_t size = faults->share < room ? faults->share : room;
    int len = snprintf(to, size, "%s%s%s%s", faults->len > 0 ? "; " : "",
                       named ? "" : watcher->address, named ? "" : ": ", text);
    faults->len += len < 0 || size == 0 ? 0 : (size_t)len < size ? (size_t)len : size - 1;
}
