/* SPDX-License-Identifier: MIT */
/* Lua scripts and function libraries against a real server. */
#include "../support/server.h"

#include <redisc/client.h>
#include <redisc/commands.h>
#include <redisc/lua.h>
#include <redisc/pipeline.h>

#include <criterion/criterion.h>
#include <string.h>

static test_server *server;
static redisc *r;
static redisc_lua_script *multiply;

static const char *const multiply_source = "local value = redis.call('GET', KEYS[1])\n"
                                           "value = tonumber(value)\n"
                                           "return value * ARGV[1]";
static const char *const library_source =
    "#!lua name=mylib\n"
    "redis.register_function('twice', function(keys, args) return args[1] * 2 end)\n"
    "redis.register_function{function_name='peek', flags={'no-writes'},\n"
    "  callback=function(keys, args) return redis.call('GET', keys[1]) end}";

static void start(void)
{
    server = test_server_start(NULL);
    cr_assert_eq(redisc_open(test_server_url(server), NULL, &r), REDISC_OK);
    cr_assert_eq(redisc_lua_script_open(multiply_source, &multiply), REDISC_OK);
    cr_assert_eq(redisc_set(r, "a", "2"), REDISC_OK);
}

static void stop(void)
{
    redisc_lua_script_close(multiply);
    redisc_close(r);
    test_server_stop(server);
}

TestSuite(lua, .init = start, .fini = stop, .timeout = 60);

static int64_t number(const redisc_reply *reply)
{
    int64_t value = -1;
    cr_assert_not_null(reply);
    cr_assert_eq(redisc_reply_integer(reply, &value), REDISC_OK, "%s", redisc_last_error()->text);
    redisc_free(reply);
    return value;
}

static void flush_scripts(void)
{
    cr_assert_eq(REDISC_CALL(r, NULL, "SCRIPT", "FLUSH"), REDISC_OK);
}

Test(lua, sha1)
{
    redisc_lua_script *script;
    cr_assert_eq(redisc_lua_script_open("", &script), REDISC_OK);
    cr_assert_str_eq(redisc_lua_script_sha1(script), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
    redisc_lua_script_close(script);
    cr_assert_eq(redisc_lua_script_open("return 1", &script), REDISC_OK);
    cr_assert_str_eq(redisc_lua_script_sha1(script), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
    redisc_lua_script_close(script);
    cr_assert_eq(redisc_lua_script_open(redisc_bytes(NULL, 0), &script), REDISC_ERROR_ARGUMENT);
    cr_assert_null(script);
}

Test(lua, it_is_loaded_when_the_server_lacks_it)
{
    const redisc_reply *reply;
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(redisc_lua_run(r, multiply, REDISC_STRS("a"), REDISC_STRS("3"), &reply),
                     REDISC_OK);
        cr_assert_eq(number(reply), 6);
    }
    flush_scripts();
    cr_assert_eq(redisc_lua_run(r, multiply, REDISC_STRS("a"), REDISC_STRS("4"), &reply),
                 REDISC_OK);
    cr_assert_eq(number(reply), 8);
}

Test(lua, another_client_of_another_server)
{
    test_server *other = test_server_start(NULL);
    redisc *there;
    const redisc_reply *reply;
    cr_assert_eq(redisc_open(test_server_url(other), NULL, &there), REDISC_OK);
    redisc_set(there, "a", "10");
    cr_assert_eq(redisc_lua_run(there, multiply, REDISC_STRS("a"), REDISC_STRS("3"), &reply), 0);
    cr_assert_eq(number(reply), 30);
    redisc_close(there);
    test_server_stop(other);
}

static void run_in_pipeline(redisc_pipeline_options options)
{
    const redisc_reply *first;
    const redisc_reply *second;
    const redisc_str *value;
    flush_scripts();
    redisc *p = redisc_pipeline(r, &options);
    cr_assert_eq(redisc_set(p, "a", "7"), REDISC_QUEUED);
    cr_assert_eq(redisc_lua_run(p, multiply, REDISC_STRS("a"), REDISC_STRS("3"), &first),
                 REDISC_QUEUED);
    cr_assert_eq(redisc_lua_run(p, multiply, REDISC_STRS("a"), REDISC_STRS("5"), &second),
                 REDISC_QUEUED);
    cr_assert_eq(redisc_get(p, "a", &value), REDISC_QUEUED);
    cr_assert_eq(redisc_pipeline_length(p), 4);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_assert_eq(number(first), 21);
    cr_assert_eq(number(second), 35);
    cr_assert_str_eq(value->data, "7");
    redisc_free(value);
    flush_scripts();
    redisc_lua_run(p, multiply, REDISC_STRS("a"), REDISC_STRS("2"), &first);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_assert_eq(number(first), 14);
    redisc_close(p);
}

Test(lua, pipelines_load_it_first)
{
    run_in_pipeline((redisc_pipeline_options){.plain = true});
}

Test(lua, transactions_load_it_first)
{
    run_in_pipeline((redisc_pipeline_options){.plain = false});
}

Test(lua, streams_load_it_first)
{
    run_in_pipeline((redisc_pipeline_options){.plain = true, .stream_bytes = 1});
}

Test(lua, errors_in_a_pipeline_name_their_command)
{
    const redisc_reply *reply;
    redisc *p = redisc_pipeline(r, NULL);
    redisc_set(r, "list", "text");
    redisc_set(p, "b", "1");
    redisc_lua_run(p, multiply, REDISC_STRS("list"), REDISC_STRS("3"), &reply);
    redisc_status status = redisc_execute(p);
    cr_assert(redisc_is(status, REDISC_ERROR_SERVER));
    cr_assert_not_null(strstr(redisc_last_error()->text, "Command # 2 (EVALSHA "));
    cr_assert_null(reply);
    redisc_close(p);
}

Test(lua, a_script_that_does_not_compile)
{
    redisc_lua_script *broken;
    const redisc_reply *reply;
    cr_assert_eq(redisc_lua_script_open("return return", &broken), REDISC_OK);
    redisc_status status = redisc_lua_run(r, broken, REDISC_STRS("a"), REDISC_STRS("1"), &reply);
    cr_assert(redisc_is(status, REDISC_ERROR_SERVER));
    cr_assert_not_null(strstr(redisc_last_error()->text, "compiling"));
    redisc *p = redisc_pipeline(r, NULL);
    redisc_lua_run(p, broken, REDISC_STRS("a"), REDISC_STRS("1"), &reply);
    cr_assert(redisc_is(redisc_execute(p), REDISC_ERROR_SERVER));
    cr_assert_not_null(strstr(redisc_last_error()->text, "compiling"));
    redisc_close(p);
    redisc_lua_script_close(broken);
}

Test(lua, while_watching_it_runs_at_once)
{
    const redisc_reply *reply;
    redisc *p = redisc_pipeline(r, NULL);
    flush_scripts();
    cr_assert_eq(redisc_watch(p, REDISC_STRS("a")), REDISC_OK);
    cr_assert_eq(redisc_lua_run(p, multiply, REDISC_STRS("a"), REDISC_STRS("3"), &reply),
                 REDISC_OK);
    cr_assert_eq(number(reply), 6);
    redisc_close(p);
}

Test(lua, readonly_scripts)
{
    const redisc_reply *reply;
    cr_assert_eq(redisc_lua_run_readonly(r, multiply, REDISC_STRS("a"), REDISC_STRS("3"), &reply),
                 REDISC_OK);
    cr_assert_eq(number(reply), 6);
    redisc_lua_script *writer;
    redisc_lua_script_open("return redis.call('SET', KEYS[1], '1')", &writer);
    cr_assert_lt(redisc_lua_run_readonly(r, writer, REDISC_STRS("a"), REDISC_STRS(""), &reply), 0);
    redisc_lua_script_close(writer);
}

Test(lua, libraries)
{
    redisc_lua_library *library;
    const redisc_reply *reply;
    redisc_str_list none = {NULL, 0};
    cr_assert_eq(redisc_lua_library_open(library_source, &library), REDISC_OK);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(redisc_lua_call(r, library, "twice", none, REDISC_STRS("21"), &reply), 0, "%s",
                     redisc_last_error()->text);
        cr_assert_eq(number(reply), 42);
    }
    cr_assert_eq(redisc_lua_call_readonly(r, library, "peek", REDISC_STRS("a"), none, &reply), 0);
    cr_assert_eq(number(reply), 2);
    cr_assert_lt(redisc_lua_call(r, library, "nosuch", none, none, &reply), 0);
    cr_assert_not_null(strstr(redisc_last_error()->text, "Function not found"));
    REDISC_CALL(r, NULL, "FUNCTION", "FLUSH");
    redisc *p = redisc_pipeline(r, NULL);
    redisc_lua_call(p, library, "twice", none, REDISC_STRS("4"), &reply);
    cr_assert_eq(redisc_execute(p), REDISC_OK, "%s", redisc_last_error()->text);
    cr_assert_eq(number(reply), 8);
    redisc_close(p);
    redisc_lua_library_close(library);
}

Test(lua, null_arguments)
{
    const redisc_reply *reply;
    redisc_str_list none = {NULL, 0};
    cr_assert_eq(redisc_lua_run(NULL, multiply, none, none, &reply), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_lua_run(r, NULL, none, none, &reply), REDISC_ERROR_ARGUMENT);
    cr_assert_eq(redisc_lua_call(r, NULL, "f", none, none, &reply), REDISC_ERROR_ARGUMENT);
    redisc_lua_script_close(NULL);
    redisc_lua_library_close(NULL);
}
