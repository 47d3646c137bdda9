/* SPDX-License-Identifier: MIT */
/**
 * @file
 * TLS, by OpenSSL: a library of its own, libredisc_tls, beside libredisc.
 *
 *     redisc_tls_enable();
 *     redisc_open("rediss://db.example:6379?tls_ca_file=/etc/ssl/ours.pem", NULL, &r);
 *
 * After redisc_tls_enable() the option `tls` works, and with it the URLs rediss:// and valkeys://,
 * and the tls_… options (redisc/options.h).
 *
 * The server has to show a certificate that a trusted authority has signed, that is valid now, and
 * that bears its name: the host of the URL, or tls_server_name. If that is an address, the
 * certificate has to bear the address. Over a Unix socket there is no name to go by: then
 * tls_server_name has to be given, or tls_no_name_check. tls_verify says whether the server has to
 * show a certificate at all.
 *
 * Files are read when a client or pool is opened, so that what is wrong with them is said there. At
 * each connect redisc looks whether they have changed, and reads them anew if so: a certificate
 * that is renewed in its place is used from then on, by new connections. If the new files can't be
 * used, say because they are half written, the earlier ones stay, and the next connect tries again;
 * redisc_tls_context_reload() tells what is wrong with them.
 *
 * A connect takes up the TLS session of an earlier one of the same pool, or the same context, where
 * the server allows it; that saves both sides most of the work.
 *
 * Thread safety: everything here may be called from any thread at any time. A child process after
 * fork() says nothing on its parent's connections, and can make its own.
 */
#ifndef REDISC_TLS_H
#define REDISC_TLS_H

#include <redisc/options.h>

REDISC_BEGIN_DECLS

/** What a context did so far. */
typedef struct redisc_tls_statistics {
    uint64_t handshakes; /**< that came to their end */
    uint64_t resumed;    /**< of these, those that took up an earlier session */
    uint64_t failed;     /**< handshakes that failed */
    uint64_t reloads;    /**< how often the files were read again and taken */
} redisc_tls_statistics;

/**
 * Makes TLS known to libredisc, once for the process; calling it again changes nothing. Clients and
 * pools that are opened from then on can use it.
 * @return REDISC_ERROR_MEMORY if there is none
 */
REDISC_API redisc_status redisc_tls_enable(void);

/**
 * Makes a context for several clients or pools: options.tls_context. Reads the files that the
 * options name, and uses of them: tls_ca_file, tls_ca_dir, tls_cert_file, tls_key_file,
 * tls_key_password, tls_min_version, tls_ciphers and tls_ciphersuites. What remains is each
 * client's own: tls_server_name, tls_no_name_check and tls_verify.
 * @param options NULL: the defaults. Copied.
 * @param context give it up with redisc_tls_context_close(); NULL after a failure
 * @return REDISC_ERROR_TLS if a file can't be used, naming option, file and reason;
 * REDISC_ERROR_ARGUMENT, REDISC_ERROR_MEMORY
 */
REDISC_API redisc_status redisc_tls_context_open(const redisc_options *options,
                                                 redisc_tls_context **context);

/**
 * Reads the files anew, changed or not (authorities of a folder and the system's, too, which are
 * not watched). From then on new connections use them, and no earlier session is taken up; open
 * connections stay as they are. If it fails, nothing changes.
 */
REDISC_API redisc_status redisc_tls_context_reload(redisc_tls_context *context);

/** A snapshot of the context's figures; all zero for NULL. */
REDISC_API void redisc_tls_context_statistics(redisc_tls_context *context,
                                              redisc_tls_statistics *statistics);

/** Gives up the caller's reference; clients and connections that use the context hold their own.
 * NULL is allowed. */
REDISC_API void redisc_tls_context_close(redisc_tls_context *context);

/** The transport itself, for one's own that wants to put something around it. The context of its
 * open() is a redisc_tls_context. */
REDISC_API const redisc_transport_class *redisc_tls_transport(void);

REDISC_END_DECLS

#endif
