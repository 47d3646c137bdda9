/* SPDX-License-Identifier: MIT */
/* MONITOR: what the server executes, as it comes. */
#include "tour.h"

#include "words.h"

static const char foo[] = TOUR_KEY("foo"), visits[] = TOUR_KEY("visits");

static const char *const keys[] = {foo, visits, NULL};

static bool has_key_of_ours(const redisc_observed *command)
{
    static const char prefix[] = TOUR_KEY("");
    for (size_t i = 0; i < command->words.count; i++) {
        redisc_str word = command->words.items[i];
        if (word.len >= sizeof prefix - 1 && memcmp(word.data, prefix, sizeof prefix - 1) == 0) {
            return true;
        }
    }
    return false;
}

/* The next command with one of the tour's keys; the server may have other clients. */
static redisc_status next_of_ours(redisc_observer *o, const redisc_observed **command)
{
    redisc_status status;
    while ((status = redisc_observer_next(o, 1000, command)) == REDISC_OK && *command != NULL &&
           !has_key_of_ours(*command)) {
        redisc_free(*command);
    }
    return status;
}

static void gives_command(tour *t, const redisc_observed *command, const char *expected)
{
    words result = {0};
    if (command == NULL) {
        add(&result, "nil");
    } else {
        bool script = redisc_str_equal(command->address, REDISC_STR("lua"));
        add(&result, script ? "a script: " : "a client: ");
        add_strings(&result, command->words);
    }
    redisc_free(command);
    gives_words(t, result.text, expected);
}

static void run(tour *t)
{
    redisc *r = t->redis;
    redisc_observer *o;
    const redisc_observed *command;
    const redisc_reply *reply;

    say(t, "Each command that the server executes, with time, database, address and words.");
    STEP(t, redisc_observer_open(r, &o));
    gives_ok(t);
    STEP(t, redisc_set(r, foo, "bar\n"));
    gives_ok(t);
    STEP(t, redisc_eval(r, "return redis.call('INCR', KEYS[1])", REDISC_STRS(visits),
                        (redisc_str_list){NULL, 0}, &reply));
    gives_reply(t, reply, "1");
    STEP(t, next_of_ours(o, &command));
    gives_command(t, command, "a client: [\"SET\", \"redisc:tour:foo\", \"bar\\x0a\"]");
    STEP(t, next_of_ours(o, &command));
    gives_command(t, command,
                  "a client: [\"EVAL\", \"return redis.call('INCR', KEYS[1])\", \"1\", "
                  "\"redisc:tour:visits\"]");
    STEP(t, next_of_ours(o, &command));
    gives_command(t, command, "a script: [\"INCR\", \"redisc:tour:visits\"]");
    redisc_observer_close(o);
}

const tour_part tour_observers = {"Observing a server", run, TOUR_SAME, keys};
