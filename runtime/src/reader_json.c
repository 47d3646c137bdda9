/* SPDX-License-Identifier: MIT */
/* Numbers in a JSON text: what RESP2 has for an array of numbers that may be nil. */
#include "number.h"
#include "reader.h"

static redisc_str trimmed(redisc_str text)
{
    while (text.len > 0 && text.data[0] == ' ') {
        text = redisc_bytes(text.data + 1, text.len - 1);
    }
    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

/* "3.5" or "null" */
static bool take_number(redisc_str text, redisc_optional_double *number)
{
    if (redisc_str_equal(text, redisc_text("null"))) {
        *number = (redisc_optional_double){false, 0};
        return true;
    }
    number->has_value = redisc_read_double(text.data, text.len, &number->value);
    return number->has_value;
}

/* "[3.5,null]" */
static bool take_numbers(redisc_reader *in, redisc_optional_double_list *list)
{
    redisc_str text = {NULL, 0};
    const redisc_node *before = in->at;
    if (!redisc_take_view(in, &text)) {
        return false;
    }
    bool is_array = text.len >= 2 && text.data[0] == '[' && text.data[text.len - 1] == ']';
    redisc_str rest = is_array ? redisc_bytes(text.data + 1, text.len - 2) : redisc_bytes("", 0);
    size_t count = redisc_count_parts(rest, ',');
    redisc_optional_double *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    redisc_str part;
    for (size_t i = 0; is_array && redisc_text_part(&rest, ',', &part); i++) {
        is_array = take_number(trimmed(part), &items[i]);
    }
    if (!is_array) {
        in->at = before;
        return redisc_reader_mismatch(in, "an array of numbers");
    }
    *list = (redisc_optional_double_list){items, count};
    return true;
}

static bool read_json_optional_double_list(redisc_reader *in, void *out)
{
    if (redisc_reader_peek(in) >= REDISC_NODE_ARRAY) {
        return redisc_reads_optional_double_list.read(in, out);
    }
    redisc_optional_double_list *list = redisc_reader_begin(in, sizeof *list, in->reply->text * 8);
    if (list == NULL || !take_numbers(in, list)) {
        return false;
    }
    *(const redisc_optional_double_list **)out = list;
    return true;
}

const redisc_result redisc_reads_json_optional_double_list = {
    .size = sizeof(const redisc_optional_double_list *),
    .read = read_json_optional_double_list,
    .what = "numbers",
};
