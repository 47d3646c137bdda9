/* SPDX-License-Identifier: MIT */
#define REDISC_NO_MACROS
#include <redisc/lua.h>

#include "command.h"
#include "pipeline.h"

#include <sha1.h>

enum { SHA1_SIZE = 40 };

/* What both kinds are: a source, and how to give it to a server. */
typedef struct source {
    redisc_str text;
    const redisc_operation_info *load; /* SCRIPT LOAD, FUNCTION LOAD REPLACE */
    const char *name;                  /* of the parameter, for messages */
} source;

struct redisc_lua_script {
    source source;
    char sha1[SHA1_SIZE + 1];
};

struct redisc_lua_library {
    source source;
};

static const redisc_operation_info script_load = {
    .name = "SCRIPT LOAD",
    .words = "$6\r\nSCRIPT\r\n$4\r\nLOAD\r\n",
    .words_len = 22,
    .flags = REDISC_COMMAND_REPEATABLE,
};

static const redisc_operation_info function_load = {
    .name = "FUNCTION LOAD",
    .words = "$8\r\nFUNCTION\r\n$4\r\nLOAD\r\n$7\r\nREPLACE\r\n",
    .words_len = 37,
    .flags = REDISC_COMMAND_REPEATABLE,
};

static const redisc_operation_info evalsha = {
    .name = "EVALSHA",
    .words = "$7\r\nEVALSHA\r\n",
    .words_len = 13,
};

static const redisc_operation_info evalsha_ro = {
    .name = "EVALSHA_RO",
    .words = "$10\r\nEVALSHA_RO\r\n",
    .words_len = 17,
    .flags = REDISC_COMMAND_READONLY | REDISC_COMMAND_REPEATABLE,
};

static const redisc_operation_info fcall = {
    .name = "FCALL",
    .words = "$5\r\nFCALL\r\n",
    .words_len = 11,
};

static const redisc_operation_info fcall_ro = {
    .name = "FCALL_RO",
    .words = "$8\r\nFCALL_RO\r\n",
    .words_len = 14,
    .flags = REDISC_COMMAND_READONLY | REDISC_COMMAND_REPEATABLE,
};

/* Words that stand in the info: FUNCTION LOAD REPLACE has three. */
static size_t words_of(const redisc_operation_info *load)
{
    return load == &function_load ? 3 : 2;
}

static void write_sha1(redisc_str text, char sha1[SHA1_SIZE + 1])
{
    SHA1_CTX state;
    uint8_t digest[SHA1_DIGEST_LENGTH];
    SHA1Init(&state);
    SHA1Update(&state, (const uint8_t *)text.data, text.len);
    SHA1Final(digest, &state);
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < sizeof digest; i++) {
        sha1[2 * i] = digits[digest[i] >> 4];
        sha1[2 * i + 1] = digits[digest[i] & 0xf];
    }
    sha1[SHA1_SIZE] = '\0';
}

/* An object of `size` bytes with a copy of the source behind it; its `source` comes first. */
static void *new_object(redisc_str text, size_t size, const source *model)
{
    if (text.data == NULL) {
        redisc_fail(REDISC_ERROR_ARGUMENT, "Lua: `source` is NULL");
        return NULL;
    }
    source *object = redisc_allocate_zeroed(size + text.len);
    if (object == NULL) {
        redisc_fail(REDISC_ERROR_MEMORY, "no memory for a Lua source of %zu bytes", text.len);
        return NULL;
    }
    char *copy = (char *)object + size;
    memcpy(copy, text.data, text.len);
    *object = *model;
    object->text = redisc_bytes(copy, text.len);
    return object;
}

redisc_status redisc_lua_script_open(redisc_str text, redisc_lua_script **script)
{
    if (script == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lua_script_open: `script` is NULL");
    }
    const source model = {.load = &script_load, .name = "script"};
    *script = new_object(text, sizeof **script, &model);
    if (*script == NULL) {
        return redisc_last_error()->status;
    }
    write_sha1((*script)->source.text, (*script)->sha1);
    return REDISC_OK;
}

void redisc_lua_script_close(redisc_lua_script *script)
{
    redisc_release(script);
}

const char *redisc_lua_script_sha1(const redisc_lua_script *script)
{
    return script == NULL ? "" : script->sha1;
}

redisc_status redisc_lua_library_open(redisc_str text, redisc_lua_library **library)
{
    if (library == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_lua_library_open: `library` is NULL");
    }
    const source model = {.load = &function_load, .name = "library"};
    *library = new_object(text, sizeof **library, &model);
    return *library == NULL ? redisc_last_error()->status : REDISC_OK;
}

void redisc_lua_library_close(redisc_lua_library *library)
{
    redisc_release(library);
}

static redisc_status load(redisc *r, const source *what)
{
    redisc_operation c;
    if (!redisc_operation_begin(&c, r, what->load, words_of(what->load) + 1,
                                redisc_room_str(what->text))) {
        return c.status;
    }
    redisc_put_str(&c, what->text, "source");
    return redisc_operation_end(&c, &redisc_reads_string, NULL);
}

/* One call: name (a SHA1 or a function's), the number of keys, keys, arguments. */
typedef struct call {
    const redisc_operation_info *info;
    redisc_str name;
    redisc_str_list keys;
    redisc_str_list arguments;
    const redisc_reply **reply;
} call;

static redisc_status run(redisc *r, const call *what)
{
    redisc_operation c;
    size_t argc = 3 + what->keys.count + what->arguments.count;
    size_t room = redisc_room_str(what->name) + REDISC_ROOM_INTEGER +
                  redisc_room_str_list(what->keys) + redisc_room_str_list(what->arguments);
    if (!redisc_operation_begin(&c, r, what->info, argc, room)) {
        return c.status;
    }
    redisc_put_str(&c, what->name, "function");
    redisc_put_unsigned(&c, what->keys.count);
    redisc_put_key_list(&c, what->keys, "keys");
    redisc_put_str_list(&c, what->arguments, "arguments");
    return redisc_operation_end(&c, &redisc_reads_dynamic, (void *)what->reply);
}

/* "ERR Function not found" has no word of its own. */
static bool is_unknown(const call *what, redisc_status status)
{
    if (status == REDISC_ERROR_NOSCRIPT) {
        return true;
    }
    return status == REDISC_ERROR_SERVER && (what->info == &fcall || what->info == &fcall_ro) &&
           strstr(redisc_last_error()->text, "Function not found") != NULL;
}

static redisc_status run_loaded(redisc *r, const source *lua, const call *what)
{
    if (what->reply != NULL) {
        *what->reply = NULL;
    }
    if (lua == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "%s: the script or library is NULL",
                           what->info->name);
    }
    redisc_pipe *pipe = redisc_pipe_of(r);
    if (pipe != NULL && !pipe->immediate) {
        redisc_status status = redisc_pipe_load(pipe, lua->load, words_of(lua->load), lua->text);
        return status < 0 ? status : run(r, what);
    }
    redisc_status status = run(r, what);
    if (status < 0 && is_unknown(what, status)) {
        status = load(r, lua);
        return status < 0 ? status : run(r, what);
    }
    return status;
}

static const source *source_of_script(const redisc_lua_script *script)
{
    return script == NULL ? NULL : &script->source;
}

static redisc_str sha1_of(const redisc_lua_script *script)
{
    return script == NULL ? redisc_bytes("", 0) : redisc_bytes(script->sha1, SHA1_SIZE);
}

redisc_status redisc_lua_run(redisc *r, const redisc_lua_script *script, redisc_str_list keys,
                             redisc_str_list arguments, const redisc_reply **reply)
{
    const call what = {&evalsha, sha1_of(script), keys, arguments, reply};
    return run_loaded(r, source_of_script(script), &what);
}

redisc_status redisc_lua_run_readonly(redisc *r, const redisc_lua_script *script,
                                      redisc_str_list keys, redisc_str_list arguments,
                                      const redisc_reply **reply)
{
    const call what = {&evalsha_ro, sha1_of(script), keys, arguments, reply};
    return run_loaded(r, source_of_script(script), &what);
}

redisc_status redisc_lua_call(redisc *r, const redisc_lua_library *library, redisc_str function,
                              redisc_str_list keys, redisc_str_list arguments,
                              const redisc_reply **reply)
{
    const call what = {&fcall, function, keys, arguments, reply};
    return run_loaded(r, library == NULL ? NULL : &library->source, &what);
}

redisc_status redisc_lua_call_readonly(redisc *r, const redisc_lua_library *library,
                                       redisc_str function, redisc_str_list keys,
                                       redisc_str_list arguments, const redisc_reply **reply)
{
    const call what = {&fcall_ro, function, keys, arguments, reply};
    return run_loaded(r, library == NULL ? NULL : &library->source, &what);
}
