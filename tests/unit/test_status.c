/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>

Test(status, names_and_texts)
{
    cr_assert_str_eq(redisc_status_name(REDISC_OK), "REDISC_OK");
    cr_assert_str_eq(redisc_status_name(REDISC_ERROR_NOAUTH), "REDISC_ERROR_NOAUTH");
    cr_assert_str_eq(redisc_status_text(REDISC_ERROR_MEMORY), "out of memory");
    cr_assert_str_eq(redisc_status_name((redisc_status)-77777), "REDISC_ERROR");
}

Test(status, values_are_pinned)
{
    cr_assert_eq(REDISC_OK, 0);
    cr_assert_eq(REDISC_QUEUED, 1);
    cr_assert_eq(REDISC_ERROR, -1);
    cr_assert_eq(REDISC_ERROR_ARGUMENT, -100);
    cr_assert_eq(REDISC_ERROR_CONNECTION, -200);
    cr_assert_eq(REDISC_ERROR_TIMEOUT, -300);
    cr_assert_eq(REDISC_ERROR_PROTOCOL, -400);
    cr_assert_eq(REDISC_ERROR_SERVER, -500);
    cr_assert_eq(REDISC_ERROR_UNBLOCKED, -525);
}

Test(status, kinds_nest)
{
    cr_assert(redisc_is(REDISC_ERROR_NOAUTH, REDISC_ERROR_NOAUTH));
    cr_assert(redisc_is(REDISC_ERROR_NOAUTH, REDISC_ERROR_AUTHENTICATION));
    cr_assert(redisc_is(REDISC_ERROR_NOAUTH, REDISC_ERROR_CONNECTION));
    cr_assert(redisc_is(REDISC_ERROR_NOAUTH, REDISC_ERROR));
    cr_assert(redisc_is(REDISC_ERROR_NOSCRIPT, REDISC_ERROR_SERVER));
    cr_assert(redisc_is(REDISC_ERROR_MASTER_NOT_FOUND, REDISC_ERROR_CONNECTION));
    cr_assert(redisc_is((redisc_status)-77777, REDISC_ERROR));
    cr_assert(redisc_is(REDISC_QUEUED, REDISC_OK));
    cr_assert(redisc_is((redisc_status)5, REDISC_OK), "any positive value is success");
    cr_assert_not(redisc_is(REDISC_ERROR_NOAUTH, REDISC_ERROR_SERVER));
    cr_assert_not(redisc_is(REDISC_ERROR, REDISC_ERROR_SERVER));
    cr_assert_not(redisc_is(REDISC_OK, REDISC_ERROR));
    cr_assert_not(redisc_is(REDISC_ERROR, REDISC_OK));
    cr_assert_not(redisc_is(REDISC_OK, REDISC_QUEUED));
}

Test(error, a_thread_starts_without_one)
{
    cr_assert_eq(redisc_last_error()->status, REDISC_OK);
    cr_assert_str_eq(redisc_last_error()->text, "");
    cr_assert_str_eq(redisc_last_error()->command, "");
}

Test(error, text_and_errno)
{
    cr_assert_eq(redisc_fail(REDISC_ERROR_URL, "port %d", 7), REDISC_ERROR_URL);
    cr_assert_str_eq(redisc_last_error()->text, "port 7");
    cr_assert_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    redisc_fail_errno(REDISC_ERROR_CONNECT, ENOENT, "connecting to %s", "x");
    cr_assert_str_eq(redisc_last_error()->text, "connecting to x: No such file or directory");
}

Test(error, server_words_are_kinds)
{
    redisc_str reply = redisc_text("WRONGTYPE Operation against\ta key");
    cr_assert_eq(redisc_fail_server(reply), REDISC_ERROR_WRONGTYPE);
    cr_assert_str_eq(redisc_last_error()->word, "WRONGTYPE");
    cr_assert_str_eq(redisc_last_error()->text, "WRONGTYPE Operation against?a key");
    cr_assert_eq(redisc_last_error()->delivery, REDISC_ANSWERED);
    cr_assert_eq(redisc_fail_server(redisc_text("ERR syntax")), REDISC_ERROR_SERVER);
    cr_assert_str_eq(redisc_last_error()->word, "ERR");
    cr_assert_eq(redisc_fail_server(redisc_text("NOAUTH")), REDISC_ERROR_NOAUTH);
    cr_assert_eq(redisc_fail_server(redisc_bytes("", 0)), REDISC_ERROR_SERVER);
}

Test(error, long_texts_are_cut_not_overrun)
{
    char text[2000];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    redisc_fail_server(redisc_text(text));
    cr_assert_eq(strlen(redisc_last_error()->text), REDISC_ERROR_TEXT_SIZE - 1);
    cr_assert_eq(strlen(redisc_last_error()->word), REDISC_ERROR_WORD_SIZE - 1);
    redisc_error_prefix("%s", "GET");
    cr_assert_eq(strlen(redisc_last_error()->text), REDISC_ERROR_TEXT_SIZE - 1);
    cr_assert_eq(strncmp(redisc_last_error()->text, "GET: xxx", 8), 0);
    redisc_fail_errno(REDISC_ERROR_CONNECT, ENOENT, "%s", text);
    cr_assert_eq(strlen(redisc_last_error()->text), REDISC_ERROR_TEXT_SIZE - 1);
}

Test(error, a_saved_copy_comes_back_whole)
{
    redisc_error_copy copy;
    redisc_fail_server(redisc_text("NOSCRIPT No matching script"));
    redisc_error_about("EVALSHA", REDISC_ANSWERED, 2);
    redisc_error_save(&copy);
    redisc_fail(REDISC_ERROR_TIMEOUT, "later");
    cr_assert_eq(copy.error.status, REDISC_ERROR_NOSCRIPT);
    cr_assert_str_eq(copy.error.text, "NOSCRIPT No matching script");
    cr_assert_eq(redisc_error_restore(&copy), REDISC_ERROR_NOSCRIPT);
    cr_assert_str_eq(redisc_last_error()->command, "EVALSHA");
    cr_assert_str_eq(redisc_last_error()->word, "NOSCRIPT");
    cr_assert_eq(redisc_last_error()->tries, 2);
}

static void *status_of_new_thread(void *seen)
{
    *(redisc_status *)seen = redisc_last_error()->status;
    redisc_fail(REDISC_ERROR_WATCH, "of the other thread");
    return NULL;
}

Test(error, threads_do_not_see_each_others)
{
    pthread_t thread;
    redisc_status seen = REDISC_ERROR;
    redisc_fail(REDISC_ERROR_LIMIT, "of this thread");
    cr_assert_eq(pthread_create(&thread, NULL, status_of_new_thread, &seen), 0);
    pthread_join(thread, NULL);
    cr_assert_eq(seen, REDISC_OK);
    cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_LIMIT);
}
