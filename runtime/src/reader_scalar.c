/* SPDX-License-Identifier: MIT */
/* Taking numbers, booleans and status words. */
#include "number.h"
#include "reader.h"

#include <string.h>

/* The text of a string-like value that is still in the input; false for all others. */
static bool inline_text(const redisc_reader *in, redisc_str *text)
{
    if (in->at >= in->end) {
        return false;
    }
    redisc_node_type kind = redisc_node_kind(in->at);
    if (kind < REDISC_NODE_STRING || kind > REDISC_NODE_BIG || kind == REDISC_NODE_LARGE) {
        return false;
    }
    *text = redisc_bytes(redisc_node_bytes(in->reply, in->at), redisc_node_length(in->at));
    return true;
}

static bool ready(const redisc_reader *in)
{
    return in->status == REDISC_OK && in->at < in->end;
}

bool redisc_take_integer(redisc_reader *in, int64_t *value)
{
    redisc_str text;
    if (!ready(in)) {
        return redisc_reader_mismatch(in, "an integer");
    }
    redisc_node_type kind = redisc_node_kind(in->at);
    if (kind == REDISC_NODE_INTEGER || kind == REDISC_NODE_BOOLEAN) {
        *value = in->at++->as.integer;
        return true;
    }
    if (inline_text(in, &text) && redisc_read_integer(text.data, text.len, value)) {
        in->at++;
        return true;
    }
    return redisc_reader_mismatch(in, "an integer");
}

/* Whether a double is a count that it can hold exactly: some modules give their counts so. */
static bool is_whole(double real)
{
    return real >= 0 && real <= 9007199254740992.0 && (double)(uint64_t)real == real;
}

bool redisc_take_unsigned(redisc_reader *in, uint64_t *value)
{
    redisc_str text;
    if (!ready(in)) {
        return redisc_reader_mismatch(in, "an unsigned integer");
    }
    if (redisc_node_kind(in->at) == REDISC_NODE_INTEGER && in->at->as.integer >= 0) {
        *value = (uint64_t)in->at++->as.integer;
        return true;
    }
    if (redisc_node_kind(in->at) == REDISC_NODE_DOUBLE && is_whole(in->at->as.real)) {
        *value = (uint64_t)in->at++->as.real;
        return true;
    }
    if (inline_text(in, &text) && redisc_read_unsigned(text.data, text.len, value)) {
        in->at++;
        return true;
    }
    return redisc_reader_mismatch(in, "an unsigned integer");
}

bool redisc_take_double(redisc_reader *in, double *value)
{
    redisc_str text;
    if (!ready(in)) {
        return redisc_reader_mismatch(in, "a number");
    }
    switch (redisc_node_kind(in->at)) {
    case REDISC_NODE_DOUBLE:
        *value = in->at++->as.real;
        return true;
    case REDISC_NODE_INTEGER:
        *value = (double)in->at++->as.integer;
        return true;
    default:
        if (inline_text(in, &text) && redisc_read_double(text.data, text.len, value)) {
            in->at++;
            return true;
        }
        return redisc_reader_mismatch(in, "a number");
    }
}

bool redisc_take_boolean(redisc_reader *in, bool *value)
{
    int64_t number = 0;
    const redisc_node *before = in->at;
    if (!redisc_take_integer(in, &number)) {
        return false;
    }
    if (number != 0 && number != 1 && number != -1) { /* -1: not done for lack of room */
        in->at = before;
        return redisc_reader_mismatch(in, "0, 1 or a boolean");
    }
    *value = number == 1;
    return true;
}

bool redisc_take_optional_integer(redisc_reader *in, redisc_optional_integer *value)
{
    if (redisc_take_nil(in)) {
        *value = (redisc_optional_integer){false, 0};
        return true;
    }
    value->has_value = redisc_take_integer(in, &value->value);
    return value->has_value;
}

bool redisc_take_optional_double(redisc_reader *in, redisc_optional_double *value)
{
    if (redisc_take_nil(in)) {
        *value = (redisc_optional_double){false, 0};
        return true;
    }
    value->has_value = redisc_take_double(in, &value->value);
    return value->has_value;
}

bool redisc_take_optional_boolean(redisc_reader *in, redisc_optional_boolean *value)
{
    if (redisc_take_nil(in)) {
        *value = (redisc_optional_boolean){false, false};
        return true;
    }
    value->has_value = redisc_take_boolean(in, &value->value);
    return value->has_value;
}

/* A star at an end of a word stands for anything. */
static bool fits(redisc_str text, redisc_str word)
{
    bool begins = word.len > 0 && word.data[word.len - 1] == '*';
    bool ends = word.len > 0 && word.data[0] == '*';
    if (!begins && !ends) {
        return redisc_str_equal(text, word);
    }
    size_t len = word.len - 1;
    return text.len >= len && memcmp(begins ? text.data : text.data + text.len - len,
                                     begins ? word.data : word.data + 1, len) == 0;
}

static bool next_is_word(const redisc_reader *in, const char *word)
{
    redisc_str text;
    return inline_text(in, &text) && fits(text, redisc_text(word));
}

/* By far the most frequent reply. */
static inline bool take_ok(redisc_reader *in)
{
    const redisc_node *node = in->at;
    if (node < in->end && node->head == redisc_node_head(REDISC_NODE_SIMPLE, 2) &&
        memcmp(redisc_node_bytes(in->reply, node), "OK", 2) == 0) {
        in->at++;
        return true;
    }
    return redisc_take_word(in, "OK");
}

bool redisc_take_word(redisc_reader *in, const char *word)
{
    if (in->status == REDISC_OK && next_is_word(in, word)) {
        in->at++;
        return true;
    }
    return redisc_reader_mismatch(in, word);
}

bool redisc_take_either(redisc_reader *in, const char *yes, const char *no, bool *value)
{
    if (in->status == REDISC_OK) {
        *value = next_is_word(in, yes);
        if (*value || next_is_word(in, no)) {
            in->at++;
            return true;
        }
    }
    return redisc_reader_mismatch(in, yes);
}

static bool read_ok(redisc_reader *in, void *out)
{
    (void)out;
    return take_ok(in);
}

static bool read_closed(redisc_reader *in, void *out)
{
    (void)out;
    return redisc_reader_mismatch(in, "the end of the connection");
}

static bool read_pong(redisc_reader *in, void *out)
{
    (void)out;
    return redisc_take_word(in, "PONG");
}

static bool read_optional_ok(redisc_reader *in, void *out)
{
    bool *said = out;
    if (redisc_take_nil(in)) {
        *said = false;
        return true;
    }
    *said = redisc_take_word(in, "OK");
    return *said;
}

#define READS(name, type, take)                                                                    \
    static bool read_##name(redisc_reader *in, void *out)                                          \
    {                                                                                              \
        return take(in, (type *)out);                                                              \
    }

READS(integer, int64_t, redisc_take_integer)
READS(optional_integer, redisc_optional_integer, redisc_take_optional_integer)
READS(unsigned, uint64_t, redisc_take_unsigned)
READS(double, double, redisc_take_double)
READS(optional_double, redisc_optional_double, redisc_take_optional_double)
READS(boolean, bool, redisc_take_boolean)
READS(optional_boolean, redisc_optional_boolean, redisc_take_optional_boolean)

const redisc_result redisc_reads_ok = {0, read_ok, "OK", 0, true};
const redisc_result redisc_reads_closed = {0, read_closed, "the end of the connection", 0, true};
const redisc_result redisc_reads_pong = {0, read_pong, "PONG", 0, true};
const redisc_result redisc_reads_optional_ok = {sizeof(bool), read_optional_ok, "OK or nil", 0,
                                                true};
const redisc_result redisc_reads_integer = {sizeof(int64_t), read_integer, "an integer", 0, true};
const redisc_result redisc_reads_optional_integer = {
    sizeof(redisc_optional_integer), read_optional_integer, "an integer or nil", 0, true};
const redisc_result redisc_reads_unsigned = {sizeof(uint64_t), read_unsigned, "an unsigned integer",
                                             0, true};
const redisc_result redisc_reads_double = {sizeof(double), read_double, "a number", 0, true};
const redisc_result redisc_reads_optional_double = {
    sizeof(redisc_optional_double), read_optional_double, "a number or nil", 0, true};
const redisc_result redisc_reads_boolean = {sizeof(bool), read_boolean, "a boolean", 0, true};
const redisc_result redisc_reads_optional_boolean = {
    sizeof(redisc_optional_boolean), read_optional_boolean, "a boolean or nil", 0, true};
