/* SPDX-License-Identifier: MIT */
/* The facts of a server as JSON. spec/schema/facts.schema.json says what is in it. */
#ifndef REDISC_IMPORT_FACTS_H
#define REDISC_IMPORT_FACTS_H

#include <redisc/redisc.h>

#include <cjson/cJSON.h>

/** What a server says of itself; freed with server_facts_free(). */
typedef struct server_facts {
    const redisc_hello_info *hello;
    const redisc_info_entry_list *info; /**< of the section "server"; NULL: it may not be read */
    const redisc_command_details_list *commands;
    const redisc_command_documentation_list *docs; /**< NULL: it has no COMMAND DOCS */
} server_facts;

/** Asks the server. After a failure nothing has to be freed. */
redisc_status server_facts_read(redisc *client, server_facts *facts);

void server_facts_free(server_facts *facts);

/** "redis" or "valkey"; empty if it does not say. */
redisc_str server_facts_product(const server_facts *facts);

/** "8.0.1"; empty if it does not say. */
redisc_str server_facts_version(const server_facts *facts);

/** A fact as JSON, NULL without memory. Whoever gets it frees it with cJSON_Delete(). */
cJSON *json_of_command(const redisc_command_details *command,
                       const redisc_command_documentation *docs);

#endif
