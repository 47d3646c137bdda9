/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Runs the specification's examples: over a codec, against the bytes that they name, and against a
 * real server. The examples themselves are generated.
 *
 * A generated function makes one example's call:
 *
 *     void example_get_1(example_run *run)
 *     {
 *         const redisc_str *value;
 *         example_out(run, &value, sizeof value);
 *         run->status = redisc_get(run->r, "greeting", &value);
 *         if (example_answered(run)) {
 *             describe_string(run->text, value);
 *             redisc_free(value);
 *         }
 *     }
 */
#ifndef REDISC_TESTS_EXAMPLE_H
#define REDISC_TESTS_EXAMPLE_H

#include <redisc/handle.h>

#include <stdio.h>

/** A run of one example. */
typedef struct example_run {
    redisc *r;            /**< the handle to call on */
    redisc_status status; /**< what the call answered */
    FILE *text;           /**< where the result is described */
    void *out;            /**< the variable for the result; NULL if there is none */
    size_t out_size;
    const struct wire_example *wire; /**< what is on the wire; NULL when a server is there */
    int protocol;                    /**< 2 or 3 */
    bool bytewise;                   /**< the reply is fed byte by byte */
    const char *fault;               /**< what went wrong; NULL so far */
} example_run;

/** Bytes of a literal, NULs included. */
typedef struct example_bytes {
    const char *data;
    size_t len;
} example_bytes;

#define BYTES(literal)                                                                             \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

/** An example on the wire. Exactly one of `gives` and `fails` is there. */
typedef struct wire_example {
    void (*call)(example_run *run);
    example_bytes sends; /**< nothing: the call is refused before it sends anything */
    example_bytes reply; /**< in both protocols, or … */
    example_bytes resp2;
    example_bytes resp3;
    const char *gives;   /**< the described result; "ok" if there is none */
    const char *fails;   /**< the name of the status */
    const char *message; /**< with fails: a part of the message, or NULL */
} wire_example;

/** What kind of server an example needs. */
typedef enum example_on {
    EXAMPLE_ON_PLAIN,    /**< any */
    EXAMPLE_ON_SENTINEL, /**< a sentinel */
    EXAMPLE_ON_CLUSTER,  /**< the only node of a cluster, without slots */
    EXAMPLE_ON_COUNT_
} example_on;

/** An example with a server. Without `gives` and `fails` any result will do. */
typedef struct live_example {
    void (*call)(example_run *run);
    void (*before)(example_run *run); /**< what has to be on the server; NULL: nothing */
    const char *gives;
    const char *fails;
    const char *message;
    int redis;   /**< the version that it needs: 70200 is 7.2.0; 0: not for Redis */
    int valkey;  /**< likewise */
    bool pinned; /**< it needs a connection of its own */
    example_on on;
} live_example;

/** Before the call: the variable for its result, which is filled with rubbish. */
void example_out(example_run *run, void *out, size_t size);

/** After the call: gets the answer; true if the result is there. */
bool example_answered(example_run *run);

/** Runs a command that has to succeed, by its words. */
void example_do(example_run *run, redisc_str_list words);
#define EXAMPLE_DO(run, ...) example_do((run), REDISC_STRS(__VA_ARGS__))

/** Runs the examples in both protocols, with the reply fed whole and byte by byte. What went wrong,
 * or NULL; valid until the next call. */
const char *example_check_wire(const wire_example *examples, size_t count);

/** The servers to run examples against, all of one program. */
typedef struct example_server {
    const char *paths[EXAMPLE_ON_COUNT_]; /**< their Unix sockets */
    const char *version;                  /**< "redis 7.0.15" */
} example_server;

/**
 * Runs those examples that the server is new enough for, in both protocols; *ran says how many that
 * were, and for the others a line is printed. What went wrong, or NULL; valid until the next call.
 */
const char *example_check_live(const example_server *server, const char *function,
                               const live_example *examples, size_t count, size_t *ran);

#endif
