/* SPDX-License-Identifier: MIT */
#define REDISC_NO_MACROS
#include <redisc/lock.h>

#include "command.h"
#include "deadline.h"
#include "lock_holders.h"
#include "random.h"

#include <redisc/commands.h>
#include <redisc/lua.h>

#include <string.h>

enum { DEFAULT_SLEEP_MS = 100 };

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
    redisc_lock_holders holders;
    size_t name_len;
    char name[];
};

static redisc_str name_of(const redisc_lock *lock)
{
    return redisc_bytes(lock->name, lock->name_len);
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
                           "`sleep_ms` (%lld) must not be more than `timeout_ms` (%lld)",
                           (long long)sleep_ms, (long long)options->timeout_ms);
    }
    return REDISC_OK;
}

static redisc_status open_script(const char *source, redisc_lua_script **script)
{
    return redisc_lua_script_open(redisc_text(source), script);
}

static redisc_status open_scripts(redisc_lock *lock)
{
    redisc_status status = open_script(release_source, &lock->release);
    if (status == REDISC_OK) {
        status = open_script(extend_source, &lock->extend);
    }
    if (status == REDISC_OK) {
        status = open_script(reacquire_source, &lock->reacquire);
    }
    return status;
}

redisc_status redisc_lock_open(redisc *r, redisc_str name, const redisc_lock_options *options,
                               redisc_lock **opened)
{
    static const redisc_lock_options defaults;
    if (opened != NULL) {
        *opened = NULL;
    }
    if (opened == NULL || r == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lock_open: `%s` is NULL",
                           r == NULL ? "r" : "lock");
    }
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
    lock->holders.shared = options->shared_token;
    status = open_scripts(lock);
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
    redisc_lock_holders_free(&lock->holders);
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
static redisc_status check_handle(const redisc_lock *lock)
{
    return !redisc_collects(lock->r) ? REDISC_OK
                                     : redisc_fail(REDISC_ERROR_UNSUPPORTED,
                                                   "a lock needs a handle that answers at once");
}

/* Whether the key holds this token. */
static redisc_status has_token(redisc_lock *lock, const redisc_lock_token *token, bool *has)
{
    const redisc_str *value = NULL;
    redisc_status status = redisc_get(lock->r, name_of(lock), &value);
    *has =
        status == REDISC_OK && value != NULL && redisc_str_equal(*value, redisc_text(token->text));
    redisc_free(value);
    return status;
}

/* When the answer was lost the key tells whether the token got there; else the failure stands. */
static redisc_status try_once(redisc_lock *lock, const redisc_lock_token *token, bool *held)
{
    redisc_set_options how = {.when = REDISC_SET_NX, .px = lock->options.timeout_ms};
    redisc_status status =
        redisc_set_with(lock->r, name_of(lock), redisc_text(token->text), &how, held);
    if (status >= 0 || redisc_last_error()->delivery != REDISC_UNKNOWN) {
        return status;
    }
    redisc_error_copy why;
    redisc_error_save(&why);
    if (has_token(lock, token, held) == REDISC_OK && *held) {
        return REDISC_OK;
    }
    return redisc_error_restore(&why);
}

/* Tries until the lock is had, which is noted, or time is up. */
static redisc_status try_until(redisc_lock *lock, const redisc_lock_token *token, int64_t wait_ms,
                               bool *held)
{
    redisc_deadline deadline = redisc_deadline_after(wait_ms);
    for (;;) {
        int64_t timeout_ms = lock->options.timeout_ms;
        redisc_deadline until = redisc_deadline_after(timeout_ms == 0 ? -1 : timeout_ms);
        redisc_status status = try_once(lock, token, held);
        if (*held) {
            redisc_lock_holders_note(&lock->holders, token, until.at_ms);
        }
        int64_t left = redisc_deadline_left(deadline);
        if (status != REDISC_OK || *held || left == 0) {
            return status;
        }
        int64_t pause = lock->options.sleep_ms;
        redisc_sleep_ms(left > 0 && left < pause ? left : pause);
    }
}

static redisc_status acquire(redisc_lock *lock, int64_t wait_ms, bool *held)
{
    redisc_lock_token token;
    redisc_status status = redisc_lock_token_new(&token);
    if (status == REDISC_OK) {
        status = redisc_lock_holders_prepare(&lock->holders, redisc_now_ms());
    }
    if (status == REDISC_OK) {
        status = try_until(lock, &token, wait_ms, held);
        redisc_lock_holders_forget(&lock->holders, true);
    }
    return status;
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
    redisc_status status = check_handle(lock);
    if (status == REDISC_OK) {
        status = acquire(lock, wait_ms, &got);
    }
    if (status == REDISC_OK && !got && held == NULL) {
        return redisc_fail(REDISC_ERROR_LOCK, "the lock is held by somebody else");
    }
    if (held != NULL) {
        *held = got;
    }
    return status;
}

redisc_status redisc_lock_acquire(redisc_lock *lock, bool *held)
{
    int64_t wait_ms = 0;
    if (lock != NULL && !lock->options.dont_wait) {
        wait_ms = lock->options.wait_ms == 0 ? -1 : lock->options.wait_ms;
    }
    return redisc_lock_acquire_within(lock, wait_ms, held);
}

/* Runs a script on the lock with its token; REDISC_ERROR_LOCK if it is no longer ours. */
static redisc_status run_owned(redisc_lock *lock, const redisc_lua_script *script,
                               const redisc_lock_token *token, int64_t milliseconds,
                               const char *what)
{
    char digits[REDISC_INTEGER_SIZE];
    redisc_str keys[] = {name_of(lock)};
    redisc_str arguments[] = {redisc_text(token->text),
                              {digits, redisc_write_integer(digits, milliseconds)}};
    const redisc_reply *reply;
    redisc_status status = redisc_lua_run(lock->r, script, (redisc_str_list){keys, 1},
                                          (redisc_str_list){arguments, 2}, &reply);
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

/* The token for doing something to a lock that is held. */
static redisc_status need_token(redisc_lock *lock, redisc_lock_token *token, const char *what)
{
    if (!redisc_lock_holders_token(&lock->holders, token)) {
        return redisc_fail(REDISC_ERROR_LOCK, "cannot %s an unlocked lock", what);
    }
    return check_handle(lock);
}

redisc_status redisc_lock_release(redisc_lock *lock)
{
    if (lock == NULL) {
        return no_lock("redisc_lock_release");
    }
    redisc_lock_token token;
    redisc_status status = need_token(lock, &token, "release");
    if (status != REDISC_OK) {
        return status;
    }
    status = run_owned(lock, lock->release, &token, 0, "release");
    if (status == REDISC_OK || status == REDISC_ERROR_LOCK) {
        redisc_lock_holders_forget(&lock->holders, false);
    }
    return status;
}

static redisc_status prolong(redisc_lock *lock, const redisc_lua_script *script,
                             int64_t milliseconds, const char *what)
{
    redisc_lock_token token;
    redisc_status status = need_token(lock, &token, what);
    if (status != REDISC_OK) {
        return status;
    }
    if (lock->options.timeout_ms == 0) {
        return redisc_fail(REDISC_ERROR_LOCK, "cannot %s a lock with no time-out", what);
    }
    redisc_lock_holders_note(&lock->holders, &token, INT64_MAX);
    return run_owned(lock, script, &token, milliseconds, what);
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
    if (owned != NULL) {
        *owned = false;
    }
    if (lock == NULL || owned == NULL) {
        return lock == NULL
                   ? no_lock("redisc_lock_owned")
                   : redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lock_owned: `owned` is NULL");
    }
    redisc_lock_token token;
    redisc_status status = check_handle(lock);
    if (status != REDISC_OK || !redisc_lock_holders_token(&lock->holders, &token)) {
        return status;
    }
    return has_token(lock, &token, owned);
}

redisc_status redisc_lock_locked(redisc_lock *lock, bool *locked)
{
    if (locked != NULL) {
        *locked = false;
    }
    if (lock == NULL || locked == NULL) {
        return lock == NULL
                   ? no_lock("redisc_lock_locked")
                   : redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lock_locked: `locked` is NULL");
    }
    redisc_str keys[] = {name_of(lock)};
    int64_t count = 0;
    redisc_status status = check_handle(lock);
    if (status == REDISC_OK) {
        status = redisc_exists(lock->r, (redisc_str_list){keys, 1}, &count);
    }
    *locked = count > 0;
    return status;
}
