/* SPDX-License-Identifier: MIT */
/* Taking text forms apart: lines, parts, names with values. */
#include "number.h"
#include "reader.h"

#include <string.h>

static redisc_str after(redisc_str text, size_t len)
{
    return redisc_bytes(text.data + len, text.len - len);
}

bool redisc_text_line(redisc_str *rest, redisc_str *line)
{
    if (rest->len == 0) {
        return false;
    }
    const char *end = memchr(rest->data, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
    *line = redisc_bytes(rest->data, len);
    *rest = after(*rest, end == NULL ? len : len + 1);
    if (line->len > 0 && line->data[line->len - 1] == '\r') {
        line->len--;
    }
    return true;
}

bool redisc_text_field(redisc_str *rest, redisc_str *name, redisc_str *value)
{
    while (rest->len > 0 && rest->data[0] == ' ') {
        *rest = after(*rest, 1);
    }
    if (rest->len == 0) {
        return false;
    }
    const char *end = memchr(rest->data, ' ', rest->len);
    redisc_str field = {rest->data, end == NULL ? rest->len : (size_t)(end - rest->data)};
    const char *equals = memchr(field.data, '=', field.len);
    size_t name_len = equals == NULL ? field.len : (size_t)(equals - field.data);
    *name = redisc_bytes(field.data, name_len);
    *value = equals == NULL ? redisc_bytes(field.data + field.len, 0) : after(field, name_len + 1);
    *rest = after(*rest, field.len);
    return true;
}

bool redisc_text_part(redisc_str *rest, char separator, redisc_str *part)
{
    if (rest->len == 0) {
        return false;
    }
    const char *end = memchr(rest->data, separator, rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
    *part = redisc_bytes(rest->data, len);
    *rest = after(*rest, end == NULL ? len : len + 1);
    return true;
}

static bool split_pair(redisc_str field, char assign, redisc_str *name, redisc_str *value)
{
    const char *sign = field.len == 0 ? NULL : memchr(field.data, assign, field.len);
    if (sign == NULL) {
        return false;
    }
    *name = redisc_bytes(field.data, (size_t)(sign - field.data));
    *value = after(field, name->len + 1);
    return true;
}

bool redisc_text_pair(redisc_str *rest, char assign, redisc_str *name, redisc_str *value)
{
    redisc_str field;
    while (redisc_text_part(rest, ' ', &field)) {
        if (split_pair(field, assign, name, value)) {
            return true;
        }
    }
    return false;
}

bool redisc_text_line_pair(redisc_str *rest, char assign, redisc_str *name, redisc_str *value)
{
    redisc_str line;
    while (redisc_text_line(rest, &line)) {
        if (split_pair(line, assign, name, value)) {
            return true;
        }
    }
    return false;
}

size_t redisc_count_lines(redisc_str text)
{
    redisc_str line;
    size_t count = 0;
    while (redisc_text_line(&text, &line)) {
        count += line.len > 0 ? 1 : 0;
    }
    return count;
}

size_t redisc_count_parts(redisc_str text, char separator)
{
    redisc_str part;
    size_t count = 0;
    while (redisc_text_part(&text, separator, &part)) {
        count++;
    }
    return count;
}

static bool not_a_number(redisc_reader *in, redisc_str text)
{
    in->status = redisc_fail(REDISC_ERROR_REPLY_TYPE, "reading %s: \"%.*s\" is not a number",
                             in->result->what, (int)(text.len < 40 ? text.len : 40), text.data);
    return false;
}

bool redisc_take_text_integer(redisc_reader *in, redisc_str text, int64_t *value)
{
    return redisc_read_integer(text.data, text.len, value) || not_a_number(in, text);
}

bool redisc_take_text_unsigned(redisc_reader *in, redisc_str text, uint64_t *value)
{
    return redisc_read_unsigned(text.data, text.len, value) || not_a_number(in, text);
}

bool redisc_take_text_double(redisc_reader *in, redisc_str text, double *value)
{
    return redisc_read_double(text.data, text.len, value) || not_a_number(in, text);
}

bool redisc_take_text_boolean(redisc_reader *in, redisc_str text, bool *value)
{
    int64_t number = 0;
    if (!redisc_take_text_integer(in, text, &number)) {
        return false;
    }
    *value = number != 0;
    return true;
}

static bool take_parts(redisc_reader *in, redisc_str text, char separator, redisc_str_list *list)
{
    size_t count = redisc_count_parts(text, separator);
    redisc_str *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    redisc_str part;
    for (size_t i = 0; redisc_text_part(&text, separator, &part); i++) {
        if (!redisc_reader_copy(in, part, &items[i])) {
            return false;
        }
    }
    *list = (redisc_str_list){items, count};
    return true;
}

bool redisc_take_words(redisc_reader *in, char separator, redisc_str_list *list)
{
    redisc_node_type kind = redisc_reader_peek(in);
    if (kind >= REDISC_NODE_ARRAY && kind <= REDISC_NODE_MAP) {
        return redisc_take_str_list(in, list);
    }
    redisc_str text;
    return redisc_take_view(in, &text) && take_parts(in, text, separator, list);
}
