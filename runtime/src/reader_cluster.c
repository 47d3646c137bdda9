/* SPDX-License-Identifier: MIT */
/* The lines of CLUSTER NODES: "id address flags master ping pong epoch link slot…", the address as
 * "host:port@bus-port,name", a slot as "5", "5-9", "[5->-id]" or "[5-<-id]". */
#include "number.h"
#include "reader_texts.h"

#include <string.h>

enum { FIELDS = 8 }; /* before the slots */

static bool malformed(redisc_reader *in, redisc_str line)
{
    in->status = redisc_fail(REDISC_ERROR_REPLY_TYPE, "reading %s: \"%.*s\" describes no node",
                             in->result->what, (int)(line.len < 40 ? line.len : 40), line.data);
    return false;
}

static redisc_str next(redisc_str *rest, char separator)
{
    redisc_str part = {rest->data, 0};
    redisc_text_part(rest, separator, &part);
    return part;
}

static bool is(redisc_str text, const char *word)
{
    return redisc_str_equal(text, redisc_text(word));
}

static bool take_number(redisc_str text, int64_t *value)
{
    return redisc_read_integer(text.data, text.len, value);
}

/* "host:port@bus-port,name,…"; the host may hold colons. */
static bool take_address(redisc_reader *in, redisc_str text, redisc_cluster_node *node)
{
    redisc_str client = next(&text, '@');
    redisc_str bus = next(&text, ',');
    redisc_str name = next(&text, ',');
    size_t colon = client.len;
    while (colon > 0 && client.data[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return false;
    }
    redisc_str port = {client.data + colon, client.len - colon};
    return take_number(port, &node->port) && (bus.len == 0 || take_number(bus, &node->bus_port)) &&
           redisc_reader_copy(in, redisc_bytes(client.data, colon - 1), &node->host) &&
           (name.len == 0 || redisc_reader_copy(in, name, &node->hostname));
}

static void take_flags(redisc_str text, redisc_cluster_node *node)
{
    while (text.len > 0) {
        redisc_str flag = next(&text, ',');
        node->is_myself = node->is_myself || is(flag, "myself");
        node->is_master = node->is_master || is(flag, "master");
        node->is_replica = node->is_replica || is(flag, "slave");
        node->may_have_failed = node->may_have_failed || is(flag, "fail?");
        node->has_failed = node->has_failed || is(flag, "fail");
        node->in_handshake = node->in_handshake || is(flag, "handshake");
        node->has_no_address = node->has_no_address || is(flag, "noaddr");
        node->never_promoted = node->never_promoted || is(flag, "nofailover");
    }
}

static bool take_range(redisc_str text, redisc_slot_range *range)
{
    redisc_str first = next(&text, '-');
    return take_number(first, &range->start_slot) &&
           take_number(text.len == 0 ? first : text, &range->end_slot);
}

/* "[5->-id]" or "[5-<-id]" */
static bool take_moving(redisc_reader *in, redisc_str text, redisc_moving_slot *slot)
{
    if (text.data[text.len - 1] != ']') {
        return false;
    }
    redisc_str rest = {text.data + 1, text.len - 2};
    redisc_str number = next(&rest, '-');
    redisc_str mark = next(&rest, '-');
    slot->is_import = is(mark, "<");
    return (slot->is_import || is(mark, ">")) && take_number(number, &slot->slot) &&
           redisc_reader_copy(in, rest, &slot->node_id);
}

static bool take_slots(redisc_reader *in, redisc_str text, redisc_cluster_node *node)
{
    size_t moving = 0;
    size_t ranges = 0;
    for (redisc_str rest = text; rest.len > 0;) {
        redisc_str word = next(&rest, ' ');
        moving += word.len > 0 && word.data[0] == '[' ? 1 : 0;
        ranges += word.len > 0 && word.data[0] != '[' ? 1 : 0;
    }
    redisc_moving_slot *slots = redisc_reader_room(in, moving * sizeof *slots);
    redisc_slot_range *items = redisc_reader_room(in, ranges * sizeof *items);
    if (slots == NULL || items == NULL) {
        return false;
    }
    memset(slots, 0, moving * sizeof *slots);
    node->moving = (redisc_moving_slot_list){slots, moving};
    node->slots = (redisc_slot_range_list){items, ranges};
    while (text.len > 0) {
        redisc_str word = next(&text, ' ');
        if (word.len == 0) {
            continue;
        }
        if (word.data[0] == '[' ? !take_moving(in, word, slots++) : !take_range(word, items++)) {
            return false;
        }
    }
    return true;
}

static bool take_node(redisc_reader *in, redisc_str line, redisc_cluster_node *node)
{
    redisc_str rest = line;
    redisc_str f[FIELDS];
    for (size_t i = 0; i < FIELDS; i++) {
        f[i] = next(&rest, ' ');
    }
    if (f[FIELDS - 1].len == 0 || !take_address(in, f[1], node) ||
        !take_number(f[4], &node->ping_sent) || !take_number(f[5], &node->pong_received) ||
        !take_number(f[6], &node->config_epoch) || !redisc_reader_copy(in, f[0], &node->id) ||
        !take_slots(in, rest, node)) {
        return in->status == REDISC_OK ? malformed(in, line) : false;
    }
    take_flags(f[2], node);
    node->is_connected = is(f[7], "connected");
    return is(f[3], "-") || redisc_reader_copy(in, f[3], &node->master_id);
}

static bool fill_lines(redisc_reader *in, redisc_str text, redisc_cluster_node *items)
{
    redisc_str line;
    while (redisc_text_line(&text, &line)) {
        if (line.len > 0 && !take_node(in, line, items++)) {
            return false;
        }
    }
    return true;
}

static bool fill_items(redisc_reader *in, size_t count, redisc_cluster_node *items)
{
    for (size_t i = 0; i < count; i++) {
        redisc_str line;
        if (!redisc_take_view(in, &line) || !take_node(in, line, &items[i])) {
            return false;
        }
    }
    return true;
}

bool redisc_take_cluster_node_list(redisc_reader *in, redisc_cluster_node_list *list)
{
    redisc_node_type kind = redisc_reader_peek(in);
    bool is_array = kind >= REDISC_NODE_ARRAY && kind <= REDISC_NODE_MAP;
    redisc_str text = {NULL, 0};
    size_t count = 0;
    if (is_array ? !redisc_take_array(in, &count) : !redisc_take_view(in, &text)) {
        return false;
    }
    count = is_array ? count : redisc_count_lines(text);
    redisc_cluster_node *items = redisc_reader_room(in, count * sizeof *items);
    if (items == NULL) {
        return false;
    }
    memset(items, 0, count * sizeof *items);
    *list = (redisc_cluster_node_list){items, count};
    return is_array ? fill_items(in, count, items) : fill_lines(in, text, items);
}
