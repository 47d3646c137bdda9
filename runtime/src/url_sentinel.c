/* SPDX-License-Identifier: MIT */
/* The parts of a URL that name sentinels. */
#include "server_list.h"
#include "url.h"

#include <string.h>

redisc_status redisc_url_sentinels(redisc_url_reader *in, redisc_url_part hosts)
{
    if (hosts.len == 0) {
        return in->options->sentinels != NULL
                   ? REDISC_OK
                   : redisc_url_fail(in, hosts.at, "no sentinel is named: +sentinel://host,host/…");
    }
    redisc_server_fault fault;
    redisc_server server;
    for (redisc_server_list list = {.text = hosts.at, .len = hosts.len};
         redisc_server_next(&list, &server, &fault);) {
    }
    if (fault.problem != NULL) {
        return redisc_url_fail(in, hosts.at + fault.at, "%s", fault.problem);
    }
    return redisc_url_decode(in, hosts, "sentinels", &in->options->sentinels);
}

redisc_status redisc_url_master_name(redisc_url_reader *in, redisc_url_part path,
                                     redisc_url_part *db)
{
    *db = (redisc_url_part){.at = path.at + path.len, .len = 0};
    if (path.len <= 1) {
        return REDISC_OK; /* an option may say it */
    }
    redisc_url_part name = {.at = path.at + 1, .len = path.len - 1};
    const char *slash = memchr(name.at, '/', name.len);
    if (slash != NULL) {
        *db = (redisc_url_part){.at = slash, .len = (size_t)(path.at + path.len - slash)};
        name.len = (size_t)(slash - name.at);
    }
    if (name.len == 0) {
        return redisc_url_fail(in, name.at, "the master's name is missing: /name/db");
    }
    return redisc_url_decode(in, name, "master's name", &in->options->master_name);
}
