/* SPDX-License-Identifier: MIT */
/* TLS: built if OpenSSL is there, shown if REDISC_TLS_URL names a server. */
#include "tour.h"

#include <redisc/tls.h>

#include <stdlib.h>

static const char secret[] = TOUR_KEY("secret");

static const char *const keys[] = {secret, NULL};

static void run(tour *t)
{
    const char *url = getenv("REDISC_TLS_URL");
    redisc *r = NULL;
    const redisc_str *value = NULL;

    STEP(t, redisc_tls_enable());
    gives_ok(t);
    say(t, "The server's certificate has to be trusted, and to bear its name:");
    STEP(t, redisc_open(url, NULL, &r)); /* rediss://localhost:port?tls_ca_file=… */
    gives_ok(t);
    STEP(t, redisc_set(r, secret, "not for all ears"));
    gives_ok(t);
    STEP(t, redisc_get(r, secret, &value));
    gives_string(t, value, "not for all ears");
    redisc_close(r);
    r = NULL;

    say(t, "Somebody else's certificate won't do:");
    const redisc_options options = {.tls_server_name = "db.example"};
    STEP(t, redisc_open(url, &options, &r));
    gives_ok(t);
    STEP(t, redisc_ping(r));
    fails(t, REDISC_ERROR_TLS);
    redisc_close(r);
}

const tour_part tour_tls = {"TLS", run, TOUR_ONCE, keys};
