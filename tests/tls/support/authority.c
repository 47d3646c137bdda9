/* SPDX-License-Identifier: MIT */
#include "authority.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_PATHS = 64, DAY_S = 24 * 3600 };

struct authority {
    char folder[96];
    char *paths[MOST_PATHS];
    size_t path_count;
    long serial;
    EVP_PKEY *key;
    X509 *self;
};

static void must(bool done, const char *what)
{
    if (!done) {
        fprintf(stderr, "authority: %s failed\n", what);
        abort();
    }
}

static void add_extension(X509 *x, const X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, (X509 *)(uintptr_t)issuer, x, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    must(extension != NULL && X509_add_ext(x, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

/* A certificate without extensions, not signed yet. */
static X509 *blank(authority *a, const char *subject, EVP_PKEY *key, long begins_s, long ends_s)
{
    X509 *x = X509_new();
    must(x != NULL && X509_set_version(x, X509_VERSION_3) == 1, "X509_new");
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++a->serial);
    must(X509_gmtime_adj(X509_getm_notBefore(x), begins_s) != NULL, "notBefore");
    must(X509_gmtime_adj(X509_getm_notAfter(x), ends_s) != NULL, "notAfter");
    must(X509_set_pubkey(x, key) == 1, "X509_set_pubkey");
    must(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                    (const unsigned char *)subject, -1, -1, 0) == 1,
         "the subject");
    return x;
}

static void sign(X509 *x, const X509 *issuer, EVP_PKEY *key)
{
    must(X509_set_issuer_name(x, X509_get_subject_name(issuer)) == 1, "X509_set_issuer_name");
    must(X509_sign(x, key, EVP_sha256()) > 0, "X509_sign");
}

static FILE *open_file(authority *a, const char *name, const char *suffix)
{
    char file[64];
    snprintf(file, sizeof file, "%s%s", name, suffix);
    FILE *out = fopen(authority_path(a, file), "w");
    must(out != NULL, "fopen");
    return out;
}

static void write_certificate(authority *a, const char *name, X509 *x)
{
    FILE *out = open_file(a, name, ".pem");
    must(PEM_write_X509(out, x) == 1, "PEM_write_X509");
    fclose(out);
}

authority *authority_new(const char *name)
{
    authority *a = calloc(1, sizeof *a);
    must(a != NULL, "calloc");
    const char *parent = getenv("TMPDIR");
    snprintf(a->folder, sizeof a->folder, "%s/redisc-ca-XXXXXX",
             parent == NULL || *parent == '\0' || strlen(parent) > 48 ? "/tmp" : parent);
    must(mkdtemp(a->folder) != NULL, "mkdtemp");
    a->key = EVP_EC_gen("P-256");
    must(a->key != NULL, "EVP_EC_gen");
    a->self = blank(a, name, a->key, -DAY_S, DAY_S);
    add_extension(a->self, a->self, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(a->self, a->self, NID_key_usage, "critical,keyCertSign,cRLSign");
    sign(a->self, a->self, a->key);
    write_certificate(a, "ca", a->self);
    return a;
}

void authority_issue(authority *a, const char *name, const certificate *wanted)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    must(key != NULL, "EVP_EC_gen");
    X509 *x = blank(a, wanted->subject == NULL ? "test" : wanted->subject, key, wanted->begins_s,
                    wanted->ends_s == 0 ? 3600 : wanted->ends_s);
    if (wanted->names != NULL) {
        add_extension(x, a->self, NID_subject_alt_name, wanted->names);
    }
    sign(x, wanted->self_signed ? x : a->self, wanted->self_signed ? key : a->key);
    write_certificate(a, name, x);
    FILE *out = open_file(a, name, ".key");
    const char *password = wanted->password;
    must(PEM_write_PKCS8PrivateKey(out, key, password == NULL ? NULL : EVP_aes_256_cbc(), password,
                                   password == NULL ? 0 : (int)strlen(password), NULL, NULL) == 1,
         "PEM_write_PKCS8PrivateKey");
    fclose(out);
    X509_free(x);
    EVP_PKEY_free(key);
}

const char *authority_path(authority *a, const char *file)
{
    char path[192];
    snprintf(path, sizeof path, "%s/%s", a->folder, file);
    for (size_t i = 0; i < a->path_count; i++) {
        if (strcmp(a->paths[i], path) == 0) {
            return a->paths[i];
        }
    }
    must(a->path_count < MOST_PATHS, "one more path");
    char *copy = malloc(strlen(path) + 1);
    must(copy != NULL, "malloc");
    strcpy(copy, path);
    a->paths[a->path_count++] = copy;
    return copy;
}

void authority_free(authority *a)
{
    DIR *listing = opendir(a->folder);
    struct dirent *entry;
    while (listing != NULL && (entry = readdir(listing)) != NULL) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", a->folder, entry->d_name);
        unlink(path);
    }
    if (listing != NULL) {
        closedir(listing);
    }
    rmdir(a->folder);
    for (size_t i = 0; i < a->path_count; i++) {
        free(a->paths[i]);
    }
    X509_free(a->self);
    EVP_PKEY_free(a->key);
    free(a);
}
