/* SPDX-License-Identifier: MIT */
#define REDISC_NO_MACROS
#include <redisc/lock.h>

#include "alloc.h"
#include "deadline.h"
#include "error.h"
#include "number.h"
#include "random.h"

#include <redisc/commands.h>
#include <redisc/lua.h>

#include <pthread.h>
#include <string.h>

enum { TOKEN_SIZE = 32, DEFAULT_SLEEP_MS = 100 };

/* Each script takes the token first, and touches the key only if it still holds it. */
static const char release_source[] = "if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end\n"
                                     "redis.call('del', KEYS[1])\n"
                                     "return 1";
static const char extend_source[] = "if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end\n"
                                    "local left = redis.call('pttl', KEYS[1])\n"
                                    "if left < 0 then left = 0 end\n"
                                    "redis.call('pexpire', KEYS[1], left + ARGV[2])\n"
                                    "return 1";
static const char reacquire_source[] =
    "if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end\n"
    "redis.call('pexpire', KEYS[1], ARGV[2])\n"
    "return 1";

struct redisc_lock {
    redisc *r;
    redisc_lock_options options;
    redisc_lua_script *release;
    redisc_lua_script *extend;
    redisc_lua_script *reacquire;
    pthread_key_t key; /* a thread's token, or NULL while it does not hold the lock */
    bool has_key;
    char *shared_token; /* with shared_token: the one for all */
    size_t name_len;
    char name[];
};

static redisc_str name_of(const redisc_lock *lock)
{
    return redisc_bytes(lock->name, lock->name_len);
}

/* The token under which this thread holds the lock; NULL: it doesn't. */
static char *token_of(const redisc_lock *lock)
{
    return lock->has_key ? pthread_getspecific(lock->key) : lock->shared_token;
}

/* Takes the token over, or forgets and frees it (NULL). */
static redisc_status set_token(redisc_lock *lock, char *token)
{
    char *old = token_of(lock);
    if (lock->has_key) {
        if (pthread_setspecific(lock->key, token) != 0) {
            redisc_release(token);
            return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a thread's token");
        }
    } else {
        lock->shared_token = token;
    }
    redisc_release(old);
    return REDISC_OK;
}

static char *new_token(void)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[TOKEN_SIZE / 2];
    char *token = redisc_allocate(TOKEN_SIZE + 1);
    if (token == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a lock's token");
        return NULL;
    }
    if (!redisc_random_bytes(bytes, sizeof bytes)) {
        redisc_release(token);
        redisc_fail(REDISC_ERROR_LOCK, "the system gives no random bytes for a lock's token");
        return NULL;
    }
    for (size_t i = 0; i < sizeof bytes; i++) {
        token[2 * i] = digits[bytes[i] >> 4];
        token[2 * i + 1] = digits[bytes[i] & 0xf];
    }
    token[TOKEN_SIZE] = '\0';
    return token;
}

static redisc_status check_options(redisc_str name, const redisc_lock_options *options)
{
    if (name.data == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lock_open: `name` is NULL");
    }
    if (options->timeout_ms < 0 || options->sleep_ms < 0 || options->wait_ms < 0) {
        return redisc_fail(REDISC_ERROR_LOCK, "a lock's times can't be negative");
    }
    int64_t sleep_ms = options->sleep_ms == 0 ? DEFAULT_SLEEP_MS : options->sleep_ms;
    if (options->timeout_ms > 0 && sleep_ms > options->timeout_ms) {
        return redisc_fail(REDISC_ERROR_LOCK,
                           "`sleep_ms` (%lld) must be less than `timeout_ms` (%lld)",
                           (long long)sleep_ms, (long long)options->timeout_ms);
    }
    return REDISC_OK;
}

static redisc_status open_script(const char *source, redisc_lua_script **script)
{
    return redisc_lua_script_open(redisc_text(source), script);
}

/* Everything of a lock that can fail. */
static redisc_status equip(redisc_lock *lock)
{
    redisc_status status = open_script(release_source, &lock->release);
    if (status == REDISC_OK) {
        status = open_script(extend_source, &lock->extend);
    }
    if (status == REDISC_OK) {
        status = open_script(reacquire_source, &lock->reacquire);
    }
    if (status == REDISC_OK && !lock->options.shared_token) {
        lock->has_key = pthread_key_create(&lock->key, redisc_release) == 0;
        if (!lock->has_key) {
            status =
                redisc_fail(REDISC_ERROR_LIMIT, "the process has no more room for thread-specific "
                                                "data; use `shared_token`");
        }
    }
    return status;
}

redisc_status redisc_lock_open(redisc *r, redisc_str name, const redisc_lock_options *options,
                               redisc_lock **opened)
{
    static const redisc_lock_options defaults;
    if (opened == NULL || r == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lock_open: `%s` is NULL",
                           r == NULL ? "r" : "lock");
    }
    *opened = NULL;
    options = options == NULL ? &defaults : options;
    redisc_status status = check_options(name, options);
    if (status != REDISC_OK) {
        return status;
    }
    redisc_lock *lock = redisc_allocate_zeroed(sizeof *lock + name.len + 1);
    if (lock == NULL) {
        return redisc_fail(REDISC_ERROR_MEMORY, "no memory for a lock");
    }
    lock->r = r;
    lock->options = *options;
    lock->options.sleep_ms = options->sleep_ms == 0 ? DEFAULT_SLEEP_MS : options->sleep_ms;
    lock->name_len = name.len;
    memcpy(lock->name, name.data, name.len);
    status = equip(lock);
    if (status != REDISC_OK) {
        redisc_lock_close(lock);
        return status;
    }
    *opened = lock;
    return REDISC_OK;
}

void redisc_lock_close(redisc_lock *lock)
{
    if (lock == NULL) {
        return;
    }
    redisc_release(token_of(lock));
    if (lock->has_key) {
        pthread_key_delete(lock->key);
    }
    redisc_lua_script_close(lock->release);
    redisc_lua_script_close(lock->extend);
    redisc_lua_script_close(lock->reacquire);
    redisc_release(lock);
}

static redisc_status no_lock(const char *function)
{
    return redisc_fail(REDISC_ERROR_ARGUMENT, "%s: `lock` is NULL", function);
}

/* A buffering handle can't say whether the lock was had. */
static redisc_status answered(redisc_status status)
{
    return status != REDISC_QUEUED ? status
                                   : redisc_fail(REDISC_ERROR_UNSUPPORTED,
                                                 "a lock needs a handle that answers at once");
}

static redisc_status try_once(redisc_lock *lock, const char *token, bool *held)
{
    redisc_set_options how = {.when = REDISC_SET_NX, .px = lock->options.timeout_ms};
    return answered(redisc_set_with(lock->r, name_of(lock), redisc_text(token), &how, held));
}

static redisc_status try_until(redisc_lock *lock, const char *token, int64_t wait_ms, bool *held)
{
    redisc_deadline deadline = redisc_deadline_after(wait_ms);
    for (;;) {
        redisc_status status = try_once(lock, token, held);
        int64_t left = redisc_deadline_left(deadline);
        if (status != REDISC_OK || *held || left == 0) {
            return status;
        }
        int64_t pause = lock->options.sleep_ms;
        redisc_sleep_ms(left > 0 && left < pause ? left : pause);
    }
}

redisc_status redisc_lock_acquire_within(redisc_lock *lock, int64_t wait_ms, bool *held)
{
    bool got = false;
    if (held != NULL) {
        *held = false;
    }
    if (lock == NULL) {
        return no_lock("redisc_lock_acquire");
    }
    char *token = new_token();
    if (token == NULL) {
        return redisc_last_error()->status;
    }
    redisc_status status = try_until(lock, token, wait_ms, &got);
    if (status != REDISC_OK || !got) {
        redisc_release(token);
        if (status == REDISC_OK && held == NULL) {
            status = redisc_fail(REDISC_ERROR_LOCK, "the lock is held by somebody else");
        }
        return status;
    }
    status = set_token(lock, token);
    if (status == REDISC_OK && held != NULL) {
        *held = true;
    }
    return status;
}

redisc_status redisc_lock_acquire(redisc_lock *lock, bool *held)
{
    if (lock == NULL) {
        return no_lock("redisc_lock_acquire");
    }
    int64_t wait_ms = lock->options.wait_ms == 0 ? -1 : lock->options.wait_ms;
    return redisc_lock_acquire_within(lock, lock->options.dont_wait ? 0 : wait_ms, held);
}

/* Runs a script on the lock with its token; REDISC_ERROR_LOCK if it is no longer ours. */
static redisc_status run_owned(redisc_lock *lock, const redisc_lua_script *script,
                               const char *token, int64_t milliseconds, const char *what)
{
    char digits[REDISC_INTEGER_SIZE];
    redisc_str keys[] = {name_of(lock)};
    redisc_str arguments[] = {redisc_text(token),
                              {digits, redisc_write_integer(digits, milliseconds)}};
    const redisc_reply *reply;
    redisc_status status = answered(redisc_lua_run(lock->r, script, (redisc_str_list){keys, 1},
                                                   (redisc_str_list){arguments, 2}, &reply));
    if (status != REDISC_OK) {
        return status;
    }
    int64_t done = 0;
    status = redisc_reply_integer(reply, &done);
    redisc_free(reply);
    if (status == REDISC_OK && done == 0) {
        status = redisc_fail(REDISC_ERROR_LOCK, "cannot %s a lock that is no longer owned", what);
    }
    return status;
}

redisc_status redisc_lock_release(redisc_lock *lock)
{
    if (lock == NULL) {
        return no_lock("redisc_lock_release");
    }
    char *token = token_of(lock);
    if (token == NULL) {
        return redisc_fail(REDISC_ERROR_LOCK, "cannot release an unlocked lock");
    }
    char copy[TOKEN_SIZE + 1];
    memcpy(copy, token, sizeof copy);
    set_token(lock, NULL);
    return run_owned(lock, lock->release, copy, 0, "release");
}

static redisc_status prolong(redisc_lock *lock, const redisc_lua_script *script,
                             int64_t milliseconds, const char *what)
{
    const char *token = token_of(lock);
    if (token == NULL) {
        return redisc_fail(REDISC_ERROR_LOCK, "cannot %s an unlocked lock", what);
    }
    if (lock->options.timeout_ms == 0) {
        return redisc_fail(REDISC_ERROR_LOCK, "cannot %s a lock with no time-out", what);
    }
    return run_owned(lock, script, token, milliseconds, what);
}

redisc_status redisc_lock_extend(redisc_lock *lock, int64_t additional_ms)
{
    if (lock == NULL) {
        return no_lock("redisc_lock_extend");
    }
    if (additional_ms <= 0) {
        return redisc_fail(REDISC_ERROR_ARGUMENT,
                           "redisc_lock_extend: `additional_ms` must be positive");
    }
    return prolong(lock, lock->extend, additional_ms, "extend");
}

redisc_status redisc_lock_reacquire(redisc_lock *lock)
{
    if (lock == NULL) {
        return no_lock("redisc_lock_reacquire");
    }
    return prolong(lock, lock->reacquire, lock->options.timeout_ms, "reacquire");
}

redisc_status redisc_lock_owned(redisc_lock *lock, bool *owned)
{
    if (lock == NULL || owned == NULL) {
        return lock == NULL
                   ? no_lock("redisc_lock_owned")
                   : redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lock_owned: `owned` is NULL");
    }
    *owned = false;
    const char *token = token_of(lock);
    if (token == NULL) {
        return REDISC_OK;
    }
    const redisc_str *value = NULL;
    redisc_status status = answered(redisc_get(lock->r, name_of(lock), &value));
    *owned = status == REDISC_OK && value != NULL && redisc_str_equal(*value, redisc_text(token));
    redisc_free(value);
    return status;
}

redisc_status redisc_lock_locked(redisc_lock *lock, bool *locked)
{
    if (lock == NULL || locked == NULL) {
        return lock == NULL
                   ? no_lock("redisc_lock_locked")
                   : redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lock_locked: `locked` is NULL");
    }
    redisc_str keys[] = {name_of(lock)};
    int64_t count = 0;
    redisc_status status = answered(redisc_exists(lock->r, (redisc_str_list){keys, 1}, &count));
    *locked = status == REDISC_OK && count > 0;
    return status;
}
