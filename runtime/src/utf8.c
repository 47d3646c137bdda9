/* SPDX-License-Identifier: MIT */
#include "utf8.h"

#include "error.h"

#include <redisc/str.h>

#include <string.h>

/* What may follow a lead byte: how many bytes in all, and the range of the second one (which rules
 * out overlong forms, surrogates and what lies beyond U+10FFFF). */
typedef struct sequence {
    unsigned char size; /* 0: not a lead byte */
    unsigned char low;
    unsigned char high;
} sequence;

static sequence sequence_of(unsigned char lead)
{
    if (lead < 0xc2 || lead > 0xf4) {
        return (sequence){0};
    }
    if (lead < 0xe0) {
        return (sequence){2, 0x80, 0xbf};
    }
    if (lead < 0xf0) {
        return (sequence){3, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf};
    }
    return (sequence){4, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf};
}

/* The size of the valid multi-byte sequence at `at`, 0 if it isn't one. */
static size_t sequence_size(const unsigned char *at, size_t left)
{
    sequence expected = sequence_of(at[0]);
    if (expected.size == 0 || expected.size > left || at[1] < expected.low ||
        at[1] > expected.high) {
        return 0;
    }
    for (size_t i = 2; i < expected.size; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return expected.size;
}

/* Steps over ASCII, eight bytes at a time. */
static size_t skip_ascii(const unsigned char *bytes, size_t at, size_t len)
{
    uint64_t word;
    while (len - at >= sizeof word) {
        memcpy(&word, bytes + at, sizeof word);
        if ((word & UINT64_C(0x8080808080808080)) != 0) {
            break;
        }
        at += sizeof word;
    }
    while (at < len && bytes[at] < 0x80) {
        at++;
    }
    return at;
}

size_t redisc_utf8_valid(const char *text, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = skip_ascii(bytes, 0, len);
    while (at < len) {
        size_t size = sequence_size(bytes + at, len - at);
        if (size == 0) {
            return at;
        }
        at = skip_ascii(bytes, at + size, len);
    }
    return len;
}

/* The text of a string node; nil for any other. */
static redisc_str text_of(const redisc_parsed *reply, const redisc_node *node)
{
    switch (redisc_node_kind(node)) {
    case REDISC_NODE_STRING:
    case REDISC_NODE_SIMPLE:
    case REDISC_NODE_VERBATIM:
        return redisc_bytes(redisc_node_bytes(reply, node), redisc_node_length(node));
    case REDISC_NODE_LARGE:
        return *(const redisc_str *)redisc_block_payload(node->as.large);
    default:
        return redisc_bytes(NULL, 0);
    }
}

bool redisc_utf8_check(const redisc_parsed *reply, size_t *value, size_t *at)
{
    for (size_t i = 0; i < reply->count; i++) {
        redisc_str text = text_of(reply, &reply->nodes[i]);
        if (text.len == 0) {
            continue;
        }
        size_t valid = redisc_utf8_valid(text.data, text.len);
        if (valid < text.len) {
            *value = i;
            *at = valid;
            return false;
        }
    }
    return true;
}

redisc_status redisc_utf8_require(const redisc_parsed *reply, const char *command)
{
    size_t value;
    size_t at;
    if (redisc_utf8_check(reply, &value, &at)) {
        return REDISC_OK;
    }
    return redisc_fail(REDISC_ERROR_ENCODING,
                       "%s: value %zu of the reply is not UTF-8, from byte %zu on", command, value,
                       at);
}
