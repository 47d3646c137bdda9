/* SPDX-License-Identifier: MIT */
/* The lines of INFO. */
#include "reader_texts.h"

#include <string.h>

static bool is_title(redisc_str line)
{
    return line.len > 0 && line.data[0] == '#';
}

static bool is_entry(redisc_str line)
{
    return line.len > 0 && line.data[0] != '#' && memchr(line.data, ':', line.len) != NULL;
}

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
}

/* Whether a value is of the form "keys=1,expires=0": it begins with a name. */
static bool has_parts(redisc_str value)
{
    size_t at = 0;
    while (at < value.len && is_name_byte(value.data[at])) {
        at++;
    }
    return at > 0 && at < value.len && value.data[at] == '=';
}

static bool take_parts(redisc_reader *in, redisc_str value, redisc_pair_list *list)
{
    if (!has_parts(value)) {
        return true;
    }
    size_t count = 1;
    for (size_t i = 0; i < value.len; i++) {
        count += value.data[i] == ',' ? 1 : 0;
    }
    redisc_pair *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        redisc_str part = {value.data, 0};
        redisc_str name = part;
        redisc_text_part(&value, ',', &part);
        redisc_str rest = part;
        redisc_text_part(&rest, '=', &name);
        if (!redisc_reader_copy(in, name, &items[i].key) ||
            !redisc_reader_copy(in, rest, &items[i].value)) {
            return false;
        }
    }
    *list = (redisc_pair_list){items, count};
    return true;
}

/* A title without its sign and the blanks around it. */
static redisc_str title_of(redisc_str line)
{
    size_t from = 1;
    while (from < line.len && line.data[from] == ' ') {
        from++;
    }
    return redisc_bytes(line.data + from, line.len - from);
}

static bool take_entry(redisc_reader *in, redisc_str line, redisc_str section,
                       redisc_info_entry *entry)
{
    redisc_str name = {line.data, 0};
    redisc_text_part(&line, ':', &name);
    entry->section = section; /* shared by the lines of a section */
    return redisc_reader_copy(in, name, &entry->name) &&
           redisc_reader_copy(in, line, &entry->value) && take_parts(in, line, &entry->parts);
}

static size_t count_entries(redisc_str text)
{
    size_t count = 0;
    redisc_str line;
    while (redisc_text_line(&text, &line)) {
        count += is_entry(line) ? 1 : 0;
    }
    return count;
}

bool redisc_take_info_entry_list(redisc_reader *in, redisc_info_entry_list *list)
{
    redisc_str text;
    if (!redisc_take_view(in, &text)) {
        return false;
    }
    size_t count = count_entries(text);
    redisc_info_entry *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    memset(items, 0, count * sizeof *items);
    redisc_str line;
    redisc_str section = {NULL, 0};
    for (size_t i = 0; redisc_text_line(&text, &line);) {
        if (is_title(line) && !redisc_reader_copy(in, title_of(line), &section)) {
            return false;
        }
        if (is_entry(line) && !take_entry(in, line, section, &items[i++])) {
            return false;
        }
    }
    *list = (redisc_info_entry_list){items, count};
    return true;
}
