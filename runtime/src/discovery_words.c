/* SPDX-License-Identifier: MIT */
/*
 * The few commands that finding a server takes. The generated functions are not used for them: a
 * program that is linked statically would have all commands of their groups in it, sentinels or
 * not.
 */
#include "discovery.h"

enum {
    HARMLESS = REDISC_COMMAND_READONLY | REDISC_COMMAND_REPEATABLE,
};

#define WORDS(command, bytes)                                                                      \
    {                                                                                              \
        .name = (command), .words = (bytes), .words_len = sizeof(bytes) - 1, .flags = HARMLESS     \
    }
#define SENTINEL(command, bytes) WORDS("SENTINEL " command, "$8\r\nSENTINEL\r\n" bytes)

/* By the one name, and by the other. */
static const redisc_operation_info infos[][2] = {
    [REDISC_QUESTION_MASTER] = {SENTINEL("MASTER", "$6\r\nMASTER\r\n"),
                                SENTINEL("PRIMARY", "$7\r\nPRIMARY\r\n")},
    [REDISC_QUESTION_ADDRESS] = {SENTINEL("GET-MASTER-ADDR-BY-NAME",
                                          "$23\r\nGET-MASTER-ADDR-BY-NAME\r\n"),
                                 SENTINEL("GET-PRIMARY-ADDR-BY-NAME",
                                          "$24\r\nGET-PRIMARY-ADDR-BY-NAME\r\n")},
    [REDISC_QUESTION_REPLICAS] = {SENTINEL("REPLICAS", "$8\r\nREPLICAS\r\n"),
                                  SENTINEL("SLAVES", "$6\r\nSLAVES\r\n")},
    [REDISC_QUESTION_ROLE] = {WORDS("ROLE", "$4\r\nROLE\r\n"),
                              WORDS("INFO", "$4\r\nINFO\r\n$11\r\nreplication\r\n")},
};

static redisc_status call(redisc *r, const redisc_operation_info *info, const char *name,
                          const redisc_reply **reply)
{
    size_t words = 0;
    for (const char *at = info->words; (at = strchr(at, '$')) != NULL; at++) {
        words++;
    }
    size_t room = name == NULL ? 0 : redisc_room_str(redisc_text(name));
    redisc_operation c;
    *reply = NULL;
    if (!redisc_operation_begin(&c, r, info, words + (name != NULL), room)) {
        return redisc_refuse_begin(&c, &redisc_reads_dynamic, reply);
    }
    if (name != NULL) {
        redisc_put_str(&c, redisc_text(name), "name");
    }
    return redisc_operation_end(&c, &redisc_reads_dynamic, reply);
}

/* Whether a server has done with one of the names, or never had it. */
static bool knows_other_name(redisc_status status)
{
    const char *text = redisc_last_error()->text;
    return status == REDISC_ERROR_SERVER && (strstr(text, "nknown subcommand") != NULL ||
                                             strstr(text, "nknown sentinel subcommand") != NULL);
}

redisc_status redisc_discovery_ask(redisc *r, redisc_question question, const char *name,
                                   const redisc_reply **reply)
{
    redisc_status status = call(r, &infos[question][0], name, reply);
    if (status != REDISC_OK && knows_other_name(status)) {
        status = call(r, &infos[question][1], name, reply);
    }
    return status;
}

/* "role:master" of INFO, where ROLE isn't allowed or known. */
static redisc_status ask_info(redisc *r, redisc_str *role, const redisc_reply **reply)
{
    redisc_status status = call(r, &infos[REDISC_QUESTION_ROLE][1], NULL, reply);
    redisc_str text = {NULL, 0};
    if (status == REDISC_OK) {
        status = redisc_reply_string(*reply, &text);
    }
    if (status != REDISC_OK) {
        return status;
    }
    static const char mark[] = "role:";
    const char *at = text.data == NULL ? NULL : strstr(text.data, mark);
    if (at != NULL) {
        at += sizeof mark - 1;
        *role = redisc_bytes(at, strcspn(at, "\r\n"));
    }
    return REDISC_OK;
}

redisc_status redisc_discovery_ask_role(redisc *r, redisc_str *role, const redisc_reply **reply)
{
    const redisc_reply *items;
    size_t count;
    *role = redisc_bytes(NULL, 0);
    redisc_status status = call(r, &infos[REDISC_QUESTION_ROLE][0], NULL, reply);
    if (status == REDISC_ERROR_NOPERM || status == REDISC_ERROR_SERVER) {
        return ask_info(r, role, reply);
    }
    if (status == REDISC_OK) {
        status = redisc_reply_list(*reply, &items, &count);
    }
    return status == REDISC_OK && count > 0 ? redisc_reply_string(&items[0], role) : status;
}
