/* SPDX-License-Identifier: MIT */
/* Taking text forms apart: lines, and names with values. */
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
