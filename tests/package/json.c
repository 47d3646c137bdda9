/* SPDX-License-Identifier: MIT */
/* A user's program with trees of cJSON. */
#include <redisc/json_tree.h>
#include <redisc/redisc.h>

#include <stdio.h>

int main(void)
{
    cJSON *tree = NULL;
    char *text = NULL;
    if (redisc_json_parse(" {\"a\": [1]} ", &tree) != REDISC_OK ||
        redisc_json_print(tree, &text) != REDISC_OK) {
        fprintf(stderr, "%s\n", redisc_last_error()->text);
        return 1;
    }
    puts(text);
    cJSON_free(text);
    cJSON_Delete(tree);
    return 0;
}
