/* SPDX-License-Identifier: MIT */
/* Sessions that are taken up again, contexts, and files that change. */
#include "secured.h"

#include <redisc/redisc.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static secured s;

static void start(void)
{
    secured_start(&s, &secured_good, NULL);
}

static void stop(void)
{
    secured_stop(&s);
}

static void fine(redisc_status status)
{
    cr_assert_geq(status, REDISC_OK, "%s", redisc_last_error()->text);
}

static redisc_tls_context *new_context(void)
{
    redisc_tls_context *context;
    fine(redisc_tls_context_open(&s.options, &context));
    s.options.tls_context = context;
    return context;
}

static void counts(redisc_tls_context *context, uint64_t handshakes, uint64_t resumed,
                   uint64_t failed)
{
    redisc_tls_statistics now;
    redisc_tls_context_statistics(context, &now);
    cr_assert_eq(now.handshakes, handshakes, "%d handshakes", (int)now.handshakes);
    cr_assert_eq(now.resumed, resumed, "%d resumed", (int)now.resumed);
    cr_assert_eq(now.failed, failed, "%d failed", (int)now.failed);
}

static void takes_up_sessions(void)
{
    redisc_tls_context *context = new_context();
    redisc *r = secured_open(&s.options);
    for (int i = 0; i < 5; i++) {
        fine(redisc_ping(r));
        redisc_pool_disconnect(redisc_pool_of(r));
    }
    counts(context, 5, 4, 0);
    redisc_close(r);
    fine(secured_ping(&s.options)); /* another client */
    counts(context, 6, 5, 0);
    redisc_tls_context_close(context);
}

Test(sessions, are_taken_up_1_3, .init = start, .fini = stop)
{
    takes_up_sessions();
}

Test(sessions, are_taken_up_1_2, .fini = stop)
{
    secured_start(&s, &secured_good, "tls-auth-clients no\ntls-protocols \"TLSv1.2\"");
    takes_up_sessions();
}

/* A restarted server knows nothing of earlier sessions. */
Test(sessions, of_a_server_that_is_gone, .init = start, .fini = stop)
{
    redisc_tls_context *context = new_context();
    fine(secured_ping(&s.options));
    test_server_restart(s.server);
    fine(secured_ping(&s.options));
    counts(context, 2, 0, 0);
    fine(secured_ping(&s.options));
    counts(context, 3, 1, 0);
    redisc_tls_context_close(context);
}

/* A session that was not checked must not spare a later client the check. */
Test(sessions, belong_to_one_way_of_checking, .init = start, .fini = stop)
{
    redisc_tls_context *context = new_context();
    redisc_options careless = s.options;
    careless.tls_no_name_check = true;
    fine(secured_ping(&careless));
    redisc_options other = s.options;
    other.tls_server_name = "elsewhere";
    secured_refuses(&other, REDISC_ERROR_TLS, "not for `elsewhere`");
    careless.tls_verify = REDISC_TLS_VERIFY_NONE;
    fine(secured_ping(&careless));
    fine(secured_ping(&s.options));
    counts(context, 3, 0, 1);
    fine(secured_ping(&careless));
    counts(context, 4, 1, 1);
    redisc_tls_context_close(context);
}

/* The client goes on with the context that its maker has given up. */
Test(sessions, a_context_lives_as_long_as_its_clients, .init = start, .fini = stop)
{
    redisc_tls_context *context = new_context();
    redisc *first = secured_open(&s.options);
    redisc *second = secured_open(&s.options);
    redisc_tls_context_close(context);
    fine(redisc_ping(first));
    redisc_close(first);
    fine(redisc_ping(second));
    redisc_close(second);
}

static void copy_file(const char *from, const char *to)
{
    char command[600];
    snprintf(command, sizeof command, "cp %s %s.new && mv %s.new %s", from, to, to, to);
    cr_assert_eq(system(command), 0);
}

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    cr_assert_not_null(out);
    fputs(text, out);
    fclose(out);
}

Test(sessions, changed_files_are_read_again, .init = start, .fini = stop)
{
    authority *other = authority_new("another authority");
    const char *trusted = authority_path(s.ca, "trusted.pem");
    copy_file(s.options.tls_ca_file, trusted);
    s.options.tls_ca_file = trusted;
    redisc_tls_context *context = new_context();
    redisc *r = secured_open(&s.options);
    fine(redisc_ping(r));
    copy_file(authority_path(other, "ca.pem"), trusted);
    fine(redisc_ping(r)); /* the connection stays */
    redisc_pool_disconnect(redisc_pool_of(r));
    cr_assert_eq(redisc_ping(r), REDISC_ERROR_TLS, "neither trust nor session is left");
    write_file(trusted, "half a cert");
    redisc_pool_disconnect(redisc_pool_of(r));
    cr_assert_eq(redisc_ping(r), REDISC_ERROR_TLS);
    cr_assert_eq(redisc_tls_context_reload(context), REDISC_ERROR_TLS);
    cr_assert_not_null(strstr(redisc_last_error()->text, "trusted.pem"));
    copy_file(authority_path(s.ca, "ca.pem"), trusted);
    fine(redisc_ping(r));
    redisc_tls_statistics now;
    redisc_tls_context_statistics(context, &now);
    cr_assert_eq(now.reloads, 2);
    write_file(trusted, "");
    redisc_pool_disconnect(redisc_pool_of(r));
    fine(redisc_ping(r)); /* what can't be used leaves the earlier file in force */
    redisc_close(r);
    redisc_tls_context_close(context);
    authority_free(other);
}

Test(sessions, a_renewed_certificate_is_shown, .fini = stop)
{
    secured_start(&s, &secured_good, "tls-auth-clients yes");
    authority *other = authority_new("another authority");
    authority_issue(other, "client", &(certificate){.subject = "client"});
    authority_issue(s.ca, "client", &(certificate){.subject = "client"});
    s.options.tls_cert_file = authority_path(other, "client.pem");
    s.options.tls_key_file = authority_path(other, "client.key");
    redisc *r = secured_open(&s.options);
    cr_assert_eq(redisc_ping(r), REDISC_ERROR_TLS);
    copy_file(authority_path(s.ca, "client.key"), s.options.tls_key_file);
    cr_assert_eq(redisc_ping(r), REDISC_ERROR_TLS, "the key alone fits nothing");
    copy_file(authority_path(s.ca, "client.pem"), s.options.tls_cert_file);
    fine(redisc_ping(r));
    redisc_close(r);
    authority_free(other);
}

Test(sessions, reload_begins_anew, .init = start, .fini = stop)
{
    redisc_tls_context *context = new_context();
    fine(secured_ping(&s.options));
    fine(redisc_tls_context_reload(context));
    fine(secured_ping(&s.options));
    counts(context, 2, 0, 0);
    redisc_tls_statistics now;
    redisc_tls_context_statistics(context, &now);
    cr_assert_eq(now.reloads, 1);
    redisc_tls_context_statistics(context, NULL);
    redisc_tls_context_statistics(NULL, &now);
    cr_assert_eq(now.handshakes + now.reloads, 0);
    redisc_tls_context_close(context);
    cr_assert_eq(redisc_tls_context_reload(NULL), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_tls_context_open(&s.options, NULL), REDISC_ERROR_ARGUMENT);
    fine(redisc_tls_context_open(NULL, &context));
    redisc_tls_context_close(context);
}
