/* SPDX-License-Identifier: MIT */
#include "tls_error.h"

#include <redisc/transport.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct reason_text {
    int reason;
    const char *text;
} reason_text;

/* Those that a user can do something about. */
static const reason_text reason_texts[] = {
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED,
     "the server demands a client certificate (options `tls_cert_file`, `tls_key_file`)"},
    {SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
     "the server refuses: no common cipher, or it demands a client certificate"},
    {SSL_R_TLSV1_ALERT_UNKNOWN_CA,
     "the server does not trust the authority of our certificate (option `tls_cert_file`)"},
    {SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
     "the server refuses our certificate (option `tls_cert_file`)"},
    {SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
     "the server refuses our certificate (option `tls_cert_file`): not made for clients"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
     "the server refuses our certificate (option `tls_cert_file`): it has expired"},
    {SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED,
     "the server refuses our certificate (option `tls_cert_file`): it was revoked"},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
     "the server speaks no version of TLS that we may use (option `tls_min_version`)"},
    {SSL_R_UNSUPPORTED_PROTOCOL,
     "the server speaks no version of TLS that we may use (option `tls_min_version`)"},
    {SSL_R_TLSV1_UNRECOGNIZED_NAME, "the server does not know the name that we call it by"},
};

redisc_status redisc_tls_fail(redisc_status status, const char *format, ...)
{
    static const char prefix[] = "TLS: ";
    char text[REDISC_TLS_TEXT];
    memcpy(text, prefix, sizeof prefix);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + sizeof prefix - 1, sizeof text - sizeof prefix + 1, format, arguments);
    va_end(arguments);
    return redisc_transport_error(status, text);
}

redisc_status redisc_tls_no_memory(void)
{
    ERR_clear_error();
    return redisc_tls_fail(REDISC_ERROR_MEMORY, "no memory");
}

bool redisc_tls_lacks_memory(void)
{
    return ERR_GET_REASON(ERR_peek_error()) == ERR_R_MALLOC_FAILURE;
}

static const char *known_text(unsigned long code)
{
    for (size_t i = 0; i < sizeof reason_texts / sizeof reason_texts[0]; i++) {
        if (ERR_GET_LIB(code) == ERR_LIB_SSL && ERR_GET_REASON(code) == reason_texts[i].reason) {
            return reason_texts[i].text;
        }
    }
    return NULL;
}

const char *redisc_tls_system_error(int error, char text[REDISC_TLS_TEXT])
{
    if (strerror_r(error, text, REDISC_TLS_TEXT) != 0) {
        snprintf(text, REDISC_TLS_TEXT, "error %d", error);
    }
    return text;
}

const char *redisc_tls_reason(char text[REDISC_TLS_TEXT])
{
    unsigned long code = ERR_get_error();
    const char *known = known_text(code);
    const char *said = code == 0 ? NULL : ERR_reason_error_string(code);
    if (known != NULL || said != NULL) {
        snprintf(text, REDISC_TLS_TEXT, "%s", known != NULL ? known : said);
    } else if (ERR_SYSTEM_ERROR(code)) {
        redisc_tls_system_error(ERR_GET_REASON(code), text);
    } else {
        snprintf(text, REDISC_TLS_TEXT, "error %lx", code);
    }
    ERR_clear_error();
    return text;
}

redisc_status redisc_tls_fail_as_said(void)
{
    char reason[REDISC_TLS_TEXT];
    if (redisc_tls_lacks_memory()) {
        return redisc_tls_no_memory();
    }
    return redisc_tls_fail(REDISC_ERROR_TLS, "%s", redisc_tls_reason(reason));
}

void redisc_tls_make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        *text = byte < 0x20 || byte == 0x7f ? '?' : *text;
    }
}
