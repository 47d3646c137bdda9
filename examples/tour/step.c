/* SPDX-License-Identifier: MIT */
/* How a step looks, and whether it gave what it had to. */
#include "tour.h"

#include <string.h>
#include <time.h>

enum {
    INDENT = 2,
    WIDTH = 88,       /* calls are wrapped there */
    RESULT_COLUMN = 58 /* where results stand, if they fit behind the call */
};

double tour_clock(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void step_begin(tour *t, const char *call)
{
    t->call = call;
    t->started = tour_clock();
}

void step_end(tour *t, redisc_status status)
{
    t->seconds += tour_clock() - t->started;
    t->status = status;
    t->calls++;
}

static const char *paint(const tour *t, const char *code)
{
    return t->colour ? code : "";
}

/* How much of a call fits on a line: up to the last blank outside of quotes. */
static size_t fitting(const char *call, size_t width)
{
    size_t fits = 0;
    bool quoted = false;
    for (size_t i = 0; call[i] != '\0'; i++) {
        if (i >= width && fits > 0) {
            return fits;
        }
        quoted = call[i] == '"' ? !quoted : quoted;
        if (call[i] == ' ' && !quoted) {
            fits = i;
        }
    }
    return strlen(call);
}

/* Prints the call, wrapped; the column where its last line ends. */
static size_t print_call(tour *t)
{
    const char *rest = t->call;
    size_t indent = INDENT;
    for (;;) {
        size_t len = strlen(rest) + indent <= WIDTH ? strlen(rest) : fitting(rest, WIDTH - indent);
        fprintf(t->out, "%*s%.*s", (int)indent, "", (int)len, rest);
        rest += len;
        if (*rest == '\0') {
            return indent + len;
        }
        rest++; /* the blank */
        indent = INDENT + 8;
        fputc('\n', t->out);
    }
}

static void print_result(tour *t, size_t column, const char *result, const char *colour)
{
    if (column >= RESULT_COLUMN) {
        fputc('\n', t->out);
        column = 0;
    }
    fprintf(t->out, "%*s%s->%s %s%s%s\n", (int)(RESULT_COLUMN - column), "", paint(t, "\033[2m"),
            paint(t, "\033[0m"), paint(t, colour), result, paint(t, "\033[0m"));
}

static void print_surprise(tour *t, const char *expected)
{
    t->surprises++;
    fprintf(t->out, "%*s%s   expected %s%s\n", RESULT_COLUMN, "", paint(t, "\033[1;31m"), expected,
            paint(t, "\033[0m"));
}

void gives_words(tour *t, const char *result, const char *expected)
{
    size_t column = print_call(t);
    if (t->status != REDISC_OK) {
        print_result(t, column, redisc_last_error()->text, "\033[31m");
        print_surprise(t, expected);
        return;
    }
    print_result(t, column, result, strcmp(result, "nil") == 0 ? "\033[33m" : "\033[32m");
    if (strcmp(result, expected) != 0) {
        print_surprise(t, expected);
    }
}

static const char *delivery_text(redisc_delivery delivery)
{
    switch (delivery) {
    case REDISC_NOT_SENT:
        return "not sent";
    case REDISC_ANSWERED:
        return "answered by the server";
    default:
        return "sent, no answer";
    }
}

void fails(tour *t, redisc_status expected)
{
    const redisc_error *error = redisc_last_error();
    size_t column = print_call(t);
    if (t->status >= 0) {
        print_result(t, column, redisc_status_name(t->status), "\033[31m");
        print_surprise(t, redisc_status_name(expected));
        return;
    }
    print_result(t, column, redisc_status_name(t->status), "\033[31m");
    const char *rows[][2] = {{"text", error->text},
                             {"command", error->command},
                             {"word", error->word},
                             {"delivery", delivery_text(error->delivery)}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i][1][0] != '\0') {
            fprintf(t->out, "%*s%s%-8s%s %s\n", INDENT + 8, "", paint(t, "\033[2m"), rows[i][0],
                    paint(t, "\033[0m"), rows[i][1]);
        }
    }
    if (t->status != expected) {
        print_surprise(t, redisc_status_name(expected));
    }
}

void say(tour *t, const char *text)
{
    fprintf(t->out, "%*s%s%s%s\n", INDENT, "", paint(t, "\033[2;3m"), text, paint(t, "\033[0m"));
}
