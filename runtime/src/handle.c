/* SPDX-License-Identifier: MIT */
/* What is the same for every kind of handle. */
#include "command.h"

void redisc_close(redisc *r)
{
    if (r != NULL) {
        r->is->close(r);
    }
}

redisc_status redisc_with(redisc *r, const redisc_call_options *options, redisc **derived)
{
    if (derived == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_with: `derived` is NULL");
    }
    *derived = NULL;
    if (r == NULL) {
        return redisc_fail(REDISC_ERROR_ARGUMENT, "redisc_with: the handle is NULL");
    }
    if (r->is->with == NULL) {
        return redisc_fail(REDISC_ERROR_UNSUPPORTED, "redisc_with: a %s handle has no call options",
                           r->is->name);
    }
    redisc_call_options none = {0};
    return r->is->with(r, options == NULL ? &none : options, derived);
}

bool redisc_is_collecting(const redisc *r)
{
    return r != NULL && redisc_collects(r);
}

const redisc_error *redisc_error_at(redisc *r, size_t place)
{
    return r == NULL || r->is->error_at == NULL ? NULL : r->is->error_at(r, place);
}
