/* SPDX-License-Identifier: MIT */
/* Single questions to single sentinels, and what to make of their answers. */
#include "discovery.h"

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

/* A field of a state, as text or as a number; nil or 0 if there is none. */
static redisc_str text_of(const redisc_reply *state, const char *name)
{
    const redisc_reply *value = redisc_reply_field(state, redisc_text(name));
    bool is_text =
        value != NULL && (value->type == REDISC_REPLY_STRING || value->type == REDISC_REPLY_STATUS);
    return is_text ? value->as.text : redisc_bytes(NULL, 0);
}

static int64_t number_of(const redisc_reply *state, const char *name)
{
    const redisc_reply *value = redisc_reply_field(state, redisc_text(name));
    int64_t number = 0;
    if (value != NULL && value->type == REDISC_REPLY_INTEGER) {
        return value->as.integer;
    }
    redisc_str text = text_of(state, name);
    return text.data != NULL && redisc_read_integer(text.data, text.len, &number) ? number : 0;
}

/* Whether a word is among the flags of a state: "master,o_down". */
static bool is_flagged(const redisc_reply *state, const char *flag)
{
    redisc_str flags = text_of(state, "flags");
    size_t len = strlen(flag);
    for (size_t start = 0; start < flags.len;) {
        const char *comma = memchr(flags.data + start, ',', flags.len - start);
        size_t end = comma == NULL ? flags.len : (size_t)(comma - flags.data);
        if (end - start == len && memcmp(flags.data + start, flag, len) == 0) {
            return true;
        }
        start = end + 1;
    }
    return false;
}

static bool is_down(const redisc_reply *state)
{
    return is_flagged(state, "s_down") || is_flagged(state, "o_down");
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

/* The address that a sentinel names when it is asked for nothing else; nil if none. */
static redisc_status ask_address(redisc *handle, const char *name, redisc_str *host, int64_t *port,
                                 const redisc_reply **reply)
{
    const redisc_reply *items;
    size_t count;
    *host = redisc_bytes(NULL, 0);
    *port = 0;
    redisc_status status = redisc_discovery_ask(handle, REDISC_QUESTION_ADDRESS, name, reply);
    if (status == REDISC_OK) {
        status = redisc_reply_list(*reply, &items, &count);
    }
    if (status == REDISC_OK && count == 2) {
        status = redisc_reply_string(&items[0], host);
        status = status == REDISC_OK ? redisc_reply_integer(&items[1], port) : status;
    }
    return status;
}

/*
 * A failover is under way, or the master is down. As soon as a new one is chosen, this question is
 * answered with it, though the state still tells of the old one.
 */
static redisc_verdict judge_trouble(redisc *handle, const char *name, const redisc_reply *state,
                                    redisc_master_place *master)
{
    const redisc_reply *reply;
    redisc_str host;
    int64_t port;
    redisc_status status = ask_address(handle, name, &host, &port, &reply);
    redisc_str old_host = text_of(state, "ip");
    int64_t old_port = number_of(state, "port");
    bool chosen = status == REDISC_OK && is_address(host, port) &&
                  (port != old_port || !redisc_str_equal(host, old_host));
    redisc_verdict verdict = bad(REDISC_VERDICT_UNKNOWN);
    if (chosen) {
        verdict = note_place(master, host, port) ? REDISC_VERDICT_GOOD : REDISC_VERDICT_UNKNOWN;
    } else if (status == REDISC_OK && is_down(state)) {
        redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND, "it holds the master for down (%s)",
                    is_flagged(state, "o_down") ? "and so does the quorum"
                                                : "so far the quorum does not");
        verdict = REDISC_VERDICT_HOPEFUL;
    } else if (status == REDISC_OK) {
        verdict =
            note_place(master, old_host, old_port) ? REDISC_VERDICT_GOOD : REDISC_VERDICT_UNKNOWN;
    }
    redisc_free(reply);
    return verdict;
}

static redisc_verdict judge(redisc *handle, const char *name, uint32_t min_others,
                            const redisc_reply *state, redisc_master_place *master)
{
    int64_t others = number_of(state, "num-other-sentinels");
    if (text_of(state, "ip").data == NULL) {
        redisc_fail(REDISC_ERROR_PROTOCOL, "its answer holds no address that makes sense");
        return REDISC_VERDICT_UNKNOWN;
    }
    if (!is_flagged(state, "master")) {
        redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND, "it does not hold it for a master");
        return REDISC_VERDICT_HOPEFUL;
    }
    if (others < (int64_t)min_others) {
        redisc_fail(REDISC_ERROR_MASTER_NOT_FOUND,
                    "it sees %" PRId64 " other sentinels, and %" PRIu32 " are asked for", others,
                    min_others);
        return REDISC_VERDICT_UNKNOWN;
    }
    master->epoch = number_of(state, "config-epoch");
    if (is_down(state) || is_flagged(state, "failover_in_progress")) {
        return judge_trouble(handle, name, state, master);
    }
    return note_place(master, text_of(state, "ip"), number_of(state, "port"))
               ? REDISC_VERDICT_GOOD
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
    const redisc_reply *state;
    redisc_status status = redisc_discovery_ask(handle, REDISC_QUESTION_MASTER, name, &state);
    redisc_verdict verdict = status == REDISC_OK ? judge(handle, name, min_others, state, master)
                                                 : bad(REDISC_VERDICT_UNKNOWN);
    redisc_free(state);
    redisc_close(handle);
    return verdict;
}

static bool is_usable(const redisc_reply *replica)
{
    return !is_down(replica) && is_address(text_of(replica, "ip"), number_of(replica, "port"));
}

/* A result: the list, its items, their names, in one block. */
static const redisc_server_address_list *make_list(const redisc_reply *replicas, size_t known)
{
    size_t count = 0;
    size_t text = 0;
    for (size_t i = 0; i < known; i++) {
        if (is_usable(&replicas[i])) {
            count++;
            text += text_of(&replicas[i], "ip").len + 1;
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
    for (size_t i = 0; i < known; i++) {
        if (is_usable(&replicas[i])) {
            redisc_str ip = text_of(&replicas[i], "ip");
            memcpy(host, ip.data, ip.len);
            host[ip.len] = '\0';
            items[list->count++] = (redisc_server_address){
                .host = host, .port = (uint16_t)number_of(&replicas[i], "port")};
            host += ip.len + 1;
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
    const redisc_reply *reply;
    const redisc_reply *replicas;
    size_t count;
    redisc_status status = redisc_discovery_ask(handle, REDISC_QUESTION_REPLICAS, name, &reply);
    if (status == REDISC_OK) {
        status = redisc_reply_list(reply, &replicas, &count);
    }
    if (status == REDISC_OK) {
        *addresses = make_list(replicas, count);
        status = *addresses == NULL ? REDISC_ERROR_MEMORY : REDISC_OK;
    }
    redisc_free(reply);
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
