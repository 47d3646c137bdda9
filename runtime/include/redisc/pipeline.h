/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Pipelines and transactions: a handle that collects calls and sends them together.
 *
 *     redisc *p = redisc_pipeline(r, NULL);
 *     redisc_incr(p, "visits", &visits);        // REDISC_QUEUED
 *     redisc_get(p, "motto", &motto);           // REDISC_QUEUED
 *     if (redisc_execute(p) == REDISC_OK) …     // now visits and motto are filled
 *     redisc_close(p);
 *
 * The variables that take the results must live until the pipeline has executed or is reset.
 * Strings given to the calls are copied. A collected call takes its bytes as they go to the server
 * and 24 more, twice that at most, until it is executed.
 *
 * Without options it is a transaction: the calls run between MULTI and EXEC, all or none and
 * nothing in between. A plain pipeline only saves round trips.
 *
 * After redisc_watch() the pipeline is immediate: calls run at once, on one connection, until
 * redisc_multi() makes it collect again; then redisc_execute() fails with REDISC_ERROR_WATCH if a
 * watched key has changed, or if the connection was lost meanwhile. redisc_transaction() does all
 * of that, again and again until it succeeds.
 *
 * The client's time-out is for all of an execution. What is long may take longer: each further
 * thousand replies, and each megabyte that moves, have as much time again. Blocking commands add
 * what they may wait; within a transaction they don't block.
 *
 * Writing and reading go side by side, and not more is sent ahead than a server can answer in some
 * megabytes, so neither side waits for the other or has to keep all replies.
 *
 * Commands that change the state of their connection (SELECT …) may be collected; the connection is
 * closed afterwards. MULTI, EXEC, DISCARD, WATCH and UNWATCH are refused: they are the functions
 * below. redisc_with() has to come before: take the pipeline of the handle that it gives. Response
 * callbacks of the client are not applied.
 *
 * After fork() a pipeline of the parent's can be used in the child, but what it watched or streamed
 * is lost there.
 *
 * Thread safety: a pipeline belongs to one thread at a time; any number of them may be used on one
 * client at once.
 */
#ifndef REDISC_PIPELINE_H
#define REDISC_PIPELINE_H

#include <redisc/handle.h>

REDISC_BEGIN_DECLS

/** How a pipeline behaves; zero is a transaction that reports the first error. */
typedef struct redisc_pipeline_options {
    bool plain; /**< true: no MULTI and EXEC around the calls */
    /** true: redisc_execute() answers REDISC_OK although calls failed, if all of them were
     * answered and the transaction was not discarded; ask redisc_error_at() for each one */
    bool keep_errors;
    /** plain only: as soon as so many bytes are collected they are sent, and replies are taken as
     * they come, so that a pipeline of any length needs bounded memory; 0: all is kept until
     * redisc_execute(). When a stream breaks, further calls are refused with its error, until
     * redisc_execute() or redisc_pipeline_reset(). */
    size_t stream_bytes;
} redisc_pipeline_options;

/**
 * Opens a pipeline on a client or a pinned handle, which it does not outlive.
 * @param options NULL: a transaction
 * @return NULL after a failure (calls on it fail then, and say so); close with redisc_close(),
 * which drops what is not executed
 */
REDISC_API redisc *redisc_pipeline(redisc *client, const redisc_pipeline_options *options);

/**
 * Sends all collected calls, and fills their results. The pipeline is empty then, whatever came of
 * it, and can be used again. Whatever the status is, calls that were answered have their results,
 * to be freed as always; the variables of the others are zero.
 *
 * An error of one call does not stop the others. The first one becomes the status, and its text
 * says which call it was: "Command # 2 (INCR name) of pipeline caused error: …" (counted from 1);
 * redisc_error_at() tells of each one (counted from 0) until the next call. In a transaction, a
 * command that the server refuses to queue makes it discard all: its error becomes the status, the
 * others' is REDISC_ERROR_EXECABORT. Without collected calls it does nothing but end an immediate
 * mode.
 *
 * A failure that is no single call's comes before all others: a lost connection, a passed deadline,
 * and REDISC_ERROR_PROTOCOL if replies are too many, too few or out of place. The connection is
 * closed then; it is also after an error reply that speaks of the connection, as LOADING does.
 *
 * A plain pipeline is sent again after a lost connection only if nothing of it was sent, or if
 * repeating every call of it does no harm and no reply has come; and if the server refused all of
 * its calls (LOADING …). A transaction is sent again only if its EXEC has not left. Nothing is
 * while keys are watched or a stream runs.
 */
REDISC_API redisc_status redisc_execute(redisc *pipeline);

/** How many calls are collected. */
REDISC_API size_t redisc_pipeline_length(redisc *pipeline);

/** Drops the collected calls, ends watching (UNWATCH) and gives the connection back; in the middle
 * of a stream the connection is closed, for replies are on their way. */
REDISC_API redisc_status redisc_pipeline_reset(redisc *pipeline);

/**
 * WATCH: the pipeline becomes immediate. REDISC_ERROR_ARGUMENT after redisc_multi() or when calls
 * are collected. More keys may be added while it is immediate. Once keys are watched, a lost
 * connection makes every call fail with REDISC_ERROR_WATCH, up to redisc_execute() and with it;
 * but a call that may have changed something before its reply was lost fails as on a client.
 */
REDISC_API redisc_status redisc_watch(redisc *pipeline, redisc_str_list keys);

/** UNWATCH: forgets the watched keys; the pipeline collects again. */
REDISC_API redisc_status redisc_unwatch(redisc *pipeline);

/**
 * Collects again after redisc_watch(). On a pipeline that is not immediate it marks the beginning
 * of the transaction, which may only be done once and before any call.
 */
REDISC_API redisc_status redisc_multi(redisc *pipeline);

/**
 * What a transaction does: reads what it needs (at once), calls redisc_multi(), makes its calls. A
 * negative status ends the transaction without executing it.
 */
typedef redisc_status (*redisc_transaction_body)(redisc *pipeline, void *context);

/** How redisc_transaction() tries again; zero is the default of each. */
typedef struct redisc_transaction_options {
    uint32_t max_tries;  /**< 0: until it succeeds or another error comes */
    int64_t wait_ms;     /**< between tries, the first time; doubled each time; default 1;
                            negative: none */
    int64_t max_wait_ms; /**< limit of the doubling; 0: 1000 */
} redisc_transaction_options;

/**
 * Runs @p body on a pipeline that watches @p keys, and executes it, again if a key was changed
 * meanwhile by somebody else. The waits between the tries vary at random by half, so that rivals
 * get out of step.
 * @return REDISC_ERROR_WATCH when max_tries are used up; else what the body or the execution
 * answered
 */
REDISC_API redisc_status redisc_transaction(redisc *client, redisc_str_list keys,
                                            redisc_transaction_body body, void *context,
                                            const redisc_transaction_options *options);

REDISC_END_DECLS

#endif
