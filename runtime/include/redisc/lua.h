/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Lua scripts and functions: objects that see to it that the server has them.
 *
 *     redisc_lua_script *multiply;
 *     redisc_lua_script_open("return redis.call('GET', KEYS[1]) * ARGV[1]", &multiply);
 *     redisc_lua_run(r, multiply, REDISC_STRS("foo"), REDISC_STRS("5"), &reply);
 *
 * A script is called by its SHA1 (EVALSHA); only when the server does not know it, it is loaded and
 * called again. On a pipeline, where nobody could look at such an answer, it is loaded just before
 * the pipeline's calls, in the same write, once for each pipeline.
 *
 * What scripts answer is dynamic: see redisc/reply.h for taking it apart.
 *
 * Thread safety: these objects never change, so any thread may use them at any time until they are
 * closed; they belong to no client and work on all handles and servers.
 */
#ifndef REDISC_LUA_H
#define REDISC_LUA_H

#include <redisc/handle.h>

REDISC_BEGIN_DECLS

/** A script with its SHA1. */
typedef struct redisc_lua_script redisc_lua_script;

/** Makes a script of its source, which is copied. Asks no server. Close with
 * redisc_lua_script_close(). */
REDISC_API redisc_status redisc_lua_script_open(redisc_str source, redisc_lua_script **script);

/** Frees a script; pipelines that hold calls of it go on. NULL is allowed. */
REDISC_API void redisc_lua_script_close(redisc_lua_script *script);

/** The source's SHA1 as 40 hexadecimal digits. Borrowed from the script. */
REDISC_API const char *redisc_lua_script_sha1(const redisc_lua_script *script);

/**
 * Runs a script: EVALSHA, loaded first if need be.
 * @param keys the keys that it touches, all of them
 * @param arguments further arguments
 * @param reply free with redisc_free(); may be NULL
 * @return REDISC_QUEUED on a buffering handle; an error that the script raises is a
 * REDISC_ERROR_SERVER
 */
REDISC_API redisc_status redisc_lua_run(redisc *r, const redisc_lua_script *script,
                                        redisc_str_list keys, redisc_str_list arguments,
                                        const redisc_reply **reply);

/** The same by EVALSHA_RO: for scripts that only read, which may be sent again and run on replicas.
 * Since Redis and Valkey 7.0.0. */
REDISC_API redisc_status redisc_lua_run_readonly(redisc *r, const redisc_lua_script *script,
                                                 redisc_str_list keys, redisc_str_list arguments,
                                                 const redisc_reply **reply);

/** A library of functions (since Redis and Valkey 7.0.0): FUNCTION LOAD and FCALL. */
typedef struct redisc_lua_library redisc_lua_library;

/** Makes a library of its source, which is copied and begins with "#!lua name=…". Asks no server.
 */
REDISC_API redisc_status redisc_lua_library_open(redisc_str source, redisc_lua_library **library);

/** Frees a library; the server keeps what was loaded. NULL is allowed. */
REDISC_API void redisc_lua_library_close(redisc_lua_library *library);

/**
 * Calls a function of a library: FCALL; if the server does not know the function, the library is
 * loaded (replacing another version of it) and the function called again.
 */
REDISC_API redisc_status redisc_lua_call(redisc *r, const redisc_lua_library *library,
                                         redisc_str function, redisc_str_list keys,
                                         redisc_str_list arguments, const redisc_reply **reply);

/** The same by FCALL_RO, for functions that only read. */
REDISC_API redisc_status redisc_lua_call_readonly(redisc *r, const redisc_lua_library *library,
                                                  redisc_str function, redisc_str_list keys,
                                                  redisc_str_list arguments,
                                                  const redisc_reply **reply);

REDISC_END_DECLS

#if REDISC_MACROS
#define redisc_lua_script_open(source, script) redisc_lua_script_open(REDISC_STR(source), (script))
#define redisc_lua_library_open(source, library)                                                   \
    redisc_lua_library_open(REDISC_STR(source), (library))
#define redisc_lua_call(r, library, function, ...)                                                 \
    redisc_lua_call((r), (library), REDISC_STR(function), __VA_ARGS__)
#define redisc_lua_call_readonly(r, library, function, ...)                                        \
    redisc_lua_call_readonly((r), (library), REDISC_STR(function), __VA_ARGS__)
#endif

#endif
