/* SPDX-License-Identifier: MIT */
/* Many threads on one client while masters fail: fit for ThreadSanitizer. */
#include "calls.h"
#include "plain.h"
#include "sentinels.h"
#include "writers.h"

#include <redisc/discovery.h>

enum { THREADS = 8 };

static void failovers_under_load(void)
{
    test_sentinels *all = test_sentinels_start(NULL);
    redisc *client;
    PLAIN_ASSERT(redisc_open(all->url, NULL, &client) == REDISC_OK);
    int ports[TEST_SERVERS];
    for (int i = 0; i < TEST_SERVERS; i++) {
        ports[i] = test_server_port(all->servers[i]);
    }
    test_writers *writers = test_writers_start(client, THREADS, ports);
    test_writers_begin(writers, "SENTINEL FAILOVER", true);
    int master = test_sentinels_failover(all);
    test_writers_await(writers, master);
    test_sentinels_await_calm(all);
    test_writers_begin(writers, "the master is killed", true);
    test_server_kill(all->servers[master]);
    master = test_sentinels_await_other(all, master);
    test_writers_await(writers, master);
    test_writers_stop(writers);
    redisc_close(client);
    test_sentinels_stop(all);
}

int main(int argc, char **argv)
{
    static const plain_test tests[] = {{"failovers_under_load", failovers_under_load}};
    return plain_main(argc, argv, tests, sizeof tests / sizeof *tests);
}
