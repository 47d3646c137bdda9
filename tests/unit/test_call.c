/* SPDX-License-Identifier: MIT */
/* Commands by their words. */
#include "calls.h"
#include "command_table.h"
#include "scripted.h"

#include <redisc/alloc.h>
#include <redisc/client.h>
#include <redisc/codec.h>

#include <criterion/criterion.h>

#include <string.h>

TestSuite(call, .timeout = 30);

static redisc *open_client(test_script *script)
{
    redisc_options options = test_script_options(script);
    redisc *client;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    return client;
}

static redisc *open_codec(void)
{
    redisc *codec;
    cr_assert_eq(redisc_codec_open(NULL, &codec), REDISC_OK);
    return codec;
}

static void check_output(redisc *codec, const char *expected)
{
    redisc_str bytes;
    redisc_codec_output(codec, &bytes);
    cr_expect(redisc_str_equal(bytes, redisc_text(expected)), "%.*s", (int)bytes.len, bytes.data);
    redisc_codec_sent(codec, bytes.len);
}

Test(call, sends_the_words_as_they_are)
{
    redisc *codec = open_codec();
    cr_assert_eq(redisc_call(codec, REDISC_STRS("set", "k", redisc_bytes("a\0\r\n", 4)), NULL),
                 REDISC_QUEUED);
    redisc_str bytes;
    static const char expected[] = "*3\r\n$3\r\nset\r\n$1\r\nk\r\n$4\r\na\0\r\n\r\n";
    redisc_codec_output(codec, &bytes);
    cr_assert_eq(bytes.len, sizeof expected - 1);
    cr_expect_eq(memcmp(bytes.data, expected, bytes.len), 0);
    redisc_close(codec);
}

Test(call, counts_any_number_of_words)
{
    redisc *codec = open_codec();
    cr_assert_eq(redisc_call(codec, REDISC_STRS("PING"), NULL), REDISC_QUEUED);
    check_output(codec, "*1\r\n$4\r\nPING\r\n");
    cr_assert_eq(
        redisc_call(codec, REDISC_STRS("X", "1", "2", "3", "4", "5", "6", "7", "8", "9", ""), NULL),
        REDISC_QUEUED);
    check_output(codec,
                 "*11\r\n$1\r\nX\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n$1\r\n4\r\n$1\r\n5\r\n$1\r\n6"
                 "\r\n$1\r\n7\r\n$1\r\n8\r\n$1\r\n9\r\n$0\r\n\r\n");
    redisc_close(codec);
}

static void check_refusal(redisc_status status, const char *part)
{
    cr_expect_eq(status, REDISC_ERROR_ARGUMENT, "%s", redisc_status_name(status));
    cr_expect(strstr(redisc_last_error()->text, part) != NULL, "%s", redisc_last_error()->text);
}

Test(call, refuses_what_is_no_command)
{
    test_script script = SCRIPT("+OK\r\n");
    redisc *client = open_client(&script);
    const redisc_reply *reply = (const redisc_reply *)1;
    check_refusal(redisc_call(client, (redisc_str_list){0}, &reply), "no words");
    cr_expect_null(reply);
    check_refusal(redisc_call(client, (redisc_str_list){NULL, 3}, &reply), "no words");
    check_refusal(redisc_call(client, REDISC_STRS("", "x"), &reply), "name is empty");
    check_refusal(redisc_call(client, REDISC_STRS("GET", redisc_text(NULL)), &reply),
                  "`words` is NULL");
    check_refusal(redisc_call(NULL, REDISC_STRS("GET", "k"), &reply), "handle is NULL");
    cr_expect_eq(script.executed, 0);
    redisc_close(client);
}

Test(call, gives_the_dynamic_reply)
{
    test_script script = SCRIPT("*3\r\n:1\r\n$-1\r\n+fine\r\n");
    redisc *client = open_client(&script);
    const redisc_reply *reply;
    cr_assert_eq(redisc_call(client, REDISC_STRS("LRANGE", "l", "0", "-1"), &reply), REDISC_OK);
    cr_assert_eq(reply->type, REDISC_REPLY_ARRAY);
    cr_assert_eq(reply->as.list.count, 3);
    cr_expect_eq(reply->as.list.items[0].as.integer, 1);
    cr_expect_eq(reply->as.list.items[1].type, REDISC_REPLY_NIL);
    cr_expect_str_eq(reply->as.list.items[2].as.text.data, "fine");
    redisc_free(reply);
    cr_expect_eq(redisc_call(client, REDISC_STRS("LRANGE", "l", "0", "-1"), NULL), REDISC_OK);
    redisc_close(client);
}

Test(call, names_the_command_that_failed)
{
    test_script script = SCRIPT("-ERR unknown\r\n");
    redisc *client = open_client(&script);
    redisc_call(client, REDISC_STRS("no.Such\n", "x"), NULL);
    const redisc_error *error = redisc_last_error();
    cr_expect_str_eq(error->command, "NO.SUCH?");
    cr_expect_eq(error->delivery, REDISC_ANSWERED);
    cr_expect_eq(error->tries, 1);
    redisc_call(client, REDISC_STRS("client", "id"), NULL);
    cr_expect_str_eq(redisc_last_error()->command, "CLIENT ID");
    redisc_call(client, REDISC_STRS("get", "k"), NULL);
    cr_expect_str_eq(redisc_last_error()->command, "GET");
    redisc_close(client);
}

Test(call, a_codec_keeps_no_name_that_is_gone)
{
    redisc *codec = open_codec();
    char name[] = "SOME.COMMAND";
    cr_assert_eq(redisc_call(codec, REDISC_STRS(name, "x"), NULL), REDISC_QUEUED);
    memset(name, '!', sizeof name - 1);
    cr_expect_eq(redisc_codec_feed(codec, "-ERR unknown\r\n", 14), REDISC_ERROR_SERVER);
    const redisc_error *error = redisc_error_at(codec, 0);
    cr_assert_not_null(error);
    cr_expect_str_eq(error->command, "");
    redisc_close(codec);
}

Test(call, what_has_no_reply_of_its_own_is_no_call)
{
    redisc *codec = open_codec();
    static const char *const refused[] = {"SUBSCRIBE", "psubscribe",  "SSUBSCRIBE",
                                          "MONITOR",   "UNSUBSCRIBE", "PUNSUBSCRIBE",
                                          "SYNC",      "PSYNC",       "SUNSUBSCRIBE"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        cr_expect_eq(redisc_call(codec, REDISC_STRS(refused[i], "x"), NULL),
                     REDISC_ERROR_UNSUPPORTED, "%s", refused[i]);
    }
    cr_expect_eq(redisc_call(codec, REDISC_STRS("CLIENT", "REPLY", "OFF"), NULL),
                 REDISC_ERROR_UNSUPPORTED);
    check_output(codec, "");
    cr_expect_eq(redisc_call(codec, REDISC_STRS("MULTI"), NULL), REDISC_QUEUED);
    redisc_close(codec);
}

static const char *found(redisc_str_list words)
{
    const redisc_command_entry *entry = redisc_command_find(words);
    return entry == NULL ? NULL : entry->info.name;
}

Test(call, finds_commands_by_one_word_or_two)
{
    cr_expect_str_eq(found(REDISC_STRS("gEt", "k")), "GET");
    cr_expect_str_eq(found(REDISC_STRS("GET")), "GET");
    cr_expect_str_eq(found(REDISC_STRS("Client", "Id", "x")), "CLIENT ID");
    cr_expect_str_eq(found(REDISC_STRS("multi")), "MULTI");
    cr_expect_str_eq(found(REDISC_STRS("SCRIPT", "debug", "YES")), "SCRIPT DEBUG");
    cr_expect_null(found(REDISC_STRS("GE")));
    cr_expect_null(found(REDISC_STRS("GETT")));
    cr_expect_null(found(REDISC_STRS("ID", "CLIENT")));
    cr_expect_str_eq(found(REDISC_STRS("GET", "ID")), "GET");
    cr_expect_null(found(REDISC_STRS(redisc_bytes("GET\0", 4))));
    cr_expect_null(found(REDISC_STRS("", "")));
    cr_expect_null(found(REDISC_STRS("NOTHING", redisc_text(NULL))));
}

Test(call, finds_every_entry_of_the_table)
{
    cr_assert_gt(redisc_command_entry_count, 0);
    for (size_t i = 0; i < redisc_command_entry_count; i++) {
        const char *name = redisc_command_entries[i].info.name;
        const char *blank = strchr(name, ' ');
        redisc_str words[2] = {redisc_text(name), redisc_text(NULL)};
        if (blank != NULL) {
            words[0].len = (size_t)(blank - name);
            words[1] = redisc_text(blank + 1);
        }
        cr_expect_str_eq(found((redisc_str_list){words, 2}), name);
        if (i > 0) {
            cr_expect_lt(strcmp(redisc_command_entries[i - 1].info.name, name), 0, "%s", name);
        }
    }
}
