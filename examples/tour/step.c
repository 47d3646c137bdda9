/* SPDX-License-Identifier: MIT */
/* How a step looks, and whether it gave what it had to. */
#include "tour.h"

#include <string.h>
#include <time.h>

enum {
    INDENT = 2,
    WIDTH = 98,        /* no line is longer, if it can be broken */
    RESULT_COLUMN = 70 /* where results stand, if they fit behind the call */
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

/* How much of a call fits on a line: up to the last comma that is not within quotes. */
static size_t fitting(const char *call, size_t width)
{
    size_t fits = 0;
    bool quoted = false;
    for (size_t i = 0; call[i] != '\0' && (i < width || fits == 0); i++) {
        quoted = call[i] == '"' ? !quoted : quoted;
        if (call[i] == ',' && !quoted) {
            fits = i + 1;
        }
    }
    return fits == 0 ? strlen(call) : fits;
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
        fputc('\n', t->out);
        rest += *rest == ' ';
        indent = INDENT + 8;
    }
}

/* Behind the call, or on a line of its own if there is no room. */
static void print_result(tour *t, size_t column, const char *result, const char *colour)
{
    size_t place = RESULT_COLUMN;
    if (place + 3 + strlen(result) > WIDTH) {
        place = INDENT + 8;
    }
    if (column >= place) {
        fputc('\n', t->out);
        column = 0;
    }
    fprintf(t->out, "%*s%s->%s %s%s%s\n", (int)(place - column), "", paint(t, "\033[2m"),
            paint(t, "\033[0m"), paint(t, colour), result, paint(t, "\033[0m"));
}

static void print_surprise(tour *t, const char *expected)
{
    t->surprises++;
    fprintf(t->out, "%*s%sexpected %s%s\n", INDENT + 8, "", paint(t, "\033[1;31m"), expected,
            paint(t, "\033[0m"));
}

/* The end of each step that was to succeed. */
static void finish(tour *t, redisc_status wanted, const char *result, const char *expected)
{
    size_t column = print_call(t);
    if (t->status != wanted) {
        print_result(t, column,
                     t->status < 0 ? redisc_last_error()->text : redisc_status_name(t->status),
                     "\033[31m");
        print_surprise(t, expected);
        return;
    }
    print_result(t, column, result, strcmp(result, "nil") == 0 ? "\033[33m" : "\033[32m");
    if (strcmp(result, expected) != 0) {
        print_surprise(t, expected);
    }
}

void gives_words(tour *t, const char *words, const char *expected)
{
    finish(t, REDISC_OK, words, expected);
}

void gives_queued(tour *t)
{
    finish(t, REDISC_QUEUED, "queued", "queued");
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

/* One thing that is known of a failure; a long text goes on below itself. */
static void print_detail(tour *t, const char *name, const char *text)
{
    const size_t indent = INDENT + 8 + 9;
    const size_t width = WIDTH - indent;
    fprintf(t->out, "%*s%s%-8s%s ", INDENT + 8, "", paint(t, "\033[2m"), name, paint(t, "\033[0m"));
    while (strlen(text) > width) {
        size_t len = width;
        while (len > 1 && text[len] != ' ') {
            len--;
        }
        fprintf(t->out, "%.*s\n%*s", (int)len, text, (int)indent, "");
        text += len;
        text += *text == ' ';
    }
    fprintf(t->out, "%s\n", text);
}

void fails(tour *t, redisc_status expected)
{
    const redisc_error *error = redisc_last_error();
    size_t column = print_call(t);
    print_result(t, column, redisc_status_name(t->status), "\033[31m");
    if (t->status < 0) {
        print_detail(t, "text", error->text);
        if (error->command[0] != '\0') {
            print_detail(t, "command", error->command);
        }
        if (error->word[0] != '\0') {
            print_detail(t, "word", error->word);
        }
        print_detail(t, "delivery", delivery_text(error->delivery));
    }
    if (t->status != expected) {
        print_surprise(t, redisc_status_name(expected));
    }
}

void say(tour *t, const char *text)
{
    fprintf(t->out, "%*s%s%s%s\n", INDENT, "", paint(t, "\033[2;3m"), text, paint(t, "\033[0m"));
}
