/* SPDX-License-Identifier: MIT */
#include "utf8.h"

#include <criterion/criterion.h>

#include <string.h>

typedef struct utf8_case {
    const char *text;
    size_t valid; /* bytes from the start on */
} utf8_case;

#define WHOLE(text)                                                                                \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }

static const utf8_case utf8_cases[] = {
    WHOLE(""),
    WHOLE("plain text of some length"),
    WHOLE("\xc2\x80"),
    WHOLE("\xdf\xbf"),
    WHOLE("\xe0\xa0\x80"),
    WHOLE("\xed\x9f\xbf"),
    WHOLE("\xee\x80\x80"),
    WHOLE("\xef\xbf\xbf"),
    WHOLE("\xf0\x90\x80\x80"),
    WHOLE("\xf4\x8f\xbf\xbf"),
    WHOLE("eight by"
          "\xe2\x82\xac"
          " and more than eight"),
    {"\x80", 0},                  /* a continuation alone */
    {"a\xc0\x80", 1},             /* overlong NUL */
    {"\xc1\xbf", 0},              /* overlong */
    {"\xe0\x9f\xbf", 0},          /* overlong */
    {"\xf0\x8f\xbf\xbf", 0},      /* overlong */
    {"ab\xed\xa0\x80", 2},        /* a surrogate */
    {"\xf4\x90\x80\x80", 0},      /* beyond U+10FFFF */
    {"\xf5\x80\x80\x80", 0},      /* beyond */
    {"\xff", 0},                  /* never */
    {"\xe2\x82", 0},              /* cut off */
    {"\xf0\x90\x80", 0},          /* cut off */
    {"\xe2\x28\xa1", 0},          /* no continuation */
    {"\xf0\x90\x28\x80", 0},      /* no continuation */
    {"12345678\x31\x32\xc3", 10}, /* behind whole words of ASCII */
    {"123456\xc3\xbc"
     "9\xfe",
     9}, /* after a good one */
};

Test(utf8, cases)
{
    for (size_t i = 0; i < sizeof utf8_cases / sizeof utf8_cases[0]; i++) {
        const utf8_case *c = &utf8_cases[i];
        cr_assert_eq(redisc_utf8_valid(c->text, strlen(c->text)), c->valid, "case %zu: %zu", i,
                     redisc_utf8_valid(c->text, strlen(c->text)));
    }
    cr_assert_eq(redisc_utf8_valid("a\0b", 3), 3);
}

/* Every code point, encoded by the book, is valid; every one of its proper fronts isn't. */
Test(utf8, every_code_point)
{
    for (unsigned long point = 0x80; point <= 0x10ffff; point++) {
        if (point == 0xd800) {
            point = 0xe000;
        }
        char text[4];
        size_t len = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        unsigned long rest = point;
        for (size_t i = len; i-- > 1; rest >>= 6) {
            text[i] = (char)(0x80 | (rest & 0x3f));
        }
        text[0] = (char)((len == 2 ? 0xc0 : len == 3 ? 0xe0 : 0xf0) | rest);
        if (redisc_utf8_valid(text, len) != len || redisc_utf8_valid(text, len - 1) != 0) {
            cr_assert_fail("U+%lX", point);
        }
    }
}

Test(utf8, replies)
{
    const char base[] = "good\xff"
                        "bad";
    redisc_node nodes[] = {
        {.head = redisc_node_head(REDISC_NODE_ARRAY, 4), .as.next = 5},
        {.head = redisc_node_head(REDISC_NODE_STRING, 4), .as.place = 0},
        {.head = redisc_node_head(REDISC_NODE_INTEGER, 0), .as.integer = 7},
        {.head = redisc_node_head(REDISC_NODE_ERROR, 8), .as.place = 0},
        {.head = redisc_node_head(REDISC_NODE_VERBATIM, 8), .as.place = 0},
    };
    redisc_parsed reply = {.nodes = nodes, .count = 4, .base = base};
    size_t value = 99;
    size_t at = 99;
    cr_assert(redisc_utf8_check(&reply, &value, &at), "errors may hold anything");
    reply.count = 5;
    cr_assert_not(redisc_utf8_check(&reply, &value, &at));
    cr_assert_eq(value, 4);
    cr_assert_eq(at, 4);
}
