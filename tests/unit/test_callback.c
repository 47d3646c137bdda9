/* SPDX-License-Identifier: MIT */
/* Response callbacks. */
#include "calls.h"
#include "scripted.h"

#include <redisc/alloc.h>
#include <redisc/callback.h>
#include <redisc/client.h>
#include <redisc/codec.h>

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

TestSuite(callback, .timeout = 30);

static redisc *open_client(test_script *script)
{
    redisc_options options = test_script_options(script);
    redisc *client;
    cr_assert_eq(redisc_open(NULL, &options, &client), REDISC_OK);
    return client;
}

typedef struct point {
    int64_t x;
    int64_t scale; /* from the call's options */
    size_t words;
} point;

/* The result is a type of one's own, made with the options of the very call. */
static redisc_status make_point(const redisc_callback_call *call, const redisc_reply *reply,
                                void **result)
{
    point *made = malloc(sizeof *made);
    if (made == NULL) {
        return redisc_callback_error(REDISC_ERROR_MEMORY, "no memory for a point");
    }
    *made = (point){.words = call->words.count,
                    .scale = call->options == NULL ? 1 : *(const int *)call->options};
    redisc_status status = redisc_reply_integer(reply, &made->x);
    if (status != REDISC_OK) {
        free(made);
        return status;
    }
    made->x *= made->scale;
    *result = made;
    return REDISC_OK;
}

Test(callback, makes_a_result_of_its_own_type)
{
    test_script script = SCRIPT(":21\r\n");
    redisc *client = open_client(&script);
    cr_assert_eq(redisc_set_callback(client, "get", make_point, NULL), REDISC_OK);
    point *made;
    int scale = 2;
    cr_assert_eq(redisc_call_as(client, REDISC_STRS("GET", "k"), &scale, (void **)&made),
                 REDISC_OK);
    cr_expect_eq(made->x, 42);
    cr_expect_eq(made->words, 2);
    free(made);
    cr_expect_eq(test_integer(client, REDISC_STRS("GET", "k")), 21, "redisc_call is not affected");
    redisc_close(client);
}

Test(callback, without_one_the_reply_is_the_result)
{
    test_script script = SCRIPT(":21\r\n");
    redisc *client = open_client(&script);
    redisc_reply *reply;
    cr_assert_eq(redisc_call_as(client, REDISC_STRS("GET", "k"), NULL, (void **)&reply), REDISC_OK);
    cr_expect_eq(reply->as.integer, 21);
    redisc_free(reply);
    redisc_close(client);
}

/* Notes its mark and gives the reply itself away. */
static redisc_status pass_on(const redisc_callback_call *call, const redisc_reply *reply,
                             void **result)
{
    *(const char **)call->options = call->context;
    *result = (void *)(uintptr_t)reply;
    return REDISC_OK;
}

/* The mark of the callback that was used; "none". */
static const char *used(redisc *r, redisc_str_list words)
{
    const char *mark = "none";
    void *result;
    cr_assert_eq(redisc_call_as(r, words, &mark, &result), REDISC_OK, "%s",
                 redisc_last_error()->text);
    redisc_free(result);
    return mark;
}

static void set(redisc *client, const char *name, char *mark)
{
    cr_assert_eq(redisc_set_callback(client, name, pass_on, mark), REDISC_OK);
}

Test(callback, the_longer_name_and_the_newer_setting_win)
{
    test_script script = SCRIPT("+OK\r\n");
    redisc *client = open_client(&script);
    set(client, "CLIENT LIST", "list");
    set(client, "Client", "client");
    cr_expect_str_eq(used(client, REDISC_STRS("client", "list")), "list");
    cr_expect_str_eq(used(client, REDISC_STRS("CLIENT", "INFO")), "client");
    cr_expect_str_eq(used(client, REDISC_STRS("CLIENT")), "client");
    cr_expect_str_eq(used(client, REDISC_STRS("CLIENTS")), "none");
    set(client, "client list", "newer");
    cr_expect_str_eq(used(client, REDISC_STRS("CLIENT", "LIST")), "newer");
    cr_assert_eq(redisc_set_callback(client, "CLIENT LIST", NULL, NULL), REDISC_OK);
    cr_expect_str_eq(used(client, REDISC_STRS("CLIENT", "LIST")), "client");
    redisc_close(client);
}

Test(callback, belongs_to_one_client_and_its_handles)
{
    test_script script = SCRIPT("+OK\r\n");
    redisc *client = open_client(&script), *other = open_client(&script), *derived, *pinned;
    cr_assert_eq(redisc_with(client, NULL, &derived), REDISC_OK);
    cr_assert_eq(redisc_pin(client, &pinned), REDISC_OK);
    set(client, "GET", "mine");
    cr_expect_str_eq(used(client, REDISC_STRS("GET", "k")), "mine");
    cr_expect_str_eq(used(derived, REDISC_STRS("GET", "k")), "mine");
    cr_expect_str_eq(used(pinned, REDISC_STRS("GET", "k")), "mine");
    cr_expect_str_eq(used(other, REDISC_STRS("GET", "k")), "none");
    redisc_close(client);
    cr_expect_str_eq(used(derived, REDISC_STRS("GET", "k")), "mine");
    redisc_close(pinned);
    redisc_close(derived);
    redisc_close(other);
}

Test(callback, defaults_serve_clients_without_their_own)
{
    test_script script = SCRIPT("+OK\r\n");
    redisc *client = open_client(&script), *other = open_client(&script);
    cr_assert_eq(redisc_set_default_callback("GET", pass_on, "default"), REDISC_OK);
    set(client, "GET", "mine");
    cr_expect_str_eq(used(client, REDISC_STRS("GET", "k")), "mine");
    cr_expect_str_eq(used(other, REDISC_STRS("get", "k")), "default");
    cr_assert_eq(redisc_set_callback(client, "GET", NULL, NULL), REDISC_OK);
    cr_expect_str_eq(used(client, REDISC_STRS("GET", "k")), "default");
    cr_assert_eq(redisc_set_default_callback("GET", NULL, NULL), REDISC_OK);
    cr_expect_str_eq(used(client, REDISC_STRS("GET", "k")), "none");
    redisc_close(other);
    redisc_close(client);
}

static redisc_status fail_with_text(const redisc_callback_call *call, const redisc_reply *reply,
                                    void **result)
{
    (void)call;
    (void)reply;
    *result = "not to be seen";
    return redisc_callback_error(REDISC_ERROR_REPLY_TYPE, "this is no colour");
}

static redisc_status fail_silently(const redisc_callback_call *call, const redisc_reply *reply,
                                   void **result)
{
    (void)call;
    *result = (void *)(uintptr_t)reply;
    return REDISC_ERROR_REPLY_TYPE;
}

Test(callback, failures_are_failures_of_the_call)
{
    test_script script = SCRIPT("+red\r\n");
    redisc *client = open_client(&script);
    void *result = &script;
    cr_assert_eq(redisc_set_callback(client, "GET", fail_with_text, NULL), REDISC_OK);
    cr_expect_eq(redisc_call_as(client, REDISC_STRS("GET", "k"), NULL, &result),
                 REDISC_ERROR_REPLY_TYPE);
    cr_expect_null(result);
    const redisc_error *error = redisc_last_error();
    cr_expect_str_eq(error->text, "this is no colour");
    cr_expect_str_eq(error->command, "GET");
    cr_expect_eq(error->delivery, REDISC_ANSWERED);
    cr_assert_eq(redisc_set_callback(client, "GET", make_point, NULL), REDISC_OK);
    cr_expect_eq(redisc_call_as(client, REDISC_STRS("GET", "k"), NULL, &result),
                 REDISC_ERROR_REPLY_TYPE);
    cr_expect(strstr(error->text, "integer") != NULL, "%s", error->text);
    redisc_close(client);
}

Test(callback, a_failure_without_text_does_not_inherit_an_old_one)
{
    test_script script = SCRIPT("+red\r\n");
    redisc *client = open_client(&script);
    void *result;
    cr_assert_eq(redisc_set_callback(client, "GET", fail_silently, NULL), REDISC_OK);
    redisc_callback_error(REDISC_ERROR_REPLY_TYPE, "an old failure");
    cr_expect_eq(redisc_call_as(client, REDISC_STRS("GET", "k"), NULL, &result),
                 REDISC_ERROR_REPLY_TYPE);
    cr_expect_null(result);
    cr_expect_str_eq(redisc_last_error()->text, "the callback for GET failed");
    redisc_close(client);
}

Test(callback, success_leaves_the_last_error_alone)
{
    test_script script = SCRIPT(":1\r\n");
    redisc *client = open_client(&script);
    set(client, "GET", "mine");
    redisc_callback_error(REDISC_ERROR_ENCODING, "an old failure");
    used(client, REDISC_STRS("GET", "k"));
    cr_expect_eq(redisc_last_error()->status, REDISC_ERROR_ENCODING);
    cr_expect_str_eq(redisc_last_error()->text, "an old failure");
    redisc_close(client);
}

Test(callback, is_not_asked_about_error_replies)
{
    test_script script = SCRIPT("-WRONGTYPE no\r\n");
    redisc *client = open_client(&script);
    const char *mark = "none";
    void *result = &script;
    set(client, "GET", "mine");
    cr_expect_eq(redisc_call_as(client, REDISC_STRS("GET", "k"), &mark, &result),
                 REDISC_ERROR_WRONGTYPE);
    cr_expect_str_eq(mark, "none");
    cr_expect_null(result);
    redisc_close(client);
}

Test(callback, refuses_wrong_use)
{
    test_script script = SCRIPT("+OK\r\n");
    redisc *client = open_client(&script), *codec;
    void *result;
    static const char *const wrong[] = {"", " ", "A B C", "GET ", " GET", "A  B"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        cr_expect_eq(redisc_set_callback(client, wrong[i], pass_on, NULL), REDISC_ERROR_ARGUMENT,
                     "\"%s\"", wrong[i]);
    }
    cr_expect_eq(redisc_set_callback(client, NULL, pass_on, NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_set_callback(NULL, "GET", pass_on, NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_call_as(client, REDISC_STRS("GET"), NULL, NULL), REDISC_ERROR_ARGUMENT);
    cr_expect_eq(redisc_call_as(client, (redisc_str_list){0}, NULL, &result),
                 REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_codec_open(NULL, &codec), REDISC_OK);
    cr_expect_eq(redisc_set_callback(codec, "GET", pass_on, NULL), REDISC_ERROR_UNSUPPORTED);
    cr_expect_eq(redisc_call_as(codec, REDISC_STRS("GET", "k"), NULL, &result),
                 REDISC_ERROR_UNSUPPORTED);
    redisc_close(codec);
    redisc_close(client);
}
