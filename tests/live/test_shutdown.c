/* SPDX-License-Identifier: MIT */
/* SHUTDOWN: that the server closes the connection is its success. */
#include "server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>

Test(shutdown, closes_the_connection, .timeout = 60)
{
    test_server *server = test_server_start(NULL);
    redisc *r;
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &r), REDISC_OK);
    int64_t value;
    cr_assert_eq(redisc_hlen(r, "a key", &value), REDISC_OK);
    cr_assert_eq(redisc_set(r, "text", "x"), REDISC_OK);
    cr_assert_eq(redisc_incr(r, "text", &value), REDISC_ERROR_SERVER);
    const redisc_shutdown_options options = {.save = REDISC_SHUTDOWN_NOSAVE};
    cr_assert_eq(redisc_shutdown_with(r, &options), REDISC_OK);
    cr_assert_eq(redisc_last_error()->status, REDISC_ERROR_SERVER,
                 "success leaves no error behind");
    redisc_status status = redisc_shutdown_with(r, &options);
    cr_assert(redisc_is(status, REDISC_ERROR_CONNECTION), "nobody is there to shut down");
    cr_assert_eq(redisc_last_error()->delivery, REDISC_NOT_SENT);
    redisc_close(r);
    test_server_stop(server);
}

Test(shutdown, refusal_is_an_error, .timeout = 60)
{
    test_server *server = test_server_start("rename-command SHUTDOWN \"\"\n");
    redisc *r;
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &r), REDISC_OK);
    cr_assert_eq(redisc_shutdown(r), REDISC_ERROR_SERVER);
    redisc_close(r);
    test_server_stop(server);
}
