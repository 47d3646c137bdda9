/* SPDX-License-Identifier: MIT */
/**
 * @file
 * All of redisc: the one header that most programs include.
 *
 *     redisc *r;
 *     if (redisc_open("redis://localhost:6379", NULL, &r) != REDISC_OK) { … }
 *     redisc_set(r, "greeting", "hello");
 *     redisc_close(r);
 */
#ifndef REDISC_H
#define REDISC_H

#include <redisc/alloc.h>
#include <redisc/callback.h>
#include <redisc/client.h>
#include <redisc/codec.h>
#include <redisc/discovery.h>
#include <redisc/handle.h>
#include <redisc/info.h>
#include <redisc/iterator.h>
#include <redisc/lock.h>
#include <redisc/lua.h>
#include <redisc/observer.h>
#include <redisc/options.h>
#include <redisc/pipeline.h>
#include <redisc/pool.h>
#include <redisc/reply.h>
#include <redisc/status.h>
#include <redisc/str.h>
#include <redisc/subscriber.h>
#include <redisc/transport.h>
#include <redisc/version.h>

#include <redisc/types.h>
#include <redisc/commands.h>

#endif
