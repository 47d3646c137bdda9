/* SPDX-License-Identifier: MIT */
/* A first program: cc first.c -lredisc */
#include <redisc/redisc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void check(redisc_status status)
{
    if (status < 0) {
        fprintf(stderr, "%s\n", redisc_last_error()->text);
        exit(EXIT_FAILURE);
    }
}

int main(void)
{
    redisc *r;
    check(redisc_open(getenv("REDISC_URL"), NULL, &r)); /* NULL is redis://localhost:6379 */

    check(redisc_set(r, "redisc:first:foo", "bar"));

    const redisc_str *value; /* NULL would be nil: there is no such key */
    check(redisc_get(r, "redisc:first:foo", &value));
    printf("foo is %s, %zu bytes\n", value->data, value->len);
    redisc_free(value); /* a result that is a pointer is one block */

    bool stored;
    check(redisc_set_with(r, "redisc:first:lock", "me",
                          &(redisc_set_options){.when = REDISC_SET_NX, .px = 30000}, &stored));
    printf("the lock is %s\n", stored ? "ours" : "taken");

    int64_t added;
    check(redisc_zadd(r, "redisc:first:board",
                      REDISC_LIST(scored, {.score = 12, .member = REDISC_STR("ann")},
                                  {.score = 30.5, .member = REDISC_STR("bob")}),
                      &added));

    const redisc_scored_list *top;
    check(redisc_zrange_withscores(r, "redisc:first:board", 0, 9, &top));
    for (size_t i = 0; i < top->count; i++) {
        printf("%s has %g\n", top->items[i].member.data, top->items[i].score);
    }
    redisc_free(top);

    int64_t deleted;
    check(redisc_del(r, REDISC_STRS("redisc:first:foo", "redisc:first:lock", "redisc:first:board"),
                     &deleted));
    printf("%" PRId64 " keys deleted\n", deleted);
    redisc_close(r);
    return EXIT_SUCCESS;
}
