/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The codec: a handle that does no I/O. Calls are encoded into its output, and bytes fed to it fill
 * the results. For event loops, for protocols within protocols, for tests.
 *
 *     redisc_get(codec, "foo", &value);           // REDISC_QUEUED
 *     redisc_codec_output(codec, &bytes);         // send these …
 *     redisc_codec_sent(codec, bytes.len);
 *     redisc_codec_feed(codec, received, len);    // … and value is there
 *
 * Thread safety: one thread at a time.
 */
#ifndef REDISC_CODEC_H
#define REDISC_CODEC_H

#include <redisc/handle.h>

REDISC_BEGIN_DECLS

/**
 * Opens a codec.
 * @param options its limits and parser are used, nothing else; NULL for the defaults
 * @param codec close with redisc_close(); calls that are still open then never fill their results
 */
REDISC_API redisc_status redisc_codec_open(const redisc_options *options, redisc **codec);

/** What has to be sent. Borrowed: valid until the next call on the codec. */
REDISC_API void redisc_codec_output(redisc *codec, redisc_str *bytes);

/** The first @p len bytes of the output are sent. */
REDISC_API void redisc_codec_sent(redisc *codec, size_t len);

/**
 * Takes bytes that were received, in any portions, and fills the results of the calls that they
 * complete, in order.
 * @return REDISC_OK: no call is open any more; REDISC_QUEUED: some are; a failure: that of the
 * first call that failed during this feeding (redisc_error_at() tells of each one). After
 * REDISC_ERROR_PROTOCOL, REDISC_ERROR_LIMIT or REDISC_ERROR_MEMORY of the parser all open calls
 * have failed, and so will every later one.
 */
REDISC_API redisc_status redisc_codec_feed(redisc *codec, const void *bytes, size_t len);

/** How many calls are open: queued, and their replies not yet complete. */
REDISC_API size_t redisc_codec_open_calls(redisc *codec);

/** Forgets the finished calls and their errors: redisc_error_at() counts from 0 again at the first
 * open call. */
REDISC_API void redisc_codec_forget(redisc *codec);

/** Makes the results of all further replies in that arena (see arena.h), which has to outlive the
 * codec; NULL: each in memory of its own again. */
REDISC_API void redisc_codec_use_arena(redisc *codec, redisc_arena *arena);

REDISC_END_DECLS

#endif
