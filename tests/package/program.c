/* SPDX-License-Identifier: MIT */
/* A user's program: sets, gets and prints, with the server that REDISC_URL names. */
#include <redisc/redisc.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    redisc *r = NULL;
    const redisc_str *value = NULL;
    int64_t added = 0;
    if (redisc_open(getenv("REDISC_URL"), NULL, &r) != REDISC_OK ||
        redisc_set(r, "greeting", "hello") != REDISC_OK ||
        redisc_sadd(r, "colours", REDISC_STRS("red", "blue"), &added) != REDISC_OK ||
        redisc_get(r, "greeting", &value) != REDISC_OK) {
        fprintf(stderr, "%s\n", redisc_last_error()->text);
        redisc_close(r);
        return 1;
    }
    printf("%s %d\n", value->data, (int)added);
    redisc_free(value);
    redisc_close(r);
    return 0;
}
