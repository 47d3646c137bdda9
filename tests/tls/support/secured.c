/* SPDX-License-Identifier: MIT */
#include "secured.h"

#include <redisc/redisc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const certificate secured_good = {.subject = "redisc test",
                                  .names = "DNS:localhost,IP:127.0.0.1,IP:::1"};

static void must(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "%s: %s\n", what, redisc_last_error()->text);
        abort();
    }
}

void secured_start(secured *s, const certificate *of_server, const char *extra_config)
{
    must(redisc_tls_enable() == REDISC_OK, "redisc_tls_enable");
    *s = (secured){.ca = authority_new("redisc's test authority")};
    authority_issue(s->ca, "server", of_server);
    char config[1024];
    snprintf(config, sizeof config, "tls-cert-file %s\ntls-key-file %s\ntls-ca-cert-file %s\n%s\n",
             authority_path(s->ca, "server.pem"), authority_path(s->ca, "server.key"),
             authority_path(s->ca, "ca.pem"),
             extra_config == NULL ? "tls-auth-clients no" : extra_config);
    s->server = test_server_start_tls(config);
    s->options = (redisc_options){.tls = true,
                                  .host = "localhost",
                                  .port = (uint16_t)test_server_tls_port(s->server),
                                  .timeout_ms = 20000,
                                  .tls_ca_file = authority_path(s->ca, "ca.pem")};
}

void secured_stop(secured *s)
{
    test_server_stop(s->server);
    authority_free(s->ca);
}

redisc *secured_open(const redisc_options *options)
{
    redisc *r = NULL;
    must(redisc_open(NULL, options, &r) == REDISC_OK, "redisc_open");
    return r;
}

redisc_status secured_ping(const redisc_options *options)
{
    redisc *r = NULL;
    redisc_status status = redisc_open(NULL, options, &r);
    if (status == REDISC_OK) {
        status = redisc_ping(r);
    }
    redisc_close(r);
    return status;
}

void secured_refuses(const redisc_options *options, redisc_status status, const char *parts)
{
    redisc_status answer = secured_ping(options);
    const char *text = redisc_last_error()->text;
    if (answer != status) {
        fprintf(stderr, "%s instead of %s: %s\n", redisc_status_name(answer),
                redisc_status_name(status), answer < 0 ? text : "");
        abort();
    }
    char copy[256];
    snprintf(copy, sizeof copy, "%s", parts);
    for (char *part = strtok(copy, "|"); part != NULL; part = strtok(NULL, "|")) {
        if (strstr(text, part) == NULL) {
            fprintf(stderr, "\"%s\" without \"%s\"\n", text, part);
            abort();
        }
    }
}
