/* SPDX-License-Identifier: MIT */
/* Lines of MONITOR taken apart. */
#include "observer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(observer_line, .timeout = 30);

static bool error_says(const char *part)
{
    return strstr(redisc_last_error()->text, part) != NULL;
}

static const redisc_observed *parse(const char *line)
{
    const redisc_observed *observed;
    cr_assert_eq(redisc_observer_parse(redisc_text(line), &observed), REDISC_OK, "%s: %s", line,
                 redisc_last_error()->text);
    return observed;
}

Test(observer_line, a_usual_line)
{
    const redisc_observed *o = parse("1339518083.107412 [3 127.0.0.1:60866] \"set\" \"key\" \"\"");
    cr_assert_eq(o->time_us, 1339518083107412);
    cr_assert_float_eq(o->time, 1339518083.107412, 1e-6);
    cr_assert_eq(o->db, 3);
    cr_assert_str_eq(o->address.data, "127.0.0.1:60866");
    cr_assert_eq(o->words.count, 3);
    cr_assert_str_eq(o->words.items[0].data, "set");
    cr_assert_str_eq(o->words.items[1].data, "key");
    cr_assert_eq(o->words.items[2].len, 0);
    cr_assert_not_null(o->words.items[2].data);
    redisc_free(o);
}

Test(observer_line, addresses)
{
    static const char *const addresses[] = {"[::1]:6379", "unix:/run/redis.sock", "lua",
                                            "unix:/a dir]/x", ""};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        char line[128];
        snprintf(line, sizeof line, "0.000001 [0 %s] \"get\" \"] \\\"\"", addresses[i]);
        const redisc_observed *o = parse(line);
        cr_assert_str_eq(o->address.data, addresses[i]);
        cr_assert_eq(o->time_us, 1);
        cr_assert_str_eq(o->words.items[1].data, "] \"");
        redisc_free(o);
    }
}

Test(observer_line, escapes)
{
    const redisc_observed *o =
        parse("1.000000 [0 lua] \"\\n\\r\\t\\a\\b\\\\\\\"\" \"\\x00\\xff\\xAB\" \"a b\"");
    cr_assert_eq(o->words.count, 3);
    cr_assert_str_eq(o->words.items[0].data, "\n\r\t\a\b\\\"");
    cr_assert_eq(o->words.items[1].len, 3);
    cr_assert_arr_eq(o->words.items[1].data, "\0\xff\xab", 3);
    cr_assert_str_eq(o->words.items[2].data, "a b");
    redisc_free(o);
}

Test(observer_line, bad_lines_say_where)
{
    static const struct {
        const char *line;
        const char *says;
    } cases[] = {
        {"", "a time at byte 0"},
        {"x [0 a] \"b\"", "a time at byte 0"},
        {"1.1 [0 a] \"b\"", "a time at byte 0"},
        {"1.1234567 [0 a] \"b\"", "a time at byte 0"},
        {".123456 [0 a] \"b\"", "a time at byte 0"},
        {"-1.123456 [0 a] \"b\"", "a time at byte 0"},
        {"99999999999999999999.123456 [0 a] \"b\"", "a time at byte 0"},
        {"9223372036855.000000 [0 a] \"b\"", "a time at byte 0"},
        {"1.123456 0 a] \"b\"", "a time at byte 0"},
        {"1.123456 [x a] \"b\"", "a database at byte 10"},
        {"1.123456 [0", "a database at byte 10"},
        {"1.123456 [0 a \"b\"", "an address and a word at byte 12"},
        {"1.123456 [0 a]", "an address and a word at byte 12"},
        {"1.123456 [0 a] b", "an address and a word at byte 12"},
        {"1.123456 [0 a] \"b", "a quoted word at byte 17"},
        {"1.123456 [0 a] \"b\\", "a quoted word at byte 17"},
        {"1.123456 [0 a] \"b\\q\"", "a quoted word at byte 17"},
        {"1.123456 [0 a] \"b\\x1\"", "a quoted word at byte 17"},
        {"1.123456 [0 a] \"b\\x1g\"", "a quoted word at byte 17"},
        {"1.123456 [0 a] \"b\"\"c\"", "a blank at byte 18"},
        {"1.123456 [0 a] \"b\" ", "a quoted word at byte 19"},
        {"1.123456 [0 a] \"b\" c", "a quoted word at byte 19"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const redisc_observed *o = (const redisc_observed *)1;
        cr_assert_eq(redisc_observer_parse(redisc_text(cases[i].line), &o), REDISC_ERROR_PROTOCOL,
                     "%s", cases[i].line);
        cr_assert_null(o);
        cr_assert(error_says(cases[i].says), "%s: %s", cases[i].line, redisc_last_error()->text);
    }
}
