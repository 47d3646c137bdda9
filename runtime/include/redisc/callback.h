/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Response callbacks: turning the dynamic replies of commands that are called by their words into
 * results of one's own type.
 *
 * A callback belongs to a command's name, for one client or as a default for the whole process.
 * redisc_call_as() applies it. Typed functions and redisc_call() have their own result types and
 * are not affected.
 *
 *     static redisc_status to_upper(const redisc_callback_call *call, const redisc_reply *reply,
 *                                   void **result);
 *     redisc_set_callback(client, "GET", to_upper, NULL);
 *     char *upper;
 *     redisc_call_as(client, REDISC_STRS("GET", "key"), NULL, (void **)&upper);
 *
 * Thread safety: callbacks may be set and used by all threads at once. A callback runs in the
 * thread that made the call; it may use the client.
 */
#ifndef REDISC_CALLBACK_H
#define REDISC_CALLBACK_H

#include <redisc/handle.h>

REDISC_BEGIN_DECLS

/** The call that a callback works for. */
typedef struct redisc_callback_call {
    redisc *handle;        /**< what ran the command */
    redisc_str_list words; /**< the command and its arguments, as called */
    void *options;         /**< what this very call gave for the callback; may be NULL */
    void *context;         /**< what was given when the callback was set */
} redisc_callback_call;

/**
 * Makes a result out of a reply. It is not called for error replies: those are failures already.
 * @param reply never NULL, but it may be a nil; the library frees it afterwards, unless the
 *              callback gives it away as the result
 * @param result NULL before; what redisc_call_as() gives. Its owner is the one who called that, who
 *               must know how to free it: that is between caller and callback.
 * @return REDISC_OK, or a failure: then *result is dropped, so it must not own anything. Say why by
 *         redisc_callback_error(), or pass on the failure of another function of this library.
 */
typedef redisc_status (*redisc_callback)(const redisc_callback_call *call,
                                         const redisc_reply *reply, void **result);

/**
 * Sets the callback for a command on one client, its derived and its pinned handles.
 * Setting is for set-up: each change takes some memory until the client is closed.
 * @param r a client
 * @param command its name in any case: "GET", or two words, "CLIENT LIST", which go before "CLIENT"
 * @param callback NULL: removes it, so that the default is used again
 * @param context given to each call of it; must live until the client is closed
 * @return REDISC_ERROR_ARGUMENT, REDISC_ERROR_UNSUPPORTED (not a client) or REDISC_ERROR_MEMORY
 */
REDISC_API redisc_status redisc_set_callback(redisc *r, const char *command,
                                             redisc_callback callback, void *context);

/** The same for all handles of the process that have no callback of their own for the command. */
REDISC_API redisc_status redisc_set_default_callback(const char *command, redisc_callback callback,
                                                     void *context);

/**
 * Runs any command by its words and gives what its callback makes of the reply. Immediate handles
 * only.
 * @param words the command and its arguments, at least one word
 * @param options for the callback; see redisc_callback_call
 * @param result the callback's; without a callback the const redisc_reply *, to be freed with
 *               redisc_free(). NULL after a failure.
 */
REDISC_API redisc_status redisc_call_as(redisc *r, redisc_str_list words, void *options,
                                        void **result);

/** For callbacks: sets this thread's last error and returns @p status. */
REDISC_API redisc_status redisc_callback_error(redisc_status status, const char *text);

REDISC_END_DECLS

#endif
