/* SPDX-License-Identifier: MIT */
/* Publish and subscribe: read message by message, with a handler, and in a thread. */
#include "tour.h"

#include "words.h"

#include <inttypes.h>
#include <pthread.h>
#include <time.h>

enum { PATIENCE = 5 /* seconds to wait for a message at most */ };

static const char first[] = TOUR_KEY("my-first-channel"), second[] = TOUR_KEY("my-second-channel"),
                  pattern[] = TOUR_KEY("my-*"), channel[] = TOUR_KEY("my-channel");

static const char *type_name(redisc_message_type type)
{
    switch (type) {
    case REDISC_MESSAGE_SUBSCRIBE:
        return "subscribe";
    case REDISC_MESSAGE_UNSUBSCRIBE:
        return "unsubscribe";
    case REDISC_MESSAGE_PSUBSCRIBE:
        return "psubscribe";
    case REDISC_MESSAGE_PUNSUBSCRIBE:
        return "punsubscribe";
    case REDISC_MESSAGE_MESSAGE:
        return "message";
    case REDISC_MESSAGE_PMESSAGE:
        return "pmessage";
    default:
        return "of another type";
    }
}

/* Type, channel, the pattern that fits, and the data or the number of subscriptions. */
static void gives_message(tour *t, const redisc_message *message, const char *expected)
{
    words result = {0};
    if (message == NULL) {
        add(&result, "nil");
    } else {
        add(&result, "%s %s", type_name(message->type), message->channel.data);
        if (message->pattern.data != NULL) {
            add(&result, " (%s)", message->pattern.data);
        }
        if (message->data.data != NULL) {
            add(&result, ": ");
            add_string(&result, message->data);
        } else {
            add(&result, ", %" PRId64, message->count);
        }
    }
    redisc_free(message);
    gives_words(t, result.text, expected);
}

static void one_by_one(tour *t, redisc_subscriber *s)
{
    redisc *r = t->redis;
    const redisc_message *message;
    int64_t receivers;

    STEP(t, redisc_subscriber_next(s, 0, &message));
    fails(t, REDISC_ERROR_SUBSCRIBER);
    STEP(t, redisc_subscriber_subscribe(s, REDISC_STRS(first, second), NULL, NULL));
    gives_ok(t);
    STEP(t, redisc_subscriber_psubscribe(s, REDISC_STRS(pattern), NULL, NULL));
    gives_ok(t);
    say(t, "The server confirms each one, with the number of subscriptions. At most 1000 ms:");
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    gives_message(t, message, "subscribe redisc:tour:my-first-channel, 1");
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    gives_message(t, message, "subscribe redisc:tour:my-second-channel, 2");
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    gives_message(t, message, "psubscribe redisc:tour:my-*, 3");
    say(t, "The channel is subscribed, and the pattern fits, so it is received twice.");
    STEP(t, redisc_publish(r, first, "some data", &receivers));
    gives_integer(t, receivers, 2);
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    gives_message(t, message, "message redisc:tour:my-first-channel: \"some data\"");
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    gives_message(t, message,
                  "pmessage redisc:tour:my-first-channel (redisc:tour:my-*): \"some data\"");
    say(t, "0: only what is there already.");
    STEP(t, redisc_subscriber_next(s, 0, &message));
    gives_message(t, message, "nil");
}

static void give_up(tour *t, redisc_subscriber *s)
{
    const redisc_message *message;

    say(t, "Without names it is all channels.");
    STEP(t, redisc_subscriber_unsubscribe(s, (redisc_str_list){NULL, 0}));
    gives_ok(t);
    STEP(t, redisc_subscriber_punsubscribe(s, REDISC_STRS(pattern)));
    gives_ok(t);
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    gives_message(t, message, "unsubscribe redisc:tour:my-first-channel, 2");
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    gives_message(t, message, "unsubscribe redisc:tour:my-second-channel, 1");
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    gives_message(t, message, "punsubscribe redisc:tour:my-*, 0");
}

/* What a handler has heard. */
typedef struct heard {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned count;
    words last;
} heard;

static void my_handler(redisc_subscriber *s, const redisc_message *message, void *context)
{
    heard *h = context;
    (void)s;
    pthread_mutex_lock(&h->mutex);
    h->count++;
    h->last = (words){.len = 0};
    add(&h->last, "MY HANDLER: %s", message->data.data);
    pthread_cond_signal(&h->changed);
    pthread_mutex_unlock(&h->mutex);
}

/* Publishes, and waits until the handler, which runs in another thread, has heard it. */
static redisc_status publish_and_wait(redisc *r, const char *data, heard *h)
{
    struct timespec end;
    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE;
    pthread_mutex_lock(&h->mutex);
    unsigned before = h->count;
    redisc_status status = redisc_publish(r, channel, data, NULL);
    while (status == REDISC_OK && h->count == before) {
        if (pthread_cond_timedwait(&h->changed, &h->mutex, &end) != 0) {
            break; /* the result is compared, so this shows */
        }
    }
    pthread_mutex_unlock(&h->mutex);
    return status;
}

static void with_handler(tour *t, redisc_subscriber *s, heard *h)
{
    redisc *r = t->redis;
    const redisc_message *message;
    int64_t receivers;

    say(t,
        "A handler takes what is for it: the call that reads gives nothing then. This subscriber");
    say(t, "leaves out what only confirms.");
    STEP(t, redisc_subscriber_subscribe(s, REDISC_STRS(channel), my_handler, h));
    gives_ok(t);
    STEP(t, redisc_publish(r, channel, "awesome message", &receivers));
    gives_integer(t, receivers, 1);
    STEP(t, redisc_subscriber_next(s, 1000, &message));
    words result = {0};
    add(&result, "%s; %s", message == NULL ? "nil" : "a message", h->last.text);
    redisc_free(message);
    gives_words(t, result.text, "nil; MY HANDLER: awesome message");
}

static void in_a_thread(tour *t, redisc_subscriber *s, heard *h)
{
    redisc *r = t->redis;

    say(t, "A thread that reads, where each subscription has a handler:");
    STEP(t, redisc_subscriber_subscribe(s, REDISC_STRS(first), NULL, NULL));
    gives_ok(t);
    STEP(t, redisc_subscriber_start_thread(s));
    fails(t, REDISC_ERROR_SUBSCRIBER);
    STEP(t, redisc_subscriber_unsubscribe(s, REDISC_STRS(first)));
    gives_ok(t);
    STEP(t, redisc_subscriber_start_thread(s));
    gives_ok(t);
    STEP(t, publish_and_wait(r, "from elsewhere", h));
    gives_words(t, h->last.text, "MY HANDLER: from elsewhere");
    STEP(t, redisc_subscriber_stop(s));
    gives_ok(t);
}

static void run(tour *t)
{
    redisc *r = t->redis;
    redisc_subscriber *s;
    heard h = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, {.len = 0}};

    STEP(t, redisc_subscriber_open(r, NULL, &s));
    gives_ok(t);
    one_by_one(t, s);
    give_up(t, s);
    redisc_subscriber_close(s);

    redisc_subscriber_options quiet = {.ignore_subscribe_messages = true};
    STEP(t, redisc_subscriber_open(r, &quiet, &s));
    gives_ok(t);
    with_handler(t, s, &h);
    in_a_thread(t, s, &h);
    redisc_subscriber_close(s);
}

const tour_part tour_subscribers = {"Publish and subscribe", run, TOUR_SAME, NULL};
