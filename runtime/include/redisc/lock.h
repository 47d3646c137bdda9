/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Locks between processes: a key that one holder at a time has.
 *
 *     redisc_lock *lock;
 *     bool held;
 *     redisc_lock_open(r, "report", &(redisc_lock_options){ .timeout_ms = 10000 }, &lock);
 *     redisc_lock_acquire(lock, &held);
 *     if (held) { … redisc_lock_release(lock); }
 *     redisc_lock_close(lock);
 *
 * The key holds a random token, and release, extend and reacquire are done by scripts that compare
 * it, so nobody gives up or prolongs a lock that has gone to somebody else meanwhile. A lock with a
 * time-out that its holder does not release (a crash, say) expires. It is as strong as the one
 * server that it lives on: a failover can lose it. When the server's answer to acquiring was lost,
 * the key is looked at, so that a lock that is had is not taken for somebody else's.
 *
 * It runs on any immediate handle, which must outlive it.
 *
 * Thread safety: without `shared_token` each thread that uses the object has a token of its own, so
 * that threads exclude each other, too. With it the object is held by all its threads at once, and
 * one thread may release what another acquired. Either way all threads may use the object at once,
 * if they may so use the handle.
 */
#ifndef REDISC_LOCK_H
#define REDISC_LOCK_H

#include <redisc/handle.h>

REDISC_BEGIN_DECLS

/** A lock, held or not. */
typedef struct redisc_lock redisc_lock;

/** How a lock behaves; zero is a lock that never expires and waits for ever. */
typedef struct redisc_lock_options {
    int64_t timeout_ms; /**< how long it is held at most; 0: until it is released */
    int64_t sleep_ms;   /**< between two tries of getting it; default 100. Not longer than
                           timeout_ms: one below 100 needs a sleep_ms, too */
    bool dont_wait;     /**< redisc_lock_acquire() tries once */
    int64_t wait_ms;    /**< how long redisc_lock_acquire() waits; 0: for ever */
    bool shared_token;  /**< true: one token for all threads, instead of one for each */
} redisc_lock_options;

/**
 * Makes a lock; asks the server nothing. REDISC_ERROR_LOCK if the options make no sense together.
 * @param name of the key; copied
 * @param lock close with redisc_lock_close()
 */
REDISC_API redisc_status redisc_lock_open(redisc *r, redisc_str name,
                                          const redisc_lock_options *options, redisc_lock **lock);

/** Frees the object; a lock that is held stays held until it expires. NULL is allowed. */
REDISC_API void redisc_lock_close(redisc_lock *lock);

/**
 * Gets the lock, waiting as the options say.
 * @param held whether it was had; may be NULL: then not getting it is REDISC_ERROR_LOCK
 */
REDISC_API redisc_status redisc_lock_acquire(redisc_lock *lock, bool *held);

/** The same with a wait of its own: 0 tries once, negative waits for ever. */
REDISC_API redisc_status redisc_lock_acquire_within(redisc_lock *lock, int64_t wait_ms, bool *held);

/** Gives it back. REDISC_ERROR_LOCK if it isn't held by this object, or no longer (it expired).
 * After an error of the connection it may be tried again. */
REDISC_API redisc_status redisc_lock_release(redisc_lock *lock);

/**
 * Prolongs it by @p additional_ms. REDISC_ERROR_LOCK if it isn't held by this object, no longer, or
 * has no time-out.
 */
REDISC_API redisc_status redisc_lock_extend(redisc_lock *lock, int64_t additional_ms);

/** Gives it its whole time-out again. Fails as redisc_lock_extend(). */
REDISC_API redisc_status redisc_lock_reacquire(redisc_lock *lock);

/** Whether this object (and thread) holds it, by asking the server. */
REDISC_API redisc_status redisc_lock_owned(redisc_lock *lock, bool *owned);

/** Whether anybody holds it, by asking the server. */
REDISC_API redisc_status redisc_lock_locked(redisc_lock *lock, bool *locked);

REDISC_END_DECLS

#if REDISC_MACROS
#define redisc_lock_open(r, name, ...) redisc_lock_open((r), REDISC_STR(name), __VA_ARGS__)
#endif

#endif
