/* SPDX-License-Identifier: MIT */
/* Response callbacks: a command called by its words gives a type of one's own. */
#include "tour.h"

#include "words.h"

#include <inttypes.h>
#include <stdlib.h>

static const char user[] = TOUR_KEY("user:8");

static const char *const keys[] = {user, NULL};

typedef struct person {
    char name[32];
    int64_t age;
} person;

/* HGETALL's reply as a person. */
static redisc_status to_person(const redisc_callback_call *call, const redisc_reply *reply,
                               void **result)
{
    (void)call;
    const redisc_reply *name = redisc_reply_field(reply, REDISC_STR("name"));
    const redisc_reply *age = redisc_reply_field(reply, REDISC_STR("age"));
    if (name == NULL || age == NULL) {
        return redisc_callback_error(REDISC_ERROR_REPLY_TYPE, "this is not a person");
    }
    person *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return redisc_callback_error(REDISC_ERROR_MEMORY, "no memory for a person");
    }
    redisc_str text;
    redisc_status status = redisc_reply_string(name, &text);
    if (status == REDISC_OK) {
        snprintf(made->name, sizeof made->name, "%s", text.data);
        status = redisc_reply_integer(age, &made->age);
    }
    if (status < 0) {
        free(made);
        return status;
    }
    *result = made;
    return REDISC_OK;
}

static void run(tour *t)
{
    redisc *r = t->redis;
    void *made;

    STEP(t, redisc_set_callback(r, "HGETALL", to_person, NULL));
    gives_ok(t);
    STEP(t, redisc_hset(r, user, REDISC_PAIRS("name", "Eve", "age", "23"), NULL));
    gives_ok(t);
    STEP(t, redisc_call_as(r, REDISC_STRS("HGETALL", user), NULL, &made));
    words result = {0};
    if (made != NULL) {
        const person *eve = made;
        add(&result, "struct person, %s, %" PRId64, eve->name, eve->age);
    }
    free(made);
    gives_words(t, result.text, "struct person, Eve, 23");
    STEP(t, redisc_hset(r, user, REDISC_PAIRS("age", "unknown"), NULL));
    gives_ok(t);
    STEP(t, redisc_call_as(r, REDISC_STRS("HGETALL", user), NULL, &made));
    fails(t, REDISC_ERROR_REPLY_TYPE);
    redisc_set_callback(r, "HGETALL", NULL, NULL);
}

const tour_part tour_callbacks = {"Response callbacks", run, TOUR_SAME, keys};
