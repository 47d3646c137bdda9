/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Subscribers: receiving what others publish (SUBSCRIBE, PSUBSCRIBE, SSUBSCRIBE).
 *
 *     redisc_subscriber *s;
 *     redisc_subscriber_open(r, NULL, &s);
 *     redisc_subscriber_subscribe(s, REDISC_STRS("my-first-channel"), NULL, NULL);
 *     const redisc_message *message;
 *     while (redisc_subscriber_next_published(s, -1, &message) == REDISC_OK && message != NULL) {
 *         printf("%s: %s\n", message->channel.data, message->data.data);
 *         redisc_free(message);
 *     }
 *     redisc_subscriber_close(s);
 *
 * A subscriber has a connection of its own, made as the client's are (address, password, protocol,
 * on_connect), but outside of the pool: it counts for nothing there, and may outlive the client.
 *
 * Messages are not queued here: what isn't read stays in the socket, then in the server, which
 * closes the connection of a reader that falls too far behind (client-output-buffer-limit pubsub).
 *
 * A lost connection is made again within the call that finds it lost, and everything that was
 * subscribed is subscribed again. What was published meanwhile is lost: publish and subscribe keep
 * nothing for those who aren't there. redisc_subscriber_statistics() tells how often it happened.
 *
 * Thread safety: one thread at a time may read (next, dispatch, listen, run). Meanwhile every other
 * thread may subscribe, unsubscribe, wake it, stop it and ask for the state; such a change is sent
 * by the reading thread at once, without waiting for a message. Handlers run in the reading thread;
 * they may do all that too, and use clients, but they must not read. Closing belongs to one thread,
 * when no other one uses the subscriber.
 *
 * fork: the subscriber stays the parent's. In a child every call fails; closing it there leaves the
 * parent's connection alone.
 */
#ifndef REDISC_SUBSCRIBER_H
#define REDISC_SUBSCRIBER_H

#include <redisc/handle.h>

REDISC_BEGIN_DECLS

/** A connection that receives messages. */
typedef struct redisc_subscriber redisc_subscriber;

/** What a message is. */
typedef enum redisc_message_type {
    REDISC_MESSAGE_SUBSCRIBE = 1, /**< a channel is subscribed now */
    REDISC_MESSAGE_UNSUBSCRIBE,   /**< a channel is subscribed no longer */
    REDISC_MESSAGE_PSUBSCRIBE,    /**< the same of a pattern */
    REDISC_MESSAGE_PUNSUBSCRIBE,
    REDISC_MESSAGE_SSUBSCRIBE, /**< the same of a sharded channel */
    REDISC_MESSAGE_SUNSUBSCRIBE,
    REDISC_MESSAGE_MESSAGE,  /**< published to a channel */
    REDISC_MESSAGE_PMESSAGE, /**< published to a channel that a pattern fits */
    REDISC_MESSAGE_SMESSAGE, /**< published to a sharded channel */
    REDISC_MESSAGE_TYPE_MAX_ = 0x7fffffff
} redisc_message_type;

/** A message; one block, which redisc_free() frees. */
typedef struct redisc_message {
    redisc_message_type type; /**< what it is, which tells what the others are */
    redisc_str channel;       /**< the channel; when a pattern is (un)subscribed, the pattern */
    redisc_str pattern;       /**< PMESSAGE: the pattern; else nil */
    redisc_str data;          /**< what was published; nil when something is (un)subscribed */
    int64_t count; /**< (un)subscribed: how many subscriptions the connection has then (channels
                      and patterns together; sharded channels apart); else 0 */
} redisc_message;

/**
 * Gets messages, in the reading thread.
 * @param message borrowed: valid until the handler returns
 * @param context as given with the handler
 */
typedef void (*redisc_message_handler)(redisc_subscriber *subscriber, const redisc_message *message,
                                       void *context);

/** How a subscriber behaves; zero is the default of each. */
typedef struct redisc_subscriber_options {
    bool ignore_subscribe_messages; /**< true: no message of the types (un)subscribe, p…, s… */
    int64_t health_ms;   /**< a connection that was silent for so long is asked whether it still
                            lives (PING), and made again if it doesn't answer within the client's
                            timeout; 0: 30000; negative: never asked */
    int64_t wait_ms;     /**< pause before the second try to connect again (the first one comes at
                            once); doubled with each further one; the pauses vary at random by
                            half; 0: 50 */
    int64_t max_wait_ms; /**< limit of the doubling; 0: 5000 */
    int64_t give_up_ms;  /**< when a lost connection can't be made again for so long, the call
                            fails; 0: it tries as long as the call lasts */
} redisc_subscriber_options;

/** What a subscriber did so far, and where it stands. */
typedef struct redisc_subscriber_stats {
    uint64_t subscriptions; /**< names that are subscribed, or on their way to it or from it */
    uint64_t connections;   /**< connections made */
    uint64_t losses;        /**< connections lost: each time messages may have been missed */
    uint64_t messages;      /**< published messages received */
    uint64_t pings;         /**< PINGs sent to see whether the connection lives */
} redisc_subscriber_stats;

/**
 * Makes a subscriber. Connects to nothing yet: the first subscription does.
 * @param client a client or a pinned handle, for the address and the timeouts
 * @param options NULL: the defaults. Copied.
 * @param subscriber close it with redisc_subscriber_close(); NULL after a failure
 * @return REDISC_ERROR_ARGUMENT, REDISC_ERROR_MEMORY, or REDISC_ERROR_LIMIT: no descriptor is free
 */
REDISC_API redisc_status redisc_subscriber_open(redisc *client,
                                                const redisc_subscriber_options *options,
                                                redisc_subscriber **subscriber);

/**
 * Closes the connection and frees the subscriber; a thread that redisc_subscriber_start_thread()
 * made is stopped before. From within a handler it takes effect when the handler has returned.
 * NULL is allowed.
 */
REDISC_API void redisc_subscriber_close(redisc_subscriber *subscriber);

/**
 * Subscribes channels. Connects first if there is no connection, within the client's timeout. The
 * server confirms each name by a message. A name that is subscribed already gets the new handler
 * (or loses its old one) and is confirmed again. If the server refuses a name (NOPERM, MOVED …),
 * reading fails with that error once, and the name is not subscribed.
 * @param channels at least one
 * @param handler gets what is published to these channels; NULL: redisc_subscriber_next() gives it
 * @param context given to the handler; must live as long as the subscription
 * @return a failure has changed nothing: a connection error, REDISC_ERROR_ARGUMENT,
 * REDISC_ERROR_MEMORY, or REDISC_ERROR_SUBSCRIBER (no handler while redisc_subscriber_run() is
 * under way; forked)
 */
REDISC_API redisc_status redisc_subscriber_subscribe(redisc_subscriber *subscriber,
                                                     redisc_str_list channels,
                                                     redisc_message_handler handler, void *context);
/** The same for glob patterns of channels. */
REDISC_API redisc_status redisc_subscriber_psubscribe(redisc_subscriber *subscriber,
                                                      redisc_str_list patterns,
                                                      redisc_message_handler handler,
                                                      void *context);
/** The same for sharded channels, which are apart from the others (since Redis and Valkey 7.0.0).
 * In a cluster they must belong to the node that the client is connected to. */
REDISC_API redisc_status redisc_subscriber_ssubscribe(redisc_subscriber *subscriber,
                                                      redisc_str_list channels,
                                                      redisc_message_handler handler,
                                                      void *context);

/**
 * Ends subscriptions. Messages that are on their way already may still come, up to the server's
 * confirmation, and go to the handlers that were there; so a handler's context must live until the
 * confirmation has been read, or until the subscriber is closed.
 * @param channels none at all ({0}): all channels. Names that aren't subscribed are passed over.
 */
REDISC_API redisc_status redisc_subscriber_unsubscribe(redisc_subscriber *subscriber,
                                                       redisc_str_list channels);
/** The same for patterns. */
REDISC_API redisc_status redisc_subscriber_punsubscribe(redisc_subscriber *subscriber,
                                                        redisc_str_list patterns);
/** The same for sharded channels. */
REDISC_API redisc_status redisc_subscriber_sunsubscribe(redisc_subscriber *subscriber,
                                                        redisc_str_list channels);

/** Whether anything is subscribed: true from the call that subscribes until the confirmation that
 * the last subscription has ended is read. Any thread. */
REDISC_API bool redisc_subscriber_subscribed(redisc_subscriber *subscriber);

/**
 * Gives the next message.
 * @param timeout_ms 0: only what is there already; negative: as long as it takes, as long as
 * anything is subscribed. Connecting again after a loss may overstay a short timeout: by 100 ms at
 * first, by twice as much with each try that fails, at most by the client's connect timeout.
 * @param message free it with redisc_free(). NULL: none came in time, or it went to its handler, or
 * redisc_subscriber_wake() was called.
 * @return REDISC_ERROR_SUBSCRIBER: nothing was subscribed before, or (negative timeout) nothing is
 * any more; another thread reads; forked. A connection error: it was lost, and a try to connect
 * again failed in this call; the next call goes on trying. A server's error: it refused a
 * subscription.
 */
REDISC_API redisc_status redisc_subscriber_next(redisc_subscriber *subscriber, int64_t timeout_ms,
                                                const redisc_message **message);

/** The same, but passes over the messages that only say that something was (un)subscribed. */
REDISC_API redisc_status redisc_subscriber_next_published(redisc_subscriber *subscriber,
                                                          int64_t timeout_ms,
                                                          const redisc_message **message);

/**
 * Gives all messages that are there already to their handlers, and those without a handler of
 * their own to @p handler. Never waits. For event loops: see redisc_subscriber_descriptor().
 */
REDISC_API redisc_status redisc_subscriber_dispatch(redisc_subscriber *subscriber,
                                                    redisc_message_handler handler, void *context);

/**
 * Reads messages until nothing is subscribed any more or redisc_subscriber_stop() is called; those
 * without a handler of their own go to @p handler. Connects again as long as it takes (or as
 * give_up_ms says).
 * @return REDISC_OK, or the first failure: listening may go on after it
 */
REDISC_API redisc_status redisc_subscriber_listen(redisc_subscriber *subscriber,
                                                  redisc_message_handler handler, void *context);

/**
 * Like redisc_subscriber_listen(), for subscriptions that all have handlers; messages that
 * something was (un)subscribed are dropped. At its end, for whatever reason, all subscriptions end
 * and the connection is closed; the subscriber may be used anew.
 * @return REDISC_ERROR_SUBSCRIBER, naming it, if a subscription has no handler
 */
REDISC_API redisc_status redisc_subscriber_run(redisc_subscriber *subscriber);

/**
 * redisc_subscriber_run() in a thread of its own, with all signals blocked. No other thread of this
 * library outlives a look-up of a name.
 * @return what redisc_subscriber_run() would refuse; REDISC_ERROR_LIMIT: no thread to be had
 */
REDISC_API redisc_status redisc_subscriber_start_thread(redisc_subscriber *subscriber);

/**
 * Ends listening or running: when the handler that is at work has returned, or the connecting that
 * is under way has ended. Waits for the thread of redisc_subscriber_start_thread(), unless called
 * by that itself. If nobody is listening, the next one to do so ends at once.
 * @return what the thread's run ended with, REDISC_OK if there is none
 */
REDISC_API redisc_status redisc_subscriber_stop(redisc_subscriber *subscriber);

/** Ends the wait of the thread that reads, which then gets no message; or, if none waits, the next
 * wait. Any thread; not for signal handlers. */
REDISC_API redisc_status redisc_subscriber_wake(redisc_subscriber *subscriber);

/**
 * A descriptor for event loops: readable when something came. Read with
 * redisc_subscriber_dispatch(), or with redisc_subscriber_next(…, 0, …) until it gives none (only
 * where no name has a handler, since NULL stands for a handled message, too): what was received but
 * not read makes no descriptor readable. Do the same after each change of the subscriptions. Ask
 * for the descriptor again after each read: it changes when the connection is made anew. For the
 * keepalive and for connecting again, read once in a while (each second, say) even if nothing came.
 * @return -1: there is no connection now, or its transport has no descriptor
 */
REDISC_API int redisc_subscriber_descriptor(redisc_subscriber *subscriber);

/** A consistent snapshot of the figures. Any thread. */
REDISC_API void redisc_subscriber_statistics(redisc_subscriber *subscriber,
                                             redisc_subscriber_stats *stats);

REDISC_END_DECLS

#endif
