/* SPDX-License-Identifier: MIT */
/* Who is trusted, and what is said of those who are not. */
#include "secured.h"

#include <redisc/redisc.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static secured s;

static void stop(void)
{
    secured_stop(&s);
}

static void good(void)
{
    secured_start(&s, &secured_good, NULL);
}

static void pings(const redisc_options *options)
{
    cr_assert_eq(secured_ping(options), REDISC_OK, "%s", redisc_last_error()->text);
}

Test(certificates, good, .init = good, .fini = stop)
{
    pings(&s.options);
    char url[512];
    snprintf(url, sizeof url, "rediss://localhost:%d?ssl_ca_certs=%s",
             test_server_tls_port(s.server), s.options.tls_ca_file);
    redisc *r;
    cr_assert_eq(redisc_open(url, NULL, &r), REDISC_OK);
    cr_assert_eq(redisc_ping(r), REDISC_OK, "%s", redisc_last_error()->text);
    redisc_close(r);
    redisc_options options = s.options;
    options.host = "127.0.0.1";
    pings(&options);
    options.tls_server_name = "LOCALHOST.";
    pings(&options);
    options.tls_server_name = "localhost";
    pings(&options);
}

Test(certificates, none_is_needed, .init = good, .fini = stop)
{
    redisc_options options = {.tls = true,
                              .port = s.options.port,
                              .timeout_ms = s.options.timeout_ms,
                              .tls_verify = REDISC_TLS_VERIFY_NONE};
    pings(&options);
    options.tls_verify = REDISC_TLS_VERIFY_OPTIONAL;
    secured_refuses(&options, REDISC_ERROR_TLS, "is not trusted|test authority|the system's");
    options.tls_ca_file = s.options.tls_ca_file;
    pings(&options);
    options.tls_server_name = "elsewhere";
    secured_refuses(&options, REDISC_ERROR_TLS, "not for `elsewhere`");
}

Test(certificates, wrong_name, .init = good, .fini = stop)
{
    char address[64];
    snprintf(address, sizeof address,
             "|connecting to localhost:%u: TLS: ", (unsigned)s.options.port);
    redisc_options options = s.options;
    options.tls_server_name = "db.example";
    secured_refuses(&options, REDISC_ERROR_TLS, address);
    secured_refuses(&options, REDISC_ERROR_TLS,
                    "is for `localhost`, `127.0.0.1`, `::1`, not for `db.example`");
    options.tls_server_name = "10.1.2.3";
    secured_refuses(&options, REDISC_ERROR_TLS, "not for `10.1.2.3`");
    options.tls_no_name_check = true;
    pings(&options);
}

Test(certificates, a_subject_is_no_name, .fini = stop)
{
    secured_start(&s, &(certificate){.subject = "db.example", .names = "DNS:*.db.example"}, NULL);
    redisc_options options = s.options;
    secured_refuses(&options, REDISC_ERROR_TLS, "is for `*.db.example`, not for `localhost`");
    options.tls_server_name = "any.db.example";
    pings(&options);
    options.tls_server_name = "a.b.db.example";
    secured_refuses(&options, REDISC_ERROR_TLS, "not for `a.b.db.example`");
}

Test(certificates, only_a_subject, .fini = stop)
{
    secured_start(&s, &(certificate){.subject = "db.example"}, NULL);
    redisc_options options = s.options;
    secured_refuses(&options, REDISC_ERROR_TLS, "is for `CN=db.example`, not for `localhost`");
    options.tls_server_name = "db.example";
    pings(&options);
}

Test(certificates, expired, .fini = stop)
{
    certificate expired = secured_good;
    expired.begins_s = -7200;
    expired.ends_s = -3600;
    secured_start(&s, &expired, NULL);
    secured_refuses(&s.options, REDISC_ERROR_TLS, "the server's certificate expired on 20| UTC");
}

Test(certificates, not_yet_valid, .fini = stop)
{
    certificate early = secured_good;
    early.begins_s = 3600;
    early.ends_s = 7200;
    secured_start(&s, &early, NULL);
    secured_refuses(&s.options, REDISC_ERROR_TLS, "certificate is not valid before 20| UTC");
}

Test(certificates, unknown_authority, .init = good, .fini = stop)
{
    authority *other = authority_new("another authority");
    redisc_options options = s.options;
    options.tls_ca_file = authority_path(other, "ca.pem");
    secured_refuses(&options, REDISC_ERROR_TLS,
                    "authority `CN=redisc's test authority`|is not trusted (by /");
    authority_free(other);
}

Test(certificates, self_signed, .fini = stop)
{
    certificate own = secured_good;
    own.self_signed = true;
    secured_start(&s, &own, NULL);
    secured_refuses(&s.options, REDISC_ERROR_TLS, "self-signed, and not trusted (by /");
    redisc_options options = s.options;
    options.tls_ca_file = authority_path(s.ca, "server.pem");
    pings(&options);
}

Test(certificates, folder_of_authorities, .init = good, .fini = stop)
{
    redisc_options options = s.options;
    options.tls_ca_file = NULL;
    options.tls_ca_dir = "/nowhere/to/be/found";
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_ca_dir`|/nowhere/to/be/found: No such file");
    options.tls_ca_dir = s.options.tls_ca_file;
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_ca_dir`|Not a directory");
    char folder[256];
    snprintf(folder, sizeof folder, "%s", s.options.tls_ca_file);
    *strrchr(folder, '/') = '\0';
    options.tls_ca_dir = folder;
    secured_refuses(&options, REDISC_ERROR_TLS, "is not trusted");
    char command[600];
    snprintf(command, sizeof command, "ln -s ca.pem %s/$(openssl x509 -hash -noout -in %s).0",
             folder, s.options.tls_ca_file);
    cr_assert_eq(system(command), 0);
    pings(&options);
}

/* With TLS 1.2 the handshake fails; with 1.3 the refusal comes after it. */
static void demands_certificate(const char *protocols)
{
    char config[128];
    snprintf(config, sizeof config, "tls-auth-clients yes\ntls-protocols \"%s\"", protocols);
    secured_start(&s, &secured_good, config);
    secured_refuses(&s.options, REDISC_ERROR_TLS, "client certificate|`tls_cert_file`|localhost:");
    authority_issue(s.ca, "client", &(certificate){.subject = "client"});
    redisc_options options = s.options;
    options.tls_cert_file = authority_path(s.ca, "client.pem");
    options.tls_key_file = authority_path(s.ca, "client.key");
    pings(&options);
    authority *other = authority_new("another authority");
    authority_issue(other, "client", &(certificate){.subject = "client"});
    options.tls_cert_file = authority_path(other, "client.pem");
    options.tls_key_file = authority_path(other, "client.key");
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_cert_file`");
    authority_free(other);
}

Test(certificates, clients_need_one_1_2, .fini = stop)
{
    demands_certificate("TLSv1.2");
}

Test(certificates, clients_need_one_1_3, .fini = stop)
{
    demands_certificate("TLSv1.3");
}

/* PEM files may hold both; the chain file is read for the certificate. */
Test(certificates, key_in_the_same_file, .fini = stop)
{
    secured_start(&s, &secured_good, "tls-auth-clients yes");
    authority_issue(s.ca, "client", &(certificate){.subject = "client"});
    char command[600];
    snprintf(command, sizeof command, "cat %s >> %s", authority_path(s.ca, "client.key"),
             authority_path(s.ca, "client.pem"));
    cr_assert_eq(system(command), 0);
    redisc_options options = s.options;
    options.tls_cert_file = authority_path(s.ca, "client.pem");
    pings(&options);
}

Test(certificates, encrypted_key, .fini = stop)
{
    secured_start(&s, &secured_good, "tls-auth-clients yes");
    authority_issue(s.ca, "client", &(certificate){.subject = "client", .password = "s3cret"});
    redisc_options options = s.options;
    options.tls_cert_file = authority_path(s.ca, "client.pem");
    options.tls_key_file = authority_path(s.ca, "client.key");
    secured_refuses(&options, REDISC_ERROR_TLS,
                    "`tls_key_file`|client.key|encrypted, and there is no `tls_key_password`");
    options.tls_key_password = "wr0ng";
    secured_refuses(&options, REDISC_ERROR_TLS, "client.key|`tls_key_password` does not open");
    cr_assert_null(strstr(redisc_last_error()->text, "wr0ng"));
    options.tls_key_password = "s3cret";
    pings(&options);
}

Test(certificates, files_that_do_not_fit, .init = good, .fini = stop)
{
    redisc_options options = s.options;
    options.tls_ca_file = "/nowhere/ca.pem";
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_ca_file`|/nowhere/ca.pem: No such file");
    options.tls_ca_file = authority_path(s.ca, "server.key");
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_ca_file`|server.key: ");
    options = s.options;
    options.tls_cert_file = authority_path(s.ca, "server.pem");
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_cert_file`|server.pem");
    authority_issue(s.ca, "other", &secured_good);
    options.tls_key_file = authority_path(s.ca, "other.key");
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_key_file`|other.key: key values mismatch");
    options.tls_cert_file = NULL;
    secured_refuses(&options, REDISC_ERROR_ARGUMENT, "`tls_key_file` needs `tls_cert_file`");
    options.tls_key_file = NULL;
    options.tls_ciphers = "NONSENSE";
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_ciphers`|NONSENSE");
    options.tls_ciphers = NULL;
    options.tls_ciphersuites = "NONSENSE";
    secured_refuses(&options, REDISC_ERROR_TLS, "`tls_ciphersuites`|NONSENSE");
}

Test(certificates, versions, .fini = stop)
{
    secured_start(&s, &secured_good, "tls-auth-clients no\ntls-protocols \"TLSv1.2\"");
    pings(&s.options);
    redisc_options options = s.options;
    options.tls_min_version = REDISC_TLS_VERSION_1_2;
    pings(&options);
    options.tls_min_version = REDISC_TLS_VERSION_1_3;
    secured_refuses(&options, REDISC_ERROR_TLS, "no version of TLS|`tls_min_version`");
    options.tls_min_version = (redisc_tls_version)11;
    secured_refuses(&options, REDISC_ERROR_ARGUMENT, "`tls_min_version` is 11");
}

Test(certificates, ciphers, .fini = stop)
{
    secured_start(&s, &secured_good,
                  "tls-auth-clients no\ntls-ciphersuites TLS_AES_128_GCM_SHA256\n"
                  "tls-ciphers ECDHE-ECDSA-AES128-GCM-SHA256");
    redisc_options options = s.options;
    options.tls_ciphersuites = "TLS_AES_128_GCM_SHA256";
    pings(&options);
    options.tls_ciphersuites = "TLS_AES_256_GCM_SHA384";
    secured_refuses(&options, REDISC_ERROR_TLS, "no common cipher");
    options.tls_ciphersuites = "";
    options.tls_ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    pings(&options);
}
