/* SPDX-License-Identifier: MIT */
/* What libredisc gets to know of TLS. */
#include "tls_error.h"
#include "tls_gate.h"
#include "tls_peer.h"

static const redisc_transport_class transport_class = {.name = "tls",
                                                       .open = redisc_tls_open,
                                                       .read = redisc_tls_read,
                                                       .write = redisc_tls_write,
                                                       .close = redisc_tls_close,
                                                       .descriptor = redisc_tls_descriptor,
                                                       .write_list = redisc_tls_write_list,
                                                       .pending = redisc_tls_pending};

static redisc_status open_context(const redisc_options *options, void **context)
{
    redisc_status status = redisc_tls_check_named(options);
    if (status != REDISC_OK) {
        return status;
    }
    if (options->tls_context != NULL) {
        *context = redisc_tls_context_retain(options->tls_context);
        return REDISC_OK;
    }
    redisc_tls_context *made;
    status = redisc_tls_context_open(options, &made);
    *context = made;
    return status;
}

static void close_context(void *context)
{
    redisc_tls_context_close(context);
}

redisc_status redisc_tls_enable(void)
{
    static const redisc_tls_provider provider = {
        .transport = &transport_class, .open = open_context, .close = close_context};
    if (!redisc_tls_gate_open()) {
        return redisc_tls_no_memory();
    }
    redisc_transport_provide_tls(&provider);
    return REDISC_OK;
}

const redisc_transport_class *redisc_tls_transport(void)
{
    return &transport_class;
}
