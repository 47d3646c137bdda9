/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The pipeline's inside, shared by its files: the handle, executing, and what its errors say.
 */
#ifndef REDISC_SRC_PIPELINE_H
#define REDISC_SRC_PIPELINE_H

#include "client.h"
#include "exchange.h"
#include "queue.h"

#include <redisc/pipeline.h>

typedef struct redisc_pipe {
    redisc handle;        /* first: a redisc * is a redisc_pipe * */
    redisc_pooled *model; /* a copy of the client: its pool and time-out */
    redisc_pipeline_options options;
    redisc_buffer out; /* the collected calls; a transaction's begin with MULTI */
    redisc_queue queue;
    redisc_buffer
        loads;         /* scripts that the collected calls need, as commands to send before them */
    size_t load_count; /* how many */
    size_t loads_open; /* of them, those that are not answered yet */
    size_t prefix;     /* bytes of `out` that are such commands */
    redisc_error *load_error; /* why the first one failed that did; NULL */
    int64_t wait_ms; /* what the collected blocking calls may wait altogether; -1: for ever */
    bool changes;    /* some collected call changes its connection's state */
    bool harmless;   /* every collected call may be repeated */
    bool begun;      /* redisc_multi() was called */

    redisc_connection *connection; /* while watching or streaming; NULL otherwise */
    bool watching;                 /* keys are watched on it */
    bool immediate;                /* calls run at once */
    bool lost;                     /* the connection was lost while watching */
    bool streaming;
    size_t streamed;           /* how many calls the portion before the last one ended with */
    redisc_exchange exchange;  /* of a stream */
    redisc_error_copy failure; /* why a stream ended early; status OK: it has not */
} redisc_pipe;

/* Whether the collected calls run between MULTI and EXEC. */
static inline bool redisc_pipe_atomic(const redisc_pipe *pipe)
{
    return !pipe->options.plain || pipe->begun;
}

/* The handle as a pipeline; NULL if it is another kind. */
redisc_pipe *redisc_pipe_of(redisc *r);

/* Runs what is collected; fills the queue's failures. A failure here means that not every call was
 * answered. */
redisc_status redisc_pipe_run(redisc_pipe *pipe);
/* Sends what is collected so far without waiting for the replies. */
redisc_status redisc_pipe_stream(redisc_pipe *pipe);

/* Sees to it that a source is loaded just before the collected calls; the info's words, then the
 * source, are the command. */
redisc_status redisc_pipe_load(redisc_pipe *pipe, const redisc_command_info *info, size_t words,
                               redisc_str source);
/* Puts the loading commands in front of the collected calls. */
redisc_status redisc_pipe_prefix_loads(redisc_pipe *pipe);
/* The reply to a loading command. */
void redisc_pipe_on_loaded(redisc_pipe *pipe, const redisc_parsed *reply);
/* Forgets the loading commands. */
void redisc_pipe_forget_loads(redisc_pipe *pipe);

/* A connection for the pipeline: the pinned handle's own, or one of the pool. NULL after failing.
 */
redisc_connection *redisc_pipe_take(redisc_pipe *pipe);
/* Gives pipe->connection back, and ends watching and streaming. */
void redisc_pipe_release(redisc_pipe *pipe);
/* Until when what is collected may take. */
redisc_deadline redisc_pipe_deadline(const redisc_pipe *pipe);

/* Makes the failure to report this thread's last error, naming the call; `status` if no single call
 * failed. */
redisc_status redisc_pipe_report(const redisc_pipe *pipe, redisc_status status);
/* The words of a collected call, shortened, for people; "" if they are gone. */
void redisc_pipe_words(const redisc_pipe *pipe, size_t place, char *text, size_t size);
/* Where a collected call begins in the output. */
size_t redisc_pipe_offset(const redisc_pipe *pipe, size_t place);

#endif
