/* SPDX-License-Identifier: MIT */
#include "tls_provider.h"

#include <stdatomic.h>

static _Atomic(const redisc_tls_provider *) provider;

void redisc_transport_provide_tls(const redisc_tls_provider *new_provider)
{
    atomic_store(&provider, new_provider);
}

const redisc_tls_provider *redisc_tls_provider_now(void)
{
    return atomic_load(&provider);
}
