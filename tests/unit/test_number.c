/* SPDX-License-Identifier: MIT */
#include "number.h"

#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANDOM_ROUNDS = 100000 };

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static double from_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint64_t to_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

Test(number, writes_and_reads_integers)
{
    static const struct {
        int64_t value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {7, "7"},
        {10, "10"},
        {-1, "-1"},
        {99, "99"},
        {100, "100"},
        {1234567890, "1234567890"},
        {-1000000000000000000, "-1000000000000000000"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[REDISC_INTEGER_SIZE + 1] = {0};
        int64_t value = 42;
        size_t len = redisc_write_integer(text, cases[i].value);
        cr_assert_str_eq(text, cases[i].text);
        cr_assert_eq(len, strlen(cases[i].text));
        cr_assert(redisc_read_integer(text, len, &value));
        cr_assert_eq(value, cases[i].value);
    }
}

Test(number, every_count_of_digits)
{
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++) {
        const uint64_t values[] = {power - 1, power, power + 1};
        for (size_t i = 0; i < 3; i++) {
            char text[REDISC_INTEGER_SIZE + 1] = {0};
            char expected[32];
            uint64_t value = 42;
            size_t len = redisc_write_unsigned(text, values[i]);
            snprintf(expected, sizeof expected, "%llu", (unsigned long long)values[i]);
            cr_assert_str_eq(text, expected);
            cr_assert(redisc_read_unsigned(text, len, &value));
            cr_assert_eq(value, values[i]);
        }
        power *= 10;
    }
    char text[REDISC_INTEGER_SIZE + 1] = {0};
    redisc_write_unsigned(text, UINT64_MAX);
    cr_assert_str_eq(text, "18446744073709551615");
}

Test(number, refuses_what_is_no_integer)
{
    static const char *const texts[] = {"",
                                        "-",
                                        "+1",
                                        " 1",
                                        "1 ",
                                        "--1",
                                        "1.0",
                                        "0x1",
                                        "1e3",
                                        "9223372036854775808",
                                        "-9223372036854775809",
                                        "99999999999999999999",
                                        "18446744073709551616"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t value = 42;
        cr_assert_not(redisc_read_integer(texts[i], strlen(texts[i]), &value), "%s", texts[i]);
        cr_assert_eq(value, 42);
    }
    uint64_t size = 42;
    cr_assert_not(redisc_read_unsigned("-1", 2, &size));
    cr_assert_not(redisc_read_unsigned("18446744073709551616", 20, &size));
    cr_assert_eq(size, 42);
}

Test(number, writes_doubles_as_people_do)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {3.14159, "3.14159"},
        {123456.789, "123456.789"},
        {0.000001, "0.000001"},
        {0.0000012, "0.0000012"},
        {0.0000001, "1e-7"},
        {1e15, "1000000000000000"},
        {9007199254740993.0, "9007199254740992"},
        {1e16, "10000000000000000"},
        {12345678901234567.0, "12345678901234568"},
        {1e17, "1e17"},
        {1.5e300, "1.5e300"},
        {1e23, "1e23"},
        {5e-324, "5e-324"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {1.7976931348623157e308, "1.7976931348623157e308"},
        {(double)INFINITY, "inf"},
        {-(double)INFINITY, "-inf"},
        {(double)NAN, "nan"},
        {-(double)NAN, "nan"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[REDISC_DOUBLE_SIZE + 1] = {0};
        size_t len = redisc_write_double(text, cases[i].value);
        cr_assert_str_eq(text, cases[i].text);
        cr_assert_eq(len, strlen(cases[i].text));
    }
}

Test(number, reads_doubles)
{
    static const struct {
        const char *text;
        double value;
    } cases[] = {
        {"0", 0.0},
        {"-0", -0.0},
        {"00012", 12.0},
        {"+1.5", 1.5},
        {".5", 0.5},
        {"5.", 5.0},
        {"1e5", 1e5},
        {"1E+5", 1e5},
        {"1e-5", 1e-5},
        {"1e22", 1e22},
        {"1e23", 1e23},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.00000000000000000000000000000000001", 9007199254740994.0},
        {"9007199254740992.99999999999999999999999999999999999", 9007199254740992.0},
        {"4503599627370496.5", 4503599627370496.5},
        {"45035996273704967.5", 45035996273704968.0},
        {"0.00000000000000000000000000000000000000000000000000", 0.0},
        {"0e99999999999999999999", 0.0},
        {"1e-99999999999999999999", 0.0},
        {"2.4703282292062327e-324", 0.0},
        {"2.4703282292062328e-324", 5e-324},
        {"2.2250738585072011e-308", 2.225073858507201e-308},
        {"1.7976931348623158e308", 1.7976931348623157e308},
        {"inf", (double)INFINITY},
        {"+inf", (double)INFINITY},
        {"-Inf", -(double)INFINITY},
        {"INFINITY", (double)INFINITY},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value = 42;
        cr_assert(redisc_read_double(cases[i].text, strlen(cases[i].text), &value), "%s",
                  cases[i].text);
        cr_assert_eq(to_bits(value), to_bits(cases[i].value), "%s gave %a", cases[i].text, value);
    }
    double value = 42;
    cr_assert(redisc_read_double("nan", 3, &value));
    cr_assert(isnan(value));
    cr_assert(redisc_read_double("-NaN", 4, &value));
    cr_assert(isnan(value));
}

Test(number, refuses_what_is_no_double)
{
    static const char *const texts[] = {
        "",     "-",       "+",  ".",    "e5",    "1e",     "1e+",
        "1..2", "1.2.3",   " 1", "1 ",   "--1",   "0x1",    "1,5",
        "inf ", "infinit", "na", "nano", "1e309", "-1e400", "1.7976931348623159e308",
        "12a"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 42;
        cr_assert_not(redisc_read_double(texts[i], strlen(texts[i]), &value), "%s", texts[i]);
        cr_assert_eq(value, 42.0);
    }
    double value = 42;
    cr_assert(redisc_read_double("1.25", 3, &value), "the length counts, not the NUL");
    cr_assert_eq(value, 1.2);
}

static size_t significant_digits(const char *text)
{
    size_t count = 0;
    size_t zeros = 0; /* at the end */
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text < '0' || *text > '9' || (count == 0 && *text == '0')) {
            continue;
        }
        count++;
        zeros = *text == '0' ? zeros + 1 : 0;
    }
    return count - zeros;
}

/* What it writes reads back as the same, and with one digit less it would not. */
static void must_round_trip(double value)
{
    char text[REDISC_DOUBLE_SIZE + 1];
    char other[64];
    double again = 0;
    size_t len = redisc_write_double(text, value);
    cr_assert_leq(len, (size_t)REDISC_DOUBLE_SIZE);
    text[len] = '\0';
    cr_assert_eq(to_bits(strtod(text, NULL)), to_bits(value), "%a was written as %s", value, text);
    cr_assert(redisc_read_double(text, len, &again));
    cr_assert_eq(to_bits(again), to_bits(value), "%s was read as %a", text, again);

    size_t digits = significant_digits(text);
    if (digits > 1) {
        snprintf(other, sizeof other, "%.*e", (int)digits - 2, value);
        cr_assert_neq(strtod(other, NULL), value, "%s is shorter than %s", other, text);
    }
    snprintf(other, sizeof other, "%.17g", value);
    cr_assert(redisc_read_double(other, strlen(other), &again));
    cr_assert_eq(to_bits(again), to_bits(value), "%s was read as %a", other, again);
}

Test(number, random_doubles_round_trip)
{
    uint64_t state = 88172645463325252;
    for (int i = 0; i < RANDOM_ROUNDS; i++) {
        double value = from_bits(next_random(&state));
        if (isfinite(value) && value != 0) {
            must_round_trip(value);
        }
        uint64_t digits = next_random(&state) >> next_random(&state) % 64;
        must_round_trip((double)(digits | 1) / pow(10, (double)(next_random(&state) % 18)));
    }
}

Test(number, every_power_round_trips)
{
    for (int exponent = -1074; exponent < 1024; exponent++) {
        double power = ldexp(1, exponent);
        must_round_trip(power);
        must_round_trip(nextafter(power, (double)INFINITY));
        if (exponent > -1074) {
            must_round_trip(nextafter(power, 0));
        }
    }
    for (int exponent = -323; exponent <= 308; exponent++) {
        char text[16];
        double value = 0;
        snprintf(text, sizeof text, "1e%d", exponent);
        cr_assert(redisc_read_double(text, strlen(text), &value));
        cr_assert_eq(value, strtod(text, NULL));
        must_round_trip(value);
        char written[REDISC_DOUBLE_SIZE + 1] = {0};
        redisc_write_double(written, value);
        cr_assert_eq(significant_digits(written), 1, "1e%d was written as %s", exponent, written);
    }
}

static void must_read_as_strtod(const char *text)
{
    double expected = strtod(text, NULL);
    double value = 0;
    bool fits = redisc_read_double(text, strlen(text), &value);
    cr_assert_eq(fits, !isinf(expected), "%s", text);
    if (fits) {
        cr_assert_eq(to_bits(value), to_bits(expected), "%s was read as %a", text, value);
    }
}

Test(number, random_decimals_are_read_as_strtod_reads_them)
{
    uint64_t state = 1234567;
    for (int i = 0; i < RANDOM_ROUNDS; i++) {
        char text[1024];
        size_t len = 0;
        size_t digits = 1 + (size_t)(next_random(&state) % (i % 1000 == 0 ? 900 : 25));
        size_t point = (size_t)(next_random(&state) % (2 * digits));
        for (size_t k = 0; k < digits; k++) {
            if (k == point) {
                text[len++] = '.';
            }
            text[len++] = (char)('0' + next_random(&state) % 10);
        }
        snprintf(text + len, sizeof text - len, "e%d", (int)(next_random(&state) % 700) - 350);
        must_read_as_strtod(text);
    }
}

/* The middle between two doubles, exactly (long double has the one bit more that it needs), and
 * just beside it. */
Test(number, the_middle_between_two_doubles)
{
    static const char *const beside[] = {"", "1", "000000000000000000000000000001"};
    uint64_t state = 99;
    for (int i = 0; i < 2000; i++) {
        static char text[2048];
        static char middle[1200];
        double low = from_bits(next_random(&state) >> 1);
        if (!(low > 1e-290 && low < 1e290)) {
            continue;
        }
        double high = nextafter(low, (double)INFINITY);
        long double sum = ((long double)low + (long double)high) / 2;
        if (sum == (long double)low || sum == (long double)high) {
            cr_skip("long double is no wider than double here");
        }
        snprintf(middle, sizeof middle, "%.1100Lg", sum);
        if (strchr(middle, 'e') != NULL) {
            continue;
        }
        for (size_t k = 0; k < sizeof beside / sizeof beside[0]; k++) {
            snprintf(text, sizeof text, "%s%s%s", middle,
                     strchr(middle, '.') == NULL && *beside[k] != '\0' ? "." : "", beside[k]);
            must_read_as_strtod(text);
        }
        char *last = middle + strlen(middle) - 1;
        if (*last > '0') {
            (*last)--;
            must_read_as_strtod(middle);
        }
    }
}

Test(number, the_locale_has_no_say)
{
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") == NULL &&
        setlocale(LC_NUMERIC, "fr_FR.UTF-8") == NULL) {
        cr_skip("no locale with a decimal comma is installed");
    }
    char text[REDISC_DOUBLE_SIZE + 1] = {0};
    double value = 0;
    redisc_write_double(text, 1234567.25);
    cr_assert_str_eq(text, "1234567.25");
    cr_assert(redisc_read_double("1.5", 3, &value));
    cr_assert_eq(value, 1.5);
}
