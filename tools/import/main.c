/* SPDX-License-Identifier: MIT */
/*
 * Prints the facts of a server as JSON, a command a line: what the importer reads.
 *
 *     redisc-facts URL
 */
#include "facts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

/* A command, or a subcommand, with its name as the specification has it: "CONFIG GET". */
typedef struct entry {
    char *name;
    const redisc_command_details *command;
    const redisc_command_documentation *docs;
} entry;

typedef struct entries {
    entry *items;
    size_t count;
    size_t room;
} entries;

static char *name_of(redisc_str wire)
{
    char *name = malloc(wire.len + 1);
    for (size_t i = 0; name != NULL && i < wire.len; i++) {
        name[i] = wire.data[i] == '|' ? ' ' : (char)toupper((unsigned char)wire.data[i]);
    }
    if (name != NULL) {
        name[wire.len] = '\0';
    }
    return name;
}

static bool add(entries *all, entry new)
{
    if (all->count == all->room) {
        size_t room = all->room == 0 ? 512 : all->room * 2;
        entry *items = realloc(all->items, room * sizeof *items);
        if (items == NULL) {
            free(new.name);
            return false;
        }
        all->items = items;
        all->room = room;
    }
    all->items[all->count++] = new;
    return new.name != NULL;
}

static bool add_commands(entries *all, redisc_command_details_list list)
{
    bool fine = true;
    for (size_t i = 0; fine && i < list.count; i++) {
        const redisc_command_details *command = &list.items[i];
        fine = add(all, (entry){name_of(command->name), command, NULL}) &&
               add_commands(all, command->subcommands);
    }
    return fine;
}

static bool add_docs(entries *all, redisc_command_documentation_list list)
{
    bool fine = true;
    for (size_t i = 0; fine && i < list.count; i++) {
        const redisc_command_documentation *docs = &list.items[i];
        fine =
            add(all, (entry){name_of(docs->name), NULL, docs}) && add_docs(all, docs->subcommands);
    }
    return fine;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->name, ((const entry *)b)->name);
}

static void sort(entries *all)
{
    if (all->count > 1) {
        qsort(all->items, all->count, sizeof *all->items, by_name);
    }
}

static void release(entries *all)
{
    for (size_t i = 0; i < all->count; i++) {
        free(all->items[i].name);
    }
    free(all->items);
}

/* Prints "key": value, the value without a line break in it. */
static bool print_pair(const char *key, cJSON *value)
{
    cJSON *name = cJSON_CreateString(key);
    char *left = name == NULL ? NULL : cJSON_PrintUnformatted(name);
    char *right = value == NULL ? NULL : cJSON_PrintUnformatted(value);
    bool fine = left != NULL && right != NULL && printf("%s: %s", left, right) > 0;
    cJSON_free(left);
    cJSON_free(right);
    cJSON_Delete(name);
    cJSON_Delete(value);
    return fine;
}

static bool print_commands(const entries *commands, const entries *docs)
{
    bool fine = true;
    for (size_t i = 0; fine && i < commands->count; i++) {
        const entry *command = &commands->items[i];
        const entry *found = docs->count == 0 ? NULL
                                              : bsearch(command, docs->items, docs->count,
                                                        sizeof *docs->items, by_name);
        fine = fputs(i == 0 ? "" : ",\n", stdout) >= 0 &&
               print_pair(command->name,
                          json_of_command(command->command, found == NULL ? NULL : found->docs));
    }
    return fine;
}

static bool print(const server_facts *facts)
{
    entries commands = {NULL, 0, 0};
    entries docs = {NULL, 0, 0};
    bool fine = add_commands(&commands, *facts->commands) &&
                (facts->docs == NULL || add_docs(&docs, *facts->docs));
    if (fine) {
        sort(&commands);
        sort(&docs);
    }
    bool sentinel = redisc_str_equal(facts->hello->mode, redisc_text("sentinel"));
    char product[64];
    snprintf(product, sizeof product, "%s%s", server_facts_product(facts).data,
             sentinel ? "-sentinel" : "");
    const char *version = server_facts_version(facts).data;
    fine = fine && printf("{\n") > 0 && print_pair("product", cJSON_CreateString(product)) &&
           printf(",\n") > 0 && print_pair("version", cJSON_CreateString(version)) &&
           printf(",\n") > 0 && print_pair("docs", cJSON_CreateBool(facts->docs != NULL)) &&
           printf(",\n\"commands\": {\n") > 0 && print_commands(&commands, &docs) &&
           printf("\n}\n}\n") > 0 && fflush(stdout) == 0;
    release(&commands);
    release(&docs);
    return fine;
}

static int failed(const char *what)
{
    const redisc_error *error = redisc_last_error();
    bool named = error->command[0] != '\0';
    fprintf(stderr, "%s: %s%s%s\n", what, named ? error->command : "", named ? ": " : "",
            error->text);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s URL\n", argc == 0 ? "redisc-facts" : argv[0]);
        return 2;
    }
    redisc *client = NULL;
    if (redisc_open(argv[1], NULL, &client) != REDISC_OK) {
        return failed("no client");
    }
    server_facts facts;
    redisc_status status = server_facts_read(client, &facts);
    redisc_close(client);
    if (status != REDISC_OK) {
        return failed("the server does not tell its commands");
    }
    if (server_facts_product(&facts).data == NULL || server_facts_version(&facts).data == NULL) {
        server_facts_free(&facts);
        fprintf(stderr, "the server does not say what it is\n");
        return 1;
    }
    bool fine = print(&facts);
    server_facts_free(&facts);
    if (!fine) {
        fprintf(stderr, "the facts could not be written\n");
        return 1;
    }
    return 0;
}
