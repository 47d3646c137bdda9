/* SPDX-License-Identifier: MIT */
#include "json_check.h"

#include <cjson/cJSON.h>

#include <string.h>

enum {
    NUMBER_LENGTH = 63, /* what cJSON's parser takes */
    HEX_DIGITS = 4
};

/* A text being read. It has no recursion: `closing` holds what ends each open array and object. */
typedef struct json_scan {
    const char *begin;
    const char *at;
    const char *end;
    redisc_json_fault *fault;
    size_t depth;
    char closing[CJSON_NESTING_LIMIT];
} json_scan;

static bool refuse(json_scan *in, redisc_status status, const char *what)
{
    in->fault->what = what;
    in->fault->at = (size_t)(in->at - in->begin);
    in->fault->status = status;
    return false;
}

static bool wrong(json_scan *in, const char *what)
{
    return refuse(in, REDISC_ERROR_ENCODING, in->at == in->end ? "the text ends too early" : what);
}

/* The next byte; NUL, which is no part of JSON, at the end. */
static char peek(const json_scan *in)
{
    return in->at < in->end ? *in->at : '\0';
}

static void skip_blanks(json_scan *in)
{
    while (in->at < in->end &&
           (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t')) {
        in->at++;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t take_digits(json_scan *in)
{
    const char *first = in->at;
    while (is_digit(peek(in))) {
        in->at++;
    }
    return (size_t)(in->at - first);
}

static bool take_number(json_scan *in)
{
    const char *first = in->at;
    in->at += *in->at == '-';
    bool zero = peek(in) == '0';
    size_t digits = take_digits(in);
    if (digits == 0) {
        return wrong(in, "a digit was expected");
    }
    if (zero && digits > 1) {
        in->at = first;
        return wrong(in, "a number begins with 0");
    }
    if (peek(in) == '.') {
        in->at++;
        if (take_digits(in) == 0) {
            return wrong(in, "a digit was expected");
        }
    }
    if (peek(in) == 'e' || peek(in) == 'E') {
        in->at++;
        in->at += peek(in) == '+' || peek(in) == '-';
        if (take_digits(in) == 0) {
            return wrong(in, "a digit was expected");
        }
    }
    if (in->at - first > NUMBER_LENGTH) {
        in->at = first;
        return refuse(in, REDISC_ERROR_LIMIT, "a number has more than 63 characters");
    }
    return true;
}

static bool take_word(json_scan *in)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t len = strlen(words[i]);
        if ((size_t)(in->end - in->at) >= len && memcmp(in->at, words[i], len) == 0) {
            in->at += len;
            return true;
        }
    }
    return wrong(in, "a value was expected");
}

/* Four hexadecimal digits; -1 for anything else. */
static long take_hex(json_scan *in)
{
    long value = 0;
    for (int i = 0; i < HEX_DIGITS; i++) {
        char c = peek(in);
        char lower = (char)(c | 0x20);
        if (is_digit(c)) {
            value = value * 16 + (c - '0');
        } else if (lower >= 'a' && lower <= 'f') {
            value = value * 16 + (lower - 'a' + 10);
        } else {
            return -1;
        }
        in->at++;
    }
    return value;
}

/* What follows \u: a character, or two halves of one. */
static bool take_unicode(json_scan *in)
{
    long code = take_hex(in);
    if (code < 0) {
        return wrong(in, "four hexadecimal digits were expected");
    }
    if (code == 0) {
        return wrong(in, "a string has a NUL in it, which cJSON can't hold");
    }
    if (code < 0xD800 || code > 0xDFFF) {
        return true;
    }
    bool second = code < 0xDC00 && in->end - in->at > 2 && in->at[0] == '\\' && in->at[1] == 'u';
    if (second) {
        in->at += 2;
        code = take_hex(in);
    }
    if (!second || code < 0xDC00 || code > 0xDFFF) {
        return wrong(in, "half a surrogate pair");
    }
    return true;
}

static bool take_string(json_scan *in)
{
    for (in->at++; in->at < in->end; in->at++) {
        unsigned char c = (unsigned char)*in->at;
        if (c == '"') {
            in->at++;
            return true;
        }
        if (c < 0x20) {
            return wrong(in, "a string has a control character in it");
        }
        if (c == '\\') {
            in->at++;
            char escaped = peek(in);
            if (escaped == 'u') {
                in->at++;
                if (!take_unicode(in)) {
                    return false;
                }
                in->at--;
            } else if (escaped == '\0' || strchr("\"\\/bfnrt", escaped) == NULL) {
                return wrong(in, "an unknown escape");
            }
        }
    }
    return wrong(in, "");
}

/* The name of a member, and its colon. */
static bool take_name(json_scan *in)
{
    skip_blanks(in);
    if (peek(in) != '"') {
        return wrong(in, "a name in quotes was expected");
    }
    if (!take_string(in)) {
        return false;
    }
    skip_blanks(in);
    if (peek(in) != ':') {
        return wrong(in, "a colon was expected");
    }
    in->at++;
    return true;
}

/* Opens arrays and objects up to the first value in them; *value is false if there is none, since
 * the last one is empty. */
static bool open_all(json_scan *in, bool *value)
{
    for (;;) {
        skip_blanks(in);
        char c = peek(in);
        if (c != '[' && c != '{') {
            *value = true;
            return true;
        }
        if (in->depth == CJSON_NESTING_LIMIT) {
            return refuse(in, REDISC_ERROR_LIMIT, "nested too deeply");
        }
        char closing = c == '[' ? ']' : '}';
        in->closing[in->depth++] = closing;
        in->at++;
        skip_blanks(in);
        if (peek(in) == closing) {
            *value = false;
            return true;
        }
        if (c == '{' && !take_name(in)) {
            return false;
        }
    }
}

static bool take_scalar(json_scan *in)
{
    char c = peek(in);
    if (c == '"') {
        return take_string(in);
    }
    return c == '-' || is_digit(c) ? take_number(in) : take_word(in);
}

/* Behind a value: closes what ends here. *more: another value follows. */
static bool close_all(json_scan *in, bool *more)
{
    for (;;) {
        skip_blanks(in);
        *more = false;
        if (in->depth == 0) {
            return in->at == in->end || wrong(in, "the value has ended, but the text goes on");
        }
        char closing = in->closing[in->depth - 1];
        char c = peek(in);
        if (c == ',') {
            in->at++;
            *more = true;
            return closing == ']' || take_name(in);
        }
        if (c != closing) {
            return wrong(in, closing == ']' ? "a comma or ] was expected"
                                            : "a comma or } was expected");
        }
        in->at++;
        in->depth--;
    }
}

bool redisc_json_check(redisc_str text, redisc_json_fault *fault)
{
    json_scan in;
    in.begin = in.at = text.data;
    in.end = text.data + text.len;
    in.fault = fault;
    in.depth = 0;
    bool more = true;
    while (more) {
        bool value = false;
        if (!open_all(&in, &value) || (value && !take_scalar(&in)) || !close_all(&in, &more)) {
            return false;
        }
    }
    return true;
}
