/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Results whose memory is used again: an arena that the caller owns.
 *
 *     redisc_arena *arena = redisc_arena_new();
 *     redisc *fast;
 *     redisc_with(r, &(redisc_call_options){.arena = arena}, &fast);
 *     for (…) {
 *         redisc_get(fast, key, &value);    // in the arena: nothing to free
 *         …
 *         redisc_arena_clear(arena);        // value is gone now
 *     }
 *     redisc_close(fast);
 *     redisc_arena_free(arena);
 *
 * Where many results are made and dropped together, that spares an allocation and a release for
 * each. A pipeline of such a handle makes its results there, too, and so does a codec after
 * redisc_codec_use_arena(). redisc_free() leaves results of an arena alone, so code that frees what
 * it gets needs no change.
 *
 * Thread safety: an arena, and the handles that use it, belong to one thread at a time.
 */
#ifndef REDISC_ARENA_H
#define REDISC_ARENA_H

#include <redisc/export.h>

REDISC_BEGIN_DECLS

/** Memory for results. */
typedef struct redisc_arena redisc_arena;

/** An empty arena; NULL if there is no memory. Free with redisc_arena_free(). */
REDISC_API redisc_arena *redisc_arena_new(void);

/**
 * All results made in it are gone; their memory is kept for the next ones, but for large strings
 * (32 KiB and more), which have memory of their own. Not while an iterator on such a handle is
 * open, for it keeps its page there. NULL is allowed.
 */
REDISC_API void redisc_arena_clear(redisc_arena *arena);

/** Frees the arena with all results made in it; close the handles that use it before. NULL is
 * allowed. */
REDISC_API void redisc_arena_free(redisc_arena *arena);

REDISC_END_DECLS

#endif
