/* SPDX-License-Identifier: MIT */
/* The query options of a URL: a table of names, types and ranges. */
#include "url.h"

#include "number.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef enum option_type {
    TEXT,         /* percent-decoded; not empty */
    SECRET,       /* the same, never quoted; may be empty */
    BOOLEAN,      /* yes no on off true false 1 0 */
    PORT,         /* uint16_t */
    NATURAL,      /* uint32_t */
    COUNT,        /* int, not negative */
    TRIES,        /* int32_t */
    SIZE,         /* size_t */
    MILLISECONDS, /* int64_t; negative: none */
    SECONDS,      /* the same field, given in seconds with a fraction */
    PROTOCOL,
    PARSER,
    ENCODING,
    ROLE,
    REPLICA,
    NEGATED, /* a boolean whose name says the opposite of the field's */
    VERIFY,
    VERSION
} option_type;

typedef struct url_option {
    const char *name;
    option_type type;
    size_t offset; /* of the field in redisc_options: two names of one field have the same */
} url_option;

#define FIELD(name, type)                                                                          \
    {                                                                                              \
#name, type, offsetof(redisc_options, name)                                                \
    }
#define SYNONYM(text, type, name)                                                                  \
    {                                                                                              \
        text, type, offsetof(redisc_options, name)                                                 \
    }

static const url_option url_options[] = {
    FIELD(host, TEXT),
    FIELD(port, PORT),
    FIELD(path, TEXT),
    FIELD(db, NATURAL),
    FIELD(user, TEXT),
    FIELD(password, SECRET),
    FIELD(client_name, TEXT),
    FIELD(timeout_ms, MILLISECONDS),
    FIELD(connect_timeout_ms, MILLISECONDS),
    FIELD(max_tries, TRIES),
    FIELD(retry_wait_ms, MILLISECONDS),
    FIELD(retry_max_wait_ms, MILLISECONDS),
    FIELD(repeat_anything, BOOLEAN),
    FIELD(keepalive, BOOLEAN),
    FIELD(keepalive_idle_s, COUNT),
    FIELD(keepalive_interval_s, COUNT),
    FIELD(keepalive_count, COUNT),
    FIELD(no_delay_off, BOOLEAN),
    FIELD(protocol, PROTOCOL),
    FIELD(parser, PARSER),
    FIELD(encoding, ENCODING),
    FIELD(no_client_info, BOOLEAN),
    FIELD(max_depth, SIZE),
    FIELD(max_bulk_bytes, SIZE),
    FIELD(max_elements, SIZE),
    FIELD(max_reply_bytes, SIZE),
    FIELD(max_output_bytes, SIZE),
    FIELD(max_connections, NATURAL),
    FIELD(max_blocking, NATURAL),
    FIELD(pool_blocks, BOOLEAN),
    FIELD(pool_wait_ms, MILLISECONDS),
    FIELD(max_idle_ms, MILLISECONDS),
    FIELD(tls, BOOLEAN),
    FIELD(tls_ca_file, TEXT),
    FIELD(tls_ca_dir, TEXT),
    FIELD(tls_cert_file, TEXT),
    FIELD(tls_key_file, TEXT),
    FIELD(tls_key_password, SECRET),
    FIELD(tls_server_name, TEXT),
    FIELD(tls_no_name_check, BOOLEAN),
    FIELD(tls_verify, VERIFY),
    FIELD(tls_min_version, VERSION),
    FIELD(tls_ciphers, TEXT),
    FIELD(tls_ciphersuites, TEXT),
    FIELD(sentinels, TEXT),
    FIELD(master_name, TEXT),
    FIELD(role, ROLE),
    FIELD(replica_choice, REPLICA),
    FIELD(min_other_sentinels, NATURAL),
    FIELD(sentinel_user, TEXT),
    FIELD(sentinel_password, SECRET),
    FIELD(sentinel_tls_off, BOOLEAN),
    SYNONYM("username", TEXT, user),
    SYNONYM("socket_timeout", SECONDS, timeout_ms),
    SYNONYM("socket_connect_timeout", SECONDS, connect_timeout_ms),
    SYNONYM("socket_keepalive", BOOLEAN, keepalive),
    SYNONYM("ssl_ca_certs", TEXT, tls_ca_file),
    SYNONYM("ssl_ca_path", TEXT, tls_ca_dir),
    SYNONYM("ssl_certfile", TEXT, tls_cert_file),
    SYNONYM("ssl_keyfile", TEXT, tls_key_file),
    SYNONYM("ssl_password", SECRET, tls_key_password),
    SYNONYM("ssl_cert_reqs", VERIFY, tls_verify),
    SYNONYM("ssl_check_hostname", NEGATED, tls_no_name_check),
    SYNONYM("ssl_min_version", VERSION, tls_min_version),
    SYNONYM("ssl_ciphers", TEXT, tls_ciphers),
};

enum { OPTIONS = sizeof url_options / sizeof url_options[0] };

typedef struct word_value {
    const char *word;
    int value;
} word_value;

static const word_value booleans[] = {{"yes", 1},  {"no", 0},    {"on", 1}, {"off", 0},
                                      {"true", 1}, {"false", 0}, {"1", 1},  {"0", 0}};
static const word_value protocols[] = {{"auto", REDISC_PROTOCOL_AUTO},
                                       {"2", REDISC_PROTOCOL_RESP2},
                                       {"3", REDISC_PROTOCOL_RESP3},
                                       {"resp2", REDISC_PROTOCOL_RESP2},
                                       {"resp3", REDISC_PROTOCOL_RESP3}};
static const word_value parsers[] = {{"native", REDISC_PARSER_NATIVE},
                                     {"hiredis", REDISC_PARSER_HIREDIS}};
static const word_value encodings[] = {{"bytes", REDISC_ENCODING_BYTES},
                                       {"utf8", REDISC_ENCODING_UTF8},
                                       {"utf-8", REDISC_ENCODING_UTF8}};
static const word_value roles[] = {{"master", REDISC_ROLE_MASTER},
                                   {"primary", REDISC_ROLE_MASTER},
                                   {"replica", REDISC_ROLE_REPLICA},
                                   {"slave", REDISC_ROLE_REPLICA}};
static const word_value replicas[] = {{"round_robin", REDISC_REPLICA_ROUND_ROBIN},
                                      {"random", REDISC_REPLICA_RANDOM},
                                      {"first", REDISC_REPLICA_FIRST}};
static const word_value demands[] = {{"required", REDISC_TLS_VERIFY_REQUIRED},
                                     {"optional", REDISC_TLS_VERIFY_OPTIONAL},
                                     {"none", REDISC_TLS_VERIFY_NONE}};
static const word_value versions[] = {{"1.2", REDISC_TLS_VERSION_1_2},
                                      {"1.3", REDISC_TLS_VERSION_1_3},
                                      {"tlsv1.2", REDISC_TLS_VERSION_1_2},
                                      {"tlsv1.3", REDISC_TLS_VERSION_1_3}};

#define READ_WORD(text, words, value) read_word(text, words, sizeof words / sizeof words[0], value)

static bool read_word(const char *text, const word_value *words, size_t count, int *value)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(text, words[i].word) == 0) {
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

/* Whole numbers from 0 to `most`. */
static bool read_natural(const char *text, uint64_t most, uint64_t *value)
{
    return redisc_read_unsigned(text, strlen(text), value) && *value <= most;
}

/* Seconds as milliseconds; what is more than nothing stays more than nothing. */
static bool read_seconds(const char *text, int64_t *milliseconds)
{
    const double longest = 9e15;
    double seconds;
    if (!redisc_read_double(text, strlen(text), &seconds) ||
        !(seconds * 1000 >= -longest && seconds * 1000 <= longest)) {
        return false;
    }
    *milliseconds = (int64_t)(seconds * 1000);
    if (*milliseconds == 0 && seconds != 0) {
        *milliseconds = seconds < 0 ? -1 : 1;
    }
    return true;
}

static bool read_tries(const char *text, int32_t *tries)
{
    int64_t value;
    if (!redisc_read_integer(text, strlen(text), &value) || value < INT32_MIN ||
        value > INT32_MAX) {
        return false;
    }
    *tries = (int32_t)value;
    return true;
}

/* Reads numbers into their field. False: not one in range. */
static bool read_number(option_type type, const char *text, void *field)
{
    uint64_t value;
    switch (type) {
    case PORT:
        if (!read_natural(text, UINT16_MAX, &value) || value == 0) {
            return false;
        }
        *(uint16_t *)field = (uint16_t)value;
        return true;
    case NATURAL:
        if (!read_natural(text, INT32_MAX, &value)) {
            return false;
        }
        *(uint32_t *)field = (uint32_t)value;
        return true;
    case COUNT:
        if (!read_natural(text, INT32_MAX, &value)) {
            return false;
        }
        *(int *)field = (int)value;
        return true;
    case SIZE:
        if (!read_natural(text, SIZE_MAX, &value)) {
            return false;
        }
        *(size_t *)field = (size_t)value;
        return true;
    case TRIES:
        return read_tries(text, field);
    case MILLISECONDS:
        return redisc_read_integer(text, strlen(text), field);
    default:
        return read_seconds(text, field);
    }
}

/* The same for the options of TLS. */
static bool read_tls_choice(option_type type, const char *text, void *field)
{
    int value;
    if (type == VERIFY) {
        if (!READ_WORD(text, demands, &value)) {
            return false;
        }
        *(redisc_tls_verify *)field = (redisc_tls_verify)value;
        return true;
    }
    if (!READ_WORD(text, versions, &value)) {
        return false;
    }
    *(redisc_tls_version *)field = (redisc_tls_version)value;
    return true;
}

/* Reads words into their field. False: not one of those that are known. */
static bool read_choice(option_type type, const char *text, void *field)
{
    int value;
    switch (type) {
    case BOOLEAN:
    case NEGATED:
        if (!READ_WORD(text, booleans, &value)) {
            return false;
        }
        *(bool *)field = (value != 0) == (type == BOOLEAN);
        return true;
    case PROTOCOL:
        if (!READ_WORD(text, protocols, &value)) {
            return false;
        }
        *(redisc_protocol *)field = (redisc_protocol)value;
        return true;
    case PARSER:
        if (!READ_WORD(text, parsers, &value)) {
            return false;
        }
        *(redisc_parser_choice *)field = (redisc_parser_choice)value;
        return true;
    case ROLE:
        if (!READ_WORD(text, roles, &value)) {
            return false;
        }
        *(redisc_server_role *)field = (redisc_server_role)value;
        return true;
    case REPLICA:
        if (!READ_WORD(text, replicas, &value)) {
            return false;
        }
        *(redisc_replica_choice *)field = (redisc_replica_choice)value;
        return true;
    default:
        if (!READ_WORD(text, encodings, &value)) {
            return false;
        }
        *(redisc_encoding *)field = (redisc_encoding)value;
        return true;
    }
}

static bool read_value(option_type type, const char *text, void *field)
{
    switch (type) {
    case TEXT:
    case SECRET:
        *(const char **)field = text;
        return type == SECRET || text[0] != '\0';
    case BOOLEAN:
    case NEGATED:
    case PROTOCOL:
    case PARSER:
    case ENCODING:
    case ROLE:
    case REPLICA:
        return read_choice(type, text, field);
    case VERIFY:
    case VERSION:
        return read_tls_choice(type, text, field);
    default:
        return read_number(type, text, field);
    }
}

static const char *expected(option_type type)
{
    static const char *const texts[] = {
        [TEXT] = "empty",
        [SECRET] = "not valid",
        [BOOLEAN] = "not yes, no, on, off, true, false, 1 or 0",
        [PORT] = "not a number from 1 to 65535",
        [NATURAL] = "not a number from 0 to 2147483647",
        [COUNT] = "not a number from 0 to 2147483647",
        [SIZE] = "not a number of 0 and more",
        [TRIES] = "not a whole number of at most 2147483647",
        [MILLISECONDS] = "not a whole number of milliseconds",
        [SECONDS] = "not a number of seconds",
        [PROTOCOL] = "not auto, 2 or 3",
        [PARSER] = "not native or hiredis",
        [ENCODING] = "not bytes or utf8",
        [ROLE] = "not master, primary, replica or slave",
        [REPLICA] = "not round_robin, random or first",
        [NEGATED] = "not yes, no, on, off, true, false, 1 or 0",
        [VERIFY] = "not required, optional or none",
        [VERSION] = "not 1.2 or 1.3",
    };
    return texts[type];
}

static const url_option *find_option(redisc_url_part name)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strlen(url_options[i].name) == name.len &&
            memcmp(url_options[i].name, name.at, name.len) == 0) {
            return &url_options[i];
        }
    }
    return NULL;
}

/* Refuses a field that was given before, under this name or another; else marks it as given. */
static redisc_status check_first(const redisc_url_reader *in, redisc_url_part name,
                                 const url_option *option, const url_option *given[OPTIONS])
{
    size_t i = 0;
    for (; given[i] != NULL; i++) {
        if (given[i]->offset != option->offset) {
            continue;
        }
        if (given[i] == option) {
            return redisc_url_fail(in, name.at, "option `%s` is given twice", option->name);
        }
        return redisc_url_fail(in, name.at, "options `%s` and `%s` are the same", given[i]->name,
                               option->name);
    }
    given[i] = option;
    return REDISC_OK;
}

static redisc_status read_option(redisc_url_reader *in, redisc_url_part piece,
                                 const url_option *given[OPTIONS])
{
    const char *equals = memchr(piece.at, '=', piece.len);
    redisc_url_part name = piece;
    name.len = equals == NULL ? piece.len : (size_t)(equals - piece.at);
    const url_option *option = find_option(name);
    if (option == NULL) {
        return redisc_url_refuse(in, name, "option", "not known");
    }
    if (equals == NULL) {
        return redisc_url_fail(in, name.at, "option `%s` has no value", option->name);
    }
    redisc_status status = check_first(in, name, option, given);
    if (status != REDISC_OK) {
        return status;
    }
    redisc_url_part value = {.at = equals + 1, .len = piece.len - name.len - 1};
    const char *text;
    status = redisc_url_decode(in, value, option->name, &text);
    if (status != REDISC_OK) {
        return status;
    }
    if (!read_value(option->type, text, (char *)in->options + option->offset)) {
        char what[64];
        snprintf(what, sizeof what, "option `%s`:", option->name);
        return redisc_url_refuse(in, value, what, expected(option->type));
    }
    return REDISC_OK;
}

/* Whether a password is among the options: then a part of it may look like another option. */
static bool names_password(redisc_url_part query)
{
    static const char name[] = "password=";
    for (size_t i = 0; i + sizeof name - 1 <= query.len; i++) {
        if (memcmp(query.at + i, name, sizeof name - 1) == 0) {
            return true;
        }
    }
    return false;
}

/* Who names a file of authorities counts on TLS. */
static redisc_status check_tls(const redisc_url_reader *in, redisc_url_part query,
                               const url_option *const given[OPTIONS])
{
    for (size_t i = 0; !in->options->tls && given[i] != NULL; i++) {
        if (given[i]->offset > offsetof(redisc_options, tls) &&
            given[i]->offset < offsetof(redisc_options, sentinels)) {
            return redisc_url_fail(in, query.at,
                                   "option `%s` needs TLS: rediss://, valkeys:// or tls=yes",
                                   given[i]->name);
        }
    }
    return REDISC_OK;
}

redisc_status redisc_url_query(redisc_url_reader *in, redisc_url_part query)
{
    const url_option *given[OPTIONS + 1] = {NULL};
    in->guarded = in->guarded || names_password(query);
    const char *end = query.at + query.len;
    const char *at = query.at;
    while (at < end) {
        const char *and = memchr(at, '&', (size_t)(end - at));
        redisc_url_part piece = {.at = at, .len = (size_t)((and == NULL ? end : and) - at)};
        if (piece.len > 0) {
            redisc_status status = read_option(in, piece, given);
            if (status != REDISC_OK) {
                return status;
            }
        }
        at = piece.at + piece.len + 1;
    }
    return check_tls(in, query, given);
}
