/* SPDX-License-Identifier: MIT */
/*
 * Search on a real server, with the module that the distribution has: what its version 1.2 knows,
 * over RESP2 and RESP3. REDISC_TEST_SEARCH names the module.
 */
#include "server.h"

#include <redisc/redisc.h>

#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static test_server *server;
static redisc *r;

static void check(redisc_status status)
{
    cr_assert_eq(status, REDISC_OK, "%s", redisc_last_error()->text);
}

static void add(const char *id, double score, const char *title, const char *price)
{
    bool added = false;
    check(redisc_ft_add(r, "idx", id, score,
                        REDISC_LIST(pair, {REDISC_STR("title"), REDISC_STR(title)},
                                    {REDISC_STR("price"), REDISC_STR(price)}),
                        &added));
    cr_assert(added);
}

static void start(redisc_protocol protocol)
{
    const char *module = getenv("REDISC_TEST_SEARCH");
    if (module == NULL || *module == '\0') {
        cr_skip_test("there is no module for this server");
    }
    char line[4096];
    snprintf(line, sizeof line, "loadmodule %s\n", module);
    server = test_server_start(line);
    check(redisc_open(test_server_url(server), &(redisc_options){.protocol = protocol}, &r));
    check(redisc_ft_create_with(
        r, "idx",
        REDISC_LIST(
            ft_field,
            {.name = REDISC_STR("title"), .type = REDISC_FT_TEXT, .weight = redisc_double(5)},
            {.name = REDISC_STR("price"), .type = REDISC_FT_NUMERIC}),
        NULL));
    add("d1", 1, "hello world", "10");
    add("d2", 0.5, "hello again", "20");
}

static void stop(void)
{
    redisc_close(r);
    test_server_stop(server);
}

/* The value of a document's field; NULL: it has none. */
static const char *field(const redisc_search_document *document, const char *name)
{
    for (size_t i = 0; i < document->fields.count; i++) {
        if (redisc_str_equal(document->fields.items[i].key, redisc_text(name))) {
            return document->fields.items[i].value.data;
        }
    }
    return NULL;
}

static void searches(void)
{
    const redisc_search_results *results;
    check(redisc_ft_search(r, "idx", "hello", &results));
    cr_assert_eq(results->total, 2);
    cr_assert_eq(results->documents.count, 2);
    cr_assert_str_eq(results->documents.items[0].id.data, "d1");
    cr_assert_str_eq(field(&results->documents.items[0], "title"), "hello world");
    cr_assert_str_eq(field(&results->documents.items[1], "price"), "20");
    redisc_free(results);

    const redisc_ft_search_options scores = {.nocontent = true, .withscores = true};
    check(redisc_ft_search_with(r, "idx", "hello", &scores, &results));
    cr_assert_eq(results->documents.count, 2);
    cr_assert_eq(results->documents.items[0].fields.count, 0);
    cr_assert(results->documents.items[0].score > results->documents.items[1].score);
    redisc_free(results);

    check(redisc_ft_search(r, "idx", "@price:[15 30]", &results));
    cr_assert_eq(results->total, 1);
    cr_assert_str_eq(results->documents.items[0].id.data, "d2");
    redisc_free(results);
}

static void describes(void)
{
    const redisc_index_info *info;
    check(redisc_ft_info(r, "idx", &info));
    cr_assert_str_eq(info->name.data, "idx");
    cr_assert_eq(info->documents, 2);
    cr_assert_eq(info->fields.count, 0); /* 1.2 calls them otherwise than versions of today */
    redisc_free(info);

    const redisc_str *plan;
    check(redisc_ft_explain(r, "idx", "hello", &plan));
    cr_assert_not_null(strstr(plan->data, "hello"));
    redisc_free(plan);
}

static void suggests(void)
{
    int64_t size = 0;
    check(redisc_ft_sugadd(r, "names", "hello", 1, &size));
    check(redisc_ft_sugadd(r, "names", "help", 2, &size));
    cr_assert_eq(size, 2);
    const redisc_str_list *found;
    check(redisc_ft_sugget(r, "names", "hel", &found));
    cr_assert_eq(found->count, 2);
    cr_assert_str_eq(found->items[0].data, "help");
    redisc_free(found);
}

static void refuses(void)
{
    const redisc_search_results *results;
    cr_assert(redisc_is(redisc_ft_search(r, "nothing", "hello", &results), REDISC_ERROR_SERVER));
    cr_assert_null(results);
    check(redisc_ft_drop(r, "idx"));
    cr_assert(redisc_is(redisc_ft_search(r, "idx", "hello", &results), REDISC_ERROR_SERVER));
}

static void run(redisc_protocol protocol)
{
    start(protocol);
    searches();
    describes();
    suggests();
    refuses();
    stop();
}

Test(search, resp2)
{
    run(REDISC_PROTOCOL_RESP2);
}

Test(search, resp3)
{
    run(REDISC_PROTOCOL_RESP3);
}
