/* SPDX-License-Identifier: MIT */
/**
 * @file
 * How to connect: options, all zero meaning the default, and URLs.
 *
 *     redis://[[user]:password@]host[:port][/db][?option=value&…]
 *     valkey://…             the same
 *     rediss:// valkeys://   the same over TLS
 *     unix://[[user]:password@]/path/to.sock[?db=n&…]
 *     redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/name[/db][?option=value&…]
 *     valkey+sentinel:// rediss+sentinel:// valkeys+sentinel://     likewise
 *
 * With +sentinel the hosts are sentinels (port 26379), which are asked for the master of that name;
 * user and password are the server's.
 *
 * User, password, host, path and the values of options are percent-decoded (a `+` stays a `+`).
 * IPv6 addresses stand in brackets: redis://[::1]:6379. What a URL doesn't say stays as it is in
 * the options that it starts from.
 *
 * Query options override what stands before them. Their names are those of redisc_options' fields:
 *
 *     host path user client_name        text, not empty
 *     password                          text
 *     port                              1 to 65535
 *     db max_connections max_blocking   0 to 2147483647
 *     keepalive_idle_s keepalive_interval_s keepalive_count   whole numbers
 *     max_tries                         whole number; negative: no limit
 *     max_depth max_bulk_bytes max_elements max_reply_bytes max_output_bytes   whole numbers
 *     timeout_ms connect_timeout_ms pool_wait_ms   milliseconds; negative: none
 *     retry_wait_ms retry_max_wait_ms max_idle_ms  the same
 *     keepalive no_delay_off no_client_info pool_blocks repeat_anything tls tls_no_name_check
 *                                       yes no on off true false 1 0, in upper or lower case
 *     tls_ca_file tls_ca_dir tls_cert_file tls_key_file tls_server_name tls_ciphers
 *     tls_ciphersuites                  text, not empty
 *     tls_key_password                  text
 *     tls_verify                        required, optional, none
 *     tls_min_version                   1.2, 1.3 (or TLSv1.2, TLSv1.3)
 *     protocol                          auto, 2, 3 (or resp2, resp3)
 *     parser                            native, hiredis
 *     encoding                          bytes, utf8 (or utf-8)
 *     sentinels master_name sentinel_user  text, not empty
 *     sentinel_password                 text
 *     min_other_sentinels               0 to 2147483647
 *     sentinel_tls_off                  as above
 *     role                              master, primary, replica, slave
 *     replica_choice                    round_robin, random, first
 *
 * and these, which users of redis-py know:
 *
 *     username                          user
 *     socket_timeout                    timeout_ms, in seconds: 2.5
 *     socket_connect_timeout            connect_timeout_ms, in seconds
 *     socket_keepalive                  keepalive
 *     ssl_ca_certs ssl_ca_path          tls_ca_file, tls_ca_dir
 *     ssl_certfile ssl_keyfile          tls_cert_file, tls_key_file
 *     ssl_password                      tls_key_password
 *     ssl_cert_reqs                     tls_verify
 *     ssl_check_hostname                the opposite of tls_no_name_check
 *     ssl_min_version ssl_ciphers       tls_min_version, tls_ciphers
 *
 * The tls_… and ssl_… options need rediss://, valkeys:// or tls=yes.
 *
 * An option that isn't known, comes twice or has a value that does not fit is an error that names
 * it and its place.
 */
#ifndef REDISC_OPTIONS_H
#define REDISC_OPTIONS_H

#include <redisc/status.h>
#include <redisc/transport.h>

#include <stdint.h>

REDISC_BEGIN_DECLS

/** A handle: see redisc/handle.h. */
typedef struct redisc redisc;

/** Which protocol to speak. */
typedef enum redisc_protocol {
    REDISC_PROTOCOL_AUTO = 0,  /**< RESP3, RESP2 with servers that don't know it */
    REDISC_PROTOCOL_RESP2 = 2, /**< RESP2, without HELLO */
    REDISC_PROTOCOL_RESP3 = 3, /**< RESP3, or an error */
    REDISC_PROTOCOL_MAX_ = 0x7fffffff
} redisc_protocol;

/** Which parser reads the replies; both give the same results. */
typedef enum redisc_parser_choice {
    REDISC_PARSER_NATIVE = 0,  /**< redisc's own */
    REDISC_PARSER_HIREDIS = 1, /**< hiredis's reader, if the library was built with it */
    REDISC_PARSER_MAX_ = 0x7fffffff
} redisc_parser_choice;

/** Text encoding that replies have to be in. */
typedef enum redisc_encoding {
    REDISC_ENCODING_BYTES = 0, /**< any bytes */
    REDISC_ENCODING_UTF8 = 1,  /**< a reply with invalid UTF-8 is an error that names the command */
    REDISC_ENCODING_MAX_ = 0x7fffffff
} redisc_encoding;

/** Whether a server has to prove with a certificate who it is. */
typedef enum redisc_tls_verify {
    REDISC_TLS_VERIFY_REQUIRED = 0, /**< it has to, by one that is valid and bears its name */
    REDISC_TLS_VERIFY_OPTIONAL = 1, /**< the same if it shows one at all: cipher suites without
                                       certificates, if tls_ciphers has such, show none */
    REDISC_TLS_VERIFY_NONE = 2, /**< no: encrypted, but anybody in between can pretend to be it */
    REDISC_TLS_VERIFY_MAX_ = 0x7fffffff
} redisc_tls_verify;

/** The oldest version of TLS that is spoken. */
typedef enum redisc_tls_version {
    REDISC_TLS_VERSION_DEFAULT = 0, /**< 1.2 */
    REDISC_TLS_VERSION_1_2 = 12,
    REDISC_TLS_VERSION_1_3 = 13,
    REDISC_TLS_VERSION_MAX_ = 0x7fffffff
} redisc_tls_version;

/** What connections with TLS share: certificates, keys, authorities, TLS sessions (redisc/tls.h).
 */
typedef struct redisc_tls_context redisc_tls_context;

/**
 * Called after each connect and reconnect, when the handshake is done, with a handle of that one
 * connection: it may send commands. Anything negative fails the connect. May be called from any
 * thread that uses the client.
 */
typedef redisc_status (*redisc_on_connect)(redisc *connection, void *context);

/** Which of the servers that sentinels watch over a client uses. */
typedef enum redisc_server_role {
    REDISC_ROLE_MASTER = 0,  /**< the master (primary), whichever it is at the time */
    REDISC_ROLE_REPLICA = 1, /**< a replica; the master if none can be reached */
    REDISC_ROLE_MAX_ = 0x7fffffff
} redisc_server_role;

/** Which replica a new connection goes to first; the others follow in turn. */
typedef enum redisc_replica_choice {
    REDISC_REPLICA_ROUND_ROBIN = 0, /**< the next one each time, from a random start */
    REDISC_REPLICA_RANDOM = 1,      /**< any */
    REDISC_REPLICA_FIRST = 2,       /**< the first one that the sentinel names */
    REDISC_REPLICA_MAX_ = 0x7fffffff
} redisc_replica_choice;

/** How to connect, and how a client's pool behaves. Zero everywhere is a local server with the
 * defaults. */
typedef struct redisc_options {
    const char *host;        /**< name or address; default "localhost" */
    uint16_t port;           /**< default 6379 */
    const char *path;        /**< of a Unix socket; then host and port are not used */
    uint32_t db;             /**< database selected on each connect */
    const char *user;        /**< ACL user; default (or empty): none sent */
    const char *password;    /**< default (or empty, without a user): none sent */
    const char *client_name; /**< CLIENT SETNAME on each connect; default: none; visible ASCII
                                without blanks */

    int64_t timeout_ms;         /**< for each command, all included; default 5000; negative: none */
    int64_t connect_timeout_ms; /**< for a connect with all its addresses and the handshake;
                                   default: timeout_ms */

    int32_t max_tries; /**< at a command, the first one included, as far as it may be tried again
                          at all (see redisc/client.h); default 8; 1: never again; negative: as
                          many as the deadline allows */
    int64_t retry_wait_ms; /**< the longest pause before the second try, doubled with each further
                              one; each pause has a random length up to it; default 10; negative:
                              no pauses */
    int64_t retry_max_wait_ms; /**< limit of the doubling; default 500 */
    bool repeat_anything;      /**< true: also commands that are not known to be repeatable may be
                                  sent again when their reply was lost, and so be executed twice */

    bool keepalive;           /**< TCP keepalive; any of the three below turns it on, too */
    int keepalive_idle_s;     /**< seconds before the first probe; 0: the system's */
    int keepalive_interval_s; /**< seconds between probes; 0: the system's */
    int keepalive_count;      /**< probes before giving up; 0: the system's */
    bool no_delay_off;        /**< true: leave Nagle's algorithm on */

    redisc_protocol protocol;    /**< which protocol to speak */
    redisc_parser_choice parser; /**< which parser reads the replies */
    redisc_encoding encoding;    /**< what replies are held against */
    bool no_client_info; /**< true: don't tell the server the library's name and version (CLIENT
                            SETINFO) */

    size_t max_depth;        /**< nesting of a reply; default 128 */
    size_t max_bulk_bytes;   /**< of one string; default 512 MiB */
    size_t max_elements;     /**< of one reply; default 2^27 */
    size_t max_reply_bytes;  /**< wire bytes of one reply; default 4 GiB */
    size_t max_output_bytes; /**< of what is queued for sending; default 1 GiB */

    uint32_t max_connections; /**< of the pool; default 2^31 - 1, and 50 for a blocking pool */
    uint32_t max_blocking;    /**< of the pool, for commands that may wait on the server, besides
                                 those; default: as max_connections */
    bool pool_blocks;     /**< true: wait for a free connection when max_connections are in use */
    int64_t pool_wait_ms; /**< how long; default 20000; negative: as long as the deadline of the
                             call allows */
    int64_t max_idle_ms;  /**< an idle connection whose last use began longer ago is closed and
                             replaced when it is about to be used (not before; at least 10);
                             default, or negative: no limit */

    redisc_on_connect on_connect; /**< NULL: none */
    void *on_connect_context;     /**< given to on_connect */

    const redisc_transport_class
        *transport;          /**< NULL: TCP or Unix socket as above; else a transport of your own */
    void *transport_context; /**< given to its open() */

    bool tls; /**< set by rediss:// and valkeys://; needs redisc_tls_enable() (redisc/tls.h), which
                 has more to say on what follows */
    const char *tls_ca_file;   /**< PEM file of authorities that are trusted; without it and
                                  tls_ca_dir, the system's are */
    const char *tls_ca_dir;    /**< folder of authorities, under the names that OpenSSL's rehash
                                  gives them */
    const char *tls_cert_file; /**< PEM file of our certificate and what stands between it and its
                                  authority; default: none shown */
    const char *tls_key_file;  /**< PEM file of its private key; default: it is in tls_cert_file */
    const char *tls_key_password; /**< of an encrypted key */
    const char *tls_server_name;  /**< name or address that the server's certificate has to bear;
                                     default: host */
    bool tls_no_name_check;       /**< true: a trusted certificate of any name will do */
    redisc_tls_verify tls_verify; /**< default: the server has to prove who it is */
    redisc_tls_version tls_min_version; /**< default: 1.2 */
    const char *tls_ciphers;      /**< for TLS 1.2, as OpenSSL writes it; default: OpenSSL's */
    const char *tls_ciphersuites; /**< for TLS 1.3, likewise */
    redisc_tls_context
        *tls_context; /**< made by redisc_tls_context_open(), for several clients; then it is what
                         counts, and of the tls_… options only tls_server_name,
                         tls_no_name_check and tls_verify besides. NULL: one is made from them */

    const char *sentinels;                /**< "host[:port],…": ask these where the server is; see
                                             redisc/discovery.h. Then host, port and path are not used */
    const char *master_name;              /**< by which they know it */
    redisc_server_role role;              /**< which of its servers to use */
    redisc_replica_choice replica_choice; /**< which replica comes first */
    uint32_t min_other_sentinels;         /**< a sentinel that sees fewer others isn't believed */
    const char *sentinel_user;            /**< of the sentinels themselves; default: none */
    const char *sentinel_password;        /**< default: none */
    bool sentinel_tls_off;                /**< true: no TLS to the sentinels, though `tls` is set */
    /** How to connect to the sentinels, all of it: then the three above are not used. NULL: as to
     * the servers, but for user, password, db and client_name. */
    const struct redisc_options *sentinel_options;
} redisc_options;

/** A URL taken apart; `options` points into memory that redisc_url_free() releases. */
typedef struct redisc_url {
    redisc_options options; /**< what the URL and its base say */
    void *memory;           /**< private */
} redisc_url;

/**
 * Takes a URL apart, starting from @p base (NULL: the defaults), whose strings must outlive @p url.
 * REDISC_ERROR_URL with a text that says what is wrong (never quoting the password); then @p url
 * needs no free.
 */
REDISC_API redisc_status redisc_url_parse(const char *text, const redisc_options *base,
                                          redisc_url *url);

/** Releases what redisc_url_parse() allocated; passwords are wiped. NULL is allowed. */
REDISC_API void redisc_url_free(redisc_url *url);

REDISC_END_DECLS

#endif
