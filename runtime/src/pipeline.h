/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The pipeline's inside, shared by its files: the handle, watching, executing, streaming, and what
 * its errors say.
 *
 * A collected call takes its bytes in `out`, as they go to the server, and a slot of the queue
 * (24 bytes); both grow by doubling. The result's memory comes with the reply.
 */
#ifndef REDISC_SRC_PIPELINE_H
#define REDISC_SRC_PIPELINE_H

#include "client.h"
#include "exchange.h"
#include "queue.h"

#include <redisc/pipeline.h>

enum { REDISC_PIPE_WORDS = 160 /* of a call's text in an error */ };

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
    bool small;      /* every collected call has a small reply */
    bool scripted;   /* some collected call runs code */
    bool misled;     /* its server turned out not to be the one that is wanted */
    unsigned tries;  /* at the last execution */
    bool begun;      /* redisc_multi() was called */
    bool discarded;  /* EXEC executed nothing */
    bool unbegun;    /* MULTI was refused: the calls after it may have run one by one */

    redisc_connection *connection; /* while watching or streaming; NULL otherwise */
    bool watching;                 /* keys are watched on it */
    bool immediate;                /* calls run at once */
    bool watched;                  /* the server has said so */
    bool lost;                     /* the connection was lost while watching */
    bool streaming;
    size_t streamed;           /* how many calls the portion before the last one ended with */
    int64_t streamed_wait_ms;  /* what that portion's blocking calls may wait */
    redisc_exchange exchange;  /* the one under way */
    redisc_error_copy failure; /* why a stream ended early; status OK: it has not */
} redisc_pipe;

/* Whether the collected calls run between MULTI and EXEC. */
static inline bool redisc_pipe_atomic(const redisc_pipe *pipe)
{
    return !pipe->options.plain || pipe->begun;
}

/* Whether the connection that it holds can still be used: by this process, and in step. */
static inline bool redisc_pipe_holds(const redisc_pipe *pipe)
{
    return pipe->connection != NULL && !pipe->connection->broken &&
           !redisc_connection_outdated(pipe->connection) &&
           pipe->connection->fork_count == redisc_fork_count();
}

/* The handle as a pipeline; NULL if it is another kind. */
redisc_pipe *redisc_pipe_of(redisc *r);

/* Runs what is collected; fills the queue's failures. A failure here means that not every call was
 * answered. */
redisc_status redisc_pipe_run(redisc_pipe *pipe);
/* Puts the loading commands before the collected calls and, in a transaction, EXEC behind them. */
redisc_status redisc_pipe_complete(redisc_pipe *pipe);
/* Fails the calls that were not answered with the last error. The first call in the output is
 * number `first`, and `sent` bytes of the output have left: a call of which nothing has left was
 * not sent. */
void redisc_pipe_fail_rest(redisc_pipe *pipe, size_t first, size_t sent);

/* Sends what is collected so far without waiting for the replies. */
redisc_status redisc_pipe_stream(redisc_pipe *pipe);
/* Ends a stream: sends the rest and waits for all replies. */
redisc_status redisc_pipe_stream_end(redisc_pipe *pipe);
/* An exchange's on_reply, with the pipe as context, for calls that are no transaction. */
redisc_status redisc_pipe_on_plain_reply(void *context, redisc_parsed *reply);
/* The same as its on_leaves. */
redisc_status redisc_pipe_on_plain_leaves(void *context, redisc_parsed *reply,
                                          const redisc_node *leaves, size_t count);
/* After a call's error, while it is the last one: redisc_connection_judge() for the exchange's
 * connection. */
redisc_status redisc_pipe_judge(void *pipe, const redisc_operation_info *info,
                                redisc_status status);

/* A transaction under way: +OK for MULTI, +QUEUED for each call, then EXEC's reply. */
typedef struct redisc_pipe_transaction {
    redisc_pipe *pipe;
    size_t replies; /* that have come */
    size_t refused; /* place of the first call that the server did not queue; SIZE_MAX: none */
    char words[REDISC_PIPE_WORDS]; /* of that call */
} redisc_pipe_transaction;

/* An exchange's on_reply, with a redisc_pipe_transaction as context. */
redisc_status redisc_pipe_on_transaction_reply(void *context, redisc_parsed *reply);
/* The same as its on_leaves. */
redisc_status redisc_pipe_on_transaction_leaves(void *context, redisc_parsed *reply,
                                                const redisc_node *leaves, size_t count);

/* Begins and ends a call at once, while keys are watched. */
bool redisc_pipe_begin_at_once(redisc_pipe *pipe, redisc_operation *c);
redisc_status redisc_pipe_end_at_once(redisc_pipe *pipe, redisc_operation *c,
                                      const redisc_result *result, void *out);
/* UNWATCH, if keys are watched and it can be said. */
void redisc_pipe_stop_watching(redisc_pipe *pipe);

/* Sees to it that a source is loaded just before the collected calls; the info's words, then the
 * source, are the command. */
redisc_status redisc_pipe_load(redisc_pipe *pipe, const redisc_operation_info *info, size_t words,
                               redisc_str source);
/* Puts the loading commands in front of the collected calls. */
redisc_status redisc_pipe_prefix_loads(redisc_pipe *pipe);
/* The reply to a loading command. */
void redisc_pipe_on_loaded(redisc_pipe *pipe, const redisc_parsed *reply);
/* Forgets the loading commands. */
void redisc_pipe_forget_loads(redisc_pipe *pipe);

/* A connection for the pipeline: the pinned handle's own, or one of the pool. *tries: how many it
 * took. NULL after failing. */
redisc_connection *redisc_pipe_take(redisc_pipe *pipe, unsigned *tries);
/* Gives a connection back and, after the pause, takes another one. NULL after failing. */
redisc_connection *redisc_pipe_change(redisc_pipe *pipe, redisc_connection *connection,
                                      int64_t pause_ms, redisc_deadline deadline);
/* The tries at what is collected, or at what `info` tells of. */
redisc_retry redisc_pipe_retry(const redisc_pipe *pipe, const redisc_operation_info *info,
                               redisc_deadline deadline);
/* Gives such a connection back. NULL is allowed. */
void redisc_pipe_give(redisc_pipe *pipe, redisc_connection *connection);
/* Gives pipe->connection back, and ends watching and streaming. */
void redisc_pipe_release(redisc_pipe *pipe);
/* Until when what is collected may take. */
redisc_deadline redisc_pipe_deadline(const redisc_pipe *pipe);

/* Makes the failure to report this thread's last error, naming the call; `status` if no single call
 * failed. */
redisc_status redisc_pipe_report(const redisc_pipe *pipe, redisc_status status);
/* The words of a call in the output, shortened, for people. */
void redisc_pipe_words(const redisc_pipe *pipe, size_t place, char text[REDISC_PIPE_WORDS]);
/* The first collected call's bytes in the output. */
const char *redisc_pipe_first_call(const redisc_pipe *pipe);

#endif
