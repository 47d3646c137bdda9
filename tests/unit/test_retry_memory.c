/* SPDX-License-Identifier: MIT */
/* Trying again while memory runs out: the call says so or comes through, and nothing is lost. */
#include "calls.h"
#include "failing.h"
#include "scripted.h"

#include <redisc/client.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

TestSuite(retry_memory, .timeout = 60);

static redisc *open_client(test_script *script)
{
    redisc_options options = test_script_options(script);
    options.retry_wait_ms = -1;
    redisc *client;
    return test_memory_told(redisc_open(NULL, &options, &client)) ? client : NULL;
}

static void try_a_call(void)
{
    test_script script =
        SCRIPT("-LOADING still\r\n", SCRIPT_UNSENT, "-READONLY no\r\n", "-BUSY x\r\n", ":7\r\n");
    redisc *client = open_client(&script);
    const redisc_reply *reply = NULL;
    if (client != NULL && test_memory_told(redisc_call(client, REDISC_STRS("INCR", "n"), &reply))) {
        cr_assert_eq(script.executed, 4);
    }
    redisc_free(reply);
    redisc_close(client);
    cr_assert_eq(script.closed, script.opened);
}

Test(retry_memory, of_a_call)
{
    cr_expect_gt(test_memory_fails(try_a_call), 10);
}

static void try_a_pipeline(void)
{
    test_script script = SCRIPT("-LOADING still\r\n-LOADING still\r\n", SCRIPT_UNSENT,
                                "-BUSY x\r\n-BUSY x\r\n", ":3\r\n:4\r\n");
    redisc *client = open_client(&script);
    redisc *pipe =
        client == NULL ? NULL : redisc_pipeline(client, &(redisc_pipeline_options){.plain = true});
    if (pipe != NULL && test_memory_told(redisc_call(pipe, REDISC_STRS("INCR", "a"), NULL)) &&
        test_memory_told(redisc_call(pipe, REDISC_STRS("INCR", "b"), NULL))) {
        test_memory_told(redisc_execute(pipe));
    }
    redisc_close(pipe);
    redisc_close(client);
    cr_assert_eq(script.closed, script.opened);
}

Test(retry_memory, of_a_pipeline)
{
    cr_expect_gt(test_memory_fails(try_a_pipeline), 10);
}

/* The last error tells why no connection could be had, even where it could not be kept. */
static void connect_in_vain(void)
{
    test_script script = SCRIPT(":1\r\n");
    script.refuse_from = 1;
    redisc *client = open_client(&script);
    if (client != NULL) {
        redisc_status status = test_status(client, REDISC_STRS("INCR", "n"));
        if (status == REDISC_ERROR_MEMORY) {
            test_memory_told(status);
        } else {
            cr_assert_eq(status, REDISC_ERROR_CONNECT);
        }
    }
    redisc_close(client);
}

Test(retry_memory, of_connecting)
{
    cr_expect_gt(test_memory_fails(connect_in_vain), 10);
}
