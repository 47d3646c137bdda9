/* SPDX-License-Identifier: MIT */
/* What a server says of itself, by HELLO, INFO, COMMAND and COMMAND DOCS. */
#include "facts.h"

static redisc_status read_hello(redisc *client, const redisc_hello_info **hello)
{
    redisc *pinned = NULL;
    redisc_status status = redisc_pin(client, &pinned);
    if (status == REDISC_OK) {
        status = redisc_hello(pinned, hello);
        redisc_close(pinned);
    }
    return status;
}

/* Whether the server has answered, if with an error: it lacks the command, or forbids it. */
static bool is_refused(redisc_status status)
{
    return status == REDISC_ERROR_SERVER || status == REDISC_ERROR_NOPERM;
}

redisc_status server_facts_read(redisc *client, server_facts *facts)
{
    *facts = (server_facts){NULL, NULL, NULL, NULL};
    redisc_status status = read_hello(client, &facts->hello);
    if (status == REDISC_OK) {
        status = redisc_info_sections(client, REDISC_STRS("server"), &facts->info);
        status = is_refused(status) ? REDISC_OK : status;
    }
    if (status == REDISC_OK) {
        status = redisc_command(client, &facts->commands);
    }
    if (status == REDISC_OK) {
        status = redisc_command_docs(client, &facts->docs);
        /* A plain error is that of a server that does not know COMMAND DOCS. */
        status = status == REDISC_ERROR_SERVER ? REDISC_OK : status;
    }
    if (status != REDISC_OK) {
        server_facts_free(facts);
    }
    return status;
}

void server_facts_free(server_facts *facts)
{
    redisc_free(facts->hello);
    redisc_free(facts->info);
    redisc_free(facts->commands);
    redisc_free(facts->docs);
    *facts = (server_facts){NULL, NULL, NULL, NULL};
}

/* Valkey can pass for Redis in HELLO, but not in INFO. */
static const redisc_info_entry *valkey_version(const server_facts *facts)
{
    return facts->info == NULL ? NULL : redisc_find_info(facts->info, "valkey_version");
}

redisc_str server_facts_product(const server_facts *facts)
{
    return valkey_version(facts) == NULL ? facts->hello->server : redisc_text("valkey");
}

redisc_str server_facts_version(const server_facts *facts)
{
    const redisc_info_entry *found = valkey_version(facts);
    return found == NULL ? facts->hello->version : found->value;
}
