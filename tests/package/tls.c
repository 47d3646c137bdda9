/* SPDX-License-Identifier: MIT */
/* A user's program with TLS: what it can say of it without a server. */
#include <redisc/redisc.h>
#include <redisc/tls.h>

#include <stdio.h>

int main(void)
{
    redisc *r = NULL;
    redisc_status before = redisc_open("rediss://localhost", NULL, &r);
    redisc_status enabled = redisc_tls_enable();
    redisc_status after = redisc_open("rediss://localhost", NULL, &r);
    printf("%s %s %s\n", redisc_status_name(before), redisc_status_name(enabled),
           redisc_status_name(after));
    redisc_close(r);
    return 0;
}
