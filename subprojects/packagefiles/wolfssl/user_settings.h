/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Mooring needs of wolfSSL, and nothing else. MOORING_WOLFSSL_ASM comes from meson.build. */
#ifndef MOORING_WOLFSSL_USER_SETTINGS_H
#define MOORING_WOLFSSL_USER_SETTINGS_H

/* Protocol: TLS 1.2 and 1.3 over streams. */
#define WOLFSSL_TLS13
#define NO_OLD_TLS
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_EXTENDED_MASTER
#define HAVE_SNI
#define WOLFSSL_ALWAYS_KEEP_SNI
#define HAVE_ALPN
#define HAVE_RPK
#define HAVE_SESSION_TICKET
#define HAVE_SERVER_RENEGOTIATION_INFO /* the indication of RFC 5746 without renegotiation */
#define HAVE_ENCRYPT_THEN_MAC
#define HAVE_FALLBACK_SCSV
#define WOLFSSL_TLS13_MIDDLEBOX_COMPAT   /* ChangeCipherSpec after our first answer */
#define WOLFSSL_CURVE25519_MASK_HIGH_BIT /* our patch: wolfssl-x25519-high-bit.patch */
#define WOLFSSL_SEND_FATAL_ALERT         /* our patch: wolfssl-alerts.patch */
#define WOLFSSL_SKIP_EARLY_DATA (64 * 1024) /* our patch: wolfssl-skip-early-data.patch */
#define WOLFSSL_EXTRA_ALERTS
#define HAVE_CUSTOM_EXTENSIONS /* our patch: wolfssl-custom-extensions.patch */
#define WOLFSSL_CTX_RNG        /* our patch: wolfssl-ctx-rng.patch */
#define WOLFSSL_SNI_SET_CTX    /* our patch: wolfssl-sni-set-ctx.patch */
#define WOLFSSL_RECORD_STATE   /* our patch: wolfssl-record-state.patch */

/* Tickets are stateless (RFC 8310, section 9): tlsext switches the session cache off in every
 * context. It is compiled, at its smallest, because a client takes its session out with
 * wolfSSL_i2d_SSL_SESSION, which comes with it. */
#define SMALL_SESSION_CACHE
#define NO_SESSION_CACHE_REF
#define NO_CLIENT_CACHE
#define HAVE_EXT_CACHE
#define WOLFSSL_NO_DEF_TICKET_ENC_CB   /* tlsext seals tickets itself */

/* The peer's certificates are wanted even when they are not verified by PKIX. */
#define WOLFSSL_ALWAYS_VERIFY_CB

/* A chain of 64 kB rides on the Certificate message (RFC 9102, 2.2). */
#define MAX_CERTIFICATE_SZ (160 * 1024)
#define MAX_HANDSHAKE_SZ (160 * 1024)
#define MAX_SERVER_RX_HANDSHAKE_SZ (32 * 1024) /* our patch: wolfssl-server-handshake-limit.patch */
#define MAX_CHAIN_DEPTH 9

/* Ciphers: AEAD only. */
#define WOLFSSL_AEAD_ONLY
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
#define HAVE_CHACHA
#define HAVE_POLY1305
#define HAVE_ONE_TIME_AUTH
#define NO_DES3
#define NO_RC4
#define NO_MD4
#define NO_MD5
#define NO_DSA
#define NO_DH
#define NO_PSK
#define NO_PWDBASED
#define NO_PKCS12
#define NO_OLD_SHA_NAMES

/* Hashes. SHA-1 only names things (OCSP ids, key identifiers); it signs nothing. */
#define WOLFSSL_SHA224
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define WOLFSSL_SHA3
#define WOLFSSL_SHAKE128
#define WOLFSSL_SHAKE256
#define HAVE_HKDF
#define NO_OLD_WC_NAMES

/* Groups: X25519MLKEM768, X25519, P-256, P-384. */
#define HAVE_CURVE25519
#define HAVE_ECC
#define HAVE_ECC384
#define ECC_USER_CURVES
#define ECC_SHAMIR
#define ECC_MIN_KEY_SZ 256
#define WOLFSSL_HAVE_MLKEM
#define WOLFSSL_NO_ML_KEM_512
#define WOLFSSL_NO_ML_KEM_1024
#define WOLFSSL_PQC_HYBRIDS

/* Signatures: ECDSA, RSA (PKCS #1 and PSS), Ed25519, Ed448. */
#define HAVE_ED25519
#define WC_RSA_PSS
#define WC_RSA_BLINDING
#define WOLFSSL_PSS_LONG_SALT
#define ECC_TIMING_RESISTANT
#define TFM_TIMING_RESISTANT

/* Big integers: the "single precision" code for the sizes that matter, sp_int for the others. */
#define WOLFSSL_SP_MATH_ALL
#define WOLFSSL_HAVE_SP_ECC
#define WOLFSSL_SP_384
#define WOLFSSL_HAVE_SP_RSA
#define WOLFSSL_SP_4096
#define SP_INT_BITS 4096
#define HAVE_HASHDRBG
#define WOLFSSL_GETRANDOM

#ifdef MOORING_WOLFSSL_ASM
#define WOLFSSL_X86_64_BUILD
#define WOLFSSL_AESNI
#define USE_INTEL_SPEEDUP
#define WOLFSSL_SP_ASM
#define WOLFSSL_SP_X86_64
#define WOLFSSL_SP_X86_64_ASM
#endif

/* No files, no sockets, no printing. */
#define NO_FILESYSTEM
#define WOLFSSL_USER_IO
#define NO_MAIN_DRIVER
#define NO_ERROR_QUEUE
#define WOLFSSL_NO_SIGALG_SHA1
#define HAVE_GETPID

/* What wolfSSL's own configure script would have found on this system. */
#define HAVE_SYS_TIME_H /* gettimeofday */
#define HAVE_GMTIME_R

#endif
