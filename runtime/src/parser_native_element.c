/* SPDX-License-Identifier: MIT */
/*
 * The native parser's way through any one value: every type, every check. The short ways in
 * parser_native_leaves.c hand to it whatever they don't take.
 */
#include "parser_native.h"

#include "double_read.h"
#include "number.h"

#include <string.h>

static redisc_step wait_for(redisc_native_parser *parser, size_t wanted)
{
    parser->wanted = wanted;
    return REDISC_STEP_MORE;
}

static redisc_step broken(redisc_native_parser *parser, const char *text)
{
    return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, 0, "%s", text);
}

/* Texts count as strings for the limit; headers and numbers don't. */
static size_t line_limit(const redisc_native_parser *parser, char sign)
{
    bool is_text = sign == '+' || sign == '-' || sign == '(';
    return is_text && parser->limits.bulk_bytes < REDISC_LINE_MOST ? parser->limits.bulk_bytes
                                                                   : (size_t)REDISC_LINE_MOST;
}

/*
 * Finds the end of the line at hand: its length without type byte, CR and LF. Bytes that were
 * searched in vain are not searched again.
 */
static redisc_step find_line(redisc_native_parser *parser, size_t *length)
{
    const char *here = redisc_native_here(parser);
    size_t available = redisc_native_available(parser);
    size_t from = parser->searched > 1 ? parser->searched : 1;
    const char *start = here + from;
    const char *cr = memchr(start, '\r', available - from);
    size_t end = cr == NULL ? available : (size_t)(cr - here);
    const char *lf = memchr(start, '\n', end - from);
    if (lf != NULL || (end + 1 < available && here[end + 1] != '\n')) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL,
                                  lf != NULL ? (size_t)(lf - here) : end, "CR and LF apart");
    }
    size_t most = line_limit(parser, *here);
    if (end - 1 > most) {
        return redisc_native_fail(parser, REDISC_ERROR_LIMIT, 0, "line of more than %zu bytes",
                                  most);
    }
    if (end + 1 >= available) {
        parser->searched = end;
        return wait_for(parser, available + 1);
    }
    *length = end - 1;
    return REDISC_STEP_VALUE;
}

/* Appends a value of `size` bytes on the wire whose text is `length` bytes at `offset`. */
static redisc_step take_text(redisc_native_parser *parser, redisc_node_type type, size_t offset,
                             size_t length, size_t size)
{
    redisc_node node = {.head = redisc_node_head(type, length), .as.place = parser->at + offset};
    if (!redisc_native_push(parser, node)) {
        return REDISC_STEP_FAILED;
    }
    parser->text += length + 1;
    redisc_native_advance(parser, size);
    return REDISC_STEP_VALUE;
}

static redisc_step take_number(redisc_native_parser *parser, redisc_node_type type, int64_t value,
                               size_t size)
{
    redisc_node node = {.head = redisc_node_head(type, 0), .as.integer = value};
    if (!redisc_native_push(parser, node)) {
        return REDISC_STEP_FAILED;
    }
    redisc_native_advance(parser, size);
    return REDISC_STEP_VALUE;
}

static redisc_step integer(redisc_native_parser *parser, const char *line, size_t length)
{
    size_t plus = length > 1 && *line == '+' && line[1] != '-';
    int64_t value;
    if (!redisc_read_integer(line + plus, length - plus, &value)) {
        return broken(parser, "invalid integer");
    }
    return take_number(parser, REDISC_NODE_INTEGER, value, length + 3);
}

static redisc_step real(redisc_native_parser *parser, const char *line, size_t length)
{
    redisc_node node = {.head = redisc_node_head(REDISC_NODE_DOUBLE, 0)};
    if (!redisc_read_double(line, length, &node.as.real)) {
        return broken(parser, "invalid double");
    }
    if (!redisc_native_push(parser, node)) {
        return REDISC_STEP_FAILED;
    }
    redisc_native_advance(parser, length + 3);
    return REDISC_STEP_VALUE;
}

static redisc_step boolean(redisc_native_parser *parser, const char *line, size_t length)
{
    if (length != 1 || (*line != 't' && *line != 'f')) {
        return broken(parser, "invalid boolean");
    }
    return take_number(parser, REDISC_NODE_BOOLEAN, *line == 't', length + 3);
}

/* Digits with an optional sign; a '+' is not part of the node. */
static redisc_step big_number(redisc_native_parser *parser, const char *line, size_t length)
{
    size_t plus = length > 0 && *line == '+';
    size_t sign = length > 0 && (*line == '-' || *line == '+');
    for (size_t i = sign; i < length; i++) {
        if (line[i] < '0' || line[i] > '9') {
            return broken(parser, "invalid big number");
        }
    }
    if (length == sign) {
        return broken(parser, "invalid big number");
    }
    return take_text(parser, REDISC_NODE_BIG, 1 + plus, length - plus, length + 3);
}

/* A length or count: digits only. */
static redisc_step read_length(redisc_native_parser *parser, const char *line, size_t length,
                               size_t *value)
{
    uint64_t number;
    if (!redisc_read_unsigned(line, length, &number)) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, 1, "invalid length");
    }
    *value = number < SIZE_MAX ? (size_t)number : SIZE_MAX;
    return REDISC_STEP_VALUE;
}

/* The same for a string of which `sofar` bytes are there already. */
static redisc_step read_bulk_length(redisc_native_parser *parser, const char *line, size_t length,
                                    size_t sofar, size_t *value)
{
    size_t limit = parser->limits.bulk_bytes;
    redisc_step step = read_length(parser, line, length, value);
    if (step == REDISC_STEP_VALUE && *value > limit - sofar) {
        return redisc_native_fail(parser, REDISC_ERROR_LIMIT, 0,
                                  "string of %zu bytes exceeds the limit of %zu", *value, limit);
    }
    return step;
}

static bool is_null(const char *line, size_t length)
{
    return length == 2 && line[0] == '-' && line[1] == '1';
}

/* The string behind a header, or what has come of it. `header`: with type byte and CR LF. */
static redisc_step bulk_body(redisc_native_parser *parser, redisc_node_type type, size_t header,
                             size_t length)
{
    size_t have = redisc_native_available(parser) - header;
    if (have < length + 2) {
        size_t sofar = parser->skipped + parser->at + header;
        if (length > parser->limits.reply_bytes - sofar) {
            return redisc_native_fail(parser, REDISC_ERROR_LIMIT, 0,
                                      "string of %zu bytes exceeds the limit of %zu for a reply",
                                      length, parser->limits.reply_bytes);
        }
        if (type == REDISC_NODE_STRING && length >= REDISC_LARGE_LEAST) {
            redisc_native_advance(parser, header);
            return redisc_native_large_begin(parser, length, have);
        }
        return wait_for(parser, header + length + 2);
    }
    const char *body = redisc_native_here(parser) + header;
    if (!redisc_is_crlf(body + length)) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, header + length,
                                  "bulk string without CR LF");
    }
    size_t size = header + length + 2;
    if (type == REDISC_NODE_VERBATIM) { /* "txt:" stands before the text */
        if (length < 4 || body[3] != ':') {
            return broken(parser, "verbatim string without its format");
        }
        return take_text(parser, type, header + 4, length - 4, size);
    }
    return take_text(parser, type, header, length, size);
}

static redisc_step bulk(redisc_native_parser *parser, char sign, const char *line, size_t length)
{
    redisc_node_type type = sign == '$'   ? REDISC_NODE_STRING
                            : sign == '=' ? REDISC_NODE_VERBATIM
                                          : REDISC_NODE_ERROR;
    if (sign == '$' && is_null(line, length)) {
        return take_number(parser, REDISC_NODE_NIL, 0, length + 3);
    }
    if (sign == '$' && length == 1 && *line == '?') {
        redisc_native_advance(parser, length + 3);
        parser->stream = (redisc_stream){.open = true, .place = parser->at};
        return redisc_native_stream_continue(parser);
    }
    size_t size = 0;
    redisc_step step = read_bulk_length(parser, line, length, 0, &size);
    return step == REDISC_STEP_VALUE ? bulk_body(parser, type, length + 3, size) : step;
}

/* One part of a streamed string: moved to the end of those before it. */
static redisc_step stream_part(redisc_native_parser *parser)
{
    redisc_stream *stream = &parser->stream;
    const char *here = redisc_native_here(parser);
    size_t length = 0;
    size_t size = 0;
    if (*here != ';') {
        return broken(parser, "streamed string goes on with something else than a part");
    }
    redisc_step step = find_line(parser, &length);
    if (step == REDISC_STEP_VALUE) {
        step = read_bulk_length(parser, here + 1, length, stream->length, &size);
    }
    if (step != REDISC_STEP_VALUE) {
        return step;
    }
    if (size == 0) { /* the end */
        redisc_node node = {.head = redisc_node_head(REDISC_NODE_STRING, stream->length),
                            .as.place = stream->place};
        if (!redisc_native_push(parser, node)) {
            return REDISC_STEP_FAILED;
        }
        parser->text += stream->length + 1;
        stream->open = false;
        redisc_native_advance(parser, length + 3);
        return REDISC_STEP_VALUE;
    }
    size_t header = length + 3;
    if (redisc_native_available(parser) < header + size + 2) {
        return wait_for(parser, header + size + 2);
    }
    if (!redisc_is_crlf(here + header + size)) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, header + size,
                                  "part of a streamed string without CR LF");
    }
    char *start = parser->in.data + parser->in.start;
    memmove(start + stream->place + stream->length, here + header, size);
    stream->length += size;
    redisc_native_advance(parser, header + size + 2);
    return REDISC_STEP_OPENED;
}

redisc_step redisc_native_stream_continue(redisc_native_parser *parser)
{
    redisc_step step;
    do {
        if (redisc_native_available(parser) == 0) {
            return REDISC_STEP_MORE;
        }
        step = stream_part(parser);
    } while (step == REDISC_STEP_OPENED);
    return step;
}

static redisc_step aggregate(redisc_native_parser *parser, char sign, const char *line,
                             size_t length)
{
    redisc_frame_kind kind = sign == '|' ? REDISC_FRAME_ATTRIBUTE : REDISC_FRAME_COUNTED;
    redisc_node_type type = sign == '*'   ? REDISC_NODE_ARRAY
                            : sign == '~' ? REDISC_NODE_SET
                            : sign == '>' ? REDISC_NODE_PUSH
                                          : REDISC_NODE_MAP;
    if (sign == '*' && is_null(line, length)) {
        return take_number(parser, REDISC_NODE_NIL, 0, length + 3);
    }
    if (sign == '>' && parser->depth > 0) {
        return broken(parser, "push inside a reply");
    }
    uint64_t children = UINT64_MAX;
    if (length == 1 && *line == '?' && sign != '|' && sign != '>') {
        kind = REDISC_FRAME_STREAMED;
    } else {
        bool pairs = sign == '%' || sign == '|';
        size_t limit = parser->limits.elements;
        size_t most = parser->count < limit ? limit - parser->count : 0;
        size_t count = 0;
        redisc_step step = read_length(parser, line, length, &count);
        if (step != REDISC_STEP_VALUE) {
            return step;
        }
        if (count > (pairs ? most / 2 : most)) {
            return redisc_native_fail(parser, REDISC_ERROR_LIMIT, 0,
                                      "aggregate of %zu %s makes more than %zu elements", count,
                                      pairs ? "pairs" : "values", limit);
        }
        children = pairs ? count * 2 : count;
    }
    if (!redisc_native_open(parser, kind, type, children)) {
        return REDISC_STEP_FAILED;
    }
    redisc_native_advance(parser, length + 3);
    return children == 0 && kind != REDISC_FRAME_ATTRIBUTE ? REDISC_STEP_VALUE : REDISC_STEP_OPENED;
}

static redisc_step unknown_type(redisc_native_parser *parser, unsigned char sign)
{
    if (sign > ' ' && sign < 0x7f) {
        return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, 0, "unknown type '%c'", sign);
    }
    /* An alert or a handshake of TLS. */
    bool tls = sign == 0x15 || sign == 0x16;
    return redisc_native_fail(parser, REDISC_ERROR_PROTOCOL, 0, "unknown type 0x%02x%s", sign,
                              tls ? " (TLS, maybe: rediss://)" : "");
}

redisc_step redisc_native_element(redisc_native_parser *parser)
{
    const char *line = redisc_native_here(parser) + 1;
    char sign = line[-1];
    size_t length = 0;
    if (sign == '\0' || strchr("+-:$*,#_(!=%~>|.", sign) == NULL) {
        return unknown_type(parser, (unsigned char)sign);
    }
    redisc_step step = find_line(parser, &length);
    if (step != REDISC_STEP_VALUE) {
        return step;
    }
    switch (sign) {
    case '+':
        return take_text(parser, REDISC_NODE_SIMPLE, 1, length, length + 3);
    case '-':
        return take_text(parser, REDISC_NODE_ERROR, 1, length, length + 3);
    case '(':
        return big_number(parser, line, length);
    case ':':
        return integer(parser, line, length);
    case ',':
        return real(parser, line, length);
    case '#':
        return boolean(parser, line, length);
    case '_':
        return length == 0 ? take_number(parser, REDISC_NODE_NIL, 0, 3)
                           : broken(parser, "invalid null");
    case '.':
        return length == 0 ? redisc_native_end_streamed(parser)
                           : broken(parser, "invalid end of a streamed aggregate");
    case '$':
    case '=':
    case '!':
        return bulk(parser, sign, line, length);
    default:
        return aggregate(parser, sign, line, length);
    }
}
