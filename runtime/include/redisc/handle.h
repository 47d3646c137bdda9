/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The handle. A `redisc *` is whatever can run a command: a client over a pool, one connection, a
 * codec, a pipeline. Every generated function works on all of them.
 *
 * On an immediate handle a call returns with its result. On a buffering handle (a codec, a
 * pipeline) it returns REDISC_QUEUED and fills the result later; the variable it was given must
 * live until then.
 *
 * Thread safety: a client may be used by all threads at once. Every other handle belongs to one
 * thread at a time.
 */
#ifndef REDISC_HANDLE_H
#define REDISC_HANDLE_H

#include <redisc/alloc.h>
#include <redisc/arena.h>
#include <redisc/options.h>
#include <redisc/reply.h>
#include <redisc/str.h>

REDISC_BEGIN_DECLS

/** Closes a handle and frees it; what it shares with others lives on. NULL is allowed. */
REDISC_API void redisc_close(redisc *r);

/** What a derived handle overrides; zero leaves a thing as it is. */
typedef struct redisc_call_options {
    int64_t timeout_ms;   /**< for each command; negative: none */
    bool repeat_anything; /**< true: also commands that are not known to be repeatable may be sent
                             again when their reply was lost */
    redisc_arena *arena;  /**< where results are made, see arena.h; the handle belongs to one thread
                             at a time then. NULL: each has memory of its own */
    int32_t max_tries;    /**< at each command; 1: never again; negative: no limit but the deadline
                           */
} redisc_call_options;

/**
 * A light handle on the same client or connection with other call options. Close it with
 * redisc_close(); it must not outlive the handle that it came from.
 */
REDISC_API redisc_status redisc_with(redisc *r, const redisc_call_options *options,
                                     redisc **derived);

/**
 * Whether the next call on the handle would be kept for later, answering REDISC_QUEUED: so it is on
 * a codec, and on a pipeline that is not watching keys. NULL is allowed: false.
 */
REDISC_API bool redisc_is_collecting(const redisc *r);

/**
 * Why the call at that place (from 0, in the order of the calls) of a buffering handle failed; NULL
 * if it did not fail, is still open, or if the handle is an immediate one. Owned by the handle:
 * valid until its next call, execution, feeding or close.
 */
REDISC_API const redisc_error *redisc_error_at(redisc *r, size_t place);

/**
 * Runs any command by its words and gives the dynamic reply. An error reply is a failure with the
 * server's kind.
 * @param words the command and its arguments, at least one word
 * @param reply free with redisc_free(); may be NULL
 */
REDISC_API redisc_status redisc_call(redisc *r, redisc_str_list words, const redisc_reply **reply);

REDISC_END_DECLS

#if REDISC_MACROS
/** redisc_call() with the words as arguments: REDISC_CALL(r, &reply, "SET", "key", value). */
#define REDISC_CALL(r, reply, ...) redisc_call((r), REDISC_STRS(__VA_ARGS__), (reply))
#endif

#endif
