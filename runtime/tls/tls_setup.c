/* SPDX-License-Identifier: MIT */
#include "tls_setup.h"

#include "tls_error.h"
#include "tls_session.h"

#include <redisc/alloc.h>

#include <errno.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/stat.h>

/* Fails because of an option and the file that it names. */
static redisc_status fail_file(const char *option, const char *file)
{
    char reason[REDISC_TLS_TEXT];
    if (redisc_tls_lacks_memory()) {
        return redisc_tls_no_memory();
    }
    return redisc_tls_fail(REDISC_ERROR_TLS, "option `%s`: %s: %s", option, file,
                           redisc_tls_reason(reason));
}

/* OpenSSL looks into it only when it has a certificate to check. */
static redisc_status check_folder(const char *option, const char *path)
{
    struct stat found;
    int error = stat(path, &found) != 0 ? errno : S_ISDIR(found.st_mode) ? 0 : ENOTDIR;
    if (error == 0) {
        return REDISC_OK;
    }
    char reason[REDISC_TLS_TEXT];
    return redisc_tls_fail(REDISC_ERROR_TLS, "option `%s`: %s: %s", option, path,
                           redisc_tls_system_error(error, reason));
}

static redisc_status set_trust(SSL_CTX *ssl, const redisc_tls_wanted *wanted)
{
    if (wanted->ca_file != NULL && SSL_CTX_load_verify_file(ssl, wanted->ca_file) != 1) {
        return fail_file("tls_ca_file", wanted->ca_file);
    }
    if (wanted->ca_dir != NULL) {
        redisc_status status = check_folder("tls_ca_dir", wanted->ca_dir);
        if (status != REDISC_OK) {
            return status;
        }
        if (SSL_CTX_load_verify_dir(ssl, wanted->ca_dir) != 1) {
            return fail_file("tls_ca_dir", wanted->ca_dir);
        }
    }
    if (wanted->ca_file == NULL && wanted->ca_dir == NULL &&
        SSL_CTX_set_default_verify_paths(ssl) != 1) {
        return fail_file("tls_ca_file", "the system's authorities");
    }
    return REDISC_OK;
}

/* A password that OpenSSL may ask for; without one it would ask the terminal. */
typedef struct key_password {
    const char *text;
    bool asked;
} key_password;

static int give_password(char *to, int size, int writing, void *context)
{
    (void)writing;
    key_password *password = context;
    password->asked = true;
    size_t len = password->text == NULL ? 0 : strlen(password->text);
    if (password->text == NULL || size < 0 || len > (size_t)size) {
        return -1;
    }
    memcpy(to, password->text, len);
    return (int)len;
}

static redisc_status set_key(SSL_CTX *ssl, const redisc_tls_wanted *wanted)
{
    const char *option = wanted->key_file != NULL ? "tls_key_file" : "tls_cert_file";
    const char *file = wanted->key_file != NULL ? wanted->key_file : wanted->cert_file;
    key_password password = {.text = wanted->key_password};
    SSL_CTX_set_default_passwd_cb(ssl, give_password);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, &password);
    bool read = SSL_CTX_use_PrivateKey_file(ssl, file, SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb(ssl, NULL);
    SSL_CTX_set_default_passwd_cb_userdata(ssl, NULL);
    if (!read && password.asked) {
        ERR_clear_error();
        return redisc_tls_fail(REDISC_ERROR_TLS, "option `%s`: %s: %s", option, file,
                               wanted->key_password == NULL
                                   ? "the key is encrypted, and there is no `tls_key_password`"
                                   : "`tls_key_password` does not open the key");
    }
    if (!read || SSL_CTX_check_private_key(ssl) != 1) {
        return fail_file(option, file);
    }
    return REDISC_OK;
}

static redisc_status set_certificate(SSL_CTX *ssl, const redisc_tls_wanted *wanted)
{
    if (wanted->cert_file == NULL) {
        return wanted->key_file == NULL
                   ? REDISC_OK
                   : redisc_tls_fail(REDISC_ERROR_ARGUMENT,
                                     "option `tls_key_file` needs `tls_cert_file`");
    }
    if (SSL_CTX_use_certificate_chain_file(ssl, wanted->cert_file) != 1) {
        return fail_file("tls_cert_file", wanted->cert_file);
    }
    return set_key(ssl, wanted);
}

static redisc_status set_ciphers(SSL_CTX *ssl, const redisc_tls_wanted *wanted)
{
    int version = wanted->min_version == REDISC_TLS_VERSION_1_3 ? TLS1_3_VERSION : TLS1_2_VERSION;
    if (SSL_CTX_set_min_proto_version(ssl, version) != 1) {
        return fail_file("tls_min_version", "this OpenSSL does not have it");
    }
    if (wanted->ciphers != NULL && SSL_CTX_set_cipher_list(ssl, wanted->ciphers) != 1) {
        return fail_file("tls_ciphers", wanted->ciphers);
    }
    if (wanted->ciphersuites != NULL && SSL_CTX_set_ciphersuites(ssl, wanted->ciphersuites) != 1) {
        return fail_file("tls_ciphersuites", wanted->ciphersuites);
    }
    return REDISC_OK;
}

static redisc_status fill(SSL_CTX *ssl, const redisc_tls_wanted *wanted)
{
    /* The frames of RESP tell whether something is missing at the end, so a peer need not say it
     * again. */
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                 SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                              SSL_MODE_RELEASE_BUFFERS);
    /* What carries no data must not be read on and on behind the deadline's back. */
    SSL_CTX_clear_mode(ssl, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ssl, redisc_tls_session_made);
    redisc_status status = set_ciphers(ssl, wanted);
    status = status != REDISC_OK ? status : set_trust(ssl, wanted);
    return status != REDISC_OK ? status : set_certificate(ssl, wanted);
}

redisc_status redisc_tls_setup_new(const redisc_tls_wanted *wanted, redisc_tls_setup **setup)
{
    *setup = redisc_allocate(sizeof **setup);
    if (*setup == NULL) {
        return redisc_tls_no_memory();
    }
    ERR_clear_error();
    **setup = (redisc_tls_setup){.ssl = SSL_CTX_new(TLS_client_method())};
    atomic_init(&(*setup)->references, 1);
    redisc_status status =
        (*setup)->ssl == NULL ? redisc_tls_no_memory() : fill((*setup)->ssl, wanted);
    if (status != REDISC_OK) {
        redisc_tls_setup_release(*setup);
        *setup = NULL;
    }
    ERR_clear_error();
    return status;
}

redisc_tls_setup *redisc_tls_setup_retain(redisc_tls_setup *setup)
{
    atomic_fetch_add_explicit(&setup->references, 1, memory_order_relaxed);
    return setup;
}

void redisc_tls_setup_release(redisc_tls_setup *setup)
{
    if (setup == NULL ||
        atomic_fetch_sub_explicit(&setup->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    redisc_tls_session_forget_all(setup);
    SSL_CTX_free(setup->ssl);
    redisc_release(setup);
}
