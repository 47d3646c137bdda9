/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Who does TLS: whoever has said so by redisc_transport_provide_tls().
 */
#ifndef REDISC_SRC_TLS_PROVIDER_H
#define REDISC_SRC_TLS_PROVIDER_H

#include <redisc/transport.h>

/* NULL: nobody. */
const redisc_tls_provider *redisc_tls_provider_now(void);

#endif
