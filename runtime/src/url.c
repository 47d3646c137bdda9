/* SPDX-License-Identifier: MIT */
#include "url.h"

#include "alloc.h"
#include "config.h"
#include "number.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What redisc_url.memory points to: the decoded texts of one URL. */
typedef struct url_memory {
    size_t size;
    char texts[];
} url_memory;

enum { QUOTED = 48 /* bytes of a bad part that a message shows */ };

redisc_status redisc_url_fail(const redisc_url_reader *in, const char *at, const char *format, ...)
{
    char text[REDISC_ERROR_TEXT_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return redisc_fail(
        REDISC_ERROR_URL, "URL: %s, at character %zu%s", text, (size_t)(at - in->text) + 1,
        in->guarded ? " (in a user name or password, / ? # & are written %2F %3F %23 "
                      "%26)"
                    : "");
}

redisc_status redisc_url_refuse(const redisc_url_reader *in, redisc_url_part part, const char *what,
                                const char *problem)
{
    if (in->guarded) {
        return redisc_url_fail(in, part.at, "%s is %s", what, problem);
    }
    char quoted[QUOTED + 1];
    size_t len = part.len < QUOTED ? part.len : QUOTED;
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)part.at[i];
        quoted[i] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    return redisc_url_fail(in, part.at, "%s `%.*s%s` is %s", what, (int)len, quoted,
                           len < part.len ? "…" : "", problem);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of the escape at `at`, with `left` bytes from there on; -1: broken. */
static int escaped_byte(const char *at, size_t left)
{
    int high = left >= 3 ? hex_digit(at[1]) : -1;
    int low = left >= 3 ? hex_digit(at[2]) : -1;
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

redisc_status redisc_url_decode(redisc_url_reader *in, redisc_url_part part, const char *what,
                                const char **text)
{
    char *to = in->room;
    for (size_t i = 0; i < part.len;) {
        int byte = (unsigned char)part.at[i];
        if (byte == '%') {
            byte = escaped_byte(part.at + i, part.len - i);
            if (byte <= 0) {
                return redisc_url_fail(in, part.at + i, "%s in the %s",
                                       byte < 0 ? "`%` without two hexadecimal digits" : "a NUL",
                                       what);
            }
            i += 2;
        }
        *to++ = (char)byte;
        i++;
    }
    *to++ = '\0';
    *text = in->room;
    in->room = to;
    return REDISC_OK;
}

/* Cuts the front of `rest` off, up to (and without) the first byte that is in `stops`. */
static redisc_url_part cut(const char **rest, const char *stops)
{
    redisc_url_part part = {.at = *rest, .len = strcspn(*rest, stops)};
    *rest += part.len;
    return part;
}

static const char *find(redisc_url_part part, char wanted)
{
    return part.len == 0 ? NULL : memchr(part.at, wanted, part.len);
}

static const char *find_last(redisc_url_part part, char wanted)
{
    for (size_t i = part.len; i > 0; i--) {
        if (part.at[i - 1] == wanted) {
            return part.at + i - 1;
        }
    }
    return NULL;
}

/* Takes the front of a part off, up to `until`, and skips that byte. */
static redisc_url_part take_until(redisc_url_part *part, const char *until)
{
    redisc_url_part front = {.at = part->at, .len = (size_t)(until - part->at)};
    part->len -= front.len + 1;
    part->at = until + 1;
    return front;
}

/* user, user:password, :password */
static redisc_status read_user_info(redisc_url_reader *in, redisc_url_part info)
{
    redisc_options *o = in->options;
    const char *colon = find(info, ':');
    redisc_url_part user = info;
    if (colon != NULL) {
        user = take_until(&info, colon);
        redisc_status status = redisc_url_decode(in, info, "password", &o->password);
        if (status != REDISC_OK) {
            return status;
        }
    }
    if (user.len == 0) {
        o->user = NULL;
        return REDISC_OK;
    }
    return redisc_url_decode(in, user, "user name", &o->user);
}

static redisc_status read_port(redisc_url_reader *in, redisc_url_part port)
{
    uint64_t value;
    if (port.len == 0) {
        return REDISC_OK;
    }
    if (!redisc_read_unsigned(port.at, port.len, &value) || value < 1 || value > UINT16_MAX) {
        /* Never quoted: without a host behind it, it is a password. */
        return redisc_url_fail(in, port.at, "the port is not a number from 1 to 65535");
    }
    in->options->port = (uint16_t)value;
    return REDISC_OK;
}

/* Cuts the host out of "host:port" or "[address]:port"; *rest is what follows it. */
static redisc_status cut_host(const redisc_url_reader *in, redisc_url_part both,
                              redisc_url_part *host, redisc_url_part *rest)
{
    *rest = both;
    if (both.len == 0 || both.at[0] != '[') {
        const char *colon = find(both, ':');
        const char *end = colon == NULL ? both.at + both.len : colon;
        *host = (redisc_url_part){.at = both.at, .len = (size_t)(end - both.at)};
        *rest = (redisc_url_part){.at = end, .len = both.len - host->len};
        if (rest->len > 0 && find_last(*rest, ':') != end) {
            return redisc_url_fail(in, end, "more than one `:`; an IPv6 address stands in [ ]");
        }
        return REDISC_OK;
    }
    const char *close = find(both, ']');
    if (close == NULL) {
        return redisc_url_fail(in, both.at, "`[` without its `]`");
    }
    rest->at++;
    rest->len--;
    *host = take_until(rest, close);
    if (host->len == 0) {
        return redisc_url_fail(in, close, "no address within [ ]");
    }
    if (rest->len > 0 && rest->at[0] != ':') {
        return redisc_url_fail(in, rest->at, "only `:port` can follow the `]`");
    }
    return REDISC_OK;
}

static redisc_status check_host(const redisc_url_reader *in, redisc_url_part host, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if ((unsigned char)*c <= ' ' || *c == 0x7f) {
            return redisc_url_fail(in, host.at, "a blank or control character in the host");
        }
    }
    return REDISC_OK;
}

static redisc_status read_host_and_port(redisc_url_reader *in, redisc_url_part both)
{
    redisc_url_part host;
    redisc_url_part rest;
    redisc_status status = cut_host(in, both, &host, &rest);
    if (status == REDISC_OK && host.len > 0) {
        status = redisc_url_decode(in, host, "host", &in->options->host);
        status = status != REDISC_OK ? status : check_host(in, host, in->options->host);
    }
    if (status == REDISC_OK && rest.len > 0) {
        rest.at++;
        rest.len--;
        status = read_port(in, rest);
    }
    return status;
}

typedef struct scheme {
    const char *name;
    bool tls;
    bool local;
    bool sentinel;
} scheme;

static const scheme schemes[] = {{"redis", false, false, false},
                                 {"valkey", false, false, false},
                                 {"rediss", true, false, false},
                                 {"valkeys", true, false, false},
                                 {"unix", false, true, false},
                                 {"redis+sentinel", false, false, true},
                                 {"valkey+sentinel", false, false, true},
                                 {"rediss+sentinel", true, false, true},
                                 {"valkeys+sentinel", true, false, true}};

/* What stands between "//" and the path. */
static redisc_status read_authority(redisc_url_reader *in, redisc_url_part authority,
                                    const scheme *kind)
{
    /* Passwords hold an '@' at times, hosts never: the last one counts. */
    const char *at = find_last(authority, '@');
    redisc_url_part host = authority;
    if (at != NULL) {
        redisc_status status = read_user_info(in, take_until(&host, at));
        if (status != REDISC_OK) {
            return status;
        }
    }
    if (kind->sentinel) {
        return redisc_url_sentinels(in, host);
    }
    if (!kind->local) {
        return read_host_and_port(in, host);
    }
    if (host.len > 0) {
        return redisc_url_fail(in, host.at,
                               "no host is possible with unix://; the path starts with a `/`");
    }
    return REDISC_OK;
}

static redisc_status read_db(redisc_url_reader *in, redisc_url_part path)
{
    uint64_t db;
    if (path.len <= 1) {
        return REDISC_OK;
    }
    redisc_url_part number = {.at = path.at + 1, .len = path.len - 1};
    if (!redisc_read_unsigned(number.at, number.len, &db) || db > INT32_MAX) {
        return redisc_url_refuse(in, number, "database", "not a number from 0 to 2147483647");
    }
    in->options->db = (uint32_t)db;
    return REDISC_OK;
}

/* The scheme says what the server is found by: what the options say of other ways is void. */
static void forget_other_ways(redisc_options *o, const scheme *kind)
{
    if (kind->sentinel) {
        o->host = o->path = NULL;
        o->port = 0;
        return;
    }
    o->sentinels = o->master_name = o->sentinel_user = o->sentinel_password = NULL;
    o->sentinel_options = NULL;
    o->role = REDISC_ROLE_MASTER;
    o->min_other_sentinels = 0;
}

static redisc_status read_path(redisc_url_reader *in, redisc_url_part path, const scheme *kind)
{
    if (kind->sentinel) {
        redisc_url_part db;
        redisc_status status = redisc_url_master_name(in, path, &db);
        return status == REDISC_OK ? read_db(in, db) : status;
    }
    if (!kind->local) {
        in->options->path = NULL;
        return read_db(in, path);
    }
    if (path.len <= 1) {
        return redisc_url_fail(in, path.at, "unix:// needs the path of a socket");
    }
    return redisc_url_decode(in, path, "path", &in->options->path);
}

static const scheme *find_scheme(redisc_url_part name)
{
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strlen(schemes[i].name) == name.len &&
            strncasecmp(schemes[i].name, name.at, name.len) == 0) {
            return &schemes[i];
        }
    }
    return NULL;
}

/* Reads the scheme and steps over "://"; NULL after failing. */
static const scheme *read_scheme(redisc_url_reader *in, const char **rest)
{
    const char *separator = strstr(*rest, "://");
    const scheme *found = NULL;
    if (separator != NULL) {
        redisc_url_part name = {.at = *rest, .len = (size_t)(separator - *rest)};
        found = find_scheme(name);
        *rest = separator + 3;
    }
    if (found == NULL) {
        redisc_url_fail(
            in, in->text,
            "it must start with redis://, rediss://, valkey:// or valkeys:// (maybe with "
            "+sentinel, as redis+sentinel://), or unix://");
    }
    return found;
}

static redisc_status read_url(redisc_url_reader *in)
{
    const char *rest = in->text;
    const scheme *kind = read_scheme(in, &rest);
    if (kind == NULL) {
        return REDISC_ERROR_URL;
    }
    redisc_url_part authority = cut(&rest, "/?#");
    in->guarded = authority.len > 0 && strchr(rest, '@') != NULL;
    in->options->tls = in->options->tls || kind->tls;
    forget_other_ways(in->options, kind);
    redisc_status status = read_authority(in, authority, kind);
    if (status != REDISC_OK) {
        return status;
    }
    const char *path = rest;
    status = read_path(in, cut(&rest, "?#"), kind);
    if (status == REDISC_OK && *rest == '?') {
        rest++;
        status = redisc_url_query(in, cut(&rest, "#"));
    }
    if (status == REDISC_OK && *rest == '#') {
        status = redisc_url_fail(in, rest, "a fragment (`#`) has no meaning; write %%23");
    }
    if (status == REDISC_OK && kind->sentinel && in->options->master_name == NULL) {
        status = redisc_url_fail(in, path, "the master's name is missing: %s://…/name", kind->name);
    }
    if (status == REDISC_OK && kind->tls && !in->options->tls) {
        status = redisc_fail(REDISC_ERROR_URL, "URL: option `tls` contradicts %s://", kind->name);
    }
    return status;
}

redisc_status redisc_url_parse(const char *text, const redisc_options *base, redisc_url *url)
{
    if (url == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_url_parse: `url` is NULL");
    }
    *url = (redisc_url){0};
    if (text == NULL) {
        return redisc_fail(REDISC_ERROR_URL, "URL: it is NULL");
    }
    /* Each decoded text is at most as long as its source, and its NUL takes the place of the mark
     * that stands before or behind each part. */
    size_t size = strlen(text) + 1;
    url_memory *memory = redisc_allocate_zeroed(sizeof *memory + size);
    if (memory == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a URL of %zu bytes", size);
    }
    memory->size = size;
    url->memory = memory;
    url->options = base == NULL ? (redisc_options){0} : *base;
    redisc_url_reader in = {.text = text, .options = &url->options, .room = memory->texts};
    redisc_status status = read_url(&in);
    if (status != REDISC_OK) {
        redisc_url_free(url);
    }
    return status;
}

void redisc_url_free(redisc_url *url)
{
    if (url == NULL) {
        return;
    }
    url_memory *memory = url->memory;
    if (memory != NULL) {
        redisc_wipe(memory->texts, memory->size);
        redisc_release(memory);
    }
    *url = (redisc_url){0};
}
