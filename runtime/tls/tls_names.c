/* SPDX-License-Identifier: MIT */
#include "tls_names.h"

#include "tls_error.h"

#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Appends one name; false: there is no room for more. */
static bool add(char text[REDISC_TLS_NAMES], const char *name, int len)
{
    size_t used = strlen(text);
    size_t room = REDISC_TLS_NAMES - used;
    const char *comma = used > 0 ? ", " : "";
    const size_t spare = 6; /* for the mark of what is left out */
    if ((size_t)len + strlen(comma) + 2 + spare >= room) {
        snprintf(text + used, room, "%s…", comma);
        return false;
    }
    snprintf(text + used, room, "%s`%.*s`", comma, len, name);
    return true;
}

static bool add_general(char text[REDISC_TLS_NAMES], const GENERAL_NAME *general)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(general, &type);
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    int len = ASN1_STRING_length(value);
    char address[INET6_ADDRSTRLEN];
    if (type == GEN_DNS) {
        return add(text, (const char *)bytes, len);
    }
    if (type != GEN_IPADD || (len != 4 && len != 16) ||
        inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, address, sizeof address) == NULL) {
        return true;
    }
    return add(text, address, (int)strlen(address));
}

void redisc_tls_names(const X509 *certificate, char text[REDISC_TLS_NAMES])
{
    text[0] = '\0';
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = names == NULL ? 0 : sk_GENERAL_NAME_num(names);
    for (int i = 0; i < count; i++) {
        const GENERAL_NAME *general = sk_GENERAL_NAME_value(names, i);
        bool named = general->type == GEN_DNS || general->type == GEN_IPADD;
        if (named && !add_general(text, general)) {
            break;
        }
    }
    GENERAL_NAMES_free(names);
    if (text[0] == '\0') {
        redisc_tls_name(X509_get_subject_name(certificate), text);
    }
    redisc_tls_make_printable(text);
}

void redisc_tls_name(const X509_NAME *name, char text[REDISC_TLS_NAMES])
{
    BIO *out = BIO_new(BIO_s_mem());
    char *written = NULL;
    long len = 0;
    if (out != NULL && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0) {
        len = BIO_get_mem_data(out, &written);
    }
    if (len <= 0) {
        snprintf(text, REDISC_TLS_NAMES, "(without a name)");
    } else {
        const int most = REDISC_TLS_NAMES - 6;
        snprintf(text, REDISC_TLS_NAMES, "`%.*s%s`", len > most ? most : (int)len, written,
                 len > most ? "…" : "");
    }
    BIO_free(out);
    redisc_tls_make_printable(text);
}

void redisc_tls_time(const ASN1_TIME *time, char text[REDISC_TLS_TIME])
{
    struct tm parts;
    if (ASN1_TIME_to_tm(time, &parts) != 1 ||
        strftime(text, REDISC_TLS_TIME, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0) {
        snprintf(text, REDISC_TLS_TIME, "(no valid time)");
    }
}
